"""Several readings of one characteristic: a class plan (n, c, m, M), and their mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from core.words import Words
from products.numbers import parse_decimal
from products.phrases import limit_text
from products.requirements import Bound
from trace.inspections.findings import Comparison, Finding, amount, drawn, scaled
from trace.inspections.numeric import against, value_reason
from trace.inspections.readings import Reading, ReadingKind, describe, numbers, read_series
from trace.inspections.results import Result
from trace.inspections.uncertainty import Uncertainty, uncertainty_of

# --- classes -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Unit:
    """One unit of the sample: from `least` to `most`; None: of unknown size."""

    least: Fraction
    most: Fraction | None

    def surely_above(self, limit: Fraction) -> bool:
        return self.least > limit

    def maybe_above(self, limit: Fraction) -> bool:
        return self.most is None or self.most > limit


def class_plan(bound: Bound, symbol: str, result: Result) -> Comparison:
    """Of `n` units at most `c` above `m`, and none above `M`.

    A unit above M breaks it at once, and so do more than c above m however few were tested. Fewer
    than n leave it open; where more were tested, it is broken only if any n of them would break it.
    """
    spread = uncertainty_of(result)
    readings = numbers(read_series(result.typed, result.unit, result.detection_limit))
    units = [_unit(reading, symbol, spread) for reading in readings]
    said = Words(f"{len(units)} 个样品", f"{len(units)} units")
    finding, why = _class_finding(bound, symbol, units, readings)
    plan = Words(limit_text(bound, symbol), limit_text(bound, symbol, "en"))
    told, rule = spread.told(), spread.rule()
    reason = Words(
        f"{said.zh}{told.zh}，{why.zh}（采样方案 {plan.zh}{rule.zh}）",
        f"{said.en}{told.en}: {why.en} (class plan {plan.en}{rule.en})",
    )
    return Comparison(finding, reason, said)


def _unit(reading: Reading, symbol: str, spread: Uncertainty) -> _Unit:
    if reading.kind is ReadingKind.VALUE and reading.value is not None:
        value, guard = scaled(reading.value, reading.unit, symbol), spread.guard(symbol)
        return _Unit(value - guard, value + guard)
    if reading.limit is None:
        return _Unit(Fraction(0), None)
    return _Unit(Fraction(0), scaled(reading.limit, reading.unit, symbol))


def _class_finding(
    bound: Bound, symbol: str, units: Sequence[_Unit], readings: Sequence[Reading]
) -> tuple[Finding, Words]:
    over = _over(bound, units, readings)
    if over is not None and over[0] is Finding.BROKEN:
        return over
    low, most, planned = Fraction(parse_decimal(bound.m or "0")), bound.c or 0, bound.n or 0
    surely = sum(unit.surely_above(low) for unit in units)
    if surely - max(0, len(units) - planned) > most:
        return Finding.BROKEN, Words(
            f"{surely} 个超过 m，多于 c={most}", f"{surely} above m, more than c = {most}"
        )
    if len(units) < planned:
        return Finding.OPEN, Words(
            f"还不够 {planned} 个，不能判定", f"fewer than the {planned} of the plan, undecided"
        )
    if over is not None:
        return over
    maybe = sum(unit.maybe_above(low) for unit in units)
    if maybe > most:
        return Finding.OPEN, Words(
            f"可能有 {maybe} 个超过 m，不能判定", f"up to {maybe} may be above m, undecided"
        )
    return Finding.HOLDS, Words(f"{maybe} 个超过 m，符合", f"{maybe} above m: conforms")


def _over(
    bound: Bound, units: Sequence[_Unit], readings: Sequence[Reading]
) -> tuple[Finding, Words] | None:
    """Whether a unit is above M; None where none can be, or there is no M."""
    if bound.M is None:
        return None
    top = Fraction(parse_decimal(bound.M))
    for finding, is_over in (
        (Finding.BROKEN, _Unit.surely_above),
        (Finding.OPEN, _Unit.maybe_above),
    ):
        for place, (unit, reading) in enumerate(zip(units, readings, strict=True), start=1):
            if is_over(unit, top):
                return finding, _over_words(place, describe(reading), bound.M, finding)
    return None


def _over_words(place: int, said: Words, limit: str, finding: Finding) -> Words:
    if finding is Finding.BROKEN:
        return Words(
            f"第 {place} 个是 {said.zh}，超过 M={limit}",
            f"number {place} is {said.en}, above M = {limit}",
        )
    return Words(
        f"第 {place} 个是 {said.zh}，可能超过 M={limit}，不能判定",
        f"number {place} is {said.en} and may be above M = {limit}, undecided",
    )


# --- mean ----------------------------------------------------------------------------------


def mean(bound: Bound, symbol: str, result: Result) -> Comparison:
    """The mean of at least `readings` readings, exactly, against the limits.

    Too few readings, one that is no plain number, or a spread (largest minus smallest) beyond the
    largest one allowed: nobody can say, it has to be measured again. U is that of the mean.
    """
    spread = uncertainty_of(result)
    readings = numbers(read_series(result.typed, result.unit, result.detection_limit))
    values = [
        scaled(reading.value, reading.unit, symbol)
        for reading in readings
        if reading.kind is ReadingKind.VALUE and reading.value is not None
    ]
    said = Words(f"{len(readings)} 个读数", f"{len(readings)} readings")
    if len(values) < len(readings):
        why = Words("均值要每个读数都是数值", "a mean needs a number in every reading")
        return Comparison(Finding.OPEN, Words(f"{said.zh}，{why.zh}", f"{said.en}: {why.en}"), said)
    if len(values) < (bound.readings or 0):
        return Comparison(Finding.OPEN, _too_few(bound, said), said)
    return _mean_of(bound, symbol, values, said, spread)


def _mean_of(
    bound: Bound, symbol: str, values: Sequence[Fraction], said: Words, spread: Uncertainty
) -> Comparison:
    middle, width = sum(values, Fraction(0)) / len(values), max(values) - min(values)
    got = _mean_words(symbol, middle, width, said, spread)
    allowed = bound.largest_spread
    if allowed is not None and width > parse_decimal(allowed):
        reason = Words(
            f"{got.zh}，极差超过 {amount(parse_decimal(allowed), symbol).zh}，要重测",
            f"{got.en}: the spread is above {amount(parse_decimal(allowed), symbol).en}, "
            "measure again",
        )
        return Comparison(Finding.OPEN, reason, got, drawn(middle))
    finding = against(bound, middle, spread.guard(symbol))
    reason = value_reason(bound, symbol, got, middle, finding, spread)
    return Comparison(finding, reason, got, drawn(middle))


def _mean_words(
    symbol: str, middle: Fraction, width: Fraction, said: Words, spread: Uncertainty
) -> Words:
    centre, told = amount(middle, symbol), spread.told()
    between = amount(width, symbol)
    return Words(
        f"{said.zh}，均值 {centre.zh}{told.zh}，极差 {between.zh}",
        f"{said.en}, mean {centre.en}{told.en}, spread {between.en}",
    )


def _too_few(bound: Bound, said: Words) -> Words:
    return Words(
        f"{said.zh}，至少要 {bound.readings} 个，不能判定",
        f"{said.en}, at least {bound.readings} are needed: undecided",
    )
