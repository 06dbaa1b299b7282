"""复检 on the cooperative's page of a batch: asking another laboratory to test again what failed."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.errors import not_found
from core.http.acting import current_act, writes
from desks.cooperative_batch import batch_page, own_batch
from desks.entered import posted, under
from desks.forms import attempt, loaded
from trace.inspections.reinspections import ask_reinspection
from trace.inspections.schemas import ReinspectionIn
from trace.inspections.service import visible_report

cooperative_reinspection = Blueprint(
    "cooperative_reinspection", __name__, url_prefix="/coop/batches", template_folder="templates"
)


def form_of(report_id: UUID) -> str:
    """The name of the form that asks about one report: there may be several on the page."""
    return f"reinspection-{report_id.hex[:8]}"


@cooperative_reinspection.post("/<uuid:batch_id>/reports/<uuid:report_id>/reinspection")
def ask(batch_id: UUID, report_id: UUID) -> Response:
    """Ask another laboratory."""
    return attempt(
        lambda: _ask(batch_id, report_id),
        lambda entered: batch_page(batch_id, under(form_of(report_id), entered)),
    )


@writes
def _ask(batch_id: UUID, report_id: UUID) -> AnyResponse:
    act = current_act()
    if visible_report(act, report_id).batch_id != own_batch(act, batch_id).id:
        raise not_found("检验报告", "report")
    named = posted(form_of(report_id), "laboratory", "sample", "reason")
    draft = loaded(ReinspectionIn(), dict(named))
    ask_reinspection(act, report_id, draft["laboratory"], draft["sample"], draft["reason"])
    flash(_("已申请复检，这家机构现在能看到这一批。"), "pass")
    return redirect(url_for("cooperative_batch.batch", batch_id=batch_id, _anchor="reports"), 303)
