"""Entering results: of a batch, of a type inspection, or in the place of an older report.

The button 'check' answers with the page and what the judge would say, and stores nothing; the
button 'record' puts the report on file. What was typed stays on the page either way.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import url_for as url
from flask_babel import gettext as _
from marshmallow import Schema
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import PRODUCER, Act
from core.documents.receiving import receives, store_received
from core.errors import FieldFault, Invalid, fault
from core.http.acting import current_act, writes
from core.http.language import language
from core.identity.models import Party, PartyRole
from core.words import Words
from desks.entry_table import boxes_of, strays, typed_in
from desks.forms import Entered, attempt, loaded
from desks.inspector import sent_batch
from desks.inspector_report import laboratory_report
from desks.inspector_rows import SheetView
from desks.inspector_sheet import Preview, Sheet, batch_sheet, places_of, preview, type_sheet
from desks.standings import HELD, RELEASED, standings_of
from products.models import Product
from trace.batches.service import product_named, visible_batch
from trace.inspections import rejudge
from trace.inspections.judging import latest_verdict
from trace.inspections.models import Inspection
from trace.inspections.schemas import ReportCorrectionIn, ReportIn, TypeReportIn
from trace.inspections.service import TYPE, ReportDraft, own_report

inspector_entry = Blueprint(
    "inspector_entry", __name__, url_prefix="/lab", template_folder="templates"
)
FILE = "report_file"
RECORD = "record"
_HEAD = ("number", "sampled_on", "reported_on", "note", "grade", "valid_from", "valid_to")


class EntryForm(ABC):
    """One way of entering a report: its sheet, what it starts with, and how it is recorded."""

    schema: Schema
    further: tuple[str, ...] = ()

    @abstractmethod
    def sheet(self, act: Act) -> Sheet:
        """The sheet as it is now; refused for whoever may not report."""

    @abstractmethod
    def record(self, act: Act, draft: dict[str, Any]) -> Inspection:
        """Put the report on file, with everything that follows."""

    def start(self, act: Act, sheet: Sheet) -> Mapping[str, str]:
        """What stands in the boxes before anybody typed."""
        return {"reported_on": act.today.isoformat()}


@dataclass(frozen=True)
class BatchForm(EntryForm):
    """A report on a batch."""

    batch_id: UUID
    schema = ReportIn()

    def sheet(self, act: Act) -> Sheet:
        return batch_sheet(act, sent_batch(act, self.batch_id))

    def record(self, act: Act, draft: dict[str, Any]) -> Inspection:
        return rejudge.inspect_batch(act, self.batch_id, ReportDraft(**draft))


@dataclass(frozen=True)
class TypeForm(EntryForm):
    """A type inspection of a party's product."""

    party: UUID
    product: str
    schema = TypeReportIn()
    further = ("party", "product")

    def sheet(self, act: Act) -> Sheet:
        product = product_named(act.session, self.product)
        day = _day(request.form.get("reported_on")) or act.today
        return type_sheet(act, self.party, product, day, _grade(product))

    def record(self, act: Act, draft: dict[str, Any]) -> Inspection:
        party, product = draft.pop("party"), product_named(act.session, draft.pop("product"))
        return rejudge.inspect_type(act, party, product.id, ReportDraft(**draft))


@dataclass(frozen=True)
class CorrectionForm(EntryForm):
    """A report in the place of an older one; both stay to be seen."""

    report_id: UUID
    schema = ReportCorrectionIn()
    further = ("reason",)

    def sheet(self, act: Act) -> Sheet:
        older = laboratory_report(act, self.report_id)
        if older.batch_id is not None:
            return batch_sheet(act, visible_batch(act, older.batch_id), older)
        product = act.session.get_one(Product, older.product_id)
        day = _day(request.form.get("reported_on")) or older.reported_on
        grade = _grade(product) if request.form else older.grade
        return type_sheet(act, older.party_id, product, day, grade, older)

    def record(self, act: Act, draft: dict[str, Any]) -> Inspection:
        older, reason = self.sheet(act).older, draft.pop("reason")
        if older is not None and "report" not in draft and request.form.get("keep_report"):
            draft["report"] = older.report_id
        return rejudge.correct_report(act, self.report_id, ReportDraft(**draft), reason)

    def start(self, act: Act, sheet: Sheet) -> Mapping[str, str]:
        older = sheet.older
        assert older is not None
        said = {
            "number": next_number(older.number),
            "keep_report": "1",
            **{name: _text(getattr(older, name)) for name in _HEAD if name != "number"},
        }
        return {**said, **boxes_of(sheet.table)}


def next_number(number: str) -> str:
    """A number for the report that corrects: R-7 becomes R-7-G1, and that R-7-G2 (G: 更正)."""
    again = re.fullmatch(r"(.+)-G(\d{1,2})", number)
    stem, last = (again[1], int(again[2])) if again else (number, 0)
    return f"{stem}-G{last + 1}"


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _grade(product: Product) -> str | None:
    """The grade that was chosen, where the product has it."""
    grade = request.form.get("grade", "")
    return grade if grade in product.names("grade") else None


# --- the page ------------------------------------------------------------------------------


def _page(form: EntryForm, refused: Entered | None = None) -> tuple[str, int]:
    """The page with everything typed, the judge's answer to it, and what is wrong."""
    act = current_act()
    sheet = form.sheet(act)
    sent = request.method == "POST"
    boxes = request.form if sent else form.start(act, sheet)
    seen = preview(act, sheet, typed_in(sheet.table, boxes))
    faults = _faults(sheet, boxes, seen, refused)
    entered = Entered(_named(sheet, faults), refused.sentence if refused else None)
    said = {one.pointer.strip("/"): one.message.said_in(language()) for one in faults}
    page = render_template(
        "inspector/entry.html",
        sheet=sheet,
        view=SheetView(sheet, boxes, seen, said),
        seen=seen,
        boxes=boxes,
        entered=entered,
        checked=sent,
        file_lost=bool(sent and request.files.get(FILE)),
        party=act.session.get_one(Party, sheet.subject.party),
        grades=[(grade, grade) for grade in sheet.subject.product.names("grade")],
        today=act.today,
        **_words_of(form, sheet),
    )
    return page, 422 if faults else 200


def _faults(
    sheet: Sheet, boxes: Mapping[str, str], seen: Preview, refused: Entered | None
) -> list[FieldFault]:
    """What recording refused, at the boxes of the page, and each value that cannot be read."""
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
    return places.get(name, {"report": FILE}.get(name, name))


def _words_of(form: EntryForm, sheet: Sheet) -> dict[str, Any]:
    """Where the page stands and where its form goes."""
    batch, older = sheet.subject.batch, sheet.older
    if older is not None:
        back = url("inspector_report.report", report_id=older.id)
        return {
            "title": _("更正报告 %(number)s", number=older.number),
            "action": url("inspector_entry.correct", report_id=older.id),
            "trail": [(url("inspector.reports"), _("报告")), (back, older.number)],
        }
    if batch is not None:
        back = url("inspector_batch.batch", batch_id=batch.id)
        return {
            "title": _("录入检验结果"),
            "action": url("inspector_entry.enter_batch", batch_id=batch.id),
            "trail": [(url("inspector.today"), _("送检")), (back, batch.number)],
        }
    return {
        "title": _("录入型式检验"),
        "action": url("inspector_entry.enter_type"),
        "trail": [(url("inspector.type_inspections"), _("型式检验"))],
    }


def _answer(form: EntryForm) -> Response:
    """Record, or only look ahead; the page comes back with everything that was typed."""
    if request.form.get("do") != RECORD:
        return make_response(*_page(form))
    return attempt(lambda: _record(form), lambda refused: _page(form, refused)[0])


@receives
@writes
def _record(form: EntryForm) -> AnyResponse:
    act = current_act()
    sheet = form.sheet(act)
    gone = _strayed(sheet, request.form)
    if gone:
        raise Invalid("rows-gone", gone[0].message, gone)
    values: dict[str, Any] = _head(form.schema, (*_HEAD, *form.further))
    values["results"] = [one.values() for one in typed_in(sheet.table, request.form)]
    stored = store_received(FILE)
    if stored:
        values["report"] = str(stored[0].id)
    report = form.record(act, loaded(form.schema, values))
    flash(*_told(act, report))
    return redirect(url("inspector_report.report", report_id=report.id), 303)


def _head(schema: Schema, names: Iterable[str]) -> dict[str, str]:
    """The boxes above and below the table that the schema knows; an empty one is absent."""
    return {
        name: request.form[name]
        for name in names
        if name in schema.fields and request.form.get(name, "").strip()
    }


def _told(act: Act, report: Inspection) -> tuple[str, str]:
    """What happened, and what followed from it."""
    if report.kind == TYPE:
        period = {"start": report.valid_from, "end": report.valid_to}
        return _("型式检验已记录，有效期 %(start)s 至 %(end)s。", **period), "pass"
    assert report.batch_id is not None
    verdict = latest_verdict(act.session, report.batch_id)
    standing = standings_of(act.session, [report.batch_id])[report.batch_id]
    if verdict is not None and verdict.outcome == "nonconforming":
        return _("报告已记录。这一批判定不合格，已经封存。"), "fail"
    if standing is RELEASED:
        return _("报告已记录。这一批判定合格，已经放行。"), "pass"
    if standing is HELD:
        return _("报告已记录。这一批还在封存。"), "wait"
    if verdict is not None and verdict.outcome == "conforming":
        return _("报告已记录。这一批判定合格，等合作社确认数量后放行。"), "pass"
    return _("报告已记录。这一批还不能判定，缺什么写在批次页上。"), "wait"


# --- where it is entered -------------------------------------------------------------------


@inspector_entry.get("/batches/<uuid:batch_id>/entry")
def batch_entry(batch_id: UUID) -> str:
    """The entry table of a batch."""
    return _page(BatchForm(batch_id))[0]


@inspector_entry.post("/batches/<uuid:batch_id>/entry")
def enter_batch(batch_id: UUID) -> Response:
    """Check or record a report on a batch."""
    return _answer(BatchForm(batch_id))


@inspector_entry.get("/reports/<uuid:report_id>/correction")
def correction(report_id: UUID) -> str:
    """The entry table with the values of an older report, as long as that one counts."""
    laboratory_report(current_act(), report_id)
    own_report(current_act(), report_id)
    return _page(CorrectionForm(report_id))[0]


@inspector_entry.post("/reports/<uuid:report_id>/correction")
def correct(report_id: UUID) -> Response:
    """Check or record a report in the place of an older one."""
    return _answer(CorrectionForm(report_id))


@inspector_entry.get("/type-inspections/new")
def type_entry() -> str:
    """Whose product of what is inspected; then its entry table."""
    party, product = request.args.get("party", ""), request.args.get("product", "")
    chosen = _uuid(party)
    if chosen is not None and product:
        return _page(TypeForm(chosen, product))[0]
    act = current_act()
    return render_template(
        "inspector/choose.html",
        parties=_producers(act),
        products=_products(act),
        party=party,
        product=product,
    )


@inspector_entry.post("/type-inspections/new")
def enter_type() -> Response:
    """Check or record a type inspection."""
    chosen, product = _uuid(request.form.get("party", "")), request.form.get("product", "")
    if chosen is None or not product:
        return make_response(redirect(url("inspector_entry.type_entry"), 303))
    return _answer(TypeForm(chosen, product))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _producers(act: Act) -> list[tuple[str, str]]:
    """Everybody who makes something, the actor's own party left out."""
    query = select(Party.id, Party.name).join(PartyRole, PartyRole.party_id == Party.id)
    query = query.where(PartyRole.role == PRODUCER, Party.id != act.party).order_by(Party.name)
    return [(str(row.id), row.name) for row in act.session.execute(query)]


def _products(act: Act) -> list[tuple[str, str]]:
    query = select(Product.key, Product.name).order_by(Product.name)
    return [(row.key, row.name) for row in act.session.execute(query)]
