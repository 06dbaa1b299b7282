"""Splitting a batch: a part of it becomes a batch of its own, with its own verdict.

Nothing is averaged: the goods of a part leave the batch, in the books too. What follows (judging
both, shrinking the release) is done one floor up.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import select

from core.act import INSPECTOR, PRODUCER, Act
from core.clock import now
from core.errors import Conflict, FieldFault, Forbidden, Invalid, fault, invalid_field
from core.identity.models import Party
from core.words import Words
from products.numbers import exact_decimal, plain_text
from products.units import unit
from trace.batches.drafts import Quantity, checked_quantity
from trace.batches.lineage import next_origin_number
from trace.batches.models import SPLIT, Batch, BatchOrigin, Submission
from trace.batches.numbers import part_number
from trace.batches.service import (
    batch_facts,
    holding_of,
    laboratories_of,
    locked_batch,
)
from trace.books.models import STOCK
from trace.books.service import book_split, ledger_balances

MOST_PARTS = 20
_SAME = (
    "party_id", "product_id", "form", "process", "condition", "grade", "base", "production_date",
    "best_before", "place_code", "place", "confirmed_at", "confirmed_by",
)  # fmt: skip


@dataclass(frozen=True)
class PartDraft:
    """A part as it is named: how much, and a word on which part it is. Unit: that of the batch."""

    quantity: str
    unit: str | None = None
    note: str | None = None


def split_batch(act: Act, batch_id: uuid.UUID, drafts: Sequence[PartDraft]) -> list[Batch]:
    """Split parts off a batch; the answer is the parts, the rest stays where it was.

    For the owner, and for a laboratory that the batch was sent to. Before the quantity is
    confirmed the declared quantity is divided, afterwards goods without labels change batch. The
    laboratories of the batch see the parts. Raises Invalid naming the part, Conflict where too
    little is there without labels.
    """
    batch = locked_batch(act, batch_id)
    _check_right(act, batch)
    amounts = _amounts(batch, drafts)
    _check_rest(act, batch, sum(amount.amount for amount in amounts))
    # Whoever recorded something on the batch before has committed: we hold its lock. The moment
    # is taken now and not when the act began, so that all of it holds for the parts as well.
    moment = max(act.at, now())
    numbers = _numbers(act, batch, len(drafts))
    parts = [
        _split_off(act, batch, draft, amount, number, moment)
        for draft, amount, number in zip(drafts, amounts, numbers, strict=True)
    ]
    _shrink(batch, sum(part.quantity for part in parts))
    act.session.flush()
    act.record(
        "split", batch.id, base=batch.base, left=str(batch.quantity),
        parts=[
            {"batch": str(part.id), "number": part.number, "quantity": str(part.quantity),
             "note": draft.note}
            for part, draft in zip(parts, drafts, strict=True)
        ],
    )  # fmt: skip
    return parts


def _check_right(act: Act, batch: Batch) -> None:
    owns = act.actor.is_a(PRODUCER) and batch.party_id == act.actor.party
    if owns:
        return
    if act.actor.is_a(INSPECTOR) and act.actor.party in laboratories_of(act.session, batch.id):
        return
    raise Forbidden(
        "not-yours-to-split",
        Words(
            "只有货主和收到送检的检验机构可以拆分批次。",
            "Only the owner and a laboratory that the batch was sent to may split it.",
        ),
    )


def _amounts(batch: Batch, drafts: Sequence[PartDraft]) -> list[Quantity]:
    if not drafts:
        raise invalid_field("no-parts", "/parts", "至少写一份", "Name at least one part")
    amounts: list[Quantity] = []
    faults: list[FieldFault] = []
    for place, draft in enumerate(drafts):
        symbol = draft.unit or batch.quantity_unit
        try:
            amounts.append(checked_quantity(batch.product, batch.form, draft.quantity, symbol))
        except Invalid as wrong:
            faults += [FieldFault(f"/parts/{place}{f.pointer}", f.message) for f in wrong.faults]
    if faults:
        raise Invalid("part-invalid", faults[0].message, faults)
    return amounts


def _check_rest(act: Act, batch: Batch, taken: int) -> None:
    """Something stays on the batch; and only goods without labels can go."""
    if taken >= batch.quantity:
        rest = _in_unit(batch, batch.quantity)
        words = fault(
            "/parts",
            f"拆出去的要比整批少：这批共 {rest}，要留下一部分",
            f"The batch holds {rest}; some of it must stay",
        )
        raise Invalid("nothing-left", words.message, [words])
    if batch.confirmed_at is None:
        return
    there = ledger_balances(act.session, batch.id).get((batch.form, STOCK), 0)
    if taken > there:
        free, asked = _in_unit(batch, there), _in_unit(batch, taken)
        raise Conflict(
            "quantity-exceeded",
            Words(
                f"没有贴标签的只有 {free}，要拆 {asked}；贴了标签的不能拆走。",
                f"Only {free} carry no labels, and {asked} were asked for; labelled goods stay.",
            ),
        )


def _in_unit(batch: Batch, amount: int) -> str:
    return f"{_number_in_unit(batch, amount)} {batch.quantity_unit}"


def _number_in_unit(batch: Batch, amount: int) -> str:
    """An amount of the batch in the unit that was typed; every unit divides a power of ten."""
    factor = unit(batch.quantity_unit).factor if batch.base == "mass" else Fraction(1)
    exact = exact_decimal(Fraction(amount) / factor)
    assert exact is not None
    return plain_text(exact)


def _numbers(act: Act, batch: Batch, count: int) -> list[str]:
    """Free numbers of the owner; its row is locked, so that two at once do not take the same."""
    query = select(Party.id).where(Party.id == batch.party_id)
    act.session.scalars(query.with_for_update(key_share=True)).one()
    taken = set(act.session.scalars(select(Batch.number).where(Batch.party_id == batch.party_id)))
    numbers: list[str] = []
    for _ in range(count):
        numbers.append(part_number(batch.number, taken))
        taken.add(numbers[-1])
    return numbers


def _split_off(
    act: Act, batch: Batch, draft: PartDraft, amount: Quantity, number: str, moment: datetime
) -> Batch:
    part = Batch(
        id=uuid.uuid4(),
        number=number,
        quantity=amount.amount,
        quantity_typed=draft.quantity,
        quantity_unit=amount.unit,
        declared=list(batch.declared),
        account_id=act.actor.account,
        created_at=moment,
        version=1,
        **{name: getattr(batch, name) for name in _SAME},
    )
    act.session.add(part)
    act.session.flush()
    act.record("batch", part.id, split_from=batch.id, **batch_facts(part))
    posting = None
    if batch.confirmed_at is not None:
        posting = book_split(act, holding_of(batch), part.id, batch.form, amount.amount)
    origin = BatchOrigin(
        id=uuid.uuid4(), number=next_origin_number(act.session), kind=SPLIT, batch_id=part.id, parent_id=batch.id,
        quantity=amount.amount, posting=posting, note=draft.note, account_id=act.actor.account,
        at=moment,
    )  # fmt: skip
    act.session.add(origin)
    _show_to_laboratories(act, batch, part)
    act.session.flush()
    return part


def _show_to_laboratories(act: Act, batch: Batch, part: Batch) -> None:
    """Who was sent the batch was sent its part."""
    for laboratory in laboratories_of(act.session, batch.id):
        sent = Submission(
            id=uuid.uuid4(), batch_id=part.id, laboratory_id=laboratory,
            note=f"由 {batch.number} 拆出", account_id=act.actor.account, sent_at=act.at,
        )  # fmt: skip
        act.session.add(sent)
        act.record(
            "submission", sent.id, batch=part.id, laboratory=laboratory, note=sent.note
        )  # fmt: skip


def _shrink(batch: Batch, taken: int) -> None:
    batch.quantity -= taken
    batch.quantity_typed = _number_in_unit(batch, batch.quantity)
    batch.version += 1
