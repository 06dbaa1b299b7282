"""地块 of a cooperative: what it works, how each stands this year, what is left of its allowance."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.http.acting import current_act, writes
from core.http.paging import page_of
from core.http.versions import check_if_match
from desks.cooperative_new import licensed_products
from desks.form_texts import asked as asked_for
from desks.form_texts import cleared, texts
from desks.forms import Entered, attempt, loaded
from desks.plot_parts import (
    Land,
    Picture,
    Shown,
    allowance_shown,
    cap_text,
    picture_of,
    shown_plots,
    state_options,
    townships_of,
)
from products.models import Product
from products.plots import proposing
from products.plots.drafts import PlotDraft
from products.plots.finding import Asked, Overlap, find_plots, overlaps_of
from products.plots.models import Plot
from products.plots.outline import stored_outline
from products.plots.schemas import PlotChange, PlotIn, RetirementIn
from products.plots.service import approvals_through_years, plots_seen_by

cooperative_plots = Blueprint(
    "cooperative_plots", __name__, url_prefix="/coop/plots", template_folder="templates"
)
BOXES = ("number", "name", "area_mu", "township", "place", "worked_by", "outline")
_MAY_CLEAR = ("place", "worked_by", "outline")


@cooperative_plots.get("")
def plots() -> str:
    """The party's plots, newest first, and what this year's allowance says."""
    act = current_act()
    asked = asked_for("q", "product", "state")
    year = act.today.year
    known = products_of(act)
    chosen = next((p for p in known if p.key == asked["product"]), None)
    query = find_plots(
        plots_of(act),
        Asked(product=chosen.id if chosen else None, words=asked["q"], state=asked["state"]),
        year,
    )
    page = page_of(
        act.session, query, Plot.created_at, Plot.id, after=request.args.get("after"), size=50
    )
    allowances = [allowance_shown(act.session, act.party, p, year) for p in known]
    return render_template(
        "cooperative/plots.html",
        page=page,
        shown=shown_plots(act.session, page.rows, year),
        names={product.id: product.name for product in known},
        products=[(product.key, product.name) for product in known],
        states=state_options(),
        allowances=allowances,
        unset=[one.product.name for one in allowances if one.cap is None],
        cap_text=cap_text,
        asked=asked,
        searched=any(asked.values()),
        year=year,
    )


def plots_of(act: Act) -> Any:
    """The plots of the actor's own party, whatever else the actor may see."""
    return plots_seen_by(act).where(Plot.party_id == act.party)


def products_of(act: Act) -> list[Product]:
    """The products that the party is licensed for or has plots of."""
    having = select(Plot.product_id).where(Plot.party_id == act.party)
    found = {product.id: product for product in licensed_products(act)}
    for product in act.session.scalars(select(Product).where(Product.id.in_(having))).unique():
        found.setdefault(product.id, product)
    return sorted(found.values(), key=lambda product: product.name)


# --- proposing and changing ----------------------------------------------------------------


@cooperative_plots.get("/new")
def propose() -> str:
    """The form that proposes a plot."""
    return _form(Entered(), None)


@cooperative_plots.post("/new")
def propose_plot() -> Response:
    """Propose a plot."""
    return attempt(_propose, lambda entered: _form(entered, None))


@writes
def _propose() -> AnyResponse:
    act = current_act()
    values, outline = _boxes(texts(("product", *BOXES)))
    draft = loaded(PlotIn(), values)
    made = proposing.propose_plot(act, PlotDraft(**draft, outline=outline))
    flash(_("地块 %(number)s 已提交，等主管部门核准。", number=made.number), "pass")
    return redirect(url_for("cooperative_plots.plot", plot_id=made.id), 303)


def _boxes(values: dict[str, Any]) -> tuple[dict[str, Any], object | None]:
    """The boxes for the schema, and the outline as it was pasted: it is read with the plot."""
    outline = values.pop("outline", None)
    return values, outline


def _form(entered: Entered, plot_id: UUID | None) -> str:
    act = current_act()
    row = proposing.own_plot(act, plot_id) if plot_id else None
    products = licensed_products(act)
    key = request.values.get("product", "")
    chosen = act.session.get_one(Product, row.product_id) if row else next(
        (p for p in products if p.key == key), products[0] if len(products) == 1 else None
    )  # fmt: skip
    return render_template(
        "cooperative/plot_form.html",
        entered=entered,
        row=row,
        product=chosen,
        products=[(product.key, product.name) for product in products],
        start=_start(act, row),
        places=townships_of(act.session, chosen) if chosen else [],
    )


def _start(act: Act, row: Plot | None) -> dict[str, str]:
    """What stands in the boxes at first."""
    if row is None:
        return {}
    draft = proposing.draft_of(act.session, row)
    said = {name: getattr(draft, name) or "" for name in BOXES if name != "outline"}
    return {**said, "outline": stored_outline(row.outline).text if row.outline else ""}


@cooperative_plots.get("/<uuid:plot_id>/edit")
def change(plot_id: UUID) -> str:
    """The form that changes a plot."""
    return _form(Entered(), plot_id)


@cooperative_plots.post("/<uuid:plot_id>/edit")
def change_plot(plot_id: UUID) -> Response:
    """Change a plot."""
    proposing.own_plot(current_act(), plot_id)
    return attempt(lambda: _change(plot_id), lambda entered: _form(entered, plot_id))


@writes
def _change(plot_id: UUID) -> AnyResponse:
    values, outline = _boxes(cleared(BOXES))
    given = {k: v for k, v in values.items() if v is not None or k in _MAY_CLEAR}
    given |= {k: "" for k in values if k not in given}
    changes = {**loaded(PlotChange(), given), "outline": outline}
    row = proposing.update_plot(current_act(), plot_id, changes, check_if_match)
    flash(_("地块 %(number)s 已改好。", number=row.number), "pass")
    return redirect(url_for("cooperative_plots.plot", plot_id=row.id), 303)


# --- one plot ------------------------------------------------------------------------------


@cooperative_plots.get("/<uuid:plot_id>")
def plot(plot_id: UUID) -> str:
    """A plot: its area, its outline, its approvals, what overlaps it."""
    return _page(plot_id, Entered())


def _page(plot_id: UUID, entered: Entered) -> str:
    act = current_act()
    row = proposing.own_plot(act, plot_id)
    shown = shown_plots(act.session, [row], act.today.year)[0]
    overlaps = overlaps_of(act.session, row)
    return render_template(
        "cooperative/plot.html",
        entered=entered,
        one=shown,
        product=act.session.get_one(Product, row.product_id),
        worker=proposing.worker_names(act.session, [row]).get(row.worked_by or ""),
        approvals=approvals_through_years(act.session, row.id),
        overlaps=[(one.plot if one.plot.party_id == row.party_id else None, one.area_mu)
                  for one in overlaps],
        picture=_picture(shown, overlaps),
        year=act.today.year,
    )  # fmt: skip


def _picture(shown: Shown, overlaps: list[Overlap]) -> Picture | None:
    """The outline; of overlapping ones only the party's own: others' coordinates stay theirs."""
    row = shown.row
    if not row.outline:
        return None
    lands = [
        Land(stored_outline(one.plot.outline), "near", one.plot.number)
        for one in overlaps
        if one.plot.party_id == row.party_id and one.plot.outline
    ]
    lands.append(Land(stored_outline(row.outline), "own", row.number))
    label = _("地块 %(number)s 的轮廓，%(area)s 亩", number=row.number, area=shown.measured)
    return picture_of(lands, label)


@cooperative_plots.post("/<uuid:plot_id>/retirement")
def retire(plot_id: UUID) -> Response:
    """Give a plot up."""
    proposing.own_plot(current_act(), plot_id)
    return attempt(lambda: _retire(plot_id), lambda entered: _page(plot_id, entered))


@writes
def _retire(plot_id: UUID) -> AnyResponse:
    reason = loaded(RetirementIn(), texts(("reason",)))["reason"]
    row = proposing.retire_plot(current_act(), plot_id, reason)
    flash(_("地块 %(number)s 已停用。", number=row.number), "pass")
    return redirect(url_for("cooperative_plots.plot", plot_id=row.id), 303)
