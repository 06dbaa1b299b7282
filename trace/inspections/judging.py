"""Gathering what the judge needs of a batch from the tables, and what it says of it now."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from core.words import Words
from products.plans.service import plans_by_day
from products.rulebook import BatchFacts
from products.standards.rules import whole_rulebook
from trace.batches.lineage import held_for, held_for_each, recorded_before
from trace.batches.models import Batch, Event
from trace.batches.service import events_held, standing
from trace.inspections import conformity, results
from trace.inspections.columns import Facts
from trace.inspections.input_gaps import input_gaps
from trace.inspections.life_models import Retest
from trace.inspections.models import Inspection, Reinstatement, Result, Verdict, Withdrawal
from trace.inspections.standing import Filed, Reported, Standing, standing_results
from trace.inspections.verdicts import Line, LineOutcome
from trace.inspections.verdicts import Verdict as Judgement
from trace.laboratories.service import calibration_doubt

UNTESTED_KEYS = (
    "characteristic", "characteristic_en", "limit", "limit_en", "standard", "level", "edition",
    "clause", "alone", "decides",
)  # fmt: skip

Held = Sequence[tuple[uuid.UUID, datetime | None]]
Reports = list[Inspection]


@dataclass(frozen=True)
class Ahead:
    """Results that nobody has published yet, for a look ahead.

    `corrects` is the report that they would take the place of, `retests` the one that they would
    test again.
    """

    values: Sequence[results.Result] = ()
    corrects: uuid.UUID | None = None
    retests: uuid.UUID | None = None
    both_count: bool = False


def judge_now(session: Session, batch: Batch, ahead: Ahead | None = None) -> Judgement:
    """What the judge says of `batch` with all that is on file at this moment; stores nothing."""
    return judge_each(session, [batch], ahead)[0]


def judge_each(
    session: Session, batches: Sequence[Batch], ahead: Ahead | None = None
) -> list[Judgement]:
    """The same of several batches: every table is asked once, and the rules of a product too."""
    products = {batch.product_id for batch in batches}
    plans = {product: plans_by_day(session, product) for product in products}
    rules = {product: whole_rulebook(session, product) for product in products}
    return [
        conformity.judge(
            batch=given.batch,
            plan=plans[batch.product_id](given.on),
            rules=rules[batch.product_id].declaring(batch.declared),
            results=given.results,
            type_inspections=given.type_inspections,
            events=given.events,
            on=given.on,
            inputs=given.inputs,
        )
        for batch, given in zip(batches, _givens(session, batches, ahead), strict=True)
    ]


def given_now(session: Session, batch: Batch) -> Facts:
    """What the judge is given of `batch`, the rules and the plan apart."""
    return _givens(session, [batch])[0]


def _givens(session: Session, batches: Sequence[Batch], ahead: Ahead | None = None) -> list[Facts]:
    held = held_for_each(session, [batch.id for batch in batches])
    makers = _makers(session, batches, held)
    owners = {owner for some in makers.values() for owner in some}
    wanted = or_(_of_batches(held), *(_of_type(*owner) for owner in owners))
    query = select(Inspection).where(wanted).order_by(Inspection.recorded_at)
    rows = session.scalars(query).unique().all()
    retests = _retests(session, rows)
    reports = _by_batch([row for row in rows if row.kind == "batch"], held)
    types: dict[tuple[uuid.UUID, uuid.UUID], Reports] = {owner: [] for owner in owners}
    for row in rows:
        if row.kind == "type":
            types[row.party_id, row.product_id].append(row)
    valid = {owner: tuple(_read_types(session, kept, retests)) for owner, kept in types.items()}
    events = events_held(session, held)
    open_inputs = input_gaps(session, [batch.id for batch in batches])
    return [
        Facts(
            batch=facts_of(batch),
            on=reference_date(batch),
            results=tuple(_results_on(session, reports[batch.id], retests, ahead)),
            type_inspections=tuple(one for owner in makers[batch.id] for one in valid[owner]),
            events=tuple(_stage_event(event) for event in standing(events[batch.id])),
            inputs=tuple(open_inputs.get(batch.id, ())),
        )
        for batch in batches
    ]


Owner = tuple[uuid.UUID, uuid.UUID]


def _makers(
    session: Session, batches: Sequence[Batch], held: Mapping[uuid.UUID, Held]
) -> dict[uuid.UUID, list[Owner]]:
    """Whose type inspections stand for each batch: its party's, and of those who made its goods."""
    others = {one for batch in batches for one, _ in held[batch.id]} - {b.id for b in batches}
    query = select(Batch.id, Batch.party_id).where(Batch.id.in_(others))
    party_of = {batch.id: batch.party_id for batch in batches}
    if others:
        party_of |= {row.id: row.party_id for row in session.execute(query)}
    return {
        batch.id: list(
            dict.fromkeys((party_of[one], batch.product_id) for one, _ in held[batch.id])
        )
        for batch in batches
    }


def reference_date(batch: Batch) -> date:
    """The day whose editions apply: the production date."""
    return batch.production_date


def facts_of(batch: Batch) -> BatchFacts:
    """The batch as scopes look at it."""
    return BatchFacts(
        product=batch.product.key,
        product_name=batch.product.name,
        grade=batch.grade,
        form=batch.form,
        process=batch.process,
        condition=batch.condition,
        declared=tuple(batch.declared),
    )


def standing_reports() -> Select[Inspection]:
    """Only reports that were neither corrected nor withdrawn."""
    newer = select(Inspection.corrects_id).where(Inspection.corrects_id.is_not(None))
    return select(Inspection).where(
        Inspection.id.not_in(newer), Inspection.id.not_in(withdrawn_reports())
    )


def withdrawn_reports() -> Select[uuid.UUID]:
    """Ids of the reports that were withdrawn and not reinstated."""
    back = select(Reinstatement.withdrawal_id)
    return select(Withdrawal.inspection_id).where(Withdrawal.id.not_in(back))


def reports_on(session: Session, batch_id: uuid.UUID) -> list[Inspection]:
    """Every report that holds for a batch, oldest first: its own, and of the batches whose goods
    it is what had been recorded by then, with whatever corrects that.
    """
    held = {batch_id: held_for(session, batch_id)}
    query = select(Inspection).where(_of_batches(held))
    return _by_batch(session.scalars(query).unique().all(), held)[batch_id]


def _of_batches(held: Mapping[uuid.UUID, Held]) -> ColumnElement[bool]:
    ids = {one for sources in held.values() for one, _ in sources}
    return and_(Inspection.kind == "batch", Inspection.batch_id.in_(ids))


def _by_batch(
    rows: Sequence[Inspection], held: Mapping[uuid.UUID, Held]
) -> dict[uuid.UUID, Reports]:
    """The reports that hold for each batch, oldest first."""
    made: dict[uuid.UUID | None, Reports] = {}
    for row in rows:
        made.setdefault(row.batch_id, []).append(row)
    return {
        batch_id: sorted(
            (r for one, until in sources for r in recorded_before(made.get(one, []), until)),
            key=lambda report: report.recorded_at,
        )
        for batch_id, sources in held.items()
    }


def _results_on(
    session: Session, reports: Reports, retests: Mapping[uuid.UUID, Retest], ahead: Ahead | None
) -> list[results.Result]:
    """The results of reports on one batch: those that count, and those that left a gap."""
    read = _in_order(session, reports)
    filed = [_filed_as(report, retests.get(report.id)) for report in reports]
    if ahead is not None:
        filed.append(_as_filed(ahead))
        read += [replace(value, filed=len(filed)) for value in ahead.values]
    return _sorted_out(read, standing_results(filed))


def _in_order(session: Session, reports: Iterable[Inspection]) -> list[results.Result]:
    """The results of reports, each with the place of its report among them."""
    return [
        replace(result, filed=place)
        for place, report in enumerate(reports, start=1)
        for result in results_of(session, report)
    ]


def _sorted_out(read: Iterable[results.Result], said: Standing) -> list[results.Result]:
    """Results as the judge takes them; one whose item was tested again is left out."""
    return [
        result if result.id in said.counting else replace(result, withdrawn=True)
        for result in read
        if result.id in said.counting or result.id in said.gone
    ]


def _as_filed(ahead: Ahead) -> Filed:
    return Filed(
        id="ahead",
        results=tuple(Reported(r.id, r.characteristic, r.matrix) for r in ahead.values),
        corrects=None if ahead.corrects is None else str(ahead.corrects),
        retests=None if ahead.retests is None else str(ahead.retests),
        both_count=ahead.both_count,
    )


def _filed(session: Session, reports: Sequence[Inspection]) -> list[Filed]:
    retests = _retests(session, reports)
    return [_filed_as(report, retests.get(report.id)) for report in reports]


def _retests(session: Session, reports: Sequence[Inspection]) -> dict[uuid.UUID, Retest]:
    """Of those reports that test again what another had tested: how."""
    if not reports:
        return {}
    query = select(Retest).where(Retest.inspection_id.in_([report.id for report in reports]))
    return {row.inspection_id: row for row in session.scalars(query)}


def _filed_as(report: Inspection, retest: Retest | None) -> Filed:
    return Filed(
        id=str(report.id),
        results=tuple(Reported(str(r.id), r.characteristic, r.matrix) for r in report.results),
        corrects=None if report.corrects_id is None else str(report.corrects_id),
        withdrawn=report.withdrawal is not None,
        retests=None if retest is None else str(retest.first_id),
        both_count=retest is not None and retest.both_count,
    )


def standing_of_batch(session: Session, batch_id: uuid.UUID) -> Standing:
    """Which results of the reports on a batch count, and which reports stand."""
    return standing_results(_filed(session, reports_on(session, batch_id)))


def standing_beside(session: Session, report: Inspection) -> Standing:
    """The same for the reports beside one: on its batch, or of the type of its party's product."""
    if report.batch_id is not None:
        return standing_of_batch(session, report.batch_id)
    types = _type_reports(session, report.party_id, report.product_id)
    return standing_results(_filed(session, types))


def _type_reports(session: Session, party: uuid.UUID, product: uuid.UUID) -> Sequence[Inspection]:
    query = select(Inspection).where(_of_type(party, product))
    return session.scalars(query.order_by(Inspection.recorded_at)).unique().all()


def _of_type(party: uuid.UUID, product: uuid.UUID) -> ColumnElement[bool]:
    return and_(
        Inspection.kind == "type", Inspection.party_id == party, Inspection.product_id == product
    )


def type_inspections_of(
    session: Session, party: uuid.UUID, product: uuid.UUID
) -> list[results.TypeInspection]:
    """The type inspections of a party's product; what is gone of them is marked."""
    rows = _type_reports(session, party, product)
    return _read_types(session, rows, _retests(session, rows))


def _read_types(
    session: Session, rows: Sequence[Inspection], retests: Mapping[uuid.UUID, Retest]
) -> list[results.TypeInspection]:
    said = standing_results(_filed_as(row, retests.get(row.id)) for row in rows)
    return [
        results.TypeInspection(
            id=str(row.id),
            results=tuple(
                replace(result, filed=place)
                for result in _sorted_out(results_of(session, row), said)
            ),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            number=row.number,
        )
        for place, row in enumerate(rows, start=1)
        if row.valid_from is not None
    ]


def results_of(session: Session, inspection: Inspection) -> list[results.Result]:
    """The readings of a report as the judge takes them."""
    return [
        results.Result(
            id=str(row.id),
            characteristic=row.characteristic,
            typed=row.typed,
            unit=row.unit,
            detection_limit=row.detection_limit,
            method=row.method or "",
            matrix=row.matrix,
            by=inspection.laboratory.name,
            at=inspection.reported_on,
            document=inspection.report_id is not None,
            uncertainty=row.uncertainty,
            guarded=row.guarded,
            doubt=_doubt(session, row, inspection.reported_on),
        )
        for row in inspection.results
    ]


def _doubt(session: Session, row: Result, reported_on: date) -> Words | None:
    """Why a reading cannot count: its instrument was not in calibration on the day."""
    if row.instrument_id is None:
        return None
    return calibration_doubt(session, row.instrument_id, row.measured_on or reported_on)


def _stage_event(event: Event) -> results.StageEvent:
    return results.StageEvent(
        id=str(event.id),
        stage=event.stage,
        on=event.happened_on,
        values=tuple(
            results.Result(
                id=f"{event.id}:{place}",
                characteristic=reading["characteristic"],
                typed=reading["typed"],
                unit=reading.get("unit") or "",
                detection_limit=reading.get("detection_limit"),
                by="producer",
                at=event.happened_on,
                document=bool(event.documents),
            )
            for place, reading in enumerate(event.readings)
        ),
        documents=tuple(named["name"] for named in event.documents),
    )


def latest_verdict(session: Session, batch_id: uuid.UUID) -> Verdict | None:
    """The verdict that counts: the newest."""
    query = select(Verdict).where(Verdict.batch_id == batch_id)
    return session.scalars(query.order_by(Verdict.number.desc()).limit(1)).first()


def stored_lines(said: Judgement) -> list[dict[str, object]]:
    """The lines as texts; what nobody asked for and nobody measured is kept short."""
    return [_stored(line) for line in said.lines]


def _stored(line: Line) -> dict[str, object]:
    if line.outcome is not LineOutcome.NOT_TESTED or line.asked:
        return line.as_dict()
    said = line.facts()
    return {"outcome": line.outcome.value, **{key: said[key] for key in UNTESTED_KEYS}}


def verdicts_of(session: Session, batch_id: uuid.UUID) -> Sequence[Verdict]:
    """Every verdict of a batch, newest first."""
    query = select(Verdict).where(Verdict.batch_id == batch_id)
    return session.scalars(query.order_by(Verdict.number.desc())).all()


def batches_locked(session: Session, ids: Iterable[uuid.UUID]) -> list[Batch]:
    """Batches locked in the order of their ids, so that two acts never wait for each other."""
    query = select(Batch).where(Batch.id.in_(list(ids))).order_by(Batch.id)
    return list(session.scalars(query.with_for_update(of=Batch)))
