"""The case: everything that one judging looks at, gathered once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from products.numbers import half_width
from products.requirements import (
    BoundKind,
    Edition,
    ReleasePlan,
    Requirement,
    Subject,
    Weight,
    binds,
    declared_standards,
    weight,
)
from products.rulebook import BatchFacts, Rulebook, in_force, scope_gaps
from trace.inspections import validity
from trace.inspections.comparison import Comparison, Finding, compare, worst
from trace.inspections.results import Result, StageEvent, TypeInspection
from trace.inspections.verdicts import Source


@dataclass(frozen=True, slots=True)
class Measurement:
    """A result and where it comes from; `origin` is the id of the event or type inspection."""

    result: Result
    source: Source
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A requirement in force that applies to the batch, or may: `gaps` are what it leaves unsaid.

    `binding`: it is a duty here. `weight` is what breaking it does.
    """

    requirement: Requirement
    binding: bool
    weight: Weight
    gaps: tuple[str, ...] = ()

    @property
    def decides(self) -> bool:
        return self.weight is not Weight.SHOWN


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged, on which day, by which rows; `plan` is None where none stands on that day.

    `rows` and `measured` by characteristic; `withdrawn` are values taken back that nothing has
    replaced: they keep their characteristic open and are never judged. `blank`: the editions then in force of which no limit
    of this product has been entered, by standard.
    """

    batch: BatchFacts
    plan: ReleasePlan | None
    rules: Rulebook
    on: date
    declared: frozenset[str]
    editions: dict[str, Edition]
    blank: dict[str, Edition]
    type_inspections: tuple[TypeInspection, ...]
    measured: dict[str, tuple[Measurement, ...]]
    rows: dict[str, tuple[Row, ...]]
    withdrawn: dict[str, tuple[Measurement, ...]]
    _compared: dict[tuple[str, Result], Comparison] = field(default_factory=dict, repr=False)

    def compared(self, requirement: Requirement, result: Result) -> Comparison:
        """`result` against `requirement`, worked out once."""
        key = (requirement.id, result)
        if key not in self._compared:
            self._compared[key] = compare(requirement.bound, requirement.unit, result, self.on)
        return self._compared[key]

    def from_source(self, characteristic: str, source: Source) -> tuple[Measurement, ...]:
        """What was measured of `characteristic` by one kind of source."""
        return tuple(m for m in self.measured.get(characteristic, ()) if m.source is source)

    def values_for(self, requirement: Requirement) -> tuple[Measurement, ...]:
        """The values that a row is for, those of an unknown matrix among them."""
        values = self.measured.get(requirement.characteristic, ())
        return tuple(m for m in values if self.matrix_fits(requirement, m.result) is not False)

    def withdrawn_from(self, characteristic: str, source: Source) -> tuple[Measurement, ...]:
        """What one kind of source took back of `characteristic`, and nothing has replaced."""
        return tuple(m for m in self.withdrawn.get(characteristic, ()) if m.source is source)

    def matrix_fits(self, requirement: Requirement, result: Result) -> bool | None:
        """Whether the row is for what was measured (部位); None where nobody says what that was."""
        if not requirement.scope.matrices:
            return True
        matrix = result.matrix or self.batch.matrix
        return None if matrix is None else matrix in requirement.scope.matrices

    def is_for_batch(self, requirement: Requirement) -> bool:
        """Whether the goods themselves can be of the row's matrix."""
        matrices = requirement.scope.matrices
        return not matrices or self.batch.matrix is None or self.batch.matrix in matrices

    def blank_editions(self, characteristic: str) -> tuple[Edition, ...]:
        """Editions in force on the day whose limit for `characteristic` nobody has entered.

        Known from another edition of the standard that has one for goods like these.
        """
        found = {
            self.blank[r.edition.standard].id: self.blank[r.edition.standard]
            for r in self.rules.by_characteristic.get(characteristic, ())
            if r.edition.standard in self.blank and self.is_duty(r)
        }
        return tuple(found[key] for key in sorted(found))

    def is_duty(self, requirement: Requirement) -> bool:
        """Whether the requirement, were it in force, would bind goods like these."""
        return (
            requirement.subject is not Subject.PARTY
            and requirement.product in (None, self.batch.product)
            and binds(requirement, self.declared)
            and scope_gaps(requirement.scope, self.batch) is not None
        )


def prepare(
    batch: BatchFacts,
    plan: ReleasePlan | None,
    rules: Rulebook,
    results: Iterable[Result],
    type_inspections: Iterable[TypeInspection],
    events: Iterable[StageEvent],
    on: date,
) -> Case:
    """Gather the case: the plan if it stands, the rows of the day, the values that count."""
    rules = rules.declaring(batch.declared)
    standing = plan if plan is not None and plan.stands_on(on) else None
    texts = (*batch.declared, standing.standard) if standing else batch.declared
    declared = declared_standards(texts)
    editions = in_force(rules.editions, on)
    valid = tuple(t for t in type_inspections if _valid(t, standing, on))
    results, events = tuple(results), tuple(events)
    counting = [*_batch(results), *_type(valid), *_events(events, rules)]
    measured = _by_characteristic(counting)
    return Case(
        batch=batch,
        plan=standing,
        rules=rules,
        on=on,
        declared=declared,
        editions=editions,
        blank={s: e for s, e in editions.items() if e.id not in rules.entered},
        type_inspections=tuple(t for t in valid if not _taken_back(t)),
        measured=measured,
        withdrawn=_by_characteristic(_unreplaced(results, valid, events, counting)),
        rows=_rows(rules, batch, editions, declared, measured, on),
    )


# --- values --------------------------------------------------------------------------------


def _counts(result: Result) -> bool:
    return _stands(result) and not result.withdrawn


def _stands(result: Result) -> bool:
    return not result.superseded and (result.document or half_width(result.typed) != "")


def _taken_back(inspection: TypeInspection) -> bool:
    """Whether nothing of a type inspection is left but what was withdrawn."""
    return bool(inspection.results) and all(r.withdrawn for r in inspection.results)


def _unreplaced(
    results: Iterable[Result],
    valid: Iterable[TypeInspection],
    events: Iterable[StageEvent],
    counting: list[Measurement],
) -> list[Measurement]:
    """What was withdrawn and has no successor: a value of the same source, item and matrix.

    An older value is no successor: taking back a result never lets the one before it decide.
    """
    back = [Measurement(r, Source.INSPECTION) for r in results]
    back += [Measurement(r, Source.TYPE_INSPECTION, t.id) for t in valid for r in t.results]
    back += [Measurement(r, Source.EVENT, event.id) for event in events for r in event.values]
    standing: dict[tuple[Source, str, str | None], list[Result]] = {}
    for measurement in counting:
        standing.setdefault(_place(measurement), []).append(measurement.result)
    return [
        gone
        for gone in back
        if gone.result.withdrawn
        and _stands(gone.result)
        and not any(_follows(other, gone.result) for other in standing.get(_place(gone), ()))
    ]


def _place(measurement: Measurement) -> tuple[Source, str, str | None]:
    return measurement.source, measurement.result.characteristic, measurement.result.matrix


def _follows(other: Result, gone: Result) -> bool:
    """Whether one was recorded after the other; by their days where no order was given."""
    if other.filed != gone.filed:
        return other.filed > gone.filed
    return other.at is None or gone.at is None or other.at >= gone.at


def _batch(results: Iterable[Result]) -> list[Measurement]:
    return [Measurement(r, Source.INSPECTION) for r in results if _counts(r)]


def _type(valid: Iterable[TypeInspection]) -> list[Measurement]:
    """Of each characteristic (and matrix) the results of the newest valid type inspection."""
    newest: dict[tuple[str, str | None], list[Measurement]] = {}
    for inspection in sorted(valid, key=lambda t: (t.valid_from, t.id)):
        own: dict[tuple[str, str | None], list[Measurement]] = {}
        for result in inspection.results:
            if _counts(result):
                measurement = Measurement(result, Source.TYPE_INSPECTION, inspection.id)
                own.setdefault((result.characteristic, result.matrix), []).append(measurement)
        newest |= own
    return [m for found in newest.values() for m in found]


def _events(events: Iterable[StageEvent], rules: Rulebook) -> list[Measurement]:
    """The producer's own values, and the documents kept where a requirement asks for one."""
    found = []
    for event in events:
        found += [Measurement(r, Source.EVENT, event.id) for r in event.values if _counts(r)]
        for name in event.documents:
            written = rules.by_characteristic.get(name, ())
            if any(r.bound.kind is BoundKind.DOCUMENT for r in written):
                kept = Result(f"{event.id}/{name}", name, "", at=event.on, document=True)
                found.append(Measurement(kept, Source.EVENT, event.id))
    return found


def _by_characteristic(found: list[Measurement]) -> dict[str, tuple[Measurement, ...]]:
    sorted_out: dict[str, list[Measurement]] = {}
    for measurement in found:
        sorted_out.setdefault(measurement.result.characteristic, []).append(measurement)
    return {name: tuple(values) for name, values in sorted_out.items()}


def last_day(inspection: TypeInspection, plan: ReleasePlan | None) -> date | None:
    """The last day of a type inspection: its own, and no later than the plan lets it stand.

    None where neither says: it is then valid on no day.
    """
    months = plan.validity_months if plan else None
    days = [inspection.valid_to] if inspection.valid_to else []
    if months is not None:
        days.append(validity.last_day(inspection.valid_from, months))
    return min(days) if days else None


def _valid(inspection: TypeInspection, plan: ReleasePlan | None, on: date) -> bool:
    until = last_day(inspection, plan)
    return until is not None and inspection.valid_from <= on <= until


# --- rows ----------------------------------------------------------------------------------


def _rows(
    rules: Rulebook,
    batch: BatchFacts,
    editions: dict[str, Edition],
    declared: frozenset[str],
    measured: dict[str, tuple[Measurement, ...]],
    on: date,
) -> dict[str, tuple[Row, ...]]:
    ids = {edition.id for edition in editions.values()}
    rows: dict[str, list[Row]] = {}
    for requirement in rules.requirements:
        if requirement.edition.id not in ids or requirement.subject is Subject.PARTY:
            continue
        gaps = _gaps(requirement, batch, measured, on)
        if gaps is not None:
            found = rows.setdefault(requirement.characteristic, [])
            binding = binds(requirement, declared)
            found.append(Row(requirement, binding, weight(requirement, declared), gaps))
    return {name: tuple(of_name) for name, of_name in rows.items()}


def _gaps(
    requirement: Requirement,
    batch: BatchFacts,
    measured: dict[str, tuple[Measurement, ...]],
    on: date,
) -> tuple[str, ...] | None:
    """What is unsaid before the row surely applies; None where it does not."""
    if requirement.product not in (None, batch.product):
        return None
    gaps = scope_gaps(requirement.scope, batch)
    when = requirement.scope.when
    if gaps is None or when is None:
        return gaps
    values = measured.get(when.characteristic, ())
    findings = [compare(when.bound, when.unit, m.result, on).finding for m in values]
    if findings and all(finding is Finding.BROKEN for finding in findings):
        return None
    if findings and worst(findings) is Finding.HOLDS:
        return gaps
    return (*gaps, when.characteristic)
