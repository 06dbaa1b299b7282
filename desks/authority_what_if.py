"""先看影响: what a change that stands in a form would do, before it is made. Stores nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from core.act import Act
from core.http.acting import current_act, current_actor
from core.http.exports import Table, as_csv
from core.pages.views import say
from desks.authority_limits import posted_confirmation, posted_correction, posted_limit
from desks.authority_plans import posted_plan
from desks.authority_standards import posted_edition
from desks.forms import Entered, attempt, loaded
from labels.what_if import Affected, Ahead, look_ahead
from labels.what_if_schemas import WhatIfIn
from labels.what_if_views import CHANGE_OF
from products.service import product_named
from trace.inspections.verdicts import OUTCOME_NAMES, Outcome

authority_what_if = Blueprint(
    "authority_what_if", __name__, url_prefix="/gov", template_folder="templates"
)
SHOWN = 50
MOST_IN_FILE = 20_000
_OWNER = {
    "edition": "standard", "limit": "clause", "confirmation": "requirement",
    "correction": "requirement", "plan": "product",
}  # fmt: skip
_NOT_CARRIED = frozenset({"csrf_token", "_key"})


@authority_what_if.post("/what-if/<any(edition, limit, confirmation, correction, plan):kind>/<of>")
def look(kind: str, of: str) -> Response:
    """Which batches and labels the change in the form would touch."""
    return attempt(lambda: _page(_seen(kind, of), kind, of), lambda e: _refused(e, kind, of))


@authority_what_if.post(
    "/what-if/<any(edition, limit, confirmation, correction, plan):kind>/<of>/csv"
)
def file(kind: str, of: str) -> Response:
    """The same as a file, every row of it."""
    return attempt(lambda: _file(_seen(kind, of)), lambda e: _refused(e, kind, of))


def _seen(kind: str, of: str) -> Ahead:
    act = current_act()
    draft = loaded(WhatIfIn(), {kind: {**_posted(act, kind, of), _OWNER[kind]: of}})
    return look_ahead(act.session, current_actor(), CHANGE_OF[kind](draft[kind]))


def _posted(act: Act, kind: str, of: str) -> dict[str, Any]:
    if kind == "plan":
        return posted_plan(act, product_named(act.session, of))
    boxes: dict[str, Callable[[], dict[str, Any]]] = {
        "edition": posted_edition,
        "limit": posted_limit,
        "confirmation": posted_confirmation,
        "correction": posted_correction,
    }
    return boxes[kind]()


def _page(seen: Ahead, kind: str, of: str) -> str:
    rows = seen.rows[:SHOWN]
    return render_template(
        "authority/what_if.html",
        entered=Entered(),
        kind=kind,
        of=of,
        seen=seen,
        fail=seen.sum(Outcome.NONCONFORMING),
        wait=seen.sum(Outcome.UNDETERMINED),
        freed=seen.sum(Outcome.CONFORMING, released=False),
        parties=seen.parties(),
        rows=[(row, seen.reasons(row)[:3]) for row in rows],
        outcome_names=OUTCOME_NAMES,
        states=_STATES,
        carried=[(k, v) for k, v in request.form.items(multi=True) if k not in _NOT_CARRIED],
    )


_STATES = {
    Outcome.CONFORMING: "pass",
    Outcome.NONCONFORMING: "fail",
    Outcome.UNDETERMINED: "wait",
}


def _refused(entered: Entered, kind: str, of: str) -> str:
    return render_template(
        "authority/what_if.html", entered=entered, kind=kind, of=of, seen=None, carried=[]
    )


def _file(seen: Ahead) -> Response:
    rows = tuple(_cells(seen, row) for row in seen.rows[:MOST_IN_FILE])
    keys = ("batch", "product", "party", "made_on", "released", "now", "then", "labels", "reasons")
    titles = (
        _("批号"), _("产品"), _("主体"), _("生产日期"), _("已放行"), _("现在"), _("改了以后"),
        _("在外的标签"), _("为什么"),
    )  # fmt: skip
    return as_csv(Table(keys, titles, rows), "what-if")


def _cells(seen: Ahead, row: Affected) -> tuple[str | int, ...]:
    return (
        row.number,
        row.product.name,
        row.party_name,
        row.made_on,
        _("是") if row.released else _("否"),
        say(OUTCOME_NAMES[row.now]),
        say(OUTCOME_NAMES[row.then]),
        row.labels,
        _("；").join(say(reason) for reason in seen.reasons(row)[:3]),
    )
