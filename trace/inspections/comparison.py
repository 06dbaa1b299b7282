"""Where one value meets one limit: does it hold, is it broken, or can nobody say?

What every kind of limit makes of a typed result is told in docs/judge.md, exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from core.words import Words
from products.errors import RuleError
from products.requirements import Bound, BoundKind
from trace.inspections.findings import Comparison as Comparison
from trace.inspections.findings import Finding as Finding
from trace.inspections.findings import worst as worst
from trace.inspections.journeys import journey
from trace.inspections.numeric import absence, number
from trace.inspections.readings import (
    ReadingKind,
    describe,
    read,
    read_document,
)
from trace.inspections.repeated import class_plan, mean
from trace.inspections.results import Result


def compare(bound: Bound, symbol: str, result: Result, on: date | None = None) -> Comparison:
    """`result` against `bound` in the unit `symbol`. What cannot be read or converted is open.

    `on` is the day on which a document must be valid; without it no document is out of date. A
    value that is in doubt is open with that reason, whatever it says.
    """
    try:
        found = _held(bound, symbol, result, on)
    except RuleError as error:
        found = Comparison(Finding.OPEN, error.words)
    if result.doubt is None:
        return found
    return replace(found, finding=Finding.OPEN, reason=result.doubt)


def check_entry(bound: Bound, symbol: str, result: Result) -> None:
    """Refuse at entry what could never be compared: raises RuleError.

    Unreadable texts, an unknown or missing unit, a unit of another dimension than the limit's.
    """
    _held(bound, symbol, result, None)


def _held(bound: Bound, symbol: str, result: Result, on: date | None) -> Comparison:
    if bound.kind is BoundKind.DOCUMENT:
        return _document(result, on)
    return _BY_KIND[bound.kind](bound, symbol, result)


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


def _document(result: Result, on: date | None) -> Comparison:
    """A document is there and, where it says until when, valid on the day `on`.

    One that has run out breaks nothing: another one may be valid, so nobody can say.
    """
    answer, until = read_document(result.typed)
    if answer is ReadingKind.NO:
        return Comparison(Finding.BROKEN, Words("没有文件", "there is no document"))
    if not result.document:
        return Comparison(Finding.OPEN, Words("还没有上传文件", "no document has been uploaded"))
    if until is None:
        return Comparison(Finding.HOLDS, Words("文件已存", "the document is kept"))
    said = Words(f"有效至 {until}", f"valid to {until}")
    if on is not None and until < on:
        reason = Words(
            f"文件{said.zh}，到 {on} 已过期", f"the document is {said.en}: run out on {on}"
        )
        return Comparison(Finding.OPEN, reason, said)
    return Comparison(
        Finding.HOLDS, Words(f"文件已存，{said.zh}", f"the document is kept, {said.en}"), said
    )


_BY_KIND: dict[BoundKind, Callable[[Bound, str, Result], Comparison]] = {
    BoundKind.NUMBER: number,
    BoundKind.NOT_DETECTED: absence,
    BoundKind.CHOICE: _choice,
    BoundKind.YES_NO: _yes_no,
    BoundKind.SERIES: journey,
    BoundKind.CLAUSE: _yes_no,
    BoundKind.CLASSES: class_plan,
    BoundKind.MEAN: mean,
}
