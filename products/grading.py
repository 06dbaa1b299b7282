"""RULE: the limits of one item that differ by grade may not overlap, contradict or leave a gap.

A set is the limits of one edition on one characteristic for the same goods, each for some grades.
Two kinds are sound. Nested: a better grade asks the same or more (破碎 ≤ 1.0 and ≤ 1.5). Tiled: each
grade has its own stretch (≥ 100, 80 to under 100, under 80), and the stretches meet. Where the
limits are compared as rounded values, stretches meet one step of the last digit apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import combinations

from core.words import Words
from products.bounds import Bound, BoundKind
from products.numbers import places_of, plain_text
from products.phrases import limit_text, unit_text
from products.units import comparable, unit


class FaultKind(StrEnum):
    """What is wrong with a set of grade limits."""

    TWICE = "twice"
    OVERLAP = "overlap"
    LOOSER = "looser"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class GradeLimit:
    """One limit of a set; `id` is the caller's own, to find it again."""

    id: str
    grades: tuple[str, ...]
    bound: Bound
    unit: str


@dataclass(frozen=True, slots=True)
class GradingFault:
    """Two limits that do not fit together, and what a person is told."""

    kind: FaultKind
    one: str
    other: str
    words: Words


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The values that a limit accepts, from low to high; None: without end."""

    limit: GradeLimit
    low: Fraction | None
    low_open: bool
    high: Fraction | None
    high_open: bool

    @property
    def empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    def inside(self, other: _Stretch) -> bool:
        """Whether every value of this one is one of the other."""
        return _meet(self, other) == (self.low, self.low_open, self.high, self.high_open)


def grading_faults(
    grades: Sequence[str], limits: Iterable[GradeLimit], *, whole: bool
) -> tuple[GradingFault, ...]:
    """What is wrong with a set; `grades` are those of the product, best first.

    `whole`: the set is said to be complete, so that gaps are told too. Limits that are no plain
    numbers, or of units that cannot be compared, are left out.
    """
    place = {grade: rank for rank, grade in enumerate(grades)}
    known = [limit for limit in limits if _numeric(limit) and place.keys() & set(limit.grades)]
    known.sort(key=lambda limit: min(place[g] for g in limit.grades if g in place))
    comparable_ = [one for one in known if comparable(unit(one.unit), unit(known[0].unit))]
    stretches = [_stretch(limit, _grid(comparable_)) for limit in comparable_]
    found = [fault for pair in combinations(stretches, 2) for fault in _pair_faults(*pair)]
    return (*found, *(_gaps(stretches, _grid(comparable_)) if whole and not found else ()))


def _numeric(limit: GradeLimit) -> bool:
    return limit.bound.kind in (BoundKind.NUMBER, BoundKind.MEAN) and bool(limit.unit)


def _grid(limits: Sequence[GradeLimit]) -> Fraction | None:
    """The step of the last digit where every limit is rounded to the same one; else None."""
    steps = {
        Fraction(1, 10 ** places_of(text)) * unit(limit.unit).factor
        for limit in limits
        for text in (limit.bound.lower, limit.bound.upper)
        if text is not None
    }
    rounded = all(limit.bound.rounded for limit in limits)
    return steps.pop() if rounded and len(steps) == 1 else None


def _stretch(limit: GradeLimit, step: Fraction | None) -> _Stretch:
    """What a limit accepts, in the base unit; on a grid open ends become closed ones."""
    bound, size = limit.bound, unit(limit.unit).factor
    low = None if bound.lower_value is None else Fraction(bound.lower_value) * size
    high = None if bound.upper_value is None else Fraction(bound.upper_value) * size
    if step is None:
        return _Stretch(limit, low, bound.lower_open, high, bound.upper_open)
    if low is not None and bound.lower_open:
        low += step
    if high is not None and bound.upper_open:
        high -= step
    return _Stretch(limit, low, False, high, False)


# --- two limits ----------------------------------------------------------------------------


def _pair_faults(better: _Stretch, worse: _Stretch) -> Iterator[GradingFault]:
    """What two limits, of which the first is for the better grade, do to each other."""
    shared = [g for g in better.limit.grades if g in worse.limit.grades]
    names = _names(better.limit, worse.limit)
    if shared:
        yield _fault(
            FaultKind.TWICE,
            better,
            worse,
            f"等级“{shared[0]}”有两条限量：{names.zh}",
            f"Grade {shared[0]} has two limits: {names.en}",
        )
        return
    low, low_open, high, high_open = _meet(better, worse)
    if _Stretch(better.limit, low, low_open, high, high_open).empty or better.inside(worse):
        return
    if worse.inside(better):
        yield _fault(
            FaultKind.LOOSER,
            better,
            worse,
            f"好的等级比差的等级还宽：{names.zh}",
            f"The better grade asks less than the lower one: {names.en}",
        )
        return
    where = _where(better.limit, low, high)
    yield _fault(
        FaultKind.OVERLAP,
        better,
        worse,
        f"等级限量重叠：{names.zh}，{where.zh} 同属两个等级",
        f"Grade limits overlap: {names.en}; {where.en} belongs to both",
    )


def _meet(one: _Stretch, other: _Stretch) -> tuple[Fraction | None, bool, Fraction | None, bool]:
    """The ends of what both accept."""
    low, low_open = _tighter(one.low, one.low_open, other.low, other.low_open, 1)
    high, high_open = _tighter(one.high, one.high_open, other.high, other.high_open, -1)
    return low, low_open, high, high_open


def _tighter(
    one: Fraction | None, one_open: bool, other: Fraction | None, other_open: bool, sign: int
) -> tuple[Fraction | None, bool]:
    """Of two ends the one further in; `sign` 1 for lower ends, -1 for upper ends."""
    if one is None:
        return other, other_open
    if other is None or one * sign > other * sign:
        return one, one_open
    return (one, one_open or other_open) if one == other else (other, other_open)


# --- gaps ----------------------------------------------------------------------------------


def _gaps(stretches: Sequence[_Stretch], step: Fraction | None) -> Iterator[GradingFault]:
    """Values between two grades that belong to none."""
    rising = sorted(stretches, key=_start)
    reached: _Stretch | None = None
    for stretch in rising:
        if reached is not None and _apart(reached, stretch, step):
            names = _names(reached.limit, stretch.limit)
            where = _where(stretch.limit, reached.high, stretch.low)
            yield _fault(
                FaultKind.GAP,
                reached,
                stretch,
                f"等级限量之间有空隙：{names.zh}，{where.zh} 不属于任何等级",
                f"Grade limits leave a gap: {names.en}; {where.en} belongs to no grade",
            )
        if reached is None or _further(stretch, reached):
            reached = stretch


def _start(stretch: _Stretch) -> tuple[bool, Fraction, bool]:
    return stretch.low is not None, stretch.low or Fraction(0), stretch.low_open


def _further(one: _Stretch, other: _Stretch) -> bool:
    """Whether `one` reaches higher."""
    if other.high is None:
        return False
    if one.high is None or one.high > other.high:
        return True
    return one.high == other.high and other.high_open and not one.high_open


def _apart(below: _Stretch, above: _Stretch, step: Fraction | None) -> bool:
    """Whether a value lies between the end of one and the start of the other."""
    if below.high is None or above.low is None:
        return False
    if step is not None:
        return above.low - below.high > step
    meets = above.low == below.high and not (above.low_open and below.high_open)
    return above.low >= below.high and not meets


# --- words ---------------------------------------------------------------------------------


def _names(one: GradeLimit, other: GradeLimit) -> Words:
    return Words(
        f"{_name(one, 'zh')}与{_name(other, 'zh')}", f"{_name(one, 'en')} and {_name(other, 'en')}"
    )


def _name(limit: GradeLimit, lang: str) -> str:
    text = limit_text(limit.bound, limit.unit, lang)
    if lang == "en":
        return f"{', '.join(limit.grades)} ({text})"
    return f"{'、'.join(limit.grades)}（{text}）"


def _where(limit: GradeLimit, low: Fraction | None, high: Fraction | None) -> Words:
    """The values from `low` to `high` (of the base unit), in the unit of the limit."""
    size, zh, en = unit(limit.unit).factor, unit_text(limit.unit), unit_text(limit.unit, "en")
    if low is not None and high is not None:
        ends = f"{plain_text(low / size)}", f"{plain_text(high / size)}"
        if low == high:
            return Words(f"{ends[0]} {zh}".rstrip(), f"{ends[0]} {en}".rstrip())
        return Words(
            f"{ends[0]} 到 {ends[1]} {zh}".rstrip(), f"{ends[0]} to {ends[1]} {en}".rstrip()
        )
    if low is not None:
        end = plain_text(low / size)
        return Words(f"{end} {zh} 以上", f"above {end} {en}".rstrip())
    end = plain_text((high or Fraction(0)) / size)
    return Words(f"{end} {zh} 以下", f"below {end} {en}".rstrip())


def _fault(kind: FaultKind, one: _Stretch, other: _Stretch, zh: str, en: str) -> GradingFault:
    return GradingFault(kind, one.limit.id, other.limit.id, Words(zh, en))
