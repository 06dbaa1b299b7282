"""Certificates of promise at the edge."""

from marshmallow import fields

from core.http.fields import AtMost, Choice, CleanText, DecimalString, PageQuery, Strict, WordsOut
from labels.promises import BASIS


class PromiseIn(Strict):
    """What the promisor ticks and may change; all the rest is filled in."""

    basis = fields.List(Choice(BASIS), required=True, validate=AtMost(len(BASIS)))
    quantity = DecimalString()
    unit = CleanText(10)
    origin = CleanText(200)
    contact = CleanText(60)
    other_proof = CleanText(
        500, lines=True, metadata={"description": "other proof of quality collected for the goods"}
    )
    replaces = fields.UUID(metadata={"description": "an older one of the same batch"})


class PromiseWithdrawalIn(Strict):
    """Why a certificate is taken back."""

    reason = CleanText(500, required=True, lines=True)


class PromiseQuery(PageQuery):
    """By its number, or the number of its batch."""

    q = CleanText(60, blank=True)


class BasisOut(Strict):
    """A ticked basis."""

    key = fields.String(required=True)
    zh = fields.String(required=True)


class PromiseOut(Strict):
    """A certificate as issued, its public address, and how it stands now."""

    id = fields.UUID(required=True)
    number = fields.String(required=True)
    address = fields.String(required=True)
    pdf = fields.String(required=True)
    state = fields.String(required=True)
    state_words = fields.Nested(WordsOut, required=True)
    form = fields.String(required=True)
    batch_id = fields.UUID(required=True)
    batch_number = fields.String(required=True)
    party_id = fields.UUID(required=True)
    product_name = fields.String(required=True)
    goods_form = fields.String(required=True)
    base = fields.String(required=True)
    quantity = fields.Integer(required=True)
    quantity_typed = fields.String(required=True)
    quantity_unit = fields.String(required=True)
    origin = fields.String(required=True)
    promisor = fields.String(required=True)
    credit_code = fields.String(required=True)
    contact = fields.String(required=True)
    title = fields.String(required=True)
    lead = fields.String(required=True)
    promises = fields.List(fields.String(), required=True)
    basis = fields.List(fields.Nested(BasisOut), required=True)
    rests_on = fields.List(fields.UUID(), required=True)
    other_proof = fields.String(allow_none=True)
    replaces_id = fields.UUID(allow_none=True)
    older = fields.List(fields.UUID(), required=True)
    issued_on = fields.Date(required=True)
    keep_until = fields.Date(required=True)
    issued_at = fields.AwareDateTime(required=True)


class ReceiptIn(Strict):
    """Which certificate was collected: its number, or its public address as it was scanned."""

    certificate = CleanText(200, required=True)


class ReceiptOut(Strict):
    """That a party collected a certificate."""

    id = fields.UUID(required=True)
    promise_id = fields.UUID(required=True)
    party_id = fields.UUID(required=True)
    how = fields.String(required=True)
    received_at = fields.AwareDateTime(required=True)


class PromiseWithdrawalOut(Strict):
    """That a certificate was taken back."""

    promise_id = fields.UUID(required=True)
    reason = fields.String(required=True)
    withdrawn_at = fields.AwareDateTime(required=True)
