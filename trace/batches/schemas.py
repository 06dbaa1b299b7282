"""Batches at the edge: one schema in, one out."""

from marshmallow import fields

from core.http.fields import AtMost, Choice, CleanText, DecimalString, PageQuery, Pattern, Strict
from core.words import Words
from products.requirements import STAGES
from trace.batches.numbers import NUMBER

_NUMBER_WORDS = Words(
    "批号只能用 A–Z、0–9 和 -，最多 20 个字符",
    "Batch numbers use A–Z, 0–9 and -, at most 20 characters",
)


class BatchIn(Strict):
    """What a producer says when it opens a batch."""

    product = CleanText(60, required=True, metadata={"description": "id or key of the product"})
    number = Pattern(NUMBER, _NUMBER_WORDS, 20)
    form = CleanText(40)
    process = CleanText(40)
    condition = CleanText(40)
    grade = CleanText(40)
    quantity = DecimalString(required=True)
    unit = CleanText(10, required=True)
    production_date = fields.Date(required=True)
    best_before = fields.Date()
    place_code = Pattern(
        r"\d{6}|\d{9}", Words("区划代码是 6 或 9 位数字", "A division code has 6 or 9 digits"), 9
    )
    place = CleanText(120)
    declared = fields.List(CleanText(80), validate=AtMost(20))


class PlotShareIn(Strict):
    """How much came from one plot; without a quantity all of it (one plot only)."""

    plot = fields.UUID(required=True)
    quantity = DecimalString()
    unit = CleanText(10)


class QuantityIn(Strict):
    """How much there really is; without it the declared quantity is confirmed.

    `plots` say where it was harvested; needed where the product has a yield cap in that year.
    """

    quantity = DecimalString()
    unit = CleanText(10)
    plots = fields.List(fields.Nested(PlotShareIn), validate=AtMost(200))


class ReadingIn(Strict):
    """A value that the producer took itself."""

    characteristic = CleanText(80, required=True)
    typed = CleanText(60, required=True)
    unit = CleanText(20, blank=True, load_default="")
    detection_limit = CleanText(30)


class NamedDocumentIn(Strict):
    """An uploaded document under the name that the release plan gives it."""

    name = CleanText(80, required=True)
    document = fields.UUID(required=True)


class EventIn(Strict):
    """A fact of one stage."""

    stage = Choice(STAGES, required=True)
    happened_on = fields.Date(required=True)
    place = CleanText(120)
    note = CleanText(1000, lines=True)
    operator = CleanText(60)
    readings = fields.List(fields.Nested(ReadingIn), load_default=list, validate=AtMost(200))
    documents = fields.List(fields.Nested(NamedDocumentIn), load_default=list, validate=AtMost(40))


class CorrectionIn(EventIn):
    """A new fact in the place of an old one."""

    reason = CleanText(500, required=True, lines=True)


class SubmissionIn(Strict):
    """送检: to which laboratory."""

    laboratory = fields.UUID(required=True)
    note = CleanText(500, lines=True)


class BatchQuery(PageQuery):
    """Search and page."""

    q = CleanText(60, blank=True)
    product = CleanText(60)


class BatchOut(Strict):
    """A batch as its own party, its laboratory and the authority see it."""

    id = fields.UUID(required=True)
    party_id = fields.UUID(required=True)
    party_name = fields.String(attribute="party.name", required=True)
    product_id = fields.UUID(required=True)
    product_key = fields.String(attribute="product.key", required=True)
    product_name = fields.String(attribute="product.name", required=True)
    number = fields.String(required=True)
    form = fields.String(required=True)
    process = fields.String(allow_none=True)
    condition = fields.String(allow_none=True)
    grade = fields.String(allow_none=True)
    base = fields.String(required=True)
    quantity = fields.Integer(
        required=True, metadata={"description": "in the form's base: milligrams, or a count"}
    )
    quantity_typed = fields.String(required=True)
    quantity_unit = fields.String(required=True)
    production_date = fields.Date(required=True)
    best_before = fields.Date(allow_none=True)
    place_code = fields.String(allow_none=True)
    place = fields.String(allow_none=True)
    declared = fields.List(fields.String(), required=True)
    created_at = fields.AwareDateTime(required=True)
    confirmed_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer(required=True)


class ReadingOut(Strict):
    """A producer's value as typed."""

    characteristic = fields.String(required=True)
    typed = fields.String(required=True)
    unit = fields.String(required=True)
    detection_limit = fields.String(allow_none=True)


class NamedDocumentOut(Strict):
    """A document of an event."""

    name = fields.String(required=True)
    document = fields.UUID(required=True)


class EventOut(Strict):
    """An event; `corrects_id` names the one that it replaces."""

    id = fields.UUID(required=True)
    batch_id = fields.UUID(required=True)
    stage = fields.String(required=True)
    happened_on = fields.Date(required=True)
    place = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    readings = fields.List(fields.Nested(ReadingOut), required=True)
    documents = fields.List(fields.Nested(NamedDocumentOut), required=True)
    corrects_id = fields.UUID(allow_none=True)
    reason = fields.String(allow_none=True)
    recorded_at = fields.AwareDateTime(required=True)


class SubmissionOut(Strict):
    """送检 of a batch."""

    id = fields.UUID(required=True)
    batch_id = fields.UUID(required=True)
    laboratory_id = fields.UUID(required=True)
    note = fields.String(allow_none=True)
    sent_at = fields.AwareDateTime(required=True)
