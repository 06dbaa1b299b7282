"""Finding certificates of promise: by who may know of them, by number, by what they are of."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, Act
from core.errors import NotFound, not_found
from core.record.service import unsealed
from labels.promise_models import Promise, PromiseLink, PromiseReceipt, PromiseWithdrawal
from labels.promises import BY_NUMBER, BY_SCAN, State, read_number, state_of
from labels.report_address import token_of
from trace.inspections.dispositions import NONCONFORMING, current_disposition
from trace.inspections.judging import latest_verdict
from trace.inspections.models import HOLD, RECALL, REJECT


def promises_seen_by(act: Act) -> Select[Promise]:
    """The certificates that the actor may know of: issued or collected; all for the authority."""
    query = select(Promise)
    if act.actor.is_a(AUTHORITY):
        return query
    mine = select(PromiseReceipt.promise_id).where(PromiseReceipt.party_id == act.party)
    return query.where(or_(Promise.party_id == act.party, Promise.id.in_(mine)))


def search_promises(act: Act, text: str | None) -> Select[Promise]:
    """Those of them with these characters in their number or the number of their batch."""
    query = promises_seen_by(act)
    if not text:
        return query
    wanted = read_number(text) or "".join(text.upper().split())
    return query.where(
        or_(
            Promise.number.contains(wanted, autoescape=True),
            Promise.batch_number.contains(wanted, autoescape=True),
        )
    )


def visible_promise(act: Act, promise_id: uuid.UUID) -> Promise:
    """A certificate that the actor may know of; NotFound otherwise."""
    found = act.session.scalars(promises_seen_by(act).where(Promise.id == promise_id)).first()
    if found is None:
        raise _none()
    return found


def promise_named(session: Session, name: str) -> tuple[Promise, str]:
    """The certificate of a number or of a public address, and by which; NotFound otherwise.

    Of a whole link only its end counts.
    """
    end = name.strip().split("?")[0].rstrip("/").rpartition("/")[2]
    token, number = token_of(end), read_number(end)
    found = None
    if token is not None:
        found = promise_by_token(session, token)
    elif number is not None:
        found = session.scalars(select(Promise).where(Promise.number == number)).first()
    if found is None:
        raise _none()
    return found, BY_NUMBER if token is None else BY_SCAN


def promise_by_token(session: Session, token: uuid.UUID) -> Promise | None:
    """The certificate of a random number; None where there is none."""
    return session.scalars(select(Promise).where(Promise.token == token)).first()


def _none() -> NotFound:
    return not_found("合格证", "certificate of promise")


# --- how they stand -------------------------------------------------------------------------


def promises_of(session: Session, batch_id: uuid.UUID) -> Sequence[Promise]:
    """Every certificate of a batch, newest first."""
    query = select(Promise).where(Promise.batch_id == batch_id)
    return session.scalars(query.order_by(Promise.issued_at.desc(), Promise.number)).unique().all()


def standing_of_batch(session: Session, batch_id: uuid.UUID) -> list[Promise]:
    """Those that nobody took back and no newer one has replaced."""
    rows = promises_of(session, batch_id)
    gone = withdrawals_of(session, rows).keys() | newer_of(session, rows).keys()
    return [row for row in rows if row.id not in gone]


def withdrawals_of(session: Session, rows: Iterable[Promise]) -> dict[uuid.UUID, PromiseWithdrawal]:
    """The withdrawals of some certificates, by certificate."""
    query = select(PromiseWithdrawal).where(
        PromiseWithdrawal.promise_id.in_([row.id for row in rows])
    )
    return {row.promise_id: row for row in session.scalars(query)}


def newer_of(session: Session, rows: Iterable[Promise]) -> dict[uuid.UUID, Promise]:
    """By which newer certificates some were replaced, by the older one."""
    query = select(Promise).where(Promise.replaces_id.in_([row.id for row in rows]))
    found = session.scalars(query).unique()
    return {row.replaces_id: row for row in found if row.replaces_id is not None}


def states_of(session: Session, rows: Sequence[Promise]) -> dict[uuid.UUID, State]:
    """How each of some certificates stands now."""
    gone, newer = withdrawals_of(session, rows), newer_of(session, rows)
    batches = {row.batch_id: goods_of(session, row.batch_id) for row in rows}
    return {
        row.id: state_of(
            withdrawn=row.id in gone,
            replaced=row.id in newer,
            recalled=batches[row.batch_id] == "recalled",
            held=batches[row.batch_id] == "held",
        )
        for row in rows
    }


def goods_of(session: Session, batch_id: uuid.UUID) -> str:
    """What became of a batch: 'recalled', 'held' (rejected and nonconforming too), or nothing."""
    last = current_disposition(session, batch_id)
    kind = last.kind if last is not None else ""
    if kind == RECALL:
        return "recalled"
    verdict = latest_verdict(session, batch_id)
    failing = verdict is not None and verdict.outcome == NONCONFORMING
    return "held" if failing or kind in (HOLD, REJECT) else ""


def older_than(session: Session, promise: Promise) -> Sequence[Promise]:
    """The certificates that its goods had before: of their batches, and the one it replaces."""
    linked = select(PromiseLink.old_id).where(PromiseLink.promise_id == promise.id)
    query = select(Promise).where(or_(Promise.id.in_(linked), Promise.id == promise.replaces_id))
    return session.scalars(query.order_by(Promise.issued_at, Promise.number)).unique().all()


def newer_than(session: Session, promise: Promise) -> Sequence[Promise]:
    """The certificates that goods of it got later."""
    linked = select(PromiseLink.promise_id).where(PromiseLink.old_id == promise.id)
    query = select(Promise).where(or_(Promise.id.in_(linked), Promise.replaces_id == promise.id))
    return session.scalars(query.order_by(Promise.issued_at, Promise.number)).unique().all()


def receipts_of(session: Session, promise_id: uuid.UUID) -> Sequence[PromiseReceipt]:
    """Who collected a certificate, in the order of doing so."""
    query = select(PromiseReceipt).where(PromiseReceipt.promise_id == promise_id)
    return session.scalars(query.order_by(PromiseReceipt.received_at)).all()


def contact_of(session: Session, promise: Promise) -> str:
    """The contact as printed; empty once it was erased."""
    return unsealed(session, [promise.contact]).get(promise.contact, "")
