"""REST of the books: what happens to the stock of a batch, its postings, and their correction."""

import uuid
from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from core.act import AUTHORITY, Act
from core.errors import invalid_field, not_found
from core.http.acting import current_act, writes
from core.http.paging import Page, page_arguments
from products.service import product_named
from trace.batches.drafts import PlotShare
from trace.batches.models import Batch
from trace.batches.party_books import FormBalance, party_books
from trace.batches.service import visible_batch
from trace.books.reading import Posting, postings_of
from trace.books.stock import stock_acts_of
from trace.books.stock_models import StockAct
from trace.inspections import stock_acts as verbs
from trace.inspections.stock_acts import CorrectionDraft, StockActDraft
from trace.inspections.stock_schemas import (
    BooksQuery,
    CorrectedOut,
    FormBalanceOut,
    PostingCorrectionIn,
    PostingOut,
    PostingQuery,
    StockActIn,
    StockActOut,
)

stock = Blueprint("stock", __name__, description="账目 the books of a batch and of a party")


def batch_with_books(act: Act, batch_id: UUID) -> Batch:
    """A batch whose books the actor may read: its own, any for the authority; else NotFound."""
    batch = visible_batch(act, batch_id)
    if batch.party_id != act.actor.party and not act.actor.is_a(AUTHORITY):
        raise not_found("批次", "batch")
    return batch


@stock.route("/batches/<uuid:batch_id>/stock-acts", methods=["POST"])
@writes
@stock.arguments(StockActIn)
@stock.response(201, StockActOut)
def enter(draft: dict[str, Any], batch_id: UUID) -> tuple[StockAct, dict[str, str]]:
    """Book a loss, a sample, a destruction, a sale of loose goods, or what of it came back."""
    row = verbs.enter_stock_act(current_act(), batch_id, StockActDraft(**draft))
    return row, {"Location": f"/api/v1/batches/{batch_id}/entries"}


@stock.route("/batches/<uuid:batch_id>/entries")
@stock.arguments(PostingQuery, location="query")
@stock.response(200, PostingOut(many=True))
def list_entries(args: dict[str, Any], batch_id: UUID) -> tuple[Any, dict[str, str]]:
    """The postings of a batch, newest first, with what stood in stock after each."""
    act = current_act()
    batch = batch_with_books(act, batch_id)
    acts = stock_acts_of(act.session, batch.id)
    found = postings_of(act.session, batch.party_id, batch.id)[::-1]
    page = _page(found, **page_arguments(args))
    rows = [{**_told(one), "stock_act": acts.get(one.id)} for one in page.rows]
    return rows, page.headers()


def _told(posting: Posting) -> dict[str, Any]:
    return {name: getattr(posting, name) for name in posting.__dataclass_fields__}


def _page(found: list[Posting], after: str | None, size: int) -> Page[Posting]:
    """One page of postings; the cursor is the last one shown."""
    start = 0
    if after:
        ids = [one.id.hex for one in found]
        if after not in ids:
            raise invalid_field(
                "bad-cursor", "/after", "翻页标记无效，请从第一页看起", "Bad cursor; start at page one"
            )  # fmt: skip
        start = ids.index(after) + 1
    rows = found[start : start + size]
    more = start + size < len(found)
    return Page(rows, rows[-1].id.hex if more else None)


@stock.route("/postings/<uuid:posting_id>/correction", methods=["POST"])
@writes
@stock.arguments(PostingCorrectionIn)
@stock.response(201, CorrectedOut)
def correct(draft: dict[str, Any], posting_id: UUID) -> tuple[dict[str, uuid.UUID], dict[str, str]]:
    """Take a posting back by its counter-posting; a harvest is counted anew in the same act."""
    plots = [PlotShare(**share) for share in draft.pop("plots", [])]
    act = current_act()
    made = verbs.correct_posting(act, posting_id, CorrectionDraft(plots=plots, **draft))
    batch_id = verbs.batch_of_posting(act, made)
    return {"id": made, "corrects": posting_id}, {"Location": f"/api/v1/batches/{batch_id}/entries"}


@stock.route("/books")
@stock.arguments(BooksQuery, location="query")
@stock.response(200, FormBalanceOut(many=True))
def list_books(args: dict[str, Any]) -> list[dict[str, Any]]:
    """The balance per product and form: one's own, any party's for the authority."""
    act = current_act()
    product = product_named(act.session, args["product"]).id if "product" in args else None
    return [_shown(one) for one in party_books(
        act.session, _parties(act, args.get("party")), product, args.get("year")
    )]  # fmt: skip


def _parties(act: Act, asked: uuid.UUID | None) -> list[uuid.UUID] | None:
    """Whose books are meant; another party's answer NotFound."""
    if act.actor.is_a(AUTHORITY):
        return None if asked is None else [asked]
    if asked not in (None, act.party):
        raise not_found("主体", "party")
    return [act.party]


def _shown(balance: FormBalance) -> dict[str, Any]:
    return {**asdict(balance), "moved": balance.moved}
