"""Entering results: of a batch, of a type inspection, in the place of an older report, or going on.

The button 'check' answers with the page and what the judge would say, and stores nothing; the
button 'save' puts everything down on a worksheet, also what cannot be read yet. What was typed
stays on the page whatever happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import url_for as url
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.documents.models import Document
from core.documents.receiving import receives, store_received
from core.errors import FieldFault, Invalid, fault
from core.http.acting import current_act, writes
from core.http.language import language
from core.identity.models import Party
from core.words import Words
from desks.entry_data import entry_data
from desks.entry_table import strays, typed_in
from desks.forms import Entered, attempt, loaded
from desks.inspector_details import resources_of
from desks.inspector_drafting import (
    HEAD,
    BatchForm,
    CorrectionForm,
    EntryForm,
    Papers,
    TypeForm,
    WorksheetForm,
    day_of_text,
)
from desks.inspector_news import news_of
from desks.inspector_report import laboratory_report
from desks.inspector_rows import SheetView
from desks.inspector_setup import last_setup, started
from desks.inspector_sheet import Preview, Sheet, places_of, preview
from trace.inspections.life_models import DRAFTED
from trace.inspections.schemas import ContentIn
from trace.inspections.service import ReportDraft
from trace.inspections.subjects import subject_of_correction
from trace.inspections.worksheets import drafts_on
from trace.sampling.models import InspectionOrder

inspector_entry = Blueprint(
    "inspector_entry", __name__, url_prefix="/lab", template_folder="templates"
)
FILE, PHOTOS = "report_file", "photo_files"
SAVE = "save"


# --- the page ------------------------------------------------------------------------------


def _page(form: EntryForm, refused: Entered | None = None) -> tuple[str, int]:
    """The page with everything typed, the judge's answer to it, and what is wrong."""
    act = current_act()
    sheet = form.sheet(act)
    sent = request.method == "POST"
    setup = last_setup(act, sheet)
    start = started(form.start(act, sheet), sheet, setup)
    boxes = request.form if sent else start
    on = day_of_text(boxes.get("reported_on"))
    seen = preview(act, sheet, typed_in(sheet.table, boxes), on)
    faults = _faults(sheet, boxes, seen, refused)
    entered = Entered(_named(sheet, faults), refused.sentence if refused else None)
    said = {one.pointer.strip("/"): one.message.said_in(language()) for one in faults}
    title, action, trail = form.place(sheet)
    worksheet = form.worksheet(act)
    page = render_template(
        "inspector/entry.html",
        sheet=sheet,
        view=SheetView(sheet, boxes, seen, said, resources_of(act, boxes)),
        seen=seen,
        boxes=boxes,
        entered=entered,
        checked=sent,
        file_lost=_file_lost(),
        party=act.session.get_one(Party, sheet.subject.party),
        grades=[(grade, grade) for grade in sheet.subject.product.names("grade")],
        today=act.today,
        papers=_papers(act, form, sent),
        worksheet=worksheet,
        news=news_of(act, worksheet, sheet, start) if worksheet and sent else None,
        title=title,
        action=action,
        trail=trail,
        script=entry_data(act, sheet, setup),
        setup=setup,
    )
    return page, 422 if faults else 200


def _file_lost() -> bool:
    """Whether files came with a form that was not put down: they cannot be kept on a page."""
    return any(file.filename for _name, file in request.files.items(multi=True))


def _papers(act: Act, form: EntryForm, sent: bool) -> list[dict[str, Any]]:
    """The files that are there already, each with whether it is to be kept."""
    known = form.papers(act)
    kept = _kept(known) if sent else known
    named = [("keep_report", _("报告文件"), known.report)] if known.report else []
    named += [("keep_photo", _("照片"), photo) for photo in known.photos]
    return [
        {
            "name": name,
            "kind": kind,
            "document": act.session.get(Document, document_id),
            "kept": document_id in (kept.report, *kept.photos),
        }
        for name, kind, document_id in named
    ]


def _kept(known: Papers) -> Papers:
    """Of the files that are there already, those that are still ticked."""
    photos = set(request.form.getlist("keep_photo"))
    return Papers(
        known.report if request.form.get("keep_report") else None,
        tuple(photo for photo in known.photos if str(photo) in photos),
    )


def _faults(
    sheet: Sheet, boxes: Mapping[str, str], seen: Preview, refused: Entered | None
) -> list[FieldFault]:
    """What saving refused, at the boxes of the page, and each value that cannot be read."""
    places = places_of(typed_in(sheet.table, boxes))
    found = {
        f"/{_place(one.pointer, places)}": one.message
        for one in (refused.faults if refused else ())
    }
    found = {one.pointer: one.message for one in seen.faults} | found
    found |= {one.pointer: one.message for one in _strayed(sheet, boxes)}
    return [FieldFault(pointer, message) for pointer, message in found.items()]


def _strayed(sheet: Sheet, boxes: Mapping[str, str]) -> list[FieldFault]:
    """Values whose rows are gone are told, never dropped in silence."""
    values = strays(sheet.table, boxes)
    if not values:
        return []
    text = "、".join(values)
    return [
        fault(
            "/results",
            f"打开之后适用的限量变了，这些值没有地方放：{text}。请核对后重填",
            f"What applies has changed since the page was opened; no row for: {text}. Enter again",
        )
    ]


def _named(sheet: Sheet, faults: Iterable[FieldFault]) -> list[FieldFault]:
    """The faults with the name of their row in front, for the summary above the form."""
    rows = {row.key: row.name for row in sheet.table.rows}
    named = []
    for one in faults:
        name = next((said for key, said in rows.items() if one.pointer[1:].startswith(key)), None)
        words = one.message
        if name is not None:
            words = Words(f"{name.zh}：{words.zh}", f"{name.en}: {words.en}")
        named.append(FieldFault(one.pointer, words))
    return named


def _place(pointer: str, places: Mapping[str, str]) -> str:
    name = pointer.strip("/")
    own = {"report": FILE, "photos": PHOTOS}
    return places.get(name, own.get(name.partition("/")[0], name))


# --- saving --------------------------------------------------------------------------------


def _answer(form: EntryForm) -> Response:
    """Put down, or only look ahead; the page comes back with everything that was typed."""
    if request.form.get("do") != SAVE:
        return make_response(*_page(form))
    return attempt(lambda: _save(form), lambda refused: _page(form, refused)[0])


@receives
@writes
def _save(form: EntryForm) -> AnyResponse:
    act = current_act()
    sheet = form.sheet(act)
    gone = _strayed(sheet, request.form)
    if gone:
        raise Invalid("rows-gone", gone[0].message, gone)
    values: dict[str, Any] = {
        name: request.form[name] for name in HEAD if request.form.get(name, "").strip()
    }
    values["results"] = [one.values() for one in typed_in(sheet.table, request.form)]
    made = form.put_down(act, ReportDraft(**loaded(ContentIn(), values | _files(act, form))))
    flash(_("已保存。内容核对好以后，在这一页签名提交。"), "pass")
    return redirect(url("inspector_worksheets.sheet", sheet_id=made.id), 303)


def _files(act: Act, form: EntryForm) -> dict[str, Any]:
    """The files that are kept, and those that came with the form."""
    kept = _kept(form.papers(act))
    report = next((document.id for document in store_received(FILE)), kept.report)
    photos = [*kept.photos, *(document.id for document in store_received(PHOTOS))]
    said: dict[str, Any] = {"photos": [str(photo) for photo in photos]}
    return said | ({"report": str(report)} if report else {})


# --- where it is entered -------------------------------------------------------------------


@inspector_entry.get("/batches/<uuid:batch_id>/entry")
def batch_entry(batch_id: UUID) -> str:
    """The entry table of a batch."""
    return _page(BatchForm(batch_id))[0]


@inspector_entry.post("/batches/<uuid:batch_id>/entry")
def enter_batch(batch_id: UUID) -> Response:
    """Check or save a report on a batch."""
    return _answer(BatchForm(batch_id))


@inspector_entry.get("/reports/<uuid:report_id>/correction")
def correction(report_id: UUID) -> AnyResponse:
    """The entry table with the values of an older report, which nobody has corrected yet."""
    act = current_act()
    older = laboratory_report(act, report_id)
    subject_of_correction(act, older, "")
    begun = drafts_on(act, older)
    if begun is not None:
        flash(_("这份报告已经有一份没写完的更正或复验，请接着那一份。"))
        return redirect(url("inspector_worksheets.sheet", sheet_id=begun.id), 303)
    return make_response(_page(CorrectionForm(report_id))[0])


@inspector_entry.post("/reports/<uuid:report_id>/correction")
def correct(report_id: UUID) -> Response:
    """Check or save a report in the place of an older one."""
    return _answer(CorrectionForm(report_id))


@inspector_entry.get("/worksheets/<uuid:sheet_id>/entry")
def sheet_entry(sheet_id: UUID) -> AnyResponse:
    """The entry table with what stands on a worksheet, as long as nobody has submitted it."""
    form = WorksheetForm(sheet_id)
    worksheet = form.worksheet(current_act())
    if worksheet is None or worksheet.state != DRAFTED:
        return redirect(url("inspector_worksheets.sheet", sheet_id=sheet_id), 303)
    return make_response(_page(form)[0])


@inspector_entry.post("/worksheets/<uuid:sheet_id>/entry")
def go_on(sheet_id: UUID) -> Response:
    """Check or save what stands on a worksheet."""
    return _answer(WorksheetForm(sheet_id))


@inspector_entry.get("/type-inspections/new")
def type_entry() -> str:
    """Whose product of what is inspected; then its entry table."""
    party, product = request.args.get("party", ""), request.args.get("product", "")
    chosen = _uuid(party)
    if chosen is not None and product:
        return _page(TypeForm(chosen, product))[0]
    return render_template("inspector/choose.html", asked=type_orders(current_act()))


@inspector_entry.post("/type-inspections/new")
def enter_type() -> Response:
    """Check or save a type inspection."""
    chosen, product = _uuid(request.form.get("party", "")), request.form.get("product", "")
    if chosen is None or not product:
        return make_response(redirect(url("inspector_entry.type_entry"), 303))
    return _answer(TypeForm(chosen, product))


def type_orders(act: Act) -> list[InspectionOrder]:
    """What the laboratory was asked to inspect of a type, the newest order of each."""
    query = select(InspectionOrder).where(
        InspectionOrder.laboratory_id == act.party,
        InspectionOrder.batch_id.is_(None),
        InspectionOrder.closed_at.is_(None),
    )
    found = act.session.scalars(query.order_by(InspectionOrder.ordered_at)).unique()
    return list({(order.party_id, order.product_id): order for order in found}.values())


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
