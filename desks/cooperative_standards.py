"""自己的标准: a producer's enterprise standards and its buyers' specifications."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.documents.receiving import receives, store_received
from core.errors import FieldFault, not_found
from core.http.acting import current_act, writes
from core.pages.views import say
from desks import limit_form
from desks.entered import under
from desks.form_texts import at_groups, printable, texts
from desks.forms import Entered, attempt, loaded
from products.catalogue.rows import LEVELS
from products.models import Product
from products.parts import TERM_FIELDS
from products.requirements import STAGE_NAMES, STAGES, Subject
from products.standards import queries, service
from products.standards.drafts import EditionDraft, RequirementDraft, StandardDraft
from products.standards.keeping import OWN_LEVELS
from products.standards.links import view_of
from products.standards.models import Characteristic, Clause, Edition, Requirement, Standard
from products.standards.rules import requirement_rule
from products.standards.schemas import ClauseIn, EditionIn, RequirementIn, StandardIn
from trace.inspections.rejudge import add_limit, put_in_force

cooperative_standards = Blueprint(
    "cooperative_standards", __name__, url_prefix="/coop/standards", template_folder="templates"
)
EDITION = "edition"
_EDITION_BOXES = ("designation", "starts", "source")
_PLACES = {
    "/bound/kind": "/bound",
    "/scope/when": "/scope/when/characteristic",
    "/scope/when/bound": "/scope/when/bound/lower",
}
_NEW = {"bound-kind": "number"}
_OF_OWN = {"nature": "recommended", "certainty": "confirmed", "enforce": True}


def own_standard(act: Act, standard_id: UUID) -> Standard:
    """A standard of the actor's party; NotFound for any other."""
    row = queries.standard_by_id(act.session, standard_id)
    if row.owner_id != act.party:
        raise not_found("标准", "standard")
    return row


def own_edition(act: Act, edition_id: UUID) -> Edition:
    """An edition of a standard of the actor's party."""
    row = queries.edition_by_id(act.session, edition_id)
    own_standard(act, row.standard_id)
    return row


@cooperative_standards.get("")
def standards() -> str:
    """The party's own standards."""
    act = current_act()
    query = select(Standard).where(Standard.owner_id == act.party)
    return render_template(
        "cooperative/standards.html",
        standards=act.session.scalars(query.order_by(Standard.created_at.desc())).unique().all(),
        levels=LEVELS,
    )


# --- registering -----------------------------------------------------------------------------


@cooperative_standards.get("/new")
def register() -> str:
    """The form that registers an own standard."""
    return _register_form(Entered())


@cooperative_standards.post("/new")
def register_standard() -> Response:
    """Register an enterprise standard or a buyer's specification."""
    return attempt(_register, lambda entered: _register_form(at_groups(entered, "stages")))


def _register_form(entered: Entered) -> str:
    return render_template(
        "cooperative/standard_new.html",
        entered=entered,
        levels=[(level, say(LEVELS[level])) for level in OWN_LEVELS],
        stages=[(stage, say(STAGE_NAMES[stage])) for stage in STAGES],
    )


@writes
def _register() -> AnyResponse:
    values = texts(("number", "title", "title_en", "level", "source", "note"))
    draft = loaded(StandardIn(), {**values, "stages": request.form.getlist("stages")})
    row = service.register_standard(current_act(), StandardDraft(**draft))
    flash(_("%(number)s已登记。接下来发一个版本。", number=row.number), "pass")
    return _back(row.id)


def _back(standard_id: UUID) -> AnyResponse:
    return redirect(url_for("cooperative_standards.standard", standard_id=standard_id), 303)


# --- one standard, its editions --------------------------------------------------------------


@cooperative_standards.get("/<uuid:standard_id>")
def standard(standard_id: UUID) -> str:
    """An own standard with its editions and what they ask."""
    return _standard_page(standard_id, Entered())


@cooperative_standards.post("/<uuid:standard_id>/editions")
def publish(standard_id: UUID) -> Response:
    """Publish an edition; the open one before it ends the day before."""
    own_standard(current_act(), standard_id)
    return attempt(
        lambda: _publish(standard_id),
        lambda entered: _standard_page(standard_id, under(EDITION, entered)),
    )


def _standard_page(standard_id: UUID, entered: Entered) -> str:
    act = current_act()
    row = own_standard(act, standard_id)
    return render_template(
        "cooperative/standard.html",
        standard=row,
        level=say(LEVELS[row.level]),
        editions=[
            (
                edition,
                [_limit(act, one) for one in queries.requirements_of(act.session, edition.id)],
            )
            for edition in reversed(row.editions)
        ],
        entered=entered,
        today=act.today,
    )


def _limit(act: Act, row: Requirement) -> dict[str, Any]:
    view = view_of(requirement_rule(act.session, row))
    product = act.session.get(Product, row.product_id) if row.product_id else None
    return {
        "sentence": say(view.sentence),
        "scope": say(view.scope),
        "product": product.name if product else "",
    }


@writes
def _publish(standard_id: UUID) -> AnyResponse:
    values = texts(f"{EDITION}-{name}" for name in _EDITION_BOXES)
    named = {name.removeprefix(f"{EDITION}-"): text for name, text in values.items()}
    made = put_in_force(current_act(), standard_id, EditionDraft(**loaded(EditionIn(), named)))
    flash(_("%(edition)s已发布。", edition=made.edition.designation), "pass")
    return _back(standard_id)


# --- limits ----------------------------------------------------------------------------------


@cooperative_standards.get("/editions/<uuid:edition_id>/limits")
def limit(edition_id: UUID) -> str:
    """First for which product, then the limit itself."""
    return _limit_page(edition_id, Entered(), printable(request.args.get("product", "")))


@cooperative_standards.post("/editions/<uuid:edition_id>/limits")
def add(edition_id: UUID) -> Response:
    """Enter a limit; the batches that declare the standard are judged at once."""
    own_edition(current_act(), edition_id)
    chosen = printable(request.form.get("product", ""))
    return attempt(lambda: _add(edition_id), lambda e: _limit_page(edition_id, _grouped(e), chosen))


def _grouped(entered: Entered) -> Entered:
    """What is wrong, at boxes that the form has."""
    lists = [f"scope/{name}" for name in TERM_FIELDS]
    told = at_groups(entered, "bound/choices", "bound/options", *lists)
    faults = [FieldFault(_PLACES.get(f.pointer, f.pointer), f.message) for f in told.faults]
    return Entered(faults, told.sentence)


def _limit_page(edition_id: UUID, entered: Entered, chosen: str) -> str:
    act = current_act()
    edition = own_edition(act, edition_id)
    query = select(Product).order_by(Product.in_plan.desc(), Product.name)
    products = {row.key: row for row in act.session.scalars(query).unique()}
    subjects = [pair for pair in limit_form.subject_options() if pair[0] != Subject.PARTY]
    return render_template(
        "cooperative/standard_limit.html",
        edition=edition,
        entered=entered,
        product=products.get(chosen),
        chosen=chosen if chosen in products else "",
        products=[(key, row.name) for key, row in products.items()],
        characteristics=act.session.scalars(
            select(Characteristic.name).order_by(Characteristic.name)
        ).all(),
        stages=[(stage, say(STAGE_NAMES[stage])) for stage in STAGES],
        kinds=limit_form.kind_options(),
        subjects=subjects,
        units=limit_form.unit_options(),
        scopes=limit_form.scope_words(products.get(chosen)),
        held=_NEW,
    )


@receives
@writes
def _add(edition_id: UUID) -> AnyResponse:
    act = current_act()
    clause = _clause(act, edition_id, loaded(ClauseIn(), _clause_box())["number"])
    kept = store_received("evidence")
    values = {**posted_limit(), **({"evidence": str(kept[0].id)} if kept else {})}
    add_limit(act, clause.id, RequirementDraft(**loaded(RequirementIn(), values)))
    flash(_("已录入，声明了它的批次已经重判。"), "pass")
    return _back(clause.edition.standard_id)


def _clause_box() -> dict[str, Any]:
    return texts(("number",))


def posted_limit() -> dict[str, Any]:
    """The boxes of a limit as RequirementIn takes them; it binds whatever goods declare it."""
    values = texts(("stage", "characteristic", "unit", "subject", "method", "source", "product"))
    scope = limit_form.posted_scope()
    return {**values, **_OF_OWN, "bound": limit_form.posted_bound(), "scope": scope}


def _clause(act: Act, edition_id: UUID, number: str) -> Clause:
    """The clause of that number, entered where it is not there yet."""
    query = select(Clause).where(Clause.edition_id == edition_id, Clause.number == number)
    return act.session.scalars(query).first() or service.add_clause(act, edition_id, number, None)
