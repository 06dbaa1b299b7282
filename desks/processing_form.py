"""The form of a processing: which goods may go in, what they may become, and what it would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from uuid import UUID

from flask import request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.act import Act
from core.errors import FieldFault
from desks.amounts import in_unit
from desks.forms import Entered
from desks.standings import FAILING, HELD, RELEASED, Standing, standings_of
from products.forms.models import Conversion
from products.forms.service import conversion_of
from products.models import Product
from products.numbers import exact_decimal, plain_text, round_to
from products.units import unit
from trace.batches.models import MERGE, REPACK, TRANSFORM, Batch
from trace.batches.processing_checks import MOST
from trace.books.models import STOCK, Balance

OUTPUT = ("quantity", "unit", "grade", "number", "batch")
_EXAMPLE = 100
MOST_OPENED = 50


@dataclass(frozen=True)
class Input:
    """A batch that may go in: all of it in words, and as a number of its own unit."""

    batch: Batch
    there: int
    standing: Standing

    @property
    def words(self) -> str:
        """240 公斤."""
        return in_unit(self.batch, self.there)

    @property
    def number(self) -> str:
        """The same for a box."""
        return number_of(self.batch, self.there)


def number_of(batch: Batch, amount: int) -> str:
    """An amount of a batch in its own unit, in plain digits."""
    factor = unit(batch.quantity_unit).factor if batch.base == "mass" else Fraction(1)
    exact = exact_decimal(Fraction(amount) / factor)
    assert exact is not None  # every unit divides a power of ten
    return plain_text(exact)


@dataclass(frozen=True)
class Goods:
    """Batches that may go together: one product in one form."""

    product: Product
    form: str
    inputs: Sequence[Input]
    barred: int
    """So many more have goods, but were judged nonconforming, held, rejected or the like."""


def goods_of(act: Act) -> list[Goods]:
    """What the party has in stock, by product and form, newest batches first."""
    query = (
        select(Batch, Balance.amount)
        .join(Balance, Balance.batch_id == Batch.id)
        .where(Batch.party_id == act.party, Balance.party_id == act.party)
        .where(Balance.account == STOCK, Balance.form == Batch.form, Balance.amount > 0)
        .order_by(Batch.production_date.desc(), Batch.number)
    )
    rows = [(row.Batch, int(row.amount)) for row in act.session.execute(query).unique()]
    standings = standings_of(act.session, [batch.id for batch, _amount in rows])
    groups: dict[tuple[UUID, str], list[Input]] = {}
    for batch, there in rows:
        key = (batch.product_id, batch.form)
        groups.setdefault(key, []).append(Input(batch, there, standings[batch.id]))
    found = []
    for inputs in groups.values():
        free = [one for one in inputs if one.standing is RELEASED or _open(one.standing)]
        if free:
            first = free[0].batch
            found.append(Goods(first.product, first.form, free, len(inputs) - len(free)))
    return found


def _open(standing: Standing) -> bool:
    return standing.key in ("under-way", "ready") and standing not in (FAILING, HELD)


@dataclass(frozen=True)
class Choice:
    """One thing that can be done: `key` is the kind, or the kind with the form that comes out."""

    key: str
    text: str
    gives: str = ""
    unsure: bool = False


def choices_of(session: Session, goods: Goods) -> list[Choice]:
    """Packing anew, mixing, and every form that the goods can be made into, those with a range first."""
    made = []
    for form in goods.product.names("form"):
        if form != goods.form:
            row = conversion_of(session, goods.product.id, goods.form, form)
            gives = per_hundred(row) if row else ""
            text = _("加工成%(form)s", form=form)
            made.append(Choice(f"{TRANSFORM}:{form}", text, gives, bool(row and not row.source)))
    made.sort(key=lambda choice: not choice.gives)
    return [
        *made,
        Choice(REPACK, _("分装：一批分成几批，形态不变")),
        Choice(MERGE, _("混合：几批合在一起，形态不变")),
    ]


def per_hundred(row: Conversion) -> str:
    """100 公斤鲜叶 → 20–25 公斤成品茶."""
    low, high = (
        plain_text(exact_decimal(Fraction(end) * _EXAMPLE) or end) for end in (row.low, row.high)
    )
    told = _(
        "%(hundred)s %(per_unit)s%(from_form)s → %(amount)s %(unit)s%(to_form)s",
        hundred=_EXAMPLE, per_unit=row.per_unit, from_form=row.from_form, to_form=row.to_form,
        amount=low if low == high else f"{low}–{high}", unit=row.unit,
    )  # fmt: skip
    return str(told)


def would_give(row: Conversion, went_in: Fraction) -> str:
    """What so much of the range's `per_unit` would give: 20–25 公斤."""
    low, high = (
        plain_text(round_to(Fraction(end) * went_in, 3).normalize()) for end in (row.low, row.high)
    )
    return f"{low if low == high else f'{low}–{high}'} {row.unit}"


def opened_batches(act: Act, goods: Goods) -> list[tuple[str, str]]:
    """Batches of the product that were opened and have no goods yet: they may take in what comes out."""
    query = (
        select(Batch)
        .where(Batch.party_id == act.party, Batch.product_id == goods.product.id)
        .where(Batch.confirmed_at.is_(None))
        .order_by(Batch.created_at.desc(), Batch.id)
        .limit(MOST_OPENED)
    )
    rows = act.session.scalars(query).unique()
    return [(str(row.id), f"{row.number} {row.form}") for row in rows]


# --- what was typed ---------------------------------------------------------------------------


def output_rows() -> int:
    """How many rows of outputs are shown: those sent, and one more where that was asked for."""
    sent = request.form.get("rows", "1")
    count = int(sent) if sent.isdigit() and len(sent) <= 3 else 1
    return max(1, min(count + ("more" in request.form), MOST))


def chosen_inputs() -> list[str]:
    """The ids of the batches that are ticked, as the boxes say them."""
    return request.form.getlist("in")


def filled_rows() -> list[int]:
    """The rows of outputs in which something was typed; the first always counts."""
    return [
        row
        for row in range(output_rows())
        if row == 0
        or any(_box(f"out-{name}-{row}") for name in ("quantity", "grade", "number", "batch"))
    ]


def _box(name: str) -> str:
    return request.form.get(name, "").strip()


def posted_processing() -> dict[str, Any]:
    """The boxes of the form as the REST schema takes them."""
    kind, _colon, form = _box("kind").partition(":")
    said: dict[str, Any] = {
        "kind": kind, "form": form,
        **{name: _box(name) for name in ("happened_on", "process", "best_before", "reason")},
        "inputs": [
            {
                name: text
                for name, text in (("batch", batch), ("quantity", _box(f"in-quantity-{batch}")))
                if text
            }
            for batch in chosen_inputs()
        ],
        "outputs": [
            {name: text for name in OUTPUT if (text := _box(f"out-{name}-{row}"))}
            for row in filled_rows()
        ],
    }  # fmt: skip
    return {name: value for name, value in said.items() if value != ""}


def at_boxes(entered: Entered) -> Entered:
    """What is wrong with the n-th input or output is told at its box on the page."""
    inputs, rows = chosen_inputs(), filled_rows()
    faults = [FieldFault(f"/{_place(f.pointer, inputs, rows)}", f.message) for f in entered.faults]
    return Entered(faults, entered.sentence)


def _place(pointer: str, inputs: Sequence[str], rows: Sequence[int]) -> str:
    parts = pointer.strip("/").split("/")
    number = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
    if parts[0] == "inputs":
        return f"in-quantity-{inputs[number]}" if number < len(inputs) and inputs else "inputs"
    if parts[0] == "outputs":
        name = parts[2] if len(parts) > 2 and parts[2] in OUTPUT else "quantity"
        return f"out-{name}-{rows[number] if number < len(rows) else 0}"
    return "kind" if parts[0] in ("kind", "form") else parts[0]
