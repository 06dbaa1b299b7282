"""REST of licences and trade items. Revoking holds labels: its route is in trace/inspections."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from core.http.acting import current_act, writes
from core.http.fields import PageQuery
from core.http.paging import page_arguments, page_of
from products.licences import service
from products.licences.models import Licence, TradeItem
from products.licences.schemas import (
    LicenceIn,
    LicenceOut,
    LicenceQuery,
    TradeItemIn,
    TradeItemOut,
)
from products.service import product_named

licences = Blueprint("licences", __name__, description="准入 licences and trade items")
Answer = tuple[Any, dict[str, str]]


@licences.route("/licences", methods=["GET"])
@licences.arguments(LicenceQuery, location="query")
@licences.response(200, LicenceOut(many=True))
def list_licences(args: dict[str, Any]) -> Answer:
    """One's own licences, all for the authority, newest first."""
    act, paging = current_act(), page_arguments(args)
    query = service.licences_seen_by(act)
    if "product" in args:
        product = product_named(act.session, args["product"])
        query = query.where(Licence.product_id == product.id)
    if "party" in args:
        query = query.where(Licence.party_id == args["party"])
    page = page_of(act.session, query, Licence.granted_at, Licence.id, **paging)
    return page.rows, page.headers()


@licences.route("/licences", methods=["POST"])
@writes
@licences.arguments(LicenceIn)
@licences.response(201, LicenceOut)
def grant_licence(draft: dict[str, Any]) -> Answer:
    """License a producer for a product."""
    row = service.grant_licence(current_act(), service.LicenceDraft(**draft))
    return row, {"Location": f"/api/v1/licences/{row.id}"}


@licences.route("/licences/<uuid:licence_id>", methods=["GET"])
@licences.response(200, LicenceOut)
def get_licence(licence_id: UUID) -> Licence:
    """One licence."""
    return service.visible_licence(current_act(), licence_id)


@licences.route("/trade-items", methods=["GET"])
@licences.arguments(PageQuery, location="query")
@licences.response(200, TradeItemOut(many=True))
def list_trade_items(args: dict[str, Any]) -> Answer:
    """One's own trade items, all for the authority, newest first."""
    act, paging = current_act(), page_arguments(args)
    query = service.trade_items_seen_by(act)
    page = page_of(act.session, query, TradeItem.created_at, TradeItem.id, **paging)
    return page.rows, page.headers()


@licences.route("/trade-items", methods=["POST"])
@writes
@licences.arguments(TradeItemIn)
@licences.response(201, TradeItemOut)
def register_trade_item(draft: dict[str, Any]) -> Answer:
    """Enter a GTIN for one pack of a licensed product."""
    row = service.register_trade_item(current_act(), service.TradeItemDraft(**draft))
    return row, {"Location": f"/api/v1/trade-items/{row.id}"}


@licences.route("/trade-items/<uuid:item_id>", methods=["GET"])
@licences.response(200, TradeItemOut)
def get_trade_item(item_id: UUID) -> TradeItem:
    """One trade item."""
    return service.visible_trade_item(current_act(), item_id)
