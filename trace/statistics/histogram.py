"""How values lie against a limit: bins whose edges stand on the limits, so that none straddles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

AIM = 12
"""About so many bins; never more than twice that and a few."""
_NICE = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_LONGEST = 6
_FENCE = 3
_AROUND = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Values from `low` to `high` (None: everything below, everything above).

    `beyond`: the whole bin lies where the limit does not allow it. A value on an edge belongs to
    the bin above, and on a limit to the side on which the limit counts it.
    """

    low: Decimal | None
    high: Decimal | None
    count: int
    beyond: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits in the values' unit, each closed unless open; ValueError without any."""

    lower: Decimal | None = None
    upper: Decimal | None = None
    lower_open: bool = False
    upper_open: bool = False

    def __post_init__(self) -> None:
        if self.lower is None and self.upper is None:
            raise ValueError("a histogram against a limit needs a limit")

    @property
    def marks(self) -> tuple[Decimal, ...]:
        """The limits that there are, the lower first."""
        return tuple(mark for mark in (self.lower, self.upper) if mark is not None)

    def forbids(self, low: Decimal | None, high: Decimal | None) -> bool:
        """Whether nothing from `low` to `high` is allowed."""
        above = self.upper is not None and low is not None and low >= self.upper
        below = self.lower is not None and high is not None and high <= self.lower
        return above or (below and self.lower != self.upper)


@dataclass(frozen=True, slots=True)
class _Ruler:
    """Bin 0 begins at `anchor`, each is `step` wide."""

    anchor: Decimal
    step: Decimal
    limits: Limits

    def edge(self, place: int) -> Decimal:
        return self.anchor + self.step * place

    def place(self, value: Decimal) -> int:
        """The bin above an edge, but on a limit the bin of the side where the limit counts it."""
        place = int(((value - self.anchor) / self.step).to_integral_value(ROUND_FLOOR))
        limits = self.limits
        closed_above = value == limits.upper and not limits.upper_open
        open_below = value == limits.lower and limits.lower_open
        return place - 1 if closed_above or open_below else place

    def bin(self, low: int | None, high: int | None, count: int) -> Bin:
        below = None if low is None else self.edge(low)
        above = None if high is None else self.edge(high)
        return Bin(below, above, count, self.limits.forbids(below, above))


def histogram(values: Sequence[Decimal], limits: Limits) -> tuple[Bin, ...]:
    """`values` in bins, from low to high, without a gap; empty without values.

    Values far from all others, or from both limits, fall into an open bin at the end, so that the
    rest can be seen.
    """
    if not values:
        return ()
    first, last = _window(sorted(values), limits)
    ruler = _ruler(first, last, limits)
    counts = Counter(ruler.place(value) for value in values)
    usual = [ruler.place(value) for value in values if first <= value <= last]
    beside = [ruler.place(mark) + side for mark in limits.marks for side in (-1, 0, 1)]
    shown = [*usual, *(place for place in beside if _touches(ruler, place))]
    bottom, top = min(shown), max(shown) + 1
    bins = [ruler.bin(place, place + 1, counts[place]) for place in range(bottom, top)]
    below = sum(count for place, count in counts.items() if place < bottom)
    above = sum(count for place, count in counts.items() if place >= top)
    low = [ruler.bin(None, bottom, below)] if below else []
    high = [ruler.bin(top, None, above)] if above else []
    return (*low, *bins, *high)


def _touches(ruler: _Ruler, place: int) -> bool:
    """Whether a limit is an edge of the bin, so that each limit has a bin on either side."""
    return not {ruler.edge(place), ruler.edge(place + 1)}.isdisjoint(ruler.limits.marks)


def _window(ordered: Sequence[Decimal], limits: Limits) -> tuple[Decimal, Decimal]:
    """From where to where is drawn: the limits, and the values but for those far outside."""
    quarter = len(ordered) // 4
    low, high = ordered[quarter], ordered[-1 - quarter]
    reach = (high - low) * _FENCE
    usual = [value for value in ordered if low - reach <= value <= high + reach]
    first, last = min(usual[0], *limits.marks), max(usual[-1], *limits.marks)
    if limits.lower is None or limits.upper is None or limits.lower == limits.upper:
        return first, last
    around = (limits.upper - limits.lower) * _AROUND
    return max(first, limits.lower - around), min(last, limits.upper + around)


def _ruler(first: Decimal, last: Decimal, limits: Limits) -> _Ruler:
    """Bins of a round width counted from the limit, or a whole number of them between two."""
    width = (last - first) / AIM or abs(last) / AIM or Decimal(1)
    lower, upper = limits.lower, limits.upper
    anchor = limits.marks[-1]
    if lower is not None and upper is not None and lower < upper:
        return _Ruler(anchor, _part_of(upper - lower, width), limits)
    size = Decimal(1).scaleb(width.adjusted())
    return _Ruler(anchor, next(size * one for one in _NICE if size * one >= width), limits)


def _part_of(whole: Decimal, width: Decimal) -> Decimal:
    """About `width`, so that `whole` is an exact number of them, with few digits."""
    wanted = max(round(whole / width), 1)
    parts = range(max(wanted * 2 // 3, 1), wanted * 3 // 2 + 1)
    steps = [whole / one for one in parts]
    exact = [one for one in steps if len(one.normalize().as_tuple().digits) <= _LONGEST]
    return min(exact, key=lambda one: (len(one.normalize().as_tuple().digits), abs(one - width)),
               default=whole)  # fmt: skip
