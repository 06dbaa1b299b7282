"""The sheet that a report is entered on, and what the judge would say of what was typed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core.act import Act
from core.errors import FieldFault, Invalid
from desks.entry_table import (
    DETECTION,
    MATRIX,
    METHOD,
    TYPED,
    UNIT,
    EntryRow,
    EntryTable,
    Typed,
    entry_table,
    lines_of,
)
from desks.forms import loaded
from products.models import Product
from products.plans.service import plan_on
from products.rulebook import BatchFacts
from products.standards.rules import rulebook_for
from trace.batches.models import Batch
from trace.inspections import conformity, judging
from trace.inspections.case import Case, prepare
from trace.inspections.entry import checked_values
from trace.inspections.models import Inspection
from trace.inspections.results import Result
from trace.inspections.schemas import ResultIn
from trace.inspections.service import Subject, subject_of_batch, subject_of_type
from trace.inspections.verdicts import Line, LineOutcome, Source, Verdict


@dataclass(frozen=True)
class Sheet:
    """What is reported on, the judge's case of it, and the table; `older` is what is corrected."""

    subject: Subject
    case: Case
    table: EntryTable
    older: Inspection | None = None

    @property
    def source(self) -> Source:
        """Whose values these are to the judge."""
        return Source.INSPECTION if self.subject.batch else Source.TYPE_INSPECTION

    @property
    def clause_items(self) -> frozenset[str]:
        """The items of the plan that may be answered without a number."""
        plan = self.case.plan
        return frozenset(item.characteristic for item in plan.every_batch) if plan else frozenset()


def batch_sheet(act: Act, batch: Batch, older: Inspection | None = None) -> Sheet:
    """For a report on a batch; refused for one of the actor's own party."""
    subject = subject_of_batch(act, batch)
    case = _case(act, batch.product, judging.facts_of(batch), judging.reference_date(batch))
    return Sheet(subject, case, entry_table(case, Source.INSPECTION, _kept(older)), older)


def type_sheet(
    act: Act,
    party: uuid.UUID,
    product: Product,
    on: date,
    grade: str | None = None,
    older: Inspection | None = None,
) -> Sheet:
    """For a type inspection of a party's product, by the rules in force on the day `on`."""
    subject = subject_of_type(act, party, product)
    case = type_case(act, product, on, grade)
    return Sheet(subject, case, entry_table(case, Source.TYPE_INSPECTION, _kept(older)), older)


def type_case(act: Act, product: Product, on: date, grade: str | None) -> Case:
    """The goods of a type inspection: the product's usual form, and its grade where one is said."""
    facts = BatchFacts(
        product=product.key, product_name=product.name, grade=grade, form=product.default_form
    )
    return _case(act, product, facts, on)


def _case(act: Act, product: Product, facts: BatchFacts, on: date) -> Case:
    plan = plan_on(act.session, product.id, on)
    return prepare(facts, plan, rulebook_for(act.session, product.id), (), (), (), on)


def _kept(older: Inspection | None) -> list[Result]:
    return judging.results_of(older) if older is not None else []


# --- looking ahead -------------------------------------------------------------------------


@dataclass(frozen=True)
class Preview:
    """What the judge would say if the report were recorded as it stands; nothing is stored.

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


def preview(act: Act, sheet: Sheet, typed: Sequence[Typed]) -> Preview:
    """Read every value as recording would, and let the judge say what it makes of them."""
    faults: list[FieldFault] = []
    results: list[Result] = []
    for one in typed:
        try:
            results.append(_result(act, sheet, one))
        except Invalid as refusal:
            faults += (FieldFault(_at(one.row, f.pointer), f.message) for f in refusal.faults)
    if not results:
        return Preview({}, tuple(faults))
    verdict = _judged(act, sheet, results)
    lines = lines_of(verdict.lines, (result.id for result in results))
    return Preview(lines, tuple(faults), verdict if sheet.subject.batch else None)


def _result(act: Act, sheet: Sheet, one: Typed) -> Result:
    read = loaded(ResultIn(), dict(one.values()))
    value = checked_values(sheet.case.rules, sheet.clause_items, [read], "")[0]
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
    )


def _judged(act: Act, sheet: Sheet, results: Sequence[Result]) -> Verdict:
    batch, older = sheet.subject.batch, sheet.older
    if batch is not None:
        return judging.judge_now(act.session, batch, results, older.id if older else None)
    return judged_alone(sheet.case, results)


def judged_alone(case: Case, results: Sequence[Result]) -> Verdict:
    """A type inspection's own values against the rules of its day, as if the goods were a batch."""
    return conformity.judge(case.batch, case.plan, case.rules, results, (), (), case.on)


def _at(row: EntryRow, pointer: str) -> str:
    """Where a fault of one value belongs: /0/unit and /unit are at the row's box for the unit."""
    part = pointer.rpartition("/")[2]
    return f"/{row.box(part if part in (UNIT, DETECTION, METHOD, MATRIX) else TYPED)}"


def places_of(typed: Sequence[Typed]) -> dict[str, str]:
    """The boxes of the values of a whole report, by the pointers of its schema."""
    parts = ("characteristic", TYPED, UNIT, DETECTION, METHOD, MATRIX)
    whole = {f"results/{place}": one.row.box() for place, one in enumerate(typed)}
    return whole | {
        f"results/{place}/{part}": _at(one.row, part).strip("/")
        for place, one in enumerate(typed)
        for part in parts
    }
