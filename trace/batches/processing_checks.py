"""What a producer says of a processing, held against the inputs: kind, day, amounts, portions."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.act import Act
from core.errors import Conflict, FieldFault, Invalid, fault, invalid_field
from core.words import Words
from products.forms.yields import Range, falls_outside
from products.models import Product
from products.numbers import plain_text
from trace.batches.drafts import Quantity, checked_quantity
from trace.batches.models import MERGE, REPACK, TRANSFORM, Batch
from trace.batches.portions import Portions, PortionsError, losses, mixed, stated
from trace.books.balance import amount_words
from trace.books.service import not_enough, stock_of

MOST = 50
"""Inputs, or outputs, of one act."""


@dataclass(frozen=True)
class InputDraft:
    """How much of which batch goes in; quantity as typed. Unit: that of the batch."""

    batch: uuid.UUID
    quantity: str
    unit: str | None = None


@dataclass(frozen=True)
class OutputDraft:
    """What comes out: a new batch, or with `batch` one of one's own that was opened before.

    `portions` say how much of each input went into it, in the order of the inputs and their units;
    either all outputs have them or none.
    """

    quantity: str
    unit: str
    batch: uuid.UUID | None = None
    number: str | None = None
    grade: str | None = None
    portions: Sequence[str] | None = None


@dataclass(frozen=True)
class ProcessDraft:
    """One act of processing. `form` is that of the outputs; without it the form stays."""

    kind: str
    happened_on: date
    inputs: Sequence[InputDraft]
    outputs: Sequence[OutputDraft]
    form: str | None = None
    process: str | None = None
    best_before: date | None = None
    reason: str | None = None


def checked_kind(inputs: Sequence[Batch], draft: ProcessDraft) -> str:
    """The form of the outputs; Invalid where kind, form and inputs do not go together."""
    if not 1 <= len(draft.inputs) <= MOST or not 1 <= len(draft.outputs) <= MOST:
        raise invalid_field(
            "processing-size", "/inputs", f"投入和产出各 1 至 {MOST} 批",
            f"1 to {MOST} inputs and outputs",
        )  # fmt: skip
    first = inputs[0]
    if len({batch.id for batch in inputs}) < len(inputs):
        raise invalid_field(
            "input-twice", "/inputs", "同一批写了两次，请合并成一行", "A batch is named twice"
        )
    for place, batch in enumerate(inputs):
        if batch.product_id != first.product_id:
            raise invalid_field(
                "other-product", f"/inputs/{place}/batch",
                f"{batch.product.name}和{first.product.name}混在一起，哪个名称都不能再用",
                f"{batch.product.name_en} mixed with {first.product.name_en} may carry neither "
                "name",
            )  # fmt: skip
        if batch.form != first.form:
            raise invalid_field(
                "other-form", f"/inputs/{place}/batch",
                f"投入的形态要相同：有“{first.form}”也有“{batch.form}”",
                f"Inputs share one form: there is {first.form} and {batch.form}",
            )  # fmt: skip
    form = draft.form or first.form
    if form not in first.product.names("form"):
        known = "、".join(first.product.names("form"))
        raise invalid_field(
            "no-such-form", "/form", f"没有这种形态，可选：{known}", f"Known forms: {known}"
        )
    _check_form(first, form, draft)
    return form


def _check_form(first: Batch, form: str, draft: ProcessDraft) -> None:
    if (draft.kind == TRANSFORM) != (form != first.form):
        raise invalid_field(
            "kind-and-form", "/form", "加工要换形态；混合和分装不换形态",
            "Making something changes the form; mixing and packing do not",
        )  # fmt: skip
    if draft.kind == REPACK and len(draft.inputs) > 1:
        raise invalid_field(
            "repack-of-one", "/inputs", "分装只能来自一批；几批合在一起是混合",
            "Packing anew is of one batch; several together are mixed",
        )  # fmt: skip
    if draft.kind == MERGE and len(draft.inputs) < 2:
        raise invalid_field(
            "merge-of-one", "/inputs", "混合至少要两批", "Mixing takes at least two batches"
        )


def check_day(act: Act, inputs: Sequence[Batch], draft: ProcessDraft) -> None:
    """Nothing is processed before it was made, nor after today."""
    first = max(batch.production_date for batch in inputs)
    if not first <= draft.happened_on <= act.today:
        raise invalid_field(
            "processing-day", "/happened_on",
            f"日期要在 {first}（最晚一批的生产日期）和今天之间",
            f"The day lies between {first}, the latest input, and today",
        )  # fmt: skip


def input_amounts(act: Act, inputs: Sequence[Batch], draft: ProcessDraft) -> list[int]:
    """What of each input goes in, in its base; Conflict where it is not there without labels."""
    amounts = []
    for place, (batch, wanted) in enumerate(zip(inputs, draft.inputs, strict=True)):
        amount = _read(
            f"/inputs/{place}", batch.product, batch.form, wanted.quantity,
            wanted.unit or batch.quantity_unit,
        )  # fmt: skip
        there = stock_of(act.session, batch.id, batch.form)
        if amount.amount > there:
            raise _short(place, batch, there, amount.amount)
        amounts.append(amount.amount)
    return amounts


def _short(place: int, batch: Batch, there: int, asked: int) -> Conflict:
    refused = not_enough(there, asked, batch.base)
    words = Words(
        f"批次 {batch.number}：{refused.detail.zh}", f"Batch {batch.number}: {refused.detail.en}"
    )
    return Conflict(
        refused.code, words, [FieldFault(f"/inputs/{place}/quantity", words)]
    )  # fmt: skip


def output_amounts(product: Product, form: str, draft: ProcessDraft) -> list[Quantity]:
    """What each output is, in the base of the form."""
    return [
        _read(f"/outputs/{place}", product, form, out.quantity, out.unit)
        for place, out in enumerate(draft.outputs)
    ]


def _read(pointer: str, product: Product, form: str, typed: str, symbol: str) -> Quantity:
    try:
        return checked_quantity(product, form, typed, symbol)
    except Invalid as wrong:
        faults = [FieldFault(f"{pointer}{f.pointer}", f.message) for f in wrong.faults]
        raise Invalid(wrong.code, wrong.detail, faults) from wrong


def lost_of(
    first: Batch, form: str, went_in: Sequence[int], came_out: Sequence[Quantity]
) -> list[int]:
    """What of each input is lost: only where the form stays can it be told by weighing."""
    if form != first.form:
        return [0] * len(went_in)
    total = sum(out.amount for out in came_out)
    if total > sum(went_in):
        raise _more_out(first, sum(went_in), total)
    return losses(went_in, total)


def _more_out(first: Batch, went_in: int, came_out: int) -> Invalid:
    out, into = amount_words(came_out, first.base), amount_words(went_in, first.base)
    words = fault(
        "/outputs", f"产出 {out.zh} 比投入 {into.zh} 还多", f"{out.en} came out of {into.en}"
    )
    return Invalid("more-out-than-in", words.message, [words])


def left_range(
    first: Batch, form: str, went_in: Sequence[int], came_out: Sequence[Quantity],
    within: Range | None, draft: ProcessDraft,
) -> bool:  # fmt: skip
    """Whether a proven range was left, for which a reason must be given.

    So must it be where pieces become weight, or weight pieces, and no range says how much.
    """
    total, went = sum(out.amount for out in came_out), sum(went_in)
    if within is None and form != first.form and came_out[0].base == first.base and total > went:
        raise _more_out(first, went, total)
    unknown = within is None and came_out[0].base != first.base
    outside = unknown or falls_outside(went, total, within)
    if outside and draft.reason is None:
        raise invalid_field("conversion-outside", "/reason", *_ask_reason(within))
    return outside


def _ask_reason(within: Range | None) -> Words:
    if within is None:
        return Words(
            "这两种形态之间还没有折算范围：请写明怎样得出的数量（主管部门会看到）",
            "No range says how much of one form gives how much of the other: say how the amount "
            "was found, which the authority will see",
        )
    low, high = plain_text(within.low), plain_text(within.high)
    unit = f"{within.unit}/{within.per_unit}"
    return Words(
        f"得率不在 {low}–{high} {unit} 之间：请核对数量，属实请写原因（主管部门会看到）",
        f"The yield is not within {low}–{high} {unit}: check the amounts, or give the reason, "
        "which the authority will see",
    )


def portions_of(
    inputs: Sequence[Batch], went_in: list[int], came_out: Sequence[Quantity], draft: ProcessDraft
) -> Portions:
    """Which input went into which output; all of it mixed where nobody says otherwise."""
    given = [out.portions for out in draft.outputs if out.portions is not None]
    if not given:
        return mixed(went_in, [out.amount for out in came_out])
    read = [
        [
            _portion(f"/outputs/{place}/portions/{n}", inputs[n], draft.inputs[n], text)
            for n, text in enumerate((out.portions or ())[: len(inputs)])
        ]
        for place, out in enumerate(draft.outputs)
    ]
    try:
        return stated(went_in, read)
    except PortionsError as wrong:
        pointer = "/outputs" if wrong.place is None else f"/outputs/{wrong.place}/portions"
        raise invalid_field(
            "portions", pointer,
            "每批投入要全部分到产出里，每批产出都要写明来自哪些投入",
            "Each input goes wholly into the outputs, and each output names what it is made of",
        ) from wrong  # fmt: skip


def _portion(pointer: str, batch: Batch, wanted: InputDraft, text: str) -> int:
    if text.strip() in ("", "0"):
        return 0
    symbol = wanted.unit or batch.quantity_unit
    return _read(pointer, batch.product, batch.form, text, symbol).amount
