"""Statistics for everybody, each as far as they may look: page, .csv and .json of one address.

Every page counts afresh from the newest verdicts; the tables stand in statistics_tables.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from core.act import Act
from core.errors import not_found
from core.http.acting import current_act
from core.http.exports import Table, as_csv, as_json, plain_rows
from core.pages import charts
from core.pages.charts import Said
from core.pages.views import say
from desks import statistics_tables as tables
from desks.form_texts import asked
from desks.statistics_asked import (
    LEAST_MAKERS,
    Asked,
    choices,
    for_chart,
    what_is_asked,
)
from trace.inspections.models import Inspection, Result
from trace.statistics import service
from trace.statistics.control import FIRM_FROM, ControlChart, control_chart
from trace.statistics.histogram import histogram
from trace.statistics.lines import Finding
from trace.statistics.rates import FEW

statistics = Blueprint("statistics", __name__, template_folder="templates")
PAGE = "page"
ON_A_PAGE = 50
POINTS_SHOWN = 40
Answer = str | Response


def _answer(
    form: str, name: str, table: Table, wanted: Asked, about: Mapping[str, object], **more: Any
) -> Answer:
    """The table as CSV, as JSON with what it is about, or on its page."""
    if form == "csv":
        return as_csv(table, f"{name}-statistics")
    if form == "json":
        facts = {"selection": wanted.kept, "scope": list(wanted.names),
                 "withheld": wanted.withheld}  # fmt: skip
        return as_json(table, {**facts, **about})
    act = current_act()
    return render_template(
        f"statistics/{name}.html",
        table=table,
        wanted=wanted,
        choices=choices(act, wanted.reach),
        tabs=_tabs(wanted),
        downloads=_downloads(),
        few=FEW,
        least_makers=LEAST_MAKERS,
        level=tables.LEVEL,
        plain=charts.plain,
        digits="{:f}".format,
        **about,
        **more,
    )


def _tabs(wanted: Asked) -> list[dict[str, object]]:
    """The other statistics of the same selection."""
    doors = [
        ("statistics.outcomes", _("判定结果")),
        ("statistics.requirements", _("各项要求")),
        ("statistics.clauses", _("最常超限的条款")),
    ]
    if not wanted.reach.public:
        doors.append(("statistics.control", _("控制图")))
    kept: dict[str, Any] = {**wanted.kept}
    return [
        {"href": url_for(name, **kept), "text": text, "current": name == request.endpoint}
        for name, text in doors
    ]


def _downloads() -> list[tuple[str, str]]:
    kept = [(k, v) for k, v in request.args.items(multi=True) if k not in ("page", "lang")]
    query = f"?{urlencode(kept)}" if kept else ""
    return [(f"{request.path}.{form}{query}", form.upper()) for form in ("csv", "json")]


def _page_number() -> int:
    typed = request.args.get("page", "1")
    return max(int(typed), 1) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1


def _turned(number: int) -> str:
    kept = [(k, v) for k, v in request.args.items(multi=True) if k != "page"]
    return f"{request.path}?{urlencode([*kept, ('page', number)])}"


def _pages(count: int, size: int) -> dict[str, Any]:
    """What is shown of so many: the page number, from where to where, the pages before and after."""
    number = min(_page_number(), max(-(-count // size), 1))
    first, last = (number - 1) * size, min(number * size, count)
    return {
        "first": first,
        "last": last,
        "previous": _turned(number - 1) if number > 1 else None,
        "next": _turned(number + 1) if last < count else None,
    }


# --- outcomes ------------------------------------------------------------------------------


@statistics.get("/statistics", defaults={"form": PAGE})
@statistics.get("/statistics.<any(csv, json):form>")
def outcomes(form: str) -> Answer:
    """How the batches stand, by month or year of production."""
    act = current_act()
    wanted = what_is_asked(act)
    found: list[tables.Period] = []
    if not wanted.withheld:
        found = tables.periods(
            service.outcomes(act.session, wanted.selection),
            service.concessions(act.session, wanted.selection),
        )
    columns = [one.column for one in found]
    drawn = charts.outcome_columns(columns, _outcomes_said(columns)) if columns else None
    return _answer(form, "outcomes", tables.outcome_table(found), wanted, {}, drawn=drawn)


def _outcomes_said(columns: list[charts.Column]) -> Said:
    sums = {
        "all": sum(one.total for one in columns),
        "passed": sum(one.passed for one in columns),
        "waiting": sum(one.waiting for one in columns),
        "failed": sum(one.failed for one in columns),
        "unjudged": sum(one.unjudged for one in columns),
    }
    sentence = _(
        "共 %(all)s 批：合格 %(passed)s，待定 %(waiting)s，不合格 %(failed)s，还没有判定 %(unjudged)s。"
        "每月的数在下面的表里。",
        **sums,
    )
    return Said("outcomes", str(_("各月的判定结果")), str(sentence))


# --- requirements and clauses --------------------------------------------------------------


@statistics.get("/statistics/requirements", defaults={"form": PAGE})
@statistics.get("/statistics/requirements.<any(csv, json):form>")
def requirements(form: str) -> Answer:
    """How often each limit holds."""
    act = current_act()
    wanted = what_is_asked(act)
    counts = [] if wanted.withheld else service.tally(act.session, wanted.selection).limits()
    turned = _pages(len(counts), ON_A_PAGE)
    rows = [
        {
            "count": one,
            "name": say(one.limit.characteristic),
            "limit": say(one.limit.text),
            "drawn": _share_drawn(one.rate.share, one.rate.interval),
            "numeric": tables.limits_of(one.limit) is not None,
        }
        for one in counts[turned["first"] : turned["last"]]
    ]
    return _answer(
        form, "requirements", tables.requirement_table(counts), wanted, {}, rows=rows,
        turned=turned, total=len(counts), finding=Finding,
    )  # fmt: skip


def _share_drawn(share: Any, interval: Any) -> dict[str, object] | None:
    if share is None:
        return None
    low, high = interval
    words = _(
        "%(share)s，%(level)s 区间 %(low)s 至 %(high)s",
        level=tables.LEVEL,
        share=tables.per_cent(share),
        low=tables.per_cent(low),
        high=tables.per_cent(high),
    )
    return {
        "share": tables.per_cent(share),
        "low": tables.per_cent(low),
        "high": tables.per_cent(high),
        "bar": charts.share_bar(share, low, high, str(words)),
    }


@statistics.get("/statistics/clauses", defaults={"form": PAGE})
@statistics.get("/statistics/clauses.<any(csv, json):form>")
def clauses(form: str) -> Answer:
    """The ten clauses that fail most."""
    act = current_act()
    wanted = what_is_asked(act)
    found = (
        [] if wanted.withheld else service.tally(act.session, wanted.selection).failing_clauses()
    )
    most = max((one.beyond for one in found), default=0)
    rows = [
        {
            "clause": one,
            "name": say(one.characteristic),
            "bar": charts.failing_bar(one.broken, one.unsure, most),
        }
        for one in found
    ]
    return _answer(form, "clauses", tables.clause_table(found), wanted, {}, rows=rows)


# --- values against a limit ----------------------------------------------------------------


@statistics.get("/statistics/values", defaults={"form": PAGE})
@statistics.get("/statistics/values.<any(csv, json):form>")
def values(form: str) -> Answer:
    """How the values lie against one limit, named by its requirement."""
    act = current_act()
    wanted = what_is_asked(act)
    key = asked("requirement")["requirement"]
    found = service.spread(act.session, wanted.selection, key) if key else None
    if found is None or found.limit is None:
        raise not_found("要求的检验值", "value of that requirement")
    limits, withheld = tables.limits_of(found.limit), wanted.withheld
    if limits is None:
        raise not_found("要求的数值限量", "numeric limit of that requirement")
    hidden = withheld or (wanted.reach.public and len(found.values) < FEW)
    bins = () if hidden else histogram(found.values, limits)
    about = {
        "name": say(found.limit.characteristic),
        "standard": f"{found.limit.edition} {found.limit.clause}".strip(),
        "limit": say(found.limit.text),
        "values": 0 if hidden else len(found.values),
        "without_number": 0 if hidden else found.unread,
        "holds": 0 if hidden else found.count[Finding.HOLDS],
        "broken": 0 if hidden else found.count[Finding.BROKEN],
        "unsure": 0 if hidden else found.count[Finding.UNSURE],
        "hidden": hidden,
    }
    drawn = None
    if bins:
        marks = tables.limit_marks(limits, found.limit.unit)
        drawn = charts.histogram(tables.bars_of(bins), marks, _values_said(about))
    return _answer(form, "values", tables.bin_table(bins), wanted, about, drawn=drawn, key=key)


def _values_said(about: Mapping[str, Any]) -> Said:
    sentence = _(
        "%(values)s 个值按大小排开，限量 %(limit)s：合格 %(holds)s，超限 %(broken)s，超限待核实 %(unsure)s。"
        "每一格的个数在下面的表里。",
        **{name: about[name] for name in ("values", "limit", "holds", "broken", "unsure")},
    )
    return Said("values", str(_("%(name)s的分布", name=about["name"])), str(sentence))


# --- control charts ------------------------------------------------------------------------


@statistics.get("/statistics/control", defaults={"form": PAGE})
@statistics.get("/statistics/control.<any(csv, json):form>")
def control(form: str) -> Answer:
    """Individuals and moving range of one party and characteristic."""
    act = current_act()
    wanted = what_is_asked(act)
    if wanted.reach.public:
        raise not_found("控制图", "control chart")
    characteristic = asked("characteristic")["characteristic"]
    selection = for_chart(wanted.selection)
    points: tuple[service.Point, ...] = ()
    about: dict[str, object] = {"characteristic": characteristic}
    chart = None
    if characteristic and selection.party is not None:
        found = service.series(act.session, selection, characteristic)
        points = found.points
        about |= {"unit": found.unit, "without_number": found.unread,
                  "other_units": found.other_units}  # fmt: skip
        chart = control_chart([one.value for one in points]) if len(points) > 1 else None
        about |= _limits_told(chart)
    table = tables.control_table(points, chart)
    return _answer(
        form, "control", table, wanted, about, names=_measured(act, wanted),
        needs_party=selection.party is None, **_control_drawn(chart, table),
    )  # fmt: skip


def _limits_told(chart: ControlChart | None) -> dict[str, object]:
    if chart is None:
        return {}
    numbers = {
        "centre": chart.centre, "lower": chart.lower, "upper": chart.upper,
        "range_centre": chart.range_centre, "range_upper": chart.range_upper,
    }  # fmt: skip
    told = {name: tables.told(number, chart.values) for name, number in numbers.items()}
    return {**plain_rows([told])[0], "firm": chart.firm}


def _control_drawn(chart: ControlChart | None, table: Table) -> dict[str, Any]:
    """Both charts of the newest readings, or of the page asked for; page 1 is the newest."""
    count = len(table.rows)
    turned = _pages(count, POINTS_SHOWN)
    first, last = max(count - turned["last"], 0), count - turned["first"]
    shown = slice(first, last)
    more: dict[str, Any] = {
        "turned": turned, "rows": table.rows[shown], "total": count, "chart": chart,
        "firm_from": FIRM_FROM, "flagged": [], "drawn": None, "ranges": None,
    }  # fmt: skip
    if chart is None:
        return more
    odd = sum(bool(rules) for rules in chart.rules[shown])
    more["flagged"] = tables.completed(chart, shown)
    more["drawn"] = charts.control_chart(
        tables.value_dots(chart, shown), tables.chart_marks(chart),
        _control_said("individuals", _("单值图"), last - first, odd), first=first + 1,
    )  # fmt: skip
    ranges = tables.range_dots(chart, shown)
    wide = sum(bool(dot.flag) for dot in ranges)
    more["ranges"] = ranges and charts.control_chart(
        ranges, tables.range_marks(chart),
        _control_said("ranges", _("移动极差图"), len(ranges), wide), first=max(first, 1) + 1, tall=150,
    )  # fmt: skip
    return more


def _control_said(name: str, title: str, points: int, odd: int) -> Said:
    sentence = _(
        "%(points)s 个点，其中 %(odd)s 个异常；每一点在下面的表里。", points=points, odd=odd
    )
    return Said(name, str(title), str(sentence))


def _measured(act: Act, wanted: Asked) -> list[str]:
    """What laboratories have measured of this party's batches, to choose from."""
    query = (
        select(Result.characteristic)
        .join(Inspection, Inspection.id == Result.inspection_id)
        .where(Inspection.kind == "batch", Inspection.party_id == wanted.selection.party)
        .distinct()
        .order_by(Result.characteristic)
    )
    return list(act.session.scalars(query)) if wanted.selection.party else []
