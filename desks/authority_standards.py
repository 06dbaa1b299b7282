"""Standards, their editions and clauses: registering, publishing, looking."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.documents.receiving import receives, store_received
from core.http.acting import current_act, writes
from core.pages.views import say
from desks.certainty import CERTAINTY_WORDS
from desks.entered import posted, under
from desks.form_texts import at_groups, printable, texts
from desks.forms import Entered, attempt, loaded
from products.catalogue.rows import LEVELS
from products.models import Product
from products.requirements import STAGE_NAMES, STAGES
from products.standards import queries, service
from products.standards.drafts import EditionDraft, StandardDraft
from products.standards.links import RequirementView, view_of
from products.standards.models import ProductStandard
from products.standards.rules import edition_rule, requirement_rule
from products.standards.schemas import ClauseIn, EditionIn, StandardIn
from trace.inspections.rejudge import put_in_force

authority_standards = Blueprint(
    "authority_standards", __name__, url_prefix="/gov", template_folder="templates"
)
CLAUSE, LINK = "clause", "link"


@authority_standards.get("/standards/new")
def register() -> str:
    """The form that registers a standard."""
    return _register_form(Entered())


@authority_standards.post("/standards/new")
def register_standard() -> Response:
    """Register a standard under its number without year."""
    return attempt(_register, lambda entered: _register_form(at_groups(entered, "stages")))


def _register_form(entered: Entered) -> str:
    return render_template(
        "authority/standard_form.html",
        entered=entered,
        levels=[(key, say(words)) for key, words in LEVELS.items()],
        stages=[(stage, say(STAGE_NAMES[stage])) for stage in STAGES],
    )


@writes
def _register() -> AnyResponse:
    values = texts(("number", "title", "title_en", "level", "source", "note"))
    draft = loaded(StandardIn(), {**values, "stages": request.form.getlist("stages")})
    row = service.register_standard(current_act(), StandardDraft(**draft))
    flash(_("%(number)s已登记。接下来发一个版本。", number=row.number), "pass")
    return redirect(url_for("authority_standards.publish", standard_id=row.id), 303)


# --- one standard ----------------------------------------------------------------------------


@authority_standards.get("/standards/<uuid:standard_id>")
def standard(standard_id: UUID) -> str:
    """A standard with its editions and the products that it concerns."""
    return _standard_page(standard_id, Entered())


def _standard_page(standard_id: UUID, entered: Entered) -> str:
    act = current_act()
    row = queries.standard_by_id(act.session, standard_id)
    return render_template(
        "authority/standard.html",
        standard=row,
        editions=sorted(
            row.editions, key=lambda one: edition_rule(one).effective_start, reverse=True
        ),
        in_force=_in_force(act, standard_id),
        level=say(LEVELS[row.level]) if row.level in LEVELS else row.level,
        stages=_("、").join(say(STAGE_NAMES[stage]) for stage in row.stages),
        certainty=CERTAINTY_WORDS,
        linked=_products(act, standard_id, linked=True),
        others=[(one.key, one.name) for one in _products(act, standard_id, linked=False)],
        entered=entered,
        today=act.today,
    )


def _in_force(act: Act, standard_id: UUID) -> set[UUID]:
    """The editions in force today."""
    row = queries.standard_by_id(act.session, standard_id)
    return {
        one.id
        for one in row.editions
        if edition_rule(one).effective_start <= act.today
        and (one.ends is None or act.today <= one.ends)
    }


def _products(act: Act, standard_id: UUID, *, linked: bool) -> list[Product]:
    named = select(ProductStandard.product_id).where(ProductStandard.standard_id == standard_id)
    condition = Product.id.in_(named) if linked else Product.id.not_in(named)
    return list(act.session.scalars(select(Product).where(condition).order_by(Product.name)))


@authority_standards.post("/standards/<uuid:standard_id>/products")
def link(standard_id: UUID) -> Response:
    """Say that a standard concerns a product."""
    queries.standard_by_id(current_act().session, standard_id)
    return attempt(
        lambda: _link(standard_id),
        lambda entered: _standard_page(standard_id, under(LINK, entered)),
    )


@writes
def _link(standard_id: UUID) -> AnyResponse:
    product = printable(request.form.get(f"{LINK}-product", ""))
    service.link_standard(current_act(), product, standard_id)
    flash(_("已连上；产品页上现在看得到这个标准。"), "pass")
    return redirect(url_for("authority_standards.standard", standard_id=standard_id), 303)


# --- editions --------------------------------------------------------------------------------


@authority_standards.get("/standards/<uuid:standard_id>/editions/new")
def publish(standard_id: UUID) -> str:
    """The form that publishes an edition."""
    return _publish_form(standard_id, Entered())


@authority_standards.post("/standards/<uuid:standard_id>/editions/new")
def publish_edition(standard_id: UUID) -> Response:
    """Publish an edition: the one before it ends the day before."""
    queries.standard_by_id(current_act().session, standard_id)
    return attempt(
        lambda: _publish(standard_id), lambda entered: _publish_form(standard_id, entered)
    )


def _publish_form(standard_id: UUID, entered: Entered) -> str:
    act = current_act()
    row = queries.standard_by_id(act.session, standard_id)
    return render_template(
        "authority/edition_form.html", standard=row, entered=entered, today=act.today
    )


@receives
@writes
def _publish(standard_id: UUID) -> AnyResponse:
    values = posted_edition()
    evidence = store_received("evidence")
    if evidence:
        values["evidence"] = str(evidence[0].id)
    made = put_in_force(current_act(), standard_id, EditionDraft(**loaded(EditionIn(), values)))
    closed = _("、").join(one.designation for one in made.closed)
    said = _("%(edition)s已发布。", edition=made.edition.designation)
    if closed:
        said += _("%(closed)s在前一天终止。", closed=closed)
    flash(said, "pass")
    return redirect(url_for("authority_standards.edition", edition_id=made.edition.id), 303)


def posted_edition() -> dict[str, Any]:
    """The boxes of an edition as EditionIn takes them, without its evidence."""
    return texts(("designation", "starts", "ends", "status", "source", "note"))


@authority_standards.get("/editions/<uuid:edition_id>")
def edition(edition_id: UUID) -> str:
    """An edition with its clauses and what each of them asks."""
    return _edition_page(edition_id, Entered())


def _edition_page(edition_id: UUID, entered: Entered) -> str:
    act = current_act()
    row = queries.edition_by_id(act.session, edition_id)
    asked: dict[str, list[RequirementView]] = {}
    for one in queries.requirements_of(act.session, edition_id):
        view = view_of(requirement_rule(act.session, one))
        asked.setdefault(view.requirement.clause, []).append(view)
    return render_template(
        "authority/edition.html",
        edition=row,
        clauses=queries.clauses_of(act.session, edition_id),
        asked=asked,
        product_names={
            key: name for key, name in act.session.execute(select(Product.key, Product.name))
        },
        certainty=CERTAINTY_WORDS,
        entered=entered,
    )


@authority_standards.post("/editions/<uuid:edition_id>/clauses")
def add_clause(edition_id: UUID) -> Response:
    """Add a clause to an edition."""
    queries.edition_by_id(current_act().session, edition_id)
    return attempt(
        lambda: _add_clause(edition_id),
        lambda entered: _edition_page(edition_id, under(CLAUSE, entered)),
    )


@writes
def _add_clause(edition_id: UUID) -> AnyResponse:
    draft = loaded(ClauseIn(), posted(CLAUSE, "number", "title"))
    row = service.add_clause(current_act(), edition_id, draft["number"], draft.get("title"))
    flash(_("条款 %(number)s 已加。", number=row.number), "pass")
    where = url_for("authority_standards.edition", edition_id=edition_id, _anchor=f"c-{row.id}")
    return redirect(where, 303)
