"""Inputs at the edge."""

from marshmallow import fields

from core.http.fields import Between, Choice, CleanText, DecimalString, Strict
from trace.batches.input_rules import INPUT_KINDS, LONGEST_INTERVAL


class InputIn(Strict):
    """An input of a batch (投入品)."""

    kind = Choice(INPUT_KINDS, required=True)
    name = CleanText(80, required=True)
    registration = CleanText(60, metadata={"description": "登记证号 of the goods"})
    supplier = CleanText(120, required=True)
    supplier_number = CleanText(60, metadata={"description": "the lot that the supplier printed"})
    amount_typed = DecimalString(required=True)
    amount_unit = CleanText(20, required=True)
    method = CleanText(200, required=True)
    used_on = fields.Date(required=True)
    stopped_on = fields.Date()
    interval_days = fields.Integer(validate=Between(0, LONGEST_INTERVAL))


class InputCorrectionIn(InputIn):
    """A new entry in the place of an old one."""

    reason = CleanText(500, required=True, lines=True)


class InputQuery(Strict):
    """By which number of a supplier."""

    supplier_number = CleanText(60, required=True)


class InputOut(Strict):
    """An input; `corrects_id` names the one that it replaces."""

    id = fields.UUID(required=True)
    batch_id = fields.UUID(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    registration = fields.String(allow_none=True)
    supplier = fields.String(required=True)
    supplier_number = fields.String(allow_none=True)
    amount_typed = fields.String(required=True)
    amount_unit = fields.String(required=True)
    method = fields.String(required=True)
    used_on = fields.Date(required=True)
    stopped_on = fields.Date(allow_none=True)
    interval_days = fields.Integer(allow_none=True)
    corrects_id = fields.UUID(allow_none=True)
    reason = fields.String(allow_none=True)
    recorded_at = fields.AwareDateTime(required=True)
