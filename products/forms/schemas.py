"""Conversion ranges at the edge: one schema in, one out."""

from marshmallow import fields

from core.http.fields import CleanText, DecimalString, Strict


class ConversionIn(Strict):
    """How much of one form a unit of another gives; without a source it is 待核实."""

    from_form = CleanText(40, required=True)
    to_form = CleanText(40, required=True)
    low = DecimalString(required=True)
    high = DecimalString(required=True)
    unit = CleanText(10, required=True)
    per_unit = CleanText(10, required=True)
    source = CleanText(1000)
    evidence = fields.UUID()
    ended = fields.Boolean(load_default=False)


class ConversionOut(Strict):
    """A range as it was set; of a pair of forms the highest number counts."""

    id = fields.UUID(required=True)
    product = fields.UUID(attribute="product_id", required=True)
    from_form = fields.String(required=True)
    to_form = fields.String(required=True)
    number = fields.Integer(required=True)
    low = fields.String(required=True)
    high = fields.String(required=True)
    unit = fields.String(required=True)
    per_unit = fields.String(required=True)
    ended = fields.Boolean(required=True)
    source = fields.String(required=True, allow_none=True)
    evidence = fields.UUID(attribute="evidence_id", required=True, allow_none=True)
    set_at = fields.AwareDateTime(required=True)
