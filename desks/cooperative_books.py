"""The books of a batch: every posting in plain words, and what can be booked on its stock."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.errors import not_found
from core.http.acting import current_act, writes
from desks.amounts import in_unit, stock_of
from desks.books_parts import Row, act_forms, book_rows, open_sales
from desks.cooperative_batch import own_batch, units_of
from desks.entered import posted, under
from desks.forms import Entered, attempt, loaded
from desks.plot_shares import at_plots, plot_shares, posted_shares
from desks.processing_form import number_of
from trace.batches.drafts import PlotShare
from trace.batches.models import Batch
from trace.books.stock_models import STOCK_ACTS
from trace.inspections.dispositions import current_disposition
from trace.inspections.models import CONCESSION
from trace.inspections.stock_acts import (
    CorrectionDraft,
    StockActDraft,
    correct_posting,
    enter_stock_act,
)
from trace.inspections.stock_schemas import PostingCorrectionIn, StockActIn

cooperative_books = Blueprint(
    "cooperative_books", __name__, url_prefix="/coop/batches", template_folder="templates"
)
_BOXES = ("quantity", "unit", "happened_on", "reason", "buyer", "contact", "sale")
COUNT = "count"


@cooperative_books.get("/<uuid:batch_id>/books")
def books(batch_id: UUID) -> str:
    """The postings of a batch, and the forms for what happens to its stock."""
    return _page(batch_id, Entered())


def _page(batch_id: UUID, entered: Entered) -> str:
    act = current_act()
    batch = own_batch(act, batch_id)
    there = stock_of(act.session, batch)
    last = current_disposition(act.session, batch.id)
    return render_template(
        "cooperative/books.html",
        batch=batch,
        entered=entered,
        rows=book_rows(act.session, batch),
        stock=in_unit(batch, there),
        stock_number=number_of(batch, there),
        forms=act_forms(batch, act.session) if batch.confirmed_at else [],
        sales=open_sales(act.session, batch),
        conceded=last is not None and last.kind == CONCESSION,
        units=units_of(batch),
        today=act.today,
    )


@cooperative_books.post("/<uuid:batch_id>/stock-acts")
def enter(batch_id: UUID) -> Response:
    """Book what happened to the stock."""
    kind = _kind()
    return attempt(
        lambda: _enter(batch_id, kind), lambda entered: _page(batch_id, under(kind, entered))
    )


def _kind() -> str:
    kind = request.form.get("kind", "")
    return kind if kind in STOCK_ACTS else STOCK_ACTS[0]


@writes
def _enter(batch_id: UUID, kind: str) -> AnyResponse:
    act = current_act()
    batch = own_batch(act, batch_id)
    draft = loaded(StockActIn(), {"kind": kind, **posted(kind, *_BOXES)})
    row = enter_stock_act(act, batch.id, StockActDraft(**draft))
    flash(_("已入账：%(amount)s。", amount=in_unit(batch, row.quantity)), "pass")
    return _back(batch_id)


def _back(batch_id: UUID) -> AnyResponse:
    return redirect(url_for("cooperative_books.books", batch_id=batch_id), 303)


# --- corrections ------------------------------------------------------------------------------


@cooperative_books.get("/<uuid:batch_id>/books/<uuid:posting_id>/correction")
def correction(batch_id: UUID, posting_id: UUID) -> str:
    """The form that takes a posting back."""
    return _correction_page(batch_id, posting_id, Entered())


@cooperative_books.post("/<uuid:batch_id>/books/<uuid:posting_id>/correction")
def correct(batch_id: UUID, posting_id: UUID) -> Response:
    """Take a posting back; count a harvest anew."""
    return attempt(
        lambda: _correct(batch_id, posting_id),
        lambda entered: _correction_page(batch_id, posting_id, at_plots(COUNT, entered)),
    )


def _correction_page(batch_id: UUID, posting_id: UUID, entered: Entered) -> str:
    act = current_act()
    batch = own_batch(act, batch_id)
    row = _posting(act, batch, posting_id)
    harvest = row.kind == "harvest"
    return render_template(
        "cooperative/posting_correction.html",
        batch=batch,
        row=row,
        harvest=harvest,
        entered=entered,
        units=units_of(batch),
        shares=plot_shares(act, batch) if harvest else None,
    )


def _posting(act: Act, batch: Batch, posting_id: UUID) -> Row:
    """A posting of the batch; NotFound for any other."""
    for row in book_rows(act.session, batch):
        if row.id == posting_id:
            return row
    raise not_found("分录", "posting")


@writes
def _correct(batch_id: UUID, posting_id: UUID) -> AnyResponse:
    act = current_act()
    _posting(act, own_batch(act, batch_id), posting_id)
    said = posted(COUNT, "reason", "quantity", "unit")
    if "quantity" not in said:
        said.pop("unit", None)
    shares = posted_shares(COUNT)
    draft = loaded(PostingCorrectionIn(), {**said, **({"plots": shares} if shares else {})})
    plots = [PlotShare(**share) for share in draft.pop("plots", [])]
    correct_posting(act, posting_id, CorrectionDraft(plots=plots, **draft))
    flash(_("已更正，原来那笔还看得到。"), "pass")
    return _back(batch_id)
