"""What a person with pen and paper would keep of goods: no code of the house is used here.

Amounts are whole milligrams, or pieces. Every verb comes as a pair: `can_…` says whether it must be
accepted, and the verb itself writes it down.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

LEAF, TEA, COUNTED = "鲜叶", "成品", "苗木"
GOOD, BAD = "good", "bad"
SAME_GOODS = ("split", "transfer")
FINAL = ("held by a person", "recalled")


@dataclass(eq=False)
class Goods:
    """A batch."""

    id: UUID
    owner: str
    form: str
    year: int
    quantity: int
    confirmed: bool = False
    stock: int = 0
    labelled: int = 0
    transit: int = 0
    harvested: int = 0
    logged: set[str] = field(default_factory=set)
    parents: list[tuple[str, "Goods"]] = field(default_factory=list)
    children: list["Goods"] = field(default_factory=list)
    standing: str = "nothing"

    def __repr__(self) -> str:
        """Short: who went into what would never end."""
        return f"{self.form} {self.stock}/{self.quantity} {self.standing} {self.id.hex[:4]}"

    def gaps(self) -> bool:
        """Whether something that was mixed in does not conform, or was made of what failed.

        Parts are the same goods: what is missing of their whole is missing of them.
        """
        for kind, parent in self.parents:
            if kind in SAME_GOODS:
                if parent.gaps():
                    return True
                continue
            failed = parent.outcome() == "nonconforming"
            if failed or (kind != "transform" and parent.outcome() != "conforming"):
                return True
        return False

    def outcome(self) -> str:
        """The verdict."""
        if BAD in self.logged:
            return "nonconforming"
        return "conforming" if GOOD in self.logged and not self.gaps() else "undetermined"

    def held(self) -> bool:
        """Whether it is on hold, for whatever cause."""
        return self.standing in ("held", "held by a person")

    def usable(self) -> bool:
        """Whether its goods may go on into others."""
        stopped = self.held() or self.standing == "recalled"
        return not stopped and self.outcome() != "nonconforming"

    def forward(self) -> list["Goods"]:
        """It and all that it went into, each once."""
        found = [self]
        for one in found:
            found += [child for child in one.children if child not in found]
        return found

    def follow(self) -> None:
        """What its verdict does to how it stands, and so on forward."""
        outcome = self.outcome()
        if self.standing not in FINAL:
            if outcome == "conforming" and self.confirmed:
                self.standing = "released"
            elif self.standing == "released" or outcome == "nonconforming":
                self.standing = "held"
        for child in self.children:
            child.follow()


@dataclass
class Field:
    """A plot: whose, how large, approved for which years."""

    id: UUID
    owner: str
    area: Decimal
    years: set[int] = field(default_factory=set)
    ever: set[int] = field(default_factory=set)


@dataclass
class Run:
    """Labels, each with its state."""

    id: UUID
    goods: Goods
    net: int
    first: int
    states: list[str]
    shipped: list["Sent | None"]


@dataclass(eq=False)
class Sent:
    """A shipment of labels."""

    id: UUID
    run: Run
    first: int
    many: int
    back: set[int] = field(default_factory=set)


@dataclass(eq=False)
class Way:
    """Goods that are under way to the other owner."""

    id: UUID
    goods: Goods
    amount: int
    open: bool = True


@dataclass(eq=False)
class Entered:
    """An act on the stock of a batch, booked as `posting`; a return names its sale."""

    posting: UUID
    kind: str
    goods: Goods
    amount: int
    sale: "Entered | None" = None
    standing: bool = True
    returned: int = 0


@dataclass
class Model:
    """All goods of one product."""

    goods: list[Goods] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    entered: list[Entered] = field(default_factory=list)
    caps: dict[int, int] = field(default_factory=dict)

    # --- the allowance -----------------------------------------------------------------------

    def allowance(self, owner: str, year: int) -> tuple[int, int] | None:
        """Granted and used; None where nothing was granted to this owner in this year."""
        own = [plot for plot in self.fields if plot.owner == owner]
        if year not in self.caps or not any(year in plot.ever for plot in own):
            return None
        areas = sum((plot.area for plot in own if year in plot.years), Decimal(0))
        return int(areas * self.caps[year]), self.used(owner, year)

    def used(self, owner: str, year: int) -> int:
        """How much leaf was harvested and not booked back."""
        mine = (one for one in self.goods if (one.owner, one.year) == (owner, year))
        return sum(one.harvested for one in mine if one.form == LEAF)

    def can_harvest(self, goods: Goods, amount: int, shares: dict[UUID, int]) -> bool:
        """Plots of one's own that are approved, and no more than what is left.

        Once there is a cap in some year, a year without one takes no harvest. What is counted anew
        is not in the way of itself.
        """
        if not self._plots_fit(goods, amount, shares):
            return False
        if not self.caps:
            return True
        allowance = self.allowance(goods.owner, goods.year)
        if allowance is None or goods.form != LEAF or not shares:
            return False
        granted, used = allowance
        return amount <= granted - used + goods.harvested

    def _plots_fit(self, goods: Goods, amount: int, shares: dict[UUID, int]) -> bool:
        if not shares:
            return True
        known = {plot.id: plot for plot in self.fields if plot.owner == goods.owner}
        return sum(shares.values()) == amount and all(
            plot in known and goods.year in known[plot].years for plot in shares
        )

    def harvest(self, goods: Goods, amount: int) -> None:
        """It is in the books."""
        goods.quantity = goods.stock = goods.harvested = amount
        goods.confirmed = True
        goods.follow()

    def can_recount(self, goods: Goods, amount: int, shares: dict[UUID, int]) -> bool:
        """As long as all of it is still there, and nothing else."""
        whole = goods.harvested == goods.stock == goods.quantity
        moved = goods.labelled or goods.transit
        return whole and not moved and self.can_harvest(goods, amount, shares)

    # --- goods into goods --------------------------------------------------------------------

    def can_split(self, goods: Goods, amounts: Sequence[int]) -> bool:
        """Something stays, and only what carries no label goes."""
        there = goods.stock if goods.confirmed else goods.quantity
        if goods.standing == "recalled":
            return False
        return sum(amounts) < goods.quantity and sum(amounts) <= there

    def split(self, goods: Goods, parts: dict[UUID, int]) -> None:
        """Parts with all that was known of the whole."""
        for part, amount in parts.items():
            made = Goods(part, goods.owner, goods.form, goods.year, amount)
            made.confirmed, made.logged = goods.confirmed, set(goods.logged)
            made.parents = [("split", goods)]
            if goods.confirmed:
                made.stock, goods.stock = amount, goods.stock - amount
            if goods.standing == "held by a person":
                made.standing = goods.standing
            goods.children.append(made)
            goods.quantity -= amount
            self.goods.append(made)
            made.follow()
        goods.follow()

    def can_process(
        self, kind: str, inputs: dict[Goods, int], outputs: Sequence[tuple[int, Goods | None]]
    ) -> bool:
        """Nothing that failed or is not there goes in, and no more comes out than went in."""
        into = [one for _, one in outputs if one is not None]
        return (
            all(one.usable() and amount <= one.stock for one, amount in inputs.items())
            and (len(inputs) == 1 if kind == "repack" else True)
            and (len(inputs) > 1 if kind == "merge" else True)
            and sum(amount for amount, _ in outputs) <= sum(inputs.values())
            and len({one.id for one in into}) == len(into)
            and all(self._empty(one, inputs) for one in into)
        )

    def _empty(self, goods: Goods, inputs: dict[Goods, int]) -> bool:
        return not (goods.confirmed or goods.children or goods.parents or goods in inputs)

    def process(
        self, kind: str, form: str, inputs: dict[Goods, int],
        outputs: Iterable[tuple[UUID, int, Goods | None]],
    ) -> None:  # fmt: skip
        """All inputs went into all outputs; mixed goods take along what was known of them."""
        first = next(iter(inputs))
        for one, amount in inputs.items():
            one.stock -= amount
        for output, amount, into in outputs:
            made = into or Goods(output, first.owner, form, first.year, amount)
            made.quantity = made.stock = amount
            made.confirmed = True
            made.parents = [(kind, one) for one in inputs]
            if kind != "transform":
                made.logged |= {word for one in inputs for word in one.logged}
            if into is None:
                self.goods.append(made)
            for one in inputs:
                one.children.append(made)
            made.follow()

    # --- labels ------------------------------------------------------------------------------

    def can_label(self, goods: Goods, many: int, net: int) -> bool:
        """Only for what conforms and is released, and for no more than is there."""
        released = goods.standing == "released" and goods.outcome() == "conforming"
        return released and many * net <= goods.stock

    def label(self, run: Run) -> None:
        """Goods change from stock to labelled."""
        amount = len(run.states) * run.net
        run.goods.stock -= amount
        run.goods.labelled += amount
        self.runs.append(run)

    def can_change(self, run: Run, state: str, first: int, last: int) -> bool:
        """Drawn, printed, activated, in this order; void ends it."""
        before = {"printed": ["drawn"], "activated": ["printed"]}
        allowed = before.get(state, ["drawn", "printed", "activated"])
        fits = all(now in allowed for now in run.states[first - run.first : last - run.first + 1])
        return fits and (state == "void" or run.goods.standing == "released")

    def change(self, run: Run, state: str, first: int, last: int) -> None:
        """Goods of unused labels come back when they are voided; of used ones they are lost.

        Of labels that were shipped the goods are gone already.
        """
        for place in range(first - run.first, last - run.first + 1):
            if state == "void" and run.shipped[place] is None:
                run.goods.labelled -= run.net
                run.goods.stock += 0 if run.states[place] == "activated" else run.net
            run.states[place] = state

    def can_ship(self, run: Run, places: range) -> bool:
        """Activated ones that are still here, as long as the batch stands."""
        here = all(run.states[n] == "activated" and run.shipped[n] is None for n in places)
        return here and run.goods.standing == "released"

    def ship(self, sent: Sent) -> None:
        """They are gone with their goods."""
        for place in range(sent.first, sent.first + sent.many):
            sent.run.shipped[place] = sent
        sent.run.goods.labelled -= sent.many * sent.run.net
        self.sent.append(sent)

    def can_take_back(self, sent: Sent, places: range, fate: str) -> bool:
        """Each once; and a void label does not go on sale again."""
        fit = all(fate == "destroyed" or sent.run.states[n] != "void" for n in places)
        return fit and not sent.back & set(places)

    def take_back(self, sent: Sent, places: range, fate: str) -> None:
        """Back among the labelled goods, or destroyed and void."""
        sent.back |= set(places)
        for place in places:
            if fate == "destroyed":
                sent.run.states[place] = "void"
            else:
                sent.run.goods.labelled += sent.run.net
                sent.run.shipped[place] = None

    # --- to others ---------------------------------------------------------------------------

    def can_send(self, goods: Goods, amount: int) -> bool:
        """Nothing that failed, and no more than there is."""
        return goods.confirmed and goods.usable() and amount <= goods.stock

    def send(self, way: Way) -> None:
        """It is under way."""
        way.goods.stock -= way.amount
        way.goods.transit += way.amount
        self.ways.append(way)

    def can_answer(self, way: Way, kind: str) -> bool:
        """Once; and what was stopped under way is not taken in."""
        return way.open and (kind != "confirm" or way.goods.usable())

    def answer(self, way: Way, kind: str, counted: int, made: UUID | None, owner: str) -> None:
        """The same goods under another owner, never more than was sent; or they come back."""
        way.open = False
        way.goods.transit -= way.amount
        if made is None:
            way.goods.stock += way.amount
            return
        booked = min(counted, way.amount)
        new = Goods(made, owner, way.goods.form, way.goods.year, booked)
        new.confirmed, new.stock, new.logged = True, booked, set(way.goods.logged)
        new.parents = [("transfer", way.goods)]
        way.goods.children.append(new)
        self.goods.append(new)
        new.follow()

    def can_enter(self, kind: str, goods: Goods, amount: int, sale: Entered | None) -> bool:
        """No more than there is, or than was sold; and what failed is not sold."""
        if kind == "return":
            fits = sale is not None and sale.standing and amount <= sale.amount - sale.returned
        else:
            fits = amount <= goods.stock and (kind != "sale" or goods.usable())
        return goods.confirmed and fits

    def enter(self, entered: Entered) -> None:
        """It is gone, or back."""
        entered.goods.stock += entered.amount if entered.kind == "return" else -entered.amount
        if entered.sale is not None:
            entered.sale.returned += entered.amount
        self.entered.append(entered)

    def can_undo(self, entered: Entered) -> bool:
        """Once, as long as the goods have not gone on, and nothing of it came back."""
        there = entered.kind != "return" or entered.amount <= entered.goods.stock
        return entered.standing and there and not entered.returned

    def undo(self, entered: Entered) -> None:
        """As if it had not been."""
        entered.standing = False
        entered.goods.stock += -entered.amount if entered.kind == "return" else entered.amount
        if entered.sale is not None:
            entered.sale.returned -= entered.amount
