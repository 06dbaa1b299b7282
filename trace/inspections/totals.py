"""A total that clears its parts: total mercury within the limit of methylmercury, for one.

Where the total of the same goods lies within the limit of a part, the part conforms without being
measured. A total above it breaks nothing: the part has to be measured.
"""

from __future__ import annotations

from collections.abc import Collection

from core.words import Words
from products.phrases import limit_text
from trace.inspections.case import Case, Measurement, Row
from trace.inspections.comparison import Comparison, Finding
from trace.inspections.lines import joined, value_line
from trace.inspections.verdicts import Line, Source


def cleared_lines(case: Case, asked: Collection[tuple[Source, str]]) -> list[Line]:
    """A line for every part whose total was measured, and which the same source did not measure.

    Where another source measured the part itself, a total above its limit says nothing.
    """
    return [
        line
        for rows in case.rows.values()
        for row in rows
        if row.requirement.bound.cleared_by is not None
        for line in _cleared(case, row, asked)
    ]


def _cleared(case: Case, row: Row, asked: Collection[tuple[Source, str]]) -> list[Line]:
    part, lines = row.requirement, []
    own = case.values_for(part)
    done = {measurement.source for measurement in own}
    for total in case.measured.get(part.bound.cleared_by or "", ()):
        if total.source in done or case.matrix_fits(part, total.result) is False:
            continue
        found = _through(case, row, total)
        if own and found.finding is not Finding.HOLDS:
            continue
        wanted = row.decides and (total.source, part.characteristic) in asked
        lines.append(value_line(row, total, found, row.gaps, asked=wanted))
    return lines


def _through(case: Case, row: Row, total: Measurement) -> Comparison:
    """What the total says of the part; its number is not the part's, so none is drawn."""
    part = row.requirement
    met = case.compared(part, total.result)
    name, limit = total.result.characteristic, limit_text(part.bound, part.unit)
    said = met.read or Words("", "")
    if met.finding is Finding.HOLDS:
        reason = Words(
            f"{name} {said.zh}，不超过本项限量 {limit}，本项免测",
            f"{name} {said.en} is within the limit of this item, so it need not be measured",
        )
        return Comparison(Finding.HOLDS, reason, said)
    if met.finding is Finding.OPEN:
        return Comparison(Finding.OPEN, joined(met.reason, _MEASURE), said)
    reason = Words(
        f"{name} {said.zh}，超过本项限量 {limit}", f"{name} {said.en} is above its limit"
    )
    return Comparison(Finding.OPEN, joined(reason, _MEASURE), said)


_MEASURE = Words("不能免测，请测本项", "it has to be measured itself")
