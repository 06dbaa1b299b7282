"""REST of the verbs on limits, editions, plans and licences whose consequence is a new verdict."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from core.http.acting import current_act, writes
from products.licences.schemas import LicenceOut, RevokeIn
from products.plans.schemas import PlanIn, PlanOut
from products.plans.service import PlanDraft
from products.plans.views import plan_shown
from products.service import product_named
from products.standards.drafts import Amendment, EditionDraft, Proof, RequirementDraft
from products.standards.schemas import (
    ConfirmIn,
    CorrectIn,
    EditionIn,
    PublishedOut,
    RequirementIn,
    RequirementOut,
    RequirementsIn,
)
from products.standards.views import requirement_shown
from trace.inspections import rejudge
from trace.laboratories.models import Calibration
from trace.laboratories.schemas import CalibrationIn, CalibrationOut
from trace.laboratories.service import CalibrationDraft

limits = Blueprint(
    "limits", __name__, description="限量、版本、放行方案的变更 what re-judges batches"
)
Answer = tuple[Any, dict[str, str]]


@limits.route("/standards/<uuid:standard_id>/editions", methods=["POST"])
@writes
@limits.arguments(EditionIn)
@limits.response(201, PublishedOut)
def publish_edition(draft: dict[str, Any], standard_id: UUID) -> Answer:
    """Publish an edition; an open one before it ends the day before."""
    made = rejudge.put_in_force(current_act(), standard_id, EditionDraft(**draft))
    return made, {"Location": f"/api/v1/editions/{made.edition.id}"}


@limits.route("/clauses/<uuid:clause_id>/requirements", methods=["POST"])
@writes
@limits.arguments(RequirementIn)
@limits.response(201, RequirementOut)
def add_requirement(draft: dict[str, Any], clause_id: UUID) -> Answer:
    """Enter a limit as read in a clause."""
    act = current_act()
    made = rejudge.add_limit(act, clause_id, RequirementDraft(**draft))
    row = made.requirement
    return requirement_shown(act, row), {"Location": f"/api/v1/requirements/{row.id}"}


@limits.route("/clauses/<uuid:clause_id>/requirement-sets", methods=["POST"])
@writes
@limits.arguments(RequirementsIn)
@limits.response(201, RequirementOut(many=True))
def add_requirements(draft: dict[str, Any], clause_id: UUID) -> list[Any]:
    """Enter several limits of a clause at once: a set of grades is looked at as a whole."""
    act = current_act()
    drafts = [RequirementDraft(**one) for one in draft["requirements"]]
    made = rejudge.add_limits(act, clause_id, drafts)
    return [requirement_shown(act, revised.requirement) for revised in made]


@limits.route("/instruments/<uuid:instrument_id>/calibrations", methods=["POST"])
@writes
@limits.arguments(CalibrationIn)
@limits.response(201, CalibrationOut)
def calibrate(draft: dict[str, Any], instrument_id: UUID) -> tuple[Calibration, dict[str, str]]:
    """Put a calibration on file; batches with values of the instrument are judged again."""
    row = rejudge.calibrate(current_act(), instrument_id, CalibrationDraft(**draft))
    return row, {"Location": f"/api/v1/instruments/{instrument_id}"}


@limits.route("/requirements/<uuid:requirement_id>/confirmation", methods=["POST"])
@writes
@limits.arguments(ConfirmIn)
@limits.response(201, RequirementOut)
def confirm_requirement(draft: dict[str, Any], requirement_id: UUID) -> Answer:
    """Confirm a limit with evidence; every batch it concerns is judged again."""
    act = current_act()
    row = rejudge.confirm_limit(act, requirement_id, Proof(**draft)).requirement
    return requirement_shown(act, row), {"Location": f"/api/v1/requirements/{row.id}"}


@limits.route("/requirements/<uuid:requirement_id>/corrections", methods=["POST"])
@writes
@limits.arguments(CorrectIn)
@limits.response(201, RequirementOut)
def correct_requirement(draft: dict[str, Any], requirement_id: UUID) -> Answer:
    """Correct a limit with evidence and a reason; every batch it concerns is judged again."""
    act = current_act()
    row = rejudge.correct_limit(act, requirement_id, Amendment(**draft)).requirement
    return requirement_shown(act, row), {"Location": f"/api/v1/requirements/{row.id}"}


@limits.route("/products/<string:name>/release-plans", methods=["POST"])
@writes
@limits.arguments(PlanIn)
@limits.response(201, PlanOut)
def set_release_plan(draft: dict[str, Any], name: str) -> Answer:
    """Set a product's release plan; its batches are judged again."""
    act = current_act()
    product = product_named(act.session, name)
    plan = rejudge.put_plan(act, product.id, PlanDraft(**draft))
    return plan_shown(plan), {"Location": f"/api/v1/products/{product.key}/release-plans"}


@limits.route("/licences/<uuid:licence_id>/revocation", methods=["POST"])
@writes
@limits.arguments(RevokeIn)
@limits.response(201, LicenceOut)
def revoke_licence(draft: dict[str, Any], licence_id: UUID) -> Answer:
    """Revoke a licence; every released batch under it is held."""
    act = current_act()
    licence = rejudge.take_licence(act, licence_id, draft["reason"])
    return licence, {"Location": f"/api/v1/licences/{licence.id}"}
