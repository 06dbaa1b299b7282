"""REST of label runs, sheets and key epochs."""

from typing import Any
from uuid import UUID

from flask import Response, current_app
from flask_smorest import Blueprint

from core.http.acting import current_act, writes
from core.http.paging import Page, page_arguments, page_of
from core.http.versions import etag
from labels import epochs, issuing, printing, service
from labels.models import KeyEpoch, LabelRun, PrinterOffset
from labels.press import Press, press_of
from labels.schemas import (
    CodesQuery,
    EpochChangeIn,
    EpochOut,
    FormatOut,
    OffsetIn,
    OffsetOut,
    OffsetQuery,
    RunIn,
    RunOut,
    RunQuery,
    SheetQuery,
    SheetsQuery,
    StateIn,
    UnactivatedOut,
)
from labels.service import RunView
from labels.sheet_formats import SHEET_FORMATS
from labels.sheets import NO_OFFSET
from labels.signals import UnactivatedScans, unactivated_scans

labels = Blueprint("labels", __name__, description="标签 label runs, sheets and key epochs")
PDF = "application/pdf"
PNG = "image/png"
SVG = "image/svg+xml"
BINARY = {"type": "string", "format": "binary"}


def current_press() -> Press:
    """The press of the present app."""
    return press_of(current_app.config["SETTINGS"])


def _shown(run: LabelRun) -> tuple[RunView, dict[str, str]]:
    view = service.run_view(run)
    return view, {"ETag": etag(run.id, view.version)}


def _file(content: bytes, media: str, name: str) -> Response:
    answer = Response(content, mimetype=media)
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


@labels.route("/batches/<uuid:batch_id>/label-runs", methods=["POST"])
@writes
@labels.arguments(RunIn)
@labels.response(201, RunOut)
def issue_run(draft: dict[str, Any], batch_id: UUID) -> tuple[RunView, dict[str, str]]:
    """Draw labels for a released batch, within its quantity."""
    asked = issuing.RunDraft(**draft)
    run = issuing.issue_run(current_act(), current_press(), batch_id, asked)
    view, headers = _shown(run)
    return view, {**headers, "Location": f"/api/v1/label-runs/{run.id}"}


@labels.route("/label-runs")
@labels.arguments(RunQuery, location="query")
@labels.response(200, RunOut(many=True))
def list_runs(args: dict[str, Any]) -> tuple[list[RunView], dict[str, str]]:
    """The runs that one may know of, newest first."""
    act, paging = current_act(), page_arguments(args)
    query = service.search_runs(act, current_press(), args.get("batch"), args.get("q"))
    page: Page[LabelRun] = page_of(act.session, query, LabelRun.drawn_at, LabelRun.id, **paging)
    return [service.run_view(run) for run in page.rows], page.headers()


@labels.route("/label-runs/<uuid:run_id>")
@labels.response(200, RunOut)
def get_run(run_id: UUID) -> tuple[RunView, dict[str, str]]:
    """One run."""
    return _shown(service.visible_run(current_act(), run_id))


@labels.route("/label-runs/<uuid:run_id>/states", methods=["POST"])
@writes
@labels.arguments(StateIn)
@labels.response(201, RunOut)
def change_state(draft: dict[str, Any], run_id: UUID) -> tuple[RunView, dict[str, str]]:
    """Say that labels were printed, are activated, or are void."""
    run = service.change_state(current_act(), run_id, service.StateDraft(**draft))
    view, headers = _shown(run)
    return view, {**headers, "Location": f"/api/v1/label-runs/{run.id}"}


@labels.route("/label-runs/<uuid:run_id>/sheet.pdf")
@labels.arguments(SheetQuery, location="query")
@labels.response(200, BINARY, content_type=PDF)
def get_sheet(args: dict[str, Any], run_id: UUID) -> Response:
    """The drawn labels of a run as sheets; again and again until they are said to be printed."""
    draft = printing.SheetDraft(args.pop("format", None), **args)
    made = printing.draw_sheets(current_act(), current_press(), [run_id], draft)
    return _file(made, PDF, "labels.pdf")


@labels.route("/label-sheets.pdf")
@labels.arguments(SheetsQuery, location="query")
@labels.response(200, BINARY, content_type=PDF)
def get_sheets(args: dict[str, Any]) -> Response:
    """The drawn labels of several runs, of several batches too, on the same sheets."""
    draft = printing.SheetDraft(
        args.get("format"), args["start"], args.get("right"), args.get("down")
    )
    made = printing.draw_sheets(current_act(), current_press(), args["run"], draft)
    return _file(made, PDF, "labels.pdf")


@labels.route("/label-runs/<uuid:run_id>/labels/<int:serial>.png")
@labels.response(200, BINARY, content_type=PNG)
def get_png(run_id: UUID, serial: int) -> Response:
    """One drawn label as a picture of 300 dpi."""
    made = printing.draw_one(current_act(), current_press(), run_id, serial, "png")
    return _file(made, PNG, f"label-{serial}.png")


@labels.route("/label-runs/<uuid:run_id>/labels/<int:serial>.svg")
@labels.response(200, BINARY, content_type=SVG)
def get_svg(run_id: UUID, serial: int) -> Response:
    """One drawn label as outlines."""
    made = printing.draw_one(current_act(), current_press(), run_id, serial, "svg")
    return _file(made, SVG, f"label-{serial}.svg")


@labels.route("/label-runs/<uuid:run_id>/codes")
@labels.arguments(CodesQuery, location="query")
@labels.response(200, {"type": "string"}, content_type="text/plain")
def list_codes(args: dict[str, Any], run_id: UUID) -> Response:
    """The codes of a run, one a line: serial, code, state, link, parted by tabs; 1,000 at most."""
    act = current_act()
    lines = printing.list_codes(act, current_press(), run_id, args.get("first"), args.get("last"))
    text = "".join(f"{at.serial}\t{at.code}\t{at.state}\t{at.link}\n" for at in lines)
    answer = Response(text, mimetype="text/plain")
    after = lines[-1].serial + 1
    if "last" not in args and after <= service.visible_run(act, run_id).last:
        link = f"/api/v1/label-runs/{run_id}/codes?first={after}"
        answer.headers["Link"] = f'<{link}>; rel="next"'
    return answer


@labels.route("/sheet-formats")
@labels.response(200, FormatOut(many=True))
def list_formats() -> list[dict[str, Any]]:
    """The sheets that can be printed; the first is the one proposed."""
    saved = printing.saved_offsets(current_act())
    return [
        {
            **{name: getattr(sheet, name) for name in ("key", "zh", "en", "columns", "rows")},
            "count": sheet.count,
            "width": sheet.label[0],
            "height": sheet.label[1],
            "right": saved.get(sheet.key, NO_OFFSET)[0],
            "down": saved.get(sheet.key, NO_OFFSET)[1],
        }
        for sheet in SHEET_FORMATS.values()
    ]


@labels.route("/sheet-formats/<key>/test-page.pdf")
@labels.arguments(OffsetQuery, location="query")
@labels.response(200, BINARY, content_type=PDF)
def get_test_page(args: dict[str, Any], key: str) -> Response:
    """Outlines to be held against an empty sheet, and rulers of 100 mm."""
    made = printing.draw_test(current_act(), key, args.get("right"), args.get("down"))
    return _file(made, PDF, f"test-{key}.pdf")


@labels.route("/printer-offsets/<key>", methods=["PUT"])
@writes
@labels.arguments(OffsetIn)
@labels.response(200, OffsetOut)
def save_offset(draft: dict[str, Any], key: str) -> PrinterOffset:
    """Save the printer offset of one's party for a sheet."""
    return printing.save_offset(current_act(), key, **draft)


@labels.route("/unactivated-scans")
@labels.response(200, UnactivatedOut(many=True))
def list_unactivated_scans() -> list[UnactivatedScans]:
    """Runs whose labels were scanned though nobody has activated them: own ones, all for the
    authority.
    """
    act = current_act()
    return unactivated_scans(act.session, service.party_seen_by(act))


@labels.route("/key-epochs")
@labels.response(200, EpochOut(many=True))
def list_epochs() -> list[KeyEpoch]:
    """What happened to the key epochs, oldest first."""
    return epochs.epoch_changes(current_act().session)


@labels.route("/key-epochs", methods=["POST"])
@writes
@labels.response(201, EpochOut)
def new_epoch() -> tuple[KeyEpoch, dict[str, str]]:
    """Make a key epoch to issue from; the one before it only verifies from now on."""
    made = epochs.new_epoch(current_act(), current_press())
    return made, {"Location": "/api/v1/key-epochs"}


@labels.route("/key-epochs/<int:epoch>/states", methods=["POST"])
@writes
@labels.arguments(EpochChangeIn)
@labels.response(201, EpochOut)
def change_epoch(draft: dict[str, Any], epoch: int) -> tuple[KeyEpoch, dict[str, str]]:
    """Let an epoch only verify, or revoke it with a reason."""
    made = epochs.change_epoch(current_act(), epoch, draft["state"], draft.get("reason"))
    return made, {"Location": "/api/v1/key-epochs"}
