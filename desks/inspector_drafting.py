"""The ways of entering a report: on a batch, of a type, in the place of an older one, or going on
with a worksheet. Each knows its sheet, what it starts with, and how it is put down.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import request
from flask import url_for as url
from flask_babel import gettext as _
from sqlalchemy import select

from core.act import Act
from core.http.versions import check_if_match
from desks.forms import loaded
from desks.inspector import sent_batch
from desks.inspector_report import laboratory_report
from desks.inspector_sheet import Sheet, kept_of_content, kept_of_report, sheet_on
from products.models import Product
from trace.batches.models import Batch
from trace.batches.service import product_named, visible_batch
from trace.inspections.life_models import Attachment, Worksheet
from trace.inspections.models import Inspection
from trace.inspections.schemas import ReasonIn
from trace.inspections.service import ReportDraft, visible_report
from trace.inspections.subjects import (
    RetestDraft,
    Subject,
    subject_of_batch,
    subject_of_correction,
    subject_of_type,
)
from trace.inspections.worksheets import locked_sheet, open_sheet, save, visible_sheet

HEAD = ("number", "sampled_on", "reported_on", "note", "grade", "valid_from", "valid_to")
Trail = list[tuple[str | None, str]]


@dataclass(frozen=True)
class Papers:
    """The files that a report starts with: its report as uploaded, and photos."""

    report: UUID | None = None
    photos: tuple[UUID, ...] = ()


class EntryForm(ABC):
    """One way of entering a report."""

    @abstractmethod
    def sheet(self, act: Act) -> Sheet:
        """The sheet as it is now; refused for whoever may not report."""

    @abstractmethod
    def put_down(self, act: Act, draft: ReportDraft) -> Worksheet:
        """Put what was typed down on a worksheet."""

    @abstractmethod
    def place(self, sheet: Sheet) -> tuple[str, str, Trail]:
        """The page's title, where its form goes, and the trail above it."""

    def start(self, act: Act, sheet: Sheet) -> Mapping[str, str]:
        """What stands in the boxes before anybody typed."""
        return {"reported_on": act.today.isoformat()}

    def papers(self, act: Act) -> Papers:
        """The files that are there already."""
        return Papers()

    def worksheet(self, act: Act) -> Worksheet | None:
        """The worksheet that one goes on with."""
        return None


@dataclass(frozen=True)
class BatchForm(EntryForm):
    """A report on a batch."""

    batch_id: UUID

    def sheet(self, act: Act) -> Sheet:
        return sheet_on(act, self._subject(act), None, None)

    def _subject(self, act: Act) -> Subject:
        return subject_of_batch(act, sent_batch(act, self.batch_id))

    def put_down(self, act: Act, draft: ReportDraft) -> Worksheet:
        return open_sheet(act, self._subject(act), draft)

    def place(self, sheet: Sheet) -> tuple[str, str, Trail]:
        batch = sheet.subject.batch
        assert batch is not None
        back = url("inspector_batch.batch", batch_id=batch.id)
        trail: Trail = [(url("inspector.today"), _("送检")), (back, batch.number)]
        action = url("inspector_entry.enter_batch", batch_id=batch.id)
        return _("录入检验结果"), action, trail


@dataclass(frozen=True)
class TypeForm(EntryForm):
    """A type inspection of a party's product."""

    party: UUID
    product: str

    def sheet(self, act: Act) -> Sheet:
        subject = self._subject(act)
        return sheet_on(act, subject, posted_day(), posted_grade(subject.product))

    def _subject(self, act: Act) -> Subject:
        return subject_of_type(act, self.party, product_named(act.session, self.product))

    def put_down(self, act: Act, draft: ReportDraft) -> Worksheet:
        return open_sheet(act, self._subject(act), draft)

    def place(self, sheet: Sheet) -> tuple[str, str, Trail]:
        trail: Trail = [(url("inspector.type_inspections"), _("型式检验"))]
        return _("录入型式检验"), url("inspector_entry.enter_type"), trail


@dataclass(frozen=True)
class CorrectionForm(EntryForm):
    """A report in the place of an older one; both stay to be seen."""

    report_id: UUID

    def sheet(self, act: Act) -> Sheet:
        older = laboratory_report(act, self.report_id)
        day = posted_day() or older.reported_on
        product = act.session.get_one(Product, older.product_id)
        grade = posted_grade(product) if request.form else older.grade
        subject = Subject(
            older.kind, older.party_id, product, _batch(act, older.batch_id), corrects=older
        )
        return sheet_on(act, subject, day, grade, kept_of_report(act, older))

    def put_down(self, act: Act, draft: ReportDraft) -> Worksheet:
        older = visible_report(act, self.report_id)
        reason = loaded(ReasonIn(), posted_reason())["reason"]
        return open_sheet(act, subject_of_correction(act, older, reason), draft)

    def place(self, sheet: Sheet) -> tuple[str, str, Trail]:
        older = sheet.older
        assert older is not None
        back = url("inspector_report.report", report_id=older.id)
        trail: Trail = [(url("inspector.reports"), _("报告")), (back, older.number)]
        action = url("inspector_entry.correct", report_id=older.id)
        return _("更正报告 %(number)s", number=older.number), action, trail

    def start(self, act: Act, sheet: Sheet) -> Mapping[str, str]:
        older = sheet.older
        assert older is not None
        said = {name: _text(getattr(older, name)) for name in HEAD}
        return {**said, "number": next_number(older.number), **sheet.boxes()}

    def papers(self, act: Act) -> Papers:
        older = laboratory_report(act, self.report_id)
        return Papers(older.report_id, photos_of(act, older))


@dataclass(frozen=True)
class WorksheetForm(EntryForm):
    """Going on with a worksheet that was put down before."""

    sheet_id: UUID

    def worksheet(self, act: Act) -> Worksheet | None:
        return visible_sheet(act, self.sheet_id)

    def sheet(self, act: Act) -> Sheet:
        kept = visible_sheet(act, self.sheet_id)
        subject = about(act, kept)
        day = posted_day() or day_in(kept.content)
        grade = posted_grade(subject.product) if request.form else kept.content.get("grade")
        return sheet_on(act, subject, day, grade, kept_of_content(kept.content))

    def put_down(self, act: Act, draft: ReportDraft) -> Worksheet:
        kept = locked_sheet(act, self.sheet_id)
        check_if_match(kept.id, kept.version)
        return save(act, kept, draft)

    def place(self, sheet: Sheet) -> tuple[str, str, Trail]:
        back = url("inspector_worksheets.sheet", sheet_id=self.sheet_id)
        trail: Trail = [
            (url("inspector_tasks.sheets"), _("记录与复核")),
            (back, _("检验记录")),
        ]
        return _("接着填"), url("inspector_entry.go_on", sheet_id=self.sheet_id), trail

    def start(self, act: Act, sheet: Sheet) -> Mapping[str, str]:
        kept = visible_sheet(act, self.sheet_id)
        return {**{name: _text(kept.content.get(name)) for name in HEAD}, **sheet.boxes()}

    def papers(self, act: Act) -> Papers:
        return papers_in(visible_sheet(act, self.sheet_id).content)


def about(act: Act, kept: Worksheet) -> Subject:
    """What a worksheet is about, to be shown: whether it may go on is asked when it is signed."""
    retest = None
    if kept.retests_id is not None:
        retest = RetestDraft(kept.ground or "", kept.reason or "", kept.both_count)
    return Subject(
        kept.kind,
        kept.party_id,
        act.session.get_one(Product, kept.product_id),
        act.session.get(Batch, kept.batch_id) if kept.batch_id else None,
        corrects=_report(act, kept.corrects_id),
        retests=_report(act, kept.retests_id),
        retest=retest,
        reason=kept.reason,
    )


def _report(act: Act, report_id: UUID | None) -> Inspection | None:
    return act.session.get(Inspection, report_id) if report_id else None


def _batch(act: Act, batch_id: UUID | None) -> Batch | None:
    return visible_batch(act, batch_id) if batch_id else None


def photos_of(act: Act, report: Inspection) -> tuple[UUID, ...]:
    """The photos of a report."""
    query = select(Attachment.document_id).where(Attachment.inspection_id == report.id)
    return tuple(act.session.scalars(query))


def papers_in(content: Mapping[str, Any]) -> Papers:
    """The files of a worksheet."""
    report = content.get("report")
    photos = tuple(UUID(photo) for photo in content.get("photos", ()))
    return Papers(UUID(report) if report else None, photos)


def day_in(content: Mapping[str, Any]) -> date | None:
    """The day of the report on a worksheet."""
    return day_of_text(content.get("reported_on"))


def next_number(number: str) -> str:
    """A number for the report that corrects: R-7 becomes R-7-G1, and that R-7-G2 (G: 更正)."""
    again = re.fullmatch(r"(.+)-G(\d{1,2})", number)
    stem, last = (again[1], int(again[2])) if again else (number, 0)
    return f"{stem}-G{last + 1}"


def _text(value: object) -> str:
    return "" if value is None else str(value)


def day_of_text(text: str | None) -> date | None:
    """A day as it is typed; None where it is none."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def posted_day() -> date | None:
    """The day of the report in the form that was sent."""
    return day_of_text(request.form.get("reported_on"))


def posted_grade(product: Product) -> str | None:
    """The grade that was chosen, where the product has it."""
    grade = request.form.get("grade", "")
    return grade if grade in product.names("grade") else None


def posted_reason() -> dict[str, str]:
    """The reason of a correction, where one was typed."""
    text = request.form.get("reason", "")
    return {"reason": text} if text.strip() else {}
