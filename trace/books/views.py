"""REST of approvals, yield caps and the allowances that follow from them."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from core.http.acting import current_act, writes
from products.plots import service as plots
from products.plots.drafts import ApprovalDraft, CapDraft
from products.plots.models import PlotApproval, YieldCap
from products.service import product_named
from trace.books import allowances
from trace.books.models import Allowance
from trace.books.schemas import (
    AllowanceOut,
    AllowanceQuery,
    ApprovalIn,
    ApprovalOut,
    CapIn,
    CapOut,
    EndIn,
)

books = Blueprint("books", __name__, description="额度 approvals, yield caps and allowances")
MOST_ALLOWANCES = 1000


@books.route("/plots/<uuid:plot_id>/approvals", methods=["POST"])
@writes
@books.arguments(ApprovalIn)
@books.response(201, ApprovalOut)
def approve_plot(draft: dict[str, Any], plot_id: UUID) -> tuple[PlotApproval, dict[str, str]]:
    """Approve a plot for a year; its party's allowance grows with it."""
    made = allowances.approve_plot(current_act(), plot_id, ApprovalDraft(**draft))
    return made, {"Location": f"/api/v1/plots/{plot_id}/approvals"}


@books.route("/plots/<uuid:plot_id>/approvals", methods=["GET"])
@books.response(200, ApprovalOut(many=True))
def list_approvals(plot_id: UUID) -> list[PlotApproval]:
    """The approvals of a plot, the newest year first, ended ones too."""
    act = current_act()
    plots.visible_plot(act, plot_id)
    return plots.approvals_through_years(act.session, plot_id)


@books.route("/plots/<uuid:plot_id>/approvals/<int:year>/end", methods=["POST"])
@writes
@books.arguments(EndIn)
@books.response(201, ApprovalOut)
def end_approval(
    draft: dict[str, Any], plot_id: UUID, year: int
) -> tuple[PlotApproval, dict[str, str]]:
    """End the approval of a year; what was harvested under it stays used."""
    made = allowances.end_approval(current_act(), plot_id, year, draft["reason"])
    return made, {"Location": f"/api/v1/plots/{plot_id}/approvals"}


@books.route("/products/<string:name>/yield-caps", methods=["POST"])
@writes
@books.arguments(CapIn)
@books.response(201, CapOut)
def set_cap(draft: dict[str, Any], name: str) -> tuple[YieldCap, dict[str, str]]:
    """Set how much a 亩 may give in a year; every allowance of the product follows."""
    made = allowances.set_cap(current_act(), CapDraft(product=name, **draft))
    return made, {"Location": f"/api/v1/products/{name}/yield-caps"}


@books.route("/products/<string:name>/yield-caps", methods=["GET"])
@books.response(200, CapOut(many=True))
def list_caps(name: str) -> list[YieldCap]:
    """The caps of a product, the newest first; none: 额度未设."""
    session = current_act().session
    return plots.caps_of(session, product_named(session, name).id)


@books.route("/allowances", methods=["GET"])
@books.arguments(AllowanceQuery, location="query")
@books.response(200, AllowanceOut(many=True))
def list_allowances(args: dict[str, Any]) -> list[dict[str, Any]]:
    """One's own allowances, all for the authority: granted, used, left, and what is in deficit."""
    act = current_act()
    query = allowances.allowances_seen_by(act)
    if "product" in args:
        query = query.where(Allowance.product_id == product_named(act.session, args["product"]).id)
    if "party" in args:
        query = query.where(Allowance.party_id == args["party"])
    query = query.where(Allowance.year == args.get("year", act.today.year))
    order = (Allowance.product_id, Allowance.party_id)
    rows = act.session.scalars(query.order_by(*order).limit(MOST_ALLOWANCES))
    return [_standing(row) for row in rows]


def _standing(row: Allowance) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in (
            "party_id", "product_id", "year", "form", "base", "granted", "used",
        )},
        "left": max(0, row.granted - row.used),
        "deficit": max(0, row.used - row.granted),
    }  # fmt: skip
