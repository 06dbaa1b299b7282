"""Standards, editions, clauses and requirements at the edge: one schema in, one out."""

from marshmallow import fields

from core.http.fields import (
    AtMost,
    Choice,
    CleanText,
    PageQuery,
    Strict,
    WordsOut,
)
from products.catalogue.rows import LEVELS
from products.requirements import (
    STAGES,
    Certainty,
    Nature,
    Subject,
)
from products.standards.bound_schemas import BoundIn, BoundOut, ScopeIn, ScopeOut

_NATURES = tuple(nature.value for nature in Nature)
_CERTAINTIES = tuple(certainty.value for certainty in Certainty)
_SUBJECTS = tuple(subject.value for subject in Subject)
MOST_TOGETHER = 60


class StandardIn(Strict):
    """A standard under its number without year.

    A producer enters its own: level enterprise (Q/…), or buyer, whose number is given by the house.
    """

    number = CleanText(80)
    title = CleanText(200, required=True)
    title_en = CleanText(200, required=True)
    level = Choice(tuple(LEVELS), required=True)
    stages = fields.List(Choice(STAGES), required=True, validate=AtMost(len(STAGES)))
    source = CleanText(500, required=True, metadata={"description": "where it was read"})
    note = CleanText(1000, lines=True)


class EditionIn(Strict):
    """An edition with the first and the last day in force."""

    designation = CleanText(80, required=True)
    starts = fields.Date(required=True)
    ends = fields.Date(allow_none=True)
    status = CleanText(60)
    source = CleanText(500, required=True, metadata={"description": "the announcement"})
    note = CleanText(1000, lines=True)
    evidence = fields.UUID(metadata={"description": "id of an uploaded document"})


class ClauseIn(Strict):
    """A clause by its number as printed."""

    number = CleanText(120, required=True)
    title = CleanText(200)


class LinkIn(Strict):
    """A standard that concerns a product."""

    standard = fields.UUID(required=True)


class RequirementIn(Strict):
    """A limit as read in a clause."""

    stage = Choice(STAGES, required=True)
    characteristic = CleanText(80, required=True)
    characteristic_en = CleanText(120)
    bound = fields.Nested(BoundIn, required=True)
    unit = CleanText(20)
    subject = Choice(_SUBJECTS)
    scope = fields.Nested(ScopeIn)
    product = CleanText(60, metadata={"description": "id or key; absent: for every product"})
    method = CleanText(200)
    nature = Choice(_NATURES, required=True)
    certainty = Choice(_CERTAINTIES, required=True)
    enforce = fields.Boolean()
    source = CleanText(500, required=True)
    note = CleanText(1000, lines=True)
    evidence = fields.UUID()


class RequirementsIn(Strict):
    """Limits of one clause entered together: a set of grade limits is checked as a whole."""

    requirements = fields.List(
        fields.Nested(RequirementIn), required=True, validate=AtMost(MOST_TOGETHER)
    )


class ConfirmIn(Strict):
    """What proves a limit as it stands: a document or the official text in words."""

    source = CleanText(2000, lines=True)
    evidence = fields.UUID()
    note = CleanText(1000, lines=True)
    enforce = fields.Boolean()


class CorrectIn(Strict):
    """What the official text says instead; what is absent stays."""

    reason = CleanText(500, required=True, lines=True)
    source = CleanText(2000, lines=True)
    evidence = fields.UUID()
    bound = fields.Nested(BoundIn)
    unit = CleanText(20, blank=True)
    scope = fields.Nested(ScopeIn)
    method = CleanText(200)
    nature = Choice(_NATURES)
    enforce = fields.Boolean()
    note = CleanText(1000, lines=True)


class StandardQuery(PageQuery):
    """Search by number or title, level and stage."""

    q = CleanText(60, blank=True)
    level = Choice(tuple(LEVELS))
    stage = Choice(STAGES)


class DayQuery(Strict):
    """On which day; today where it is not said."""

    on = fields.Date()


class EditionOut(Strict):
    """An edition. Without `starts` its first day is not known (起始日待核实)."""

    id = fields.UUID(required=True)
    standard_id = fields.UUID(required=True)
    designation = fields.String(required=True)
    year = fields.Integer(required=True, allow_none=True)
    starts = fields.Date(required=True, allow_none=True)
    ends = fields.Date(required=True, allow_none=True)
    status = fields.String(required=True)
    certainty = fields.String(required=True)
    note = fields.String(required=True, allow_none=True)
    evidence = fields.UUID(required=True, allow_none=True, attribute="evidence_id")
    origin = fields.String(required=True)
    version = fields.Integer(required=True)


class PublishedOut(Strict):
    """A new edition, and those that it closed."""

    edition = fields.Nested(EditionOut, required=True)
    closed = fields.List(fields.Nested(EditionOut), required=True)


class StandardOut(Strict):
    """A standard with its editions."""

    id = fields.UUID(required=True)
    number = fields.String(required=True)
    title = fields.String(required=True)
    title_en = fields.String(required=True)
    level = fields.String(required=True)
    owner = fields.UUID(
        required=True,
        allow_none=True,
        attribute="owner_id",
        metadata={"description": "the producer whose own standard it is"},
    )
    stages = fields.List(fields.String(), required=True)
    certainty = fields.String(required=True)
    source = fields.String(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
    origin = fields.String(required=True)
    version = fields.Integer(required=True)
    editions = fields.List(fields.Nested(EditionOut), required=True)


class RequirementShown(Strict):
    """A requirement and how it reads. `unsure`: 待核实, it cannot fail a batch."""

    id = fields.String(required=True, attribute="requirement.id")
    code = fields.String(required=True, attribute="requirement.code")
    characteristic = fields.String(required=True, attribute="requirement.characteristic")
    characteristic_en = fields.String(required=True, attribute="requirement.characteristic_en")
    stage = fields.String(required=True, attribute="requirement.stage")
    subject = fields.String(required=True, attribute="requirement.subject")
    bound = fields.Nested(BoundOut, required=True, attribute="requirement.bound")
    unit = fields.String(required=True, attribute="requirement.unit")
    scope = fields.Nested(ScopeOut, required=True, attribute="requirement.scope")
    method = fields.String(required=True, attribute="requirement.method")
    nature = fields.String(required=True, attribute="requirement.nature")
    certainty = fields.String(required=True, attribute="requirement.certainty")
    enforce = fields.Boolean(required=True, attribute="requirement.enforce")
    edition = fields.String(required=True, attribute="requirement.edition.designation")
    clause = fields.String(required=True, attribute="requirement.clause")
    product = fields.String(required=True, allow_none=True, attribute="requirement.product")
    note = fields.String(required=True, attribute="requirement.note")
    sentence = fields.Nested(WordsOut, required=True)
    limit = fields.Nested(WordsOut, required=True)
    scope_text = fields.Nested(WordsOut, required=True, attribute="scope")
    unsure = fields.Boolean(required=True)


class RequirementOut(RequirementShown):
    """One revision of a requirement; `revisions` are all of them, newest first."""

    clause_id = fields.UUID(required=True, attribute="row.clause_id")
    product_id = fields.UUID(required=True, allow_none=True, attribute="row.product_id")
    revision = fields.Integer(required=True, attribute="row.revision")
    sources = fields.List(fields.String(), required=True, attribute="row.sources")
    evidence = fields.UUID(required=True, allow_none=True, attribute="row.evidence_id")
    reason = fields.String(required=True, allow_none=True, attribute="row.reason")
    origin = fields.String(required=True, attribute="row.origin")
    created_at = fields.AwareDateTime(required=True, attribute="row.created_at")
    retired_at = fields.AwareDateTime(required=True, allow_none=True, attribute="row.retired_at")
    revisions = fields.List(fields.UUID(), required=True)


class ClauseShown(Strict):
    """A clause and what it asks; an empty number is one that the source does not tell."""

    number = fields.String(required=True)
    requirements = fields.List(fields.Nested(RequirementShown), required=True)


class ClauseOut(Strict):
    """A clause."""

    id = fields.UUID(required=True)
    edition_id = fields.UUID(required=True)
    number = fields.String(required=True)
    title = fields.String(required=True, allow_none=True)


class EditionWhole(EditionOut):
    """An edition with its clauses and what they ask today."""

    standard_number = fields.String(required=True, attribute="standard.number")
    clauses = fields.List(fields.Nested(ClauseOut), required=True)
    requirements = fields.List(fields.Nested(RequirementShown), required=True)


class StandardShown(Strict):
    """An edition in force on the day. Without clauses nothing of it is entered for the stage."""

    edition_id = fields.String(required=True, attribute="edition.id")
    standard = fields.String(required=True, attribute="edition.standard")
    designation = fields.String(required=True, attribute="edition.designation")
    level = fields.String(required=True, attribute="edition.level")
    starts = fields.Date(required=True, allow_none=True, attribute="edition.starts")
    ends = fields.Date(required=True, allow_none=True, attribute="edition.ends")
    title = fields.Nested(WordsOut, required=True)
    status = fields.String(required=True)
    start_unsure = fields.Boolean(required=True)
    clauses = fields.List(fields.Nested(ClauseShown), required=True)


class StageOut(Strict):
    """One of the nine links; `duties` are those of parties and judge no batch."""

    stage = fields.String(required=True)
    names = fields.Nested(WordsOut, required=True)
    standards = fields.List(fields.Nested(StandardShown), required=True)
    duties = fields.List(fields.Nested(RequirementShown), required=True)
