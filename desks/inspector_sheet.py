"""The sheet that a report is entered on, and what the judge would say of what was typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.act import Act
from core.errors import FieldFault, Invalid
from desks.entry_table import (
    ANALYST,
    DETAILS,
    GUARDED,
    INSTRUMENT,
    MEASURED_ON,
    PARTS,
    TYPED,
    UNCERTAINTY,
    EntryRow,
    EntryTable,
    Typed,
    boxes_of,
    entry_table,
    lines_of,
)
from desks.forms import loaded
from products.models import Product
from products.plans.service import plan_on
from products.rulebook import BatchFacts
from products.standards.rules import rulebook_for
from trace.inspections import conformity, judging
from trace.inspections.case import Case, prepare
from trace.inspections.entry import checked_values
from trace.inspections.models import Inspection
from trace.inspections.report_checks import checked_report
from trace.inspections.results import Result
from trace.inspections.schemas import ResultIn
from trace.inspections.service import ReportDraft
from trace.inspections.subjects import Subject
from trace.inspections.verdicts import Line, LineOutcome, Source, Verdict
from trace.laboratories.service import calibration_doubt


@dataclass(frozen=True)
class Kept:
    """Values that a table starts with: as the judge takes them, and what stands beside each."""

    results: Sequence[Result] = ()
    details: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """What is reported on, the judge's case of it, the table, and what it starts with."""

    subject: Subject
    case: Case
    table: EntryTable
    kept: Kept = field(default_factory=Kept)

    @property
    def older(self) -> Inspection | None:
        """The report that this one takes the place of."""
        return self.subject.corrects

    @property
    def source(self) -> Source:
        """Whose values these are to the judge."""
        return Source.INSPECTION if self.subject.batch else Source.TYPE_INSPECTION

    @property
    def clause_items(self) -> frozenset[str]:
        """The items of the plan that may be answered without a number."""
        plan = self.case.plan
        return frozenset(item.characteristic for item in plan.every_batch) if plan else frozenset()

    def boxes(self) -> dict[str, str]:
        """What it starts with, as it stands in the boxes of a form."""
        boxes = boxes_of(self.table)
        for key, result in self.table.seats.items():
            row = next(row for row in self.table.rows if row.key == key)
            boxes |= {row.box(p): text for p, text in self.kept.details.get(result.id, {}).items()}
        return boxes

    def row_of(self, result_id: str) -> EntryRow | None:
        """The row in which one of the values stands that it started with."""
        keys = (key for key, result in self.table.seats.items() if result.id == result_id)
        key = next(keys, None)
        return next((row for row in self.table.rows if row.key == key), None)


def sheet_on(
    act: Act, subject: Subject, on: date | None, grade: str | None, kept: Kept | None = None
) -> Sheet:
    """The sheet of a report on `subject`.

    A type inspection goes by the rules in force on the day `on`, with the limits of `grade`.
    """
    kept = kept or Kept()
    if subject.batch is not None:
        facts, day = judging.facts_of(subject.batch), judging.reference_date(subject.batch)
        case = _case(act, subject.product, facts, day)
        return Sheet(subject, case, entry_table(case, Source.INSPECTION, kept.results), kept)
    case = type_case(act, subject.product, on or act.today, grade)
    return Sheet(subject, case, entry_table(case, Source.TYPE_INSPECTION, kept.results), kept)


def type_case(act: Act, product: Product, on: date, grade: str | None) -> Case:
    """The goods of a type inspection: the product's usual form, and its grade where one is said."""
    facts = BatchFacts(
        product=product.key, product_name=product.name, grade=grade, form=product.default_form
    )
    return _case(act, product, facts, on)


def _case(act: Act, product: Product, facts: BatchFacts, on: date) -> Case:
    plan = plan_on(act.session, product.id, on)
    rules = rulebook_for(act.session, product.id, facts.declared)
    return prepare(facts, plan, rules, (), (), (), on)


# --- what a sheet starts with --------------------------------------------------------------


def kept_of_report(act: Act, report: Inspection) -> Kept:
    """The values of a report."""
    details = {
        str(row.id): _details(
            {
                MEASURED_ON: row.measured_on,
                INSTRUMENT: row.instrument_id,
                ANALYST: row.analyst_id,
            }
        )
        for row in report.results
    }
    return Kept(judging.results_of(act.session, report), details)


def kept_of_content(content: Mapping[str, Any]) -> Kept:
    """The values of a worksheet, by their place in it; also those that cannot be read yet."""
    values = [(str(place), value) for place, value in enumerate(content.get("results", ()))]
    return Kept(
        [
            Result(
                id=key,
                characteristic=value["characteristic"],
                typed=value["typed"],
                unit=value.get("unit") or "",
                detection_limit=value.get("detection_limit"),
                method=value.get("method") or "",
                matrix=value.get("matrix"),
                uncertainty=value.get(UNCERTAINTY),
                guarded=bool(value.get(GUARDED)),
            )
            for key, value in values
        ],
        {
            key: _details({p: value.get(p) for p in DETAILS if p != GUARDED})
            for key, value in values
        },
    )


def _details(said: Mapping[str, object]) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in said.items()}


# --- looking ahead -------------------------------------------------------------------------


@dataclass(frozen=True)
class Preview:
    """What the judge would say if the report were published as it stands; nothing is stored.

    `lines` are those of each value by its row's key; a value with a fault has none. `verdict` is
    that of the batch, None where nothing was typed or the report is not on a batch.
    """

    lines: Mapping[str, tuple[Line, ...]]
    faults: tuple[FieldFault, ...] = ()
    verdict: Verdict | None = None

    @property
    def worst(self) -> Line | None:
        """The line that is nearest to failing."""
        order = list(LineOutcome)
        every = [line for lines in self.lines.values() for line in lines]
        return min(every, key=lambda line: order.index(line.outcome), default=None)


def preview(
    act: Act, sheet: Sheet, typed: Sequence[Typed], reported_on: date | None = None
) -> Preview:
    """Read every value as publishing would, and let the judge say what it makes of them."""
    faults: list[FieldFault] = []
    values: list[tuple[Typed, dict[str, Any]]] = []
    for one in typed:
        try:
            values.append((one, _value(sheet, one)))
        except Invalid as refusal:
            faults += (FieldFault(_at(one.row, f.pointer), f.message) for f in refusal.faults)
    faults += _resource_faults(act, sheet, values, reported_on)
    if not values:
        return Preview({}, tuple(faults))
    results = [_result(act, one, value, reported_on) for one, value in values]
    verdict = _judged(act, sheet, results)
    lines = lines_of(verdict.lines, (result.id for result in results))
    return Preview(lines, tuple(faults), verdict if sheet.subject.batch else None)


def _value(sheet: Sheet, one: Typed) -> dict[str, Any]:
    read = loaded(ResultIn(), dict(one.values()))
    return checked_values(sheet.case.rules, sheet.clause_items, [read], "")[0]


def _resource_faults(
    act: Act, sheet: Sheet, values: Sequence[tuple[Typed, dict[str, Any]]], on: date | None
) -> Iterable[FieldFault]:
    """What publishing would refuse of values that can be read: matrix, method, instrument, day."""
    draft = ReportDraft(results=[value for _one, value in values], reported_on=on)
    try:
        checked_report(act, act.party, sheet.subject, draft)
    except Invalid as refusal:
        places = places_of([one for one, _value in values])
        for found in refusal.faults:
            name = found.pointer.strip("/")
            if name in places:
                yield FieldFault(f"/{places[name]}", found.message)


def _result(act: Act, one: Typed, value: Mapping[str, Any], reported_on: date | None) -> Result:
    doubt = None
    if value.get(INSTRUMENT) is not None:
        on = value.get(MEASURED_ON) or reported_on or act.today
        doubt = calibration_doubt(act.session, value[INSTRUMENT], on)
    return Result(
        id=one.row.key,
        characteristic=value["characteristic"],
        typed=value["typed"],
        unit=value["unit"],
        detection_limit=value.get("detection_limit"),
        method=value.get("method") or "",
        matrix=value.get("matrix"),
        by=act.actor.party_name,
        at=act.today,
        uncertainty=value.get(UNCERTAINTY),
        guarded=bool(value.get(GUARDED)),
        doubt=doubt,
    )


def _judged(act: Act, sheet: Sheet, results: Sequence[Result]) -> Verdict:
    subject = sheet.subject
    if subject.batch is not None:
        ahead = judging.Ahead(
            results,
            corrects=subject.corrects.id if subject.corrects else None,
            retests=subject.retests.id if subject.retests else None,
            both_count=bool(subject.retest and subject.retest.both_count),
        )
        return judging.judge_now(act.session, subject.batch, ahead)
    return judged_alone(sheet.case, results)


def judged_alone(case: Case, results: Sequence[Result]) -> Verdict:
    """A type inspection's own values against the rules of its day, as if the goods were a batch."""
    return conformity.judge(case.batch, case.plan, case.rules, results, (), (), case.on)


def _at(row: EntryRow, pointer: str) -> str:
    """Where a fault of one value belongs: /0/unit and /unit are at the row's box for the unit."""
    part = pointer.rpartition("/")[2]
    return f"/{row.box(part if part in PARTS else TYPED)}"


def places_of(typed: Sequence[Typed]) -> dict[str, str]:
    """The boxes of the values of a whole report, by the pointers of its schema."""
    return boxes_at([one.row for one in typed])


def boxes_at(rows: Sequence[EntryRow | None]) -> dict[str, str]:
    """The boxes by the pointers of a report whose values stand in these rows, in their order."""
    named = [(f"results/{place}", row) for place, row in enumerate(rows) if row is not None]
    whole = {at: row.box() for at, row in named}
    return whole | {
        f"{at}/{part}": _at(row, part).strip("/")
        for at, row in named
        for part in ("characteristic", *PARTS)
    }
