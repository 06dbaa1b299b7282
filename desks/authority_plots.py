"""Plots of everybody: found by township and party, approved one by one or many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.documents.receiving import receives, store_received
from core.errors import invalid_field
from core.http.acting import current_act, writes
from core.http.paging import Page, page_of
from core.identity.models import Party
from desks.form_texts import asked as asked_for
from desks.form_texts import texts
from desks.forms import Entered, attempt, loaded
from desks.plot_parts import Land, Picture, picture_of, shown_plots, state_options, township_options
from products.models import Product
from products.plots.drafts import ApprovalDraft
from products.plots.finding import Asked, Overlap, find_plots, overlaps_of
from products.plots.models import Plot, PlotApproval
from products.plots.outline import stored_outline
from products.plots.proposing import worker_names
from products.plots.service import (
    approvals_of,
    approvals_through_years,
    plots_seen_by,
    visible_plot,
)
from trace.books import allowances
from trace.books.schemas import ApprovalIn, EndIn

authority_plots = Blueprint(
    "authority_plots", __name__, url_prefix="/gov/plots", template_folder="templates"
)
SEARCHED = ("q", "product", "party", "township", "state", "year")
PAGE = 50
LAST, STATED = "last", "stated"


def year_asked(act: Act, text: str) -> int:
    """Last year, this year or the next; this year for anything else."""
    return next((y for y in years_of(act) if str(y) == text), act.today.year)


def years_of(act: Act) -> range:
    """The years that can be approved."""
    return range(act.today.year - 1, act.today.year + 2)


@authority_plots.get("")
def plots() -> str:
    """Plots by township, party, product and how they stand in the year, newest first."""
    return _list(Entered())


def _list(entered: Entered) -> str:
    act = current_act()
    asked = asked_for(*SEARCHED)
    year = year_asked(act, asked["year"])
    page = _page_of(act, asked, year)
    ids = [row.id for row in page.rows]
    known = act.session.scalars(select(Party).where(Party.id.in_({r.party_id for r in page.rows})))
    return render_template(
        "authority/plots.html",
        entered=entered,
        asked=asked,
        searched=any(asked[name] for name in SEARCHED if name != "year"),
        kept={name: text for name, text in asked.items() if text},
        year=year,
        years=[(str(y), str(y)) for y in years_of(act)],
        page=page,
        shown=shown_plots(act.session, page.rows, year),
        last=approvals_of(act.session, ids, year - 1),
        overlaps={row.id: overlaps_of(act.session, row) for row in page.rows if row.outline},
        names={party.id: party.name for party in known.unique()},
        products=product_options(act),
        parties=_parties(act),
        places=township_options(act.session),
        states=state_options(),
        ticked=set(entered.values_of("plot")) or ({str(i) for i in ids} if _all_ticked() else ()),
    )


def _all_ticked() -> bool:
    return request.args.get("tick") == "all"


def _page_of(act: Act, asked: dict[str, str], year: int) -> Page[Plot]:
    product = act.session.scalars(select(Product.id).where(Product.key == asked["product"])).first()
    query = find_plots(
        plots_seen_by(act),
        Asked(
            product=product,
            party=_uuid(asked["party"]),
            place_code=asked["township"] if asked["township"].isdecimal() else "",
            words=asked["q"],
            state=asked["state"],
        ),
        year,
    )
    return page_of(
        act.session, query, Plot.created_at, Plot.id, after=request.args.get("after"), size=PAGE
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def product_options(act: Act) -> list[tuple[str, str]]:
    """Every product, those of the plan first."""
    query = select(Product.key, Product.name).order_by(Product.in_plan.desc(), Product.name)
    return [(key, name) for key, name in act.session.execute(query)]


def _parties(act: Act) -> list[tuple[str, str]]:
    having = select(Plot.party_id).distinct()
    query = select(Party.id, Party.name).where(Party.id.in_(having)).order_by(Party.name)
    return [(str(id_), name) for id_, name in act.session.execute(query)]


# --- many at once --------------------------------------------------------------------------


@authority_plots.post("/approvals")
def approve_plots() -> Response:
    """Approve every plot that is ticked; where one cannot be, none is."""
    return attempt(_approve_many, _list)


@receives
@writes
def _approve_many() -> AnyResponse:
    act = current_act()
    year = year_asked(act, request.form.get("for_year", ""))
    rows = _ticked(act)
    last = approvals_of(act.session, [row.id for row in rows], year - 1)
    values: dict[str, Any] = {**texts(("source",)), "year": year}
    evidence = store_received("evidence")
    if evidence:
        values["evidence"] = str(evidence[0].id)
    draft = loaded(ApprovalIn(), values)
    as_before = request.form.get("basis") == LAST
    for row in rows:
        area = _area(row, last.get(row.id)) if as_before else None
        allowances.approve_plot(act, row.id, ApprovalDraft(**draft, area_mu=area))
    flash(_("%(count)s 块地的 %(year)s 年已核准。", count=len(rows), year=year), "pass")
    kept: dict[str, Any] = {name: text for name, text in asked_for(*SEARCHED).items() if text}
    return redirect(url_for("authority_plots.plots", **kept), 303)


def _ticked(act: Act) -> Sequence[Plot]:
    """The plots that are ticked, in one order, so that two who approve do not lock each other."""
    ids = {_uuid(text) for text in request.form.getlist("plot")[:PAGE]}
    query = plots_seen_by(act).where(Plot.id.in_(ids - {None})).order_by(Plot.id)
    rows = act.session.scalars(query).all()
    if not rows:
        raise invalid_field(
            "none-ticked", "/plot", "请勾选要核准的地块", "Tick the plots to be approved"
        )
    return rows


def _area(row: Plot, before: PlotApproval | None) -> str | None:
    """The area of last year, never more than is stated now; None where there was none."""
    return None if before is None else f"{min(before.area_mu, row.area_mu):f}"


# --- one plot ------------------------------------------------------------------------------


@authority_plots.get("/<uuid:plot_id>")
def plot(plot_id: UUID) -> str:
    """A plot: what its party says, what is drawn, what overlaps it, its approvals."""
    return _page(plot_id, Entered())


def _page(plot_id: UUID, entered: Entered) -> str:
    act = current_act()
    row = visible_plot(act, plot_id)
    year = year_asked(act, request.values.get("year", ""))
    shown = shown_plots(act.session, [row], year)[0]
    overlaps = overlaps_of(act.session, row)
    parties = act.session.scalars(
        select(Party).where(Party.id.in_({row.party_id, *(one.plot.party_id for one in overlaps)}))
    )
    approvals = approvals_through_years(act.session, row.id)
    standing = {one.year for one in approvals if one.ended_at is None}
    return render_template(
        "authority/plot.html",
        entered=entered,
        one=shown,
        year=year,
        open_years=[(str(y), str(y)) for y in years_of(act) if y not in standing],
        standing_years=[(str(y), str(y)) for y in sorted(standing, reverse=True)],
        names={party.id: party.name for party in parties.unique()},
        product=act.session.get_one(Product, row.product_id),
        worker=worker_names(act.session, [row]).get(row.worked_by or ""),
        approvals=approvals,
        overlaps=overlaps,
        picture=_picture(row, overlaps),
    )


def _picture(row: Plot, overlaps: Sequence[Overlap]) -> Picture | None:
    if not row.outline:
        return None
    lands = [
        Land(stored_outline(one.plot.outline), "near", one.plot.number)
        for one in overlaps
        if one.plot.outline
    ]
    lands.append(Land(stored_outline(row.outline), "own", row.number))
    return picture_of(lands, _("地块 %(number)s 和与它重叠的地块的轮廓", number=row.number))


@authority_plots.post("/<uuid:plot_id>/approvals")
def approve_plot(plot_id: UUID) -> Response:
    """Approve a plot for a year."""
    visible_plot(current_act(), plot_id)
    return attempt(lambda: _approve(plot_id), lambda entered: _page(plot_id, entered))


@receives
@writes
def _approve(plot_id: UUID) -> AnyResponse:
    values: dict[str, Any] = texts(("year", "area_mu", "source"))
    evidence = store_received("evidence")
    if evidence:
        values["evidence"] = str(evidence[0].id)
    made = allowances.approve_plot(
        current_act(), plot_id, ApprovalDraft(**loaded(ApprovalIn(), values))
    )
    flash(_("%(year)s 年已核准 %(area)s 亩。", year=made.year, area=f"{made.area_mu:f}"), "pass")
    return redirect(url_for("authority_plots.plot", plot_id=plot_id), 303)


@authority_plots.post("/<uuid:plot_id>/end")
def end(plot_id: UUID) -> Response:
    """End the approval of a year."""
    visible_plot(current_act(), plot_id)
    return attempt(lambda: _end(plot_id), lambda entered: _page(plot_id, entered))


@writes
def _end(plot_id: UUID) -> AnyResponse:
    text = request.form.get("end_year", "")
    if not (text.isascii() and text.isdecimal() and len(text) == 4):
        raise invalid_field("year-missing", "/end_year", "请选哪一年", "Choose the year")
    reason = loaded(EndIn(), texts(("reason",)))["reason"]
    ended = allowances.end_approval(current_act(), plot_id, int(text), reason)
    flash(_("%(year)s 年的核准已结束；已经入账的不受影响。", year=ended.year), "pass")
    return redirect(url_for("authority_plots.plot", plot_id=plot_id), 303)
