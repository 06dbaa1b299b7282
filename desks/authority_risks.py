"""Risk items and supervision: what the authority wants looked at, and at whose goods."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import or_, select
from werkzeug.wrappers import Response as AnyResponse

from core.act import PRODUCER, Act
from core.http.acting import current_act, writes
from core.http.paging import page_of
from core.identity.models import Party, PartyRole
from desks.entered import posted, under
from desks.form_texts import listed, texts
from desks.forms import Entered, attempt, loaded
from desks.sampling_form import KIND_WORDS, characteristics, flat, laboratories, said
from products.models import Product
from trace.batches.models import Batch
from trace.batches.service import visible_batch
from trace.sampling.models import SUPERVISION, InspectionOrder, RiskItem
from trace.sampling.risks import RiskDraft, add_risk, end_risk, risk_named
from trace.sampling.schemas import ClosingIn, OrderIn, RiskIn
from trace.sampling.service import OrderDraft, orders_seen_by, plan_order

authority_risks = Blueprint(
    "authority_risks", __name__, url_prefix="/gov", template_folder="templates"
)
RISK = "risk"
_RISK = ("product", "characteristic", "starts", "ends", "reason", "source")
MOST_ENDED = 50


@authority_risks.get("/risk-items")
def risks() -> str:
    """The risk items in force, those that are over, and the orders of everybody."""
    return _page(Entered())


def _page(entered: Entered) -> str:
    act = current_act()
    running = or_(RiskItem.ends.is_(None), RiskItem.ends >= act.today)
    stands = (RiskItem.ended_at.is_(None), running)
    newest = (RiskItem.added_at.desc(), RiskItem.id)
    query = select(RiskItem).order_by(*newest)
    over = query.where(or_(RiskItem.ended_at.is_not(None), RiskItem.ends < act.today))
    page = page_of(
        act.session, orders_seen_by(act), InspectionOrder.ordered_at, InspectionOrder.id,
        after=request.args.get("after"), size=20,
    )  # fmt: skip
    return render_template(
        "authority/risks.html",
        entered=entered,
        standing=act.session.scalars(query.where(*stands)).unique().all(),
        over=act.session.scalars(over.limit(MOST_ENDED)).unique().all(),
        page=page,
        kinds=said(KIND_WORDS),
        products=_products(act),
        names=characteristics(act),
        today=act.today,
    )


def _products(act: Act) -> list[tuple[str, str]]:
    query = select(Product.key, Product.name).order_by(Product.in_plan.desc(), Product.name)
    return [(key, name) for key, name in act.session.execute(query)]


@authority_risks.post("/risk-items")
def add() -> Response:
    """Add an item; every order from now on has it."""
    return attempt(_add, lambda entered: _page(under(RISK, entered)))


@writes
def _add() -> AnyResponse:
    row = add_risk(current_act(), RiskDraft(**loaded(RiskIn(), posted(RISK, *_RISK))))
    flash(_("%(name)s 开始监测；以后开的抽样单都有它。", name=row.characteristic), "pass")
    return redirect(url_for("authority_risks.risks"), 303)


@authority_risks.get("/risk-items/<uuid:risk_id>/end")
def ending(risk_id: UUID) -> str:
    """The form that ends an item."""
    return _end_page(risk_id, Entered())


@authority_risks.post("/risk-items/<uuid:risk_id>/end")
def end(risk_id: UUID) -> Response:
    """End an item."""
    risk_named(current_act(), risk_id)
    return attempt(lambda: _end(risk_id), lambda entered: _end_page(risk_id, entered))


def _end_page(risk_id: UUID, entered: Entered) -> str:
    row = risk_named(current_act(), risk_id)
    return render_template("authority/risk_end.html", risk=row, entered=entered)


@writes
def _end(risk_id: UUID) -> AnyResponse:
    end_risk(current_act(), risk_id, loaded(ClosingIn(), texts(("reason",)))["reason"])
    flash(_("已结束；以后开的抽样单不再有它。"), "pass")
    return redirect(url_for("authority_risks.risks"), 303)


# --- supervision ---------------------------------------------------------------------------


@authority_risks.get("/orders/new")
def supervision() -> str:
    """The form of a supervision order; of one batch where it is named in the address."""
    return _order_form(Entered())


@authority_risks.post("/orders/new")
def supervise() -> Response:
    """Order it: the laboratory sees it at once, the producer when the sample is drawn."""
    return attempt(_supervise, lambda entered: _order_form(flat(entered)))


def _named_batch(act: Act) -> Batch | None:
    text = request.values.get("batch", "")
    try:
        return visible_batch(act, UUID(text)) if text else None
    except ValueError:
        return None


def _order_form(entered: Entered) -> str:
    act = current_act()
    return render_template(
        "authority/order_form.html",
        entered=entered,
        batch=_named_batch(act),
        laboratories=laboratories(act),
        producers=_producers(act),
        products=_products(act),
    )


def _producers(act: Act) -> list[tuple[str, str]]:
    query = select(Party).join(PartyRole, PartyRole.party_id == Party.id)
    query = query.where(PartyRole.role == PRODUCER).order_by(Party.name)
    return [(str(row.id), row.name) for row in act.session.scalars(query).unique()]


@writes
def _supervise() -> AnyResponse:
    act = current_act()
    batch = _named_batch(act)
    values: dict[str, Any] = texts(("laboratory", "note"))
    values |= texts(("party", "product")) if batch is None else {"batch": str(batch.id)}
    values["kind"] = SUPERVISION
    if listed("more"):
        values["items"] = listed("more")
    order = plan_order(act, OrderDraft(**loaded(OrderIn(), values)))
    flash(_("已下单，%(name)s 现在能看到。", name=order.laboratory.name), "pass")
    return redirect(url_for("orders.order", order_id=order.id), 303)
