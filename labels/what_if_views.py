"""REST of looking ahead. It stores nothing, so it needs no key and leaves no evidence."""

from collections.abc import Callable
from typing import Any

from flask_smorest import Blueprint

from core.http.acting import current_act, current_actor
from labels import what_if_changes as changes
from labels.what_if import Affected, Ahead, Change, look_ahead
from labels.what_if_schemas import WhatIfIn, WhatIfOut, WhatIfQuery
from products.plans.service import PlanDraft
from products.standards.drafts import Amendment, EditionDraft, Proof, RequirementDraft
from trace.inspections.verdicts import Outcome

what_if = Blueprint("what_if", __name__, description="先看影响 what a change of the rules would do")


@what_if.route("/what-if", methods=["POST"])
@what_if.arguments(WhatIfIn)
@what_if.arguments(WhatIfQuery, location="query")
@what_if.response(200, WhatIfOut)
def look(asked: dict[str, Any], paging: dict[str, int]) -> dict[str, Any]:
    """Which batches and labels a change would touch; nothing is stored."""
    [(kind, draft)] = asked.items()
    seen = look_ahead(current_act().session, current_actor(), CHANGE_OF[kind](draft))
    return shown(seen, paging["skip"], paging["size"])


def shown(seen: Ahead, skip: int, size: int) -> dict[str, Any]:
    """A look ahead for WhatIfOut."""
    rows = seen.rows[skip : skip + size]
    more = skip + size < len(seen.rows)
    return {
        "products": [product.key for product in seen.products],
        "looked_at": seen.looked_at,
        "asked": seen.asked,
        "fail": seen.sum(Outcome.NONCONFORMING),
        "wait": seen.sum(Outcome.UNDETERMINED),
        "freed": seen.sum(Outcome.CONFORMING, released=False),
        "parties": seen.parties(),
        "total": len(seen.rows),
        "rows": [_row(seen, row) for row in rows],
        "next": skip + size if more else None,
    }


def _row(seen: Ahead, row: Affected) -> dict[str, Any]:
    named = ("batch", "number", "party", "party_name", "made_on", "released", "labels")
    return {
        **{name: getattr(row, name) for name in named},
        "product": row.product.key,
        "now": row.now.value,
        "then": row.then.value,
        "reasons": seen.reasons(row),
    }


def _edition(draft: dict[str, Any]) -> Change:
    standard, limits = draft.pop("standard"), draft.pop("limits")
    entered = [(limit.pop("clause"), RequirementDraft(**limit)) for limit in limits]
    return changes.new_edition(standard, EditionDraft(**draft), entered)


def _limit(draft: dict[str, Any]) -> Change:
    return changes.new_limit(draft.pop("clause"), RequirementDraft(**draft))


def _confirmation(draft: dict[str, Any]) -> Change:
    return changes.confirmed_limit(draft.pop("requirement"), Proof(**draft))


def _correction(draft: dict[str, Any]) -> Change:
    return changes.corrected_limit(draft.pop("requirement"), Amendment(**draft))


def _plan(draft: dict[str, Any]) -> Change:
    return changes.new_plan(draft.pop("product"), PlanDraft(**draft))


CHANGE_OF: dict[str, Callable[[dict[str, Any]], Change]] = {
    "edition": _edition,
    "limit": _limit,
    "confirmation": _confirmation,
    "correction": _correction,
    "plan": _plan,
}
