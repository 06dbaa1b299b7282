"""Label runs of the cooperative: drawing, printing, activating, voiding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.errors import Conflict, invalid_field, not_found
from core.http.acting import current_act, writes
from core.http.versions import check_if_match
from core.pages.drawing import State
from core.pages.typography import thousands
from core.pages.views import say
from core.words import Words
from desks.amounts import STATE_WORDS
from desks.cooperative_batch import RUN, batch_page
from desks.entered import posted, under
from desks.forms import Entered, attempt, loaded
from labels import issuing, printing, service
from labels.codes import CODE_LENGTH, normalise
from labels.finding import find_label
from labels.models import LabelRun
from labels.ranges import DRAWN, PRINTED, Segment
from labels.release import check_labels_stand
from labels.schemas import OffsetIn, RunIn, StateIn
from labels.service import RunView, run_view
from labels.sheet_formats import SHEET_FORMATS, SheetFormat
from labels.sheets import NO_OFFSET
from labels.views import PDF, PNG, SVG, current_press

cooperative_labels = Blueprint(
    "cooperative_labels", __name__, url_prefix="/coop", template_folder="templates"
)
SHEET, OFFSET = "sheet", "offset"


@dataclass(frozen=True)
class Piece:
    """A segment of a run as it is shown."""

    segment: Segment
    state: State
    word: str
    reason: str

    @property
    def count(self) -> int:
        """How many labels."""
        return self.segment.last - self.segment.first + 1


# --- drawing --------------------------------------------------------------------------------


@cooperative_labels.post("/batches/<uuid:batch_id>/labels")
def issue(batch_id: UUID) -> Response:
    """Draw labels for a released batch."""
    return attempt(
        lambda: _issue(batch_id), lambda entered: batch_page(batch_id, under(RUN, entered))
    )


@writes
def _issue(batch_id: UUID) -> AnyResponse:
    boxes: dict[str, Any] = posted(RUN, "count", "net_content", "unit", "sheet_format", "gtin")
    draft = issuing.RunDraft(**loaded(RunIn(), whole(boxes, "count")))
    made = issuing.issue_run(current_act(), current_press(), batch_id, draft)
    flash(_("领了 %(count)s 枚标签，下一步打印。", count=thousands(made.count)), "pass")
    return _back(made.id)


def whole(boxes: Mapping[str, str], *names: str) -> dict[str, Any]:
    """Boxes that hold whole numbers, as numbers; what is none is left for the schema to refuse."""
    found: dict[str, Any] = dict(boxes)
    for name in names:
        text = boxes.get(name, "").strip()
        if text.isascii() and text.isdigit() and len(text) < CODE_LENGTH:
            found[name] = int(text)
    return found


def _back(run_id: UUID) -> AnyResponse:
    return redirect(url_for("cooperative_labels.run", run_id=run_id), 303)


# --- the page of a run ----------------------------------------------------------------------


@cooperative_labels.get("/labels/<uuid:run_id>")
def run(run_id: UUID) -> str:
    """A run: its labels by state, and what to do next."""
    return _run_page(run_id, Entered())


def own_run(act: Act, run_id: UUID) -> LabelRun:
    """A run of the actor's own party; NotFound otherwise."""
    found = service.visible_run(act, run_id)
    if found.party_id != act.party:
        raise not_found("标签批", "label run")
    return found


def _run_page(run_id: UUID, entered: Entered) -> str:
    act = current_act()
    found = own_run(act, run_id)
    view = run_view(found)
    sheet, stopped = _sheet_of(found), _stopped(act, found)
    drawn = _first_of(view, DRAWN)
    return render_template(
        "cooperative/run.html",
        run=found,
        view=view,
        entered=entered,
        pieces=_pieces(view),
        stopped=stopped,
        sheet=sheet,
        formats=[(one.key, say(Words(one.zh, one.en))) for one in SHEET_FORMATS.values()],
        offset=printing.saved_offsets(act).get(sheet.key, NO_OFFSET),
        next_drawn=drawn,
        next_printed=_first_of(view, PRINTED),
        most=printing.MOST_ON_SHEETS,
        code="" if stopped else printing.code_of(current_press(), found, found.first),
        looked_up=_looked_up(act, found),
    )


def _first_of(view: RunView, state: str) -> Segment | None:
    """The first labels of a run that are in a state."""
    return next((piece for piece in view.segments if piece.state == state), None)


def _sheet_of(found: LabelRun) -> SheetFormat:
    """The sheet that was chosen on the page, else the run's own."""
    return SHEET_FORMATS.get(request.values.get("format", ""), SHEET_FORMATS[found.sheet_format])


def _pieces(view: RunView) -> list[Piece]:
    reasons = {row.number: row.reason or "" for row in view.run.states}
    return [
        Piece(
            piece,
            STATE_WORDS[piece.state][0],
            say(STATE_WORDS[piece.state][1]),
            reasons.get(piece.seq, "") if piece.seq is not None else "",
        )
        for piece in view.segments
    ]


def _stopped(act: Act, found: LabelRun) -> str:
    """The sentence why these labels may not be printed or activated; empty where they may."""
    try:
        check_labels_stand(act, found)
    except Conflict as refusal:
        return say(refusal.detail)
    return ""


def _looked_up(act: Act, found: LabelRun) -> str:
    """Which label of the run carries the code that was asked for."""
    text = request.args.get("code", "").strip()[:60]
    if not text:
        return ""
    serial = _serial_of_code(act, found, text)
    if serial is None:
        return str(_("这一批标签里没有这个码，请核对。"))
    return str(_("这枚是序号 %(serial)s。", serial=serial))


def _serial_of_code(act: Act, found: LabelRun, text: str) -> int | None:
    label = find_label(act.session, current_press(), text)
    return label.serial if label.run is not None and label.run.id == found.id else None


# --- printing -------------------------------------------------------------------------------


@cooperative_labels.get("/labels/<uuid:run_id>/sheet.pdf")
def sheet(run_id: UUID) -> Response:
    """The drawn labels as sheets."""
    return attempt(lambda: _sheet(run_id), lambda entered: _run_page(run_id, under(SHEET, entered)))


def _sheet(run_id: UUID) -> Response:
    boxes = {name: request.args.get(name, "") for name in ("start", "first", "last")}
    numbers = whole({name: text for name, text in boxes.items() if text.strip()}, *boxes)
    wrong = [name for name, number in numbers.items() if not isinstance(number, int)]
    if wrong:
        raise invalid_field("not-whole", f"/{wrong[0]}", "须为整数", "Must be a whole number")
    draft = printing.SheetDraft(request.args.get("format") or None, **numbers)
    act = current_act()
    made = printing.draw_sheets(act, current_press(), [own_run(act, run_id).id], draft)
    return _file(made, PDF, "labels.pdf")


@cooperative_labels.get("/labels/<uuid:run_id>/test-page.pdf")
def test_page(run_id: UUID) -> Response:
    """Outlines and rulers to be held against an empty sheet."""
    act = current_act()
    made = printing.draw_test(act, _sheet_of(own_run(act, run_id)).key, None, None)
    return _file(made, PDF, "test.pdf")


@cooperative_labels.get("/labels/<uuid:run_id>/label.<any(png, svg):kind>")
def picture(run_id: UUID, kind: str) -> Response:
    """The first label that is drawn and not printed, as a picture."""
    act = current_act()
    found = own_run(act, run_id)
    drawn = _first_of(run_view(found), DRAWN)
    if drawn is None:
        raise not_found("标签", "label")
    made = printing.draw_one(act, current_press(), found.id, drawn.first, kind)
    return _file(made, SVG if kind == "svg" else PNG, f"label.{kind}")


def _file(made: bytes, media: str, name: str) -> Response:
    answer = Response(made, mimetype=media)
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@cooperative_labels.post("/labels/<uuid:run_id>/offset")
def save_offset(run_id: UUID) -> Response:
    """Remember how far the printer prints beside the mark."""
    return attempt(
        lambda: _save_offset(run_id), lambda entered: _run_page(run_id, under(OFFSET, entered))
    )


@writes
def _save_offset(run_id: UUID) -> AnyResponse:
    act = current_act()
    draft = loaded(OffsetIn(), posted(OFFSET, "right", "down"))
    printing.save_offset(act, _sheet_of(own_run(act, run_id)).key, **draft)
    flash(_("打印机的偏移已记住。"), "pass")
    return _back(run_id)


# --- the life of the labels -----------------------------------------------------------------


@cooperative_labels.post("/labels/<uuid:run_id>/states/<any(printed, activated, void):state>")
def change_state(run_id: UUID, state: str) -> Response:
    """Say that labels were printed, are in use, or are void."""
    return attempt(
        lambda: _change(run_id, state), lambda entered: _run_page(run_id, under(state, entered))
    )


@writes
def _change(run_id: UUID, state: str) -> AnyResponse:
    act = current_act()
    found = own_run(act, run_id)
    check_if_match(found.id, len(found.states))
    boxes: dict[str, Any] = {"state": state, **posted(state, "first", "last", "reason")}
    for name in ("first", "last"):
        boxes[name] = serial_typed(act, found, boxes.get(name, ""), name)
    service.change_state(act, found.id, service.StateDraft(**loaded(StateIn(), boxes)))
    flash(_("已记下：%(state)s。", state=say(STATE_WORDS[state][1])), "pass")
    return _back(run_id)


def serial_typed(act: Act, found: LabelRun, typed: str, name: str) -> int:
    """A serial as typed, or read from the code that is printed on a label; never left empty, lest a
    slip of the finger void a whole run.
    """
    text = typed.strip()
    if len(normalise(text)) == CODE_LENGTH:
        serial = _serial_of_code(act, found, text)
        if serial is not None:
            return serial
    elif text.isascii() and text.isdigit() and len(text) < CODE_LENGTH:
        return int(text)
    raise invalid_field(
        "no-such-serial",
        f"/{name}",
        "填序号，或照抄这一批标签上的 17 位标签码",
        "Type a serial, or the 17 characters of the code on a label of this run",
    )
