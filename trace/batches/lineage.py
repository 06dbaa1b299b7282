"""谱系: which batch came out of which, and what was recorded on the one that holds for the other.

The same goods under another number (a part, a hand-over) and goods mixed or packed anew carry along
what had been recorded on their batch until that moment. What is recorded later counts on its own
batch only. Goods made into another form are new goods and carry nothing along.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from trace.batches.models import (
    MERGE,
    REPACK,
    SPLIT,
    TRANSFER,
    Batch,
    BatchOrigin,
    LinkHead,
)

SAME_GOODS = (SPLIT, TRANSFER, MERGE, REPACK)
"""Kinds of origin by which what was recorded is carried along."""
Direction = Literal["forward", "backward"]
_AT_ONCE = 500


class Recorded(Protocol):
    """An event or a report: when it was recorded, and which earlier one it takes the place of."""

    id: UUID
    corrects_id: UUID | None
    recorded_at: datetime


Row = TypeVar("Row", bound=Recorded)
Held = list[tuple[UUID, datetime | None]]


def held_for(session: Session, batch_id: UUID) -> Held:
    """The batch itself, then those whose goods it is, nearest first.

    With each the moment until which what was recorded on it holds for the batch; None: no end.
    """
    found: dict[UUID, datetime | None] = {batch_id: None}
    layer: Held = [(batch_id, None)]
    while layer:
        ends = dict(layer)
        layer = []
        for origin in _origins_of(session, ends, SAME_GOODS):
            until = _earlier(ends[origin.batch_id], origin.at)
            known = found.get(origin.parent_id)
            if origin.parent_id not in found or (known is not None and until > known):
                found[origin.parent_id] = until
                layer.append((origin.parent_id, until))
    return list(found.items())


def _earlier(until: datetime | None, at: datetime) -> datetime:
    return at if until is None else min(until, at)


def _origins_of(
    session: Session, batch_ids: Collection[UUID], kinds: Sequence[str]
) -> list[BatchOrigin]:
    query = select(BatchOrigin).where(
        BatchOrigin.batch_id.in_(batch_ids), BatchOrigin.kind.in_(kinds)
    )
    return list(session.scalars(query.order_by(BatchOrigin.number)))


def held_for_each(session: Session, batch_ids: Sequence[UUID]) -> dict[UUID, Held]:
    """`held_for` of several batches; only those that came out of others are looked at one by one."""
    query = select(BatchOrigin.batch_id).where(
        BatchOrigin.batch_id.in_(batch_ids), BatchOrigin.kind.in_(SAME_GOODS)
    )
    parts = set(session.scalars(query))
    return {one: held_for(session, one) if one in parts else [(one, None)] for one in batch_ids}


def origin_of(session: Session, batch_id: UUID) -> BatchOrigin | None:
    """Where a batch was split off from; None for one that is no part."""
    query = select(BatchOrigin).where(BatchOrigin.batch_id == batch_id, BatchOrigin.kind == SPLIT)
    return session.scalars(query).first()


def origins_of(session: Session, batch_id: UUID) -> list[tuple[BatchOrigin, Batch]]:
    """What went into a batch, of whatever kind, in the order in which it was written."""
    query = (
        select(BatchOrigin, Batch)
        .join(Batch, Batch.id == BatchOrigin.parent_id)
        .where(BatchOrigin.batch_id == batch_id)
        .order_by(BatchOrigin.number)
    )
    return [(row.BatchOrigin, row.Batch) for row in session.execute(query).unique()]


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
    return [row for row in children_of(session, batch_id) if row[0].kind == SPLIT]


def children_of(session: Session, batch_id: UUID) -> list[tuple[BatchOrigin, Batch]]:
    """What a batch went into, of whatever kind, in the order in which it was written."""
    query = (
        select(BatchOrigin, Batch)
        .join(Batch, Batch.id == BatchOrigin.batch_id)
        .where(BatchOrigin.parent_id == batch_id)
        .order_by(BatchOrigin.number)
    )
    return [(row.BatchOrigin, row.Batch) for row in session.execute(query).unique()]


def walk(
    session: Session, starts: Iterable[UUID], direction: Direction
) -> tuple[set[UUID], list[BatchOrigin]]:
    """Every batch that is reached from some, these included, and the origins on the way.

    Forward: what they went into. Backward: what went into them.
    """
    here, there = (
        (BatchOrigin.parent_id, "batch_id")
        if direction == "forward"
        else (BatchOrigin.batch_id, "parent_id")
    )
    found, new = set(starts), set(starts)
    links: dict[UUID, BatchOrigin] = {}
    while new:
        layer = sorted(new)
        for start in range(0, len(layer), _AT_ONCE):
            query = select(BatchOrigin).where(here.in_(layer[start : start + _AT_ONCE]))
            links.update((row.id, row) for row in session.scalars(query))
        new = {getattr(row, there) for row in links.values()} - found
        found |= new
    return found, sorted(links.values(), key=lambda row: row.number)


def families(session: Session, batch_ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """`with_descendants` of each of several batches by itself."""
    wanted = set(batch_ids)
    query = select(BatchOrigin.parent_id).where(BatchOrigin.parent_id.in_(wanted))
    parents = set(session.scalars(query))
    return {one: with_descendants(session, [one]) if one in parents else {one} for one in wanted}


def with_descendants(session: Session, batch_ids: Iterable[UUID]) -> set[UUID]:
    """These batches and everything that they went into.

    What touches a report or an event of a batch may touch them all: judge them all again.
    """
    return walk(session, batch_ids, "forward")[0]


def generations(session: Session, batch_ids: Collection[UUID]) -> list[list[UUID]]:
    """These batches in layers: each comes after all those among them that went into it."""
    rest = set(batch_ids)
    parents: dict[UUID, set[UUID]] = {}
    ids = sorted(rest)
    for start in range(0, len(ids), _AT_ONCE):
        query = select(BatchOrigin.batch_id, BatchOrigin.parent_id).where(
            BatchOrigin.batch_id.in_(ids[start : start + _AT_ONCE])
        )
        for child, parent in session.execute(query):
            if parent in rest:
                parents.setdefault(child, set()).add(parent)
    return _layers(ids, parents)


def _layers(ids: Sequence[UUID], parents: Mapping[UUID, set[UUID]]) -> list[list[UUID]]:
    layers: list[list[UUID]] = []
    waiting, placed = list(ids), set[UUID]()
    while waiting:
        layer = [one for one in waiting if parents.get(one, set()) <= placed]
        placed.update(layer)
        waiting = [one for one in waiting if one not in placed]
        layers.append(layer)
    return layers


def next_origin_number(session: Session) -> int:
    """The number of the next origin; the row of numbers stays locked until COMMIT."""
    taken = session.execute(
        update(LinkHead)
        .where(LinkHead.id == 1)
        .values(next_number=LinkHead.next_number + 1)
        .returning(LinkHead.next_number)
    ).scalar_one()
    return taken - 1
