"""What is done with a batch: releasing by itself on a conforming verdict, holding, and the rest."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, INSPECTOR, Act
from core.errors import Conflict, Forbidden
from core.words import Words
from trace.batches.models import Batch
from trace.batches.service import laboratories_of, locked_batch
from trace.inspections.judging import latest_verdict
from trace.inspections.models import (
    CONCESSION,
    HOLD,
    LIFT,
    RECALL,
    REJECT,
    RELEASE,
    Disposition,
    Verdict,
)

CONFORMING = "conforming"
NONCONFORMING = "nonconforming"
_FINAL = frozenset({REJECT, RECALL, CONCESSION})
HOLD_WORDS = {
    NONCONFORMING: "判定不合格，自动封存",
    "undetermined": "判定变为待定，自动封存",
}
REST_WORDS = "拆分以后，余下的继续放行"


def current_disposition(session: Session, batch_id: uuid.UUID) -> Disposition | None:
    """The disposition that counts: the last."""
    query = select(Disposition).where(Disposition.batch_id == batch_id)
    return session.scalars(query.order_by(Disposition.number.desc()).limit(1)).first()


def dispositions_of(session: Session, batch_id: uuid.UUID) -> list[Disposition]:
    """Every disposition of a batch, newest first."""
    query = select(Disposition).where(Disposition.batch_id == batch_id)
    return list(session.scalars(query.order_by(Disposition.number.desc())))


def follow_verdict(act: Act, batch: Batch, verdict: Verdict) -> Disposition | None:
    """What follows from a verdict by itself; the batch is locked.

    Conforming and its quantity confirmed: released, also out of a hold that a verdict had caused.
    Otherwise a released batch is held at once, and a nonconforming one in any case. A hold that a
    person decided, a rejection and a recall stay until a person decides.
    """
    last = current_disposition(act.session, batch.id)
    by_person = last is not None and last.kind == HOLD and last.verdict_id is None
    if last is not None and (last.kind not in (RELEASE, HOLD, LIFT) or by_person):
        return last
    if verdict.outcome == CONFORMING:
        if batch.confirmed_at is None or (last is not None and last.kind == RELEASE):
            return last
        return _decide(act, batch, RELEASE, None, verdict)
    released = last is not None and last.kind == RELEASE
    held = last is not None and last.kind == HOLD
    if released or (verdict.outcome == NONCONFORMING and not held):
        return _decide(act, batch, HOLD, HOLD_WORDS[verdict.outcome], verdict)
    return last


def decide(act: Act, batch_id: uuid.UUID, kind: str, reason: str) -> Disposition:
    """A person holds, rejects, recalls or lifts a hold.

    Holding and rejecting is for a laboratory that the batch was sent to and for the authority,
    never for the owning party; recalling for the authority. A laboratory lifts no hold that others
    decided. Lifting gives the batch back to its verdict: it is released again where that is
    conforming.
    """
    act.need(INSPECTOR, AUTHORITY)
    batch = locked_batch(act, batch_id)
    _check_right(act, batch, kind)
    last = current_disposition(act.session, batch_id)
    _check_change(last, kind)
    _check_lifting(act, last, kind)
    made = _decide(act, batch, kind, reason, None)
    if kind == LIFT:
        verdict = latest_verdict(act.session, batch_id)
        return (follow_verdict(act, batch, verdict) if verdict else None) or made
    return made


def _check_right(act: Act, batch: Batch, kind: str) -> None:
    if batch.party_id == act.actor.party:
        raise Forbidden(
            "own-batch",
            Words("不能处置自己单位的批次。", "Nobody decides on a batch of their own party."),
        )
    if act.actor.is_a(AUTHORITY):
        return
    if kind == RECALL or act.actor.party not in laboratories_of(act.session, batch.id):
        raise Forbidden(
            "authority-only", Words("召回由主管部门决定。", "Only the authority recalls.")
        )


def _check_lifting(act: Act, last: Disposition | None, kind: str) -> None:
    if kind != LIFT or last is None or act.actor.is_a(AUTHORITY):
        return
    if last.verdict_id is None and last.party_id != act.actor.party:
        raise Forbidden(
            "hold-of-others",
            Words("封存是别的单位决定的，只有它或主管部门可以解除。",
                  "Others decided this hold; only they or the authority lift it."),
        )  # fmt: skip


def _check_change(last: Disposition | None, kind: str) -> None:
    """The same twice is refused; but a person may hold what only a verdict held, to keep it so."""
    now = last.kind if last is not None else None
    held_by_verdict = last is not None and last.kind == HOLD and last.verdict_id is not None
    if (now == kind and not held_by_verdict) or (now in _FINAL and kind != RECALL):
        raise Conflict(
            "already-decided",
            Words("这批已经是这个处置，或已拒收、召回、让步放行，不能再改。",
                  "The batch already stands so, or was rejected, recalled or conceded for good."),
        )  # fmt: skip
    if kind == LIFT and now != HOLD:
        raise Conflict("not-held", Words("这批没有封存。", "The batch is not on hold."))


def hold_for(act: Act, batch: Batch, reason: str) -> Disposition | None:
    """Hold a released, locked batch because of something that happened elsewhere.

    A hold that a verdict had caused becomes one that stays until a person lifts it.
    """
    last = current_disposition(act.session, batch.id)
    by_verdict = last is not None and last.kind == HOLD and last.verdict_id is not None
    if last is None or not (last.kind == RELEASE or by_verdict):
        return last
    return _decide(act, batch, HOLD, reason, None)


def recall_batch(act: Act, batch: Batch, reason: str) -> Disposition | None:
    """A recall reaches a locked batch: whatever was decided before, from now on it is recalled.

    None where it is recalled already. Whoever calls has decided who may recall what.
    """
    last = current_disposition(act.session, batch.id)
    if last is not None and last.kind == RECALL:
        return None
    return _decide(act, batch, RECALL, reason, None)


def check_usable(session: Session, batch: Batch) -> None:
    """Whether goods of a batch may go on, into other batches or to others; Conflict says why not.

    Nothing that was judged nonconforming, put on hold, rejected, recalled or conceded goes into
    other goods of the name.
    """
    last = current_disposition(session, batch.id)
    verdict = latest_verdict(session, batch.id)
    failed = verdict is not None and verdict.outcome == NONCONFORMING
    if failed or (last is not None and last.kind in (HOLD, *_FINAL)):
        stands = _STANDS[NONCONFORMING if last is None or last.kind not in _STANDS else last.kind]
        raise Conflict(
            "batch-not-usable",
            Words(
                f"批次 {batch.number} {stands.zh}，它的货不能再加工、混装或交出。",
                f"Batch {batch.number} {stands.en}: its goods go no further under this name.",
            ),
        )


_STANDS = {
    NONCONFORMING: Words("判定不合格", "was judged nonconforming"),
    HOLD: Words("已封存", "is on hold"),
    REJECT: Words("已拒收", "was rejected"),
    RECALL: Words("已召回", "was recalled"),
    CONCESSION: Words("已让步放行，只能作普通货物", "was released as ordinary goods only"),
}


def check_split(session: Session, batch_id: uuid.UUID) -> Disposition | None:
    """The disposition of a batch that is to be split; Conflict where its end was decided."""
    last = current_disposition(session, batch_id)
    if last is not None and last.kind in _FINAL:
        raise Conflict(
            "already-decided",
            Words("这批已拒收、召回或让步放行，不能再拆。",
                  "It was rejected, recalled or conceded for good; no part leaves it."),
        )  # fmt: skip
    return last


def carry_hold(act: Act, part: Batch, last: Disposition | None) -> None:
    """A part stays on hold where a person had put its batch on hold: only they lift it there too."""
    if last is None or last.kind != HOLD or last.verdict_id is not None:
        return
    _decide(act, part, HOLD, last.reason, None, by=(last.party_id, last.account_id))


def release_rest(
    act: Act, batch: Batch, verdict: Verdict, reason: str = REST_WORDS
) -> Disposition | None:
    """After a split or a recount a released batch is released anew for what there is of it."""
    last = current_disposition(act.session, batch.id)
    if last is None or last.kind != RELEASE or last.quantity == batch.quantity:
        return last
    return _decide(act, batch, RELEASE, reason, verdict)


def _decide(
    act: Act, batch: Batch, kind: str, reason: str | None, verdict: Verdict | None,
    by: tuple[uuid.UUID | None, uuid.UUID | None] | None = None,
) -> Disposition:  # fmt: skip
    last = current_disposition(act.session, batch.id)
    party, account = by or (act.actor.party, act.actor.account)
    made = Disposition(
        id=uuid.uuid4(),
        batch_id=batch.id,
        number=1 if last is None else last.number + 1,
        kind=kind,
        reason=reason,
        verdict_id=verdict.id if verdict else None,
        quantity=batch.quantity if kind == RELEASE else None,
        party_id=party,
        account_id=account,
        decided_at=act.at,
    )
    act.session.add(made)
    act.session.flush()
    act.record(
        "disposition", made.id, batch=batch.id, number=made.number, disposition=kind,
        reason=reason, verdict=made.verdict_id,
        quantity=None if made.quantity is None else str(made.quantity),
    )  # fmt: skip
    return made
