"""REST of sheets from instruments: a dry run, or their values into drafted worksheets."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify, make_response
from flask_smorest import Blueprint
from flask_smorest.fields import Upload
from marshmallow import RAISE, fields

from core.database.engine import db
from core.http.acting import current_act, writes
from core.http.fields import Strict, WordsOut
from trace.inspections import sheet_import
from trace.inspections.sheet_import import Outcome
from trace.laboratories import service as laboratory
from trace.laboratories import uploads
from trace.laboratories.sheets import Sheet

imports = Blueprint("imports", __name__, description="仪器表格 sheets from instruments")


class SheetIn(Strict):
    """A form with one file: CSV or XLSX, at most 4 MB."""

    file = Upload(required=True)


class ImportQuery(Strict):
    """Whether only to look."""

    dry_run = fields.Boolean(load_default=False)


class AnswerOut(Strict):
    """The answer to one row of the sheet; `place` is the cell that a refusal is about."""

    row = fields.Integer(required=True)
    state = fields.String(
        required=True,
        metadata={"enum": ["taken", "doubted", "same", "refused", "empty"]},
    )
    words = fields.Nested(WordsOut, required=True)
    sample = fields.String(required=True)
    place = fields.String(required=True)


class FilledOut(Strict):
    """A worksheet that gets values; its id is missing in a dry run that would begin it."""

    name = fields.String(attribute="target.name", required=True)
    values = fields.Integer(required=True)
    worksheet = fields.UUID(attribute="worksheet.id", dump_default=None, allow_none=True)


class ImportOut(Strict):
    """What a sheet comes to: an answer to every row below the header."""

    answers = fields.List(fields.Nested(AnswerOut), required=True)
    worksheets = fields.List(fields.Nested(FilledOut), attribute="filled", required=True)


@imports.route("/instruments/<uuid:instrument_id>/imports", methods=["POST"])
@imports.arguments(ImportQuery, location="query")
@imports.arguments(SheetIn, location="files", unknown=RAISE)
@imports.response(200, ImportOut)
def import_sheet(
    args: dict[str, Any], files: dict[str, Any], instrument_id: UUID
) -> Outcome | Response:
    """Put a sheet's values into drafted worksheets; with `dry_run` only say what would happen."""
    act = current_act()
    instrument = laboratory.own_instrument(act, instrument_id)
    octets = uploads.octets_of(files["file"].stream)
    files["file"].stream.seek(0)
    db.session.expunge(instrument)
    db.session.rollback()  # nobody's connection is held while the file is worked on
    sheet = uploads.sheet_in(octets, instrument)
    if args["dry_run"]:
        own = laboratory.own_instrument(act, instrument_id)
        return sheet_import.dry_run(act, own, sheet)
    return _put_in(instrument_id, sheet, octets, files["file"].filename or "")


@writes
def _put_in(instrument_id: UUID, sheet: Sheet, octets: bytes, name: str) -> Response:
    act = current_act()
    instrument = laboratory.own_instrument(act, instrument_id)
    outcome = sheet_import.put_in(act, instrument, sheet)
    kept = uploads.keep(act, instrument, name, octets)
    made = [one.worksheet.id for one in outcome.filled if one.worksheet]
    uploads.mark_put_in(act, kept, outcome.answers, made)
    return make_response(jsonify(ImportOut().dump(outcome)))
