"""What is drawn says the same as the numbers; the stylesheet can be read by everybody."""

import gzip
import re
import xml.etree.ElementTree as ElementTree
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from core.pages import STATIC, drawing, passport_css, smaller
from core.pages.drawing import balance_bar, gauge, icon, limit_bar, nine, seal

SENTENCE = "测得 0.62 mg/kg，限量 5.0"
AMOUNTS = st.decimals("0.001", "100000", places=3)
ANY_NUMBER = st.decimals("-1000", "1000", places=3)


def picture(markup: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(str(markup))


def number_of(part: ElementTree.Element, name: str) -> Fraction:
    return Fraction(part.get(name, "0"))


def stretch(part: ElementTree.Element) -> list[Fraction]:
    """From where to where a part lies."""
    start = number_of(part, "x")
    return [start, start + number_of(part, "width")]


def parts_of(markup: Markup, name: str) -> list[ElementTree.Element]:
    return [part for part in picture(markup) if part.get("class") == name]


def limits_of(markup: Markup) -> list[Fraction]:
    """The places of the limit lines, left to right."""
    (line,) = parts_of(markup, "lim")
    return [Fraction(place) for place in re.findall(r"M([0-9.]+)-", line.get("d", ""))]


def value_of(markup: Markup) -> Fraction:
    """Where the reading ends: the end of its length, or its tick."""
    for part in parts_of(markup, "val"):
        return number_of(part, "width")
    (tick,) = parts_of(markup, "ref")
    return Fraction(tick.get("d", "").removeprefix("M").split()[0])


def measured(value: str, lower: str | None = None, upper: str | None = None) -> Markup:
    low = None if lower is None else Decimal(lower)
    high = None if upper is None else Decimal(upper)
    return limit_bar(Decimal(value), low, high, "measured", "pass", SENTENCE)


# ---- limit bar ----


def test_an_upper_limit_stands_at_seventy_with_what_it_forbids_on_its_right() -> None:
    bar = measured("0.62", upper="5.0")
    assert limits_of(bar) == [70]
    assert value_of(bar) == Fraction("8.7")  # 0.62 ÷ 5.0 × 70 = 8.68
    (forbidden,) = parts_of(bar, "no")
    assert stretch(forbidden) == [70, 100]


def test_a_lower_limit_stands_at_seventy_with_what_it_forbids_on_its_left() -> None:
    bar = measured("41.3", lower="36.0")
    assert limits_of(bar) == [70]
    assert value_of(bar) == Fraction("80.3")
    (forbidden,) = parts_of(bar, "no")
    assert stretch(forbidden) == [0, 70]


def test_two_limits_make_two_lines_and_only_the_stretch_between_them_is_free() -> None:
    bar = measured("5", lower="3.5", upper="7.0")
    assert limits_of(bar) == [35, 70]
    assert value_of(bar) == 50
    below, above = parts_of(bar, "no")
    assert stretch(below) == [0, 35]
    assert stretch(above) == [70, 100]


def test_a_reading_not_detected_is_a_tick_at_zero_and_never_a_length() -> None:
    bar = limit_bar(None, None, Decimal("1.0"), "not-detected", "pass", "未检出，限量 1.0 mg/kg")
    assert parts_of(bar, "val") == []
    assert value_of(bar) == 1


def test_a_missing_reading_draws_the_limit_and_nothing_else() -> None:
    bar = limit_bar(None, None, Decimal("1.0"), "missing", "none", "没有检，限量 1.0 mg/kg")
    assert parts_of(bar, "val") == parts_of(bar, "ref") == []
    assert limits_of(bar) == [70]


def test_a_reading_a_hair_beyond_its_limit_is_seen_beyond_it() -> None:
    assert value_of(measured("5.001", upper="5.0")) > 71
    assert value_of(measured("35.999", lower="36.0")) < 69


def test_a_reading_far_beyond_its_limit_is_cut_at_the_end() -> None:
    assert value_of(measured("6000", upper="5.0")) == 100


def test_temperatures_below_zero_are_ticks_on_the_right_side_of_their_limit() -> None:
    cold, warm = measured("-20", upper="-18"), measured("-12", upper="-18")
    assert limits_of(cold) == limits_of(warm) == [70]
    assert parts_of(cold, "val") == parts_of(warm, "val") == []
    assert value_of(cold) < 70 < value_of(warm)


def test_what_may_not_be_there_at_all_stands_beyond_the_line_once_it_is_found() -> None:
    assert value_of(measured("0.02", upper="0")) > 70
    assert value_of(limit_bar(None, None, Decimal(0), "not-detected", "pass", "未检出")) == 1


@given(value=ANY_NUMBER, lower=st.none() | ANY_NUMBER, upper=st.none() | ANY_NUMBER)
def test_a_reading_is_drawn_on_the_forbidden_side_exactly_when_it_breaks_the_limit(
    value: Decimal, lower: Decimal | None, upper: Decimal | None
) -> None:
    if lower is None and upper is None:
        return
    if lower is not None and upper is not None and lower > upper:
        lower, upper = upper, lower
    bar = limit_bar(value, lower, upper, "measured", "pass", SENTENCE)
    limits, place = limits_of(bar), value_of(bar)
    assert limits[-1] == 70
    assert 0 <= place <= 100
    if upper is not None:
        assert (place > 70) == (value > upper)
    if lower is not None and limits[0] > 2:
        assert (place < limits[0]) == (value < lower)


@given(value=AMOUNTS, upper=AMOUNTS)
def test_a_length_is_the_value_as_a_share_of_its_limit(value: Decimal, upper: Decimal) -> None:
    bar = limit_bar(value, None, upper, "measured", "pass", SENTENCE)
    exact = Fraction(value) / Fraction(upper) * 70
    if not 70 < exact < Fraction("71.5"):
        assert abs(value_of(bar) - min(exact, Fraction(100))) <= Fraction(1, 20)


@pytest.mark.parametrize(
    ("value", "lower", "upper", "kind"),
    [
        ("1", None, None, "measured"),
        (None, None, "5", "measured"),
        ("1", None, "5", "missing"),
        ("1", None, "5", "guessed"),
        ("NaN", None, "5", "measured"),
        ("1", None, "Infinity", "measured"),
        ("1", "7", "5", "measured"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    value: str | None, lower: str | None, upper: str | None, kind: str
) -> None:
    number, low, high = (None if text is None else Decimal(text) for text in (value, lower, upper))
    with pytest.raises(ValueError, match=r"limit|reading|finite"):
        limit_bar(number, low, high, kind, "pass", SENTENCE)  # type: ignore[arg-type]  # on purpose


def test_a_drawing_is_a_sentence_for_who_cannot_see_it() -> None:
    bar = picture(measured("0.62", upper="5.0"))
    assert (bar.get("role"), bar.get("aria-label")) == ("img", SENTENCE)
    with pytest.raises(ValueError, match="sentence"):
        limit_bar(Decimal(1), None, Decimal(5), "measured", "pass", "  ")


def test_a_sentence_cannot_bring_markup_into_a_drawing() -> None:
    evil = '"><script>alert(1)</script>'
    bar = limit_bar(Decimal(1), None, Decimal(5), "measured", "pass", evil)
    assert "<script" not in bar
    assert picture(bar).get("aria-label") == evil


# ---- balance, nine links, gauge, seal, icons ----


def test_what_is_used_is_laid_end_to_end_up_to_the_allowance_at_seventy() -> None:
    bar = balance_bar(
        [("activated", Decimal(5000)), ("printed", Decimal(2500))], "额度", allowance=Decimal(10000)
    )
    (first,), (second,) = parts_of(bar, "a"), parts_of(bar, "b")
    assert stretch(first) == [0, 35]
    assert stretch(second) == [35, Fraction("52.5")]
    assert parts_of(bar, "e") == []


def test_what_lies_past_the_allowance_is_debt_and_never_hides() -> None:
    bar = balance_bar(
        [("activated", Decimal(2520)), ("printed", Decimal(720))], "欠 240", allowance=Decimal(3000)
    )
    (printed,), (debt,) = parts_of(bar, "b"), parts_of(bar, "e")
    assert stretch(printed) == [Fraction("58.8"), 70]
    assert stretch(debt) == [70, Fraction("75.6")]


def test_an_allowance_of_nothing_makes_everything_debt() -> None:
    bar = balance_bar([("printed", Decimal(1))], "没有额度", allowance=Decimal(0))
    assert parts_of(bar, "b") == []
    assert number_of(parts_of(bar, "e")[0], "width") == 30


def test_a_batch_fills_its_own_bar_and_has_no_line() -> None:
    bar = balance_bar(
        [("printed", Decimal(60)), ("conforming", Decimal(180))], "240 kg", whole=Decimal(240)
    )
    assert [number_of(parts_of(bar, name)[0], "width") for name in "bc"] == [25, 75]
    assert parts_of(bar, "lim") == []


@given(st.lists(AMOUNTS, max_size=6), AMOUNTS)
def test_pieces_leave_no_gap_and_end_within_the_track(
    amounts: list[Decimal], allowance: Decimal
) -> None:
    bar = balance_bar([("printed", one) for one in amounts], "额度", allowance=allowance)
    end = Fraction(0)
    for piece in parts_of(bar, "b") + parts_of(bar, "e"):
        assert number_of(piece, "x") == end
        end += number_of(piece, "width")
    assert end <= 100
    assert (end > 70) == (sum(amounts) > allowance)


@pytest.mark.parametrize(
    ("amount", "against"),
    [
        (1, {}),
        (1, {"allowance": Decimal(1), "whole": Decimal(1)}),
        (1, {"whole": Decimal(0)}),
        (1, {"allowance": Decimal(-1)}),
        (-1, {"allowance": Decimal(1)}),
    ],
)
def test_a_balance_that_makes_no_sense_is_refused(amount: int, against: dict[str, Decimal]) -> None:
    with pytest.raises(ValueError, match="balance bar"):
        balance_bar([("printed", Decimal(amount))], "额度", **against)


def test_nine_links_are_nine_marks_whose_shapes_differ() -> None:
    states: list[drawing.State] = ["pass", "fail", "wait", "none"]
    marks = list(picture(nine([states[place % 4] for place in range(9)])))
    assert len(marks) == 9
    shapes = {ElementTree.tostring(mark[0]) + str(len(mark)).encode() for mark in marks}
    assert len(shapes) == 4
    with pytest.raises(ValueError, match="nine links"):
        nine(["pass"])


def test_a_gauge_fills_with_what_is_done() -> None:
    assert number_of(parts_of(gauge(8, 10), "a")[0], "width") == 80
    assert number_of(parts_of(gauge(0, 0), "a")[0], "width") == 0
    with pytest.raises(ValueError, match="11 of 10"):
        gauge(11, 10)


def test_a_seal_has_four_characters_and_is_dashed_where_nobody_vouches() -> None:
    assert "".join(picture(seal("检验合格")).itertext()) == "检验合格"
    assert picture(seal("查无此码", filled=False)).get("class") == "seal line"
    assert "&lt;" in seal("<b>!")
    with pytest.raises(ValueError, match="four"):
        seal("合格")


def test_every_icon_is_well_formed_and_hidden_and_another_name_is_refused() -> None:
    for name in drawing.ICONS:
        assert picture(icon(name)).get("aria-hidden") == "true"
    assert drawing.STATES <= drawing.ICONS
    with pytest.raises(ValueError, match="no icon 'smiley'"):
        icon("smiley")


def test_a_state_that_the_stylesheet_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="no state 'ok'"):
        limit_bar(Decimal(1), None, Decimal(5), "measured", "ok", SENTENCE)  # type: ignore[arg-type]  # on purpose


# ---- the stylesheet ----


def test_a_passport_carries_its_own_sections_and_nothing_of_the_desks() -> None:
    css = passport_css()
    for name in (
        ".is-pass{",
        ".verdict{",
        ".results>li{",
        ".links>li{",
        "prefers-color-scheme:dark",
    ):
        assert name in css
    assert ".mast" not in css and "/*" not in css and "</" not in css
    assert "url(" not in css and "@import" not in css
    assert len(gzip.compress(css.encode())) < 5_000


def test_making_it_smaller_keeps_the_blanks_that_mean_something() -> None:
    css = 'a :hover , b { margin: 0 calc(1px + 2px);  }  /* x */ .c > d { content: ""; font: "A B", C; }'
    assert smaller(css) == 'a :hover,b{margin:0 calc(1px + 2px)}.c>d{content:"";font:"A B",C}'


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2, relative luminance)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    lin = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * lin[0] + 0.7152 * lin[1] + 0.0722 * lin[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def tokens() -> tuple[dict[str, str], dict[str, str]]:
    """The colours by day and by night."""
    css = (STATIC / "style.css").read_text(encoding="utf-8")
    roots = re.findall(r":root \{(.*?)\n *\}", css.split("2 base ----")[0], re.DOTALL)
    day, night = (dict(re.findall(r"--([\w-]+): (#[0-9A-Fa-f]{6});", root)) for root in roots)
    return day, day | night


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_word_can_be_read_on_every_ground(scheme: int) -> None:
    colour = tokens()[scheme]
    grounds = ("paper", "raised", "sunk")
    pairs = [(word, ground) for word in ("ink", "ink-2") for ground in grounds]
    for state in ("tea", "seal", "amber", "mute"):
        pairs += [(state, "paper"), (state, "raised"), (state, f"{state}-wash")]
        pairs += [("ink", f"{state}-wash"), ("ink-2", f"{state}-wash"), ("on", f"{state}-fill")]
    low = {pair: contrast(colour[pair[0]], colour[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}
    assert min(contrast(colour["edge"], colour[ground]) for ground in grounds) >= 3
