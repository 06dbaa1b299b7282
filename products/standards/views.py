"""REST of standards, editions, clauses and requirements, and of a product's nine links.

Publishing an edition, entering, confirming and correcting a limit re-judge batches: their routes
are in trace/inspections.
"""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from core.act import Act
from core.http.acting import current_act, writes
from core.http.paging import page_arguments, page_of
from core.http.versions import etag
from products.service import product_named
from products.standards import queries, service
from products.standards.drafts import StandardDraft
from products.standards.keeping import need_seen
from products.standards.links import StageView, view_of
from products.standards.models import Clause, Edition, Requirement, Standard
from products.standards.rules import requirement_rule
from products.standards.schemas import (
    ClauseIn,
    ClauseOut,
    DayQuery,
    EditionWhole,
    LinkIn,
    RequirementOut,
    StageOut,
    StandardIn,
    StandardOut,
    StandardQuery,
)

standards = Blueprint("standards", __name__, description="标准 standards and requirements")
Answer = tuple[Any, dict[str, str]]


def requirement_shown(act: Act, row: Requirement) -> dict[str, Any]:
    """One revision of a requirement for RequirementOut."""
    view = view_of(requirement_rule(act.session, row))
    revisions = [other.id for other in queries.revisions_of(act.session, row.code)]
    return {**vars(view), "row": row, "revisions": revisions}


@standards.route("/standards", methods=["GET"])
@standards.arguments(StandardQuery, location="query")
@standards.response(200, StandardOut(many=True))
def list_standards(args: dict[str, Any]) -> Answer:
    """The standards with their editions, newest first."""
    act, paging = current_act(), page_arguments(args)
    query = queries.find_standards(act, args.get("q"), args.get("level"), args.get("stage"))
    page = page_of(act.session, query, Standard.created_at, Standard.id, **paging)
    return page.rows, page.headers()


@standards.route("/standards", methods=["POST"])
@writes
@standards.arguments(StandardIn)
@standards.response(201, StandardOut)
def register_standard(draft: dict[str, Any]) -> Answer:
    """Register a standard under its number without year; a producer registers its own."""
    row = service.register_standard(current_act(), StandardDraft(**draft))
    return row, {
        "ETag": etag(row.id, row.version),
        "Location": f"/api/v1/standards/{row.id}",
    }


@standards.route("/standards/<uuid:standard_id>", methods=["GET"])
@standards.response(200, StandardOut)
def get_standard(standard_id: UUID) -> Answer:
    """One standard with its editions."""
    act = current_act()
    row = queries.standard_by_id(act.session, standard_id)
    need_seen(act, row, "标准", "standard")
    return row, {"ETag": etag(row.id, row.version)}


@standards.route("/editions/<uuid:edition_id>", methods=["GET"])
@standards.response(200, EditionWhole)
def get_edition(edition_id: UUID) -> Answer:
    """One edition with its clauses and what they ask today."""
    act = current_act()
    row = queries.edition_by_id(act.session, edition_id)
    need_seen(act, row.standard, "标准版本", "edition")
    return _edition_whole(act, row), {"ETag": etag(row.id, row.version)}


def _edition_whole(act: Act, row: Edition) -> dict[str, Any]:
    asked = queries.requirements_of(act.session, row.id)
    return {
        **{name: getattr(row, name) for name in _EDITION_COLUMNS},
        "clauses": queries.clauses_of(act.session, row.id),
        "requirements": [view_of(requirement_rule(act.session, one)) for one in asked],
    }


_EDITION_COLUMNS = (
    "id", "standard_id", "standard", "designation", "year", "starts", "ends", "status",
    "certainty", "note", "evidence_id", "origin", "version",
)  # fmt: skip


@standards.route("/editions/<uuid:edition_id>/clauses", methods=["POST"])
@writes
@standards.arguments(ClauseIn)
@standards.response(201, ClauseOut)
def add_clause(draft: dict[str, Any], edition_id: UUID) -> Answer:
    """Add a clause to an edition."""
    row = service.add_clause(current_act(), edition_id, draft["number"], draft.get("title"))
    return row, {"Location": f"/api/v1/clauses/{row.id}"}


@standards.route("/clauses/<uuid:clause_id>", methods=["GET"])
@standards.response(200, ClauseOut)
def get_clause(clause_id: UUID) -> Clause:
    """One clause."""
    act = current_act()
    row = queries.clause_by_id(act.session, clause_id)
    need_seen(act, row.edition.standard, "条款", "clause")
    return row


@standards.route("/requirements/<uuid:requirement_id>", methods=["GET"])
@standards.response(200, RequirementOut)
def get_requirement(requirement_id: UUID) -> dict[str, Any]:
    """One revision of a requirement; retired ones stay to be seen."""
    act = current_act()
    row = queries.requirement_by_id(act.session, requirement_id)
    need_seen(act, row.clause.edition.standard, "要求", "requirement")
    return requirement_shown(act, row)


@standards.route("/products/<string:name>/requirements", methods=["GET"])
@standards.arguments(DayQuery, location="query")
@standards.response(200, StageOut(many=True))
def list_requirements(args: dict[str, Any], name: str) -> list[StageView]:
    """The nine links of a product: standards, clauses and limits in force on a day."""
    act = current_act()
    product = product_named(act.session, name)
    return list(queries.links_on(act.session, product.id, args.get("on", act.today)))


@standards.route("/products/<string:name>/standards", methods=["POST"])
@writes
@standards.arguments(LinkIn)
@standards.response(201, StandardOut)
def link_standard(draft: dict[str, Any], name: str) -> Answer:
    """Say that a standard concerns a product."""
    row = service.link_standard(current_act(), name, draft["standard"])
    return row, {"Location": f"/api/v1/standards/{row.id}"}
