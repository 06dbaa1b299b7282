"""Text keeps together what belongs together, and no text brings markup into a page."""

import re
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from core.pages import TEMPLATES, drawing, furnish, typography
from core.pages.typography import (
    NO_BREAK,
    amount,
    breakable,
    code_groups,
    day,
    keep,
    long_day,
    moment,
    thousands,
)


def held(text: str) -> list[str]:
    """What `keep` wraps, without the wrapping."""
    return [unescape(one) for one in re.findall(r'<(?:span class="nb"|time)>(.*?)</', keep(text))]


@pytest.mark.parametrize(
    "number",
    [
        "GB 2762-2025",
        "GB/T 14456.3-2016",
        "GB 23200.113",
        "GB/T 5009.176",
        "SN/T 1923",
        "DB43/T 123-2020",
        "DB53/T 154.5",
        "T/CTMA 001-2021",
        "Q/ABCD 0001S-2021",
        "ISO 3720:2011",
        "GB 31650.1-2022",
        "GB 2763—2026",
    ],
)
def test_the_number_of_a_standard_stays_on_one_line(number: str) -> None:
    assert held(f"依据{number}判定") == [number]
    assert held(f"依据 {number} 茶叶") == [number]


@pytest.mark.parametrize(
    "clause",
    ["4.1 表1", "5.3 表5", "2.2 表 2", "第四十六条", "第十七条第二款", "附录A", "第 18 204 条"],
)
def test_a_clause_stays_on_one_line(clause: str) -> None:
    assert held(f"见{clause}。") == [clause]


def test_a_date_is_a_time_and_what_only_looks_like_one_is_not() -> None:
    assert keep("2026-09-02 起") == "<time>2026-09-02</time> 起"
    assert "<time>" not in keep("CSLC-2026-09-02")
    assert "<time>" not in keep("2026-13-02")


def test_a_number_and_its_unit_stay_together() -> None:
    assert held("铅 0.62 mg/kg，合格") == ["0.62 mg/kg"]
    assert keep("水分 7.4 %") == f"水分 7.4{NO_BREAK}%"
    assert keep("共 18 204 条") == f"共 18{NO_BREAK}204{NO_BREAK}条"
    assert keep("限量 ≤ 5.0") == f"限量 ≤{NO_BREAK}5.0"


def test_a_sentence_is_kept_whole_around_what_is_held() -> None:
    said = keep("检出限 0.02 比限量 0.01 高（GB 2763-2026 茶叶，2026-03-01 起）")
    assert '<span class="nb">GB 2763-2026</span> 茶叶，<time>2026-03-01</time>' in said


def test_markup_passes_as_it_is_and_numbers_are_taken() -> None:
    assert keep(Markup("<b>GB 2762-2025</b>")) == "<b>GB 2762-2025</b>"
    assert keep(12) == "12"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(f"{tag} {attrs}")
        self.names |= {tag} | {name for name, _ in attrs}


PIECES = st.sampled_from(
    [
        "GB/T 14456.3-2016",
        "<b>",
        "&amp;",
        '"',
        " ",
        "0.62 mg/kg",
        "第",
        "条",
        "2026-09-02",
        "5",
        "%",
    ]
)


@given(st.lists(PIECES | st.text(max_size=4), max_size=8).map("".join))
@example("<script>alert(1)</script> GB 2762-2025")
@example("&lt;0.02 mg/kg")
def test_no_character_is_lost_or_added_and_no_markup_comes_in(text: str) -> None:
    tags = _Tags()
    tags.feed(str(keep(text)))
    tags.close()
    assert set(tags.seen) <= {"span [('class', 'nb')]", "time []"}
    told = unescape(re.sub(r"</?(?:span|time)[^>]*>", "", str(keep(text))))
    assert told.replace(NO_BREAK, " ") == text.replace(NO_BREAK, " ")


def test_a_title_breaks_only_where_it_is_told() -> None:
    assert breakable("标签|尚未启用") == "标签<wbr>尚未启用"
    assert breakable("<b>|合格") == "&lt;b&gt;<wbr>合格"


def test_a_day_reads_the_same_in_every_language_and_in_words_in_two() -> None:
    first = date(2026, 9, 6)
    assert day(first) == "<time>2026-09-06</time>"
    assert long_day(first, "zh-Hans").replace(NO_BREAK, " ") == "2026 年 9 月 6 日"
    assert long_day(first, "en").replace(NO_BREAK, " ") == "6 September 2026"


def test_a_moment_is_told_by_the_clock_of_changsha() -> None:
    late = datetime(2026, 9, 26, 18, 5, tzinfo=UTC)
    assert moment(late) == '<time datetime="2026-09-27T02:05:00+08:00">2026-09-27 02:05</time>'
    assert day(late) == "<time>2026-09-27</time>"
    with pytest.raises(ValueError, match="zone"):
        moment(late.replace(tzinfo=None))


def test_thousands_keep_every_digit_that_was_given() -> None:
    plain = {thousands(one).replace(NO_BREAK, " ") for one in (18204, Decimal("1020.0"), 7)}
    assert plain == {"18 204", "1 020.0", "7"}
    assert thousands(Decimal("1E+4")) == f"10{NO_BREAK}000"
    assert thousands(Decimal("-1234.50")) == f"−1{NO_BREAK}234.50"
    assert amount(Decimal("240.0"), "kg") == f"240.0{NO_BREAK}kg"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_a_number_with_its_blanks_taken_out_is_the_number(number: Decimal) -> None:
    assert Decimal(thousands(number).replace(NO_BREAK, "").replace("−", "-")) == number


def test_a_label_code_is_read_in_groups_and_another_text_is_left_alone() -> None:
    assert code_groups("1VYA2X0V00VG6X13G") == "1VYA 2X0V 00VG 6X13G"
    assert code_groups("1VYA") == "1VYA"


# ---- the parts of pages: templates without an app ----


def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, extensions=["jinja2.ext.i18n"]
    )
    made.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # the extension's
    furnish(made)
    made.globals.update(csrf_token=lambda: "token", new_key=lambda: str(uuid.uuid4()))
    return made


def render(source: str, **values: object) -> str:
    return environment().from_string("{% import 'parts.html' as parts %}" + source).render(values)


EVIL = "\"'><script>alert(1)</script>"
CALLS = [
    "parts.word('pass', evil)",
    "parts.tag(evil, 'wait')",
    "parts.code(evil)",
    "parts.verdict('fail', evil, evil, evil, '停售召回', language={'href': evil, 'lang': evil, 'text': evil})",
    "parts.scanned(evil)",
    "parts.facts([(evil, evil)])",
    "parts.result(evil, 'pass', evil, evil, evil, '', evil, evil, evil, evil)",
    "parts.links_standing([{'state': 'pass', 'title': evil, 'text': evil, 'when': evil, 'who': evil}])",
    "parts.links_lying([{'state': 'none', 'title': evil, 'count': 0, 'note': evil, 'href': evil}])",
    "parts.steps([evil])",
    "parts.crumb([(evil, evil), (none, evil)])",
    "parts.summary('wait', '尚未放行', evil, evil, false)",
    "parts.pairs([(evil, evil)])",
    "parts.notice('fail', evil)",
    "parts.empty('label', evil)",
    "parts.blocked('fail', evil, evil)",
    "parts.door(evil, 'leaf', evil, evil)",
    "parts.limit_block('', evil)",
    "parts.check_row(evil, 'pass', evil, evil, evil, [(evil, evil)])",
    "parts.entry_section(evil, evil)",
    "parts.entry_row(evil, 'fail', evil, evil, evil, evil, evil, evil, evil, evil, [(evil, evil)])",
    "parts.entry_row(evil, 'none', evil, evil, evil, evil, evil, evil, evil, evil, error=evil)",
    "parts.label_preview(evil, [evil], none, evil, evil, evil)",
    "parts.sheet_picker(evil, 2, 2, hint=evil)",
    "parts.balance_key([('printed', evil)])",
    "parts.problems([(evil, evil), (none, evil)])",
    "parts.field(evil, evil, evil, evil, evil, unit=evil, required=false, placeholder=evil)",
    "parts.area_field(evil, evil, evil, evil, evil)",
    "parts.select_field(evil, evil, [(evil, evil)], evil, evil, evil, empty=evil)",
    "parts.choice_field(evil, evil, [(evil, evil)], evil, evil, evil)",
    "parts.check_field(evil, evil, true, evil, evil, evil)",
    "parts.file_field(evil, evil, evil, evil)",
    "parts.button(evil, 'go', 'pen', name=evil)",
    "parts.button_link(evil, evil, 'stop')",
    "parts.filters(evil, evil)",
    "parts.pager(evil, evil, evil)",
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.split("(")[0])
def test_no_part_lets_markup_of_a_text_through_or_writes_a_style_or_a_handler(call: str) -> None:
    html = render("{{ " + call + " }}", evil=EVIL)
    assert EVIL[-20:] not in html
    tags = _Tags()
    tags.feed(html)
    assert tags.seen
    assert not [name for name in tags.names if re.match(r"(script|style|on.*)$", name)]


def test_the_list_of_parts_names_every_part_with_its_arguments() -> None:
    listed = (TEMPLATES / "parts.html").read_text(encoding="utf-8").split("#}")[0]
    module = vars(environment().get_template("parts.html").module)
    public = {name: part for name, part in module.items() if not name.startswith("_")}
    assert len(public) > 40
    for name, part in public.items():
        found = re.search(rf"(?m)(?:^|  ){name}\(([^()]*)\)", listed)
        assert found, f"{name} is not in the list"
        told = [re.sub(r"[\[\]\s]|=.*", "", one) for one in found[1].split(",") if found[1]]
        assert ("…" in told) == part.catch_kwargs, name
        assert [one for one in told if one != "…"] == list(part.arguments), name


def test_a_field_that_is_wrong_says_so_to_eye_and_ear() -> None:
    html = render("{{ parts.field('mass', '数量', '-1', '要大于 0', '公斤', required=true) }}")
    assert 'aria-invalid="true"' in html and " required" in html
    assert 'aria-describedby="mass-hint mass-error"' in html
    assert 'id="mass-error"' in html and "要大于 0" in html and '<label for="mass">' in html


def test_a_chosen_option_stays_chosen_and_a_button_is_open_unless_told() -> None:
    html = render("{{ parts.select_field('n', '纸', [(1, 'A'), (2, 'B')], '2') }}")
    assert re.findall(r'value="(\d)" selected', html) == ["2"]
    assert "disabled" not in render("{{ parts.button('打', disabled=false) }}")
    assert "disabled" in render("{{ parts.button('打', disabled=true) }}")


def test_two_forms_of_one_page_have_two_keys() -> None:
    html = render("{{ parts.keys() }}{{ parts.keys() }}")
    keys = re.findall(r'name="_key" value="([^"]+)"', html)
    assert len(set(keys)) == 2
    assert html.count('name="csrf_token" value="token"') == 2


def test_a_part_with_an_unknown_state_or_icon_is_refused() -> None:
    for call in ("parts.word('green', '合格')", "parts.icon('smiley')", "parts.seal('合格')"):
        with pytest.raises(ValueError, match=r"no state|no icon|four"):
            render("{{ " + call + " }}")


def test_a_label_without_a_code_says_when_it_will_have_one() -> None:
    assert "放行后才有码" in render("{{ parts.label_preview('长沙绿茶', ['一级']) }}")
    shown = render(
        "{{ parts.label_preview('长沙绿茶', ['一级'], qr, '1VYA2X0V00VG6X13G') }}",
        qr=Markup("<svg></svg>"),
    )
    assert "<svg></svg>" in shown and "1VYA 2X0V 00VG 6X13G" in shown


def test_the_passport_needs_nothing_from_anywhere() -> None:
    html = (
        environment()
        .get_template("passport_base.html")
        .render(lang="zh-Hans", sample_mode=True, csp_nonce=lambda: "n0nce", size="xl")
    )
    assert "<script" not in html and "http" not in html.replace(drawing.FAVICON, "")
    assert '<style nonce="n0nce">:root{' in html and '<html lang="zh-Hans" class="xl">' in html
    assert not re.findall(r'(?:src|href)="(?!data:)', html)


def test_templates_know_every_filter() -> None:
    assert typography.FILTERS.keys() <= environment().filters.keys()
