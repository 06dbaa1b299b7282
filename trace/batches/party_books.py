"""The books of a party: per product and form what came in, what became of it, what is there."""

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from trace.batches.models import Batch
from trace.books.models import (
    DESTROYED,
    HARVEST,
    LABELLED,
    LOSS,
    MARKET,
    PROCESS,
    STOCK,
    TRANSIT,
    Entry,
)

_Key = tuple[uuid.UUID, uuid.UUID, str, str]


@dataclass(frozen=True)
class FormBalance:
    """One form of a product of a party, in the form's base.

    `moved` is what came from (below nothing: went to) goods that are not among those asked for:
    another party's, or another year's. harvested + made - used + moved - lost - sold - destroyed
    = in_stock + labelled + under_way.
    """

    party: uuid.UUID
    product: uuid.UUID
    form: str
    base: str
    harvested: int
    made: int
    used: int
    lost: int
    sold: int
    destroyed: int
    in_stock: int
    labelled: int
    under_way: int

    @property
    def moved(self) -> int:
        """Net of other goods."""
        here = self.in_stock + self.labelled + self.under_way
        gone = self.used + self.lost + self.sold + self.destroyed
        return here + gone - self.harvested - self.made


def party_books(
    session: Session, parties: Collection[uuid.UUID] | None,
    product: uuid.UUID | None = None, year: int | None = None,
) -> list[FormBalance]:  # fmt: skip
    """The books of parties (None: of all); of a year: of batches that were made in it."""
    making = case((Entry.amount < 0, "made"), else_="used")
    side = case((Entry.account == PROCESS, making), else_=Entry.account)
    columns = (Entry.party_id, Entry.product_id, Entry.form, Entry.base)
    query = select(*columns, side, func.sum(Entry.amount)).group_by(*columns, side)
    if parties is not None:
        query = query.where(Entry.party_id.in_(parties))
    if product is not None:
        query = query.where(Entry.product_id == product)
    if year is not None:
        query = query.join(Batch, Batch.id == Entry.batch_id).where(
            Batch.production_date >= date(year, 1, 1), Batch.production_date <= date(year, 12, 31)
        )
    sums: dict[_Key, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for party, goods, form, base, account, total in session.execute(query):
        sums[party, goods, form, base][account] = int(total)
    return [_balance(key, found) for key, found in sorted(sums.items())]


def _balance(key: _Key, found: dict[str, int]) -> FormBalance:
    return FormBalance(
        *key, harvested=-found[HARVEST], made=-found["made"], used=found["used"],
        lost=found[LOSS], sold=found[MARKET], destroyed=found[DESTROYED], in_stock=found[STOCK],
        labelled=found[LABELLED], under_way=found[TRANSIT],
    )  # fmt: skip
