"""The verbs of inputs (投入品): what was used on the goods, by whom supplied, under which number."""

import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.act import PRODUCER, Act
from core.errors import Conflict, FieldFault, Invalid, fault, not_found
from core.words import Words
from products.errors import RuleError
from products.numbers import parse_decimal
from trace.batches.input_models import BatchInput
from trace.batches.input_rules import LONGEST_INTERVAL, supplier_key
from trace.batches.lineage import held_for, recorded_before
from trace.batches.models import Batch
from trace.batches.service import batches_seen_by, own_batch


@dataclass(frozen=True)
class InputDraft:
    """What a producer says of one input; texts as typed."""

    kind: str
    name: str
    supplier: str
    amount_typed: str
    amount_unit: str
    method: str
    used_on: date
    registration: str | None = None
    supplier_number: str | None = None
    stopped_on: date | None = None
    interval_days: int | None = None


def log_input(act: Act, batch_id: uuid.UUID, draft: InputDraft) -> BatchInput:
    """The producer puts down an input of an own batch. Invalid names the fields."""
    act.need(PRODUCER)
    return _store(act, own_batch(act, batch_id), draft, None, None)


def correct_input(act: Act, input_id: uuid.UUID, draft: InputDraft, reason: str) -> BatchInput:
    """A new row in the place of an older one; both stay. Conflict where it was replaced before."""
    act.need(PRODUCER)
    old = visible_input(act, input_id)
    batch = own_batch(act, old.batch_id)
    newer = act.session.scalar(select(BatchInput.id).where(BatchInput.corrects_id == old.id))
    if newer is not None:
        raise Conflict(
            "already-corrected",
            Words(
                "这条记录已经被更正过，请更正新的那条。",
                "This entry was corrected already; correct the newer one.",
            ),
        )
    return _store(act, batch, draft, old.id, reason)


def visible_input(act: Act, input_id: uuid.UUID) -> BatchInput:
    """An input of a batch that the actor may know of; NotFound otherwise."""
    seen = batches_seen_by(act).with_only_columns(Batch.id)
    query = select(BatchInput).where(BatchInput.id == input_id, BatchInput.batch_id.in_(seen))
    row = act.session.scalars(query).first()
    if row is None:
        raise not_found("投入品记录", "input")
    return row


def inputs_of(session: Session, batch_id: uuid.UUID) -> list[BatchInput]:
    """All inputs of a batch, corrected ones too, in the order of their use.

    Those of the batches whose goods it is are among them, as far as they hold for it.
    """
    held = held_for(session, batch_id)
    logged: dict[uuid.UUID, list[BatchInput]] = {one: [] for one, _ in held}
    for row in session.scalars(select(BatchInput).where(BatchInput.batch_id.in_(logged))):
        logged[row.batch_id].append(row)
    found = (row for one, until in held for row in recorded_before(logged[one], until))
    return sorted(found, key=lambda row: (row.used_on, row.recorded_at, row.id))


def standing_inputs(rows: Iterable[BatchInput]) -> list[BatchInput]:
    """Those that no correction has replaced."""
    listed = list(rows)
    replaced = {row.corrects_id for row in listed if row.corrects_id}
    return [row for row in listed if row.id not in replaced]


def batches_with_input(session: Session, supplier_number: str) -> list[uuid.UUID]:
    """The batches on which goods of this supplier's number were used, oldest first.

    Only those on which it was put down; what they went into is found by walking on from them. A
    number that was corrected away does not count.
    """
    replaced = select(BatchInput.corrects_id).where(BatchInput.corrects_id.is_not(None))
    query = (
        select(BatchInput.batch_id)
        .join(Batch, Batch.id == BatchInput.batch_id)
        .where(BatchInput.supplier_key == supplier_key(supplier_number))
        .where(BatchInput.id.not_in(replaced))
        .order_by(Batch.created_at, Batch.id)
    )
    return list(dict.fromkeys(session.scalars(query)))


def _store(
    act: Act, batch: Batch, draft: InputDraft, corrects: uuid.UUID | None, reason: str | None
) -> BatchInput:
    faults = [*_date_faults(act, draft), *_amount_faults(draft)]
    if faults:
        raise Invalid("input-invalid", faults[0].message, faults)
    number = draft.supplier_number
    row = BatchInput(
        id=uuid.uuid4(),
        batch_id=batch.id,
        supplier_key=supplier_key(number) if number else None,
        corrects_id=corrects,
        reason=reason,
        party_id=act.party,
        account_id=act.actor.account,
        recorded_at=act.at,
        **asdict(draft),
    )
    said = asdict(draft)
    act.session.add(row)
    act.session.flush()
    act.record(
        "input" if corrects is None else "input-correction", row.id, batch=batch.id,
        corrects=corrects, reason=reason, input_kind=said.pop("kind"), **said,
    )  # fmt: skip
    return row


def _date_faults(act: Act, draft: InputDraft) -> list[FieldFault]:
    faults = []
    for name in ("used_on", "stopped_on"):
        day = getattr(draft, name)
        if day is not None and day > act.today:
            faults.append(
                fault(f"/{name}", "日期不能在今天以后", "The date may not be in the future")
            )
    if draft.stopped_on is not None and draft.stopped_on < draft.used_on:
        faults.append(
            fault(
                "/stopped_on",
                "停用日期不能早于使用日期",
                "The last day of use may not come before the first",
            )
        )
    if draft.interval_days is not None and not 0 <= draft.interval_days <= LONGEST_INTERVAL:
        faults.append(
            fault(
                "/interval_days",
                f"间隔期是 0 到 {LONGEST_INTERVAL} 的整数（天）",
                f"The interval is a whole number of days from 0 to {LONGEST_INTERVAL}",
            )
        )
    return faults


def _amount_faults(draft: InputDraft) -> list[FieldFault]:
    try:
        value = parse_decimal(draft.amount_typed)
    except RuleError as broken:
        return [FieldFault("/amount_typed", Words(*broken.words))]
    if value <= 0:
        return [fault("/amount_typed", "用量要大于 0", "The amount must be above 0")]
    return []
