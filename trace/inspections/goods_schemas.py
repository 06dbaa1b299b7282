"""Processing at the edge: one schema in, one out."""

from marshmallow import fields

from core.http.fields import AtMost, Choice, CleanText, DecimalString, PageQuery, Pattern, Strict
from core.words import Words
from trace.batches.models import MERGE, REPACK, TRANSFORM
from trace.batches.numbers import NUMBER
from trace.batches.processing_checks import MOST

_NUMBER_WORDS = Words(
    "批号只能用 A–Z、0–9 和 -，最多 20 个字符",
    "Batch numbers use A–Z, 0–9 and -, at most 20 characters",
)


class GoodsInputIn(Strict):
    """How much of which batch goes in; without a unit in that of the batch."""

    batch = fields.UUID(required=True)
    quantity = DecimalString(required=True)
    unit = CleanText(10)


class GoodsOutputIn(Strict):
    """What comes out: a new batch, or one of one's own that was opened before.

    `portions`: how much of each input went into it, in the order of the inputs.
    """

    quantity = DecimalString(required=True)
    unit = CleanText(10, required=True)
    batch = fields.UUID()
    number = Pattern(NUMBER, _NUMBER_WORDS, 20)
    grade = CleanText(40)
    portions = fields.List(DecimalString(), validate=AtMost(MOST))


class ProcessIn(Strict):
    """One act of processing; without a form the form stays."""

    kind = Choice((MERGE, TRANSFORM, REPACK), required=True)
    happened_on = fields.Date(required=True)
    form = CleanText(40)
    process = CleanText(40)
    best_before = fields.Date()
    reason = CleanText(1000)
    inputs = fields.List(fields.Nested(GoodsInputIn), required=True, validate=AtMost(MOST))
    outputs = fields.List(fields.Nested(GoodsOutputIn), required=True, validate=AtMost(MOST))


class OriginOut(Strict):
    """How much of which batch went into which, in the base of the one that went in."""

    number = fields.Integer(required=True)
    kind = fields.String(required=True)
    batch = fields.UUID(attribute="batch_id", required=True)
    parent = fields.UUID(attribute="parent_id", required=True)
    quantity = fields.String(required=True)
    posting = fields.UUID(required=True, allow_none=True)
    at = fields.AwareDateTime(required=True)


class ProcessingOut(Strict):
    """A processing as it was written; amounts in the bases of the forms."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    product = fields.UUID(attribute="product_id", required=True)
    happened_on = fields.Date(required=True)
    from_form = fields.String(required=True)
    to_form = fields.String(required=True)
    went_in = fields.String(required=True)
    came_out = fields.String(required=True)
    lost = fields.String(required=True)
    low = fields.String(required=True, allow_none=True)
    high = fields.String(required=True, allow_none=True)
    range_proven = fields.Boolean(required=True)
    outside = fields.Boolean(required=True)
    reason = fields.String(required=True, allow_none=True)
    at = fields.AwareDateTime(required=True)
    origins = fields.List(fields.Nested(OriginOut), required=True)


class ProcessingQuery(PageQuery):
    """Which acts of processing are listed."""
