"""What a certificate of promise stands on: where the goods came from, and what was found on them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from labels.promise_models import Promise, PromiseReceipt, PromiseWithdrawal
from labels.promises import ENTRUSTED_TEST, SELF_TEST
from trace.batches.lineage import held_for, origins_of
from trace.batches.models import TRANSFORM, Batch
from trace.batches.service import events_of, standing
from trace.inspections.judging import reports_on

TESTING = "testing"


@dataclass(frozen=True)
class Sources:
    """The goods of a batch as its party got them.

    `own` are older batches of the same party, `bought` those of others at which its own ways end,
    `collected` the certificates of these that it has collected, `uncovered` those without any.
    """

    own: tuple[Batch, ...]
    bought: tuple[Batch, ...]
    collected: tuple[Promise, ...]
    uncovered: tuple[Batch, ...]


def sources_of(session: Session, batch: Batch) -> Sources:
    """Walk back from a batch as far as its own party goes."""
    own: dict[uuid.UUID, Batch] = {}
    bought: dict[uuid.UUID, Batch] = {}
    layer = [batch]
    while layer:
        parents = [parent for one in layer for _origin, parent in origins_of(session, one.id)]
        layer = []
        for parent in parents:
            if parent.party_id != batch.party_id:
                bought[parent.id] = parent
            elif parent.id not in own:
                own[parent.id] = parent
                layer.append(parent)
    collected: dict[uuid.UUID, Promise] = {}
    uncovered = []
    for one in bought.values():
        found = _collected(session, batch.party_id, [held for held, _ in held_for(session, one.id)])
        collected.update((row.id, row) for row in found)
        if not found:
            uncovered.append(one)
    return Sources(
        tuple(own.values()), tuple(bought.values()), tuple(collected.values()), tuple(uncovered)
    )


def _collected(
    session: Session, party: uuid.UUID, batch_ids: Collection[uuid.UUID]
) -> Sequence[Promise]:
    """The certificates of these batches that a party has collected and nobody took back."""
    query = (
        select(Promise)
        .join(PromiseReceipt, PromiseReceipt.promise_id == Promise.id)
        .where(PromiseReceipt.party_id == party, Promise.batch_id.in_(batch_ids))
        .where(Promise.id.not_in(select(PromiseWithdrawal.promise_id)))
        .order_by(Promise.issued_at, Promise.number)
    )
    return session.scalars(query).unique().all()


def tests_behind(session: Session, batch: Batch) -> dict[str, list[uuid.UUID]]:
    """The reports of other parties' laboratories and the own tests behind each basis of test.

    Only those on these very goods: what was found on one of several inputs says nothing of a blend.
    """
    same = _very_goods(session, batch)
    reports = reports_on(session, batch.id)
    corrected = {report.corrects_id for report in reports if report.corrects_id}
    entrusted = [
        report.id
        for report in reports
        if report.batch_id in same
        and report.withdrawal is None
        and report.id not in corrected
        and report.laboratory_id != batch.party_id
    ]
    own = [
        event.id
        for event in standing(events_of(session, batch.id))
        if event.batch_id in same and event.stage == TESTING and event.readings
    ]
    return {ENTRUSTED_TEST: entrusted, SELF_TEST: own}


def _very_goods(session: Session, batch: Batch) -> set[uuid.UUID]:
    """The batch and those that it alone is the goods of: split off or handed over, not blended."""
    found = {batch.id}
    origins = origins_of(session, batch.id)
    while len(origins) == 1 and origins[0][0].kind != TRANSFORM:
        parent = origins[0][1]
        found.add(parent.id)
        origins = origins_of(session, parent.id)
    return found
