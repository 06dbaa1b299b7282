"""Hand-overs and sales of loose goods of a trace: who gave what to whom, and what is still out."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.record.service import unsealed
from labels.whereabouts import AT_ONCE
from trace.books.stock import sales_of
from trace.transfers.models import Transfer, TransferAnswer

UNDER_WAY = "under-way"


@dataclass(frozen=True)
class Hand:
    """A hand-over: `state` is under-way, confirmed, refused or withdrawn; amounts in the base.

    `counted` and `difference` are what the receiver counted, and what was sent less that.
    """

    number: str
    batch: uuid.UUID
    made: uuid.UUID | None
    sender: str
    receiver: str
    base: str
    unit: str
    sent: int
    counted: int | None
    difference: int | None
    condition: str
    state: str
    sent_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True)
class BulkSale:
    """Goods without labels went to a buyer outside; `out` of them has not come back.

    `buyer_digest` and `contact_digest` are what evidence keeps of the two texts.
    """

    id: uuid.UUID
    batch: uuid.UUID
    party: uuid.UUID
    buyer: str
    contact: str
    buyer_digest: str
    contact_digest: str
    quantity: int
    out: int
    happened_on: date


def hands_of(session: Session, ids: Collection[uuid.UUID]) -> list[Hand]:
    """The hand-overs of goods of these batches, and those by which they came about, oldest first."""
    found: dict[uuid.UUID, Transfer] = {}
    for some in _some(ids):
        made = select(TransferAnswer.transfer_id).where(TransferAnswer.batch_id.in_(some))
        query = select(Transfer).where(or_(Transfer.batch_id.in_(some), Transfer.id.in_(made)))
        found.update((row.id, row) for row in session.scalars(query).unique())
    rows = sorted(found.values(), key=lambda row: (row.sent_at, row.id))
    return [_hand(row, row.answer) for row in rows]


def _some(ids: Collection[uuid.UUID]) -> list[list[uuid.UUID]]:
    listed = list(ids)
    return [listed[start : start + AT_ONCE] for start in range(0, len(listed), AT_ONCE)]


def _hand(row: Transfer, answer: TransferAnswer | None) -> Hand:
    return Hand(
        number=row.number,
        batch=row.batch_id,
        made=answer.batch_id if answer else None,
        sender=row.party.name,
        receiver=row.to_party.name,
        base=row.batch.base,
        unit=row.quantity_unit,
        sent=row.quantity,
        counted=answer.counted if answer else None,
        difference=answer.difference if answer else None,
        condition=(answer.condition or "") if answer else "",
        state=answer.kind if answer else UNDER_WAY,
        sent_at=row.sent_at,
        answered_at=answer.at if answer else None,
    )


def bulk_sales_of(session: Session, ids: Collection[uuid.UUID]) -> list[BulkSale]:
    """The sales of loose goods of these batches that stand, oldest first."""
    sold = [one for some in _some(ids) for one in sales_of(session, some)]
    digests = [text for one in sold for text in (one.row.buyer, one.row.contact)]
    values = unsealed(session, digests)
    return [
        BulkSale(
            id=one.row.id,
            batch=one.row.batch_id,
            party=one.row.party_id,
            buyer=values.get(one.row.buyer or "", ""),
            contact=values.get(one.row.contact or "", ""),
            buyer_digest=one.row.buyer or "",
            contact_digest=one.row.contact or "",
            quantity=one.row.quantity,
            out=one.out,
            happened_on=one.row.happened_on,
        )
        for one in sold
    ]
