"""Sheets from instruments: sent in, looked at row by row, and then their values put in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import url_for as url
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.database.engine import db
from core.errors import Invalid, Refusal, invalid_field
from core.http.acting import current_act, writes
from core.http.language import language
from core.http.paging import page_of
from core.http.problems import status_of
from core.words import Words
from desks.forms import Entered, attempt
from trace.inspections import sheet_import
from trace.inspections.sheet_import import Filled
from trace.laboratories import service, uploads
from trace.laboratories.answered import Answer, AnswerState, said_of, workbook
from trace.laboratories.models import Instrument, SheetImport

inspector_import = Blueprint(
    "inspector_import", __name__, url_prefix="/lab/imports", template_folder="templates"
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATE_WORDS = {
    AnswerState.TAKEN: ("pass", Words("可以放进", "goes in")),
    AnswerState.DOUBTED: ("wait", Words("放进，待定", "goes in, undetermined")),
    AnswerState.SAME: ("none", Words("已经有", "there already")),
    AnswerState.REFUSED: ("fail", Words("放不进", "refused")),
    AnswerState.EMPTY: ("none", Words("空行", "empty")),
}


@dataclass(frozen=True)
class Looked:
    """What a sheet comes to: the answers, the worksheets, or why it does not fit at all."""

    answers: Sequence[Answer] = ()
    filled: Sequence[Filled] = ()
    refusal: Refusal | None = None

    def count(self, *states: AnswerState) -> int:
        """How many rows are answered so."""
        return sum(one.state in states for one in self.answers)

    @property
    def goes_in(self) -> int:
        """How many rows have values that are put in."""
        return self.count(AnswerState.TAKEN, AnswerState.DOUBTED)


@inspector_import.get("")
def imports() -> str:
    """Send a sheet in; the laboratory's sheets so far, newest first."""
    return _imports(Entered())


def _imports(entered: Entered) -> str:
    act = current_act()
    own = act.session.scalars(
        service.instruments_of(act).where(Instrument.retired_at.is_(None)).order_by(Instrument.name)
    )
    page = page_of(
        act.session, uploads.imports_of(act), SheetImport.sent_at, SheetImport.id,
        after=request.args.get("after"), size=20,
    )  # fmt: skip
    return render_template(
        "inspector/imports.html",
        entered=entered,
        instruments=[(str(row.id), row.name) for row in own],
        chosen=request.values.get("instrument", ""),
        page=page,
    )


@inspector_import.post("")
def send() -> Response:
    """Keep a sheet for looking at; its values are not put in yet."""
    return attempt(_send, _imports)


def _send() -> Response:
    """The file is worked on before the transaction begins."""
    instrument = service.own_instrument(current_act(), _chosen())
    file = request.files.get("file")
    if file is None or not file.filename:
        raise invalid_field("no-file", "/file", "请选一个表格文件", "Choose a sheet")
    octets = uploads.octets_of(file.stream)
    file.stream.seek(0)
    db.session.expunge(instrument)
    db.session.rollback()
    try:
        uploads.sheet_in(octets, instrument)
    except Invalid as refused:
        if refused.code != "no-such-sheet":  # the mapping may be told otherwise afterwards
            raise
    return _keep(instrument.id, file.filename, octets)


@writes
def _keep(instrument_id: UUID, name: str, octets: bytes) -> AnyResponse:
    act = current_act()
    row = uploads.keep(act, service.own_instrument(act, instrument_id), name, octets)
    return redirect(url("inspector_import.look", import_id=row.id), 303)


def _chosen() -> UUID:
    try:
        return UUID(request.form.get("instrument", ""))
    except ValueError as unknown:
        raise invalid_field(
            "no-instrument", "/instrument", "请选是哪台仪器的表格", "Choose the instrument"
        ) from unknown


@inspector_import.get("/<uuid:import_id>")
def look(import_id: UUID) -> Response:
    """What putting in would do now, row by row; or what it did."""
    return make_response(*_page(import_id))


def _page(import_id: UUID, entered: Entered | None = None) -> tuple[str, int]:
    act = current_act()
    row = uploads.own_import(act, import_id)
    looked = _looked(act, row)
    page = render_template(
        "inspector/import.html",
        row=row,
        looked=looked,
        entered=entered or Entered(),
        states=STATE_WORDS,
        said=said_of,
        problem=looked.refusal.detail if looked.refusal else None,
    )
    return page, 200


def _looked(act: Act, row: SheetImport) -> Looked:
    if row.put_in_at is not None:
        return Looked(uploads.answers_of(row))
    try:
        outcome = sheet_import.dry_run(act, row.instrument, uploads.sheet_of(row))
    except Refusal as refusal:
        return Looked(refusal=refusal)
    return Looked(outcome.answers, outcome.filled)


@inspector_import.post("/<uuid:import_id>")
def put_in(import_id: UUID) -> Response:
    """Put the values in; rows that cannot be taken stay out, and are answered."""
    uploads.own_import(current_act(), import_id)
    try:
        return _put_in(import_id)
    except Refusal as refusal:
        entered = Entered(refusal.faults, refusal.detail)
        return make_response(_page(import_id, entered)[0], status_of(refusal))


@writes
def _put_in(import_id: UUID) -> AnyResponse:
    act = current_act()
    row = uploads.own_import(act, import_id, locked=True)
    outcome = sheet_import.put_in(act, row.instrument, uploads.sheet_of(row))
    uploads.mark_put_in(
        act, row, outcome.answers, [one.worksheet.id for one in outcome.filled if one.worksheet]
    )
    values = sum(one.values for one in outcome.filled)
    flash(
        _(
            "%(values)s 个值已放进 %(sheets)s 份检验记录，都还没有提交。",
            values=values, sheets=len(outcome.filled),
        ),
        "pass" if not outcome.count(AnswerState.REFUSED) else "wait",
    )  # fmt: skip
    return redirect(url("inspector_import.look", import_id=import_id), 303)


@inspector_import.get("/<uuid:import_id>/answers.xlsx")
def answers(import_id: UUID) -> Response:
    """The sheet as it was sent in, with the answer beside every row."""
    act = current_act()
    row = uploads.own_import(act, import_id)
    looked = _looked(act, row)
    if looked.refusal is not None:
        raise looked.refusal
    by_row = {one.row: one for one in looked.answers}
    header = int(row.instrument.mapping.get("header_row", 1))
    octets = workbook(uploads.sheet_of(row), by_row, header, language())
    answer = Response(octets, mimetype=XLSX)
    answer.headers.set("Content-Disposition", "attachment", filename=_file_name(row.name))
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _file_name(name: str) -> str:
    stem = name.rpartition(".")[0] or name
    return f"{stem}-{_('回答')}.xlsx"
