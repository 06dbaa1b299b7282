"""REST of plots. Approving and caps change allowances: their routes are in trace/books."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from core.act import AUTHORITY, Act
from core.http.acting import current_act, writes
from core.http.paging import page_arguments, page_of
from core.http.versions import check_if_match, etag
from products.areas import division_names
from products.plots import proposing, service
from products.plots.drafts import PlotDraft
from products.plots.finding import Asked, find_plots, overlaps_of
from products.plots.models import Plot
from products.plots.outline import area_mu, differs, stored_outline
from products.plots.schemas import (
    OverlapOut,
    PlotChange,
    PlotIn,
    PlotOut,
    PlotQuery,
    RetirementIn,
)
from products.service import product_named

plots = Blueprint("plots", __name__, description="地块 plots")
Answer = tuple[Any, dict[str, str]]
_COLUMNS = (
    "id", "party_id", "product_id", "number", "name", "place_code", "place", "created_at",
    "retired_at", "retire_reason", "version",
)  # fmt: skip


def _shown(act: Act, rows: Sequence[Plot]) -> list[dict[str, Any]]:
    places = division_names(act.session, (row.place_code for row in rows))
    workers = proposing.worker_names(act.session, rows)
    shown = []
    for row in rows:
        outline = stored_outline(row.outline) if row.outline else None
        measured = area_mu(outline) if outline else None
        shown.append(
            {name: getattr(row, name) for name in _COLUMNS}
            | {
                "area_mu": f"{row.area_mu:f}",
                "place_name": places[row.place_code],
                "worked_by": workers.get(row.worked_by or ""),
                "outline": json.loads(outline.text) if outline else None,
                "outline_area_mu": None if measured is None else f"{measured:f}",
                "area_differs": measured is not None and differs(row.area_mu, measured),
            }
        )
    return shown


def _one(act: Act, row: Plot) -> Answer:
    headers = {"ETag": etag(row.id, row.version), "Location": f"/api/v1/plots/{row.id}"}
    return _shown(act, [row])[0], headers


@plots.route("/plots", methods=["POST"])
@writes
@plots.arguments(PlotIn)
@plots.response(201, PlotOut)
def propose_plot(draft: dict[str, Any]) -> Answer:
    """Propose a plot for a product that the party is licensed for."""
    act = current_act()
    return _one(act, proposing.propose_plot(act, PlotDraft(**draft)))


@plots.route("/plots", methods=["GET"])
@plots.arguments(PlotQuery, location="query")
@plots.response(200, PlotOut(many=True))
def list_plots(args: dict[str, Any]) -> Answer:
    """One's own plots, all for the authority, newest first."""
    act, paging = current_act(), page_arguments(args)
    product = product_named(act.session, args["product"]) if "product" in args else None
    asked = Asked(
        product=product.id if product else None, party=args.get("party"), place_code=args.get("township", ""),
        words=args.get("q", ""), state=args.get("state", ""),
    )  # fmt: skip
    query = find_plots(service.plots_seen_by(act), asked, args.get("year", act.today.year))
    page = page_of(act.session, query, Plot.created_at, Plot.id, **paging)
    return _shown(act, page.rows), page.headers()


@plots.route("/plots/<uuid:plot_id>", methods=["GET"])
@plots.response(200, PlotOut)
def get_plot(plot_id: UUID) -> Answer:
    """One plot."""
    act = current_act()
    row = service.visible_plot(act, plot_id)
    return _shown(act, [row])[0], {"ETag": etag(row.id, row.version)}


@plots.route("/plots/<uuid:plot_id>", methods=["PATCH"])
@writes
@plots.arguments(PlotChange)
@plots.response(200, PlotOut)
def change_plot(changes: dict[str, Any], plot_id: UUID) -> Answer:
    """Change a plot; If-Match names the version that was seen."""
    act = current_act()
    return _one(act, proposing.update_plot(act, plot_id, changes, check_if_match))


@plots.route("/plots/<uuid:plot_id>/retirement", methods=["POST"])
@writes
@plots.arguments(RetirementIn)
@plots.response(201, PlotOut)
def retire_plot(draft: dict[str, Any], plot_id: UUID) -> Answer:
    """Give a plot up, for good."""
    act = current_act()
    return _one(act, proposing.retire_plot(act, plot_id, draft["reason"]))


@plots.route("/plots/<uuid:plot_id>/overlaps", methods=["GET"])
@plots.response(200, OverlapOut(many=True))
def list_overlaps(plot_id: UUID) -> list[dict[str, Any]]:
    """Which plots of the same product its outline overlaps, by how much."""
    act = current_act()
    row = service.visible_plot(act, plot_id)
    open_to_all = act.actor.is_a(AUTHORITY)
    return [
        {
            "area_mu": f"{one.area_mu:f}",
            "plot_id": one.plot.id if known else None,
            "number": one.plot.number if known else None,
        }
        for one in overlaps_of(act.session, row)
        for known in [open_to_all or one.plot.party_id == row.party_id]
    ]
