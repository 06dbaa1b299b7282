"""检验记录: the list of a laboratory's worksheets, the page of one, and signing for it.

Signing asks for the password again; such a form goes without an idempotency key, and sending it
twice does no harm: the second time there is nothing left to sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.act import VERIFIER, Act
from core.documents.models import Document
from core.documents.service import read_document
from core.documents.views import content
from core.errors import FieldFault, Refusal, not_found
from core.http.acting import current_act, writes
from core.http.language import language
from core.identity.models import Party
from core.identity.proving import proved_act
from core.identity.service import who
from desks.by_standard import StandardsShown, standards_ahead
from desks.entered import posted, under
from desks.entry_table import typed_in
from desks.forms import Entered, attempt, loaded
from desks.inspector_details import resources_of
from desks.inspector_drafting import Papers, about, day_in, papers_in
from desks.inspector_life import (
    GROUND_WORDS,
    MEANINGS,
    SHOWN_DIGITS,
    STATES,
    barred,
    life_of,
    signed,
    values_of,
    verifiers,
)
from desks.inspector_sheet import Preview, Sheet, boxes_at, kept_of_content, preview, sheet_on
from trace.inspections import rejudge
from trace.inspections.life_models import DRAFTED, SUBMITTED, Worksheet
from trace.inspections.schemas import ReasonIn
from trace.inspections.worksheets import (
    Signing,
    discard,
    faults_of,
    send_back,
    signatures_of,
    submit,
    visible_sheet,
)

inspector_worksheets = Blueprint(
    "inspector_worksheets", __name__, url_prefix="/lab/worksheets", template_folder="templates"
)
SUBMISSION, VERIFICATION, RETURN = "submission", "verification", "return"
PASSWORD = "password"


@dataclass(frozen=True)
class Missing:
    """What still keeps a worksheet from being submitted, and the box where it is mended."""

    text: str
    box: str


@inspector_worksheets.get("/<uuid:sheet_id>")
def sheet(sheet_id: UUID) -> str:
    """A worksheet: its content as it will be signed, how far it has come, what comes next."""
    return sheet_page(sheet_id, Entered())


def sheet_page(sheet_id: UUID, entered: Entered) -> str:
    """The page of a worksheet, with what was typed into one of its forms."""
    act = current_act()
    kept = visible_sheet(act, sheet_id)
    signatures = signatures_of(act, kept)
    subject = about(act, kept)
    day = day_in(kept.content)
    table = sheet_on(act, subject, day, kept.content.get("grade"), kept_of_content(kept.content))
    boxes = table.boxes()
    seen = preview(act, table, typed_in(table.table, boxes), day)
    own = barred(kept, signatures)
    return render_template(
        "inspector/worksheet.html",
        kept=kept,
        subject=subject,
        party=act.session.get_one(Party, kept.party_id),
        entered=entered,
        state=STATES[kept.state],
        steps=life_of(act, kept, signatures),
        signed=signed(act, kept, signatures),
        values=values_of(table, seen, resources_of(act, boxes)),
        verdict=seen.verdict,
        standards=_standards(act, kept, seen),
        papers=_papers(act, papers_in(kept.content)),
        missing=_missing(act, kept, table),
        may_verify=act.actor.is_a(VERIFIER) and act.actor.account not in own,
        is_own=act.actor.account in own,
        verifiers=verifiers(act, own),
        meanings=MEANINGS,
        login=who(act).login,
        grounds=GROUND_WORDS,
        digest=kept.content_sha256[:SHOWN_DIGITS],
    )


def _standards(act: Act, kept: Worksheet, seen: Preview) -> StandardsShown | None:
    """What each standard would say, as long as nobody has published it."""
    if kept.state not in (DRAFTED, SUBMITTED):
        return None
    return standards_ahead(act.session, seen.verdict)


def _papers(act: Act, papers: Papers) -> list[tuple[str, Document]]:
    named = [(_("报告文件"), papers.report), *((_("照片"), photo) for photo in papers.photos)]
    found = [(kind, act.session.get(Document, named_id)) for kind, named_id in named if named_id]
    return [(kind, document) for kind, document in found if document is not None]


def _missing(act: Act, kept: Worksheet, table: Sheet) -> list[Missing]:
    """Every fault of a drafted worksheet, named and led to its box."""
    if kept.state != DRAFTED:
        return []
    try:
        faults: Sequence[FieldFault] = faults_of(act, kept)
    except Refusal as refusal:
        return [Missing(refusal.detail.said_in(language()), "")]
    rows = [table.row_of(str(place)) for place in range(len(kept.content.get("results", ())))]
    boxes, names = boxes_at(rows), {row.box(): row.name for row in rows if row is not None}
    found = []
    for one in faults:
        box = boxes.get(one.pointer.strip("/"), one.pointer.strip("/").partition("/")[0])
        name = next((said for key, said in names.items() if box.startswith(key)), None)
        text = one.message.said_in(language())
        found.append(Missing(f"{name.said_in(language())}：{text}" if name else text, box))
    return found


@inspector_worksheets.get("/<uuid:sheet_id>/papers/<uuid:document_id>")
def paper(sheet_id: UUID, document_id: UUID) -> Response:
    """A file of a worksheet."""
    act = current_act()
    papers = papers_in(visible_sheet(act, sheet_id).content)
    if document_id not in (papers.report, *papers.photos):
        raise not_found("文件", "document")
    return content(read_document(act, document_id))


# --- signing -------------------------------------------------------------------------------


def _password(form: str) -> str:
    return request.form.get(f"{form}-{PASSWORD}", "")


def _signing(form: str) -> Signing:
    return Signing(request.form.get(f"{form}-digest", ""), PASSWORD)


def _again(sheet_id: UUID, form: str, entered: Entered) -> str:
    return sheet_page(sheet_id, under(form, entered))


def _back(sheet_id: UUID) -> AnyResponse:
    return redirect(url_for("inspector_worksheets.sheet", sheet_id=sheet_id), 303)


@inspector_worksheets.post("/<uuid:sheet_id>/submission")
def submit_sheet(sheet_id: UUID) -> Response:
    """Who did the work signs for it."""
    visible_sheet(current_act(), sheet_id)
    return attempt(lambda: _submit(sheet_id), lambda e: _again(sheet_id, SUBMISSION, e))


def _submit(sheet_id: UUID) -> AnyResponse:
    with proved_act(_password(SUBMISSION)) as act:
        submit(act, sheet_id, _signing(SUBMISSION))
    flash(_("已签名提交，等另一位同事复核。"), "pass")
    return _back(sheet_id)


@inspector_worksheets.post("/<uuid:sheet_id>/verification")
def verify_sheet(sheet_id: UUID) -> Response:
    """A second person signs: the report is published, and batches are judged by it."""
    visible_sheet(current_act(), sheet_id)
    return attempt(lambda: _verify(sheet_id), lambda e: _again(sheet_id, VERIFICATION, e))


def _verify(sheet_id: UUID) -> AnyResponse:
    with proved_act(_password(VERIFICATION)) as act:
        report = rejudge.publish(act, sheet_id, _signing(VERIFICATION))
        report_id, number = report.id, report.number
    flash(_("报告 %(number)s 已发布，用到它的批次已经重新判定。", number=number), "pass")
    return redirect(url_for("inspector_report.report", report_id=report_id), 303)


@inspector_worksheets.post("/<uuid:sheet_id>/return")
def return_sheet(sheet_id: UUID) -> Response:
    """Send a worksheet back to be worked on, with the reason."""
    visible_sheet(current_act(), sheet_id)
    return attempt(lambda: _return(sheet_id), lambda e: _again(sheet_id, RETURN, e))


def _return(sheet_id: UUID) -> AnyResponse:
    reason = loaded(ReasonIn(), posted(RETURN, "reason"))["reason"]
    with proved_act(_password(RETURN)) as act:
        send_back(act, sheet_id, reason, _signing(RETURN))
    flash(_("已退回，起草的人会看到原因。"), "pass")
    return _back(sheet_id)


@inspector_worksheets.route("/<uuid:sheet_id>/discard", methods=["GET", "POST"])
def discard_sheet(sheet_id: UUID) -> Response:
    """Give a draft up, once it was asked whether one means it."""
    kept = visible_sheet(current_act(), sheet_id)
    if request.method == "POST":
        return attempt(lambda: _discard(sheet_id), lambda e: sheet_page(sheet_id, e))
    return Response(render_template("inspector/worksheet_discard.html", kept=kept))


@writes
def _discard(sheet_id: UUID) -> AnyResponse:
    discard(current_act(), sheet_id)
    flash(_("草稿已放弃。"), "pass")
    return redirect(url_for("inspector_tasks.sheets"), 303)
