"""The one place where batches are judged again, and where what follows is done (DESIGN §2, §6).

Every verb that can change a verdict stands here: it does its deed one floor down, then judges
every batch touched and lets its release or hold follow in the same transaction.
"""

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import select

from core.act import Act
from core.identity.models import Party
from products.catalogue.changes import Change
from products.catalogue.loader import load_catalogue
from products.licences.models import Licence
from products.licences.service import revoke_licence
from products.models import Product
from products.plans.models import ReleasePlan
from products.plans.service import PlanDraft, plan_on, set_release_plan
from products.standards.drafts import Amendment, EditionDraft, Proof, RequirementDraft
from products.standards.limits import (
    add_requirement,
    add_requirements,
    confirm_requirement,
    correct_requirement,
)
from products.standards.rules import rulebook_for
from products.standards.service import publish_edition
from products.standards.touched import Published, Revised, Touched, together
from trace.batches import service as log
from trace.batches.drafts import EventDraft, PlotShare
from trace.batches.lineage import families, generations, with_descendants
from trace.batches.models import Batch, Event
from trace.batches.splitting import PartDraft
from trace.batches.splitting import split_batch as split_off
from trace.inspections.dispositions import (
    carry_hold,
    check_split,
    follow_verdict,
    hold_for,
    release_rest,
)
from trace.inspections.entry import checked_values
from trace.inspections.judging import batches_locked
from trace.inspections.kept_verdicts import judge_batches
from trace.inspections.models import Inspection, Reinstatement, Result, Verdict, Withdrawal
from trace.inspections.service import (
    record_report,
    reinstate_report,
    visible_report,
    withdraw_report,
)
from trace.inspections.subjects import BATCH, TYPE
from trace.inspections.worksheets import (
    Signing,
    about_sheet,
    checked_sheet,
    locked_sheet,
    subject_of_sheet,
    verify,
)
from trace.laboratories.models import Calibration
from trace.laboratories.service import CalibrationDraft, record_calibration


def judge_and_follow(act: Act, batch: Batch, cause: str) -> Verdict:
    """Judge one locked batch and let its release or hold follow, on all that it went into too."""
    verdict = _judge_due(act, [(batch, cause)])[0]
    further = with_descendants(act.session, [batch.id]) - {batch.id}
    if further:
        rejudge(act, further, cause)
    return verdict


def _judge_due(act: Act, due: Sequence[tuple[Batch, str]]) -> list[Verdict]:
    """The same for several, each with what made it be judged: what went into others comes first."""
    by_id = {batch.id: (batch, cause) for batch, cause in due}
    layers = generations(act.session, by_id) if len(due) > 1 else [list(by_id)]
    found: dict[uuid.UUID, Verdict] = {}
    for layer in layers:
        for batch, verdict in judge_batches(act, [by_id[one] for one in layer]):
            follow_verdict(act, batch, verdict)
            found[batch.id] = verdict
    return [found[batch.id] for batch, _ in due]


def rejudge(act: Act, batch_ids: Iterable[uuid.UUID], cause: str) -> list[Verdict]:
    """Judge every one of these batches again."""
    return _judge_due(act, [(batch, cause) for batch in batches_locked(act.session, batch_ids)])


def rejudge_touched(act: Act, touched: Touched, cause: str) -> list[Verdict]:
    """Judge every batch again that a change of the rules may concern."""
    query = select(Batch.id).where(Batch.product_id.in_(touched.products))
    if touched.owner is not None:
        query = query.where(Batch.party_id == touched.owner)
    return rejudge(act, act.session.scalars(query), cause)


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
    lock_family(act, event.batch_id)
    batch = log.own_batch(act, event.batch_id)
    made = log.correct_event(act, event, batch, _checked(act, batch, draft), reason)
    rejudge(act, with_descendants(act.session, [batch.id]), "correction")
    return made


def _checked(act: Act, batch: Batch, draft: EventDraft) -> EventDraft:
    if not draft.readings:
        return draft
    plan = plan_on(act.session, batch.product_id, batch.production_date)
    items = frozenset(item.characteristic for item in plan.every_batch) if plan else frozenset()
    rules = rulebook_for(act.session, batch.product_id, batch.declared)
    readings = checked_values(rules, items, draft.readings, "/readings")
    return EventDraft(
        stage=draft.stage, happened_on=draft.happened_on, place=draft.place, note=draft.note,
        operator=draft.operator, readings=readings, documents=draft.documents,
    )  # fmt: skip


def confirm_batch(
    act: Act, batch_id: uuid.UUID, quantity: str | None, unit: str | None,
    plots: Sequence[PlotShare] = (),
) -> Batch:  # fmt: skip
    """The producer confirms the quantity; a conforming batch is then released by itself."""
    batch = log.confirm_quantity(act, batch_id, quantity, unit, plots)
    judge_and_follow(act, batch, "quantity")
    return batch


def split_batch(act: Act, batch_id: uuid.UUID, drafts: Sequence[PartDraft]) -> list[Batch]:
    """Parts of a batch become batches of their own; they and the rest are judged at once.

    What was recorded until now holds for all of them. A hold that a person decided goes with the
    parts; a released batch is released anew for what is left of it. Nothing leaves a batch that
    was rejected, recalled or conceded.
    """
    batch = log.locked_batch(act, batch_id)
    last = check_split(act.session, batch_id)
    parts = split_off(act, batch_id, drafts)
    for part in parts:
        carry_hold(act, part, last)
        judge_and_follow(act, part, "split")
    release_rest(act, batch, judge_and_follow(act, batch, "split"))
    return parts


def publish(act: Act, sheet_id: uuid.UUID, signing: Signing) -> Inspection:
    """A second person verifies a worksheet: it becomes a report, and verdicts follow from it."""
    return publish_all(act, [(sheet_id, signing)])[0]


def publish_all(act: Act, signed: Sequence[tuple[uuid.UUID, Signing]]) -> list[Inspection]:
    """The same for several worksheets: all of them are published, or none.

    Batches are judged together as long as what comes next cannot touch them; otherwise they are
    judged before it, so that every verdict is the one that publishing one by one would have given.
    """
    families = _locked_families(act, [sheet_id for sheet_id, _ in signed])
    due: dict[uuid.UUID, tuple[Batch, str]] = {}
    made: list[Inspection] = []
    for sheet_id, signing in signed:
        family = families[sheet_id]
        if not family or any(batch.id in due for batch in family):
            _judge_due(act, list(due.values()))
            due.clear()
        report = _publish(act, sheet_id, signing)
        made.append(report)
        cause = _CAUSES.get((report.kind, bool(report.corrects_id)), "inspection")
        if not family:
            _rejudge_covered(act, report, cause)
        due |= {batch.id: (batch, cause) for batch in family}
    _judge_due(act, list(due.values()))
    return made


def _publish(act: Act, sheet_id: uuid.UUID, signing: Signing) -> Inspection:
    sheet = locked_sheet(act, sheet_id)
    subject = subject_of_sheet(act, sheet)
    verify(act, sheet, signing)
    return record_report(act, sheet, subject, checked_sheet(act, sheet, subject))


def _locked_families(act: Act, sheet_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Batch]]:
    """The batch of each worksheet with its parts, locked; none for a type inspection.

    Parties come before batches, and each in the order of their ids.
    """
    about = {sheet_id: about_sheet(act, sheet_id) for sheet_id in sheet_ids}
    for party in sorted({one.party_id for one in about.values() if one.batch_id is None}):
        _lock_party(act, party)
    of_batch = families(act.session, {one.batch_id for one in about.values() if one.batch_id})
    every = set().union(*of_batch.values()) if of_batch else set()
    locked = {batch.id: batch for batch in batches_locked(act.session, every)}
    return {
        sheet_id: [batch for key, batch in locked.items() if key in of_batch.get(one.batch_id, ())]
        for sheet_id, one in about.items()
    }


_CAUSES = {
    (TYPE, False): "type-inspection",
    (TYPE, True): "inspection-corrected",
    (BATCH, True): "inspection-corrected",
}


def withdraw(act: Act, report_id: uuid.UUID, reason: str) -> Withdrawal:
    """A report is taken back; what rested on it is judged again at once."""
    report = visible_report(act, report_id)
    _lock_covered(act, report)
    row = withdraw_report(act, report, reason)
    act.session.expire(report, ["withdrawal"])
    _rejudge_covered(act, report, "withdrawal")
    return row


def reinstate(act: Act, report_id: uuid.UUID, reason: str) -> Reinstatement:
    """A withdrawal is taken back by another person; the report counts again."""
    report = visible_report(act, report_id)
    _lock_covered(act, report)
    row = reinstate_report(act, report, reason)
    _rejudge_covered(act, report, "reinstatement")
    return row


def lock_family(act: Act, batch_id: uuid.UUID) -> list[Batch]:
    """Lock a batch with its parts in the order of their ids, so that no two acts wait in a ring."""
    return batches_locked(act.session, with_descendants(act.session, [batch_id]))


def _lock_covered(act: Act, report: Inspection) -> list[Batch]:
    """Of two acts on the reports of one batch, or of one party's type inspections, one waits.

    Gives the batch with its parts; nothing for a type inspection, which locks the party.
    """
    if report.batch_id is not None:
        return lock_family(act, report.batch_id)
    _lock_party(act, report.party_id)
    return []


def _lock_party(act: Act, party_id: uuid.UUID) -> None:
    query = select(Party.id).where(Party.id == party_id)
    act.session.scalars(query.with_for_update(key_share=True)).one()


def covered_batches(act: Act, report: Inspection) -> set[uuid.UUID]:
    """The batches whose verdict may rest on a report."""
    if report.batch_id is not None:
        return with_descendants(act.session, [report.batch_id])
    query = select(Batch.id).where(
        Batch.party_id == report.party_id, Batch.product_id == report.product_id
    )
    return set(act.session.scalars(query))


def _rejudge_covered(act: Act, report: Inspection, cause: str) -> None:
    rejudge(act, covered_batches(act, report), cause)


def add_limit(act: Act, clause_id: uuid.UUID, draft: RequirementDraft) -> Revised:
    """A limit is entered; what was measured already is held against it at once."""
    made = add_requirement(act, clause_id, draft)
    rejudge_touched(act, made.touched, "limit-added")
    return made


def add_limits(act: Act, clause_id: uuid.UUID, drafts: Sequence[RequirementDraft]) -> list[Revised]:
    """The limits of a clause are entered as a set: all of them, or none."""
    made = add_requirements(act, clause_id, drafts)
    rejudge_touched(act, together(revised.touched for revised in made), "limit-added")
    return made


def calibrate(act: Act, instrument_id: uuid.UUID, draft: CalibrationDraft) -> Calibration:
    """A calibration goes on file: what the instrument measured may count now, or not any more."""
    made = record_calibration(act, instrument_id, draft)
    query = select(Inspection).where(
        Inspection.id.in_(select(Result.inspection_id).where(Result.instrument_id == instrument_id))
    )
    batches: set[uuid.UUID] = set()
    for report in act.session.scalars(query).unique():
        batches |= covered_batches(act, report)
    rejudge(act, batches, "calibration")
    return made


def confirm_limit(act: Act, requirement_id: uuid.UUID, proof: Proof) -> Revised:
    """The authority confirms a limit with evidence."""
    made = confirm_requirement(act, requirement_id, proof)
    rejudge_products(act, made.touched.products, "limit-confirmed")
    return made


def correct_limit(act: Act, requirement_id: uuid.UUID, amendment: Amendment) -> Revised:
    """A limit is corrected with evidence and a reason."""
    made = correct_requirement(act, requirement_id, amendment)
    rejudge_touched(act, made.touched, "limit-corrected")
    return made


def put_in_force(act: Act, standard_id: uuid.UUID, draft: EditionDraft) -> Published:
    """An edition is published: it closes the one before it."""
    made = publish_edition(act, standard_id, draft)
    rejudge_touched(act, made.touched, "edition")
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
