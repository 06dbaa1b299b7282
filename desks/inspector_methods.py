"""The methods that the laboratory works by: what each measures, and how little of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.errors import FieldFault
from core.http.acting import current_act, writes
from core.http.paging import page_of
from core.http.versions import check_if_match
from desks.form_texts import cleared, texts
from desks.forms import Entered, attempt, loaded
from trace.laboratories import service
from trace.laboratories.models import Method
from trace.laboratories.schemas import MethodChange, MethodIn

inspector_methods = Blueprint(
    "inspector_methods", __name__, url_prefix="/lab/methods", template_folder="templates"
)
_TEXTS = ("designation", "accredited", "accredited_until")
_PARTS = ("characteristic", "unit", "detection_limit")
_SPARE, _LEAST = 3, 5


@inspector_methods.get("")
def methods() -> str:
    """The laboratory's methods, newest first."""
    act = current_act()
    page = page_of(
        act.session, service.methods_of(act), Method.created_at, Method.id,
        after=request.args.get("after"),
    )  # fmt: skip
    return render_template("inspector/methods.html", page=page, today=act.today)


@inspector_methods.get("/new")
def register() -> str:
    """The form that registers a method."""
    return _form(Entered(), None)


@inspector_methods.post("/new")
def register_method() -> Response:
    """Register a method."""
    return attempt(_register, lambda entered: _form(_at_boxes(entered), None))


@writes
def _register() -> AnyResponse:
    values = {**texts(_TEXTS), "characteristics": [said for _row, said in _measured()]}
    row = service.register_method(current_act(), loaded(MethodIn(), values))
    flash(_("方法 %(name)s 已登记。", name=row.designation), "pass")
    return redirect(url_for("inspector_methods.methods"), 303)


@inspector_methods.get("/<uuid:method_id>")
def change(method_id: UUID) -> str:
    """The form that changes a method."""
    return _form(Entered(), service.own_method(current_act(), method_id))


@inspector_methods.post("/<uuid:method_id>")
def change_method(method_id: UUID) -> Response:
    """Change a method, or say whether it is in use."""
    service.own_method(current_act(), method_id)
    return attempt(
        lambda: _change(method_id),
        lambda entered: _form(_at_boxes(entered), service.own_method(current_act(), method_id)),
    )


@writes
def _change(method_id: UUID) -> AnyResponse:
    values: dict[str, Any] = {
        **cleared(_TEXTS), "characteristics": [said for _row, said in _measured()],
        "retired": "retired" in request.form,
    }  # fmt: skip
    values["designation"] = values["designation"] or ""
    service.change_method(current_act(), method_id, loaded(MethodChange(), values), check_if_match)
    flash(_("已保存。"), "pass")
    return redirect(url_for("inspector_methods.methods"), 303)


def _measured() -> list[tuple[int, dict[str, str]]]:
    """What was typed into the rows of the table, and the row of each."""
    found = []
    for row in range(_rows_sent()):
        said = {part: request.form.get(f"{part}-{row}", "").strip() for part in _PARTS}
        if any(said.values()):
            found.append((row, {part: text for part, text in said.items() if text}))
    return found


def _rows_sent() -> int:
    return min(sum(name.startswith("characteristic-") for name in request.form), 200)


def _at_boxes(entered: Entered) -> Entered:
    """/characteristics/1/unit is at the second row that has something in it."""
    rows = [row for row, _said in _measured()]
    faults = [FieldFault(_box(one.pointer, rows), one.message) for one in entered.faults]
    return Entered(faults, entered.sentence)


def _box(pointer: str, rows: list[int]) -> str:
    parts = pointer.strip("/").split("/")
    if parts[0] != "characteristics":
        return pointer
    row = rows[int(parts[1])] if len(parts) > 1 and int(parts[1]) < len(rows) else 0
    return f"/{parts[2] if len(parts) > 2 else 'characteristic'}-{row}"


def _form(entered: Entered, row: Method | None) -> str:
    held = {name: getattr(row, name) or "" for name in _TEXTS} if row else {}
    if row is not None:
        held["retired"] = "1" if row.retired_at else ""
        for place, one in enumerate(row.characteristics):
            held |= {f"{part}-{place}": one.get(part) or "" for part in _PARTS}
    kept = len(row.characteristics) if row else 0
    shown = max(_rows_sent(), kept + _SPARE, _LEAST)
    return render_template(
        "inspector/method_form.html", row=row, entered=entered, held=held, rows=range(shown)
    )
