"""What may happen to goods, in any order: each step is done in the house and in the model alike."""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import text

from core.database.engine import db
from tests.api.books_house import DAYS, BooksHouse
from tests.api.books_model import BAD, COUNTED, FINAL, GOOD, LEAF, TEA, Field, Goods, Model, Run
from tests.people import People

OWNERS, YEARS = st.sampled_from(("first", "second")), st.sampled_from(sorted(DAYS))
FORMS = st.sampled_from((LEAF, LEAF, TEA, COUNTED))
SOME = st.integers(1, 12)
MOST_PLOTS, MOST_BATCHES, MOST_RUNS = 4, 40, 8
OFTEN = 4
"""How often a sequence may do what only sets the scene, so that most of it is about goods."""
Step = TypeVar("Step", bound=Callable[..., None])


def _seldom(step: str) -> Callable[[Step], Step]:
    return precondition(lambda self: self.spent[step] < OFTEN)


class Steps(RuleBasedStateMachine):
    """Plots, batches, what they go into, and labels; `app` and `people` are set by the test."""

    app: Flask
    people: People
    reached: ClassVar[Counter[str]] = Counter()

    @initialize(capped=st.booleans(), amounts=st.lists(st.integers(5, 30), min_size=2, max_size=4))
    def begin(self, capped: bool, amounts: list[int]) -> None:
        """Some goods are in the books, all but one conforming and released; with a cap or without."""
        self.house, self.model = BooksHouse(self.app, self.people), Model()
        self.used: dict[Any, int] = {}
        self.spent: Counter[str] = Counter()
        with self.app.app_context():
            query = text("SELECT next_position FROM record_head")
            self.start = db.session.execute(query).scalar_one()
        year = max(DAYS)
        self.propose("first", "4.75")
        self._approve(self.model.fields[0], year)
        if capped:
            self.cap(year, 30)
        for place, amount in enumerate(amounts):
            self.open("first", LEAF, year, amount)
            goods = self.model.goods[-1]
            self._confirm(goods, None, {self.model.fields[0].id: amount})
            if place:
                self._log(goods, GOOD)

    def _agree(self, step: str, expected: bool, done: bool) -> bool:
        """The house does what the model says that it must do."""
        self.reached[f"{step} {'done' if done else 'refused'}"] += 1
        assert done == expected, (step, "done" if done else str(self.house.refusal))
        return done

    def _pick(self, data: st.DataObject, among: list[Any]) -> Any:
        """One of them; every other time one of the last, so that steps build on one another."""
        late: bool = data.draw(st.booleans())
        return data.draw(st.sampled_from(among[-3:] if late else among))

    def _mostly(self, data: st.DataObject, able: list[Any], every: list[Any]) -> list[Any]:
        """Those with which it should go; every fourth time, or where there are none, all."""
        return able if able and not self._rarely(data) else every

    def _rarely(self, data: st.DataObject) -> bool:
        """Now and then; a number from the middle, because the ends are drawn more often."""
        drawn: int = data.draw(st.integers(0, 7))
        return drawn == 5

    # --- plots -------------------------------------------------------------------------------

    @rule(owner=OWNERS, area=st.sampled_from(("0.33", "1.00", "2.50", "4.75")))
    @precondition(lambda self: len(self.model.fields) < MOST_PLOTS)
    def propose(self, owner: str, area: str) -> None:
        plot = self.house.propose(owner, len(self.model.fields), area)
        assert plot is not None
        self.model.fields.append(Field(plot, owner, Decimal(area)))

    @rule(year=YEARS, data=st.data())
    @_seldom("approve")
    def approve(self, year: int, data: st.DataObject) -> None:
        self.spent["approve"] += 1
        self._approve(self._pick(data, self.model.fields), year)

    def _approve(self, plot: Field, year: int) -> None:
        expected = year not in plot.years
        if self._agree("approve", expected, self.house.approve(plot.id, year)):
            plot.years.add(year)
            plot.ever.add(year)

    @rule(data=st.data())
    @_seldom("end")
    @precondition(lambda self: any(plot.years for plot in self.model.fields))
    def end_approval(self, data: st.DataObject) -> None:
        self.spent["end"] += 1
        plot = self._pick(data, [plot for plot in self.model.fields if plot.years])
        year = self._pick(data, sorted(plot.years))
        assert self.house.end_approval(plot.id, year)
        plot.years.remove(year)

    @rule(year=YEARS, per_mu=st.integers(1, 30))
    @_seldom("cap")
    def cap(self, year: int, per_mu: int) -> None:
        self.spent["cap"] += 1
        assert self.house.cap(year, per_mu)
        self.model.caps[year] = per_mu

    # --- batches -----------------------------------------------------------------------------

    @rule(owner=OWNERS, form=FORMS, year=YEARS, amount=SOME)
    @precondition(lambda self: len(self.model.goods) < MOST_BATCHES)
    def open(self, owner: str, form: str, year: int, amount: int) -> None:
        batch = self.house.open(owner, form, year, amount)
        assert batch is not None
        self.model.goods.append(Goods(batch, owner, form, year, amount))

    @rule(data=st.data(), again=st.none() | SOME)
    @precondition(lambda self: any(not one.confirmed for one in self.model.goods))
    def confirm(self, data: st.DataObject, again: int | None) -> None:
        goods = self._pick(data, [one for one in self.model.goods if not one.confirmed])
        amount = goods.quantity if again is None else again
        self._confirm(goods, again, self._shares(data, goods, amount))

    def _confirm(self, goods: Goods, again: int | None, shares: dict[UUID, int]) -> None:
        amount = goods.quantity if again is None else again
        expected = self.model.can_harvest(goods, amount, shares)
        done = self.house.confirm(goods.owner, goods.id, again, shares)
        if self._agree("harvest", expected, done):
            self.model.harvest(goods, amount)

    def _shares(self, data: st.DataObject, goods: Goods, amount: int) -> dict[UUID, int]:
        """What came from which plots: mostly from one's own that are approved, and all of it."""
        own = [plot.id for plot in self.model.fields if plot.owner == goods.owner]
        able = [p.id for p in self.model.fields if p.id in own and goods.year in p.years]
        pool = data.draw(st.sampled_from([able, able, able, own, self._plots(), []]))
        if not pool:
            return {}
        chosen = data.draw(st.lists(st.sampled_from(pool), min_size=1, max_size=2, unique=True))
        if len(chosen) == 1 or amount < 2:
            return {chosen[0]: amount}
        first = data.draw(st.integers(1, amount))
        return {chosen[0]: first, chosen[1]: max(1, amount - first)}

    def _plots(self) -> list[UUID]:
        return [plot.id for plot in self.model.fields]

    @rule(data=st.data(), amount=SOME)
    @_seldom("recount")
    @precondition(lambda self: any(one.harvested for one in self.model.goods))
    def recount(self, data: st.DataObject, amount: int) -> None:
        self.spent["recount"] += 1
        every = [one for one in self.model.goods if one.harvested]
        able = [one for one in every if one.harvested == one.stock]
        goods = self._pick(data, self._mostly(data, able, every))
        shares = self._shares(data, goods, amount)
        expected = self.model.can_recount(goods, amount, shares)
        done = self.house.recount(goods.owner, goods.id, amount, shares)
        if self._agree("recount", expected, done):
            self.model.harvest(goods, amount)

    @rule(data=st.data(), word=st.sampled_from((GOOD, GOOD, GOOD, GOOD, GOOD, BAD)))
    def log(self, data: st.DataObject, word: str) -> None:
        self._log(self._pick(data, self.model.goods), word)

    def _log(self, goods: Goods, word: str) -> None:
        assert self.house.log(goods.owner, goods.id, "5.0" if word == GOOD else "9.9")
        goods.logged.add(word)
        goods.follow()

    @rule(data=st.data())
    @_seldom("hold")
    def hold(self, data: st.DataObject) -> None:
        self.spent["hold"] += 1
        goods = self._pick(data, self.model.goods)
        expected = goods.standing not in FINAL
        if self._agree("hold", expected, self.house.decide(goods.id, "hold")):
            goods.standing = "held by a person"

    @rule(data=st.data())
    @precondition(lambda self: any(one.held() for one in self.model.goods))
    def lift(self, data: st.DataObject) -> None:
        goods = self._pick(data, [one for one in self.model.goods if one.held()])
        assert self.house.decide(goods.id, "lift")
        goods.standing = "lifted"
        goods.follow()

    # --- goods into goods --------------------------------------------------------------------

    @rule(data=st.data(), amounts=st.lists(st.integers(1, 8), min_size=1, max_size=3))
    @precondition(lambda self: len(self.model.goods) < MOST_BATCHES)
    def split(self, data: st.DataObject, amounts: list[int]) -> None:
        able = [one for one in self.model.goods if self.model.can_split(one, amounts)]
        goods = self._pick(data, self._mostly(data, able, self.model.goods))
        expected = self.model.can_split(goods, amounts)
        parts = self.house.split(goods.owner, goods.id, amounts)
        if self._agree("split", expected, parts is not None):
            assert parts is not None
            self.model.split(goods, dict(zip(parts, amounts, strict=True)))

    @rule(data=st.data())
    @precondition(lambda self: any(one.stock for one in self.model.goods))
    @precondition(lambda self: len(self.model.goods) < MOST_BATCHES)
    def mix(self, data: st.DataObject) -> None:
        self._process(data, "merge")

    @rule(data=st.data(), kind=st.sampled_from(("repack", "transform")))
    @precondition(lambda self: any(one.stock for one in self.model.goods))
    @precondition(lambda self: len(self.model.goods) < MOST_BATCHES)
    def make(self, data: st.DataObject, kind: str) -> None:
        self._process(data, kind)

    def _process(self, data: st.DataObject, kind: str) -> None:
        inputs = self._inputs(data, kind)
        if not inputs or (kind == "merge" and len(inputs) < 2):
            return
        first = next(iter(inputs))
        form = TEA if kind == "transform" else first.form
        total = sum(inputs.values())
        amounts = data.draw(st.lists(st.integers(1, max(1, total)), min_size=1, max_size=3))
        if not self._rarely(data):
            amounts = _within(amounts, total)
        outputs = [(amount, self._into(data, first, form)) for amount in amounts]
        expected = self.model.can_process(kind, inputs, outputs)
        made = self.house.process(
            first.owner, kind, form, {one.id: amount for one, amount in inputs.items()},
            [(amount, None if into is None else into.id) for amount, into in outputs],
        )  # fmt: skip
        if self._agree(kind, expected, made is not None):
            assert made is not None
            told = [(one, *output) for one, output in zip(made, outputs, strict=True)]
            self.model.process(kind, form, inputs, told)

    def _inputs(self, data: st.DataObject, kind: str) -> dict[Goods, int]:
        """Batches of one owner and form: mostly such as have goods, and no more than there is."""
        able = [one for one in self.model.goods if one.stock and one.usable()]
        first = self._pick(data, able or [one for one in self.model.goods if one.stock])
        if kind == "transform" and first.form != LEAF:
            return {}
        alike = [
            one for one in self.model.goods if (one.owner, one.form) == (first.owner, first.form)
        ]
        able = [one for one in alike if one.stock and one.usable()]
        pool = [one for one in self._mostly(data, able, alike) if one is not first]
        many = 0 if kind == "repack" else data.draw(st.integers(int(kind == "merge"), 2))
        others = [self._pick(data, pool) for _ in range(many)] if pool else []
        return {
            one: data.draw(st.integers(1, max(1, one.stock)))
            for one in dict.fromkeys((first, *others))
        }

    def _into(self, data: st.DataObject, first: Goods, form: str) -> Goods | None:
        """A new batch, or now and then one that was opened before."""
        open_ = [
            one
            for one in self.model.goods
            if (one.owner, one.form) == (first.owner, form) and not one.confirmed
        ]
        return self._pick(data, open_) if open_ and self._rarely(data) else None

    # --- labels ------------------------------------------------------------------------------

    @rule(data=st.data(), many=st.integers(1, 5), net=st.integers(1, 4))
    @precondition(lambda self: len(self.model.runs) < MOST_RUNS)
    def label(self, data: st.DataObject, many: int, net: int) -> None:
        able = [one for one in self.model.goods if self.model.can_label(one, many, net)]
        goods = self._pick(data, self._mostly(data, able, self.model.goods))
        expected = self.model.can_label(goods, many, net)
        run = self.house.label(goods.owner, goods.id, many, net, goods.form)
        if self._agree("label", expected, run is not None):
            assert run is not None
            self.model.label(Run(run.id, goods, net, run.first, ["drawn"] * many, [None] * many))

    def _used(self, run: Run) -> None:
        """A whole run is printed, and activated with its goods."""
        for state in ("printed", "activated"):
            self._change(run, state, 0, len(run.states))

    @rule(data=st.data(), state=st.sampled_from(("printed", "activated", "void")))
    @precondition(lambda self: bool(self.model.runs))
    def change(self, data: st.DataObject, state: str) -> None:
        run = self._pick(data, self.model.runs)
        self._change(run, state, *self._part(data, run))

    def _change(self, run: Run, state: str, place: int, many: int) -> None:
        first, last = run.first + place, run.first + place + many - 1
        expected = self.model.can_change(run, state, first, last)
        done = self.house.change(run.goods.owner, run.id, state, first, last)
        if self._agree(state, expected, done):
            self.model.change(run, state, first, last)

    def _part(self, data: st.DataObject, run: Run) -> tuple[int, int]:
        """Some labels of a run, more often all: from which place on, and how many."""
        if not self._rarely(data):
            return 0, len(run.states)
        place = data.draw(st.integers(0, len(run.states) - 1))
        return place, data.draw(st.integers(1, len(run.states) - place))


def _within(amounts: list[int], total: int) -> list[int]:
    """As many of the amounts as there is enough for."""
    kept: list[int] = []
    for amount in amounts:
        if sum(kept) + amount <= total:
            kept.append(amount)
    return kept or [1]
