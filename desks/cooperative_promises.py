"""Certificates of promise on the cooperative's desk: issue with one tap, collect, find, take back."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.http.acting import current_act, writes
from core.http.paging import page_of
from desks.cooperative_batch import batch_page, own_batch
from desks.entered import posted, under
from desks.form_texts import asked as asked_for
from desks.form_texts import at_groups, printable
from desks.forms import Entered, attempt, loaded
from desks.promise_blocks import listed, promise_page
from labels.promise_finding import search_promises, visible_promise
from labels.promise_models import Promise
from labels.promise_schemas import PromiseIn, PromiseWithdrawalIn
from labels.promise_service import PromiseDraft, collect_promise, issue_promise, withdraw_promise

cooperative_promises = Blueprint(
    "cooperative_promises", __name__, url_prefix="/coop", template_folder="templates"
)
PROMISE = "promise"
_TYPED = ("quantity", "unit", "origin", "contact", "other_proof", "replaces")
LONGEST_NAME = 200


@cooperative_promises.post("/batches/<uuid:batch_id>/promises")
def issue(batch_id: UUID) -> Response:
    """开具承诺达标合格证."""
    return attempt(
        lambda: _issue(batch_id),
        lambda entered: batch_page(batch_id, under(PROMISE, at_groups(entered, "basis"))),
    )


@writes
def _issue(batch_id: UUID) -> AnyResponse:
    act = current_act()
    batch = own_batch(act, batch_id)
    given = {**posted(PROMISE, *_TYPED), "basis": request.form.getlist(f"{PROMISE}-basis")}
    if "quantity" not in given:
        given.pop("unit", None)
    made = issue_promise(act, batch.id, PromiseDraft(**loaded(PromiseIn(), given)))
    flash(_("已开具，编号 %(number)s。", number=made.number), "pass")
    return redirect(url_for("cooperative_promises.promise", promise_id=made.id), 303)


@cooperative_promises.get("/promises")
def promises() -> str:
    """Those that the party issued and collected, newest first; found by number."""
    return _list(Entered())


def _list(entered: Entered) -> str:
    act = current_act()
    asked = asked_for("q")
    query = search_promises(act, asked["q"])
    page = page_of(
        act.session, query, Promise.issued_at, Promise.id, after=request.args.get("after")
    )
    return render_template(
        "promises/list.html",
        desk="cooperative_promises",
        entered=entered,
        asked=asked,
        page=page,
        rows=listed(act.session, page.rows),
        party=act.party,
    )


@cooperative_promises.post("/promises/receipts")
def collect() -> Response:
    """Record that a certificate was collected."""
    return attempt(_collect, lambda entered: _list(under("receipt", entered)))


@writes
def _collect() -> AnyResponse:
    name = printable(request.form.get("receipt-name", ""))[:LONGEST_NAME]
    receipt = collect_promise(current_act(), name)
    flash(_("已收取并存档，以后按编号能查到。"), "pass")
    return redirect(url_for("cooperative_promises.promise", promise_id=receipt.promise_id), 303)


@cooperative_promises.get("/promises/<uuid:promise_id>")
def promise(promise_id: UUID) -> str:
    """One of them: printing, what it goes with, who collected it."""
    return _page(promise_id, Entered())


def _page(promise_id: UUID, entered: Entered) -> str:
    act = current_act()
    row = visible_promise(act, promise_id)
    return render_template(
        "promises/promise.html",
        desk="cooperative_promises",
        entered=entered,
        **promise_page(act, row),
    )


@cooperative_promises.post("/promises/<uuid:promise_id>/withdrawal")
def withdraw(promise_id: UUID) -> Response:
    """Take one back, with a reason."""
    return attempt(
        lambda: _withdraw(promise_id),
        lambda entered: _page(promise_id, under("withdrawal", entered)),
    )


@writes
def _withdraw(promise_id: UUID) -> AnyResponse:
    draft = loaded(PromiseWithdrawalIn(), posted("withdrawal", "reason"))
    withdraw_promise(current_act(), promise_id, draft["reason"])
    flash(_("已撤回；记录还在，扫码的人看得到已撤回。"), "pass")
    return redirect(url_for("cooperative_promises.promise", promise_id=promise_id), 303)
