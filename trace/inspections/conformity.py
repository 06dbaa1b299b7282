"""The judge: the only place where it is said whether a batch conforms.

A batch conforms when (a) no applicable limit is known to be broken, (b) every item that the
release plan asks of each batch has a conforming result, (c) a valid type inspection conforms for
what the plan lists, and (d) the stage events and documents that the plan asks stand. It is
nonconforming when a result of its own breaks a confirmed limit, and undetermined otherwise:
missing is never a pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from core.words import Words
from products.requirements import ReleasePlan
from products.rulebook import BatchFacts, Rulebook
from trace.inspections.case import Case, prepare
from trace.inspections.grades import graded
from trace.inspections.lines import (
    blank_lines,
    measured_lines,
    noted_lines,
    unentered_gaps,
    untested_lines,
)
from trace.inspections.plans import (
    Ask,
    answers,
    asked,
    event_gaps,
    missing_items,
    plan_gaps,
    type_gaps,
)
from trace.inspections.results import Result, StageEvent, TypeInspection
from trace.inspections.totals import cleared_lines
from trace.inspections.verdicts import Line, LineOutcome, Outcome, Verdict, ordered

_WAITING = (LineOutcome.UNDETERMINED, LineOutcome.TO_VERIFY)


def judge(
    batch: BatchFacts,
    plan: ReleasePlan | None,
    rules: Rulebook,
    results: Iterable[Result],
    type_inspections: Iterable[TypeInspection],
    events: Iterable[StageEvent],
    on: date,
    inputs: Sequence[Words] = (),
) -> Verdict:
    """The verdict on a batch, by the rules in force on its reference date `on`.

    `results` are of inspections of this batch; `type_inspections` of its makers and product;
    `events` carry the producer's own values and documents. Their order does not matter, their ids
    are unique. `inputs` say what went into it and does not stand: each leaves it undetermined.
    """
    type_inspections, events = tuple(type_inspections), tuple(events)
    case = prepare(batch, plan, rules, results, type_inspections, events, on)
    asks = asked(case)
    lines = lines_of(case, asks)
    reached, kept_from = graded(case, {ask.item.characteristic for ask in asks})
    missing = [
        *plan_gaps(case, plan),
        *grade_gaps(case),
        *unentered_gaps(lines),
        *type_gaps(case, type_inspections),
        *missing_items(lines, asks),
        *event_gaps(case, events),
        *inputs,
    ]
    return Verdict(
        outcome=outcome_of(lines, missing),
        lines=lines,
        reasons=tuple(dict.fromkeys((*_line_reasons(lines), *missing))),
        on=on,
        grade_reached=reached,
        grade_claimed=batch.grade,
        plan_id=case.plan.id if case.plan else None,
        kept_from=kept_from,
    )


def lines_of(case: Case, asks: tuple[Ask, ...]) -> tuple[Line, ...]:
    """Every line of a case."""
    keys = {ask.key for ask in asks}
    measured = [*measured_lines(case, keys), *cleared_lines(case, keys)]
    found = [
        *measured,
        *answers(case, asks, measured),
        *blank_lines(case, [ask.item.characteristic for ask in asks]),
    ]
    met = {line.result.id for line in found if line.result}
    limits = {line.requirement.id for line in found if line.requirement}
    values = [m for measurements in case.measured.values() for m in measurements]
    return ordered([*found, *noted_lines(values, met), *untested_lines(case, limits)])


def outcome_of(lines: Iterable[Line], missing: Sequence[Words] = ()) -> Outcome:
    """What deciding lines, and what is missing beside them, come to."""
    deciding = {line.outcome for line in lines if line.decides}
    if LineOutcome.NONCONFORMING in deciding:
        return Outcome.NONCONFORMING
    if missing or not deciding.isdisjoint(_WAITING):
        return Outcome.UNDETERMINED
    return Outcome.CONFORMING


def _line_reasons(lines: Iterable[Line]) -> list[Words]:
    """One sentence for each value that fails or waits."""
    return [
        _about(line)
        for line in lines
        if line.decides
        and line.result is not None
        and line.outcome in (LineOutcome.NONCONFORMING, *_WAITING)
    ]


def _about(line: Line) -> Words:
    name = line.characteristic_en or line.characteristic
    where = f"{line.edition} {line.clause}".strip()
    return Words(
        f"{line.characteristic}：{line.reason.zh}（{where}）",
        f"{name}: {line.reason.en} ({where})",
    )


def grade_gaps(case: Case) -> list[Words]:
    """That the grade claimed is none of the product's."""
    grade = case.batch.grade
    if grade is None or grade in case.rules.grades:
        return []
    return [
        Words(f"本产品没有“{grade}”这个等级", f'The product has no grade "{grade}"'),
    ]
