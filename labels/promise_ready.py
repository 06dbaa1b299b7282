"""What a certificate of promise for a batch would say, all filled in, or why there can be none."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from core.words import Words
from labels.promise_finding import goods_of, standing_of_batch
from labels.promise_models import Promise
from labels.promise_sources import Sources, sources_of, tests_behind
from labels.promise_template import template
from labels.promises import Scope, form_for, scope_of, still_to_promise
from products.numbers import exact_decimal, plain_text
from products.units import unit
from trace.batches.models import Batch
from trace.batches.service import place_words
from trace.books.models import LABELLED, STOCK
from trace.books.service import ledger_balances


@dataclass(frozen=True)
class Ready:
    """Everything but the basis. `code` and `refused` say why there can be none now.

    `left` is what no standing certificate speaks of yet, `older` the certificates that the goods
    had before, `tests` what stands behind each basis of test.
    """

    scope: Scope
    form: str
    left: int
    left_typed: str
    origin: str
    contact: str
    sources: Sources
    older: tuple[Promise, ...]
    tests: dict[str, list[uuid.UUID]]
    code: str = ""
    refused: Words | None = None


def ready_for(session: Session, batch: Batch, *, instead_of: Promise | None = None) -> Ready:
    """For a batch; `instead_of` is a certificate that the new one would replace."""
    product, sources = batch.product, sources_of(session, batch)
    scope = scope_of(
        template().scope, template().unlisted, product.key, product.category, batch.form
    )
    standing = [
        one
        for one in standing_of_batch(session, batch.id)
        if instead_of is None or one.id != instead_of.id
    ]
    there = _there(session, batch)
    left = still_to_promise(batch.quantity, [one.quantity for one in standing], there)
    code, refused = _refusal(session, batch, scope, (there, left))
    return Ready(
        scope=scope,
        form=form_for(bool(sources.bought)),
        left=left,
        left_typed=_in_unit(batch, left),
        origin=_origin(session, batch, sources),
        contact=batch.party.contact or "",
        sources=sources,
        older=(*sources.collected, *_own_older(session, sources)),
        tests=tests_behind(session, batch),
        code=code,
        refused=refused,
    )


def _there(session: Session, batch: Batch) -> int:
    """What the party still has of it, labelled or not."""
    held = ledger_balances(session, batch.id)
    return sum(held.get((batch.form, account), 0) for account in (STOCK, LABELLED))


def _own_older(session: Session, sources: Sources) -> list[Promise]:
    return [one for batch in sources.own for one in standing_of_batch(session, batch.id)]


def _origin(session: Session, batch: Batch, sources: Sources) -> str:
    """Where the batch comes from, or else, if they agree, those that it came out of."""
    said = place_words(session, batch)
    if said:
        return said.strip()
    origins = {place_words(session, one).strip() for one in (*sources.own, *sources.bought)} - {""}
    return origins.pop() if len(origins) == 1 else ""


def _in_unit(batch: Batch, amount: int) -> str:
    """An amount in the unit that was typed; every unit divides a power of ten."""
    factor = unit(batch.quantity_unit).factor if batch.base == "mass" else Fraction(1)
    exact = exact_decimal(Fraction(amount) / factor)
    assert exact is not None
    return plain_text(exact)


_GOODS = {
    "recalled": (
        "batch-recalled",
        Words("这一批已经召回，不能开合格证。", "The batch was recalled; no certificate for it."),
    ),
    "held": (
        "batch-held",
        Words(
            "这一批在封存中、被拒收或判定不合格，不能承诺达标。",
            "The batch is on hold, rejected or nonconforming; nobody can promise that it conforms.",
        ),
    ),
}


def _refusal(
    session: Session, batch: Batch, scope: Scope, amounts: tuple[int, int]
) -> tuple[str, Words | None]:
    there, left = amounts
    if scope.within != "in":
        return f"scope-{scope.within}", scope.reason
    goods = goods_of(session, batch.id)
    if goods:
        return _GOODS[goods]
    if batch.confirmed_at is None:
        return "not-confirmed", Words(
            "请先确认这一批的数量，再开合格证。",
            "Confirm the quantity of the batch first.",
        )
    if there == 0:
        return "goods-gone", Words(
            "这一批的货已经不在了：卖出、转走或者做成了别的批次，请在那一批上开。",
            "The goods are gone: sold, handed over or made into other batches; issue it there.",
        )
    if left == 0:
        return "all-promised", Words(
            "这一批的数量都已经开过合格证；要改就换开，或者先撤回旧的。",
            "All of the batch has its certificate; replace or withdraw the older one to change it.",
        )
    return "", None
