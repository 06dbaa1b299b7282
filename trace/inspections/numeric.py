"""Numbers against limits, exactly, in the limit's unit, by GB/T 8170-2008 clause 4.

The full value is compared (全数值比较法), or the value rounded to the limit's digits (修约值比较法)
where the bound asks it. A guard band (docs/judge.md) moves both ends of a value outwards first.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from core.words import Words
from products.numbers import places_of, plain_text, round_to
from products.phrases import limit_text, unit_text
from products.requirements import Bound
from products.units import BELOW_ZERO, unit
from trace.inspections.findings import Comparison, Finding, drawn, scaled, worst
from trace.inspections.readings import Reading, ReadingKind, describe, read
from trace.inspections.results import Result
from trace.inspections.uncertainty import Uncertainty, beside, uncertainty_of


def number(bound: Bound, symbol: str, result: Result) -> Comparison:
    """One number, `<a` or 未检出 against an upper and a lower limit."""
    said = (result.typed, result.unit, result.detection_limit, result.uncertainty)
    return _number(bound, symbol, *said, result.guarded)


@lru_cache(maxsize=4096)
def _number(
    bound: Bound, symbol: str, typed: str, unit_: str, detection_limit: str | None,
    uncertainty: str | None, guarded: bool,
) -> Comparison:  # fmt: skip
    """Kept by what was typed, never by its value: 5 and 5.0 are equal and read otherwise."""
    result = Result("", "", typed, unit_, detection_limit, uncertainty=uncertainty, guarded=guarded)
    reading = read(typed, unit_, detection_limit)
    return meet(bound, symbol, reading, uncertainty_of(result))


def meet(bound: Bound, symbol: str, reading: Reading, spread: Uncertainty) -> Comparison:
    """One reading against the limits; what is no number is open."""
    said = describe(reading)
    if reading.kind is ReadingKind.VALUE and reading.value is not None:
        return _meet_value(bound, symbol, reading, reading.value, spread)
    if reading.kind in (ReadingKind.BELOW, ReadingKind.NOT_DETECTED):
        ceiling = None if reading.limit is None else scaled(reading.limit, reading.unit, symbol)
        finding = _below(bound, symbol, ceiling)
        return Comparison(finding, _below_reason(bound, symbol, said, ceiling, finding), said)
    return Comparison(
        Finding.OPEN,
        Words("这一项要填数值", "This item needs a number"),
        said,
    )


def _meet_value(
    bound: Bound, symbol: str, reading: Reading, typed: Decimal, spread: Uncertainty
) -> Comparison:
    value, said, told = scaled(typed, reading.unit, symbol), describe(reading), spread.told()
    finding = against(bound, value, spread.guard(symbol))
    number = plain_text(typed) if value == typed else drawn(value)
    got = Words(f"测得 {said.zh}{told.zh}", f"measured {said.en}{told.en}")
    if value != typed:
        there = Words(unit_text(symbol), unit_text(symbol, "en"))
        got = Words(f"{got.zh}，即 {number} {there.zh}", f"{got.en}, that is {number} {there.en}")
    reason = value_reason(bound, symbol, got, value, finding, spread)
    return Comparison(finding, reason, said, number)


def against(bound: Bound, value: Fraction, guard: Fraction) -> Finding:
    """A value, `guard` wide on both sides, against the upper and the lower limit."""
    found = []
    if bound.upper is not None:
        best, poorest = _under(bound, value - guard), _under(bound, value + guard)
        found.append(beside(poorest, best))
    if bound.lower is not None:
        best, poorest = _over(bound, value + guard), _over(bound, value - guard)
        found.append(beside(poorest, best))
    return worst(found)


def _under(bound: Bound, value: Fraction) -> bool:
    got, limit = _as_compared(bound, value, bound.upper or ""), Fraction(bound.upper_value or 0)
    return got < limit if bound.upper_open else got <= limit


def _over(bound: Bound, value: Fraction) -> bool:
    got, limit = _as_compared(bound, value, bound.lower or ""), Fraction(bound.lower_value or 0)
    return got > limit if bound.lower_open else got >= limit


def _as_compared(bound: Bound, value: Fraction, limit: str) -> Fraction:
    return Fraction(round_to(value, places_of(limit))) if bound.rounded else value


def _below(bound: Bound, symbol: str, ceiling: Fraction | None) -> Finding:
    """Some value less than `ceiling` (None: of unknown size) against both limits."""
    found = []
    if bound.upper is not None and bound.upper_value is not None:
        found.append(_below_upper(bound, bound.upper, Fraction(bound.upper_value), ceiling))
    if bound.lower is not None and bound.lower_value is not None:
        floor = Fraction(0) if symbol and unit(symbol).dimension not in BELOW_ZERO else None
        lower = Fraction(bound.lower_value)
        found.append(_below_lower(bound, bound.lower, lower, ceiling, floor))
    return worst(found)


def _below_upper(bound: Bound, text: str, limit: Fraction, ceiling: Fraction | None) -> Finding:
    if ceiling is None or ceiling > limit:
        return Finding.OPEN
    could_round_up = bound.upper_open and _reaches(ceiling, limit, text)
    return Finding.OPEN if bound.rounded and could_round_up else Finding.HOLDS


def _below_lower(
    bound: Bound, text: str, limit: Fraction, ceiling: Fraction | None, floor: Fraction | None
) -> Finding:
    if floor is not None and (limit < floor or (limit == floor and not bound.lower_open)):
        return Finding.HOLDS
    if ceiling is None or ceiling > limit:
        return Finding.OPEN
    could_round_up = not bound.lower_open and _reaches(ceiling, limit, text)
    return Finding.OPEN if bound.rounded and could_round_up else Finding.BROKEN


def _reaches(ceiling: Fraction, limit: Fraction, text: str) -> bool:
    """Whether something less than `ceiling` can be rounded to the limit or above it."""
    return ceiling > limit - Fraction(1, 2 * 10 ** places_of(text))


def value_reason(
    bound: Bound, symbol: str, got: Words, value: Fraction, finding: Finding, spread: Uncertainty
) -> Words:
    """The sentence of a line: what was got, what that means, and how it was compared."""
    way, rule = Words("全数值比较", "full value compared"), spread.rule()
    if bound.rounded:
        places = places_of(bound.upper if bound.upper is not None else bound.lower or "")
        rounded = plain_text(round_to(value, places))
        way = Words(f"修约值比较，修约为 {rounded}", f"rounded value compared, {rounded}")
    verb = _verb(bound, value, finding)
    zh, en = limit_text(bound, symbol), limit_text(bound, symbol, "en")
    return Words(
        f"{got.zh}，{verb.zh} {zh}（{way.zh}{rule.zh}）",
        f"{got.en}: {verb.en} {en} ({way.en}{rule.en})",
    )


def _verb(bound: Bound, value: Fraction, finding: Finding) -> Words:
    if finding is Finding.HOLDS:
        return Words("符合限量", "within the limit")
    if finding is Finding.OPEN:
        return Words("离限值不到 U，不能判定：限量", "closer than U to the limit, undecided:")
    if bound.upper_value is not None and value > bound.upper_value:
        return Words("超过限量", "above the limit")
    if bound.lower_value is not None and value < bound.lower_value:
        return Words("低于限量", "under the limit")
    return Words("不符合限量", "outside the limit")


def _below_reason(
    bound: Bound, symbol: str, said: Words, ceiling: Fraction | None, finding: Finding
) -> Words:
    zh, en = limit_text(bound, symbol), limit_text(bound, symbol, "en")
    if finding is Finding.HOLDS:
        return Words(f"{said.zh}，符合限量 {zh}", f"{said.en}: within the limit {en}")
    if finding is Finding.BROKEN:
        return Words(f"{said.zh}，达不到限量 {zh}", f"{said.en}: does not reach the limit {en}")
    if ceiling is None:
        return Words(
            f"未检出，但没有给检出限，不能与限量 {zh} 比较",
            f"Not detected, but without a detection limit it cannot be compared with {en}",
        )
    return Words(
        f"{said.zh}，这个界限比限量 {zh} 宽，不能判定",
        f"{said.en}: that is wider than the limit {en}, so nothing can be said",
    )


# --- not detected --------------------------------------------------------------------------


def absence(bound: Bound, symbol: str, result: Result) -> Comparison:
    """A not-detected rule, against the detection limit that the method requires.

    Where the catalogue has none, the laboratory's own stands in, and the line says so.
    """
    reading = read(result.typed, result.unit, result.detection_limit)
    said = describe(reading)
    if reading.kind is ReadingKind.VALUE and reading.value is not None:
        return _found(bound, symbol, reading, uncertainty_of(result))
    if reading.kind not in (ReadingKind.BELOW, ReadingKind.NOT_DETECTED):
        return Comparison(
            Finding.OPEN, Words("这一项要填数值或未检出", "This item needs a number or ND"), said
        )
    if reading.limit is None:
        return Comparison(
            Finding.OPEN,
            Words(
                "未检出，但没有给检出限，不能判定",
                "Not detected, but without a detection limit nothing can be said",
            ),
            said,
        )
    return _not_found(bound, symbol, said, scaled(reading.limit, reading.unit, symbol))


def _not_found(bound: Bound, symbol: str, said: Words, own: Fraction) -> Comparison:
    required = bound.detection_value
    if required is None:
        reason = Words(
            f"{said.zh}，符合不得检出（方法检出限未录入，按实验室自报的检出限判）",
            f"{said.en}: conforms (the method's detection limit is not entered; judged by the "
            "laboratory's own)",
        )
        return Comparison(Finding.HOLDS, reason, said)
    amount = f"{bound.detection_limit} {unit_text(symbol)}".rstrip()
    if own > required:
        reason = Words(
            f"{said.zh}，检出限高于方法要求的 {amount}，不能判定",
            f"{said.en}: the detection limit is above the {amount} that the method requires, "
            "so nothing can be said",
        )
        return Comparison(Finding.OPEN, reason, said)
    reason = Words(
        f"{said.zh}，符合不得检出（方法要求的检出限 {amount}）",
        f"{said.en}: conforms (the method requires a detection limit of {amount})",
    )
    return Comparison(Finding.HOLDS, reason, said)


def _found(bound: Bound, symbol: str, reading: Reading, spread: Uncertainty) -> Comparison:
    """A number under a not-detected rule counts as found from the method's detection limit on."""
    said, told = describe(reading), spread.told()
    value = scaled(reading.value or Decimal(0), reading.unit, symbol)
    if value == 0:
        return Comparison(
            Finding.OPEN,
            Words(
                "填了 0，但没有给检出限，不能判定",
                "0 was given without a detection limit, so nothing can be said",
            ),
            said,
        )
    guard, required = spread.guard(symbol), Fraction(bound.detection_value or 0)
    if bound.detection_value is not None and value + guard < required:
        return _not_found(bound, symbol, said, value)
    if value - guard <= 0 or value - guard < required:
        reason = Words(
            f"测得 {said.zh}{told.zh}，离检出限不到 U，不能判定（保护带 w=U）",
            f"measured {said.en}{told.en}: closer than U to the detection limit, undecided "
            "(guard band w = U)",
        )
        return Comparison(Finding.OPEN, reason, said, drawn(value))
    rule = spread.rule()
    reason = Words(
        f"测得 {said.zh}{told.zh}，不得检出{_bracketed(rule.zh, '（', '）')}",
        f"measured {said.en}{told.en}, must not be detected{_bracketed(rule.en, ' (', ')')}",
    )
    return Comparison(Finding.BROKEN, reason, said, drawn(value))


def _bracketed(rule: str, opening: str, closing: str) -> str:
    return f"{opening}{rule.lstrip('，, ')}{closing}" if rule else ""
