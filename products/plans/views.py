"""REST of release plans. Setting one re-judges batches: its route is in trace/inspections."""

from typing import Any

from flask_smorest import Blueprint

from core.http.acting import current_act
from products.plans import service
from products.plans.models import ReleasePlan
from products.plans.schemas import PlanOut
from products.service import product_named

plans = Blueprint("plans", __name__, description="放行方案 release plans")
_COLUMNS = (
    "id", "product_id", "starts", "ends", "standard", "clause", "source", "certainty",
    "every_batch", "type_items", "type_per_year", "type_months", "stage_events", "sample",
    "origin", "created_at",
)  # fmt: skip


def plan_shown(row: ReleasePlan) -> dict[str, Any]:
    """A plan for PlanOut."""
    return {
        **{name: getattr(row, name) for name in _COLUMNS},
        "documents": [{"stage": stage, "name": name} for stage, name in row.documents],
        "evidence": row.evidence_id,
    }


@plans.route("/products/<string:name>/release-plans", methods=["GET"])
@plans.response(200, PlanOut(many=True))
def list_plans(name: str) -> list[dict[str, Any]]:
    """The plans of a product, the newest first; none: 放行方案待定, nothing is released."""
    session = current_act().session
    product = product_named(session, name)
    return [plan_shown(row) for row in service.plans_of(session, product.id)]
