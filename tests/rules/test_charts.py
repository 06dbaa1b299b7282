"""Charts: where things stand, that shape says what colour says, and that nothing breaks out."""

import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from core.pages.charts import (
    Bar,
    Column,
    Dot,
    Mark,
    Said,
    control_chart,
    failing_bar,
    histogram,
    outcome_columns,
    plain,
    share_bar,
)

SAID = Said("here", "标题", "一句话。")
SOME = settings(max_examples=40, deadline=None)


def parsed(chart: Markup) -> ElementTree.Element:
    """The picture as a tree; a chart that is no XML fails here."""
    return ElementTree.fromstring(chart)


def classes(chart: Markup, tag: str) -> list[str]:
    """The classes of every element of a kind, in order."""
    return [one.get("class", "") for one in parsed(chart).iter(tag)]


def texts(chart: Markup) -> list[str]:
    """Every text that is drawn."""
    return ["".join(one.itertext()) for one in parsed(chart).iter("text")]


def percent(text: str | None) -> float:
    """A place along the chart."""
    assert text is not None and text.endswith("%"), text
    return float(text[:-1])


BARS = [
    Bar(Decimal(5), Decimal(6), 12, False),
    Bar(Decimal(6), Decimal(7), 24, False),
    Bar(Decimal(7), Decimal(8), 3, True),
]


def test_a_chart_has_a_title_and_a_sentence_for_who_cannot_see_it() -> None:
    root = parsed(histogram(BARS, [], SAID))
    assert root.get("role") == "img" and root.get("aria-labelledby") == "here-t here-d"
    assert [(one.get("id"), one.text) for one in root if one.tag in ("title", "desc")] == [
        ("here-t", "标题"),
        ("here-d", "一句话。"),
    ]


@pytest.mark.parametrize("said", [("", "标题", "句"), ("x", " ", "句"), ("x", "标题", "")])
def test_a_chart_without_words_is_refused(said: tuple[str, str, str]) -> None:
    with pytest.raises(ValueError, match="needs a name"):
        Said(*said)


def test_the_highest_bar_is_the_tallest_and_what_is_beyond_is_crossed() -> None:
    chart = histogram(BARS, [], SAID)
    rects = [one for one in parsed(chart).iter("rect")]
    assert [one.get("class") for one in rects] == ["bin", "bin", "bin no"]
    heights = [int(one.get("height", "")) for one in rects]
    assert heights == [80, 160, 20]
    assert classes(chart, "line").count("cross") == 2
    assert {"12", "24", "3"} <= set(texts(chart))


def test_the_limit_stands_at_the_edge_between_the_bars() -> None:
    chart = histogram(BARS, [Mark(Decimal(7), "上限 ≤ 7 %")], SAID)
    (limit,) = [one for one in parsed(chart).iter("line") if one.get("class") == "lim"]
    third = [one for one in parsed(chart).iter("rect")][2]
    assert abs(percent(limit.get("x1")) - percent(third.get("x"))) <= 0.5
    assert "上限 ≤ 7 %" in texts(chart)


def test_an_open_end_is_said_in_words_and_its_outer_edge_is_no_number() -> None:
    chart = histogram([*BARS, Bar(Decimal(8), Decimal(9), 1, True, "更高")], [], SAID)
    assert "更高" in texts(chart) and "9" not in texts(chart)


def test_an_empty_bar_is_not_drawn_and_no_bars_are_refused() -> None:
    assert classes(histogram([*BARS, Bar(Decimal(8), Decimal(9), 0, True)], [], SAID), "rect") == [
        "bin", "bin", "bin no",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="needs bars"):
        histogram([], [], SAID)


def test_an_unusual_value_is_a_diamond_with_its_rule_beside_it() -> None:
    dots = [Dot(Decimal(5)), Dot(Decimal(9), "1·5"), Dot(Decimal(6))]
    chart = control_chart(dots, [Mark(Decimal(8), "8.0", "bound")], SAID, first=41)
    assert len(list(parsed(chart).iter("circle"))) == 2
    assert classes(chart, "path") == ["odd"]
    assert "1·5" in texts(chart) and {"41", "43", "8.0"} <= set(texts(chart))
    assert classes(chart, "line").count("path") == 2


def test_a_higher_value_stands_higher_and_equal_ones_alike() -> None:
    chart = control_chart([Dot(Decimal(n)) for n in (1, 3, 3, 2)], [], SAID)
    one, three, again, two = (int(dot.get("cy", "")) for dot in parsed(chart).iter("circle"))
    assert one > two > three == again


def test_values_that_are_all_alike_and_a_single_one_can_be_drawn() -> None:
    control_chart([Dot(Decimal(5))] * 3, [Mark(Decimal(5), "5", "centre")], SAID)
    control_chart([Dot(Decimal(5))], [], SAID)
    with pytest.raises(ValueError, match="needs values"):
        control_chart([], [], SAID)


def test_each_outcome_has_its_own_pattern() -> None:
    chart = outcome_columns([Column("26-10", 6, 2, 1, 1), Column("26-11")], SAID)
    assert classes(chart, "rect") == ["ok", "wait", "no", "none"]
    assert {"cross", "stripe"} <= set(classes(chart, "line"))
    assert "10" in texts(chart)
    with pytest.raises(ValueError, match="needs columns"):
        outcome_columns([], SAID)


@given(
    st.lists(
        st.tuples(*[st.integers(0, 10_000)] * 4).map(lambda n: Column("26-11", *n)),
        min_size=1,
        max_size=30,
    )
)
@SOME
def test_columns_stand_on_the_line_and_inside_the_chart(columns: list[Column]) -> None:
    for rect in parsed(outcome_columns(columns, SAID)).iter("rect"):
        top, height = int(rect.get("y", "")), int(rect.get("height", ""))
        assert top >= 15 and height >= 1 and top + height <= 192
        assert 0 <= percent(rect.get("x")) <= 100


numbers = st.decimals(min_value=-1000, max_value=1000, places=2)


@given(st.lists(numbers, min_size=1, max_size=60), st.lists(numbers, max_size=3))
@SOME
def test_nothing_of_a_control_chart_stands_outside_it(
    values: list[Decimal], marks: list[Decimal]
) -> None:
    chart = control_chart([Dot(one) for one in values], [Mark(one, "x") for one in marks], SAID)
    for dot in parsed(chart).iter("circle"):
        assert 0 <= percent(dot.get("cx")) <= 86 and 20 <= int(dot.get("cy", "")) <= 195


@given(st.text(max_size=20))
@SOME
def test_no_text_breaks_out_of_its_place(text: str) -> None:
    visible = "".join(char for char in text if char.isprintable()) or "x"
    chart = control_chart([Dot(Decimal(1), visible)], [Mark(Decimal(2), visible)], SAID)
    assert texts(chart).count(visible) == 2


def test_a_share_carries_its_words_and_its_interval() -> None:
    chart = share_bar(Decimal("0.9"), Decimal("0.7"), Decimal("0.97"), "90.0%")
    assert parsed(chart).get("aria-label") == "90.0%"
    ends = [percent(one.get("x1")) for one in parsed(chart).iter("line")]
    assert ends == [70.0, 70.0, 97.0]
    with pytest.raises(ValueError, match="no share"):
        share_bar(Decimal("0.9"), Decimal("0.95"), Decimal("0.97"), "x")


def test_what_is_beyond_a_limit_and_what_waits_differ_in_pattern() -> None:
    chart = failing_bar(3, 1, 8)
    assert classes(chart, "rect") == ["no", "wait"]
    assert [percent(one.get("width")) for one in parsed(chart).iter("rect")] == [37.5, 12.5]
    assert {"cross", "stripe"} == set(classes(chart, "line"))
    with pytest.raises(ValueError, match="of 2"):
        failing_bar(3, 0, 2)


@pytest.mark.parametrize(
    ("number", "told"), [("7.00", "7"), ("100", "100"), ("-0.250", "−0.25"), ("1E-7", "0.0000001")]
)
def test_numbers_are_told_in_plain_digits(number: str, told: str) -> None:
    assert plain(Decimal(number)) == told


def test_no_chart_names_a_colour() -> None:
    charts = (
        histogram(BARS, [Mark(Decimal(7), "x")], SAID)
        + control_chart([Dot(Decimal(1), "1")], [Mark(Decimal(2), "2")], SAID)
        + outcome_columns([Column("a", 1, 1, 1, 1)], SAID)
        + failing_bar(1, 1, 2)
    )
    assert not re.search(r"style=|fill=|stroke=|#[0-9a-fA-F]{3}", charts)
