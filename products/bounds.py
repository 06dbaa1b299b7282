"""限值: how a requirement is met. Limits are texts as printed; their digits decide 修约 (GB/T 8170).

What each kind makes of a typed result is in docs/judge.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from core.words import Words
from products.errors import RuleError
from products.numbers import parse_decimal


class BoundKind(StrEnum):
    """How a requirement is met; `clause` is one whose number is not in the catalogue."""

    NUMBER = "number"
    NOT_DETECTED = "not_detected"
    CHOICE = "choice"
    YES_NO = "yes_no"
    DOCUMENT = "document"
    SERIES = "series"
    CLAUSE = "clause"
    CLASSES = "classes"
    MEAN = "mean"


RANGED = (BoundKind.NUMBER, BoundKind.SERIES, BoundKind.MEAN)
MEASURED = (*RANGED, BoundKind.NOT_DETECTED, BoundKind.CLASSES)
MANY_READINGS = (BoundKind.SERIES, BoundKind.MEAN, BoundKind.CLASSES)
MOST_READINGS = 1000
_OWN_FIELDS = {
    "n": BoundKind.CLASSES,
    "c": BoundKind.CLASSES,
    "m": BoundKind.CLASSES,
    "M": BoundKind.CLASSES,
    "readings": BoundKind.MEAN,
    "largest_spread": BoundKind.MEAN,
    "longest_beyond": BoundKind.SERIES,
    "longest_gap": BoundKind.SERIES,
    "cleared_by": BoundKind.NUMBER,
}


class RequirementError(RuleError):
    """A bound, scope or plan that cannot be what its standard says."""


@dataclass(frozen=True)
class Bound:
    """限值 of one kind.

    number, series, mean: `lower` and/or `upper`, each closed unless marked open; `rounded` asks for
    修约值比较法 instead of the full value. not_detected: `detection_limit` is the one that the
    method requires, in the requirement's unit. choice: the accepted `choices`; `options` are the
    other answers that may be given and are not accepted.

    number: `cleared_by` names the total of which this is a part (总汞 for 甲基汞); a total within
    this upper limit clears the part without measuring it. series: readings may lie beyond the limit
    for `longest_beyond` minutes in total, and two of them `longest_gap` minutes apart. mean: of at
    least `readings` readings, which may differ by `largest_spread`. classes: of `n` units at most
    `c` above `m` and none above `M`; without `M` it is a plan of two classes.
    """

    kind: BoundKind
    lower: str | None = None
    lower_open: bool = False
    upper: str | None = None
    upper_open: bool = False
    choices: tuple[str, ...] = ()
    rounded: bool = False
    detection_limit: str | None = None
    options: tuple[str, ...] = ()
    n: int | None = None
    c: int | None = None
    m: str | None = None
    M: str | None = None
    readings: int | None = None
    largest_spread: str | None = None
    longest_beyond: str | None = None
    longest_gap: str | None = None
    cleared_by: str | None = None

    @cached_property
    def lower_value(self) -> Decimal | None:
        return _parsed(self.lower)

    @cached_property
    def upper_value(self) -> Decimal | None:
        return _parsed(self.upper)

    @cached_property
    def detection_value(self) -> Decimal | None:
        return _parsed(self.detection_limit)

    @cached_property
    def top_value(self) -> Decimal | None:
        """What no reading may exceed: the upper limit, or M (m in a plan of two classes)."""
        return _parsed(self.M or self.m) if self.kind is BoundKind.CLASSES else self.upper_value

    @property
    def limits(self) -> tuple[str, ...]:
        """Every number of the bound, as printed."""
        found = (
            self.lower, self.upper, self.detection_limit, self.m, self.M, self.largest_spread,
            self.longest_beyond, self.longest_gap,
        )  # fmt: skip
        return tuple(text for text in found if text is not None)

    @cached_property
    def _hash(self) -> int:
        return hash(tuple(getattr(self, field.name) for field in fields(self)))

    def __hash__(self) -> int:
        """Of all fields, worked out once: bounds are looked up at every reading."""
        return self._hash

    def __post_init__(self) -> None:
        for code, said in _faults(self):
            raise RequirementError(code, *said)


def _parsed(text: str | None) -> Decimal | None:
    return None if text is None else parse_decimal(text)


def _faults(bound: Bound) -> Iterator[tuple[str, Words]]:
    """Everything that makes a bound impossible; the first is told."""
    yield from _range_faults(bound)
    if bound.kind is BoundKind.CHOICE and not bound.choices:
        yield (
            "bound_without_choices",
            Words(
                "选项类限量至少要有一个可接受的选项",
                "A limit by choice needs at least one accepted choice",
            ),
        )
    yield from _misplaced(bound)
    check = _OWN_FAULTS.get(bound.kind)
    if check is not None:
        yield from check(bound)


def _range_faults(bound: Bound) -> Iterator[tuple[str, Words]]:
    low, high = bound.lower_value, bound.upper_value
    if bound.kind in RANGED and low is None and high is None:
        yield (
            "bound_without_limit",
            Words("数值限量至少要填上限或下限", "A numeric limit needs an upper or a lower bound"),
        )
    if low is not None and high is not None and not _leaves_room(bound, low, high):
        yield (
            "bound_empty",
            Words(
                f"下限 {bound.lower} 与上限 {bound.upper} 之间没有可以合格的值",
                f"No value can lie between the lower limit {bound.lower} and the upper "
                f"{bound.upper}",
            ),
        )


def _leaves_room(bound: Bound, low: Decimal, high: Decimal) -> bool:
    return low < high or (low == high and not (bound.lower_open or bound.upper_open))


def _misplaced(bound: Bound) -> Iterator[tuple[str, Words]]:
    """What belongs to another kind would never be looked at, so it is refused."""
    for name, kind in _OWN_FIELDS.items():
        if getattr(bound, name) is not None and bound.kind is not kind:
            yield (
                "bound_field_of_another_kind",
                Words(
                    f"“{name}”只用于 {kind.value} 类限量",
                    f"{name} belongs to limits of the kind {kind.value} only",
                ),
            )


def _number_faults(bound: Bound) -> Iterator[tuple[str, Words]]:
    if bound.cleared_by is not None and (bound.upper is None or bound.lower is not None):
        yield (
            "bound_cleared_without_upper",
            Words(
                "总量只能免测只有上限的项目",
                "A total can clear only a part that has an upper limit and no lower one",
            ),
        )


def _series_faults(bound: Bound) -> Iterator[tuple[str, Words]]:
    beyond, gap = _parsed(bound.longest_beyond), _parsed(bound.longest_gap)
    if (beyond is not None and beyond < 0) or (gap is not None and gap <= 0):
        yield (
            "bound_minutes",
            Words(
                "超出时间不能小于 0 分钟，间隔要大于 0 分钟",
                "The time beyond must not be under 0 minutes, the gap must be above 0 minutes",
            ),
        )


def _mean_faults(bound: Bound) -> Iterator[tuple[str, Words]]:
    spread = _parsed(bound.largest_spread)
    if bound.readings is None or not 2 <= bound.readings <= MOST_READINGS:
        yield (
            "bound_readings",
            Words(
                f"均值至少要几个读数？填 2 到 {MOST_READINGS} 的整数",
                f"A mean needs to say of how many readings: 2 to {MOST_READINGS}",
            ),
        )
    if spread is not None and spread < 0:
        yield (
            "bound_spread",
            Words("最大极差不能小于 0", "The largest spread must not be under 0"),
        )


def _classes_faults(bound: Bound) -> Iterator[tuple[str, Words]]:
    if bound.n is None or bound.c is None or not 0 <= bound.c < bound.n <= MOST_READINGS:
        yield (
            "bound_plan",
            Words(
                f"采样方案要填 n 和 c：0 ≤ c < n ≤ {MOST_READINGS}",
                f"A class plan needs n and c: 0 ≤ c < n ≤ {MOST_READINGS}",
            ),
        )
    if bound.lower is not None or bound.upper is not None or bound.rounded:
        yield (
            "bound_field_of_another_kind",
            Words(
                "采样方案用 m 和 M，不用上下限和修约", "A class plan has m and M, no other limit"
            ),
        )
    low, high = _parsed(bound.m), _parsed(bound.M)
    if low is None or low < 0 or (high is not None and high <= low):
        yield (
            "bound_class_limits",
            Words(
                "采样方案要填 m（不小于 0）；有 M 时 M 要大于 m",
                "A class plan needs m, not under 0; M, if there is one, must be above m",
            ),
        )


_OWN_FAULTS = {
    BoundKind.NUMBER: _number_faults,
    BoundKind.SERIES: _series_faults,
    BoundKind.MEAN: _mean_faults,
    BoundKind.CLASSES: _classes_faults,
}
