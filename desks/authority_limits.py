"""Limits: entering one, and its page with revisions, confirming and correcting."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.documents.receiving import receives, store_received
from core.errors import FieldFault, NotFound
from core.http.acting import current_act, writes
from core.pages.views import say
from desks import limit_form
from desks.authority_waiting import limits_that_hold
from desks.certainty import CERTAINTY_WORDS, NATURE_WORDS
from desks.form_texts import at_groups, printable, texts, ticked
from desks.forms import Entered, attempt, loaded
from products.models import Product
from products.parts import TERM_FIELDS
from products.requirements import STAGE_NAMES, STAGES
from products.service import product_named
from products.standards import queries
from products.standards.drafts import Amendment, Proof, RequirementDraft
from products.standards.links import view_of
from products.standards.models import Characteristic, Requirement
from products.standards.rules import requirement_rule
from products.standards.schemas import ConfirmIn, CorrectIn, RequirementIn
from trace.inspections.rejudge import add_limit, confirm_limit, correct_limit

authority_limits = Blueprint(
    "authority_limits", __name__, url_prefix="/gov", template_folder="templates"
)
EVERY = "*"
_PLACES = {
    "/bound/kind": "/bound",
    "/scope/when": "/scope/when/characteristic",
    "/scope/when/bound": "/scope/when/bound/lower",
}
_NEW = {"bound-kind": "number", "enforce": True}


# --- entering --------------------------------------------------------------------------------


@authority_limits.get("/clauses/<uuid:clause_id>/requirements/new")
def add(clause_id: UUID) -> str:
    """First for which product, then the limit itself."""
    return _add_page(clause_id, Entered(), printable(request.args.get("product", "")))


@authority_limits.post("/clauses/<uuid:clause_id>/requirements/new")
def add_requirement(clause_id: UUID) -> Response:
    """Enter a limit; what was measured already is held against it at once."""
    queries.clause_by_id(current_act().session, clause_id)
    chosen = printable(request.form.get("product", ""))
    return attempt(lambda: _add(clause_id), lambda e: _add_page(clause_id, _grouped(e), chosen))


def _grouped(entered: Entered) -> Entered:
    """What is wrong, at boxes that the form has."""
    lists = [f"scope/{name}" for name in TERM_FIELDS]
    told = at_groups(entered, "bound/choices", "bound/options", *lists)
    faults = [FieldFault(_PLACES.get(f.pointer, f.pointer), f.message) for f in told.faults]
    return Entered(faults, told.sentence)


def _add_page(clause_id: UUID, entered: Entered, chosen: str) -> str:
    act = current_act()
    product = _product(act, chosen)
    return render_template(
        "authority/limit_new.html",
        clause=queries.clause_by_id(act.session, clause_id),
        entered=entered,
        chosen=EVERY if chosen == EVERY else (product.key if product else ""),
        product=product,
        products=[(EVERY, _("所有产品")), *_named(act)],
        characteristics=act.session.scalars(
            select(Characteristic.name).order_by(Characteristic.name)
        ).all(),
        stages=[(stage, say(STAGE_NAMES[stage])) for stage in STAGES],
        held=_NEW,
        **_choices(product),
    )


def _product(act: Act, key: str) -> Product | None:
    try:
        return product_named(act.session, key)
    except NotFound:
        return None


def _named(act: Act) -> list[tuple[str, str]]:
    query = select(Product.key, Product.name).order_by(Product.in_plan.desc(), Product.name)
    return [(key, name) for key, name in act.session.execute(query)]


def _choices(product: Product | None) -> dict[str, Any]:
    return {
        "kinds": limit_form.kind_options(),
        "subjects": limit_form.subject_options(),
        "natures": limit_form.nature_options(),
        "units": limit_form.unit_options(),
        "scopes": limit_form.scope_words(product),
    }


@receives
@writes
def _add(clause_id: UUID) -> AnyResponse:
    draft = RequirementDraft(**loaded(RequirementIn(), {**posted_limit(), **_evidence()}))
    made = add_limit(current_act(), clause_id, draft).requirement
    flash(_("已录入，涉及的批次已经重判。"), "pass")
    return redirect(url_for("authority_limits.requirement", requirement_id=made.id), 303)


def posted_limit() -> dict[str, Any]:
    """The boxes of a new limit as RequirementIn takes them, without its evidence."""
    values: dict[str, Any] = texts(
        ("stage", "characteristic", "characteristic_en", "unit", "subject", "method", "nature",
         "certainty", "source", "note")
    )  # fmt: skip
    product = printable(request.form.get("product", ""))
    return {
        **values,
        "bound": limit_form.posted_bound(),
        "scope": limit_form.posted_scope(),
        "enforce": ticked("enforce"),
        **({} if product == EVERY else {"product": product}),
    }


def _evidence() -> dict[str, str]:
    kept = store_received("evidence")
    return {"evidence": str(kept[0].id)} if kept else {}


# --- one limit -------------------------------------------------------------------------------


@authority_limits.get("/requirements/<uuid:requirement_id>")
def requirement(requirement_id: UUID) -> str:
    """A limit: where it stands, how sure it is, who waits for it, what it said before."""
    act = current_act()
    row = queries.requirement_by_id(act.session, requirement_id)
    revisions = queries.revisions_of(act.session, row.code)
    newest = revisions[0]
    return render_template(
        "authority/limit.html",
        **_shown(act, row),
        newest=newest,
        revisions=[(one, view_of(requirement_rule(act.session, one))) for one in revisions],
        waiting=_waiting(act, newest),
    )


def _shown(act: Act, row: Requirement) -> dict[str, Any]:
    return {
        "row": row,
        "view": view_of(requirement_rule(act.session, row)),
        "product": act.session.get(Product, row.product_id) if row.product_id else None,
        "stage": say(STAGE_NAMES[row.stage]),
        "natures_said": NATURE_WORDS,
        "certainty": CERTAINTY_WORDS,
        "subjects_said": limit_form.SUBJECT_WORDS,
    }


def _waiting(act: Act, row: Requirement) -> list[Any]:
    """The batches in hand that a value beyond this limit keeps undetermined."""
    if row.certainty == "confirmed":
        return []
    held = (holding for holding in limits_that_hold(act.session) if holding.requirement == row.id)
    return [batch for holding in held for batch in holding.batches]


@authority_limits.get("/requirements/<uuid:requirement_id>/confirmation")
def confirmation(requirement_id: UUID) -> str:
    """The form that confirms a limit as it stands."""
    return _confirm_page(requirement_id, Entered())


@authority_limits.post("/requirements/<uuid:requirement_id>/confirmation")
def confirm(requirement_id: UUID) -> Response:
    """Confirm a limit with the official text; batches that waited are judged at once."""
    queries.requirement_by_id(current_act().session, requirement_id)
    return attempt(lambda: _confirm(requirement_id), lambda e: _confirm_page(requirement_id, e))


def _confirm_page(requirement_id: UUID, entered: Entered) -> str:
    act = current_act()
    row = queries.requirement_by_id(act.session, requirement_id)
    return render_template(
        "authority/limit_confirm.html",
        **_shown(act, row),
        waiting=_waiting(act, row),
        entered=entered,
    )


@receives
@writes
def _confirm(requirement_id: UUID) -> AnyResponse:
    proof = Proof(**loaded(ConfirmIn(), {**posted_confirmation(), **_evidence()}))
    made = confirm_limit(current_act(), requirement_id, proof).requirement
    flash(_("已确认，涉及的批次已经重判。"), "pass")
    return redirect(url_for("authority_limits.requirement", requirement_id=made.id), 303)


def posted_confirmation() -> dict[str, Any]:
    """The boxes of a confirmation as ConfirmIn takes them, without its evidence."""
    return {**texts(("source", "note")), "enforce": ticked("enforce")}


@authority_limits.get("/requirements/<uuid:requirement_id>/correction")
def correction(requirement_id: UUID) -> str:
    """The form that corrects a limit by the official text."""
    return _correct_page(requirement_id, Entered())


@authority_limits.post("/requirements/<uuid:requirement_id>/correction")
def correct(requirement_id: UUID) -> Response:
    """Correct a limit: a new revision in its place, the old one stays to be seen."""
    queries.requirement_by_id(current_act().session, requirement_id)
    return attempt(
        lambda: _correct(requirement_id), lambda e: _correct_page(requirement_id, _grouped(e))
    )


def _correct_page(requirement_id: UUID, entered: Entered) -> str:
    act = current_act()
    row = queries.requirement_by_id(act.session, requirement_id)
    shown = _shown(act, row)
    return render_template(
        "authority/limit_correct.html",
        **shown,
        **_choices(shown["product"]),
        held=limit_form.boxes_of(shown["view"].requirement),
        entered=entered,
    )


@receives
@writes
def _correct(requirement_id: UUID) -> AnyResponse:
    amendment = Amendment(**loaded(CorrectIn(), {**posted_correction(), **_evidence()}))
    made = correct_limit(current_act(), requirement_id, amendment).requirement
    flash(_("已更正，旧的留着；涉及的批次已经重判。"), "pass")
    return redirect(url_for("authority_limits.requirement", requirement_id=made.id), 303)


def posted_correction() -> dict[str, Any]:
    """The boxes of a correction as CorrectIn takes them, without its evidence."""
    return {
        **texts(("reason", "source", "method", "nature", "note")),
        "bound": limit_form.posted_bound(),
        "unit": request.form.get("unit", ""),
        "scope": limit_form.posted_scope(),
        "enforce": ticked("enforce"),
    }
