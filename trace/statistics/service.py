"""Which batches and results a statistic is about, and reading them: streamed, added up as they come.

A batch counts by its newest verdict; a result that was withdrawn or corrected does not count, and
one that was retested is no longer in the newest verdict. Nothing is stored.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, extract, func, select, type_coerce
from sqlalchemy.orm import Session

from trace.batches.models import SPLIT, Batch, BatchOrigin
from trace.inspections.models import CONCESSION, Disposition, Inspection, Result, Verdict
from trace.inspections.verdicts import Source
from trace.statistics.lines import LABORATORY, Counted, LineReader
from trace.statistics.tally import Spread, Tally

AT_ONCE = 200
"""Verdicts read in one go: some 6 MB."""


@dataclass(frozen=True)
class Selection:
    """The batches that are looked at, and whose values of them. None and empty: all.

    `places` are division codes; `first` and `last` days of production, both inclusive.
    """

    product: uuid.UUID | None = None
    places: tuple[str, ...] = ()
    party: uuid.UUID | None = None
    laboratory: uuid.UUID | None = None
    first: date | None = None
    last: date | None = None
    sources: frozenset[Source] = LABORATORY

    def conditions(self) -> list[ColumnElement[bool]]:
        """What a batch must be to be looked at."""
        wanted: list[ColumnElement[bool]] = []
        if self.product is not None:
            wanted.append(Batch.product_id == self.product)
        if self.places:
            wanted.append(Batch.place_code.in_(self.places))
        if self.party is not None:
            wanted.append(Batch.party_id == self.party)
        if self.first is not None:
            wanted.append(Batch.production_date >= self.first)
        if self.last is not None:
            wanted.append(Batch.production_date <= self.last)
        return wanted


@dataclass(frozen=True)
class OutcomeCount:
    """So many batches of a month of production; `outcome` None: nobody has judged them yet."""

    year: int
    month: int
    outcome: str | None
    batches: int


@dataclass(frozen=True)
class Point:
    """One reading of a batch, for a control chart."""

    batch: str
    made_on: date
    value: Decimal
    typed: str


@dataclass(frozen=True)
class Series:
    """The readings of one characteristic in the order of production, all in `unit`.

    `unread` had no number (`<a`, 未检出), `other_units` stand in a unit of another limit.
    """

    points: tuple[Point, ...]
    unit: str
    unread: int
    other_units: int


def _is_newest() -> ColumnElement[bool]:
    other = select(func.max(Verdict.number)).where(Verdict.batch_id == Batch.id)
    return Verdict.number == other.correlate(Batch).scalar_subquery()


def _inspected_by(laboratory: uuid.UUID) -> ColumnElement[bool]:
    reports = select(Inspection.batch_id).where(
        Inspection.laboratory_id == laboratory, Inspection.batch_id.is_not(None)
    )
    return Batch.id.in_(reports)


def outcomes(session: Session, selection: Selection) -> list[OutcomeCount]:
    """How the batches stand today, by month of production; only counted, nothing is read.

    With a laboratory: the batches on which it has reported.
    """
    return _by_month(session, selection)


def concessions(session: Session, selection: Selection) -> list[OutcomeCount]:
    """Batches that were released against a fail (让步放行), by month of production."""
    conceded = select(Disposition.batch_id).where(Disposition.kind == CONCESSION)
    return _by_month(session, selection, Batch.id.in_(conceded))


def _by_month(
    session: Session, selection: Selection, *conditions: ColumnElement[bool]
) -> list[OutcomeCount]:
    year, month = (extract(part, Batch.production_date) for part in ("year", "month"))
    query = (
        select(year, month, Verdict.outcome, func.count())
        .select_from(Batch)
        .outerjoin(Verdict, and_(Verdict.batch_id == Batch.id, _is_newest()))
        .where(*selection.conditions(), *conditions)
        .group_by(year, month, Verdict.outcome)
        .order_by(year, month)
    )
    if selection.laboratory is not None:
        query = query.where(_inspected_by(selection.laboratory))
    return [OutcomeCount(int(y), int(m), said, n) for y, m, said, n in session.execute(query)]


def makers(session: Session, selection: Selection) -> int:
    """How many parties made the batches that are looked at."""
    query = select(func.count(Batch.party_id.distinct())).where(*selection.conditions())
    return session.scalar(query) or 0


def tally(session: Session, selection: Selection) -> Tally:
    """Every value that counts against its limits."""
    made = Tally()
    shared = _divided(session)
    for batch, lines in _judged(session, selection):
        made.add(lines, shared=batch.id in shared)
    return made


def spread(session: Session, selection: Selection, limit: str) -> Spread:
    """The values that met one limit (a requirement's id)."""
    made = Spread(limit)
    for _, lines in _judged(session, selection, holding=limit):
        made.add(lines)
    return made


def series(session: Session, selection: Selection, characteristic: str) -> Series:
    """The readings of the batches themselves; a type inspection belongs to no batch.

    One that met limits in several units is taken in the unit in which most readings stand.
    """
    found: dict[str, dict[str, tuple[Place, Point]]] = {}
    for batch, lines in _judged(session, selection, holding=characteristic, deciding=False):
        for line in lines:
            if line.limit.characteristic.zh == characteristic:
                by_unit = found.setdefault(line.result, {})
                if line.value is not None:
                    place = (batch.production_date, batch.created_at, line.at, line.result)
                    point = Point(batch.number, batch.production_date, line.value, line.typed)
                    kept = by_unit.get(line.limit.unit, (place, point))
                    by_unit[line.limit.unit] = min(kept, (place, point), key=lambda one: one[0])
    return _in_one_unit(list(found.values()))


Place = tuple[date, datetime, str, str]


def _in_one_unit(readings: Sequence[dict[str, tuple[Place, Point]]]) -> Series:
    units = Counter(unit for by_unit in readings for unit in by_unit)
    unit = max(sorted(units), key=lambda one: units[one], default="")
    inside = sorted(by_unit[unit] for by_unit in readings if unit in by_unit)
    unread = sum(not by_unit for by_unit in readings)
    others = len(readings) - unread - len(inside)
    return Series(tuple(point for _, point in inside), unit, unread, others)


# --- reading verdicts ----------------------------------------------------------------------


def _divided(session: Session) -> set[uuid.UUID]:
    """Batches that parts were split off from, and the parts: they rest on the same results."""
    query = select(BatchOrigin.batch_id, BatchOrigin.parent_id).where(BatchOrigin.kind == SPLIT)
    return {batch for pair in session.execute(query) for batch in pair}


def _judged(
    session: Session, selection: Selection, *, holding: str = "", deciding: bool = True
) -> Iterator[tuple[Any, list[Counted]]]:
    """Each batch with the lines of its newest verdict that count (see LineReader), streamed."""
    reader = LineReader(selection.sources, holding=holding, deciding=deciding)
    query = (
        select(
            Batch.id,
            Batch.number,
            Batch.production_date,
            Batch.created_at,
            type_coerce(Verdict.lines, Text).label("lines"),
        )
        .join(Verdict, and_(Verdict.batch_id == Batch.id, _is_newest()))
        .where(*selection.conditions())
    )
    streamed = session.execute(query, execution_options={"yield_per": AT_ONCE})
    for batches in streamed.partitions():
        read = [(batch, reader.counted(batch.lines)) for batch in batches]
        if selection.laboratory is None:
            yield from read
            continue
        own = _measured_by(session, selection.laboratory, [lines for _, lines in read])
        for batch, lines in read:
            yield batch, [line for line in lines if line.result in own]


def _measured_by(
    session: Session, laboratory: uuid.UUID, read: Sequence[Sequence[Counted]]
) -> set[str]:
    """Which of the results a laboratory signs for, by its reports and not by its name."""
    named = {
        uuid.UUID(line.result)
        for lines in read
        for line in lines
        if line.source is not Source.EVENT
    }
    query = select(Result.id).join(Inspection, Inspection.id == Result.inspection_id)
    query = query.where(Inspection.laboratory_id == laboratory, Result.id.in_(named))
    return {str(one) for one in session.scalars(query)}
