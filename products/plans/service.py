"""Release plans: dated, each closing the one before it. No plan, no release."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, Act
from core.errors import FieldFault, Invalid, fault, not_found
from products import requirements as rules
from products.errors import RuleError
from products.evidence import checked_evidence
from products.models import ENTERED, Product
from products.plans.models import ReleasePlan
from products.requirements import Certainty, PlanItem, standard_of
from products.standards.limits import characteristic_named
from products.standards.models import Characteristic, Standard
from products.standards.stamp import kept


@dataclass(frozen=True)
class PlanDraft:
    """A plan as the authority enters it; `standard` with or without its year.

    `type_items` None: every enforced requirement of stage testing; empty: no type inspection.
    `type_per_year` n gives a type inspection 12/n months, unless `type_months` says otherwise.
    `sample` marks the plans of the sample data (示例).
    """

    starts: date
    standard: str
    source: str
    every_batch: Sequence[PlanItem]
    clause: str | None = None
    type_items: Sequence[str] | None = None
    type_per_year: int | None = None
    type_months: int | None = None
    stage_events: Sequence[str] = ()
    documents: Sequence[tuple[str, str]] = ()
    evidence: UUID | None = None
    sample: bool = False


def plans_of(session: Session, product_id: UUID) -> list[ReleasePlan]:
    """All plans of a product; of two that start on one day the later entered comes first."""
    query = select(ReleasePlan).where(ReleasePlan.product_id == product_id)
    newest = (ReleasePlan.starts.desc(), ReleasePlan.created_at.desc())
    return list(session.scalars(query.order_by(*newest)))


def plan_on(session: Session, product_id: UUID, on: date) -> rules.ReleasePlan | None:
    """The plan of a product on a day, as the judge knows it; None: 放行方案待定."""
    return plans_by_day(session, product_id)(on)


def plan_row_on(session: Session, product_id: UUID, on: date) -> ReleasePlan | None:
    """The last plan that had started by that day, if it had not ended."""
    started = (row for row in plans_of(session, product_id) if row.starts <= on)
    latest = next(started, None)
    return latest if latest and (latest.ends is None or on <= latest.ends) else None


def plans_by_day(session: Session, product_id: UUID) -> Callable[[date], rules.ReleasePlan | None]:
    """What `plan_on` says of any day. Kept in the process until a plan or a rule changes."""
    return kept(session, "plans", product_id, lambda: _by_day(plans_of(session, product_id)))


def _by_day(rows: Sequence[ReleasePlan]) -> Callable[[date], rules.ReleasePlan | None]:
    newest_first = [(row.starts, plan_rule(row)) for row in rows]

    def on_day(on: date) -> rules.ReleasePlan | None:
        latest = next((plan for starts, plan in newest_first if starts <= on), None)
        return latest if latest and (latest.ends is None or on <= latest.ends) else None

    return on_day


def plan_rule(row: ReleasePlan) -> rules.ReleasePlan:
    """A plan of the database as the judge knows it; its id is that of the row as text."""
    return rules.ReleasePlan(
        id=str(row.id),
        standard=row.standard,
        clause=row.clause or "",
        source=row.source,
        every_batch=tuple(PlanItem(**item) for item in row.every_batch),
        certainty=Certainty(row.certainty),
        type_items=None if row.type_items is None else tuple(row.type_items),
        type_per_year=row.type_per_year,
        type_months=row.type_months,
        stage_events=tuple(row.stage_events),
        documents=tuple((stage, name) for stage, name in row.documents),
        starts=row.starts,
        ends=row.ends,
        sample=row.sample,
    )


def plan_values(plan: rules.ReleasePlan) -> dict[str, Any]:
    """The columns of a plan, its days left out."""
    return {
        "standard": plan.standard,
        "clause": plan.clause or None,
        "source": plan.source,
        "every_batch": [
            {
                "characteristic": item.characteristic,
                "characteristic_en": item.characteristic_en,
                "clause": item.clause,
            }
            for item in plan.every_batch
        ],
        "certainty": plan.certainty.value,
        "type_items": None if plan.type_items is None else list(plan.type_items),
        "type_per_year": plan.type_per_year,
        "type_months": plan.type_months,
        "stage_events": list(plan.stage_events),
        "documents": [list(document) for document in plan.documents],
        "sample": plan.sample,
    }


def plan_facts(row: ReleasePlan) -> dict[str, object]:
    """What the record keeps of a plan."""
    return plan_values(plan_rule(row)) | {
        "product": row.product_id,
        "starts": row.starts,
        "evidence": row.evidence_id,
    }


def put_plan(session: Session, row: ReleasePlan) -> None:
    """Store a plan; the ones before it end the day before, or on its own day at the earliest."""
    for earlier in plans_of(session, row.product_id):
        if earlier.starts <= row.starts and (earlier.ends is None or earlier.ends >= row.starts):
            same_day = earlier.starts == row.starts
            earlier.ends = row.starts if same_day else row.starts - timedelta(days=1)
    session.add(row)
    session.flush()


def set_release_plan(act: Act, product_id: UUID, draft: PlanDraft) -> ReleasePlan:
    """The authority sets a product's plan from a day on, with its source.

    A verb of trace/inspections calls this and judges again what it touches. Raises Invalid naming
    the fields, NotFound for an unknown product.
    """
    act.need(AUTHORITY)
    product = act.session.scalars(
        select(Product).where(Product.id == product_id).with_for_update(of=Product, key_share=True)
    ).first()
    if product is None:
        raise not_found("产品", "product")
    faults = [
        *_day_faults(act, product_id, draft),
        *_item_faults(act.session, draft),
        *_standard_faults(act.session, draft),
        *_stage_faults(draft),
        *_period_faults(draft),
    ]
    if faults:
        raise Invalid("plan-invalid", faults[0].message, faults)
    row = ReleasePlan(
        id=uuid.uuid4(),
        product_id=product_id,
        starts=draft.starts,
        origin=ENTERED,
        created_at=act.at,
        evidence_id=checked_evidence(act, draft.evidence),
        **plan_values(_checked_rule(draft)),
    )
    for item in draft.every_batch:
        characteristic_named(act.session, item.characteristic, item.characteristic_en)
    put_plan(act.session, row)
    act.record("release-plan", row.id, **plan_facts(row))
    return row


def _checked_rule(draft: PlanDraft) -> rules.ReleasePlan:
    try:
        return rules.ReleasePlan(
            id="",
            standard=draft.standard,
            clause=draft.clause or "",
            source=draft.source,
            every_batch=tuple(draft.every_batch),
            certainty=Certainty.CONFIRMED,
            type_items=None if draft.type_items is None else tuple(draft.type_items),
            type_per_year=draft.type_per_year,
            type_months=draft.type_months,
            stage_events=tuple(draft.stage_events),
            documents=tuple(draft.documents),
            sample=draft.sample,
        )
    except RuleError as wrong:
        raise Invalid(wrong.code, wrong.words, [FieldFault("/every_batch", wrong.words)]) from wrong


def _day_faults(act: Act, product_id: UUID, draft: PlanDraft) -> list[FieldFault]:
    """A new plan may correct the last one from its own first day, but not start before it."""
    latest = next(iter(plans_of(act.session, product_id)), None)
    if latest is None or draft.starts >= latest.starts:
        return []
    return [
        fault(
            "/starts",
            f"已有从 {latest.starts} 起的放行方案，新方案不能更早",
            f"There is a plan from {latest.starts} on; a new one cannot start before it",
        )
    ]


def _item_faults(session: Session, draft: PlanDraft) -> list[FieldFault]:
    known = set(session.scalars(select(Characteristic.name)))
    faults: list[FieldFault] = []
    asked: set[str] = set()
    for place, item in enumerate(draft.every_batch):
        pointer = f"/every_batch/{place}/characteristic"
        if item.characteristic in asked:
            faults.append(fault(pointer, "重复的项目", "This item is there twice"))
        elif item.characteristic not in known and not item.clause:
            faults.append(_unknown_item(pointer, item.characteristic))
        asked.add(item.characteristic)
    for place, name in enumerate(draft.type_items or ()):
        if name not in known | asked:
            faults.append(_unknown_item(f"/type_items/{place}", name))
    return faults


def _unknown_item(pointer: str, name: str) -> FieldFault:
    return fault(
        pointer,
        f"没有“{name}”这个检验项目；没有数值的项目请写明条款",
        f"There is no characteristic {name}; an item without a number needs its clause",
    )


def _standard_faults(session: Session, draft: PlanDraft) -> list[FieldFault]:
    query = select(Standard.id).where(Standard.number == standard_of(draft.standard))
    if session.scalar(query) is not None:
        return []
    return [
        fault(
            "/standard",
            f"没有标准“{draft.standard}”，请先登记",
            f"There is no standard {draft.standard}; register it first",
        )
    ]


def _period_faults(draft: PlanDraft) -> list[FieldFault]:
    asked = draft.type_items is None or len(draft.type_items) > 0
    if not asked or draft.type_per_year or draft.type_months:
        return []
    return [
        fault(
            "/type_months",
            "要求型式检验时要写明有效期（月）或每年次数；不要求就把 type_items 填成空列表",
            "A type inspection needs its validity in months or its times a year; to ask none, "
            "give type_items as an empty list",
        )
    ]


def _stage_faults(draft: PlanDraft) -> list[FieldFault]:
    named = [(f"/stage_events/{n}", stage) for n, stage in enumerate(draft.stage_events)]
    named += [(f"/documents/{n}/stage", stage) for n, (stage, _) in enumerate(draft.documents)]
    return [
        fault(pointer, f"没有“{stage}”这个环节", f"{stage} is not one of the nine stages")
        for pointer, stage in named
        if stage not in rules.STAGES
    ]
