"""Amounts of a list as bars: the largest is the longest, and every one is written out."""

import re
from decimal import Decimal

import pytest

from core.pages.charts import AmountBar, Said, amount_bars

SAID = Said("b", "鲜叶", "采收 30 公斤，损耗 10 公斤")


def bar(amount: int, text: str = "采收", second: str = "") -> AmountBar:
    return AmountBar(text, Decimal(amount), f"{amount} 公斤", "ok", second)


def widths(drawn: str) -> list[str]:
    return re.findall(r'class="ok" x="0%" y="\d+" width="([^"]+)"', drawn)


def test_bars_are_lengths_of_the_largest_and_nothing_is_no_bar() -> None:
    drawn = amount_bars([bar(30), bar(10), bar(0)], SAID)
    assert widths(drawn) == ["66%", "22%"]
    assert drawn.count('class="track"') == 3
    assert all(f"{n} 公斤</text>" in drawn for n in (30, 10, 0))


def test_a_list_of_nothing_is_drawn_without_a_bar() -> None:
    assert widths(amount_bars([bar(0)], SAID)) == []


def test_a_name_of_two_lines_is_taller_and_every_name_is_escaped() -> None:
    one, two = amount_bars([bar(1)], SAID), amount_bars([bar(1, "<b>", "→ 茶厂")], SAID)
    height = [int(re.findall(r'height="(\d+)" role', text)[0]) for text in (one, two)]
    assert height[1] == height[0] + 18
    assert "<b>" not in two and "&lt;b&gt;" in two and "→ 茶厂" in two


def test_who_cannot_see_it_hears_the_sentence() -> None:
    drawn = amount_bars([bar(1)], SAID)
    assert "<desc" in drawn and SAID.sentence in drawn and 'role="img"' in drawn


@pytest.mark.parametrize("bars", [[], [bar(-1)]])
def test_no_bars_or_less_than_nothing_is_a_mistake(bars: list[AmountBar]) -> None:
    with pytest.raises(ValueError, match="bars of amounts"):
        amount_bars(bars, SAID)
