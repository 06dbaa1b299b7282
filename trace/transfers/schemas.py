"""Hand-overs and collectors' cards at the edge: one schema in, one out."""

from marshmallow import fields

from core.http.fields import (
    AtMost,
    Choice,
    CleanText,
    DecimalString,
    PageQuery,
    Pattern,
    Strict,
    WordsOut,
)
from core.words import Words
from trace.batches.numbers import NUMBER
from trace.transfers.card_codes import PIN
from trace.transfers.models import ANSWERS, CONDITIONS

_NUMBER_WORDS = Words(
    "批号只能用 A–Z、0–9 和 -，最多 20 个字符",
    "Batch numbers use A–Z, 0–9 and -, at most 20 characters",
)
_PIN_WORDS = Words("密码是 6 位数字", "A PIN has 6 digits")
UNANSWERED = "under-way"
_IN_BASE = {"description": "in the form's base: milligrams, or a count"}


class TransferIn(Strict):
    """How much of a batch goes to whom; without a unit in that of the batch."""

    batch = fields.UUID(required=True)
    to = fields.UUID(required=True)
    quantity = DecimalString(required=True)
    unit = CleanText(10)
    sent_on = fields.Date(required=True)
    note = CleanText(500, lines=True)


class ConfirmationIn(Strict):
    """What the receiver counted, in which condition; `number` is for its own batch."""

    quantity = DecimalString(required=True)
    unit = CleanText(10)
    condition = Choice(CONDITIONS, required=True)
    note = CleanText(500, lines=True)
    number = Pattern(NUMBER, _NUMBER_WORDS, 20)


class GivenReasonIn(Strict):
    """Why."""

    reason = CleanText(500, required=True, lines=True)


class TransferQuery(PageQuery):
    """Which hand-overs: sent, received; with which answer, or none yet."""

    side = Choice(("sent", "received"))
    state = Choice((UNANSWERED, *ANSWERS))


class TransferAnswerOut(Strict):
    """What became of a hand-over. `difference`: what was sent less what was counted."""

    kind = fields.String(required=True)
    counted = fields.String(required=True, allow_none=True, metadata=_IN_BASE)
    counted_typed = fields.String(required=True, allow_none=True)
    counted_unit = fields.String(required=True, allow_none=True)
    difference = fields.String(required=True, allow_none=True, metadata=_IN_BASE)
    difference_words = fields.Nested(WordsOut, required=True, allow_none=True)
    condition = fields.String(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
    batch = fields.UUID(attribute="batch_id", required=True, allow_none=True)
    posting = fields.UUID(required=True)
    at = fields.AwareDateTime(required=True)


class TransferOut(Strict):
    """A hand-over as both sides and the authority see it."""

    id = fields.UUID(required=True)
    number = fields.String(required=True)
    sender = fields.UUID(attribute="party_id", required=True)
    sender_name = fields.String(attribute="party.name", required=True)
    receiver = fields.UUID(attribute="to_party_id", required=True)
    receiver_name = fields.String(attribute="to_party.name", required=True)
    batch = fields.UUID(attribute="batch_id", required=True)
    batch_number = fields.String(attribute="batch.number", required=True)
    product = fields.UUID(attribute="product_id", required=True)
    product_name = fields.String(attribute="product.name", required=True)
    form = fields.String(attribute="batch.form", required=True)
    base = fields.String(attribute="batch.base", required=True)
    quantity = fields.String(required=True, metadata=_IN_BASE)
    quantity_typed = fields.String(required=True)
    quantity_unit = fields.String(required=True)
    sent_on = fields.Date(required=True)
    note = fields.String(required=True, allow_none=True)
    posting = fields.UUID(required=True)
    by_collector = fields.Boolean(required=True)
    sent_at = fields.AwareDateTime(required=True)
    state = fields.String(required=True)
    days_waiting = fields.Integer(required=True, allow_none=True)
    answer = fields.Nested(TransferAnswerOut, required=True, allow_none=True)


class CardIn(Strict):
    """Whose card, the plots that it books from, and the PIN that its holder chose."""

    holder = CleanText(60, required=True)
    pin = Pattern(PIN, _PIN_WORDS, 6, required=True, load_only=True)
    plots = fields.List(fields.UUID(), load_default=list, validate=AtMost(50))


class CardOut(Strict):
    """A card as its party sees it; the holder is null once the name was erased."""

    id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    code = fields.String(required=True)
    holder = fields.String(required=True, allow_none=True)
    plots = fields.List(fields.UUID(), required=True)
    made_at = fields.AwareDateTime(required=True)
    locked_until = fields.AwareDateTime(required=True, allow_none=True)
    revoked_at = fields.AwareDateTime(required=True, allow_none=True)
    revoke_reason = fields.String(required=True, allow_none=True)


class CollectionIn(Strict):
    """What a collector takes in for the holder of a card, who enters the PIN."""

    card = CleanText(60, required=True)
    pin = Pattern(PIN, _PIN_WORDS, 6, required=True, load_only=True)
    product = CleanText(60, required=True, metadata={"description": "id or key of the product"})
    form = CleanText(40)
    grade = CleanText(40)
    quantity = DecimalString(required=True)
    unit = CleanText(10, required=True)
    harvested_on = fields.Date(required=True)
    plot = fields.UUID()
    note = CleanText(500, lines=True)


class CollectionOut(Strict):
    """What was booked: the holder's batch, and where it was handed over the collector's batch."""

    id = fields.UUID(required=True)
    batch = fields.UUID(required=True)
    transfer = fields.UUID(required=True, allow_none=True)
    received = fields.UUID(required=True, allow_none=True)
    at = fields.AwareDateTime(required=True)
