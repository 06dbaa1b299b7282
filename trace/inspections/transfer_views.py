"""REST of hand-overs: one party sends goods, the other confirms or refuses them."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from sqlalchemy import select

from core.act import Act
from core.http.acting import current_act, writes
from core.http.paging import page_arguments, page_of
from trace.inspections import handing_over
from trace.transfers.differences import days_waiting, difference_words
from trace.transfers.models import Transfer, TransferAnswer
from trace.transfers.schemas import (
    UNANSWERED,
    ConfirmationIn,
    GivenReasonIn,
    TransferIn,
    TransferOut,
    TransferQuery,
)
from trace.transfers.service import (
    ConfirmDraft,
    SendDraft,
    transfers_seen_by,
    unanswered,
    visible_transfer,
)

transfers = Blueprint("transfers", __name__, description="交接 goods from party to party")
_ANSWER = (
    "kind", "counted_typed", "counted_unit", "condition", "note", "batch_id", "posting", "at",
)  # fmt: skip


@transfers.route("/transfers", methods=["POST"])
@writes
@transfers.arguments(TransferIn)
@transfers.response(201, TransferOut)
def send(draft: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Hand goods of a batch over to a licensed party; they are under way until it answers."""
    act = current_act()
    row = handing_over.send(act, SendDraft(**draft))
    return _told(act, row), {"Location": f"/api/v1/transfers/{row.id}"}


@transfers.route("/transfers")
@transfers.arguments(TransferQuery, location="query")
@transfers.response(200, TransferOut(many=True))
def list_transfers(args: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """What one's party sent and what was sent to it, newest first; all of it for the authority."""
    act, paging = current_act(), page_arguments(args)
    query = transfers_seen_by(act)
    if args.get("side") == "sent":
        query = query.where(Transfer.party_id == act.party)
    elif args.get("side") == "received":
        query = query.where(Transfer.to_party_id == act.party)
    state = args.get("state")
    if state == UNANSWERED:
        query = unanswered(query)
    elif state:
        kept = select(TransferAnswer.transfer_id).where(TransferAnswer.kind == state)
        query = query.where(Transfer.id.in_(kept))
    page = page_of(act.session, query, Transfer.sent_at, Transfer.id, **paging)
    return [_told(act, row) for row in page.rows], page.headers()


@transfers.route("/transfers/<uuid:transfer_id>")
@transfers.response(200, TransferOut)
def get_transfer(transfer_id: UUID) -> dict[str, Any]:
    """One hand-over and its answer."""
    act = current_act()
    return _told(act, visible_transfer(act, transfer_id))


@transfers.route("/transfers/<uuid:transfer_id>/confirmation", methods=["POST"])
@writes
@transfers.arguments(ConfirmationIn)
@transfers.response(201, TransferOut)
def confirm(draft: dict[str, Any], transfer_id: UUID) -> tuple[dict[str, Any], dict[str, str]]:
    """The receiver confirms what arrived; a difference is booked as such and shown to both."""
    handing_over.confirm(current_act(), transfer_id, ConfirmDraft(**draft))
    return _answered(transfer_id)


@transfers.route("/transfers/<uuid:transfer_id>/refusal", methods=["POST"])
@writes
@transfers.arguments(GivenReasonIn)
@transfers.response(201, TransferOut)
def refuse(draft: dict[str, Any], transfer_id: UUID) -> tuple[dict[str, Any], dict[str, str]]:
    """The receiver refuses the goods: they are back in the sender's stock."""
    handing_over.refuse(current_act(), transfer_id, draft["reason"])
    return _answered(transfer_id)


@transfers.route("/transfers/<uuid:transfer_id>/withdrawal", methods=["POST"])
@writes
@transfers.arguments(GivenReasonIn)
@transfers.response(201, TransferOut)
def withdraw(draft: dict[str, Any], transfer_id: UUID) -> tuple[dict[str, Any], dict[str, str]]:
    """The sender takes an unanswered hand-over back."""
    handing_over.withdraw_sending(current_act(), transfer_id, draft["reason"])
    return _answered(transfer_id)


def _answered(transfer_id: UUID) -> tuple[dict[str, Any], dict[str, str]]:
    act = current_act()
    location = {"Location": f"/api/v1/transfers/{transfer_id}"}
    return _told(act, visible_transfer(act, transfer_id)), location


def _told(act: Act, row: Transfer) -> dict[str, Any]:
    told = {column.key: getattr(row, column.key) for column in Transfer.__table__.columns}
    answer = row.answer
    return {
        **told,
        "party": row.party,
        "to_party": row.to_party,
        "batch": row.batch,
        "product": row.product,
        "by_collector": row.card_id is not None,
        "state": answer.kind if answer else UNANSWERED,
        "days_waiting": None if answer else days_waiting(row.sent_on, act.today),
        "answer": _answer(row, answer) if answer else None,
    }


def _answer(row: Transfer, answer: TransferAnswer) -> dict[str, Any]:
    counted, difference = answer.counted, answer.difference
    return {
        **{name: getattr(answer, name) for name in _ANSWER},
        "counted": None if counted is None else str(counted),
        "difference": None if difference is None else str(difference),
        "difference_words": None
        if difference is None
        else difference_words(difference, row.batch.base)._asdict(),
    }
