"""The public calendar: days on which the country works or rests otherwise than Monday to Friday."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from marshmallow import fields
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.http.acting import current_act, writes
from desks.forms import Entered, attempt, loaded
from trace.inspections.life_models import CalendarDay
from trace.inspections.reinspections import set_calendar_day
from trace.inspections.schemas import CalendarDayIn

authority_calendar = Blueprint(
    "authority_calendar", __name__, url_prefix="/gov/calendar", template_folder="templates"
)


class _DayForm(CalendarDayIn):
    """A day of the calendar with its date, as the form has it."""

    day = fields.Date(required=True)


@authority_calendar.get("")
def calendar() -> str:
    """The days that were entered, the newest first, and a form for another."""
    return _page(Entered())


def _page(entered: Entered) -> str:
    act = current_act()
    days = act.session.scalars(select(CalendarDay).order_by(CalendarDay.day.desc())).all()
    return render_template(
        "authority/calendar.html",
        days=days,
        entered=entered,
        weekdays=_weekdays(),
        choices=[("true", _("要上班")), ("false", _("放假"))],
        years=sorted({row.day.year for row in days}),
        this_year=act.today.year,
    )


def _weekdays() -> list[str]:
    return [
        _("星期一"), _("星期二"), _("星期三"), _("星期四"), _("星期五"), _("星期六"), _("星期日"),
    ]  # fmt: skip


@authority_calendar.post("")
def enter_day() -> Response:
    """Enter a day; entered again it is replaced."""
    return attempt(_enter, _page)


@writes
def _enter() -> AnyResponse:
    named = {name: request.form.get(name, "") for name in ("day", "works", "source")}
    draft: dict[str, Any] = loaded(_DayForm(), {k: v for k, v in named.items() if v.strip()})
    day: date = draft["day"]
    set_calendar_day(current_act(), day, draft["works"], draft["source"])
    flash(_("已记下 %(day)s。", day=day.isoformat()), "pass")
    return redirect(url_for("authority_calendar.calendar"), 303)
