"""REST of worksheets: drafted, signed, verified by a second person, and only then a report.

A program signs with its own token. Whoever works in a browser signs on the page, where the
password is asked again; a cookie alone signs nothing.
"""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import g
from flask_smorest import Blueprint

from core.act import Act
from core.errors import FieldFault, Forbidden, Invalid, Refusal
from core.http.acting import current_act, writes
from core.http.paging import page_arguments, page_of
from core.http.versions import check_if_match, etag
from core.words import Words
from trace.batches import service as log
from trace.inspections import rejudge
from trace.inspections import worksheets as life
from trace.inspections.life_models import DRAFTED, Worksheet
from trace.inspections.models import Inspection
from trace.inspections.schemas import (
    ContentIn,
    ReportOut,
    ReturnIn,
    SigningIn,
    VerificationsIn,
    WorksheetIn,
    WorksheetOut,
    WorksheetQuery,
    WorksheetSetIn,
    WorksheetWholeOut,
)
from trace.inspections.service import ReportDraft, visible_report
from trace.inspections.subjects import (
    RetestDraft,
    Subject,
    subject_of_batch,
    subject_of_correction,
    subject_of_retest,
    subject_of_type,
)
from trace.inspections.worksheets import Signing

worksheets = Blueprint("worksheets", __name__, description="检验记录 worksheets")
_ABOUT = ("batch", "party", "product", "corrects", "retests", "ground", "both_count", "reason")


@dataclass
class _Whole:
    """A worksheet with what the answer shows beside it."""

    sheet: Worksheet
    signatures: Any
    faults: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sheet, name)


def _whole(act: Act, sheet: Worksheet) -> _Whole:
    return _wholes(act, [sheet])[0]


def _wholes(act: Act, sheets: list[Worksheet]) -> list[_Whole]:
    signed = life.signatures_by_sheet(act, sheets)
    return [
        _Whole(
            sheet, signed[sheet.id], life.faults_of(act, sheet) if sheet.state == DRAFTED else ()
        )
        for sheet in sheets
    ]


def _headers(sheet: Worksheet) -> dict[str, str]:
    return {"ETag": etag(sheet.id, sheet.version), "Location": f"/api/v1/worksheets/{sheet.id}"}


def _signing(content_sha256: str) -> Signing:
    return Signing(content_sha256, _method())


def _method() -> str:
    if not g.by_token:
        raise Forbidden(
            "sign-on-the-page",
            Words(
                "签名请在网页上做，要再输一次密码；程序用自己的令牌签。",
                "Sign on the page, with the password once more; a program signs with its token.",
            ),
        )
    return "token"


def _subject(act: Act, about: dict[str, Any]) -> Subject:
    if "batch" in about:
        return subject_of_batch(act, log.visible_batch(act, about["batch"]))
    if "product" in about:
        product = log.product_named(act.session, about["product"])
        return subject_of_type(act, about["party"], product)
    if "corrects" in about:
        older = visible_report(act, about["corrects"])
        return subject_of_correction(act, older, about["reason"])
    draft = RetestDraft(about["ground"], about["reason"], about["both_count"])
    return subject_of_retest(act, visible_report(act, about["retests"]), draft)


@worksheets.route("/worksheets", methods=["POST"])
@writes
@worksheets.arguments(WorksheetIn)
@worksheets.response(201, WorksheetWholeOut)
def open_sheet(draft: dict[str, Any]) -> tuple[_Whole, dict[str, str]]:
    """Begin a worksheet; with `sign` it is submitted at once."""
    act = current_act()
    sheet = _opened(act, draft)
    return _whole(act, sheet), _headers(sheet)


def _opened(act: Act, draft: dict[str, Any]) -> Worksheet:
    sign = draft.pop("sign")
    about = {name: draft.pop(name) for name in _ABOUT if name in draft}
    subject, said = _subject(act, about), ReportDraft(**draft)
    if sign:
        return life.open_signed(act, subject, said, _method())
    return life.open_sheet(act, subject, said)


@worksheets.route("/worksheet-sets", methods=["POST"])
@writes
@worksheets.arguments(WorksheetSetIn)
@worksheets.response(201, WorksheetWholeOut(many=True))
def open_sheets(draft: dict[str, Any]) -> list[_Whole]:
    """Begin several worksheets at once, those with `sign` submitted: all of them, or none."""
    act = current_act()
    made: list[Worksheet] = []
    refused: list[Refusal] = []
    for place, one in enumerate(draft["worksheets"]):
        try:
            made.append(_opened(act, one))
        except Invalid as refusal:
            refused.append(_placed(refusal, place))
        except Refusal as refusal:
            raise _placed(refusal, place) from refusal
    if refused:
        faults = [fault for refusal in refused for fault in refusal.faults]
        raise Invalid(refused[0].code, refused[0].detail, faults)
    return _wholes(act, made)


def _placed(refusal: Refusal, place: int) -> Refusal:
    """The same about one worksheet of a set: pointers begin with /worksheets/0 …"""
    at = f"/worksheets/{place}"
    faults = [replace(fault, pointer=f"{at}{fault.pointer}") for fault in refusal.faults]
    whole = [FieldFault(at, refusal.detail)]
    return type(refusal)(refusal.code, refusal.detail, faults or whole, **refusal.more)


@worksheets.route("/worksheets")
@worksheets.arguments(WorksheetQuery, location="query")
@worksheets.response(200, WorksheetOut(many=True))
def list_sheets(args: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """The worksheets of one's own laboratory, newest first."""
    act, paging = current_act(), page_arguments(args)
    query = life.sheets_seen_by(act)
    if args.get("state"):
        query = query.where(Worksheet.state == args["state"])
    page = page_of(act.session, query, Worksheet.created_at, Worksheet.id, **paging)
    return page.rows, page.headers()


@worksheets.route("/worksheets/<uuid:sheet_id>")
@worksheets.response(200, WorksheetWholeOut)
def get_sheet(sheet_id: UUID) -> tuple[_Whole, dict[str, str]]:
    """One worksheet, with what it still lacks."""
    act = current_act()
    sheet = life.visible_sheet(act, sheet_id)
    return _whole(act, sheet), _headers(sheet)


@worksheets.route("/worksheets/<uuid:sheet_id>", methods=["PUT"])
@writes
@worksheets.arguments(ContentIn)
@worksheets.response(200, WorksheetWholeOut)
def save_sheet(draft: dict[str, Any], sheet_id: UUID) -> tuple[_Whole, dict[str, str]]:
    """Put down what stands on a worksheet now."""
    act = current_act()
    sheet = life.locked_sheet(act, sheet_id)
    check_if_match(sheet.id, sheet.version)
    life.save(act, sheet, ReportDraft(**draft))
    return _whole(act, sheet), _headers(sheet)


@worksheets.route("/worksheets/<uuid:sheet_id>/submission", methods=["POST"])
@writes
@worksheets.arguments(SigningIn)
@worksheets.response(201, WorksheetWholeOut)
def submit_sheet(draft: dict[str, Any], sheet_id: UUID) -> tuple[_Whole, dict[str, str]]:
    """Sign what was done; a second person verifies it."""
    act = current_act()
    sheet = life.submit(act, sheet_id, _signing(draft["content_sha256"]))
    return _whole(act, sheet), _headers(sheet)


@worksheets.route("/worksheets/<uuid:sheet_id>/verification", methods=["POST"])
@writes
@worksheets.arguments(SigningIn)
@worksheets.response(201, ReportOut)
def verify_sheet(draft: dict[str, Any], sheet_id: UUID) -> tuple[Inspection, dict[str, str]]:
    """A second person signs: the report is published, and batches are judged by it."""
    act = current_act()
    report = rejudge.publish(act, sheet_id, _signing(draft["content_sha256"]))
    return report, {"Location": f"/api/v1/inspections/{report.id}"}


@worksheets.route("/verifications", methods=["POST"])
@writes
@worksheets.arguments(VerificationsIn)
@worksheets.response(201, ReportOut(many=True))
def verify_sheets(draft: dict[str, Any]) -> list[Inspection]:
    """Verify several worksheets at once: all of them are published, or none."""
    act = current_act()
    signed = [(one["id"], _signing(one["content_sha256"])) for one in draft["worksheets"]]
    return rejudge.publish_all(act, signed)


@worksheets.route("/worksheets/<uuid:sheet_id>/return", methods=["POST"])
@writes
@worksheets.arguments(ReturnIn)
@worksheets.response(201, WorksheetWholeOut)
def send_back(draft: dict[str, Any], sheet_id: UUID) -> tuple[_Whole, dict[str, str]]:
    """Send a worksheet back to be worked on, with the reason."""
    act = current_act()
    signing = _signing(draft["content_sha256"])
    sheet = life.send_back(act, sheet_id, draft["reason"], signing)
    return _whole(act, sheet), _headers(sheet)


@worksheets.route("/worksheets/<uuid:sheet_id>/discard", methods=["POST"])
@writes
@worksheets.response(200, WorksheetOut)
def discard_sheet(sheet_id: UUID) -> Worksheet:
    """End a worksheet that nobody has submitted."""
    return life.discard(current_act(), sheet_id)
