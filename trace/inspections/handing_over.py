"""Goods that go from party to party: the verbs, and what is judged before and after."""

import uuid
from collections.abc import Iterable

from sqlalchemy import select

from core.act import PRODUCER, Act
from core.errors import Conflict, Forbidden, NotFound
from core.identity.models import Party
from core.words import Words
from products.licences.service import licence_on
from trace.batches.lineage import with_descendants
from trace.batches.models import Batch
from trace.batches.service import own_batch
from trace.inspections.dispositions import check_usable
from trace.inspections.judging import batches_locked, reports_on
from trace.inspections.models import Inspection
from trace.inspections.rejudge import rejudge
from trace.inspections.service import visible_report
from trace.transfers.models import REFUSED, WITHDRAWN, Transfer, TransferAnswer
from trace.transfers.service import (
    ConfirmDraft,
    SendDraft,
    check_receiving,
    check_unanswered,
    give_back,
    send_goods,
    take_in,
    visible_transfer,
)


def send(act: Act, draft: SendDraft, card: uuid.UUID | None = None) -> Transfer:
    """The producer hands goods of its batch over to a licensed party: they are under way.

    Raises Invalid naming the field, Conflict where goods are not there or may go no further.
    """
    act.need(PRODUCER)
    batch = own_batch(act, draft.batch)
    check_usable(act.session, batch)
    return send_goods(act, batch, draft, card)


def confirm(act: Act, transfer_id: uuid.UUID, draft: ConfirmDraft) -> TransferAnswer:
    """The receiver says what arrived, and in which condition: it becomes a batch of its own.

    What was recorded on the sender's batch until now holds for it, and it is judged at once. Goods
    that were held or recalled while under way are not taken in: they can be refused. Raises
    Conflict for the second of two answers.
    """
    act.need(PRODUCER)
    row = visible_transfer(act, transfer_id)
    check_receiving(act, row)
    lock_parties(act, [act.party])
    parent = _locked_parent(act, row)
    _check_still_usable(act, row, parent)
    _check_still_licensed(act, row, parent)
    answer = take_in(act, row, parent, draft)
    assert answer.batch_id is not None
    rejudge(act, [answer.batch_id], "transfer")
    return answer


def refuse(act: Act, transfer_id: uuid.UUID, reason: str) -> TransferAnswer:
    """The receiver refuses the goods: they are back in the sender's stock."""
    act.need(PRODUCER)
    row = visible_transfer(act, transfer_id)
    check_receiving(act, row)
    return give_back(act, row, _locked_parent(act, row), REFUSED, reason)


def withdraw_sending(act: Act, transfer_id: uuid.UUID, reason: str) -> TransferAnswer:
    """The sender takes an unanswered hand-over back."""
    act.need(PRODUCER)
    row = visible_transfer(act, transfer_id)
    if row.party_id != act.party:
        raise Forbidden(
            "sender-only", Words("只有发货方可以撤回。", "Only the sender withdraws it.")
        )
    return give_back(act, row, _locked_parent(act, row), WITHDRAWN, reason)


def lock_parties(act: Act, ids: Iterable[uuid.UUID]) -> None:
    """Lock parties, whose next batch numbers are taken, in the order of their ids.

    Parties come before batches, so that no two acts wait in a ring.
    """
    query = select(Party.id).where(Party.id.in_(list(ids))).order_by(Party.id)
    act.session.scalars(query.with_for_update(key_share=True)).all()


def _locked_parent(act: Act, row: Transfer) -> Batch:
    """The sender's batch, locked: whoever answers its hand-overs waits here."""
    parent = batches_locked(act.session, [row.batch_id])[0]
    check_unanswered(act.session, row)
    return parent


def _check_still_usable(act: Act, row: Transfer, parent: Batch) -> None:
    try:
        check_usable(act.session, parent)
    except Conflict as stopped:
        raise Conflict(
            stopped.code,
            Words(
                f"{stopped.detail.zh}交接单 {row.number} 不能确认，请拒收，货退回发货方。",
                f"{stopped.detail.en} Hand-over {row.number} cannot be confirmed; refuse it, and "
                "the goods go back to the sender.",
            ),
        ) from stopped


def _check_still_licensed(act: Act, row: Transfer, parent: Batch) -> None:
    """The receiver's licence may have ended while the goods were under way."""
    if licence_on(act.session, act.party, parent.product_id, act.today) is None:
        name = parent.product.name
        raise Conflict(
            "receiver-not-licensed",
            Words(
                f"您单位现在没有{name}的准入，不能收这批货；请向主管部门申请，或者拒收 {row.number}。",
                f"Your party holds no licence for {name} now; ask the authority, or refuse "
                f"{row.number}.",
            ),
        )


def report_with_goods(act: Act, report_id: uuid.UUID) -> Inspection:
    """A report that the actor may know of, or that came along with goods handed over to it."""
    try:
        return visible_report(act, report_id)
    except NotFound:
        report = act.session.get(Inspection, report_id)
        if report is None or report.batch_id is None or not _holds_here(act, report):
            raise
        return report


def _holds_here(act: Act, report: Inspection) -> bool:
    """Whether a report on another's batch counts for a batch of the actor's party."""
    reached = with_descendants(act.session, [report.batch_id] if report.batch_id else [])
    query = select(Batch.id).where(Batch.id.in_(reached), Batch.party_id == act.party)
    return any(
        held.id == report.id
        for own in act.session.scalars(query)
        for held in reports_on(act.session, own)
    )
