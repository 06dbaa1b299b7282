"""What a scan is told: which status comes first, and what stands behind it."""

import itertools
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.words import Words
from labels.passport import (
    MANY_SCANS,
    BatchPassport,
    Decision,
    Entry,
    GiFact,
    LabelAnswer,
    LabelFacts,
    Named,
    Report,
    Scans,
    Status,
    status_of,
)
from labels.passport_content import (
    count_unmet,
    count_untested,
    editions_named,
    items_of,
    links_of,
    without_personal_numbers,
)
from labels.passport_texts import OUTCOME_STATES, TEXTS, gi_title, many_scans_words, outcome_words
from labels.passport_words import FACES, Face, face_of
from products.requirements import (
    STAGES,
    Bound,
    BoundKind,
    Certainty,
    Edition,
    Nature,
    Requirement,
)
from trace.inspections.results import Result
from trace.inspections.verdicts import Line, LineOutcome, Source

TODAY = date(2026, 11, 23)
THEN = datetime(2026, 11, 12, 8, 0, tzinfo=UTC)
HAN = re.compile("[\u4e00-\u9fff]")
LABORATORY = Named("示例·湘中检验中心", True)


def label(**more: Any) -> LabelFacts:
    """A label in use of a released, conforming batch."""
    facts: dict[str, Any] = {
        "state": "activated", "drawn_on": TODAY, "state_on": TODAY,
        "decision": Decision("release", THEN, TODAY), "outcome": "conforming",
        "best_before": None, "licence_revoked_at": None, "scans": Scans(1, TODAY),
    }  # fmt: skip
    return LabelFacts(**(facts | more))


def decided(kind: str, cause: str = "", at: datetime = THEN) -> Decision:
    """A disposition of the batch."""
    return Decision(kind, at, TODAY, cause=cause)


# --- status --------------------------------------------------------------------------------

CASES = {
    Status.ACTIVE: label(),
    Status.NOT_ACTIVATED: label(state="printed"),
    Status.EXPIRED: label(best_before=TODAY - timedelta(days=1)),
    Status.LICENCE_REVOKED: label(licence_revoked_at=THEN),
    Status.VOID: label(state="void"),
    Status.CONCEDED: label(decision=decided("concession"), outcome="nonconforming"),
    Status.REJECTED: label(decision=decided("reject")),
    Status.ON_HOLD: label(decision=decided("hold")),
    Status.WITHDRAWN: label(decision=decided("hold", "withdrawal"), outcome="undetermined"),
    Status.NONCONFORMING: label(decision=decided("hold", "inspection"), outcome="nonconforming"),
    Status.RECALLED: label(decision=decided("recall"), outcome="nonconforming"),
}


@pytest.mark.parametrize("status", CASES)
def test_each_state_of_affairs_has_its_own_status(status: Status) -> None:
    assert status_of(CASES[status], TODAY) is status


def test_a_label_drawn_but_not_printed_is_not_active_either() -> None:
    assert status_of(label(state="drawn"), TODAY) is Status.NOT_ACTIVATED


def test_the_best_before_day_itself_is_still_good() -> None:
    assert status_of(label(best_before=TODAY), TODAY) is Status.ACTIVE


def test_only_one_combination_of_all_is_vouched_for() -> None:
    kinds = (None, "release", "hold", "lift", "reject", "recall", "concession")
    outcomes = ("conforming", "nonconforming", "undetermined", "")
    states = ("drawn", "printed", "activated", "void")
    days = (None, TODAY, TODAY - timedelta(days=1))
    active = []
    for kind, outcome, state, best, revoked in itertools.product(
        kinds, outcomes, states, days, (None, THEN)
    ):
        decision = None if kind is None else decided(kind)
        facts = label(
            decision=decision, outcome=outcome, state=state, best_before=best,
            licence_revoked_at=revoked,
        )  # fmt: skip
        if status_of(facts, TODAY) is Status.ACTIVE:
            active.append((kind, outcome, state, best, revoked))
    assert active == [("release", "conforming", "activated", day, None) for day in (None, TODAY)]


def test_a_recall_is_told_before_anything_else() -> None:
    facts = label(
        decision=decided("recall"), state="void", licence_revoked_at=THEN,
        best_before=TODAY - timedelta(days=400),
    )  # fmt: skip
    assert status_of(facts, TODAY) is Status.RECALLED


def test_a_hold_that_came_with_a_revoked_licence_is_told_as_the_licence() -> None:
    together = label(decision=decided("hold"), licence_revoked_at=THEN)
    assert status_of(together, TODAY) is Status.LICENCE_REVOKED
    earlier = decided("hold", at=THEN - timedelta(days=2))
    assert status_of(label(decision=earlier, licence_revoked_at=THEN), TODAY) is Status.ON_HOLD


def test_a_batch_that_fails_after_its_release_is_stopped_whatever_the_disposition_says() -> None:
    assert status_of(label(outcome="nonconforming"), TODAY) is Status.NONCONFORMING
    assert status_of(label(outcome="undetermined"), TODAY) is Status.ON_HOLD
    assert status_of(label(outcome=""), TODAY) is Status.ON_HOLD


# --- words ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", Status)
def test_every_status_is_said_whole_in_both_languages(status: Status) -> None:
    face = FACES[status]
    assert len(face.seal) == 4
    assert face.filled == (face.state in ("pass", "fail"))
    for words in (face.word, face.title, face.sentence, *face.steps):
        assert words.zh and words.en
        assert not HAN.search(words.en), words.en
    if status not in (Status.ACTIVE, Status.NO_CODE):
        assert face.steps, "the shopper is told what to do"


def test_no_two_statuses_read_alike() -> None:
    for part in ("title", "sentence"):
        said = [getattr(face, part) for face in FACES.values()]
        assert len(set(said)) == len(said)


def _all_words(face: Face) -> str:
    return " ".join("".join(w) for w in (face.word, face.title, face.sentence, *face.steps))


def test_nothing_is_promised_beyond_doubt_and_nobody_is_accused() -> None:
    many = many_scans_words(Scans(MANY_SCANS, TODAY))
    everything = [_all_words(face) for face in FACES.values()]
    everything += ["".join(words) for words in (*TEXTS.values(), many)]
    forbidden = re.compile(
        "假|伪|冒牌|骗|造假|100 ?%|正品|fake|counterfeit|forg|fraud|guarantee", re.I
    )
    assert [text for text in everything if forbidden.search(text)] == []


def test_all_fixed_words_have_an_english_side() -> None:
    for name, words in TEXTS.items():
        assert words.en and not HAN.search(words.en), name
    for outcome in LineOutcome:
        assert outcome_words(outcome).en and OUTCOME_STATES[outcome]


def test_only_a_value_that_broke_its_limit_is_red_and_only_a_judged_one_green() -> None:
    states = {
        state: {o for o in LineOutcome if OUTCOME_STATES[o] == state} for state in ("pass", "fail")
    }
    assert states == {"pass": {LineOutcome.CONFORMING}, "fail": {LineOutcome.NONCONFORMING}}


def test_many_scans_begin_at_the_threshold() -> None:
    assert not Scans(MANY_SCANS - 1, TODAY).many
    assert Scans(MANY_SCANS, TODAY).many


# --- content -------------------------------------------------------------------------------

EDITION = Edition("e", "GB 2762", "GB 2762-2025", starts=date(2026, 9, 2))


def line(
    name: str, typed: str, upper: str = "5.0", *, outcome: LineOutcome = LineOutcome.CONFORMING,
    result: str = "", source: Source = Source.INSPECTION, nature: Nature = Nature.MANDATORY,
    stage: str = "testing", value: str | None = None, asked: bool = False,
) -> dict[str, object]:  # fmt: skip
    """A line of a stored verdict."""
    requirement = Requirement(
        f"r-{name}-{upper}", "1", name, stage, Bound(BoundKind.NUMBER, upper=upper), nature,
        Certainty.CONFIRMED, True, EDITION, "4.1", unit="mg/kg", characteristic_en=name.lower(),
    )  # fmt: skip
    measured = Result(result or name, name, typed, "mg/kg", by="lab", at=TODAY) if typed else None
    return Line(
        outcome, name, Words("原因", "reason"), name.lower(), standard="GB 2762",
        edition="GB 2762-2025", clause="4.1", stage=stage, requirement=requirement, result=measured,
        source=source if measured else None, read=Words(f"{typed} mg/kg", f"{typed} mg/kg"),
        value=typed if value is None else value, decides=True, asked=asked,
    ).as_dict()  # fmt: skip


def untested(name: str) -> dict[str, object]:
    """A limit that nobody met, as it is stored."""
    return {
        "outcome": "not_tested",
        "characteristic": name,
        "limit": "≤ 1",
        "edition": "GB 2762-2025",
    }


def test_a_result_that_met_two_limits_is_one_item_with_its_worst_first() -> None:
    lines = [
        line("PB", "6.2", outcome=LineOutcome.NONCONFORMING, result="1"),
        line("PB", "6.2", "10.0", result="1"),
        line("CD", "0.1", result="2"),
    ]
    lead, cadmium = items_of(lines)
    assert (lead.name.zh, lead.outcome, len(lead.limits)) == ("PB", "nonconforming", 2)
    assert (cadmium.name.zh, cadmium.number, cadmium.by) == ("CD", Decimal("0.1"), "lab")


def test_failing_comes_first_then_what_comes_closest_to_its_limit() -> None:
    lines = [
        line("FAR", "0.5"),
        line("ND", "未检出", value=""),
        line("NEAR", "4.9"),
        line("CHOSEN", "5", nature=Nature.RECOMMENDED),
        line("BROKEN", "5.1", outcome=LineOutcome.NONCONFORMING),
    ]
    names = [item.name.zh for item in items_of(lines)]
    assert names == ["BROKEN", "NEAR", "FAR", "CHOSEN", "ND"]


def test_what_was_not_found_is_no_number_and_what_was_not_measured_is_no_item() -> None:
    (item,) = items_of(
        [line("ND", "<0.01", value=""), line("ASKED", "", asked=True), untested("U")]
    )
    assert item.number is None and item.below
    assert count_unmet([line("ASKED", "", asked=True), line("PB", "1")]) == 1
    assert count_untested([untested("A"), untested("B"), line("PB", "1")]) == 2


def test_the_producers_own_values_stand_at_their_link_unless_they_break_a_limit() -> None:
    own = line("LAYERS", "2", "3", source=Source.EVENT, stage="packaging")
    assert items_of([own]) == ()
    links = {link.stage: link for link in links_of([own], [Entry("packaging", TODAY)], [])}
    assert links["packaging"].said == (
        Words("LAYERS 2 mg/kg（≤ 3 mg/kg）", "layers: 2 mg/kg (≤ 3 mg/kg)"),
    )
    broken = line(
        "LAYERS", "4", "3", source=Source.EVENT, stage="packaging",
        outcome=LineOutcome.NONCONFORMING,
    )  # fmt: skip
    assert [item.by for item in items_of([broken])] == [""]
    failed = {link.stage: link for link in links_of([broken], [Entry("packaging", TODAY)], [])}
    assert failed["packaging"].state == "fail"


def test_the_nine_links_say_who_vouches() -> None:
    report = Report("R-1", "batch", LABORATORY, TODAY)
    entries = [Entry("production", TODAY - timedelta(days=9)), Entry("production", TODAY)]
    entries.append(Entry("transport", TODAY, Named("冷链")))
    links = links_of([line("PB", "1")], entries, [report])
    assert tuple(link.stage for link in links) == STAGES
    by_stage = {link.stage: link for link in links}
    assert by_stage["grading"].vouched == "nobody"
    own = by_stage["production"]
    assert (own.vouched, own.entries, own.last) == ("own", 2, TODAY)
    assert (by_stage["transport"].vouched, by_stage["transport"].by) == ("signed", (Named("冷链"),))
    assert by_stage["testing"].by == (LABORATORY,)


def test_a_report_that_was_corrected_or_withdrawn_vouches_for_nothing() -> None:
    gone = Report("R-1", "batch", LABORATORY, TODAY, withdrawn_on=TODAY)
    old = Report("R-2", "batch", LABORATORY, TODAY, replaced=True)
    assert links_of([], [], [gone, old])[-1].vouched == "nobody"


def test_only_editions_that_decided_are_named_once_each() -> None:
    assert editions_named([line("PB", "1"), line("CD", "1"), untested("X")]) == ("GB 2762-2025",)


@pytest.mark.parametrize(
    "text",
    ["13800138000", "138 0013 8000", "138-0013-8000", "430121199001011234", "43012119900101123X",
     "28.1234, 112.98765"],
)  # fmt: skip
def test_numbers_of_persons_are_left_out_of_reasons(text: str) -> None:
    assert not re.search(r"\d{4}", without_personal_numbers(f"联系人电话 {text}，请核对"))


@pytest.mark.parametrize("text", ["铅 6.2 mg/kg，限量 5.0", "0731-12345678", "报告 20261112001"])
def test_results_and_numbers_of_offices_stay(text: str) -> None:
    assert without_personal_numbers(text) == text


def passport(lines: list[dict[str, object]], *gi: GiFact) -> BatchPassport:
    """A batch with these lines."""
    return BatchPassport(
        "B-1", Words("长沙绿茶", "Changsha green tea"), "一级", Named("合作社"), "", TODAY, TODAY,
        items_of(lines), 0, 0, (), (), (), gi,
    )  # fmt: skip


def answer(status: Status, lines: list[dict[str, object]], *gi: GiFact) -> LabelAnswer:
    """An answer about a label of that batch."""
    return LabelAnswer(status, "1" * 17, CASES.get(status, label()), None, passport(lines, *gi))


def test_the_first_sentence_names_the_product_and_counts_what_was_tested() -> None:
    said = face_of(answer(Status.ACTIVE, [line("PB", "1"), line("CD", "1")])).sentence
    assert said.zh == "这批长沙绿茶查了 2 项，全部合格。"
    assert said.en == "This batch of Changsha green tea was tested for 2 items. All pass."


def test_what_is_for_reference_only_is_not_counted_as_passing() -> None:
    shown = line("CD", "1", outcome=LineOutcome.REFERENCE)
    said = face_of(answer(Status.ACTIVE, [line("PB", "1"), shown])).sentence
    assert "1 项全部合格，1 项仅供参考" in said.zh


def test_a_recall_names_the_broken_limit() -> None:
    broken = line("铅", "6.2", outcome=LineOutcome.NONCONFORMING)
    said = face_of(answer(Status.RECALLED, [broken])).sentence
    assert said.zh == "请不要食用或使用。铅 6.2 mg/kg，限量 ≤ 5.0 mg/kg。"
    assert face_of(answer(Status.RECALLED, [])).sentence.zh == "请不要食用或使用。"


def test_braces_in_names_stay_text() -> None:
    odd = BatchPassport(
        "B", Words("{tested}{0}", "{x}"), "", Named("x"), "", TODAY, None, (), 0, 0, (), (), (), ()
    )
    said = face_of(LabelAnswer(Status.ACTIVE, "1" * 17, label(), None, odd)).sentence
    assert said == Words("这批{tested}{0}判定合格。", "This batch of {x} conforms.")


def test_results_stand_on_activated_labels_alone() -> None:
    assert answer(Status.ACTIVE, []).shows_results
    assert answer(Status.RECALLED, []).shows_results
    assert not answer(Status.NOT_ACTIVATED, []).shows_results
    assert not answer(Status.VOID, []).shows_results


def test_a_record_without_evidence_stays_to_be_verified() -> None:
    unsure = GiFact("certification-mark", "长沙绿茶", "8804834", "", proven=False)
    state, title, _ = gi_title(answer(Status.ACTIVE, [], unsure))
    assert (state, "待核实" in title.zh) == ("wait", True)
    sure = GiFact("certification-mark", "长沙绿茶", "8804834", "", proven=True)
    assert gi_title(answer(Status.ACTIVE, [], sure))[0] == "pass"
