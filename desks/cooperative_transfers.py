"""交接: sending goods of a batch to another party, and what a party is sent: confirm or refuse."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.errors import Conflict
from core.http.acting import current_act, writes
from core.http.paging import page_of
from core.pages.views import say
from desks.amounts import in_unit, stock_of
from desks.cooperative_batch import own_batch, units_of
from desks.entered import posted, under
from desks.forms import Entered, attempt, loaded
from desks.standings import standings_of
from desks.transfer_parts import CONDITION_WORDS, TransferView, view_of
from trace.batches.models import Batch
from trace.inspections import handing_over
from trace.inspections.dispositions import check_usable
from trace.transfers.models import INTACT, Transfer, TransferAnswer
from trace.transfers.schemas import ConfirmationIn, GivenReasonIn, TransferIn
from trace.transfers.service import (
    ConfirmDraft,
    SendDraft,
    receivers_of,
    transfers_seen_by,
    unanswered,
    visible_transfer,
)

cooperative_transfers = Blueprint(
    "cooperative_transfers", __name__, url_prefix="/coop", template_folder="templates"
)
CONFIRM, REFUSE, WITHDRAW = "confirm", "refuse", "withdraw"
MOST_WAITING = 100


@cooperative_transfers.get("/hand-overs/")
def transfers() -> str:
    """What waits for the party's answer, what waits for another's, and what was answered."""
    act = current_act()
    waiting = unanswered(transfers_seen_by(act)).order_by(Transfer.sent_on, Transfer.sent_at)
    views = [view_of(act, row) for row in act.session.scalars(waiting.limit(MOST_WAITING))]
    done = transfers_seen_by(act).where(Transfer.id.in_(select(TransferAnswer.transfer_id)))
    page = page_of(
        act.session, done, Transfer.sent_at, Transfer.id, after=request.args.get("after")
    )
    return render_template(
        "cooperative/transfers.html",
        incoming=[view for view in views if view.received],
        outgoing=[view for view in views if not view.received],
        answered=[view_of(act, row) for row in page.rows],
        page=page,
    )


# --- sending ---------------------------------------------------------------------------------


@cooperative_transfers.get("/batches/<uuid:batch_id>/hand-over")
def sending(batch_id: UUID) -> str:
    """The form that hands goods of a batch over."""
    return _sending_page(batch_id, Entered())


def _sending_page(batch_id: UUID, entered: Entered) -> str:
    act = current_act()
    batch = own_batch(act, batch_id)
    stock = stock_of(act.session, batch)
    return render_template(
        "cooperative/transfer_new.html",
        batch=batch,
        entered=entered,
        blocked_why=_why_not(act, batch, stock),
        left=in_unit(batch, stock),
        units=units_of(batch),
        receivers=[(str(p.id), p.name) for p in receivers_of(act, batch.product_id)],
        today=act.today,
    )


def _why_not(act: Act, batch: Batch, stock: int) -> str:
    """Why no goods of the batch can be handed over now; empty where some can."""
    if batch.confirmed_at is None:
        return str(_("数量还没有确认，先确认再交出。"))
    try:
        check_usable(act.session, batch)
    except Conflict as refusal:
        return say(refusal.detail)
    return "" if stock else str(_("这一批没有不带标签的货了。"))


@cooperative_transfers.post("/batches/<uuid:batch_id>/hand-over")
def send(batch_id: UUID) -> Response:
    """Hand goods over."""
    return attempt(lambda: _send(batch_id), lambda entered: _sending_page(batch_id, entered))


@writes
def _send(batch_id: UUID) -> AnyResponse:
    boxes = {
        name: request.form.get(name, "") for name in ("to", "quantity", "unit", "sent_on", "note")
    }
    filled = {name: value for name, value in boxes.items() if value.strip()}
    draft = loaded(TransferIn(), {**filled, "batch": str(batch_id)})
    row = handing_over.send(current_act(), SendDraft(**draft))
    flash(_("已交出，等%(name)s确认。", name=row.to_party.name), "pass")
    return _to(row.id)


def _to(transfer_id: UUID) -> AnyResponse:
    return redirect(url_for("cooperative_transfers.transfer", transfer_id=transfer_id), 303)


# --- one hand-over ---------------------------------------------------------------------------


@cooperative_transfers.get("/hand-overs/<uuid:transfer_id>")
def transfer(transfer_id: UUID) -> str:
    """A hand-over, and what the party may do with it."""
    return _page(transfer_id, Entered())


def _page(transfer_id: UUID, entered: Entered) -> str:
    act = current_act()
    row = visible_transfer(act, transfer_id)
    view = view_of(act, row)
    return render_template(
        "cooperative/transfer.html",
        view=view,
        row=row,
        entered=entered,
        standing=standings_of(act.session, [row.batch_id])[row.batch_id],
        stopped=_stopped(act, view),
        units=units_of(row.batch),
        conditions=[(key, say(words)) for key, words in CONDITION_WORDS.items()],
        intact=INTACT,
    )


def _stopped(act: Act, view: TransferView) -> str:
    """Why goods that are under way can no longer be confirmed; empty where they can."""
    if view.row.answer is not None:
        return ""
    try:
        check_usable(act.session, view.row.batch)
    except Conflict as refusal:
        return say(refusal.detail)
    return ""


@cooperative_transfers.post("/hand-overs/<uuid:transfer_id>/confirmation")
def confirm(transfer_id: UUID) -> Response:
    """Say what arrived."""
    return _answer(transfer_id, CONFIRM, _confirm)


@cooperative_transfers.post("/hand-overs/<uuid:transfer_id>/refusal")
def refuse(transfer_id: UUID) -> Response:
    """Send the goods back."""
    return _answer(transfer_id, REFUSE, _refuse)


@cooperative_transfers.post("/hand-overs/<uuid:transfer_id>/withdrawal")
def withdraw(transfer_id: UUID) -> Response:
    """Take the hand-over back."""
    return _answer(transfer_id, WITHDRAW, _withdraw)


def _answer(transfer_id: UUID, form: str, do: Any) -> Response:
    return attempt(
        lambda: do(transfer_id), lambda entered: _page(transfer_id, under(form, entered))
    )


@writes
def _confirm(transfer_id: UUID) -> AnyResponse:
    boxes = posted(CONFIRM, "quantity", "unit", "condition", "note", "number")
    draft = ConfirmDraft(**loaded(ConfirmationIn(), boxes))
    answer = handing_over.confirm(current_act(), transfer_id, draft)
    assert answer.batch is not None
    flash(_("已确认收货，成了您的批次 %(number)s。", number=answer.batch.number), "pass")
    return _to(transfer_id)


@writes
def _refuse(transfer_id: UUID) -> AnyResponse:
    reason = loaded(GivenReasonIn(), posted(REFUSE, "reason"))["reason"]
    handing_over.refuse(current_act(), transfer_id, reason)
    flash(_("已拒收，货回到发货方账上。"), "pass")
    return _to(transfer_id)


@writes
def _withdraw(transfer_id: UUID) -> AnyResponse:
    reason = loaded(GivenReasonIn(), posted(WITHDRAW, "reason"))["reason"]
    handing_over.withdraw_sending(current_act(), transfer_id, reason)
    flash(_("已撤回，货回到您的账上。"), "pass")
    return _to(transfer_id)
