"""From which plots a harvest came: the boxes beside a quantity, and what is left of the allowance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import request
from flask_babel import gettext as _
from sqlalchemy import select

from core.act import Act
from core.errors import FieldFault
from core.pages.views import say
from desks.entered import under
from desks.forms import Entered
from products.plots.models import Plot, YieldCap
from products.plots.service import approvals_of, cap_of
from trace.batches.models import Batch
from trace.books.allowances import allowance_of
from trace.books.balance import amount_words
from trace.books.harvests import is_capped
from trace.books.models import Allowance


@dataclass(frozen=True)
class PlotBox:
    """An approved plot that may be ticked."""

    id: UUID
    text: str


@dataclass(frozen=True)
class PlotShares:
    """What the form offers: the plots, the allowance in a sentence, and what stands in the way."""

    plots: Sequence[PlotBox]
    allowance: str
    spent: bool
    blocked: str
    form_differs: bool
    needed: bool


def plot_shares(act: Act, batch: Batch) -> PlotShares | None:
    """The party's approved plots of the batch's product in its year; None where none is asked.

    They are asked where the product has a yield cap in that year, and offered where the party has
    plots.
    """
    year = batch.production_date.year
    cap = cap_of(act.session, batch.product_id, year)
    plots = _plots(act, batch, year)
    unset = cap is None and is_capped(act, batch.product_id)
    if cap is None and not plots and not unset:
        return None
    row = allowance_of(act.session, batch.party_id, batch.product_id, year)
    differs = cap is not None and cap.form != batch.form
    return PlotShares(
        plots, _told(row, cap, year), cap is not None and (row is None or row.used >= row.granted),
        _unset(year) if unset else _blocked(cap, batch, plots), differs, cap is not None and not differs,
    )  # fmt: skip


def _plots(act: Act, batch: Batch, year: int) -> list[PlotBox]:
    query = select(Plot).where(Plot.party_id == batch.party_id, Plot.product_id == batch.product_id)
    rows = list(act.session.scalars(query.order_by(Plot.number)))
    approved = approvals_of(act.session, [row.id for row in rows], year)
    return [
        PlotBox(
            row.id, f"{row.number} {row.name} {_('%(area)s 亩', area=approved[row.id].area_mu)}"
        )
        for row in rows
        if row.id in approved
    ]


def _told(row: Allowance | None, cap: YieldCap | None, year: int) -> str:
    if cap is None:
        return str(_("%(year)s 年额度未设。", year=year))
    granted, used = (row.granted, row.used) if row is not None else (0, 0)
    amounts = {
        "year": year,
        "form": cap.form,
        "granted": say(amount_words(granted, cap.base)),
        "used": say(amount_words(used, cap.base)),
    }
    told = _("%(year)s 年%(form)s额度 %(granted)s，已用 %(used)s", **amounts)
    if used > granted:
        over = say(amount_words(used - granted, cap.base))
        return str(_("%(told)s，超出 %(over)s。", told=told, over=over))
    return str(
        _("%(told)s，还剩 %(left)s。", told=told, left=say(amount_words(granted - used, cap.base)))
    )


def _unset(year: int) -> str:
    return str(_("这个产品已按额度管理，%(year)s 年还没有核定额度，请联系主管部门。", year=year))


def _blocked(cap: YieldCap | None, batch: Batch, plots: Sequence[PlotBox]) -> str:
    """Why it cannot be confirmed as a harvest; empty where it can."""
    if cap is None:
        return ""
    if cap.form != batch.form:
        return str(
            _(
                "额度按“%(cap)s”核定，“%(form)s”要由它加工而来：请登记加工。",
                cap=cap.form, form=batch.form,
            )
        )  # fmt: skip
    if not plots:
        return str(_("这个产品今年有额度，但您单位还没有核准的地块，先去申报地块。"))
    return ""


def posted_shares(form: str) -> list[dict[str, str]]:
    """The ticked plots of a form as the REST schema takes them, in the unit of its quantity."""
    unit = request.form.get(f"{form}-unit", "").strip()
    shares = []
    for plot in request.form.getlist(f"{form}-plot"):
        typed = request.form.get(f"{form}-plot-{plot}", "").strip()
        share = {"plot": plot}
        if typed:
            share |= {"quantity": typed} | ({"unit": unit} if unit else {})
        shares.append(share)
    return shares


def at_plots(form: str, entered: Entered) -> Entered:
    """`entered` with what is wrong told at the boxes of `form`, its plots among them."""
    plots = request.form.getlist(f"{form}-plot")
    faults = [FieldFault(_place(form, f.pointer, plots), f.message) for f in entered.faults]
    return under(form, Entered(faults, entered.sentence))


def _place(form: str, pointer: str, plots: Sequence[str]) -> str:
    parts = pointer.strip("/").split("/")
    if parts[0] == "plots" and len(parts) > 1 and parts[1].isdigit() and int(parts[1]) < len(plots):
        return f"/{form}-plot-{plots[int(parts[1])]}"
    return f"/{form}-plots" if parts[0] in ("plots", "form", "production_date") else pointer
