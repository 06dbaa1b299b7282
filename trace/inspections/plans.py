"""What the release plan asks of a batch, and what of it is missing.

An item is an inspection's to answer: the producer's own reading can break a limit, and never
stands in for an inspection that the plan asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.words import Words
from products.requirements import (
    STAGE_NAMES,
    Bound,
    BoundKind,
    Certainty,
    PlanItem,
    ReleasePlan,
    Requirement,
    Weight,
    standard_of,
)
from trace.inspections.case import Case, Measurement, Row, last_day
from trace.inspections.comparison import Comparison, Finding, compare
from trace.inspections.lines import WITHDRAWN, broken, requirement_line
from trace.inspections.results import StageEvent, TypeInspection
from trace.inspections.verdicts import Line, LineOutcome, Source

MEETS_THE_CLAUSE = Bound(BoundKind.CLAUSE)


@dataclass(frozen=True, slots=True)
class Ask:
    """One item that the plan asks of one source, with the limits that decide it.

    Without any (`signed`), a yes/no 'meets the clause' with a name behind it answers.
    """

    item: PlanItem
    source: Source
    rows: tuple[Row, ...] = ()
    signed: bool = False

    @property
    def key(self) -> tuple[Source, str]:
        return self.source, self.item.characteristic


def asked(case: Case) -> tuple[Ask, ...]:
    """Every item of the plan that stands on the day; nothing where none stands."""
    plan = case.plan
    if plan is None:
        return ()
    asks = [_ask(case, item, Source.INSPECTION) for item in plan.every_batch]
    if plan.type_items is None:
        return (*asks, *_every_testing_limit(case))
    items = (PlanItem(name) for name in plan.type_items)
    return (*asks, *(_ask(case, item, Source.TYPE_INSPECTION) for item in items))


def _ask(case: Case, item: PlanItem, source: Source) -> Ask:
    rows = _deciding(case, item.characteristic)
    signed = not rows and not case.blank_editions(item.characteristic)
    written = case.rules.by_characteristic.get(item.characteristic, ())
    if written and not item.characteristic_en:
        item = replace(item, characteristic_en=written[0].characteristic_en)
    return Ask(item, source, rows, signed)


def _deciding(case: Case, characteristic: str) -> tuple[Row, ...]:
    """The limits that answer what a plan asks; a producer's own never stands in for them."""
    return tuple(
        row
        for row in case.rows.get(characteristic, ())
        if row.decides and not row.requirement.edition.own and case.is_for_batch(row.requirement)
    )


def _every_testing_limit(case: Case) -> list[Ask]:
    """A type inspection without a list of items covers every enforced limit of stage testing.

    Also those of which the edition then in force has not been entered: they are asked all the same.
    """
    asks = []
    for name, written in case.rules.by_characteristic.items():
        rows = tuple(r for r in _deciding(case, name) if r.requirement.stage == "testing")
        if rows or any(_is_blank(case, requirement) for requirement in written):
            item = PlanItem(name, characteristic_en=written[0].characteristic_en)
            asks.append(Ask(item, Source.TYPE_INSPECTION, rows))
    return asks


def _is_blank(case: Case, requirement: Requirement) -> bool:
    return (
        requirement.edition.standard in case.blank
        and not requirement.edition.own
        and requirement.stage == "testing"
        and requirement.enforce
        and case.is_duty(requirement)
    )


# --- answers -------------------------------------------------------------------------------


def answers(case: Case, asks: Iterable[Ask], measured: Iterable[Line]) -> list[Line]:
    """Lines for signed items, and for asked limits that no value of the right source met."""
    met = {(line.source, line.requirement.id) for line in measured if line.requirement}
    lines: list[Line] = []
    for ask in asks:
        if ask.signed:
            lines += _signed_lines(case, ask)
        else:
            lines += [_missing_limit(ask, row) for row in _unmet(case, ask, met)]
    return lines


def _signed_lines(case: Case, ask: Ask) -> list[Line]:
    name = ask.item.characteristic
    lines = [_signed(case, ask, value) for value in case.from_source(name, ask.source)]
    lines += [
        _plan_line(case, ask, LineOutcome.UNDETERMINED, WITHDRAWN, gone)
        for gone in case.withdrawn_from(name, ask.source)
    ]
    return lines or [_missing_item(case, ask)]


def _unmet(case: Case, ask: Ask, met: set[tuple[Source | None, str]]) -> tuple[Row, ...]:
    """The rows of an item still without a value.

    Where the batch does not say what it consists of, rows of other matrices are not called for,
    as long as one row of the item has been met.
    """
    unmet = tuple(row for row in ask.rows if (ask.source, row.requirement.id) not in met)
    if len(unmet) == len(ask.rows) or case.batch.matrix is not None:
        return unmet
    return tuple(row for row in unmet if not row.requirement.scope.matrices)


def _signed(case: Case, ask: Ask, value: Measurement) -> Line:
    comparison = compare(MEETS_THE_CLAUSE, "", value.result)
    outcome, reason = LineOutcome.CONFORMING, comparison.reason
    if comparison.finding is Finding.OPEN:
        outcome = LineOutcome.UNDETERMINED
    elif comparison.finding is Finding.BROKEN:
        sure = case.plan is not None and case.plan.certainty is Certainty.CONFIRMED
        weight = Weight.FAILS if sure else Weight.HOLDS
        outcome, reason = broken(comparison.reason, weight, ask.source)
    return _plan_line(case, ask, outcome, reason, value, comparison)


def _missing_item(case: Case, ask: Ask) -> Line:
    return _plan_line(case, ask, LineOutcome.UNDETERMINED, _MISSING[ask.source])


def _missing_limit(ask: Ask, row: Row) -> Line:
    return requirement_line(
        row.requirement,
        LineOutcome.UNDETERMINED,
        _MISSING[ask.source],
        decides=True,
        asked=True,
    )


_MISSING = {
    Source.INSPECTION: Words(
        "放行方案要求每批检验，还没有检验结果",
        "the release plan asks it of every batch and there is no inspection result yet",
    ),
    Source.TYPE_INSPECTION: Words(
        "放行方案要求型式检验覆盖，还没有有效的型式检验结果",
        "the release plan asks a type inspection to cover it and no valid one does",
    ),
}


def owes_type(line: Mapping[str, Any]) -> bool:
    """Whether a stored line of a verdict waits for a valid type inspection to cover its item."""
    said = _MISSING[Source.TYPE_INSPECTION].zh
    return bool(line["asked"] and not line["result"] and line["reason_zh"] == said)


def _plan_line(
    case: Case,
    ask: Ask,
    outcome: LineOutcome,
    reason: Words,
    value: Measurement | None = None,
    comparison: Comparison | None = None,
) -> Line:
    """A line about an item of the plan of which the catalogue has no number."""
    designation = case.plan.standard if case.plan else ""
    edition = case.editions.get(standard_of(designation))
    return Line(
        outcome=outcome,
        characteristic=ask.item.characteristic,
        reason=reason,
        characteristic_en=ask.item.characteristic_en,
        standard=standard_of(designation),
        level=edition.level if edition else "",
        edition=designation,
        starts_certain=edition is None or edition.starts_certain,
        clause=ask.item.clause or (case.plan.clause if case.plan else ""),
        result=value.result if value else None,
        source=value.source if value else None,
        origin=value.origin if value else "",
        read=comparison.read if comparison else None,
        decides=True,
        asked=True,
        broken=comparison is not None and comparison.finding is Finding.BROKEN,
    )


# --- what is still missing -----------------------------------------------------------------


def plan_gaps(case: Case, plan: ReleasePlan | None) -> list[Words]:
    """Why no plan stands: nobody set one, or the one given is not in force on the day."""
    if case.plan is not None:
        return []
    if plan is None:
        return [
            Words("放行方案待定：还没有为本产品设定放行方案", "No release plan has been set yet")
        ]
    return [
        Words(
            f"放行方案待定：现有方案在 {case.on} 不适用",
            f"No release plan: the one given is not in force on {case.on}",
        )
    ]


def missing_items(lines: Iterable[Line], asks: Iterable[Ask]) -> list[Words]:
    """The items without a result, one sentence for each source that owes them."""
    absent = {(line.reason, line.characteristic) for line in lines if line.result is None}
    reasons = []
    for source, said in _OWED.items():
        names = [
            ask.item
            for ask in asks
            if ask.source is source and (_MISSING[source], ask.item.characteristic) in absent
        ]
        if names:
            zh = "、".join(item.characteristic for item in names)
            en = ", ".join(item.characteristic_en or item.characteristic for item in names)
            reasons.append(Words(f"{said.zh}：{zh}", f"{said.en}: {en}"))
    return reasons


_OWED = {
    Source.INSPECTION: Words("还缺每批检验结果", "Inspection results still missing"),
    Source.TYPE_INSPECTION: Words("型式检验还没有覆盖", "Not covered by a valid type inspection"),
}


def type_gaps(case: Case, known: Iterable[TypeInspection]) -> list[Words]:
    """Why there is no valid type inspection, where the plan asks one."""
    if case.plan is None or case.plan.type_items == () or case.type_inspections:
        return []
    none = Words(f"{case.on} 没有有效的型式检验", f"There is no type inspection valid on {case.on}")
    newest = max(known, key=lambda t: (t.valid_from, t.id), default=None)
    if newest is None:
        return [none]
    until = last_day(newest, case.plan)
    if until is None:
        return [
            Words(
                f"{none.zh}：{newest.number or newest.id} 没有写有效期",
                f"{none.en}: {newest.number or newest.id} does not say until when it is valid",
            )
        ]
    return [
        Words(
            f"{none.zh}：{newest.number or newest.id} 有效期 {newest.valid_from} 至 {until}",
            f"{none.en}: {newest.number or newest.id} is valid from {newest.valid_from} to {until}",
        )
    ]


def event_gaps(case: Case, events: Iterable[StageEvent]) -> list[Words]:
    """Stages that the plan wants recorded and documents that it wants kept, still missing."""
    if case.plan is None:
        return []
    events = tuple(events)
    logged = {event.stage for event in events}
    kept = {(event.stage, name) for event in events for name in event.documents}
    stages = [STAGE_NAMES[stage] for stage in case.plan.stage_events if stage not in logged]
    reasons = [
        Words(f"还缺环节记录：{name.zh}", f"Stage not recorded yet: {name.en}") for name in stages
    ]
    for stage, name in case.plan.documents:
        if (stage, name) not in kept:
            at = STAGE_NAMES[stage]
            reasons.append(
                Words(f"还缺{at.zh}环节的文件：{name}", f"Document missing at {at.en}: {name}")
            )
    return reasons
