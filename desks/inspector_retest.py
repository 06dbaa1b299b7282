"""复验: why a report's items are tested again and which result will count, said beforehand."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from marshmallow import fields
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.errors import not_found
from core.http.acting import current_act, writes
from core.http.fields import Choice
from core.identity.models import Party
from core.pages.views import say
from desks.form_texts import texts
from desks.forms import Entered, attempt, loaded
from desks.inspector_life import GROUND_WORDS
from products.models import Product
from trace.batches.models import Batch
from trace.inspections.life_models import GROUNDS, REINSPECTION, Reinspection
from trace.inspections.models import Inspection
from trace.inspections.schemas import ReasonIn
from trace.inspections.service import ReportDraft, visible_report
from trace.inspections.subjects import RetestDraft, subject_of_retest
from trace.inspections.worksheets import drafts_on, open_sheet

inspector_retest = Blueprint(
    "inspector_retest", __name__, url_prefix="/lab/reports", template_folder="templates"
)


class _RetestForm(ReasonIn):
    """Why it is tested again, and whether both results count."""

    ground = Choice(GROUNDS, required=True)
    both_count = fields.Boolean(load_default=False)


def asked_of(act: Act, report: Inspection) -> Reinspection | None:
    """The re-inspection of a report that the actor's laboratory was asked for."""
    query = select(Reinspection).where(
        Reinspection.first_id == report.id, Reinspection.laboratory_id == act.party
    )
    return act.session.scalars(query).first()


@inspector_retest.get("/<uuid:report_id>/retest")
def retest(report_id: UUID) -> AnyResponse:
    """The form; where a worksheet was begun already, one goes on with that."""
    act = current_act()
    first = _first(act, report_id)
    begun = drafts_on(act, first)
    if begun is not None:
        flash(_("这份报告已经有一份没写完的更正或复验，请接着那一份。"))
        return redirect(url_for("inspector_worksheets.sheet", sheet_id=begun.id), 303)
    subject_of_retest(act, first, RetestDraft(_grounds(act, first)[0], ""))
    return make_response(_page(report_id, Entered()))


def _first(act: Act, report_id: UUID) -> Inspection:
    """A report of the actor's own laboratory, or one that it was asked to re-inspect."""
    first = visible_report(act, report_id)
    if first.laboratory_id != act.party and asked_of(act, first) is None:
        raise not_found("检验报告", "report")
    return first


def _grounds(act: Act, first: Inspection) -> tuple[str, ...]:
    """What may be given as ground: another's report is re-inspected, one's own never."""
    if asked_of(act, first) is not None:
        return (REINSPECTION,)
    return tuple(ground for ground in GROUNDS if ground != REINSPECTION)


def _page(report_id: UUID, entered: Entered) -> str:
    act = current_act()
    first = _first(act, report_id)
    return render_template(
        "inspector/retest.html",
        first=first,
        own=first.laboratory_id == act.party,
        asked=asked_of(act, first),
        party=act.session.get_one(Party, first.party_id),
        product=act.session.get_one(Product, first.product_id),
        batch=act.session.get(Batch, first.batch_id) if first.batch_id else None,
        grounds=[(ground, say(GROUND_WORDS[ground])) for ground in _grounds(act, first)],
        entered=entered,
    )


@inspector_retest.post("/<uuid:report_id>/retest")
def open_retest(report_id: UUID) -> Response:
    """Begin the worksheet of a retest."""
    return attempt(lambda: _open(report_id), lambda entered: _page(report_id, entered))


@writes
def _open(report_id: UUID) -> AnyResponse:
    act = current_act()
    first = _first(act, report_id)
    draft = RetestDraft(**loaded(_RetestForm(), texts(("ground", "reason", "both_count"))))
    subject = subject_of_retest(act, first, draft)
    kept = open_sheet(act, subject, ReportDraft())
    flash(_("已记下为什么再测。现在填新的结果。"), "pass")
    return redirect(url_for("inspector_entry.sheet_entry", sheet_id=kept.id), 303)
