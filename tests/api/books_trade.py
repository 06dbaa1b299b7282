"""Goods that leave: hand-overs, sales, losses, shipments of labels, and a recall of all of it."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.api.books_model import Entered, Goods, Run, Sent, Way
from tests.api.books_steps import MOST_BATCHES, Steps

OTHER = {"first": "second", "second": "first"}
KINDS = ("loss", "sample", "destruction", "sale", "sale", "return")


class Trade(Steps):
    """Those steps, and these."""

    @rule(data=st.data(), amount=st.integers(1, 9))
    @precondition(lambda self: len(self.model.goods) < MOST_BATCHES)
    def send(self, data: st.DataObject, amount: int) -> None:
        able = [one for one in self.model.goods if self.model.can_send(one, amount)]
        goods = self._pick(data, self._mostly(data, able, self.model.goods))
        expected = self.model.can_send(goods, amount)
        way = self.house.send(goods.owner, goods.id, OTHER[goods.owner], amount)
        if self._agree("send", expected, way is not None):
            assert way is not None
            self.model.send(Way(way, goods, amount))

    @rule(data=st.data(), counted=st.integers(1, 10))
    @precondition(lambda self: bool(self.model.ways))
    def answer(self, data: st.DataObject, counted: int) -> None:
        able = [way for way in self.model.ways if way.open]
        way = self._pick(data, self._mostly(data, able, self.model.ways))
        kind = data.draw(st.sampled_from(("confirm", "confirm", "confirm", "refuse", "withdraw")))
        receiver = OTHER[way.goods.owner]
        who = way.goods.owner if kind == "withdraw" else receiver
        expected = self.model.can_answer(way, kind)
        said = self.house.answer(who, way.id, kind, counted)
        if self._agree(kind, expected, said is not None):
            assert said is not None
            self.model.answer(way, kind, counted, said.batch_id, receiver)

    @rule(data=st.data(), kind=st.sampled_from(KINDS), amount=st.integers(1, 6))
    def enter(self, data: st.DataObject, kind: str, amount: int) -> None:
        sale = None
        if kind == "return":
            sales = [one for one in self.model.entered if one.kind == "sale"]
            if not sales:
                return
            sale = self._pick(data, sales)
            goods: Goods = sale.goods
        else:
            able = [one for one in self.model.goods if one.stock >= amount]
            goods = self._pick(data, self._mostly(data, able, self.model.goods))
        expected = self.model.can_enter(kind, goods, amount, sale)
        said = sale.posting if sale is not None else None
        posting = self.house.enter(goods.owner, goods.id, kind, amount, said)
        if self._agree(kind, expected, posting is not None):
            assert posting is not None
            self.model.enter(Entered(posting, kind, goods, amount, sale))

    @rule(data=st.data())
    @precondition(lambda self: bool(self.model.entered))
    def undo(self, data: st.DataObject) -> None:
        entered = self._pick(data, self.model.entered)
        expected = self.model.can_undo(entered)
        done = self.house.undo(entered.goods.owner, entered.posting)
        if self._agree("undo", expected, done):
            self.model.undo(entered)

    # --- labels on their way -----------------------------------------------------------------

    @rule(data=st.data())
    @precondition(lambda self: bool(self.model.runs))
    def ship(self, data: st.DataObject) -> None:
        able = [run for run in self.model.runs if run.goods.standing == "released"]
        run: Run = self._pick(data, self._mostly(data, able, self.model.runs))
        if set(run.states) == {"drawn"}:
            self._used(run)
        place, many = self._part(data, run)
        expected = self.model.can_ship(run, range(place, place + many))
        first = run.first + place
        sent = self.house.ship(run.goods.owner, run.id, first, first + many - 1)
        if self._agree("ship", expected, sent is not None):
            assert sent is not None
            self.model.ship(Sent(sent, run, place, many))

    @rule(data=st.data(), fate=st.sampled_from(("labelled", "destroyed")))
    @precondition(lambda self: bool(self.model.sent))
    def take_back(self, data: st.DataObject, fate: str) -> None:
        sent = self._pick(data, self.model.sent)
        place = data.draw(st.integers(0, sent.many - 1)) + sent.first
        many = data.draw(st.integers(1, sent.first + sent.many - place))
        places = range(place, place + many)
        expected = self.model.can_take_back(sent, places, fate)
        first = sent.run.first + place
        owner = sent.run.goods.owner
        done = self.house.take_back(owner, sent.id, first, first + many - 1, fate)
        if self._agree(f"back {fate}", expected, done):
            self.model.take_back(sent, places, fate)

    @rule(data=st.data())
    @precondition(lambda self: self.spent["recall"] < 2 and len(self.model.goods) > 6)
    def recall(self, data: st.DataObject) -> None:
        """All that is reached is stopped, whoever has it."""
        self.spent["recall"] += 1
        goods = self._pick(data, self.model.goods)
        reached = goods.forward()
        expected = any(one.standing != "recalled" for one in reached)
        if self._agree("recall", expected, self.house.recall(goods.id)):
            for one in reached:
                one.standing = "recalled"
