"""让步放行: goods that do not conform go as ordinary goods only, by two people, for a reason.

It never yields a label and never revives one: nothing is released after a concession, whatever
later verdicts say. Nobody of the party that owns the goods has a say in it.
"""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, INSPECTOR, Act
from core.errors import Conflict, Forbidden, not_found
from core.words import Words
from trace.batches.models import Batch
from trace.batches.service import laboratories_of, locked_batch, visible_batch
from trace.inspections.concession_models import Concession
from trace.inspections.dispositions import CONFORMING, current_disposition
from trace.inspections.judging import latest_verdict
from trace.inspections.models import CONCESSION, RECALL, REJECT, Disposition, Verdict

_ENDED = {
    REJECT: Words("这批已经拒收。", "The batch was rejected."),
    RECALL: Words("这批已经召回。", "The batch was recalled."),
    CONCESSION: Words("这批已经让步放行。", "The batch has a concession already."),
}


def ask_concession(act: Act, batch_id: uuid.UUID, reason: str) -> Concession:
    """A laboratory that the batch was sent to, or the authority, asks for a concession.

    Conflict where the batch conforms, was not judged, was rejected, recalled or conceded, or where
    another request waits.
    """
    act.need(INSPECTOR, AUTHORITY)
    batch = locked_batch(act, batch_id)
    account = _account(act)
    _check_not_owner(act, batch)
    if not act.actor.is_a(AUTHORITY) and act.party not in laboratories_of(act.session, batch.id):
        raise Forbidden(
            "authority-only",
            Words("只有送检的检验机构和主管部门可以申请。", "Only its laboratory or the authority asks."),
        )  # fmt: skip
    verdict = _failing_verdict(act, batch)
    if waiting_concession(act.session, batch.id) is not None:
        raise Conflict(
            "already-asked",
            Words("已经有一份让步放行申请在等确认。", "A request is waiting for its answer already."),
        )  # fmt: skip
    made = Concession(
        id=uuid.uuid4(), batch_id=batch.id, verdict_id=verdict.id, reason=reason,
        quantity=batch.quantity, party_id=act.party, asked_by=account, asked_at=act.at,
    )  # fmt: skip
    act.session.add(made)
    act.session.flush()
    act.record(
        "concession-asked", made.id, batch=batch.id, verdict=verdict.id, reason=reason,
        quantity=str(batch.quantity), party=made.party_id,
    )  # fmt: skip
    return made


def confirm_concession(act: Act, concession_id: uuid.UUID) -> Disposition:
    """Another person, of the authority, confirms: from now on the goods are ordinary goods."""
    concession, batch = _to_answer(act, concession_id)
    _check_other_person(act, concession)
    _failing_verdict(act, batch)
    concession.confirmed_by, concession.confirmed_at = _account(act), act.at
    act.session.flush()
    last = current_disposition(act.session, batch.id)
    made = Disposition(
        id=uuid.uuid4(), batch_id=batch.id, number=1 if last is None else last.number + 1,
        kind=CONCESSION, reason=concession.reason, quantity=batch.quantity, party_id=act.party,
        account_id=concession.asked_by, second_account_id=concession.confirmed_by,
        decided_at=act.at,
    )  # fmt: skip
    act.session.add(made)
    act.session.flush()
    act.record(
        "disposition", made.id, batch=batch.id, number=made.number, disposition=CONCESSION,
        reason=made.reason, verdict=None, quantity=str(batch.quantity),
        concession=concession.id, asked_by=concession.asked_by,
    )  # fmt: skip
    return made


def refuse_concession(act: Act, concession_id: uuid.UUID, reason: str) -> Concession:
    """The authority refuses, with a reason; the batch stays as it stands."""
    concession, _ = _to_answer(act, concession_id)
    concession.refused_by, concession.refused_at = _account(act), act.at
    concession.refusal = reason
    act.session.flush()
    act.record("concession-refused", concession.id, batch=concession.batch_id, reason=reason)
    return concession


def concessions_of(session: Session, batch_id: uuid.UUID) -> Sequence[Concession]:
    """Every concession asked for a batch, newest first."""
    query = select(Concession).where(Concession.batch_id == batch_id)
    return session.scalars(query.order_by(Concession.asked_at.desc(), Concession.id)).all()


def visible_concession(act: Act, concession_id: uuid.UUID) -> Concession:
    """A concession of a batch that the actor may know of; NotFound otherwise."""
    found = act.session.get(Concession, concession_id)
    if found is None:
        raise not_found("让步放行申请", "concession")
    visible_batch(act, found.batch_id)
    return found


def waiting_concession(session: Session, batch_id: uuid.UUID) -> Concession | None:
    """The request of a batch that nobody has answered yet."""
    waiting = Concession.confirmed_by.is_(None) & Concession.refused_by.is_(None)
    query = select(Concession).where(Concession.batch_id == batch_id, waiting)
    return session.scalars(query).first()


def waiting_concessions(session: Session) -> Sequence[tuple[Concession, Batch]]:
    """Every request that nobody has answered yet, with its batch, oldest first."""
    waiting = Concession.confirmed_by.is_(None) & Concession.refused_by.is_(None)
    query = select(Concession, Batch).join(Batch, Batch.id == Concession.batch_id).where(waiting)
    rows = session.execute(query.order_by(Concession.asked_at, Concession.id)).unique()
    return [(concession, batch) for concession, batch in rows]


def may_ask(act: Act, batch: Batch) -> bool:
    """Whether the form that asks makes sense for the actor: it can still be refused."""
    if batch.party_id == act.actor.party or waiting_concession(act.session, batch.id):
        return False
    verdict, last = (
        latest_verdict(act.session, batch.id),
        current_disposition(act.session, batch.id),
    )
    ended = last is not None and last.kind in _ENDED
    return verdict is not None and verdict.outcome != CONFORMING and not ended


# --- checks --------------------------------------------------------------------------------


def _to_answer(act: Act, concession_id: uuid.UUID) -> tuple[Concession, Batch]:
    """A request that waits, with its batch locked."""
    act.need(AUTHORITY)
    batch = locked_batch(act, visible_concession(act, concession_id).batch_id)
    concession = act.session.get_one(Concession, concession_id, populate_existing=True)
    _check_not_owner(act, batch)
    if concession.state != "waiting":
        raise Conflict(
            "already-answered",
            Words("这份申请已经有人答复过。", "This request was answered already."),
        )
    return concession, batch


def _account(act: Act) -> uuid.UUID:
    if act.actor.account is None:
        raise Forbidden("no-account", Words("要由人来决定。", "A person has to decide this."))
    return act.actor.account


def _check_not_owner(act: Act, batch: Batch) -> None:
    if batch.party_id == act.actor.party:
        raise Forbidden(
            "own-batch",
            Words("不能处置自己单位的批次。", "Nobody decides on a batch of their own party."),
        )


def _check_other_person(act: Act, concession: Concession) -> None:
    if concession.asked_by == act.actor.account:
        raise Forbidden(
            "second-person",
            Words("申请的人不能自己确认，要另一个帐号的人来确认。",
                  "Who asked cannot confirm: a person of another account has to."),
        )  # fmt: skip


def _failing_verdict(act: Act, batch: Batch) -> Verdict:
    """The verdict that is conceded against; Conflict where there is nothing to concede."""
    last = current_disposition(act.session, batch.id)
    if last is not None and last.kind in _ENDED:
        raise Conflict("already-decided", _ENDED[last.kind])
    verdict = latest_verdict(act.session, batch.id)
    if verdict is None:
        raise Conflict(
            "not-judged", Words("这批还没有判定。", "The batch has not been judged yet.")
        )
    if verdict.outcome == CONFORMING:
        raise Conflict(
            "conforming",
            Words("这批判定合格，不用让步：请正常放行。",
                  "The batch conforms and needs no concession: release it instead."),
        )  # fmt: skip
    return verdict
