"""What became of a year's goods of a product: sums of the books, of one party or of all.

Goods count in the year in which their batch was produced (as the allowance does), with everything
that happened to them since, whenever it was booked. Only sums are read, by the database.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from products.models import Product
from products.plots.service import cap_of
from trace.batches.models import TRANSFER, Batch, BatchOrigin
from trace.books.models import (
    DESTROYED,
    HARVEST,
    LABELLED,
    LOSS,
    MARKET,
    PROCESS,
    STOCK,
    TRANSIT,
    Allowance,
    Balance,
    Entry,
)

Amounts = dict[str, int]


@dataclass(frozen=True)
class FormBalance:
    """One form of a product in a year, in its base. `granted` None: it has no allowance.

    `received` and `handed` are what came from and went to other parties; `from_other_years` what
    goods of other years it was mixed with, below nothing where it went into theirs.
    """

    form: str
    base: str
    granted: int | None
    accounts: Mapping[str, int]
    made: int = 0
    used: int = 0
    received: int = 0
    handed: int = 0

    def _of(self, account: str) -> int:
        return self.accounts.get(account, 0)

    @property
    def harvested(self) -> int:
        """What entered the books."""
        return -self._of(HARVEST)

    @property
    def stock(self) -> int:
        """What is there without a label."""
        return self._of(STOCK)

    @property
    def labelled(self) -> int:
        """What is there with a label."""
        return self._of(LABELLED)

    @property
    def transit(self) -> int:
        """What is under way to another party."""
        return self._of(TRANSIT)

    @property
    def lost(self) -> int:
        """What was lost, samples included."""
        return self._of(LOSS)

    @property
    def sold(self) -> int:
        """What went to the market, less what came back."""
        return self._of(MARKET)

    @property
    def destroyed(self) -> int:
        """What was destroyed."""
        return self._of(DESTROYED)

    @property
    def there(self) -> int:
        """All that is still in hand."""
        return self.stock + self.labelled + self.transit

    @property
    def gone(self) -> int:
        """All that is no more in hand, into whatever it went."""
        return self.used + self.handed + self.lost + self.sold + self.destroyed

    @property
    def from_other_years(self) -> int:
        """What closes the balance: goods of other years that it was mixed with."""
        return self.there + self.gone - self.harvested - self.made - self.received


@dataclass
class _Sums:
    accounts: Amounts = field(default_factory=dict)
    process: tuple[int, int] = (0, 0)
    received: int = 0
    handed: int = 0


def balance_of_year(
    session: Session, product: Product, year: int, party: uuid.UUID | None = None
) -> list[FormBalance]:
    """The forms of a product that moved in a year, in the order of the product; of all parties
    unless one is named.
    """
    sums: dict[str, _Sums] = {}
    wanted = _made_in(Batch, product.id, year, party)
    _add_accounts(session, sums, wanted)
    _add_process(session, sums, wanted)
    if party is not None:
        _add_hand_overs(session, sums, product.id, year, party)
    granted = _granted(session, product.id, year, party)
    order = [form for form in product.names("form") if form in sums or form in granted]
    order += sorted(set(sums) - set(order))
    return [
        FormBalance(
            form=form, base=product.base_of(form) or "mass", granted=granted.get(form),
            accounts=held.accounts, made=-held.process[0], used=held.process[1],
            received=held.received, handed=held.handed,
        )
        for form in order
        for held in [sums.get(form, _Sums())]
    ]  # fmt: skip


def _made_in(
    batch: type[Batch], product: uuid.UUID, year: int, party: uuid.UUID | None
) -> list[ColumnElement[bool]]:
    wanted = [
        batch.product_id == product,
        batch.production_date >= date(year, 1, 1),
        batch.production_date <= date(year, 12, 31),
    ]
    return wanted if party is None else [*wanted, batch.party_id == party]


def _add_accounts(
    session: Session, sums: dict[str, _Sums], wanted: Collection[ColumnElement[bool]]
) -> None:
    query = (
        select(Balance.form, Balance.account, func.sum(Balance.amount))
        .join(Batch, Batch.id == Balance.batch_id)
        .where(*wanted)
        .group_by(Balance.form, Balance.account)
    )
    for form, account, amount in session.execute(query):
        sums.setdefault(form, _Sums()).accounts[account] = int(amount)


def _add_process(
    session: Session, sums: dict[str, _Sums], wanted: Collection[ColumnElement[bool]]
) -> None:
    """What came out of making and what went into it: one account, but two sums."""
    out, into = (
        func.sum(case((side, Entry.amount), else_=0))
        for side in (Entry.amount < 0, Entry.amount > 0)
    )
    query = (
        select(Entry.form, out, into)
        .join(Batch, Batch.id == Entry.batch_id)
        .where(*wanted, Entry.account == PROCESS)
        .group_by(Entry.form)
    )
    for form, made, used in session.execute(query):
        sums.setdefault(form, _Sums()).process = (int(made), int(used))


def _add_hand_overs(
    session: Session, sums: dict[str, _Sums], product: uuid.UUID, year: int, party: uuid.UUID
) -> None:
    for link, name in ((BatchOrigin.batch_id, "received"), (BatchOrigin.parent_id, "handed")):
        for form, amount in _handed(session, link, product, year, party):
            setattr(sums.setdefault(form, _Sums()), name, amount)


def _handed(
    session: Session, link: InstrumentedAttribute[uuid.UUID], product: uuid.UUID, year: int,
    party: uuid.UUID,
) -> list[tuple[str, int]]:  # fmt: skip
    side = aliased(Batch)
    query = (
        select(side.form, func.sum(BatchOrigin.quantity))
        .join(side, side.id == link)
        .where(BatchOrigin.kind == TRANSFER, *_made_in(side, product, year, party))
        .group_by(side.form)
    )
    return [(form, int(amount)) for form, amount in session.execute(query)]


def _granted(
    session: Session, product: uuid.UUID, year: int, party: uuid.UUID | None
) -> dict[str, int]:
    """The allowances of the year; empty where the product has no cap (额度未设)."""
    cap = cap_of(session, product, year)
    if cap is None:
        return {}
    query = select(func.sum(Allowance.granted)).where(
        Allowance.product_id == product, Allowance.year == year, Allowance.form == cap.form
    )
    if party is not None:
        query = query.where(Allowance.party_id == party)
    return {cap.form: int(session.scalar(query) or 0)}


def books_close(session: Session) -> list[tuple[str, int]]:
    """The forms whose entries do not sum to zero over all parties and accounts, with the rest.

    Empty where the books close, which they always should: harvest and what was made on the one
    side, stock, labels, transit, loss, market, destruction and what was used on the other.
    """
    total = func.sum(Entry.amount)
    query = select(Entry.form, total).group_by(Entry.form, Entry.product_id).having(total != 0)
    return [(form, int(rest)) for form, rest in session.execute(query)]
