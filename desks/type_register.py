"""The register of type inspections, for each desk as far as it may look: page, .csv and .json."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _

from core.act import AUTHORITY, INSPECTOR, PRODUCER, Act
from core.http.acting import current_act
from core.http.exports import Table, as_csv, as_json
from core.pages.drawing import State
from core.pages.views import say
from core.words import Words
from desks.form_texts import asked
from trace.batches.models import Batch
from trace.inspections.models import Inspection
from trace.inspections.type_register import (
    COMING,
    DUE,
    LAPSED,
    NEVER,
    STATES,
    VALID,
    Row,
    reach_of,
    type_register,
)

type_inspection_register = Blueprint("type_register", __name__, template_folder="templates")
ON_A_PAGE = 30
PAGE = "page"
_STATE_WORDS: dict[str, tuple[State, Words]] = {
    LAPSED: ("fail", Words("已过期", "lapsed")),
    NEVER: ("fail", Words("从没做过", "never done")),
    DUE: ("wait", Words("60 天内到期", "due within 60 days")),
    COMING: ("none", Words("还没开始", "not begun")),
    VALID: ("pass", Words("有效期内", "valid")),
}


@type_inspection_register.get("/type-register", defaults={"form": PAGE})
@type_inspection_register.get("/type-register.<any(csv,json):form>")
def register(form: str) -> str | Response:
    """Who has which items covered until when, and which batches a gap stops."""
    act, wanted = current_act(), asked("q", "product", "state")
    every = type_register(act.session, reach_of(act), act.today)
    rows = [row for row in every if _matches(row, wanted)]
    if form == PAGE:
        return _page(act, every, rows, wanted)
    table = _table(rows)
    if form == "csv":
        return as_csv(table, "type-register")
    return as_json(table, {"today": act.today.isoformat(), "selection": wanted})


def _matches(row: Row, wanted: dict[str, str]) -> bool:
    number = row.report.number if row.report else ""
    found = f"{row.party.name} {number} {' '.join(row.items)}".upper()
    return (
        wanted["q"].upper() in found
        and wanted["product"] in ("", row.product.key)
        and wanted["state"] in ("", row.state)
    )


def _page(act: Act, every: list[Row], rows: list[Row], wanted: dict[str, str]) -> str:
    typed = request.args.get("page", "1")
    number = max(int(typed), 1) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1
    number = min(number, max(-(-len(rows) // ON_A_PAGE), 1))
    first = (number - 1) * ON_A_PAGE
    return render_template(
        "register/type_register.html",
        rows=rows[first : first + ON_A_PAGE],
        count=len(rows),
        counts={state: sum(row.state == state for row in every) for state in STATES},
        asked=wanted,
        searched=any(wanted.values()),
        states=[(state, say(_STATE_WORDS[state][1])) for state in STATES],
        state_words=_STATE_WORDS,
        products=sorted({(row.product.key, row.product.name) for row in every}),
        today=act.today,
        previous=_turned(number - 1) if number > 1 else None,
        next=_turned(number + 1) if first + ON_A_PAGE < len(rows) else None,
        downloads=[(_download(form), form.upper()) for form in ("csv", "json")],
        batch_link=_batch_link(act),
        report_link=_report_link(act),
        everything=act.actor.is_a(AUTHORITY),
    )


def _turned(number: int) -> str:
    kept = [(k, v) for k, v in request.args.items(multi=True) if k != "page"]
    return f"{request.path}?{urlencode([*kept, ('page', number)])}"


def _download(form: str) -> str:
    kept = [(k, v) for k, v in request.args.items(multi=True) if k not in ("page", "lang")]
    return f"{request.path}.{form}" + (f"?{urlencode(kept)}" if kept else "")


def _batch_link(act: Act) -> Any:
    """The page of a batch on the actor's own desk; nothing where there is none."""

    def link(batch: Batch) -> str:
        if act.actor.is_a(AUTHORITY):
            return url_for("authority_batch.batch", batch_id=batch.id)
        if act.actor.is_a(PRODUCER) and batch.party_id == act.actor.party:
            return url_for("cooperative_batch.batch", batch_id=batch.id)
        return url_for("inspector_batch.batch", batch_id=batch.id)

    return link


def _report_link(act: Act) -> Any:
    """The page of a report where the actor's laboratory made it, else its public page."""

    def link(report: Inspection) -> str:
        if act.actor.is_a(INSPECTOR) and report.laboratory_id == act.actor.party:
            return url_for("inspector_report.report", report_id=report.id)
        return url_for("analysis.of_report", report_id=report.id)

    return link


_KEYS = (
    "party", "product", "state", "items", "report", "laboratory", "valid_from", "valid_to",
    "batches_stopped",
)  # fmt: skip


def _table(rows: list[Row]) -> Table:
    titles = (
        _("主体"), _("产品"), _("今天"), _("项目"), _("报告编号"), _("检验机构"), _("有效期起"),
        _("有效期止"), _("等着它的批次"),
    )  # fmt: skip
    return Table(_KEYS, tuple(map(str, titles)), tuple(_cells(row) for row in rows))


def _cells(row: Row) -> tuple[str | date | None, ...]:
    report = row.report
    items = "、".join(row.items) or (str(_("全部质量检测限量")) if row.every_limit else "")
    return (
        row.party.name,
        row.product.name,
        row.state,
        items,
        report.number if report else None,
        report.laboratory.name if report else None,
        report.valid_from if report else None,
        row.until,
        "、".join(stop.batch.number for stop in row.stops),
    )
