"""One report of the laboratory: its results with their verdicts, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import VERIFIER, Act
from core.documents.models import Document
from core.documents.service import read_document
from core.documents.views import content
from core.errors import not_found
from core.http.acting import current_act, writes
from core.identity.models import Account, Party
from core.pages.views import say
from core.words import Words
from desks.cooperative_sheet import Measured, measured, said_of
from desks.entered import posted, under
from desks.forms import Entered, attempt, loaded
from desks.inspector import valid_until
from desks.inspector_life import GROUND_WORDS, Signed, signed
from desks.inspector_sheet import judged_alone, type_case
from desks.report_chain import Chain, chain_of
from products.models import Product
from products.phrases import unit_text
from trace.batches.models import Batch
from trace.inspections import judging, rejudge
from trace.inspections.life_models import Attachment, Reinspection, Worksheet
from trace.inspections.models import Inspection, Result
from trace.inspections.reinspections import reinspections_of
from trace.inspections.schemas import ReasonIn
from trace.inspections.service import visible_report
from trace.inspections.subjects import TYPE
from trace.inspections.worksheets import signatures_of

inspector_report = Blueprint(
    "inspector_report", __name__, url_prefix="/lab/reports", template_folder="templates"
)
WITHDRAWAL, REINSTATEMENT = "withdrawal", "reinstatement"


@dataclass(frozen=True)
class Reading:
    """One result of a report with the judge's lines on it, the worst first; none: not judged."""

    result: Result
    unit: str
    lines: tuple[Measured, ...]


def laboratory_report(act: Act, report_id: UUID) -> Inspection:
    """A report of the actor's own laboratory; NotFound for any other."""
    report = visible_report(act, report_id)
    if report.laboratory_id != act.party:
        raise not_found("检验报告", "report")
    return report


def seen_report(act: Act, report_id: UUID) -> Inspection:
    """The same, or one of another laboratory that the actor's was asked to test again."""
    report = visible_report(act, report_id)
    asked = select(Reinspection.id).where(
        Reinspection.first_id == report.id, Reinspection.laboratory_id == act.party
    )
    if report.laboratory_id != act.party and act.session.scalar(asked) is None:
        raise not_found("检验报告", "report")
    return report


@inspector_report.get("/<uuid:report_id>")
def report(report_id: UUID) -> str:
    """A report with its results."""
    return report_page(report_id, Entered())


def report_page(report_id: UUID, entered: Entered) -> str:
    """The page of a report, with what was typed into one of its forms."""
    act = current_act()
    row = seen_report(act, report_id)
    chain = chain_of(act, row)
    readings = _readings(act, row, chain.counts)
    own = row.laboratory_id == act.party
    return render_template(
        "inspector/report.html",
        report=row,
        entered=entered,
        own=own,
        chain=chain,
        counts=chain.counts,
        grounds=GROUND_WORDS,
        signed=_signed(act, row) if own else [],
        photos=_photos(act, row),
        may_reinstate=own and _may_reinstate(act, row, chain),
        asked=reinspections_of(act.session, row.batch_id) if row.batch_id else [],
        product=act.session.get_one(Product, row.product_id),
        party=act.session.get_one(Party, row.party_id),
        batch=act.session.get(Batch, row.batch_id) if row.batch_id else None,
        until=valid_until(act, row) if row.kind == TYPE else None,
        today=act.today,
        by=_name(act, row) if own else "",
        failing=[one for one in readings if one.lines and one.lines[0].state in ("fail", "wait")],
        others=[
            one for one in readings if not one.lines or one.lines[0].state not in ("fail", "wait")
        ],
    )


def _signed(act: Act, row: Inspection) -> list[Signed]:
    kept = act.session.get(Worksheet, row.id)
    return signed(act, kept, signatures_of(act, kept)) if kept is not None else []


def _photos(act: Act, row: Inspection) -> list[Document]:
    query = select(Document).join(Attachment, Attachment.document_id == Document.id)
    return list(act.session.scalars(query.where(Attachment.inspection_id == row.id)))


def _may_reinstate(act: Act, row: Inspection, chain: Chain) -> bool:
    """A verifier, of what a colleague has withdrawn, as long as nothing took its place."""
    if row.withdrawal is None or chain.newer is not None or not act.actor.is_a(VERIFIER):
        return False
    by = act.session.get(Account, row.withdrawal.account_id) if row.withdrawal.account_id else None
    return by is not None and by.party_id == act.party and by.id != act.actor.account


def _name(act: Act, row: Inspection) -> str:
    account = act.session.get(Account, row.account_id) if row.account_id else None
    return account.name if account else ""


def _readings(act: Act, row: Inspection, counts: bool) -> list[Reading]:
    lines: Sequence[dict[str, Any]] = _lines(act, row) if counts else ()
    return [
        Reading(
            result,
            say(Words(unit_text(result.unit), unit_text(result.unit, "en"))),
            tuple(measured(line) for line in lines if line.get("result") == str(result.id)),
        )
        for result in row.results
    ]


def _lines(act: Act, row: Inspection) -> list[Any]:
    """What the judge says: in the batch's verdict, or of a type inspection by itself."""
    if row.batch_id is not None:
        return list(said_of(act.session, act.session.get_one(Batch, row.batch_id)).lines)
    product = act.session.get_one(Product, row.product_id)
    case = type_case(act, product, row.reported_on, row.grade)
    return judging.stored_lines(judged_alone(case, judging.results_of(act.session, row)))


@inspector_report.get("/<uuid:report_id>/content")
def report_file(report_id: UUID) -> Response:
    """The report as it was uploaded."""
    act = current_act()
    row = seen_report(act, report_id)
    if row.report_id is None:
        raise not_found("文件", "document")
    return content(read_document(act, row.report_id, also=lambda _act, _document: True))


@inspector_report.get("/<uuid:report_id>/photos/<uuid:document_id>/content")
def photo(report_id: UUID, document_id: UUID) -> Response:
    """A photo of the report."""
    act = current_act()
    row = seen_report(act, report_id)
    if document_id not in {one.id for one in _photos(act, row)}:
        raise not_found("文件", "document")
    return content(read_document(act, document_id, also=lambda _act, _document: True))


@inspector_report.post("/<uuid:report_id>/withdrawal")
def withdraw(report_id: UUID) -> Response:
    """Take a report back; what rested on it is judged again at once."""
    return attempt(
        lambda: _withdraw(report_id),
        lambda entered: report_page(report_id, under(WITHDRAWAL, entered)),
    )


@writes
def _withdraw(report_id: UUID) -> AnyResponse:
    act = current_act()
    row = laboratory_report(act, report_id)
    draft = loaded(ReasonIn(), posted(WITHDRAWAL, "reason"))
    rejudge.withdraw(act, row.id, draft["reason"])
    flash(_("报告已撤回，用到它的批次已经重新判定。"), "pass")
    return redirect(url_for("inspector_report.report", report_id=report_id), 303)


@inspector_report.post("/<uuid:report_id>/reinstatement")
def reinstate(report_id: UUID) -> Response:
    """Another person says that a withdrawn report counts after all."""
    return attempt(
        lambda: _reinstate(report_id),
        lambda entered: report_page(report_id, under(REINSTATEMENT, entered)),
    )


@writes
def _reinstate(report_id: UUID) -> AnyResponse:
    act = current_act()
    row = laboratory_report(act, report_id)
    draft = loaded(ReasonIn(), posted(REINSTATEMENT, "reason"))
    rejudge.reinstate(act, row.id, draft["reason"])
    flash(_("报告恢复有效，用到它的批次已经重新判定。"), "pass")
    return redirect(url_for("inspector_report.report", report_id=report_id), 303)
