"""加工: batches go into others - mixed, packed anew, made into another form - in one act.

One posting moves the goods; every output is a batch that knows which inputs went into it. What
follows (judging the outputs) is done one floor up.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, PRODUCER, Act
from core.errors import invalid_field, not_found
from core.identity.models import Party
from products.forms.service import conversion_of, range_of
from trace.batches.drafts import Quantity
from trace.batches.lineage import next_origin_number
from trace.batches.models import TRANSFORM, Batch, BatchOrigin, Processing
from trace.batches.numbers import next_number, number_fits
from trace.batches.portions import Portions
from trace.batches.processing_checks import (
    OutputDraft,
    ProcessDraft,
    check_day,
    checked_kind,
    input_amounts,
    left_range,
    lost_of,
    output_amounts,
    portions_of,
)
from trace.batches.service import batch_facts, holding_of
from trace.books.balance import Line
from trace.books.models import LOSS, PROCESS, STOCK
from trace.books.service import Move, book_lines


@dataclass(frozen=True)
class Processed:
    """What was written: the act and the batches that came out of it."""

    row: Processing
    outputs: list[Batch]


def process(act: Act, inputs: Sequence[Batch], draft: ProcessDraft) -> Processed:
    """Put `inputs`, own and locked and in the order of the draft, into new batches.

    Raises Invalid naming /inputs/n or /outputs/n, Conflict where goods are not there.
    """
    act.need(PRODUCER)
    form = checked_kind(inputs, draft)
    check_day(act, inputs, draft)
    went_in = input_amounts(act, inputs, draft)
    came_out = output_amounts(inputs[0].product, form, draft)
    lost = lost_of(inputs[0], form, went_in, came_out)
    within = range_of(
        conversion_of(act.session, inputs[0].product_id, inputs[0].form, form)
        if form != inputs[0].form
        else None
    )
    outside = left_range(inputs[0], form, went_in, came_out, within, draft)
    portions = portions_of(inputs, went_in, came_out, draft)
    batches = _opened(act, inputs, form, draft, came_out)
    row = Processing(
        id=uuid.uuid4(), kind=draft.kind, party_id=act.party, product_id=inputs[0].product_id,
        from_form=inputs[0].form, to_form=form, went_in=sum(went_in),
        came_out=sum(out.amount for out in came_out), lost=sum(lost),
        happened_on=draft.happened_on, low=within.low if within else None,
        high=within.high if within else None, range_proven=within is not None and within.proven,
        outside=outside, reason=draft.reason, account_id=act.actor.account, at=act.at,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    moves = _moves(inputs, went_in, lost, batches, form)
    book_lines(act, "processing" if draft.kind == TRANSFORM else draft.kind, moves, row.id)
    _link(act, row, inputs, batches, portions)
    _put_on_record(act, row, inputs, went_in, batches, portions)
    return Processed(row, batches)


def _opened(
    act: Act, inputs: Sequence[Batch], form: str, draft: ProcessDraft, amounts: Sequence[Quantity]
) -> list[Batch]:
    act.session.scalars(select(Party.id).where(Party.id == act.party).with_for_update()).one()
    taken = set(act.session.scalars(select(Batch.number).where(Batch.party_id == act.party)))
    made = []
    for place, (out, amount) in enumerate(zip(draft.outputs, amounts, strict=True)):
        if out.batch is not None:
            batch = _declared(act, out.batch, inputs, form, place)
        else:
            batch = _new(act, inputs, form, draft, out, taken, place)
        batch.quantity, batch.base = amount.amount, amount.base
        batch.quantity_typed, batch.quantity_unit = out.quantity, amount.unit
        batch.confirmed_at, batch.confirmed_by = act.at, act.actor.account
        act.session.add(batch)
        act.session.flush()
        if out.batch is None:
            act.record("batch", batch.id, **batch_facts(batch))
        made.append(batch)
    if len({batch.id for batch in made}) < len(made):
        raise invalid_field("output-twice", "/outputs", "同一批写了两次", "A batch is named twice")
    return made


def _declared(
    act: Act, batch_id: uuid.UUID, inputs: Sequence[Batch], form: str, place: int
) -> Batch:
    """A batch of one's own that was opened before and has no goods yet."""
    query = select(Batch).where(Batch.id == batch_id, Batch.party_id == act.party)
    options = {"populate_existing": True}
    batch = act.session.scalars(
        query.with_for_update(of=Batch).execution_options(**options)
    ).first()
    pointer = f"/outputs/{place}/batch"
    if batch is None:
        raise invalid_field("no-such-batch", pointer, "没有这批", "There is no such batch")
    if batch.id in {one.id for one in inputs}:
        raise invalid_field(
            "loop", pointer, "一批不能又是投入又是产出", "A batch cannot go into itself"
        )
    if batch.confirmed_at is not None:
        raise invalid_field(
            "has-goods", pointer, f"批次 {batch.number} 的数量已经确认，不能再装进别的货",
            f"Batch {batch.number} is confirmed already and takes nothing more in",
        )  # fmt: skip
    if (batch.product_id, batch.form) != (inputs[0].product_id, form):
        raise invalid_field(
            "other-goods", pointer, f"批次 {batch.number} 的产品或形态不同",
            f"Batch {batch.number} is of another product or form",
        )  # fmt: skip
    linked = or_(BatchOrigin.batch_id == batch.id, BatchOrigin.parent_id == batch.id)
    if act.session.scalars(select(BatchOrigin.id).where(linked)).first() is not None:
        raise invalid_field(
            "has-parts", pointer, f"批次 {batch.number} 拆过，不能再装进别的货；请另开一批",
            f"Batch {batch.number} was split and takes nothing in; open another batch",
        )  # fmt: skip
    batch.version += 1
    return batch


def _new(
    act: Act, inputs: Sequence[Batch], form: str, draft: ProcessDraft, out: OutputDraft,
    taken: set[str], place: int,
) -> Batch:  # fmt: skip
    """A new batch; mixed goods are as old as the oldest of them (and keep as long as the first)."""
    first, same_form = inputs[0], form == inputs[0].form
    made_on = min(b.production_date for b in inputs) if same_form else draft.happened_on
    number = out.number or next_number(first.product.name, draft.happened_on, frozenset(taken))
    _check_number(number, taken, place)
    taken.add(number)
    if out.grade is not None and out.grade not in first.product.names("grade"):
        known = "、".join(first.product.names("grade")) or "（没有）"
        raise invalid_field(
            "no-such-grade", f"/outputs/{place}/grade", f"没有这个等级，可选：{known}",
            f"Known grades: {known}",
        )  # fmt: skip
    return Batch(
        id=uuid.uuid4(), party_id=act.party, party=first.party, product_id=first.product_id,
        product=first.product, number=number, form=form,
        process=draft.process or _common([b.process for b in inputs]),
        condition=_common([b.condition for b in inputs]) if same_form else None,
        grade=out.grade or (_common([b.grade for b in inputs]) if same_form else None),
        production_date=made_on, best_before=_best_before(inputs, draft, same_form),
        place_code=_common([b.place_code for b in inputs]),
        place=_common([b.place for b in inputs]),
        declared=sorted(set.intersection(*(set(b.declared) for b in inputs))),
        account_id=act.actor.account, created_at=act.at, version=1,
    )  # fmt: skip


def _check_number(number: str, taken: set[str], place: int) -> None:
    if not number_fits(number):
        raise invalid_field(
            "number", f"/outputs/{place}/number", "批号只能用 A–Z、0–9 和 -，最多 20 个字符",
            "Batch numbers use A–Z, 0–9 and -, at most 20 characters",
        )  # fmt: skip
    if number in taken:
        raise invalid_field(
            "number-taken", f"/outputs/{place}/number", f"批号 {number} 已经用过，请换一个",
            f"Batch number {number} is already in use",
        )  # fmt: skip


def _common(values: Sequence[str | None]) -> str | None:
    """What all of them share; None where they differ."""
    return values[0] if len(set(values)) == 1 else None


def _best_before(inputs: Sequence[Batch], draft: ProcessDraft, same_form: bool) -> date | None:
    days = [b.best_before for b in inputs if b.best_before is not None] if same_form else []
    if draft.best_before is not None:
        days.append(draft.best_before)
    return min(days, default=None)


def _moves(
    inputs: Sequence[Batch], went_in: Sequence[int], lost: Sequence[int],
    outputs: Sequence[Batch], form: str,
) -> list[Move]:  # fmt: skip
    """Out of the inputs' stock and into that of the outputs; by way of `process` between forms."""
    moves: list[Move] = []
    for batch, amount, gone in zip(inputs, went_in, lost, strict=True):
        moves.append((holding_of(batch), Line(STOCK, -amount, batch.form)))
        moves.append((holding_of(batch), Line(LOSS, gone, batch.form)))
        if form != batch.form:
            moves.append((holding_of(batch), Line(PROCESS, amount, batch.form)))
    for batch in outputs:
        if form != inputs[0].form:
            moves.append((holding_of(batch), Line(PROCESS, -batch.quantity, form)))
        moves.append((holding_of(batch), Line(STOCK, batch.quantity, form)))
    return moves


def _link(
    act: Act, row: Processing, inputs: Sequence[Batch], outputs: Sequence[Batch],
    portions: Portions,
) -> None:  # fmt: skip
    for batch, shares in zip(outputs, portions, strict=True):
        for source, amount in zip(inputs, shares, strict=True):
            if not amount:
                continue
            act.session.add(
                BatchOrigin(
                    id=uuid.uuid4(), number=next_origin_number(act.session), kind=row.kind,
                    batch_id=batch.id, parent_id=source.id, quantity=amount, posting=row.id,
                    account_id=act.actor.account, at=act.at,
                )
            )  # fmt: skip
    act.session.flush()


def _put_on_record(
    act: Act, row: Processing, inputs: Sequence[Batch], went_in: Sequence[int],
    outputs: Sequence[Batch], portions: Portions,
) -> None:  # fmt: skip
    act.record(
        "processing", row.id, processing_kind=row.kind, party=row.party_id, product=row.product_id,
        happened_on=row.happened_on, from_form=row.from_form, to_form=row.to_form,
        inputs=[[str(b.id), str(amount)] for b, amount in zip(inputs, went_in, strict=True)],
        outputs=[[str(b.id), str(b.quantity)] for b in outputs],
        portions=[[str(amount) for amount in shares] for shares in portions],
        lost=str(row.lost), outside=row.outside, reason=row.reason,
    )  # fmt: skip


def processings_seen_by(act: Act) -> Select[Processing]:
    """All for the authority, one's own for others."""
    query = select(Processing)
    return query if act.actor.is_a(AUTHORITY) else query.where(Processing.party_id == act.party)


def visible_processing(act: Act, processing_id: uuid.UUID) -> Processing:
    """An act of processing that the actor may know of; NotFound otherwise."""
    query = processings_seen_by(act).where(Processing.id == processing_id)
    row = act.session.scalars(query).first()
    if row is None:
        raise not_found("加工记录", "processing")
    return row


def origins_written(session: Session, posting: uuid.UUID) -> list[BatchOrigin]:
    """What went into what by one posting, in the order in which it was written."""
    query = select(BatchOrigin).where(BatchOrigin.posting == posting)
    return list(session.scalars(query.order_by(BatchOrigin.number)))
