"""The laboratory's orders: what is open, and planning the inspection of a batch sent to it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.http.acting import current_act, writes
from core.http.paging import page_of
from desks.form_texts import listed
from desks.forms import Entered, attempt, loaded
from desks.inspector import asked, sent_batch
from desks.sampling_form import (
    KIND_WORDS,
    WHY_WORDS,
    characteristics,
    flat,
    posted_sampling,
    said,
    sampling_choices,
)
from trace.sampling.items import MOST_ITEMS, proposed_items
from trace.sampling.models import BATCH, REINSPECTION, InspectionOrder
from trace.sampling.schemas import OrderIn
from trace.sampling.service import OrderDraft, plan_order

inspector_orders = Blueprint(
    "inspector_orders", __name__, url_prefix="/lab", template_folder="templates"
)
MOST_OPEN = 100


@inspector_orders.get("/orders")
def orders() -> str:
    """What the laboratory is to inspect, the oldest first; below what it has done."""
    act, text = current_act(), asked("q")
    query = orders_like(act, text)
    open_query = query.where(InspectionOrder.closed_at.is_(None))
    oldest = (InspectionOrder.ordered_at, InspectionOrder.id)
    waiting = act.session.scalars(open_query.order_by(*oldest).limit(MOST_OPEN)).unique().all()
    page = page_of(
        act.session, query.where(InspectionOrder.closed_at.is_not(None)),
        InspectionOrder.ordered_at, InspectionOrder.id, after=request.args.get("after"), size=20,
    )  # fmt: skip
    return render_template(
        "inspector/orders.html", text=text, waiting=waiting, page=page, kinds=said(KIND_WORDS)
    )


def orders_like(act: Act, text: str) -> Select[InspectionOrder]:
    """The laboratory's orders, found by a part of their number."""
    query = select(InspectionOrder).where(InspectionOrder.laboratory_id == act.party)
    if not text:
        return query
    return query.where(InspectionOrder.number.contains(text.upper(), autoescape=True))


@inspector_orders.get("/batches/<uuid:batch_id>/orders/new")
def plan(batch_id: UUID) -> str:
    """The form that plans the inspection of a batch."""
    return _form(batch_id, Entered())


@inspector_orders.post("/batches/<uuid:batch_id>/orders/new")
def plan_batch(batch_id: UUID) -> Response:
    """Plan it: units are drawn at once."""
    return attempt(lambda: _plan(batch_id), lambda entered: _form(batch_id, flat(entered)))


def _kind() -> str:
    return REINSPECTION if request.values.get("kind") == REINSPECTION else BATCH


def _form(batch_id: UUID, entered: Entered) -> str:
    act = current_act()
    batch = sent_batch(act, batch_id)
    kind = _kind()
    return render_template(
        "inspector/order_new.html",
        batch=batch,
        kind=kind,
        entered=entered,
        items=proposed_items(act.session, batch.product, kind, batch.production_date, act.today),
        whys=said(WHY_WORDS),
        names=characteristics(act),
        choices=sampling_choices(batch.product),
    )


@writes
def _plan(batch_id: UUID) -> AnyResponse:
    act = current_act()
    batch = sent_batch(act, batch_id)
    order = plan_order(act, OrderDraft(**loaded(OrderIn(), _values(batch.id))))
    flash(_("抽样单 %(number)s 已开。", number=order.number), "pass")
    return redirect(url_for("orders.order", order_id=order.id), 303)


def _values(batch_id: UUID) -> dict[str, Any]:
    """The boxes as the schema takes them."""
    chosen = [*request.form.getlist("items"), *listed("more")]
    values: dict[str, Any] = {
        "kind": _kind(),
        "batch": str(batch_id),
        "items": list(dict.fromkeys(chosen))[: MOST_ITEMS + 1],
    }
    sampling = posted_sampling()
    if sampling:
        values["sampling"] = sampling
    if request.form.get("note", "").strip():
        values["note"] = request.form["note"]
    return values
