"""Certificates of promise on the authority's desk: all of them, found by number."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.http.acting import current_act, writes
from core.http.paging import page_of
from desks.entered import posted, under
from desks.form_texts import asked as asked_for
from desks.forms import Entered, attempt, loaded
from desks.promise_blocks import listed, promise_page
from labels.promise_finding import search_promises, visible_promise
from labels.promise_models import Promise
from labels.promise_schemas import PromiseWithdrawalIn
from labels.promise_service import withdraw_promise

authority_promises = Blueprint(
    "authority_promises", __name__, url_prefix="/gov", template_folder="templates"
)


@authority_promises.get("/promises")
def promises() -> str:
    """Every certificate, newest first; found by number."""
    act = current_act()
    asked = asked_for("q")
    query = search_promises(act, asked["q"])
    page = page_of(
        act.session, query, Promise.issued_at, Promise.id, after=request.args.get("after")
    )
    return render_template(
        "promises/list.html",
        desk="authority_promises",
        entered=Entered(),
        asked=asked,
        page=page,
        rows=listed(act.session, page.rows),
        party=None,
    )


@authority_promises.get("/promises/<uuid:promise_id>")
def promise(promise_id: UUID) -> str:
    """One of them."""
    return _page(promise_id, Entered())


def _page(promise_id: UUID, entered: Entered) -> str:
    act = current_act()
    row = visible_promise(act, promise_id)
    return render_template(
        "promises/promise.html",
        desk="authority_promises",
        entered=entered,
        **promise_page(act, row),
    )


@authority_promises.post("/promises/<uuid:promise_id>/withdrawal")
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
    return redirect(url_for("authority_promises.promise", promise_id=promise_id), 303)
