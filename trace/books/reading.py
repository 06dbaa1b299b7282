"""Reading the books of a batch: its postings in order, with what stood in stock after each."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trace.books.models import STOCK, Entry, PostingCorrection


@dataclass(frozen=True)
class Posting:
    """A posting as far as it concerns one batch.

    `stock` is what was there without labels after it, in the base; `others` are the party's other
    batches in it; `corrects` and `corrected_by` name the posting on the other side of a correction.
    """

    id: uuid.UUID
    kind: str
    at: datetime
    lines: Sequence[Entry]
    stock: int
    others: Sequence[uuid.UUID]
    corrects: uuid.UUID | None
    corrected_by: uuid.UUID | None
    reason: str | None

    def on(self, account: str) -> int:
        """What this posting added to an account; below nothing where it took away."""
        return sum(line.amount for line in self.lines if line.account == account)


def postings_of(session: Session, party: uuid.UUID, batch: uuid.UUID) -> list[Posting]:
    """The postings of a party's batch, oldest first; a correction comes before what follows it."""
    lines: dict[uuid.UUID, list[Entry]] = defaultdict(list)
    for entry in session.scalars(select(Entry).where(Entry.batch_id == batch)):
        lines[entry.posting].append(entry)
    corrections = _corrections(session, batch)
    made = {row.posting: row for row in corrections}
    undone = {row.corrected: row for row in corrections}
    others = _others(session, party, batch)
    found, stock = [], 0
    for posting in sorted(lines, key=lambda one: _order(one, lines[one], made)):
        own = sorted(lines[posting], key=lambda line: (line.amount > 0, line.account))
        stock += sum(line.amount for line in own if line.account == STOCK)
        correction, undo = made.get(posting), undone.get(posting)
        found.append(
            Posting(
                posting, own[0].kind, own[0].at, own, stock, others.get(posting, ()),
                correction.corrected if correction else None,
                undo.posting if undo else None,
                correction.reason if correction else None,
            )
        )  # fmt: skip
    return found


def _order(
    posting: uuid.UUID, lines: Sequence[Entry], made: dict[uuid.UUID, PostingCorrection]
) -> tuple[datetime, bool, uuid.UUID]:
    return lines[0].at, posting not in made, posting


def _corrections(session: Session, batch: uuid.UUID) -> Sequence[PostingCorrection]:
    of_batch = select(Entry.posting).where(Entry.batch_id == batch)
    query = select(PostingCorrection).where(PostingCorrection.posting.in_(of_batch))
    return session.scalars(query).all()


def _others(
    session: Session, party: uuid.UUID, batch: uuid.UUID
) -> dict[uuid.UUID, list[uuid.UUID]]:
    of_batch = select(Entry.posting).where(Entry.batch_id == batch)
    query = (
        select(Entry.posting, Entry.batch_id)
        .where(Entry.posting.in_(of_batch), Entry.party_id == party, Entry.batch_id != batch)
        .distinct()
    )
    found: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for posting, other in session.execute(query):
        found[posting].append(other)
    return found
