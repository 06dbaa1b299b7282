"""Goods on their way: a labelled batch, a part of it, and what another party made of some of it."""

import uuid
from typing import Any

from flask import Flask

from labels.issuing import RunDraft, issue_run
from labels.service import StateDraft, change_state
from labels.shipments import ShipmentDraft, ship
from tests.api.batches_ready import ReadyBatches
from tests.api.labelled import TODAY, Labelled
from tests.people import People
from trace.batches.lineage import next_origin_number
from trace.batches.models import TRANSFER, Batch, BatchOrigin
from trace.batches.service import holding_of
from trace.batches.splitting import PartDraft
from trace.books.balance import Line
from trace.books.models import LOSS, MARKET, STOCK
from trace.books.service import book, book_lines
from trace.inspections import rejudge

KILO = 1_000_000
PACK = 100_000
SHOP = {"consignee": "示例·岳麓茶庄", "phone": "0731-8000 0000", "address": "示例路 1 号"}
STALL = {"consignee": "示例·坡子街茶铺", "phone": "0731-8000 0001"}


class Chain:
    """24 kg: 4 kg in 40 packs (10 shipped), 3 kg split off, 5 kg handed to the stranger (20 packs
    of it labelled, 5 shipped), 1 kg sold in bulk, 0.5 kg lost, 10.5 kg still there.
    """

    def __init__(self, app: Flask, people: People) -> None:
        self.app, self.people = app, people
        self.house = Labelled(app, people).in_use()
        self.batch = self.house.batch
        self.sent = self._sent()
        self.part = self._part()
        self.taken = self._taken()
        self.gone()
        self.run, self.first, self.passed_on = self._labelled()

    def _sent(self) -> uuid.UUID:
        with self.house.act(self.house.maker) as act:
            first = self.house.first
            draft = ShipmentDraft(first, first + 9, TODAY, **SHOP)
            return ship(act, self.house.run, draft).id

    def _part(self) -> uuid.UUID:
        with self.house.act(self.house.maker) as act:
            part = PartDraft("3", "kg", "示例：样品柜")
            return rejudge.split_batch(act, self.batch, [part])[0].id

    def _taken(self) -> uuid.UUID:
        """What another party received: a batch of its own, with the link that says so."""
        with self.house.act(self.people.stranger) as act:
            old = act.session.get_one(Batch, self.batch)
            skipped = ("id", "party_id", "number", "quantity", "quantity_typed", "version")
            same: dict[str, Any] = {
                column.name: getattr(old, column.name)
                for column in Batch.__table__.columns
                if column.name not in skipped
            }
            new = Batch(
                id=uuid.uuid4(), party_id=self.people.stranger.party, number="QS-1",
                quantity=5 * KILO, quantity_typed="5", version=1, **same,
            )  # fmt: skip
            act.session.add(new)
            act.session.flush()
            moves = [
                (holding_of(old), Line(STOCK, -5 * KILO, old.form)),
                (holding_of(new), Line(STOCK, 5 * KILO, old.form)),
            ]
            posting = book_lines(act, "transfer", moves)
            act.session.add(
                BatchOrigin(
                    number=next_origin_number(act.session),
                    kind=TRANSFER,
                    batch_id=new.id,
                    parent_id=old.id,
                    quantity=5 * KILO,
                    posting=posting,
                    account_id=act.actor.account,
                    at=act.at,
                )
            )
            act.session.flush()
        ready = ReadyBatches(self.app, key=False)
        ready.judge(new.id, "conforming")
        ready.dispose(new.id, "release")
        return new.id

    def gone(self) -> None:
        """Sold in bulk without a name, and lost."""
        with self.house.act(self.house.maker) as act:
            batch = act.session.get_one(Batch, self.batch)
            for kind, account, amount in (("sale", MARKET, KILO), ("loss", LOSS, KILO // 2)):
                lines = [Line(STOCK, -amount, batch.form), Line(account, amount, batch.form)]
                book(act, holding_of(batch), kind, lines)

    def _labelled(self) -> tuple[uuid.UUID, int, uuid.UUID]:
        """The stranger labels 20 packs of what it received and ships 5 of them."""
        with self.house.act(self.people.stranger) as act:
            run = issue_run(act, self.house.press, self.taken, RunDraft(20, "100", "g", "a4-3x8"))
            for state in ("printed", "activated"):
                change_state(act, run.id, StateDraft(state))
            draft = ShipmentDraft(run.first, run.first + 4, TODAY, **STALL)
            return run.id, run.first, ship(act, run.id, draft).id
