"""REST of shipments of labelled packs and their returns."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from core.http.acting import current_act, writes
from core.http.paging import Page, page_arguments, page_of
from labels import shipments as shipping
from labels.shipment_models import Shipment
from labels.shipment_schemas import ShipmentIn, ShipmentOut, ShipmentQuery, ShipmentReturnIn
from labels.shipments import ReturnDraft, ShipmentDraft, ShipmentView

shipments = Blueprint("shipments", __name__, description="发货 shipments of labelled packs")


def _shown(row: Shipment) -> ShipmentView:
    return shipping.shipment_views(current_act(), [row])[0]


@shipments.route("/label-runs/<uuid:run_id>/shipments", methods=["POST"])
@writes
@shipments.arguments(ShipmentIn)
@shipments.response(201, ShipmentOut)
def ship(draft: dict[str, Any], run_id: UUID) -> tuple[ShipmentView, dict[str, str]]:
    """Say that activated labels went, with their goods, to a consignee."""
    row = shipping.ship(current_act(), run_id, ShipmentDraft(**draft))
    return _shown(row), {"Location": f"/api/v1/shipments/{row.id}"}


@shipments.route("/shipments")
@shipments.arguments(ShipmentQuery, location="query")
@shipments.response(200, ShipmentOut(many=True))
def list_shipments(args: dict[str, Any]) -> tuple[list[ShipmentView], dict[str, str]]:
    """What one's party sent or received, newest first."""
    act, paging = current_act(), page_arguments(args)
    query = shipping.shipments_seen_by(act)
    if "batch" in args:
        query = query.where(Shipment.batch_id == args["batch"])
    if "run" in args:
        query = query.where(Shipment.run_id == args["run"])
    page: Page[Shipment] = page_of(act.session, query, Shipment.at, Shipment.id, **paging)
    return shipping.shipment_views(act, page.rows), page.headers()


@shipments.route("/shipments/<uuid:shipment_id>")
@shipments.response(200, ShipmentOut)
def get_shipment(shipment_id: UUID) -> ShipmentView:
    """One shipment."""
    return _shown(shipping.visible_shipment(current_act(), shipment_id))


@shipments.route("/shipments/<uuid:shipment_id>/returns", methods=["POST"])
@writes
@shipments.arguments(ShipmentReturnIn)
@shipments.response(201, ShipmentOut)
def take_back(draft: dict[str, Any], shipment_id: UUID) -> tuple[ShipmentView, dict[str, str]]:
    """Say that labels of a shipment came back, or were destroyed with their goods."""
    act = current_act()
    shipping.take_back(act, shipment_id, ReturnDraft(**draft))
    row = shipping.visible_shipment(act, shipment_id)
    return _shown(row), {"Location": f"/api/v1/shipments/{shipment_id}"}
