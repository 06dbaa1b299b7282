"""Splitting a batch, and asking a laboratory for a type inspection, from the page of the batch."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.errors import FieldFault
from core.http.acting import current_act, writes
from core.http.versions import check_if_match
from desks.cooperative_batch import batch_page, own_batch
from desks.entered import posted, under
from desks.forms import Entered, attempt, loaded
from desks.part_blocks import SHOWN_ROWS
from trace.inspections.part_views import PartsIn
from trace.inspections.rejudge import split_batch
from trace.sampling.models import TYPE
from trace.sampling.schemas import OrderIn
from trace.sampling.service import OrderDraft, plan_order

cooperative_parts = Blueprint(
    "cooperative_parts", __name__, url_prefix="/coop/batches", template_folder="templates"
)
PART, ORDER = "part", "order"


@cooperative_parts.post("/<uuid:batch_id>/parts")
def split(batch_id: UUID) -> Response:
    """Split parts off the batch."""
    rows = _filled()
    return attempt(
        lambda: _split(batch_id, rows),
        lambda entered: batch_page(batch_id, _at_rows(entered, rows)),
    )


def _filled() -> list[int]:
    """The rows of the form in which something was typed."""
    names = ("quantity", "unit", "note")
    return [
        row
        for row in range(SHOWN_ROWS)
        if any(request.form.get(f"{PART}-{name}-{row}", "").strip() for name in names[::2])
    ]


def _at_rows(entered: Entered, rows: list[int]) -> Entered:
    """What is wrong with the n-th part is told at the row in which it was typed."""
    return Entered([FieldFault(_place(f.pointer, rows), f.message) for f in entered.faults],
                   entered.sentence)  # fmt: skip


def _place(pointer: str, rows: list[int]) -> str:
    parts = pointer.strip("/").split("/")
    if len(parts) == 3 and parts[1].isdigit() and int(parts[1]) < len(rows):
        return f"/{PART}-{parts[2]}-{rows[int(parts[1])]}"
    return f"/{PART}-quantity-{rows[0] if rows else 0}"


@writes
def _split(batch_id: UUID, rows: list[int]) -> AnyResponse:
    act = current_act()
    batch = own_batch(act, batch_id)
    check_if_match(batch.id, batch.version)
    drafts = [
        {
            name: text
            for name in ("quantity", "unit", "note")
            if (text := request.form.get(f"{PART}-{name}-{row}", "").strip())
        }
        for row in rows
    ]
    made = split_batch(act, batch_id, loaded(PartsIn(), {"parts": drafts})["parts"])
    numbers = _("、").join(part.number for part in made)
    flash(_("拆出 %(numbers)s；从现在起各判各的。", numbers=numbers), "pass")
    return redirect(url_for("cooperative_batch.batch", batch_id=batch_id, _anchor="parts"), 303)


@cooperative_parts.post("/<uuid:batch_id>/type-orders")
def ask_type(batch_id: UUID) -> Response:
    """Ask a laboratory for a type inspection of the batch's product."""
    return attempt(
        lambda: _ask_type(batch_id),
        lambda entered: batch_page(batch_id, under(ORDER, entered)),
    )


@writes
def _ask_type(batch_id: UUID) -> AnyResponse:
    act = current_act()
    batch = own_batch(act, batch_id)
    draft = loaded(OrderIn(), {"kind": TYPE, "product": batch.product.key,
                               **posted(ORDER, "laboratory", "note")})  # fmt: skip
    order = plan_order(act, OrderDraft(**draft))
    flash(_("已下单，%(name)s 现在能看到。", name=order.laboratory.name), "pass")
    return redirect(url_for("orders.order", order_id=order.id), 303)
