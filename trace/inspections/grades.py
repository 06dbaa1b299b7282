"""Which grade the values of a batch reach, and what kept it from the next better one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from core.words import Words
from products.phrases import limit_text
from products.requirements import Requirement, Subject, Weight, weight
from products.rulebook import scope_gaps
from trace.inspections.case import Case
from trace.inspections.comparison import Finding
from trace.inspections.lines import WITHDRAWN
from trace.inspections.verdicts import Barrier, KeptFrom


def grade_reached(case: Case, asked: Collection[str]) -> str | None:
    """The best grade whose numeric limits all hold; None where none does or nothing was measured.

    A graded limit that the plan asks (`asked`: characteristics) and nobody measured does not hold;
    one that nobody asked and nobody measured says nothing.
    """
    return graded(case, asked)[0]


def graded(case: Case, asked: Collection[str]) -> tuple[str | None, KeptFrom | None]:
    """The grade reached, and the next better one with what kept the batch from it.

    Where no grade is reached, what is told is about the lowest one; nothing at the best one.
    """
    rows, kept = _graded_rows(case), None
    for grade in case.rules.grades:
        batch = replace(case.batch, grade=grade)
        own = [
            r for r in rows if grade in r.scope.grades and scope_gaps(r.scope, batch) is not None
        ]
        if not own:
            continue
        barriers = _barriers(case, own, asked)
        if not barriers:
            return grade, kept
        kept = KeptFrom(grade, barriers)
    return None, kept


def _graded_rows(case: Case) -> list[Requirement]:
    in_force = {edition.id for edition in case.editions.values()}
    return [
        r
        for r in case.rules.requirements
        if r.scope.grades
        and r.edition.id in in_force
        and r.subject is not Subject.PARTY
        and r.product in (None, case.batch.product)
        and case.is_for_batch(r)
        and weight(r, case.declared) is not Weight.SHOWN
    ]


def _barriers(case: Case, rows: list[Requirement], asked: Collection[str]) -> tuple[Barrier, ...]:
    """Why the rows of one grade do not all hold; empty where they do."""
    found = {barrier for row in rows for barrier in _of_row(case, row, asked)}
    if not found and not any(case.values_for(row) for row in rows):
        return (Barrier("", _NOTHING),)
    return tuple(sorted(found, key=lambda b: (b.characteristic, b.edition, b.clause, b.reason)))


def _of_row(case: Case, row: Requirement, asked: Collection[str]) -> list[Barrier]:
    values = case.values_for(row)
    reasons = [
        met.reason
        for met in (case.compared(row, value.result) for value in values)
        if met.finding is not Finding.HOLDS
    ]
    taken_back = case.withdrawn.get(row.characteristic, ())
    if any(case.matrix_fits(row, gone.result) is not False for gone in taken_back):
        reasons.append(WITHDRAWN)
    elif not values and row.characteristic in asked:
        reasons.append(_NOT_MEASURED)
    return [_barrier(row, reason) for reason in reasons]


def _barrier(row: Requirement, reason: Words) -> Barrier:
    return Barrier(
        characteristic=row.characteristic,
        reason=reason,
        characteristic_en=row.characteristic_en,
        edition=row.edition.designation,
        clause=row.clause,
        limit=Words(limit_text(row.bound, row.unit), limit_text(row.bound, row.unit, "en")),
    )


_NOT_MEASURED = Words(
    "放行方案要求检验，还没有结果", "the release plan asks it and no result is there"
)
_NOTHING = Words("这一等级的项目都还没有测", "nothing of this grade has been measured")
