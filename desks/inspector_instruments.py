"""The laboratory's instruments: their calibrations, and which column of their sheets is what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.documents.receiving import receives, store_received
from core.errors import FieldFault
from core.http.acting import current_act, writes
from core.http.paging import page_of
from core.http.versions import check_if_match
from core.words import Words
from desks.entered import posted, under
from desks.form_texts import cleared, texts
from desks.forms import Entered, attempt, loaded
from desks.mapping_form import Boxes, mapping_of, placed
from products.standards.models import Characteristic
from trace.inspections import rejudge
from trace.laboratories import fitness, service, uploads
from trace.laboratories.fitness import DueState, folded
from trace.laboratories.mapping import guess
from trace.laboratories.models import Calibration, Instrument
from trace.laboratories.schemas import CalibrationIn, InstrumentChange, InstrumentIn, MappingIn
from trace.laboratories.sheets import Sheet

inspector_instruments = Blueprint(
    "inspector_instruments", __name__, url_prefix="/lab/instruments", template_folder="templates"
)
_TEXTS = ("name", "maker", "model", "serial_number", "unit", "lowest", "highest")
_CALIBRATION = ("calibrated_on", "due_on", "certificate_number", "corrects", "reason")
CALIBRATION, FILE = "calibration", "calibration-document"
STATE_WORDS = {
    DueState.VALID: ("pass", Words("校准有效", "calibrated")),
    DueState.SOON: ("wait", Words("30 天内到期", "due within 30 days")),
    DueState.EXPIRED: ("fail", Words("校准已过期", "calibration expired")),
    DueState.NEVER: ("wait", Words("没有校准记录", "never calibrated")),
}
_RETIRED = ("none", Words("已停用", "retired"))


@dataclass(frozen=True)
class Shown:
    """An instrument and how its calibration stands today."""

    row: Instrument
    state: str
    word: Words
    last: Calibration | None


def shown(act: Act, row: Instrument) -> Shown:
    """An instrument with the calibration that counts today."""
    counting = fitness.counting(service.calibrated(row), act.today)
    last = next(
        (
            one
            for one in reversed(service.standing_calibrations(row))
            if counting and one.certificate_number == counting.certificate_number
            and one.calibrated_on == counting.calibrated_on
        ),
        None,
    )  # fmt: skip
    state, word = STATE_WORDS[fitness.due_state(service.calibrated(row), act.today)]
    if row.retired_at is not None:
        state, word = _RETIRED
    return Shown(row, state, word, last)


@inspector_instruments.get("")
def instruments() -> str:
    """The laboratory's instruments, newest first, with what is due."""
    act = current_act()
    page = page_of(
        act.session, service.instruments_of(act), Instrument.created_at, Instrument.id,
        after=request.args.get("after"),
    )  # fmt: skip
    return render_template(
        "inspector/instruments.html", page=page, listed=[shown(act, row) for row in page.rows]
    )


# --- registering and changing --------------------------------------------------------------


@inspector_instruments.get("/new")
def register() -> str:
    """The form that registers an instrument."""
    return _form(Entered(), None)


@inspector_instruments.post("/new")
def register_instrument() -> Response:
    """Register an instrument."""
    return attempt(_register, lambda entered: _form(_at_boxes(entered), None))


@writes
def _register() -> AnyResponse:
    values = {**texts(_TEXTS), "characteristics": _lines("characteristics")}
    row = service.register_instrument(current_act(), loaded(InstrumentIn(), values))
    flash(_("仪器已登记。接着录它的校准。"), "pass")
    return redirect(url_for("inspector_instruments.instrument", instrument_id=row.id), 303)


@inspector_instruments.get("/<uuid:instrument_id>/edit")
def change(instrument_id: UUID) -> str:
    """The form that changes an instrument."""
    return _form(Entered(), service.own_instrument(current_act(), instrument_id))


@inspector_instruments.post("/<uuid:instrument_id>/edit")
def change_instrument(instrument_id: UUID) -> Response:
    """Change an instrument, or say whether it is in use."""
    service.own_instrument(current_act(), instrument_id)
    return attempt(
        lambda: _change(instrument_id),
        lambda entered: _form(
            _at_boxes(entered), service.own_instrument(current_act(), instrument_id)
        ),
    )


@writes
def _change(instrument_id: UUID) -> AnyResponse:
    values: dict[str, Any] = {
        **cleared(_TEXTS), "characteristics": _lines("characteristics"),
        "retired": "retired" in request.form,
    }  # fmt: skip
    required = {"name", "serial_number", "unit"}
    values = {k: (v or "") if k in required else v for k, v in values.items()}
    changes = loaded(InstrumentChange(), values)
    service.change_instrument(current_act(), instrument_id, changes, check_if_match)
    flash(_("已保存。"), "pass")
    return redirect(url_for("inspector_instruments.instrument", instrument_id=instrument_id), 303)


def _lines(name: str) -> list[str]:
    """One entry on each line of a box; names may hold 、 and commas."""
    return [line.strip() for line in request.form.get(name, "").splitlines() if line.strip()]


def _at_boxes(entered: Entered) -> Entered:
    """What is wrong with one entry of the list is told at its box."""
    faults = [
        FieldFault("/" + one.pointer.strip("/").partition("/")[0], one.message)
        for one in entered.faults
    ]
    return Entered(faults, entered.sentence)


def _form(entered: Entered, row: Instrument | None) -> str:
    held = {name: getattr(row, name) or "" for name in _TEXTS} if row else {}
    if row is not None:
        held["characteristics"] = "\n".join(row.characteristics)
        held["retired"] = "1" if row.retired_at else ""
    return render_template("inspector/instrument_form.html", row=row, entered=entered, held=held)


# --- one instrument ------------------------------------------------------------------------


@inspector_instruments.get("/<uuid:instrument_id>")
def instrument(instrument_id: UUID) -> str:
    """One instrument: what it measures, its calibrations, its sheets."""
    return _page(instrument_id, Entered())


def _page(instrument_id: UUID, entered: Entered) -> str:
    act = current_act()
    row = service.own_instrument(act, instrument_id)
    standing = service.standing_calibrations(row)
    return render_template(
        "inspector/instrument.html",
        one=shown(act, row),
        row=row,
        entered=entered,
        calibrations=sorted(
            row.calibrations, key=lambda one: (one.calibrated_on, one.recorded_at), reverse=True
        ),
        corrected={one.corrects_id for one in row.calibrations},
        correctable=[
            (str(one.id), f"{one.calibrated_on} {one.certificate_number}") for one in standing
        ],
        unknown=_unknown(act, row),
        today=act.today,
    )


def _unknown(act: Act, row: Instrument) -> list[str]:
    """Characteristics that no limit of the catalogue has by that name: likely mistyped."""
    names = act.session.scalars(select(Characteristic.name))
    known = {folded(name) for name in names}
    return [name for name in row.characteristics if folded(name) not in known]


@inspector_instruments.post("/<uuid:instrument_id>/calibrations")
def calibrate(instrument_id: UUID) -> Response:
    """Put a calibration on file, with its certificate."""
    service.own_instrument(current_act(), instrument_id)
    return attempt(
        lambda: _calibrate(instrument_id),
        lambda entered: _page(instrument_id, under(CALIBRATION, entered)),
    )


@receives
@writes
def _calibrate(instrument_id: UUID) -> AnyResponse:
    values: dict[str, Any] = posted(CALIBRATION, *_CALIBRATION)
    stored = store_received(FILE)
    if stored:
        values["document"] = str(stored[0].id)
    draft = service.CalibrationDraft(**loaded(CalibrationIn(), values))
    rejudge.calibrate(current_act(), instrument_id, draft)
    flash(_("校准已记录。用这台仪器测过的批次已经重新判定。"), "pass")
    return redirect(url_for("inspector_instruments.instrument", instrument_id=instrument_id), 303)


# --- the columns of its sheets -------------------------------------------------------------


@inspector_instruments.get("/<uuid:instrument_id>/mapping")
def mapping(instrument_id: UUID) -> str:
    """The form that says which column is what; `sheet` is one that was sent in, to guess from."""
    return _mapping_form(instrument_id, Entered())


@inspector_instruments.post("/<uuid:instrument_id>/mapping")
def save_mapping(instrument_id: UUID) -> Response:
    """Keep the mapping on the instrument."""
    service.own_instrument(current_act(), instrument_id)
    return attempt(
        lambda: _save_mapping(instrument_id),
        lambda entered: _mapping_form(instrument_id, placed(entered)),
    )


@writes
def _save_mapping(instrument_id: UUID) -> AnyResponse:
    act = current_act()
    row = service.own_instrument(act, instrument_id)
    said = loaded(MappingIn(), mapping_of(request.form, row.characteristics))
    service.change_instrument(act, instrument_id, {"mapping": said}, check_if_match)
    flash(_("列对应已保存，以后这台仪器的表格都按它读。"), "pass")
    back = _sheet_id()
    if back is not None:
        return redirect(url_for("inspector_import.look", import_id=back), 303)
    return redirect(url_for("inspector_instruments.instrument", instrument_id=instrument_id), 303)


def _sheet_id() -> UUID | None:
    try:
        return UUID(request.values.get("sheet_id", ""))
    except ValueError:
        return None


def _mapping_form(instrument_id: UUID, entered: Entered) -> str:
    act = current_act()
    row = service.own_instrument(act, instrument_id)
    sheet = _sent_sheet(act)
    held: Mapping[str, Any] = row.mapping
    guessed = sheet is not None and not held
    if sheet is not None and guessed:
        held = guess(sheet, row.characteristics).as_json()
    boxes = Boxes(held, row.characteristics, request.form if request.method == "POST" else None)
    return render_template(
        "inspector/mapping_form.html",
        row=row,
        entered=entered,
        boxes=boxes,
        sheet=sheet,
        sheet_id=_sheet_id(),
        guessed=guessed,
    )


def _sent_sheet(act: Act) -> Sheet | None:
    """The sheet that was sent in, as its first rows show it; its own sheet even if misnamed."""
    import_id = _sheet_id()
    if import_id is None:
        return None
    return uploads.sheet_of(uploads.own_import(act, import_id), any_sheet=True)
