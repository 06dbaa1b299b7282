"""Shipments at the edge: one schema in, one out."""

from marshmallow import fields

from core.http.fields import Choice, CleanText, PageQuery, Strict
from labels.codes import LAST_SERIAL
from labels.schemas import Whole
from labels.shipment_models import FATES


class SpanOut(Strict):
    """Serials from first to last, both included."""

    first = fields.Integer(required=True)
    last = fields.Integer(required=True)
    count = fields.Integer(required=True)


class ShipmentIn(Strict):
    """Which labels of the run went, on which day, to whom: a registered party or one outside."""

    first = Whole(0, LAST_SERIAL, required=True)
    last = Whole(0, LAST_SERIAL, required=True)
    shipped_on = fields.Date(required=True)
    receiver = CleanText(18, metadata={"description": "credit code of a registered party"})
    consignee = CleanText(120, metadata={"description": "name of a business outside"})
    phone = CleanText(40)
    address = CleanText(200)
    note = CleanText(500, lines=True)


class ShipmentReturnIn(Strict):
    """Which labels of a shipment came back, or were destroyed with their goods."""

    first = Whole(0, LAST_SERIAL, required=True)
    last = Whole(0, LAST_SERIAL, required=True)
    fate = Choice(FATES, required=True)
    returned_on = fields.Date(required=True)
    reason = CleanText(500, lines=True, required=True)


class ShipmentQuery(PageQuery):
    """Of one batch or one run."""

    batch = fields.UUID()
    run = fields.UUID()


class ReturnOut(Strict):
    """A return as it was recorded."""

    id = fields.UUID(required=True)
    first = fields.Integer(required=True)
    last = fields.Integer(required=True)
    count = fields.Integer(required=True)
    fate = Choice(FATES, required=True)
    returned_on = fields.Date(required=True)
    reason = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


class ShipmentOut(Strict):
    """A shipment; how to reach a consignee outside is told to the shipper and the authority."""

    id = fields.UUID(attribute="shipment.id", required=True)
    run_id = fields.UUID(attribute="shipment.run_id", required=True)
    batch_id = fields.UUID(attribute="shipment.batch_id", required=True)
    batch_number = fields.String(attribute="shipment.run.batch.number", required=True)
    party_id = fields.UUID(attribute="shipment.party_id", required=True)
    party_name = fields.String(attribute="shipper", required=True)
    epoch = fields.Integer(attribute="shipment.run.epoch", required=True)
    first = fields.Integer(attribute="shipment.first", required=True)
    last = fields.Integer(attribute="shipment.last", required=True)
    count = fields.Integer(attribute="shipment.count", required=True)
    quantity = fields.String(
        attribute="shipment.quantity",
        required=True,
        metadata={"description": "in the form's base: milligrams, or a count"},
    )
    receiver_id = fields.UUID(attribute="shipment.receiver_id", allow_none=True)
    consignee = fields.String(required=True)
    phone = fields.String(required=True)
    address = fields.String(required=True)
    shipped_on = fields.Date(attribute="shipment.shipped_on", required=True)
    note = fields.String(attribute="shipment.note", allow_none=True)
    at = fields.AwareDateTime(attribute="shipment.at", required=True)
    returns = fields.List(fields.Nested(ReturnOut), attribute="shipment.returns", required=True)
    out = fields.List(fields.Nested(SpanOut), required=True)
    count_out = fields.Integer(required=True)
