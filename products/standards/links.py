"""The nine links of a product on one day: what each stage asks, by standard and clause.

For the product page and its REST twin; nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core.words import Words
from products.phrases import limit_text, scope_text, sentence
from products.requirements import (
    STAGE_NAMES,
    STAGES,
    Certainty,
    Edition,
    Nature,
    Requirement,
    Subject,
)
from products.rulebook import Rulebook, in_force

_LEVEL_ORDER = (
    "law",
    "national-mandatory",
    "national-recommended",
    "sector",
    "local",
    "group",
)


@dataclass(frozen=True)
class EditionFacts:
    """What the page says of an edition beside what the rules know of it.

    `stages` are those that its standard concerns; `linked`: the product names this standard.
    """

    title: Words
    status: str
    certainty: Certainty
    stages: tuple[str, ...]
    linked: bool


@dataclass(frozen=True)
class RequirementView:
    """A requirement as it is shown. `unsure`: 待核实."""

    requirement: Requirement
    sentence: Words
    limit: Words
    scope: Words
    unsure: bool


@dataclass(frozen=True)
class ClauseView:
    """A clause and what it asks."""

    number: str
    requirements: tuple[RequirementView, ...]


@dataclass(frozen=True)
class StandardView:
    """An edition in force that day. `start_unsure`: 起始日待核实.

    Without clauses nothing of it has been entered for this stage (该版限量未录入).
    """

    edition: Edition
    title: Words
    status: str
    start_unsure: bool
    clauses: tuple[ClauseView, ...]


@dataclass(frozen=True)
class StageView:
    """One of the nine links; `duties` are those of parties, which judge no batch."""

    stage: str
    names: Words
    standards: tuple[StandardView, ...]
    duties: tuple[RequirementView, ...]


def nine_links(
    rulebook: Rulebook, facts: Mapping[str, EditionFacts], on: date
) -> tuple[StageView, ...]:
    """The nine stages in their order, each with what is in force on that day.

    `facts` by the id of an edition; an edition without facts has no title and no stages.
    """
    editions = in_force(rulebook.editions, on)
    ids = {edition.id for edition in editions.values()}
    current = [r for r in rulebook.requirements if r.edition.id in ids]
    return tuple(_stage(stage, current, tuple(editions.values()), facts) for stage in STAGES)


def _stage(
    stage: str,
    requirements: Iterable[Requirement],
    editions: Sequence[Edition],
    facts: Mapping[str, EditionFacts],
) -> StageView:
    here = [r for r in requirements if r.stage == stage]
    duties = [r for r in here if r.subject is Subject.PARTY]
    limits = [r for r in here if r.subject is not Subject.PARTY]
    asked = {r.edition.id for r in limits}
    shown = [e for e in editions if e.id in asked or _concerns(facts.get(e.id), stage)]
    return StageView(
        stage=stage,
        names=STAGE_NAMES[stage],
        standards=tuple(
            _standard(e, [r for r in limits if r.edition.id == e.id], facts.get(e.id))
            for e in sorted(shown, key=_rank)
        ),
        duties=tuple(view_of(r) for r in sorted(duties, key=_row_order)),
    )


def _concerns(facts: EditionFacts | None, stage: str) -> bool:
    return facts is not None and facts.linked and stage in facts.stages


def _rank(edition: Edition) -> tuple[int, str]:
    known = edition.level in _LEVEL_ORDER
    place = _LEVEL_ORDER.index(edition.level) if known else len(_LEVEL_ORDER)
    return place, edition.designation


def _standard(
    edition: Edition, requirements: Sequence[Requirement], facts: EditionFacts | None
) -> StandardView:
    clauses: dict[str, list[Requirement]] = {}
    for row in requirements:
        clauses.setdefault(row.clause, []).append(row)
    sure = facts is not None and facts.certainty is Certainty.CONFIRMED
    return StandardView(
        edition=edition,
        title=facts.title if facts else Words("", ""),
        status=facts.status if facts else "",
        start_unsure=not (edition.starts_certain and sure),
        clauses=tuple(
            ClauseView(number, tuple(view_of(r) for r in sorted(rows, key=_row_order)))
            for number, rows in clauses.items()
        ),
    )


def _row_order(row: Requirement) -> tuple[bool, str]:
    """What binds first, then in the order of the codes, which is that of the tables read."""
    return row.nature not in (Nature.MANDATORY, Nature.RECOMMENDED), row.code


def view_of(row: Requirement) -> RequirementView:
    """A requirement and how it reads, in both languages."""
    return RequirementView(
        requirement=row,
        sentence=Words(sentence(row, "zh"), sentence(row, "en")),
        limit=Words(limit_text(row.bound, row.unit, "zh"), limit_text(row.bound, row.unit, "en")),
        scope=Words(scope_text(row.scope, "zh"), scope_text(row.scope, "en")),
        unsure=row.certainty is not Certainty.CONFIRMED,
    )
