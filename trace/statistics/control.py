"""The control chart of single values: individuals and moving range, and the usual run rules.

The limits come from the mean moving range of two neighbours (d2 = 1.128); they say what the
process does by itself and have nothing to do with what a standard allows. The rules are the eight
of L. S. Nelson, Journal of Quality Technology 16 (1984), 237-239, which contain the four of
Western Electric. All sums are exact fractions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from core.words import Words

FIRM_FROM = 20
"""With fewer values the control limits are only a first guess, and the page says so."""
_D2 = Fraction(1128, 1000)
_D3 = Fraction(853, 1000)

RULES = {
    1: Words("一点在控制限以外", "one point beyond the control limits"),
    2: Words("连续 9 点在中心线同一侧", "nine in a row on one side of the centre"),
    3: Words("连续 6 点一直上升或一直下降", "six in a row steadily rising or falling"),
    4: Words("连续 14 点一上一下交替", "fourteen in a row going up and down by turns"),
    5: Words(
        "3 点中有 2 点在同一侧、离中心线超过 2 倍标准差",
        "two of three beyond two standard deviations on one side",
    ),
    6: Words(
        "5 点中有 4 点在同一侧、离中心线超过 1 倍标准差",
        "four of five beyond one standard deviation on one side",
    ),
    7: Words(
        "连续 15 点离中心线都不到 1 倍标准差",
        "fifteen in a row within one standard deviation of the centre",
    ),
    8: Words(
        "连续 8 点离中心线都超过 1 倍标准差，两侧都算",
        "eight in a row beyond one standard deviation, on either side",
    ),
}


@dataclass(frozen=True)
class ControlChart:
    """Values in their order with what may be expected of them.

    `ranges` are between neighbours (one fewer than values); `rules` names, for each value, the
    rules that it completes; `wide` are the places of ranges above `range_upper`.
    """

    values: tuple[Decimal, ...]
    ranges: tuple[Decimal, ...]
    centre: Decimal
    lower: Decimal
    upper: Decimal
    range_centre: Decimal
    range_upper: Decimal
    rules: tuple[tuple[int, ...], ...]
    wide: frozenset[int]

    @property
    def firm(self) -> bool:
        """Whether there are enough values for limits that can be relied on."""
        return len(self.values) >= FIRM_FROM


def control_chart(values: Sequence[Decimal]) -> ControlChart:
    """The chart of `values`, oldest first, all in one unit; ValueError for fewer than two."""
    if len(values) < 2:
        raise ValueError("a control chart needs at least two values")
    exact = [Fraction(value) for value in values]
    ranges = tuple(abs(after - before) for before, after in pairwise(values))
    centre = sum(exact, Fraction(0)) / len(exact)
    mean_range = Fraction(sum(ranges)) / len(ranges)
    sigma = mean_range / _D2
    range_upper = mean_range + 3 * sigma * _D3
    return ControlChart(
        values=tuple(values),
        ranges=ranges,
        centre=_decimal(centre),
        lower=_decimal(centre - 3 * sigma),
        upper=_decimal(centre + 3 * sigma),
        range_centre=_decimal(mean_range),
        range_upper=_decimal(range_upper),
        rules=rules_completed(exact, centre, sigma),
        wide=frozenset(place for place, one in enumerate(ranges) if one > range_upper),
    )


def _decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)


def rules_completed(
    values: Sequence[Fraction], centre: Fraction, sigma: Fraction
) -> tuple[tuple[int, ...], ...]:
    """For each value the numbers of the rules (see RULES) that it completes.

    A value exactly on a line is on neither side of it, and equal neighbours end a rise or fall.
    """
    away = [value - centre for value in values]
    steps = [0, *(_sign(after - before) for before, after in pairwise(values))]
    near = [abs(one) < sigma for one in away]
    far = [abs(one) > sigma for one in away]
    found = {
        1: [abs(one) > 3 * sigma for one in away],
        2: _runs(9, [_sign(one) for one in away]),
        3: _runs(5, steps),
        4: _turns(13, steps),
        5: _most_of(2, 3, away, 2 * sigma),
        6: _most_of(4, 5, away, sigma),
        7: _runs(15, [int(one) for one in near]),
        8: _runs(8, [int(one) for one in far]),
    }
    return tuple(
        tuple(rule for rule in RULES if found[rule][place]) for place in range(len(values))
    )


def _sign(number: Fraction) -> int:
    return (number > 0) - (number < 0)


def _runs(length: int, signs: Sequence[int]) -> list[bool]:
    """Where at least `length` of the same sign (never 0) stand in a row."""
    return _chained(length, signs, lambda before, now: before == now)


def _turns(length: int, signs: Sequence[int]) -> list[bool]:
    """Where at least `length` signs in a row are each the opposite of the one before."""
    return _chained(length, signs, lambda before, now: before == -now)


def _chained(length: int, signs: Sequence[int], goes_on: Callable[[int, int], bool]) -> list[bool]:
    found, run, before = [], 0, 0
    for now in signs:
        run = 0 if now == 0 else run + 1 if run and goes_on(before, now) else 1
        before = now
        found.append(run >= length)
    return found


def _most_of(wanted: int, window: int, away: Sequence[Fraction], line: Fraction) -> list[bool]:
    """Where a value beyond `line` is the `wanted`th on its side among the last `window`."""
    sides = [_sign(one) if abs(one) > line else 0 for one in away]
    return [
        side != 0 and sides[max(0, place - window + 1) : place + 1].count(side) >= wanted
        for place, side in enumerate(sides)
    ]
