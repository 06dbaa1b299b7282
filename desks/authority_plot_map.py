"""The map of plots by township: a tile for each township of the area, outlines where given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import Select, select

from core.act import Act
from core.http.acting import current_act
from desks.authority_plots import product_options, year_asked, years_of
from desks.plot_parts import Land, Picture, picture_of, tile
from products.areas import County, division_tree
from products.models import Product
from products.plots.finding import Asked, TownshipSum, by_township, find_plots
from products.plots.models import Plot, PlotApproval
from products.plots.outline import Outline, stored_outline
from products.plots.service import plots_seen_by

authority_plot_map = Blueprint(
    "authority_plot_map", __name__, url_prefix="/gov/plots/map", template_folder="templates"
)
MOST_DRAWN = 1000
_NOTHING = Decimal(0)


@dataclass(frozen=True)
class Tile:
    """A township: its name, what lies in it, and its picture."""

    name: str
    sums: TownshipSum
    picture: Markup


@authority_plot_map.get("")
def by_place() -> str:
    """How much of a product lies where, as tiles and as a table."""
    act = current_act()
    options = product_options(act)
    product = _product(act, options)
    year = year_asked(act, request.args.get("year", ""))
    if product is None:
        return render_template("authority/plot_map.html", product=None, products=options)
    query = find_plots(plots_seen_by(act), Asked(product=product.id), year)
    sums = {one.place_code: one for one in by_township(act.session, query, year)}
    drawn = _outlines(act, query)
    counties = _counties(act, product, sums, drawn)
    chosen = request.args.get("township", "")
    return render_template(
        "authority/plot_map.html",
        product=product,
        products=options,
        year=year,
        years=[(str(y), str(y)) for y in years_of(act)],
        counties=counties,
        total=sum((one.area_mu for one in sums.values()), _NOTHING),
        approved=sum((one.approved_mu for one in sums.values()), _NOTHING),
        count=sum(one.plots for one in sums.values()),
        chosen=next((t for _c, ts in counties for t in ts if t.sums.place_code == chosen), None),
        picture=_picture(act, query, chosen, year),
        shortened=sum(map(len, drawn.values())) >= MOST_DRAWN,
    )


def _product(act: Act, options: list[tuple[str, str]]) -> Product | None:
    """The product that is asked for; else one that has plots, else the first."""
    query = select(Product)
    asked = request.args.get("product", "")
    if asked:
        return act.session.scalars(query.where(Product.key == asked)).unique().first()
    having = query.where(Product.id.in_(select(Plot.product_id)))
    order = (Product.in_plan.desc(), Product.name)
    found = act.session.scalars(having.order_by(*order).limit(1)).unique().first()
    return found or act.session.scalars(query.order_by(*order).limit(1)).unique().first()


def _outlines(act: Act, query: Select[Plot]) -> Mapping[str, list[Outline]]:
    drawable = query.where(Plot.outline.is_not(None), Plot.retired_at.is_(None))
    found: dict[str, list[Outline]] = defaultdict(list)
    for row in act.session.scalars(drawable.order_by(Plot.created_at).limit(MOST_DRAWN)):
        if row.outline is not None:
            found[row.place_code].append(stored_outline(row.outline))
    return found


def _counties(
    act: Act, product: Product, sums: Mapping[str, TownshipSum],
    drawn: Mapping[str, list[Outline]],
) -> list[tuple[str, list[Tile]]]:  # fmt: skip
    """The townships of the area, and those that have plots beyond it, by county."""
    parts = tuple(part.code for part in product.area)
    most = max((one.area_mu for one in sums.values()), default=_NOTHING)
    found = []
    for county in division_tree(act.session).counties:
        tiles = [_tile(code, name, sums, drawn, most) for code, name in _shown(county, parts, sums)]
        if tiles:
            found.append((county.name, tiles))
    return found


def _shown(
    county: County, parts: tuple[str, ...], sums: Mapping[str, TownshipSum]
) -> list[tuple[str, str]]:
    return [
        (town.code, town.name)
        for town in county.townships
        if town.code in sums or (parts and town.code.startswith(parts))
    ]


def _tile(
    code: str, name: str, sums: Mapping[str, TownshipSum],
    drawn: Mapping[str, list[Outline]], most: Decimal,
) -> Tile:  # fmt: skip
    held = sums.get(code) or TownshipSum(code, 0, _NOTHING, 0, _NOTHING)
    share = int(held.area_mu * 100 / most) if most else 0
    return Tile(name, held, tile(max(share, 4) if held.plots else 0, drawn.get(code, ())))


def _picture(act: Act, query: Select[Plot], township: str, year: int) -> Picture | None:
    """The outlines of one township on one sheet; those approved for the year are filled."""
    if not township:
        return None
    here = query.where(Plot.place_code == township, Plot.retired_at.is_(None))
    standing = select(PlotApproval.plot_id).where(
        PlotApproval.year == year, PlotApproval.ended_at.is_(None)
    )
    approved = set(
        act.session.scalars(
            standing.where(PlotApproval.plot_id.in_(here.with_only_columns(Plot.id)))
        )
    )
    rows = act.session.scalars(here.where(Plot.outline.is_not(None)).limit(MOST_DRAWN))
    lands = [
        Land(stored_outline(row.outline), "own" if row.id in approved else "near", row.number)
        for row in rows
        if row.outline is not None
    ]
    return picture_of(lands, _("这个乡镇的地块轮廓，共 %(count)s 块", count=len(lands)))
