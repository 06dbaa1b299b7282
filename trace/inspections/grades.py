"""Which grade the values of a batch reach."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from products.requirements import Requirement, Subject, Weight, weight
from products.rulebook import scope_gaps
from trace.inspections.case import Case
from trace.inspections.comparison import Finding


def grade_reached(case: Case, asked: Collection[str]) -> str | None:
    """The best grade whose numeric limits all hold; None where none does or nothing was measured.

    A graded limit that the plan asks (`asked`: characteristics) and nobody measured does not hold;
    one that nobody asked and nobody measured says nothing.
    """
    graded = _graded(case)
    for grade in case.rules.grades:
        batch = replace(case.batch, grade=grade)
        rows = [
            r for r in graded if grade in r.scope.grades and scope_gaps(r.scope, batch) is not None
        ]
        if rows and _all_hold(case, rows, asked):
            return grade
    return None


def _graded(case: Case) -> list[Requirement]:
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


def _all_hold(case: Case, rows: list[Requirement], asked: Collection[str]) -> bool:
    measured = False
    for row in rows:
        values = [
            m.result
            for m in case.measured.get(row.characteristic, ())
            if case.matrix_fits(row, m.result) is not False
        ]
        if not values and row.characteristic in asked:
            return False
        if any(case.compared(row, value).finding is not Finding.HOLDS for value in values):
            return False
        measured = measured or bool(values)
    return measured
