"""Orders, samples, hand-overs and risk items at the edge."""

from typing import Any

from marshmallow import fields, post_load

from core.http.fields import (
    AtMost,
    Between,
    Choice,
    CleanText,
    DecimalString,
    PageQuery,
    Pattern,
    Strict,
)
from core.words import Words
from trace.sampling.attributes import LARGEST_LOT, NORMAL, SEVERITIES
from trace.sampling.items import MOST_ITEMS
from trace.sampling.models import HAND_OVERS, ORDER_KINDS, SAMPLE_ROLES
from trace.sampling.planning import SamplingDraft

_LABEL = r"[A-Za-z0-9][A-Za-z0-9./-]{0,39}"
_LABEL_WORDS = Words(
    "用字母、数字和 . / -，最多 40 个字符", "Letters, digits and . / -, at most 40 characters"
)


class SamplingIn(Strict):
    """By which standard units are drawn; level and AQL for GB/T 2828.1."""

    standard = CleanText(40, required=True)
    lot_size = fields.Integer(
        required=True,
        validate=Between(1, LARGEST_LOT),
        metadata={"description": "how many units (boxes, bags …) there are to draw from"},
    )
    unit = CleanText(20, required=True, metadata={"description": "what one unit is called: 箱"})
    level = CleanText(5)
    aql = CleanText(8)
    severity = Choice(SEVERITIES, load_default=NORMAL)
    agreed = fields.Integer(
        validate=Between(1, LARGEST_LOT),
        metadata={"description": "the agreed number, where the standard has no table here"},
    )

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> SamplingDraft:
        """The draft."""
        return SamplingDraft(**data)


class OrderIn(Strict):
    """What is ordered; a batch names its party and product itself."""

    kind = Choice(ORDER_KINDS, required=True)
    laboratory = fields.UUID()
    batch = fields.UUID()
    party = fields.UUID()
    product = CleanText(60)
    items = fields.List(
        CleanText(80),
        validate=AtMost(MOST_ITEMS),
        metadata={"description": "without it: what the release plan and the risk items propose"},
    )
    sampling = fields.Nested(SamplingIn)
    note = CleanText(500, lines=True)


class OrderQuery(PageQuery):
    """Search and page."""

    open = fields.Boolean()
    kind = Choice(ORDER_KINDS)
    batch = fields.UUID()


class ClosingIn(Strict):
    """Why it is over."""

    reason = CleanText(500, required=True, lines=True)


class SampleIn(Strict):
    """A sample as it was drawn; without `units` those of the order's draw."""

    number = Pattern(_LABEL, _LABEL_WORDS, 40, required=True)
    seal = Pattern(_LABEL, _LABEL_WORDS, 40, required=True)
    role = Choice(SAMPLE_ROLES, required=True)
    amount = DecimalString(required=True)
    unit = CleanText(10, required=True)
    units = fields.List(fields.Integer(validate=Between(1, LARGEST_LOT)), validate=AtMost(5000))
    drawn_on = fields.Date(required=True)
    place = CleanText(120, required=True)
    note = CleanText(500, lines=True)


class HandOverIn(Strict):
    """A sample changes hands; given back goes to the owner of the goods, destroyed to nobody."""

    kind = Choice(HAND_OVERS, required=True)
    to = fields.UUID()
    handed_on = fields.Date(required=True)
    condition = CleanText(200, required=True)
    note = CleanText(500, lines=True)


class RiskIn(Strict):
    """An item that the authority wants looked at."""

    product = CleanText(60, required=True)
    characteristic = CleanText(80, required=True)
    starts = fields.Date(required=True)
    ends = fields.Date()
    reason = CleanText(500, required=True, lines=True)
    source = CleanText(200, required=True)


class RiskQuery(PageQuery):
    """Search and page."""

    product = CleanText(60)
    in_force = fields.Boolean()


class HandOverOut(Strict):
    """A sample changed hands."""

    id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    kind = fields.String(required=True)
    from_party_id = fields.UUID(required=True)
    from_party_name = fields.String(attribute="from_party.name", required=True)
    to_party_id = fields.UUID(required=True, allow_none=True)
    to_party_name = fields.String(attribute="to_party.name", required=True, dump_default=None)
    handed_on = fields.Date(required=True)
    condition = fields.String(required=True)
    note = fields.String(required=True, allow_none=True)
    recorded_at = fields.AwareDateTime(required=True)


class SampleOut(Strict):
    """A sample and the hands that it passed."""

    id = fields.UUID(required=True)
    order_id = fields.UUID(required=True)
    number = fields.String(required=True)
    seal = fields.String(required=True)
    role = fields.String(required=True)
    amount = fields.String(required=True)
    unit = fields.String(required=True)
    units = fields.List(fields.Integer(), required=True)
    drawn_on = fields.Date(required=True)
    place = fields.String(required=True)
    note = fields.String(required=True, allow_none=True)
    recorded_at = fields.AwareDateTime(required=True)
    hand_overs = fields.List(fields.Nested(HandOverOut), required=True)


class OrderItemOut(Strict):
    """A characteristic to inspect, why, and the clause that asks it."""

    characteristic = fields.String(required=True)
    why = fields.String(required=True, metadata={"description": "plan, type, risk or asked"})
    clause = fields.String(required=True)


class SamplingOut(Strict):
    """The draw. `drawn` follows from `seed`; empty where all units are looked at."""

    standard = fields.String(required=True)
    certainty = fields.String(required=True)
    source = fields.String(required=True)
    level = fields.String(required=True, allow_none=True)
    aql = fields.String(required=True, allow_none=True)
    severity = fields.String(required=True, allow_none=True)
    letter = fields.String(required=True, allow_none=True)
    lot_size = fields.Integer(required=True)
    unit = fields.String(required=True)
    n = fields.Integer(required=True, allow_none=True)
    accept = fields.Integer(required=True, allow_none=True)
    reject = fields.Integer(required=True, allow_none=True)
    whole = fields.Boolean(required=True)
    seed = fields.String(required=True)
    drawn = fields.List(fields.Integer(), required=True)


class OrderOut(Strict):
    """An order as its laboratory, the owner of the goods and the authority see it."""

    id = fields.UUID(required=True)
    number = fields.String(required=True)
    kind = fields.String(required=True)
    laboratory_id = fields.UUID(required=True)
    laboratory_name = fields.String(attribute="laboratory.name", required=True)
    party_id = fields.UUID(required=True)
    party_name = fields.String(attribute="party.name", required=True)
    product_id = fields.UUID(required=True)
    product_key = fields.String(attribute="product.key", required=True)
    batch_id = fields.UUID(required=True, allow_none=True)
    ordered_by = fields.UUID(required=True)
    items = fields.List(fields.Nested(OrderItemOut), required=True)
    sampling = fields.Nested(SamplingOut, required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
    ordered_at = fields.AwareDateTime(required=True)
    closed_at = fields.AwareDateTime(required=True, allow_none=True)
    close_reason = fields.String(required=True, allow_none=True)


class RiskOut(Strict):
    """An item that the authority wants looked at."""

    id = fields.UUID(required=True)
    product_id = fields.UUID(required=True)
    product_key = fields.String(attribute="product.key", required=True)
    product_name = fields.String(attribute="product.name", required=True)
    characteristic = fields.String(required=True)
    starts = fields.Date(required=True)
    ends = fields.Date(required=True, allow_none=True)
    reason = fields.String(required=True)
    source = fields.String(required=True)
    added_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    end_reason = fields.String(required=True, allow_none=True)
