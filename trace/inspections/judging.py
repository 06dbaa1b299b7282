"""Gathering what the judge needs of a batch from the tables, and keeping what it says."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from core.act import Act
from products.plans.service import plan_on
from products.rulebook import BatchFacts
from products.standards.rules import rulebook_for
from trace.batches.models import Batch, Event
from trace.batches.service import events_of, standing
from trace.inspections import conformity, results
from trace.inspections.models import Inspection, Verdict, Withdrawal
from trace.inspections.verdicts import LineOutcome
from trace.inspections.verdicts import Verdict as Judgement

UNTESTED_KEYS = ("characteristic", "characteristic_en", "limit", "limit_en", "edition", "clause")


def judge_now(
    session: Session,
    batch: Batch,
    typed: Sequence[results.Result] = (),
    without: uuid.UUID | None = None,
) -> Judgement:
    """What the judge says of `batch` with all that is on file at this moment; stores nothing.

    For a look ahead: `typed` are results that nobody has recorded yet, `without` the report that
    they would take the place of.
    """
    on = reference_date(batch)
    counting = [i for i in standing_inspections(session, batch.id) if i.id != without]
    return conformity.judge(
        batch=facts_of(batch),
        plan=plan_on(session, batch.product_id, on),
        rules=rulebook_for(session, batch.product_id),
        results=[*(r for i in counting for r in results_of(i)), *typed],
        type_inspections=type_inspections_of(session, batch.party_id, batch.product_id),
        events=[_stage_event(event) for event in standing(events_of(session, batch.id))],
        on=on,
    )


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


def _standing(query: Any) -> Any:
    """Only reports that were neither corrected nor withdrawn."""
    newer = select(Inspection.corrects_id).where(Inspection.corrects_id.is_not(None))
    gone = select(Withdrawal.inspection_id)
    return query.where(Inspection.id.not_in(newer), Inspection.id.not_in(gone))


def standing_inspections(session: Session, batch_id: uuid.UUID) -> list[Inspection]:
    """The reports on a batch that count, oldest first."""
    query = _standing(select(Inspection).where(Inspection.batch_id == batch_id))
    query = query.where(Inspection.kind == "batch").order_by(Inspection.recorded_at)
    return list(session.scalars(query.options(selectinload(Inspection.results))).unique())


def type_inspections_of(
    session: Session, party: uuid.UUID, product: uuid.UUID
) -> list[results.TypeInspection]:
    """The type inspections of a party's product that count."""
    query = _standing(
        select(Inspection).where(
            Inspection.kind == "type",
            Inspection.party_id == party,
            Inspection.product_id == product,
        )
    )
    rows = session.scalars(query.order_by(Inspection.recorded_at)).unique()
    return [
        results.TypeInspection(
            id=str(row.id),
            results=tuple(results_of(row)),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            number=row.number,
        )
        for row in rows
    ]


def results_of(inspection: Inspection) -> list[results.Result]:
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
        )
        for row in inspection.results
    ]


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


def judge_batch(act: Act, batch: Batch, cause: str) -> Verdict:
    """Judge a locked batch; keep the verdict where it says something new (so it is idempotent)."""
    said = judge_now(act.session, batch)
    lines, reasons = stored_lines(said), [reason._asdict() for reason in said.reasons]
    last = latest_verdict(act.session, batch.id)
    if last is not None and (last.outcome, last.lines, last.reasons) == (
        said.outcome.value,
        lines,
        reasons,
    ):
        return last
    verdict = Verdict(
        id=uuid.uuid4(),
        batch_id=batch.id,
        number=1 if last is None else last.number + 1,
        outcome=said.outcome.value,
        on_date=said.on,
        cause=cause,
        lines=lines,
        reasons=reasons,
        grade_reached=said.grade_reached,
        plan_id=uuid.UUID(said.plan_id) if said.plan_id else None,
        account_id=act.actor.account,
        judged_at=act.at,
    )
    act.session.add(verdict)
    act.session.flush()
    act.record(
        "verdict", verdict.id, batch=batch.id, number=verdict.number, outcome=verdict.outcome,
        on=verdict.on_date, cause=cause, grade_reached=verdict.grade_reached,
        plan=verdict.plan_id, reasons=reasons,
        lines=[line for line in lines if line["outcome"] != LineOutcome.NOT_TESTED.value],
    )  # fmt: skip
    return verdict


def stored_lines(said: Judgement) -> list[dict[str, object]]:
    """The lines as texts; what nobody asked for and nobody measured is kept short."""
    return [_stored(line.as_dict()) for line in said.lines]


def _stored(line: dict[str, object]) -> dict[str, object]:
    if line["outcome"] != LineOutcome.NOT_TESTED.value or line["asked"]:
        return line
    return {"outcome": line["outcome"], **{key: line[key] for key in UNTESTED_KEYS}}


def verdicts_of(session: Session, batch_id: uuid.UUID) -> Sequence[Verdict]:
    """Every verdict of a batch, newest first."""
    query = select(Verdict).where(Verdict.batch_id == batch_id)
    return session.scalars(query.order_by(Verdict.number.desc())).all()


def batches_locked(session: Session, ids: Iterable[uuid.UUID]) -> list[Batch]:
    """Batches locked in the order of their ids, so that two acts never wait for each other."""
    query = select(Batch).where(Batch.id.in_(list(ids))).order_by(Batch.id)
    return list(session.scalars(query.with_for_update(of=Batch)))
