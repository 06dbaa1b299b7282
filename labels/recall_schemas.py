"""Recalls at the edge: one schema in, one out."""

from marshmallow import fields

from core.http.fields import AtMost, Choice, CleanText, DecimalString, PageQuery, Strict, WordsOut
from labels.codes import LAST_SERIAL
from labels.recall_models import KINDS, NONE, TOLD
from labels.schemas import Whole
from labels.trace_schemas import UnreachedOut
from labels.trace_starts import START_KINDS

MOST_ITEMS = 100_000
MOST_REASONS = 1000


class StartQuery(Strict):
    """From where a recall would go."""

    start = Choice(START_KINDS, required=True, data_key="from")
    id = CleanText(120, required=True)
    clause = CleanText(80, load_default="")


class RecallIn(Strict):
    """A recall or a drill: from where, and why. The reason is shown to whoever scans a label."""

    kind = Choice(KINDS, required=True)
    start = Choice(START_KINDS, required=True, data_key="from")
    id = CleanText(120, required=True)
    clause = CleanText(80, load_default="")
    reason = CleanText(500, lines=True, required=True)


class RecallAnswerIn(Strict):
    """What a holder says of one item (its place in `held`); left out: all that is still there."""

    told = Choice(TOLD, required=True)
    item = Whole(0, MOST_ITEMS, load_default=0)
    first = Whole(0, LAST_SERIAL)
    last = Whole(0, LAST_SERIAL)
    quantity = DecimalString()
    unit = CleanText(10)
    note = CleanText(500, lines=True)


class SilenceIn(Strict):
    """Why a holder has not answered."""

    holder = fields.UUID(required=True)
    reason = CleanText(500, lines=True, required=True)


class RecallClosingIn(Strict):
    """The last word, and why those who have not answered have not."""

    note = CleanText(500, lines=True, required=True)
    reasons = fields.List(
        fields.Nested(SilenceIn), load_default=list, validate=AtMost(MOST_REASONS)
    )
    otherwise = CleanText(500, lines=True, metadata={"description": "for all the others"})


class RecallQuery(PageQuery):
    """Recalls or drills, those that are open or not."""

    kind = Choice(KINDS)
    open = fields.Boolean()


class ShareOut(Strict):
    """How much left the starting batches, and how much of it has a named holder."""

    left = fields.String(required=True)
    found = fields.String(required=True)


class AheadOut(Strict):
    """What a recall would reach."""

    start = fields.Nested(WordsOut, required=True)
    batches = fields.Integer(required=True)
    labels = fields.Integer(required=True)
    holders = fields.Integer(required=True)
    shares = fields.Dict(keys=fields.String(), values=fields.Nested(ShareOut), required=True)
    unreached = fields.List(fields.Nested(UnreachedOut), required=True)


class RecallAnswerOut(Strict):
    """An answer as it was put down."""

    id = fields.UUID(required=True)
    item = fields.Integer(allow_none=True)
    told = Choice((*TOLD, NONE), required=True)
    quantity = fields.String(allow_none=True)
    first = fields.Integer(allow_none=True)
    last = fields.Integer(allow_none=True)
    note = fields.String(allow_none=True)
    at = fields.AwareDateTime(required=True)


class ItemOut(Strict):
    """What a holder held when the recall was decided."""

    account = fields.String(required=True)
    batch = fields.UUID(required=True)
    number = fields.String(required=True)
    product = fields.String(required=True)
    form = fields.String(required=True)
    base = fields.String(required=True)
    unit = fields.String(required=True)
    quantity = fields.String(required=True, metadata={"description": "in the form's base"})
    shipment = fields.UUID(allow_none=True)
    sale = fields.UUID(allow_none=True)
    run = fields.UUID(allow_none=True)
    epoch = fields.Integer(allow_none=True)
    spans = fields.List(fields.List(fields.Integer()), required=True)


class HolderOut(Strict):
    """Somebody who held goods, how to reach it, and what it said."""

    id = fields.UUID(attribute="holder.id", required=True)
    number = fields.Integer(attribute="holder.number", required=True)
    party_id = fields.UUID(attribute="holder.party_id", allow_none=True)
    name = fields.String(required=True)
    phone = fields.String(required=True)
    address = fields.String(required=True)
    held = fields.List(fields.Nested(ItemOut), attribute="holder.held", required=True)
    answers = fields.List(fields.Nested(RecallAnswerOut), required=True)


class RecallOut(Strict):
    """A recall or drill; `hidden` holders are customers of others."""

    id = fields.UUID(attribute="recall.id", required=True)
    number = fields.String(attribute="recall.number", required=True)
    kind = Choice(KINDS, attribute="recall.kind", required=True)
    party_id = fields.UUID(attribute="recall.party_id", allow_none=True)
    party_name = fields.String(attribute="recall.party.name", allow_none=True)
    reason = fields.String(attribute="recall.reason", required=True)
    start = fields.String(attribute="recall.start_words", required=True)
    batches = fields.Integer(attribute="recall.batches", required=True)
    labels = fields.Integer(attribute="recall.labels", required=True)
    holders = fields.Integer(attribute="recall.holders", required=True)
    milliseconds = fields.Integer(attribute="recall.milliseconds", required=True)
    shares = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(ShareOut),
        attribute="recall.shares",
        required=True,
    )
    opened_at = fields.AwareDateTime(attribute="recall.opened_at", required=True)
    closed_at = fields.AwareDateTime(attribute="recall.closed_at", allow_none=True)
    closing_note = fields.String(attribute="recall.closing_note", allow_none=True)
    held_by = fields.List(fields.Nested(HolderOut), attribute="holders", required=True)
    hidden = fields.Integer(required=True)
