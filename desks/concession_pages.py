"""让步放行: asked on the desks of laboratory and authority, answered by another person of the authority."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.http.acting import current_act, writes
from desks.authority_batch import batch_page as authority_page
from desks.concessions import CONCESSION, REFUSAL
from desks.entered import posted, under
from desks.forms import attempt, loaded
from desks.inspector import sent_batch
from desks.inspector_batch import batch_page as inspector_page
from trace.batches.service import visible_batch
from trace.inspections import concessions as verbs
from trace.inspections.schemas import ReasonIn

concession_pages = Blueprint("concession_pages", __name__, template_folder="templates")


@concession_pages.post("/lab/batches/<uuid:batch_id>/concessions")
def ask_by_laboratory(batch_id: UUID) -> Response:
    """A laboratory asks for a concession."""
    sent_batch(current_act(), batch_id)
    return attempt(
        lambda: _ask(batch_id, "inspector_batch.batch"),
        lambda entered: inspector_page(batch_id, under(CONCESSION, entered)),
    )


@concession_pages.post("/gov/batches/<uuid:batch_id>/concessions")
def ask_by_authority(batch_id: UUID) -> Response:
    """The authority asks; another person of it has to confirm."""
    visible_batch(current_act(), batch_id)
    return attempt(
        lambda: _ask(batch_id, "authority_batch.batch"),
        lambda entered: authority_page(batch_id, under(CONCESSION, entered)),
    )


@writes
def _ask(batch_id: UUID, page: str) -> AnyResponse:
    draft = loaded(ReasonIn(), posted(CONCESSION, "reason"))
    verbs.ask_concession(current_act(), batch_id, draft["reason"])
    flash(_("已申请让步放行，等主管部门的另一个人确认。"), "wait")
    return redirect(url_for(page, batch_id=batch_id, _anchor="concession"), 303)


@concession_pages.post("/gov/concessions/<uuid:concession_id>/confirmation")
def confirm(concession_id: UUID) -> Response:
    """A second person confirms: from now on the goods are ordinary goods."""
    return _answer(concession_id, lambda: _confirm(concession_id), CONCESSION)


@concession_pages.post("/gov/concessions/<uuid:concession_id>/refusal")
def refuse(concession_id: UUID) -> Response:
    """The authority refuses, with a reason."""
    return _answer(concession_id, lambda: _refuse(concession_id), REFUSAL)


def _answer(concession_id: UUID, do: Callable[[], Response], form: str) -> Response:
    batch_id = verbs.visible_concession(current_act(), concession_id).batch_id
    return attempt(do, lambda entered: authority_page(batch_id, under(form, entered)))


@writes
def _confirm(concession_id: UUID) -> AnyResponse:
    made = verbs.confirm_concession(current_act(), concession_id)
    flash(_("已让步放行：只作普通商品，标签不再担保。"), "wait")
    return _back(made.batch_id)


@writes
def _refuse(concession_id: UUID) -> AnyResponse:
    draft = loaded(ReasonIn(), posted(REFUSAL, "reason"))
    made = verbs.refuse_concession(current_act(), concession_id, draft["reason"])
    flash(_("没有同意让步放行，这一批照旧。"), "pass")
    return _back(made.batch_id)


def _back(batch_id: UUID) -> AnyResponse:
    return redirect(url_for("authority_batch.batch", batch_id=batch_id, _anchor="concession"), 303)
