"""Release plans of a product: what stood when, and setting the next one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.documents.receiving import receives, store_received
from core.errors import FieldFault
from core.http.acting import current_act, writes
from core.pages.views import say
from desks import plan_form
from desks.forms import Entered, attempt, loaded
from products.models import Product
from products.plans.schemas import PlanIn
from products.plans.service import PlanDraft, plan_row_on, plans_of
from products.requirements import STAGE_NAMES, STAGES
from products.service import product_named
from products.standards.models import Edition, ProductStandard
from trace.batches.models import Batch
from trace.inspections.rejudge import put_plan

authority_plans = Blueprint(
    "authority_plans", __name__, url_prefix="/gov/products", template_folder="templates"
)


@authority_plans.get("/<key>/plans")
def plans(key: str) -> str:
    """Every plan of a product, the newest first."""
    act = current_act()
    product = product_named(act.session, key)
    standing = plan_row_on(act.session, product.id, act.today)
    return render_template(
        "authority/plans.html",
        product=product,
        plans=plans_of(act.session, product.id),
        standing=standing.id if standing else None,
        today=act.today,
        stage_names=STAGE_NAMES,
    )


@authority_plans.get("/<key>/plans/new")
def set_plan(key: str) -> str:
    """The form that sets a plan, with the plan of today in it."""
    return _form(key, Entered())


@authority_plans.post("/<key>/plans/new")
def set_release_plan(key: str) -> Response:
    """Set a plan: the one before it ends, the batches are judged again."""
    product_named(current_act().session, key)
    return attempt(lambda: _set(key), lambda entered: _form(key, _placed(entered)))


def _placed(entered: Entered) -> Entered:
    faults = [FieldFault(f"/{plan_form.place_of(f.pointer)}", f.message) for f in entered.faults]
    return Entered(faults, entered.sentence)


def _form(key: str, entered: Entered) -> str:
    act = current_act()
    product = product_named(act.session, key)
    plan = plan_row_on(act.session, product.id, act.today)
    own = plan.standard if plan else ""
    groups = plan_form.groups_of(act.session, product, act.today, own)
    held = plan_form.boxes_of(plan, groups, act.today)
    return render_template(
        "authority/plan_form.html",
        product=product,
        plan=plan,
        groups=groups,
        held=held,
        entered=entered,
        standards=_designations(act, product),
        stages=[(stage, say(STAGE_NAMES[stage])) for stage in STAGES],
        batches=_count_batches(act, product),
        free_rows=plan_form.rows_shown("free-name", held["free"]),
        document_rows=plan_form.rows_shown("document-name", held["documents"]),
        today=act.today,
    )


def _designations(act: Act, product: Product) -> list[str]:
    """The editions of the standards that concern the product, to choose the plan's own from."""
    query = (
        select(Edition.designation)
        .join(ProductStandard, ProductStandard.standard_id == Edition.standard_id)
        .where(ProductStandard.product_id == product.id)
        .order_by(Edition.designation)
    )
    return list(act.session.scalars(query))


def _count_batches(act: Act, product: Product) -> int:
    """How many batches would be judged again."""
    query = select(func.count()).select_from(Batch).where(Batch.product_id == product.id)
    return act.session.scalar(query) or 0


@receives
@writes
def _set(key: str) -> AnyResponse:
    act = current_act()
    product = product_named(act.session, key)
    values = posted_plan(act, product)
    evidence = store_received("evidence")
    if evidence:
        values["evidence"] = str(evidence[0].id)
    draft = PlanDraft(**loaded(PlanIn(), values))
    plan = put_plan(act, product.id, draft)
    flash(
        _("放行方案已定，从 %(day)s 起；涉及的批次已经重判。", day=plan.starts.isoformat()), "pass"
    )
    return redirect(url_for("public.product", key=product.key, _anchor="plan"), 303)


def posted_plan(act: Act, product: Product) -> dict[str, Any]:
    """The boxes of a plan as PlanIn takes them, without its evidence."""
    groups = plan_form.groups_of(act.session, product, act.today)
    last = plan_row_on(act.session, product.id, act.today)
    clauses = plan_form.clauses_of(request.form.get("standard", ""), groups, last)
    return plan_form.posted_plan(clauses)
