"""Where one value meets one limit: does it hold, is it broken, or can nobody say?

Numbers are compared exactly, in the limit's unit, by GB/T 8170-2008 clause 4: the full value
(全数值比较法), or the value rounded to the limit's digits (修约值比较法) where the bound asks it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from core.words import Words
from products.errors import RuleError
from products.numbers import exact_decimal, places_of, plain_text, round_to
from products.phrases import limit_text, unit_text
from products.requirements import Bound, BoundKind
from products.units import BELOW_ZERO, ratio, unit
from trace.inspections.readings import Reading, ReadingKind, describe, read, read_series, yes_or_no
from trace.inspections.results import Result


class Finding(StrEnum):
    """What comparing says; `open` means that it cannot be said."""

    HOLDS = "holds"
    BROKEN = "broken"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A finding with its reason; `value` is the number in the limit's unit, for drawing."""

    finding: Finding
    reason: Words
    read: Words | None = None
    value: str = ""


def compare(bound: Bound, symbol: str, result: Result) -> Comparison:
    """`result` against `bound` in the unit `symbol`. What cannot be read or converted is open."""
    try:
        return _BY_KIND[bound.kind](bound, symbol, result)
    except RuleError as error:
        return Comparison(Finding.OPEN, error.words)


def check_entry(bound: Bound, symbol: str, result: Result) -> None:
    """Refuse at entry what could never be compared: raises RuleError.

    Unreadable texts, an unknown or missing unit, a unit of another dimension than the limit's.
    """
    _BY_KIND[bound.kind](bound, symbol, result)


def worst(findings: list[Finding]) -> Finding:
    """Broken if any is broken, else open if any is open or there is none, else holds."""
    if Finding.BROKEN in findings:
        return Finding.BROKEN
    return Finding.OPEN if Finding.OPEN in findings or not findings else Finding.HOLDS


# --- numbers -------------------------------------------------------------------------------


def _number(bound: Bound, symbol: str, result: Result) -> Comparison:
    return _meet(bound, symbol, read(result.typed, result.unit, result.detection_limit))


def _meet(bound: Bound, symbol: str, reading: Reading) -> Comparison:
    said = describe(reading)
    if reading.kind is ReadingKind.VALUE and reading.value is not None:
        return _meet_value(bound, symbol, reading, reading.value, said)
    if reading.kind in (ReadingKind.BELOW, ReadingKind.NOT_DETECTED):
        ceiling = None if reading.limit is None else _scaled(reading.limit, reading, symbol)
        finding = _below(bound, symbol, ceiling)
        return Comparison(finding, _below_reason(bound, symbol, said, ceiling, finding), said)
    return Comparison(
        Finding.OPEN,
        Words("这一项要填数值", "This item needs a number"),
        said,
    )


def _meet_value(
    bound: Bound, symbol: str, reading: Reading, typed: Decimal, said: Words
) -> Comparison:
    value = _scaled(typed, reading, symbol)
    finding = worst(_sides(bound, value))
    number = plain_text(typed) if value == typed else _drawn(value)
    got = Words(f"测得 {said.zh}", f"measured {said.en}")
    if value != typed:
        there = Words(unit_text(symbol), unit_text(symbol, "en"))
        got = Words(f"{got.zh}，即 {number} {there.zh}", f"{got.en}, that is {number} {there.en}")
    return Comparison(finding, _value_reason(bound, symbol, got, value, finding), said, number)


def _scaled(number: Decimal, reading: Reading, symbol: str) -> Fraction:
    """`number` of the reading in the unit of the limit, exactly."""
    if reading.unit == symbol:
        return Fraction(number)
    if not reading.unit:
        raise RuleError(
            "unit_missing",
            f"没有填单位，不能与以 {symbol} 计的限量比较",
            f"Without a unit it cannot be compared with a limit in {symbol}",
        )
    return Fraction(number) * ratio(unit(reading.unit), unit(symbol))


def _sides(bound: Bound, value: Fraction) -> list[Finding]:
    """The upper and the lower limit, each against one value."""
    found = []
    if bound.upper is not None and bound.upper_value is not None:
        got, limit = _as_compared(bound, value, bound.upper), Fraction(bound.upper_value)
        found.append(got < limit if bound.upper_open else got <= limit)
    if bound.lower is not None and bound.lower_value is not None:
        got, limit = _as_compared(bound, value, bound.lower), Fraction(bound.lower_value)
        found.append(got > limit if bound.lower_open else got >= limit)
    return [Finding.HOLDS if held else Finding.BROKEN for held in found]


def _as_compared(bound: Bound, value: Fraction, limit: str) -> Fraction:
    return Fraction(round_to(value, places_of(limit))) if bound.rounded else value


def _below(bound: Bound, symbol: str, ceiling: Fraction | None) -> Finding:
    """Some value less than `ceiling` (None: of unknown size) against both limits."""
    found = []
    if bound.upper is not None and bound.upper_value is not None:
        found.append(_below_upper(bound, bound.upper, Fraction(bound.upper_value), ceiling))
    if bound.lower is not None and bound.lower_value is not None:
        floor = None if unit(symbol).dimension in BELOW_ZERO else Fraction(0)
        lower = Fraction(bound.lower_value)
        found.append(_below_lower(bound, bound.lower, lower, ceiling, floor))
    return worst(found)


def _below_upper(bound: Bound, text: str, limit: Fraction, ceiling: Fraction | None) -> Finding:
    if ceiling is None or ceiling > limit:
        return Finding.OPEN
    could_round_up = bound.upper_open and _as_compared(bound, ceiling, text) >= limit
    return Finding.OPEN if bound.rounded and could_round_up else Finding.HOLDS


def _below_lower(
    bound: Bound, text: str, limit: Fraction, ceiling: Fraction | None, floor: Fraction | None
) -> Finding:
    if floor is not None and (limit < floor or (limit == floor and not bound.lower_open)):
        return Finding.HOLDS
    if ceiling is None or ceiling > limit:
        return Finding.OPEN
    could_round_up = not bound.lower_open and _as_compared(bound, ceiling, text) >= limit
    return Finding.OPEN if bound.rounded and could_round_up else Finding.BROKEN


def _value_reason(
    bound: Bound, symbol: str, got: Words, value: Fraction, finding: Finding
) -> Words:
    way = Words("全数值比较", "full value compared")
    if bound.rounded:
        places = places_of(bound.upper if bound.upper is not None else bound.lower or "")
        number = plain_text(round_to(value, places))
        way = Words(f"修约值比较，修约为 {number}", f"rounded value compared, {number}")
    verb = _verb(bound, value, finding)
    return Words(
        f"{got.zh}，{verb.zh} {limit_text(bound, symbol)}（{way.zh}）",
        f"{got.en}: {verb.en} {limit_text(bound, symbol, 'en')} ({way.en})",
    )


def _verb(bound: Bound, value: Fraction, finding: Finding) -> Words:
    if finding is Finding.HOLDS:
        return Words("符合限量", "within the limit")
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


def _drawn(value: Fraction) -> str:
    exact = exact_decimal(value)
    return plain_text(exact if exact is not None else round_to(value, 6))


# --- not detected --------------------------------------------------------------------------


def _absence(bound: Bound, symbol: str, result: Result) -> Comparison:
    """A not-detected rule, against the detection limit that the method requires.

    Where the catalogue has none, the laboratory's own stands in, and the line says so.
    """
    reading = read(result.typed, result.unit, result.detection_limit)
    said = describe(reading)
    if reading.kind is ReadingKind.VALUE and reading.value is not None:
        return _found(bound, symbol, reading)
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
    return _not_found(bound, symbol, said, _scaled(reading.limit, reading, symbol))


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


def _found(bound: Bound, symbol: str, reading: Reading) -> Comparison:
    """A number under a not-detected rule counts as found from the method's detection limit on."""
    said = describe(reading)
    value = _scaled(reading.value or Decimal(0), reading, symbol)
    if value == 0:
        return Comparison(
            Finding.OPEN,
            Words(
                "填了 0，但没有给检出限，不能判定",
                "0 was given without a detection limit, so nothing can be said",
            ),
            said,
        )
    if bound.detection_value is not None and value < bound.detection_value:
        return _not_found(bound, symbol, said, value)
    reason = Words(f"测得 {said.zh}，不得检出", f"measured {said.en}, must not be detected")
    return Comparison(Finding.BROKEN, reason, said, _drawn(value))


# --- words, documents, series --------------------------------------------------------------


def _yes_no(bound: Bound, symbol: str, result: Result) -> Comparison:
    """A yes or no; where the catalogue has no number (clause) it counts only when signed."""
    reading = read(result.typed)
    said = describe(reading)
    if reading.kind not in (ReadingKind.YES, ReadingKind.NO):
        return Comparison(
            Finding.OPEN, Words("这一项要填符合或不符合", "This item needs yes or no"), said
        )
    unnamed = bound.kind is BoundKind.CLAUSE
    if unnamed and not result.by:
        return Comparison(
            Finding.OPEN, Words("还没有检验员签认", "No inspector has signed for it"), said
        )
    note = Words("（限值未录入，以签认为准）", " (limit not entered, as signed)")
    note = note if unnamed else Words("", "")
    if reading.kind is ReadingKind.YES:
        reason = Words(f"签认符合{note.zh}", f"signed as conforming{note.en}")
        return Comparison(Finding.HOLDS, reason, said)
    reason = Words(f"签认不符合{note.zh}", f"signed as not conforming{note.en}")
    return Comparison(Finding.BROKEN, reason, said)


def _choice(bound: Bound, symbol: str, result: Result) -> Comparison:
    """One of the accepted choices; another answer of the list breaks it; anything else is open."""
    reading = read(result.typed, options=(*bound.choices, *bound.options))
    said = describe(reading)
    listed = Words("、".join(bound.choices), ", ".join(bound.choices))
    if reading.kind is not ReadingKind.CHOICE:
        reason = Words(f"要填 {listed.zh} 之一", f"This must be one of {listed.en}")
        return Comparison(Finding.OPEN, reason, said)
    if reading.choice in bound.choices:
        reason = Words(f"{said.zh}，符合", f"{said.en}: conforms")
        return Comparison(Finding.HOLDS, reason, said)
    reason = Words(f"{said.zh}，应为 {listed.zh}", f"{said.en}: must be {listed.en}")
    return Comparison(Finding.BROKEN, reason, said)


def _document(bound: Bound, symbol: str, result: Result) -> Comparison:
    if yes_or_no(result.typed) is ReadingKind.NO:
        return Comparison(Finding.BROKEN, Words("没有文件", "there is no document"))
    if result.document:
        return Comparison(Finding.HOLDS, Words("文件已存", "the document is kept"))
    return Comparison(Finding.OPEN, Words("还没有上传文件", "no document has been uploaded"))


def _series(bound: Bound, symbol: str, result: Result) -> Comparison:
    """Every reading of the series against the limits; the worst one speaks for it."""
    readings = read_series(result.typed, result.unit)
    met = [_meet(bound, symbol, reading) for reading in readings]
    finding = worst([one.finding for one in met])
    if not met:
        return Comparison(Finding.OPEN, Words("没有读数", "There are no readings"))
    said = Words(f"{len(met)} 个读数", f"{len(met)} readings")
    if finding is Finding.HOLDS:
        limit = Words(limit_text(bound, symbol), limit_text(bound, symbol, "en"))
        reason = Words(f"{said.zh}都符合 {limit.zh}", f"all {said.en} are {limit.en}")
        return Comparison(finding, reason, said)
    place = next(at for at, one in enumerate(met, start=1) if one.finding is finding)
    one = met[place - 1]
    reason = Words(f"第 {place} 个读数：{one.reason.zh}", f"reading {place}: {one.reason.en}")
    return Comparison(finding, reason, said, one.value)


_BY_KIND: dict[BoundKind, Callable[[Bound, str, Result], Comparison]] = {
    BoundKind.NUMBER: _number,
    BoundKind.NOT_DETECTED: _absence,
    BoundKind.CHOICE: _choice,
    BoundKind.YES_NO: _yes_no,
    BoundKind.DOCUMENT: _document,
    BoundKind.SERIES: _series,
    BoundKind.CLAUSE: _yes_no,
}
