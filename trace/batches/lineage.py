"""谱系: which batch came out of which, and what was recorded on the one that holds for the other.

A part that was split off is the same goods as before: what had been recorded on its batch until
that moment holds for both. What is recorded later counts on its own batch only.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.batches.models import SPLIT, Batch, BatchOrigin


class Recorded(Protocol):
    """An event or a report: when it was recorded, and which earlier one it takes the place of."""

    id: UUID
    corrects_id: UUID | None
    recorded_at: datetime


Row = TypeVar("Row", bound=Recorded)


def held_for(session: Session, batch_id: UUID) -> list[tuple[UUID, datetime | None]]:
    """The batch itself, then those that it was split off from, nearest first.

    With each the moment until which what was recorded on it holds for the batch; None: no end.
    """
    found: list[tuple[UUID, datetime | None]] = [(batch_id, None)]
    until: datetime | None = None
    while (origin := origin_of(session, found[-1][0])) is not None:
        until = origin.at if until is None else min(until, origin.at)
        found.append((origin.parent_id, until))
    return found


def held_for_each(
    session: Session, batch_ids: Sequence[UUID]
) -> dict[UUID, list[tuple[UUID, datetime | None]]]:
    """`held_for` of several batches; only parts are looked at one by one."""
    query = select(BatchOrigin.batch_id).where(
        BatchOrigin.batch_id.in_(batch_ids), BatchOrigin.kind == SPLIT
    )
    parts = set(session.scalars(query))
    return {one: held_for(session, one) if one in parts else [(one, None)] for one in batch_ids}


def lineage(session: Session, batch: Batch) -> list[tuple[Batch, datetime | None]]:
    """The same as batches."""
    return [(session.get_one(Batch, held), until) for held, until in held_for(session, batch.id)]


def origin_of(session: Session, batch_id: UUID) -> BatchOrigin | None:
    """Where a batch was split off from; None for one that is no part."""
    query = select(BatchOrigin).where(BatchOrigin.batch_id == batch_id, BatchOrigin.kind == SPLIT)
    return session.scalars(query).first()


def recorded_before(rows: Sequence[Row], until: datetime | None) -> list[Row]:
    """Those of the rows of one batch that were recorded by then, and whatever corrects them."""
    if until is None:
        return list(rows)
    by_id = {row.id: row for row in rows}
    return [row for row in rows if _first(row, by_id).recorded_at <= until]


def _first(row: Row, by_id: dict[UUID, Row]) -> Row:
    while row.corrects_id is not None and row.corrects_id in by_id:
        row = by_id[row.corrects_id]
    return row


def parts_of(session: Session, batch_id: UUID) -> list[tuple[BatchOrigin, Batch]]:
    """The parts that were split off from a batch, in the order in which that was done."""
    query = (
        select(BatchOrigin, Batch)
        .join(Batch, Batch.id == BatchOrigin.batch_id)
        .where(BatchOrigin.parent_id == batch_id, BatchOrigin.kind == SPLIT)
        .order_by(BatchOrigin.at, Batch.number)
    )
    return [(row.BatchOrigin, row.Batch) for row in session.execute(query).unique()]


def families(session: Session, batch_ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """`with_parts` of each of several batches by itself."""
    wanted = set(batch_ids)
    query = select(BatchOrigin.parent_id).where(
        BatchOrigin.parent_id.in_(wanted), BatchOrigin.kind == SPLIT
    )
    split = set(session.scalars(query))
    return {one: with_parts(session, [one]) if one in split else {one} for one in wanted}


def with_parts(session: Session, batch_ids: Iterable[UUID]) -> set[UUID]:
    """These batches and every part that was split off from them, parts of parts too.

    What touches a report or an event of a batch touches them all: judge them all again.
    """
    found = set(batch_ids)
    new = found
    while new:
        query = select(BatchOrigin.batch_id).where(
            BatchOrigin.parent_id.in_(new), BatchOrigin.kind == SPLIT
        )
        new = set(session.scalars(query)) - found
        found |= new
    return found
