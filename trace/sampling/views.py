"""REST of orders, samples, hand-overs and risk items."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from sqlalchemy import or_, select

from core.http.acting import current_act, writes
from core.http.paging import page_arguments, page_of
from products.models import Product
from trace.sampling import risks, samples, service
from trace.sampling.models import HandOver, InspectionOrder, RiskItem, Sample
from trace.sampling.planning import SamplingDraft
from trace.sampling.risks import RiskDraft
from trace.sampling.samples import HandOverDraft, SampleDraft
from trace.sampling.schemas import (
    ClosingIn,
    HandOverIn,
    HandOverOut,
    OrderIn,
    OrderOut,
    OrderQuery,
    RiskIn,
    RiskOut,
    RiskQuery,
    SampleIn,
    SampleOut,
    SamplingIn,
)
from trace.sampling.service import OrderDraft

sampling = Blueprint("sampling", __name__, description="抽样 orders, samples and risk items")
Answer = tuple[Any, dict[str, str]]


@sampling.route("/orders", methods=["POST"])
@writes
@sampling.arguments(OrderIn)
@sampling.response(201, OrderOut)
def plan_order(draft: dict[str, Any]) -> Answer:
    """Order an inspection: a laboratory plans, a producer asks, the authority supervises."""
    order = service.plan_order(current_act(), OrderDraft(**draft))
    return order, {"Location": f"/api/v1/orders/{order.id}"}


@sampling.route("/orders")
@sampling.arguments(OrderQuery, location="query")
@sampling.response(200, OrderOut(many=True))
def list_orders(args: dict[str, Any]) -> Answer:
    """The orders that one may know of, newest first."""
    act, paging = current_act(), page_arguments(args)
    query = service.orders_seen_by(act)
    if "open" in args:
        closed = InspectionOrder.closed_at
        query = query.where(closed.is_(None) if args["open"] else closed.is_not(None))
    if "kind" in args:
        query = query.where(InspectionOrder.kind == args["kind"])
    if "batch" in args:
        query = query.where(InspectionOrder.batch_id == args["batch"])
    page = page_of(act.session, query, InspectionOrder.ordered_at, InspectionOrder.id, **paging)
    return page.rows, page.headers()


@sampling.route("/orders/<uuid:order_id>")
@sampling.response(200, OrderOut)
def get_order(order_id: UUID) -> InspectionOrder:
    """One order."""
    return service.visible_order(current_act(), order_id)


@sampling.route("/orders/<uuid:order_id>/sampling", methods=["PUT"])
@writes
@sampling.arguments(SamplingIn)
@sampling.response(200, OrderOut)
def plan_sampling(draft: SamplingDraft, order_id: UUID) -> InspectionOrder:
    """Say how units are drawn, where the order left that open; once."""
    return service.plan_sampling(current_act(), order_id, draft)


@sampling.route("/orders/<uuid:order_id>/closing", methods=["POST"])
@writes
@sampling.arguments(ClosingIn)
@sampling.response(201, OrderOut)
def close_order(draft: dict[str, Any], order_id: UUID) -> Answer:
    """Close an order."""
    order = service.close_order(current_act(), order_id, draft["reason"])
    return order, {"Location": f"/api/v1/orders/{order.id}"}


@sampling.route("/orders/<uuid:order_id>/samples", methods=["POST"])
@writes
@sampling.arguments(SampleIn)
@sampling.response(201, SampleOut)
def draw_sample(draft: dict[str, Any], order_id: UUID) -> Answer:
    """Register a sample that was drawn."""
    sample = samples.draw_sample(current_act(), order_id, SampleDraft(**draft))
    return sample, {"Location": f"/api/v1/samples/{sample.id}"}


@sampling.route("/orders/<uuid:order_id>/samples")
@sampling.response(200, SampleOut(many=True))
def list_samples(order_id: UUID) -> list[Sample]:
    """The samples of an order."""
    return service.visible_order(current_act(), order_id).samples


@sampling.route("/samples/<uuid:sample_id>")
@sampling.response(200, SampleOut)
def get_sample(sample_id: UUID) -> Sample:
    """One sample."""
    return samples.visible_sample(current_act(), sample_id)


@sampling.route("/samples/<uuid:sample_id>/hand-overs", methods=["POST"])
@writes
@sampling.arguments(HandOverIn)
@sampling.response(201, HandOverOut)
def hand_over(draft: dict[str, Any], sample_id: UUID) -> Answer:
    """Hand a sample on, give it back, or destroy it."""
    row = samples.hand_over_sample(current_act(), sample_id, HandOverDraft(**draft))
    return row, {"Location": f"/api/v1/samples/{sample_id}"}


@sampling.route("/samples/<uuid:sample_id>/hand-overs")
@sampling.response(200, HandOverOut(many=True))
def list_hand_overs(sample_id: UUID) -> list[HandOver]:
    """Every hand that a sample passed, in order."""
    return samples.visible_sample(current_act(), sample_id).hand_overs


@sampling.route("/risk-items", methods=["POST"])
@writes
@sampling.arguments(RiskIn)
@sampling.response(201, RiskOut)
def add_risk(draft: dict[str, Any]) -> Answer:
    """Add an item that is to be looked at."""
    row = risks.add_risk(current_act(), RiskDraft(**draft))
    return row, {"Location": f"/api/v1/risk-items/{row.id}"}


@sampling.route("/risk-items")
@sampling.arguments(RiskQuery, location="query")
@sampling.response(200, RiskOut(many=True))
def list_risks(args: dict[str, Any]) -> Answer:
    """The risk items, newest first."""
    act, paging = current_act(), page_arguments(args)
    query = select(RiskItem)
    if "product" in args:
        named = select(Product.id).where(Product.key == args["product"])
        query = query.where(RiskItem.product_id.in_(named))
    if args.get("in_force"):
        ends = or_(RiskItem.ends.is_(None), RiskItem.ends >= act.today)
        query = query.where(RiskItem.ended_at.is_(None), RiskItem.starts <= act.today, ends)
    page = page_of(act.session, query, RiskItem.added_at, RiskItem.id, **paging)
    return page.rows, page.headers()


@sampling.route("/risk-items/<uuid:risk_id>")
@sampling.response(200, RiskOut)
def get_risk(risk_id: UUID) -> RiskItem:
    """One risk item."""
    return risks.risk_named(current_act(), risk_id)


@sampling.route("/risk-items/<uuid:risk_id>/end", methods=["POST"])
@writes
@sampling.arguments(ClosingIn)
@sampling.response(201, RiskOut)
def end_risk(draft: dict[str, Any], risk_id: UUID) -> Answer:
    """End an item before its day."""
    row = risks.end_risk(current_act(), risk_id, draft["reason"])
    return row, {"Location": f"/api/v1/risk-items/{row.id}"}
