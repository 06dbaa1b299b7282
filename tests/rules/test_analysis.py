"""Rules of a certificate of analysis: its content, its conclusions, its lines, its address."""

import json
import uuid
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.record.canonical import canonical
from core.words import Words
from labels.analysis import (
    Analysis,
    Body,
    Finding,
    Judged,
    Other,
    Signing,
    Standing,
    Subject,
    analysis_of,
    conclusions_of,
    content_of,
    judged,
)
from labels.analysis_layout import BOTTOM, HIGH, LEFT, RIGHT, WIDE, wrap
from labels.analysis_pages import compose, grouped
from labels.analysis_texts import face_of
from labels.analysis_words import conclusion_words, standing_words
from labels.fonts import MissingGlyph, width
from labels.report_address import address_of, token_of

AT = datetime(2026, 11, 20, 3, 4, 5, 678, tzinfo=UTC)


def limit(outcome: str, standard: str = "GB 2762-2025", *, decides: bool = True) -> Judged:
    return Judged(outcome, Words("≤ 5.0 mg/kg", "≤ 5.0 mg/kg"), standard, "4.1 表1", decides,
                  Words("理由", "why"))  # fmt: skip


def finding(name: str, *limits: Judged, typed: str = "5.6", matrix: str = "") -> Finding:
    return Finding(
        name=Words(name, name), matrix=matrix, typed=typed, unit=Words("mg/kg", "mg/kg"),
        detection_limit="0.005", uncertainty="0.2", guarded=True, method="GB 5009.12-2023",
        limits=limits,
    )  # fmt: skip


def certificate(*findings: Finding, standing: Standing | None = None, note: str = "") -> Analysis:
    return Analysis(
        address="0" * 26, number="YP-1", laboratory=Body("检验中心", "93430121MA0000004N"),
        subject=Subject("batch", Body("合作社", "93430121MA0000002G"), Words("长沙绿茶", "tea"),
                        "一级", "CSLC-1", "240 kg", date(2026, 10, 1)),
        sampled_on=date(2026, 10, 2), reported_on=date(2026, 11, 20), published_at=AT,
        judged_on=date(2026, 10, 1), as_of=AT, valid_from=None, valid_to=None,
        samples=("S-1（封签 F-1）",), findings=findings, conclusions=conclusions_of(findings),
        signatures=(Signing("submitted", "3f9ac012", "password", AT, "ab" * 32),), note=note,
        standing=standing or Standing("counts"), corrects=Other("YP-0", "1" * 26, "抄错"),
    )  # fmt: skip


# --- content -------------------------------------------------------------------------------


def test_a_certificate_is_read_back_from_its_content_as_it_was() -> None:
    made = certificate(finding("铅", limit("nonconforming")), finding("钾"), note="备注")
    content = canonical(content_of(made))
    assert analysis_of(json.loads(content)) == made
    assert canonical(content_of(analysis_of(json.loads(content)))) == content


@pytest.mark.parametrize("broken", [{}, {"v": 1}, {"v": 2, "kind": "certificate-of-analysis"}])
def test_what_is_no_certificate_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="certificate"):
        analysis_of(broken)
    whole = json.loads(canonical(content_of(certificate(finding("铅")))))
    for name in ("laboratory", "findings", "number"):
        with pytest.raises(ValueError, match="certificate"):
            analysis_of({**whole, name: 7})


def test_lines_without_a_standard_and_of_other_results_are_no_limits() -> None:
    line = {
        "outcome": "conforming", "limit": "≤ 5", "limit_en": "≤ 5", "edition": "GB 1-2025",
        "clause": "1", "decides": True, "reason_zh": "好", "reason_en": "fine",
    }  # fmt: skip
    lines = [
        {**line, "result": "a"}, {**line, "result": "a", "outcome": "nonconforming"},
        {**line, "result": "b"}, {**line, "result": "a", "edition": ""}, {"outcome": "not_tested"},
    ]  # fmt: skip
    assert [one.outcome for one in judged(lines, "a")] == ["nonconforming", "conforming"]


# --- what it says --------------------------------------------------------------------------


def test_each_standard_has_its_own_conclusion_and_the_worst_decides() -> None:
    made = certificate(
        finding("铅", limit("nonconforming"), limit("conforming", "DB43/T 1-2020")),
        finding("镉", limit("conforming"), limit("to_verify", "DB43/T 1-2020"), matrix="肌肉"),
        finding("砷", limit("reference", "GB/T 9-2020", decides=False)),
    )
    said = {one.standard: one for one in made.conclusions}
    assert set(said) == {"GB 2762-2025", "DB43/T 1-2020"}
    assert said["GB 2762-2025"].outcome == "nonconforming"
    assert conclusion_words(said["GB 2762-2025"]).zh == "所检 2 项中 1 项不符合：铅。"
    assert conclusion_words(said["DB43/T 1-2020"]).zh == "所检 2 项中 1 项待定：镉（肌肉）。"
    assert made.outcome == "nonconforming" and face_of(made).state == "fail"


def test_what_no_limit_was_for_is_recorded_and_passes_nothing() -> None:
    made = certificate(finding("钾"), finding("砷", limit("reference", decides=False)))
    assert made.conclusions == () and made.outcome == "recorded"
    assert face_of(made).state == "none"


@pytest.mark.parametrize("state", ["withdrawn", "corrected", "retested"])
def test_a_report_that_no_longer_counts_never_looks_like_a_pass(state: str) -> None:
    by = None if state == "withdrawn" else Other("YP-2", "2" * 26, "重测")
    gone = Standing(state, date(2026, 11, 21), "弄错", by)  # type: ignore[arg-type]
    made = certificate(finding("铅", limit("conforming")), standing=gone)
    face = face_of(made)
    assert (face.state, face.word.zh, face.filled) == ("wait", "不再有效", False)
    assert standing_words(made).zh and standing_words(made).en


# --- pages ---------------------------------------------------------------------------------

TEXT = st.text(st.sampled_from("长沙绿茶铅，。（）：ab1 /-mgk≤.\n"), min_size=1, max_size=120)


@given(TEXT, st.integers(10, 60))
@settings(max_examples=60, deadline=None)
def test_no_line_is_wider_than_its_room_and_no_character_is_lost(text: str, across: int) -> None:
    lines = wrap(text, 3.0, across)
    assert all(width(line) * 3.0 <= across + 1e-6 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_closing_marks_do_not_begin_a_line() -> None:
    lines = wrap("水分、粉末、净含量、感官品质、总灰分、水浸出物、茶多酚", 3.0, 3.0 * 6.2)
    assert len(lines) > 3 and not any(line.startswith("、") for line in lines)


def test_everything_stands_inside_its_page_and_the_head_of_a_table_on_each() -> None:
    many = [finding(f"项目{n}", limit("conforming"), limit("conforming", "DB43/T 1-2020"))
            for n in range(120)]  # fmt: skip
    long = finding("温度记录", limit("conforming"), typed="；".join(f"{n}.5" for n in range(600)))
    pages = compose(
        certificate(*many, long, note="长" * 900), "https://gi.example.cn/A/0", "ab" * 32, "k"
    )
    assert len(pages) > 4
    for page in pages:
        for mark in page.marks:
            assert mark.x >= LEFT - 1e-6 and mark.y < HIGH
            assert mark.x + width(mark.text) * mark.size <= WIDE - RIGHT + 1e-6, mark.text
        texts = [mark.text for mark in page.marks]
        if any(text.startswith("项目") and text != "项目" for text in texts):
            assert "项目" in texts
    body = [mark for page in pages for mark in page.marks if mark.size > 2.6]
    assert all(mark.y <= HIGH - BOTTOM + 1 for mark in body)
    printed = "".join(mark.text for page in pages for mark in page.marks)
    assert all(f"项目{n}" in printed for n in range(120)) and "599.5" in printed


def test_a_character_that_cannot_be_printed_is_an_error() -> None:
    with pytest.raises(MissingGlyph):
        compose(certificate(finding("铅"), note="𓀀"), "https://gi.example.cn/A/0", "ab" * 32, "k")


# --- addresses -----------------------------------------------------------------------------


@given(st.integers(0, (1 << 128) - 1))
@settings(max_examples=60)
def test_an_address_is_read_back_however_it_is_typed(number: int) -> None:
    token = uuid.UUID(int=number)
    address = address_of(token)
    assert len(address) == 26 and token_of(address) == token
    assert token_of(address.lower().replace("0", "o").replace("1", "l")) == token


@pytest.mark.parametrize("wrong", ["", "0" * 25, "0" * 27, "8" + "0" * 25, "U" * 26, "０" * 26])
def test_what_is_no_address_is_none(wrong: str) -> None:
    assert token_of(wrong) is None


def test_digits_are_grouped_by_eight() -> None:
    assert grouped("0123456789abcdef0") == "01234567 89abcdef 0"
