"""Plots from a sheet: sent in, looked at row by row, then all of them registered or none."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import url_for as url
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.database.engine import db
from core.errors import Conflict, Refusal, invalid_field
from core.http.acting import current_act, writes
from core.http.language import language
from core.http.paging import page_of
from core.http.problems import status_of
from core.words import Words
from desks import plot_sheets
from desks.cooperative_new import licensed_products
from desks.form_texts import printable
from desks.forms import Entered, attempt
from desks.plot_sheets import Looked
from products.models import Product
from products.plots import sheets as kept
from products.plots.models import PlotSheet
from trace.laboratories.answered import AnswerState, said_of, workbook
from trace.laboratories.uploads import octets_of

cooperative_plot_sheets = Blueprint(
    "cooperative_plot_sheets", __name__, url_prefix="/coop/plots/sheets",
    template_folder="templates",
)  # fmt: skip
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATE_WORDS = {
    AnswerState.TAKEN: ("pass", Words("可以登记", "can be registered")),
    AnswerState.DOUBTED: ("wait", Words("可以登记，请核对", "can be registered, please check")),
    AnswerState.REFUSED: ("fail", Words("要改", "to be mended")),
    AnswerState.EMPTY: ("none", Words("空行", "empty")),
}


@cooperative_plot_sheets.get("")
def sheets() -> str:
    """Send a sheet in; those so far, newest first."""
    return _sheets(Entered())


def _sheets(entered: Entered) -> str:
    act = current_act()
    page = page_of(
        act.session, kept.sheets_of(act), PlotSheet.sent_at, PlotSheet.id,
        after=request.args.get("after"), size=20,
    )  # fmt: skip
    return render_template(
        "cooperative/plot_sheets.html",
        entered=entered,
        products=[(product.key, product.name) for product in licensed_products(act)],
        page=page,
    )


@cooperative_plot_sheets.get("/template.xlsx")
def template() -> Response:
    """An empty sheet with the columns."""
    return _workbook(plot_sheets.empty_sheet(language()), f"{_('地块')}.xlsx")


@cooperative_plot_sheets.post("")
def send() -> Response:
    """Keep a sheet for looking at; no plot is registered yet."""
    return attempt(_send, _sheets)


def _send() -> Response:
    """The file is worked on before the transaction begins."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise invalid_field("no-file", "/file", "请选一个表格文件", "Choose a sheet")
    octets = octets_of(file.stream)
    file.stream.seek(0)
    db.session.rollback()
    plot_sheets.sheet_in(octets)
    return _keep(printable(request.form.get("product", "")), file.filename, octets)


@writes
def _keep(product: str, name: str, octets: bytes) -> AnyResponse:
    row = kept.keep_sheet(current_act(), product, name, octets)
    return redirect(url("cooperative_plot_sheets.look", sheet_id=row.id), 303)


@cooperative_plot_sheets.get("/<uuid:sheet_id>")
def look(sheet_id: UUID) -> str:
    """What registering would do now, row by row; nothing is registered by looking."""
    return _page(sheet_id, Entered())


def _page(sheet_id: UUID, entered: Entered) -> str:
    act = current_act()
    row = kept.own_sheet(act, sheet_id)
    looked, problem = Looked(0), None
    if row.put_in_at is None:
        try:
            looked = _looked(act, row)
        except Refusal as refusal:
            problem = refusal.detail
    return render_template(
        "cooperative/plot_sheet.html",
        row=row,
        product=act.session.get_one(Product, row.product_id),
        looked=looked,
        entered=entered,
        states=STATE_WORDS,
        said=said_of,
        problem=problem,
    )


def _looked(act: Act, row: PlotSheet) -> Looked:
    product = act.session.get_one(Product, row.product_id)
    return plot_sheets.look(act, product, plot_sheets.sheet_in(row.octets))


@cooperative_plot_sheets.post("/<uuid:sheet_id>")
def put_in(sheet_id: UUID) -> Response:
    """Register every plot of the sheet; where one row is wrong, none."""
    kept.own_sheet(current_act(), sheet_id)
    try:
        return _put_in(sheet_id)
    except Refusal as refusal:
        entered = Entered(refusal.faults, refusal.detail)
        return make_response(_page(sheet_id, entered), status_of(refusal))


@writes
def _put_in(sheet_id: UUID) -> AnyResponse:
    act = current_act()
    row = kept.own_sheet(act, sheet_id, locked=True)
    kept.check_not_put_in(row)
    looked = _looked(act, row)
    if not looked.all_right:
        words = Words(
            "表里还有要改的行，一块地都没有登记。",
            "Some rows have to be mended; no plot was put in.",
        )
        raise Conflict("sheet-not-right", words)
    kept.put_in_sheet(act, row, looked.plots)
    flash(_("%(count)s 块地已提交，等主管部门核准。", count=row.plots), "pass")
    return redirect(url("cooperative_plots.plots"), 303)


@cooperative_plot_sheets.get("/<uuid:sheet_id>/answers.xlsx")
def answers(sheet_id: UUID) -> Response:
    """The sheet as it was sent in, with the answer beside every row."""
    act = current_act()
    row = kept.own_sheet(act, sheet_id)
    kept.check_not_put_in(row)
    looked = _looked(act, row)
    by_row = {one.row: one for one in looked.answers}
    octets = workbook(plot_sheets.sheet_in(row.octets), by_row, looked.header, language())
    stem = row.name.rpartition(".")[0] or row.name
    return _workbook(octets, f"{stem}-{_('回答')}.xlsx")


def _workbook(octets: bytes, name: str) -> Response:
    answer = Response(octets, mimetype=XLSX)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
