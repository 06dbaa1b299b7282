"""投入品 of a batch on the cooperative's desk: what was used, noted as the production record asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.errors import not_found
from core.http.acting import current_act, writes
from core.pages.views import say
from desks.cooperative_batch import own_batch
from desks.entered import posted, under
from desks.forms import Entered, attempt, loaded
from trace.batches.input_models import BatchInput
from trace.batches.input_rules import KIND_WORDS, harvest_from, too_early
from trace.batches.input_schemas import InputCorrectionIn, InputIn
from trace.batches.inputs import (
    InputDraft,
    correct_input,
    inputs_of,
    log_input,
    standing_inputs,
    visible_input,
)
from trace.batches.models import Batch

cooperative_inputs = Blueprint(
    "cooperative_inputs", __name__, url_prefix="/coop/batches", template_folder="templates"
)
INPUT = "input"
BOXES = (
    "kind", "name", "registration", "supplier", "supplier_number", "amount_typed", "amount_unit",
    "method", "used_on", "stopped_on", "interval_days",
)  # fmt: skip


@dataclass(frozen=True)
class Used:
    """An input that stands, what it replaced, and whether the goods were made too early after it."""

    row: BatchInput
    kind: str
    older: tuple[BatchInput, ...]
    harvest_from: date | None
    too_early: bool
    own: bool


@cooperative_inputs.get("/<uuid:batch_id>/inputs")
def inputs(batch_id: UUID) -> str:
    """The inputs of a batch, and the form for one more."""
    return _page(batch_id, Entered())


def _page(batch_id: UUID, entered: Entered) -> str:
    act = current_act()
    batch = own_batch(act, batch_id)
    return render_template(
        "cooperative/inputs.html",
        batch=batch,
        entered=entered,
        today=act.today,
        used=_used(batch, inputs_of(act.session, batch.id)),
        kinds=_kinds(),
    )


def _kinds() -> list[tuple[str, str]]:
    return [(key, say(words)) for key, words in KIND_WORDS.items()]


def _used(batch: Batch, rows: list[BatchInput]) -> list[Used]:
    by_id = {row.id: row for row in rows}
    return [
        Used(
            row,
            say(KIND_WORDS[row.kind]),
            _older(row, by_id),
            harvest_from(row.used_on, row.stopped_on, row.interval_days),
            too_early(batch.production_date, row.used_on, row.stopped_on, row.interval_days),
            row.batch_id == batch.id,
        )
        for row in standing_inputs(rows)
    ]


def _older(row: BatchInput, by_id: dict[UUID, BatchInput]) -> tuple[BatchInput, ...]:
    found = []
    while row.corrects_id is not None and row.corrects_id in by_id:
        row = by_id[row.corrects_id]
        found.append(row)
    return tuple(found)


@cooperative_inputs.post("/<uuid:batch_id>/inputs")
def log(batch_id: UUID) -> Response:
    """Put one down."""
    return attempt(lambda: _log(batch_id), lambda entered: _page(batch_id, under(INPUT, entered)))


@writes
def _log(batch_id: UUID) -> AnyResponse:
    act = current_act()
    batch = own_batch(act, batch_id)
    log_input(act, batch.id, InputDraft(**loaded(InputIn(), posted(INPUT, *BOXES))))
    flash(_("已记下。"), "pass")
    return redirect(url_for("cooperative_inputs.inputs", batch_id=batch_id), 303)


@cooperative_inputs.get("/<uuid:batch_id>/inputs/<uuid:input_id>/correction")
def correction(batch_id: UUID, input_id: UUID) -> str:
    """The form that puts a new entry in the place of an old one."""
    return _correction_page(batch_id, input_id, Entered())


def _correction_page(batch_id: UUID, input_id: UUID, entered: Entered) -> str:
    act = current_act()
    batch = own_batch(act, batch_id)
    row = visible_input(act, input_id)
    if row.batch_id != batch.id:
        raise not_found("投入品记录", "input")
    return render_template(
        "cooperative/input_correction.html",
        batch=batch,
        row=row,
        entered=entered,
        today=act.today,
        kinds=_kinds(),
    )


@cooperative_inputs.post("/<uuid:batch_id>/inputs/<uuid:input_id>/correction")
def correct(batch_id: UUID, input_id: UUID) -> Response:
    """Put a new entry in the place of an old one."""
    return attempt(
        lambda: _correct(batch_id, input_id),
        lambda entered: _correction_page(batch_id, input_id, under(INPUT, entered)),
    )


@writes
def _correct(batch_id: UUID, input_id: UUID) -> AnyResponse:
    act = current_act()
    batch = own_batch(act, batch_id)
    if visible_input(act, input_id).batch_id != batch.id:
        raise not_found("投入品记录", "input")
    draft = loaded(InputCorrectionIn(), posted(INPUT, *BOXES, "reason"))
    reason = draft.pop("reason")
    correct_input(act, input_id, InputDraft(**draft), reason)
    flash(_("已更正，原来的那条还看得见。"), "pass")
    return redirect(url_for("cooperative_inputs.inputs", batch_id=batch_id), 303)
