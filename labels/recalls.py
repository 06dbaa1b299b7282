"""召回: deciding a recall or a drill, looking ahead at one, and who may see which."""

import secrets
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from time import perf_counter

from sqlalchemy import Select, and_, or_, select

from core.act import AUTHORITY, PRODUCER, Act
from core.errors import Conflict, not_found
from core.words import Words
from labels.press import Press
from labels.recall_holders import HolderDraft, holders_of, labels_of, shares_of
from labels.recall_models import DRILL, RECALL, Recall, RecallBatch, RecallHolder
from labels.trace_shape import FORWARD, Share, Unreached
from labels.trace_starts import Start, Started, started
from labels.tracing import Node, Traced, chunks, trace
from trace.batches.lineage import walk
from trace.batches.models import Batch
from trace.inspections.dispositions import current_disposition, recall_batch
from trace.inspections.models import RECALL as RECALLED

_PREFIX = {RECALL: "ZH", DRILL: "YL"}


@dataclass(frozen=True)
class RecallDraft:
    """What is decided: a recall or a drill, from where, and why."""

    kind: str
    start: Start
    reason: str


@dataclass(frozen=True)
class Ahead:
    """What a recall would reach, before anybody decides it; `nodes`: the batches of `unreached`."""

    started: Started
    batches: int
    labels: int
    holders: int
    shares: dict[str, Share]
    unreached: tuple[Unreached, ...]
    nodes: dict[uuid.UUID, Node]


def look_ahead(act: Act, press: Press, start: Start) -> Ahead:
    """How many batches, labels and holders a recall would reach; nothing is stored.

    What is not reached is told of one's own batches; of all to the authority.
    """
    found = started(act, press, start)
    traced = trace(act, found, FORWARD, complete=True)
    seen = None if act.actor.is_a(AUTHORITY) else act.party
    gaps = tuple(
        one for one in traced.unreached if seen in (None, traced.nodes[one.batch].party_id)
    )
    return Ahead(
        found,
        len(traced.nodes),
        labels_of(traced),
        len(holders_of(traced)),
        shares_of(traced),
        gaps,
        {one.batch: traced.nodes[one.batch] for one in gaps},
    )


def open_recall(act: Act, press: Press, draft: RecallDraft) -> Recall:
    """Decide a recall: the authority of anything, a producer of its own goods and what became of
    them, at others too.

    Every batch that is reached gets the disposition of a recall, all locked in the order of their
    ids; a drill only writes down what it found, and how long that took. Raises Invalid or NotFound
    for the start, Conflict where the same recall stands.
    """
    act.need(PRODUCER, AUTHORITY)
    began = perf_counter()
    start = started(act, press, draft.start)
    if draft.kind == RECALL:
        _check_not_open(act, start)
        _lock_reached(act, start.batches)
    traced = trace(act, start, FORWARD, complete=True)
    stopped = _stop(act, traced, draft.reason) if draft.kind == RECALL else {}
    holders = holders_of(traced)
    row = _row(act, draft, traced, len(holders))
    row.milliseconds = round((perf_counter() - began) * 1000)
    act.session.add(row)
    act.session.flush()
    act.session.add_all(
        RecallBatch(recall_id=row.id, batch_id=one, disposition_id=stopped.get(one))
        for one in traced.nodes
    )
    kept = [_holder(row, place, holder) for place, holder in enumerate(holders, start=1)]
    act.session.add_all(kept)
    act.session.flush()
    _put_on_record(act, row, traced, kept)
    return row


def _check_not_open(act: Act, start: Started) -> None:
    query = select(Recall).where(
        Recall.kind == RECALL,
        Recall.closed_at.is_(None),
        Recall.start_kind == start.start.kind,
        Recall.start_id == start.start.id,
        Recall.start_clause == start.start.clause,
    )
    standing = act.session.scalars(query).first()
    if standing is not None:
        raise Conflict(
            "recall-open",
            Words(
                f"从这里已经召回（{standing.number}），还没有办结。",
                f"There is a recall from here ({standing.number}), not closed yet.",
            ),
        )


def _lock_reached(act: Act, starts: Sequence[uuid.UUID]) -> None:
    """Lock every batch that is reached, in the order of ids, until no other has been added."""
    locked: set[uuid.UUID] = set()
    while new := walk(act.session, starts, "forward")[0] - locked:
        for some in chunks(sorted(new)):
            query = select(Batch.id).where(Batch.id.in_(some)).order_by(Batch.id)
            act.session.execute(query.with_for_update()).all()
        locked |= new


def _stop(act: Act, traced: Traced, reason: str) -> dict[uuid.UUID, uuid.UUID]:
    """The disposition that stops each batch; at least one is new, or all were recalled before."""
    stopped: dict[uuid.UUID, uuid.UUID] = {}
    new = 0
    for some in chunks(sorted(traced.nodes)):
        batches = act.session.scalars(select(Batch).where(Batch.id.in_(some))).unique()
        for batch in sorted(batches, key=lambda one: one.id):
            made = recall_batch(act, batch, reason)
            new += made is not None
            standing = made or current_disposition(act.session, batch.id)
            assert standing is not None and standing.kind == RECALLED
            stopped[batch.id] = standing.id
    if not new:
        raise Conflict(
            "already-recalled",
            Words(
                "从这里能追到的批次都已经召回过，没有新的可召回。",
                "Every batch that is reached from here has been recalled already.",
            ),
        )
    return stopped


def _row(act: Act, draft: RecallDraft, traced: Traced, holders: int) -> Recall:
    start = traced.started
    done = draft.kind == DRILL
    return Recall(
        id=uuid.uuid4(),
        number=_number(act, draft.kind),
        kind=draft.kind,
        party_id=act.actor.party,
        account_id=act.actor.account,
        reason=draft.reason,
        start_kind=start.start.kind,
        start_id=start.start.id,
        start_clause=start.start.clause,
        start_words=start.words.zh[:300],
        batches=len(traced.nodes),
        labels=labels_of(traced),
        holders=holders,
        shares={
            base: {"left": str(share.left), "found": str(share.found)}
            for base, share in shares_of(traced).items()
        },
        unreached=[_gap(traced.nodes[one.batch], one) for one in traced.unreached],
        opened_at=act.at,
        closed_at=act.at if done else None,
        closed_by=act.actor.account if done else None,
        closing_note="演练" if done else None,
    )


def _gap(node: Node, one: Unreached) -> dict[str, str | None]:
    """What was not reached, as the recall keeps it."""
    return {
        "batch": str(node.id),
        "number": node.number,
        "party_id": str(node.party_id),
        "party": node.party,
        "base": node.base,
        "unit": node.unit,
        "kind": one.kind,
        "quantity": None if one.quantity is None else str(one.quantity),
        "zh": one.why.zh,
        "en": one.why.en,
    }


def _number(act: Act, kind: str) -> str:
    """A number that is read out on the telephone: the day and four characters by chance."""
    while True:
        number = f"{_PREFIX[kind]}-{act.today:%Y%m%d}-{secrets.token_hex(2).upper()}"
        if act.session.scalar(select(Recall.id).where(Recall.number == number)) is None:
            return number


def _holder(row: Recall, place: int, draft: HolderDraft) -> RecallHolder:
    return RecallHolder(
        id=uuid.uuid4(),
        recall_id=row.id,
        number=place,
        party_id=draft.party,
        shipper_id=draft.shipper,
        name=draft.name,
        person=draft.person,
        phone=draft.phone,
        address=draft.address,
        held=draft.items,
    )


def _put_on_record(
    act: Act, row: Recall, traced: Traced, holders: Collection[RecallHolder]
) -> None:
    """The batches by a digest over their ids; each has a disposition of its own on record."""
    listed = "\n".join(str(one) for one in sorted(traced.nodes))
    act.record(
        "recall", row.id, number=row.number, recall_kind=row.kind, reason=row.reason,
        start=[row.start_kind, row.start_id, row.start_clause], batches=row.batches,
        batches_sha256=sha256(listed.encode()).hexdigest(), labels=row.labels,
        milliseconds=row.milliseconds, shares=row.shares, unreached=row.unreached,
        holders=[
            {"id": str(one.id), "party": str(one.party_id) if one.party_id else None,
             "name": one.name, "person": one.person, "phone": one.phone, "address": one.address, "held": one.held}
            for one in holders
        ],
    )  # fmt: skip


# --- who sees which -------------------------------------------------------------------------


def recalls_seen_by(act: Act) -> Select[Recall]:
    """All for the authority; others those they decided, and recalls that concern them.

    A drill alarms nobody: only who held it and the authority know of it.
    """
    act.need(PRODUCER, AUTHORITY)
    query = select(Recall)
    if act.actor.is_a(AUTHORITY):
        return query
    holding = select(RecallHolder.recall_id).where(
        or_(RecallHolder.party_id == act.party, RecallHolder.shipper_id == act.party)
    )
    making = (
        select(RecallBatch.recall_id)
        .join(Batch, Batch.id == RecallBatch.batch_id)
        .where(Batch.party_id == act.party)
    )
    concerned = and_(Recall.kind == RECALL, or_(Recall.id.in_(holding), Recall.id.in_(making)))
    return query.where(or_(Recall.party_id == act.party, concerned))


def visible_recall(act: Act, recall_id: uuid.UUID) -> Recall:
    """A recall or drill that the actor may know of; NotFound otherwise (promise 7)."""
    row = act.session.scalars(recalls_seen_by(act).where(Recall.id == recall_id)).first()
    if row is None:
        raise not_found("召回", "recall")
    return row
