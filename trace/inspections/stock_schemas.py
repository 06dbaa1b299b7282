"""The books of a batch and of a party at the edge."""

from marshmallow import fields

from core.http.fields import AtMost, Between, Choice, CleanText, DecimalString, PageQuery, Strict
from trace.batches.schemas import PlotShareIn
from trace.books.stock_models import STOCK_ACTS


class StockActIn(Strict):
    """报损、取样、销毁、散货售出、退回; without a unit in that of the batch.

    `buyer` and `contact` belong to a sale, `sale` to a return; a loss, a destruction and a return
    give a reason.
    """

    kind = Choice(STOCK_ACTS, required=True)
    quantity = DecimalString(required=True)
    unit = CleanText(10)
    happened_on = fields.Date(required=True)
    reason = CleanText(1000)
    buyer = CleanText(120)
    contact = CleanText(200)
    sale = fields.UUID()


class StockActOut(Strict):
    """An act as it was booked; `quantity` in the base of the form, its id that of the posting."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    batch = fields.UUID(attribute="batch_id", required=True)
    base = fields.String(required=True)
    quantity = fields.String(required=True)
    typed = fields.String(required=True)
    unit = fields.String(required=True)
    happened_on = fields.Date(required=True)
    reason = fields.String(required=True, allow_none=True)
    sale = fields.UUID(attribute="sale_id", required=True, allow_none=True)
    at = fields.AwareDateTime(required=True)


class PostingCorrectionIn(Strict):
    """Why a posting is taken back; a harvest says in the same breath what was counted anew."""

    reason = CleanText(1000, required=True)
    quantity = DecimalString()
    unit = CleanText(10)
    plots = fields.List(fields.Nested(PlotShareIn), validate=AtMost(200))


class LineOut(Strict):
    """What a posting adds to an account of the batch; below nothing where it takes away."""

    account = fields.String(required=True)
    form = fields.String(required=True)
    amount = fields.String(required=True)


class PostingOut(Strict):
    """A posting as far as it concerns one batch, with what stood in stock after it."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    lines = fields.List(fields.Nested(LineOut), required=True)
    stock = fields.String(required=True)
    others = fields.List(fields.UUID(), required=True)
    corrects = fields.UUID(required=True, allow_none=True)
    corrected_by = fields.UUID(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    stock_act = fields.Nested(StockActOut, required=True, allow_none=True)


class CorrectedOut(Strict):
    """The counter-posting, and the posting that it takes back."""

    id = fields.UUID(required=True)
    corrects = fields.UUID(required=True)


class PostingQuery(PageQuery):
    """Which page of a batch's postings."""


class BooksQuery(Strict):
    """Whose books, of which product, of batches made in which year."""

    party = fields.UUID()
    product = CleanText(80)
    year = fields.Integer(validate=Between(2000, 2199))


class FormBalanceOut(Strict):
    """One form of a product of a party: what came in, what became of it, what is there."""

    party = fields.UUID(required=True)
    product = fields.UUID(required=True)
    form = fields.String(required=True)
    base = fields.String(required=True)
    harvested = fields.String(required=True)
    made = fields.String(required=True)
    used = fields.String(required=True)
    moved = fields.String(required=True)
    lost = fields.String(required=True)
    sold = fields.String(required=True)
    destroyed = fields.String(required=True)
    in_stock = fields.String(required=True)
    labelled = fields.String(required=True)
    under_way = fields.String(required=True)
