"""Traces at the edge: what is asked, and the answer."""

from marshmallow import fields

from core.http.fields import Choice, CleanText, Strict, WordsOut
from labels.trace_shape import BOTH, DESTROYED, DIRECTIONS, HERE, OUT
from labels.trace_starts import START_KINDS


class TraceQuery(Strict):
    """From where, and which way. A clause also names its standard, in `id`."""

    start = Choice(START_KINDS, required=True, data_key="from")
    id = CleanText(120, required=True)
    clause = CleanText(80, load_default="")
    direction = Choice(DIRECTIONS, load_default=BOTH)


class NodeOut(Strict):
    """A batch; of a stranger's (`known` false) only its party is told."""

    id = fields.UUID(required=True)
    known = fields.Boolean(required=True)
    party_id = fields.UUID(required=True)
    party = fields.String(required=True)
    number = fields.String(required=True)
    product = fields.String(required=True)
    grade = fields.String(required=True)
    form = fields.String(required=True)
    base = fields.String(required=True)
    quantity = fields.String(required=True)
    made_on = fields.Date(allow_none=True)
    disposition = fields.String(required=True)
    held = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "balances by account, in the form's base"},
    )


class TraceLinkOut(Strict):
    """So much of one batch went into another; in the base of the parent's form."""

    kind = fields.String(required=True)
    parent = fields.UUID(required=True)
    child = fields.UUID(required=True)
    quantity = fields.String(required=True)
    base = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    who = fields.String(required=True)
    note = fields.String(required=True)


class RangeOut(Strict):
    """Serials of one run with one state in one place; `shipment` where they are out."""

    batch = fields.UUID(required=True)
    run = fields.UUID(required=True)
    epoch = fields.Integer(required=True)
    first = fields.Integer(required=True)
    last = fields.Integer(required=True)
    count = fields.Integer(required=True)
    state = fields.String(required=True)
    place = Choice((HERE, OUT, DESTROYED), required=True)
    shipment = fields.UUID(allow_none=True)
    consignee = fields.String(required=True)


class TraceHandOverOut(Strict):
    """Goods of a batch went to another party, whose batch they became when it confirmed."""

    number = fields.String(required=True)
    batch = fields.UUID(required=True)
    made = fields.UUID(allow_none=True)
    sender = fields.String(required=True)
    receiver = fields.String(required=True)
    base = fields.String(required=True)
    sent = fields.String(required=True)
    counted = fields.String(allow_none=True)
    difference = fields.String(allow_none=True)
    condition = fields.String(required=True)
    state = fields.String(required=True)
    sent_at = fields.AwareDateTime(required=True)
    answered_at = fields.AwareDateTime(allow_none=True)


class BulkSaleOut(Strict):
    """Goods without labels went to a buyer outside; `out` of them has not come back."""

    id = fields.UUID(required=True)
    batch = fields.UUID(required=True)
    buyer = fields.String(required=True)
    contact = fields.String(required=True)
    quantity = fields.String(required=True)
    out = fields.String(required=True)
    happened_on = fields.Date(required=True)


class UnreachedOut(Strict):
    """What cannot be reached from a batch, and why."""

    batch = fields.UUID(required=True)
    kind = fields.String(required=True)
    quantity = fields.String(allow_none=True)
    why = fields.Nested(WordsOut, required=True)


class TraceOut(Strict):
    """A trace, complete for whom all may be shown."""

    start = fields.Nested(WordsOut, required=True)
    direction = fields.String(required=True)
    starts = fields.List(fields.UUID(), required=True)
    batches = fields.List(fields.Nested(NodeOut), required=True)
    links = fields.List(fields.Nested(TraceLinkOut), required=True)
    hand_overs = fields.List(fields.Nested(TraceHandOverOut), required=True)
    sales = fields.List(fields.Nested(BulkSaleOut), required=True)
    labels = fields.List(fields.Nested(RangeOut), required=True)
    unreached = fields.List(fields.Nested(UnreachedOut), required=True)
