"""What went into a batch and does not stand: mixed goods are no better than what was mixed."""

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from core.words import Words
from trace.batches.models import MERGE, REPACK, SPLIT, TRANSFER, TRANSFORM, Batch, BatchOrigin
from trace.inspections.models import Verdict


def input_gaps(session: Session, batch_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Words]]:
    """What went into batches and does not stand: those with anything of that kind.

    Mixed goods are no better than what was mixed: whatever went in must conform. What was made
    into another form is judged by itself, but not where an input turned out nonconforming. Parts
    and goods handed over are what they were before, so what went in then counts for them too.
    """
    parts = _of_wholes(session, batch_ids)
    query = (
        select(BatchOrigin.batch_id, BatchOrigin.kind, Batch.id, Batch.number)
        .join(Batch, Batch.id == BatchOrigin.parent_id)
        .where(BatchOrigin.batch_id.in_(parts))
        .where(BatchOrigin.kind.in_((MERGE, REPACK, TRANSFORM)))
        .order_by(BatchOrigin.number)
    )
    rows = session.execute(query).all()
    outcomes = outcomes_of(session, {row[2] for row in rows})
    found: dict[uuid.UUID, list[Words]] = {}
    for batch_id, kind, parent, number in rows:
        outcome = outcomes.get(parent)
        if outcome == "nonconforming" or (kind != TRANSFORM and outcome != "conforming"):
            for part in parts[batch_id]:
                found.setdefault(part, []).append(_gap(number, outcome))
    return found


def _of_wholes(session: Session, batch_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """Of each batch, and of each that its goods came from by splitting or hand-over: which of
    `batch_ids` are these goods.
    """
    parts = {one: {one} for one in batch_ids}
    layer = set(batch_ids)
    while layer:
        query = select(BatchOrigin.batch_id, BatchOrigin.parent_id).where(
            BatchOrigin.batch_id.in_(layer), BatchOrigin.kind.in_((SPLIT, TRANSFER))
        )
        rows = session.execute(query).all()
        layer = set()
        for part, whole in rows:
            if not parts[part] <= parts.setdefault(whole, set()):
                parts[whole] |= parts[part]
                layer.add(whole)
    return parts


def _gap(number: str, outcome: str | None) -> Words:
    if outcome == "nonconforming":
        return Words(
            f"投入的批次 {number} 判定不合格", f"Batch {number}, which went in, is nonconforming"
        )
    return Words(
        f"混入的批次 {number} 还没有判定合格", f"Batch {number}, which was mixed in, does not conform yet"
    )  # fmt: skip


def outcomes_of(session: Session, batch_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The outcome of the newest verdict of each."""
    if not batch_ids:
        return {}
    newest = (
        select(Verdict.batch_id, func.max(Verdict.number).label("number"))
        .where(Verdict.batch_id.in_(batch_ids))
        .group_by(Verdict.batch_id)
        .subquery()
    )
    query = select(Verdict.batch_id, Verdict.outcome).join(
        newest,
        and_(Verdict.batch_id == newest.c.batch_id, Verdict.number == newest.c.number),
    )
    return {row.batch_id: row.outcome for row in session.execute(query)}
