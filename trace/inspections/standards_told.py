"""What every standard says of a batch by itself, from its kept verdict or from one just given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from products.standards.models import Edition, Standard
from trace.batches.models import Batch
from trace.inspections import judging
from trace.inspections.by_standard import (
    Contested,
    StandardVerdict,
    contested_in,
    table_of_lines,
)
from trace.inspections.models import Verdict
from trace.inspections.verdicts import KeptFrom
from trace.inspections.verdicts import Verdict as Judgement

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """The standards, the strictest first; items that several of them limit; the grade reached.

    `kept_from` is what kept the batch from the next better grade: of a kept verdict only as long
    as the judge would still say the same of the batch.
    """

    standards: tuple[StandardVerdict, ...]
    contested: tuple[Contested, ...]
    grade_reached: str | None
    kept_from: KeptFrom | None


def told_of_lines(
    session: Session, lines: Iterable[Line]
) -> tuple[tuple[StandardVerdict, ...], tuple[Contested, ...]]:
    """The table of standards of stored lines, and the items that several of them limit."""
    named = _with_levels(session, lines)
    return table_of_lines(named), contested_in(named)


def told_of(session: Session, batch: Batch) -> Told:
    """What is told of the verdict that counts, or of what the judge says where none was kept."""
    kept = judging.latest_verdict(session, batch.id)
    fresh = judging.judge_now(session, batch)
    if kept is None:
        return told_ahead(session, fresh)
    return told_of_verdict(session, kept, fresh)


def told_of_verdict(session: Session, kept: Verdict, fresh: Judgement) -> Told:
    """What is told of a kept verdict; `fresh` is what the judge says of its batch now."""
    same = kept.lines == judging.stored_lines(fresh)
    standards, contested = told_of_lines(session, kept.lines)
    return Told(standards, contested, kept.grade_reached, fresh.kept_from if same else None)


def told_ahead(session: Session, fresh: Judgement) -> Told:
    """What is told of a verdict that nobody has kept."""
    standards, contested = told_of_lines(session, judging.stored_lines(fresh))
    return Told(standards, contested, fresh.grade_reached, fresh.kept_from)


def _with_levels(session: Session, lines: Iterable[Line]) -> list[Line]:
    """Lines that were kept short do not say of which standard and level their edition is."""
    lines = list(lines)
    short = {line["edition"] for line in lines if line.get("edition") and "level" not in line}
    if not short:
        return lines
    query = (
        select(Edition.designation, Standard.number, Standard.level)
        .join(Standard, Standard.id == Edition.standard_id)
        .where(Edition.designation.in_(short))
    )
    known = {
        row.designation: {"standard": row.number, "level": row.level}
        for row in session.execute(query)
    }
    return [
        {**line, **known.get(line["edition"], {})} if "level" not in line else line
        for line in lines
    ]
