"""The one place where batches are judged again, and where what follows is done (DESIGN §2, §6).

Every verb that can change a verdict stands here: it does its deed one floor down, then judges
every batch touched and lets its release or hold follow in the same transaction.
"""

import uuid
from collections.abc import Iterable

from sqlalchemy import select

from core.act import Act
from products.catalogue.changes import Change
from products.catalogue.loader import load_catalogue
from products.licences.models import Licence
from products.licences.service import revoke_licence
from products.models import Product
from products.plans.models import ReleasePlan
from products.plans.service import PlanDraft, plan_on, set_release_plan
from products.standards.drafts import Amendment, EditionDraft, Proof, RequirementDraft
from products.standards.rules import rulebook_for
from products.standards.service import (
    add_requirement,
    confirm_requirement,
    correct_requirement,
    publish_edition,
)
from products.standards.touched import Published, Revised
from trace.batches import service as log
from trace.batches.drafts import EventDraft
from trace.batches.models import Batch, Event
from trace.inspections.dispositions import follow_verdict, hold_for
from trace.inspections.entry import checked_values
from trace.inspections.judging import batches_locked, judge_batch
from trace.inspections.models import Inspection, Verdict, Withdrawal
from trace.inspections.service import (
    TYPE,
    ReportDraft,
    own_report,
    record_report,
    subject_of_batch,
    subject_of_type,
    visible_report,
    withdraw_report,
)


def judge_and_follow(act: Act, batch: Batch, cause: str) -> Verdict:
    """Judge one locked batch and let its release or hold follow."""
    verdict = judge_batch(act, batch, cause)
    follow_verdict(act, batch, verdict)
    return verdict


def rejudge(act: Act, batch_ids: Iterable[uuid.UUID], cause: str) -> list[Verdict]:
    """Judge every one of these batches again."""
    return [judge_and_follow(act, batch, cause) for batch in batches_locked(act.session, batch_ids)]


def rejudge_products(act: Act, product_ids: Iterable[uuid.UUID], cause: str) -> list[Verdict]:
    """Judge every batch of these products again."""
    query = select(Batch.id).where(Batch.product_id.in_(list(product_ids)))
    return rejudge(act, act.session.scalars(query), cause)


def log_stage(act: Act, batch_id: uuid.UUID, draft: EventDraft) -> Event:
    """The producer logs a fact of one stage."""
    batch = log.own_batch(act, batch_id)
    event = log.log_event(act, batch, _checked(act, batch, draft))
    judge_and_follow(act, batch, "event")
    return event


def correct_stage(act: Act, event_id: uuid.UUID, draft: EventDraft, reason: str) -> Event:
    """The producer corrects a fact: a new one takes its place, both stay."""
    event = log.visible_event(act, event_id)
    batch = log.own_batch(act, event.batch_id)
    made = log.correct_event(act, event, batch, _checked(act, batch, draft), reason)
    judge_and_follow(act, batch, "correction")
    return made


def _checked(act: Act, batch: Batch, draft: EventDraft) -> EventDraft:
    if not draft.readings:
        return draft
    plan = plan_on(act.session, batch.product_id, batch.production_date)
    items = frozenset(item.characteristic for item in plan.every_batch) if plan else frozenset()
    rules = rulebook_for(act.session, batch.product_id)
    readings = checked_values(rules, items, draft.readings, "/readings")
    return EventDraft(
        stage=draft.stage, happened_on=draft.happened_on, place=draft.place, note=draft.note,
        operator=draft.operator, readings=readings, documents=draft.documents,
    )  # fmt: skip


def confirm_batch(act: Act, batch_id: uuid.UUID, quantity: str | None, unit: str | None) -> Batch:
    """The producer confirms the quantity; a conforming batch is then released by itself."""
    batch = log.confirm_quantity(act, batch_id, quantity, unit)
    judge_and_follow(act, batch, "quantity")
    return batch


def inspect_batch(act: Act, batch_id: uuid.UUID, draft: ReportDraft) -> Inspection:
    """A laboratory reports on a batch that was sent to it."""
    batch = log.locked_batch(act, batch_id)
    report = record_report(act, subject_of_batch(act, batch), draft)
    judge_and_follow(act, batch, "inspection")
    return report


def inspect_type(
    act: Act, party_id: uuid.UUID, product_id: uuid.UUID, draft: ReportDraft
) -> Inspection:
    """A laboratory reports a type inspection of a party's product."""
    product = act.session.get_one(Product, product_id)
    report = record_report(act, subject_of_type(act, party_id, product), draft)
    _rejudge_covered(act, report, "type-inspection")
    return report


def correct_report(act: Act, report_id: uuid.UUID, draft: ReportDraft, reason: str) -> Inspection:
    """The laboratory corrects its report: a new one takes its place, both stay."""
    report = own_report(act, report_id)
    batch = log.locked_batch(act, report.batch_id) if report.batch_id else None
    if batch is not None:
        subject = subject_of_batch(act, batch)
    else:
        product = act.session.get_one(Product, report.product_id)
        subject = subject_of_type(act, report.party_id, product)
    made = record_report(act, subject, draft, report, reason)
    _rejudge_covered(act, made, "inspection-corrected")
    return made


def withdraw(act: Act, report_id: uuid.UUID, reason: str) -> Withdrawal:
    """A report is taken back; what rested on it is judged again at once."""
    report = visible_report(act, report_id)
    row = withdraw_report(act, report, reason)
    act.session.expire(report, ["withdrawal"])
    _rejudge_covered(act, report, "withdrawal")
    return row


def _rejudge_covered(act: Act, report: Inspection, cause: str) -> None:
    if report.kind != TYPE:
        assert report.batch_id is not None
        rejudge(act, [report.batch_id], cause)
        return
    query = select(Batch.id).where(
        Batch.party_id == report.party_id, Batch.product_id == report.product_id
    )
    rejudge(act, act.session.scalars(query), cause)


def add_limit(act: Act, clause_id: uuid.UUID, draft: RequirementDraft) -> Revised:
    """The authority enters a limit; what was measured already is held against it at once."""
    made = add_requirement(act, clause_id, draft)
    rejudge_products(act, made.touched.products, "limit-added")
    return made


def confirm_limit(act: Act, requirement_id: uuid.UUID, proof: Proof) -> Revised:
    """The authority confirms a limit with evidence."""
    made = confirm_requirement(act, requirement_id, proof)
    rejudge_products(act, made.touched.products, "limit-confirmed")
    return made


def correct_limit(act: Act, requirement_id: uuid.UUID, amendment: Amendment) -> Revised:
    """The authority corrects a limit with evidence and a reason."""
    made = correct_requirement(act, requirement_id, amendment)
    rejudge_products(act, made.touched.products, "limit-corrected")
    return made


def put_in_force(act: Act, standard_id: uuid.UUID, draft: EditionDraft) -> Published:
    """The authority publishes an edition: it closes the one before it."""
    made = publish_edition(act, standard_id, draft)
    rejudge_products(act, made.touched.products, "edition")
    return made


def renew_catalogue(act: Act) -> list[Change]:
    """The built-in catalogue is loaded; what it changed is judged again."""
    changes = [change for change in load_catalogue(act) if change.action != "kept"]
    named = {change.product_id for change in changes}
    everything = (
        select(Product.id) if None in named else select(Product.id).where(Product.id.in_(named))
    )
    rejudge_products(act, act.session.scalars(everything).all(), "catalogue")
    return changes


def put_plan(act: Act, product_id: uuid.UUID, draft: PlanDraft) -> ReleasePlan:
    """The authority sets a product's release plan."""
    plan = set_release_plan(act, product_id, draft)
    rejudge_products(act, [product_id], "release-plan")
    return plan


def take_licence(act: Act, licence_id: uuid.UUID, reason: str) -> Licence:
    """The authority revokes a licence: every released batch under it is held."""
    licence = revoke_licence(act, licence_id, reason)
    query = select(Batch.id).where(
        Batch.party_id == licence.party_id, Batch.product_id == licence.product_id
    )
    for batch in batches_locked(act.session, act.session.scalars(query)):
        hold_for(act, batch, f"准入被撤销：{reason}")
    return licence
