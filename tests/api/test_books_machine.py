"""The books against a plain model: any order of steps, every one accepted or refused alike.

After each step the database is asked by SQL: every posting sums to zero per form, no goods account
is negative, the entries give every balance byte for byte, what is used of an allowance is what was
harvested, and each batch holds what the model says. At the end of each sequence the record alone
gives the same balances.
"""

import os

import pytest
from flask import Flask
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from core.database.engine import db
from tests.api.books_checks import Ledger
from tests.api.books_house import DAYS
from tests.api.books_model import LEAF
from tests.api.books_trade import Trade
from tests.people import People

COUNTER = ("harvest", "process", "loss", "market", "destroyed")
SHARDS = 8


class Books(Trade):
    """All of it, and what must hold after every step."""

    # --- what must hold ----------------------------------------------------------------------

    @invariant()
    def the_books_are_even_and_the_models(self) -> None:
        if not hasattr(self, "house"):
            return
        with self.app.app_context(), db.engine.connect() as connection:
            ledger = Ledger(connection, self.house.product)
            assert ledger.uneven() == []
            assert ledger.below_nothing() == []
            assert ledger.rebuilt() == ledger.kept()
            assert ledger.runs_without_release() == []
            self._check_goods(ledger)
            self._check_verdicts(ledger)
            self._check_origins(ledger)
            self._check_allowances(ledger)

    def _check_goods(self, ledger: Ledger) -> None:
        kept = {key: amount for key, amount in ledger.amounts().items() if key[1] not in COUNTER}
        told = {(one.id, "stock"): one.stock for one in self.model.goods}
        told |= {(one.id, "labelled"): one.labelled for one in self.model.goods}
        told |= {(one.id, "transit"): one.transit for one in self.model.goods}
        assert kept == {key: amount for key, amount in told.items() if amount}

    def _check_verdicts(self, ledger: Ledger) -> None:
        judged, decided = ledger.verdicts(), ledger.standings()
        for one in self.model.goods:
            assert judged.get(one.id, "undetermined") == one.outcome(), one
            assert decided.get(one.id, "nothing") == one.standing, one

    def _check_origins(self, ledger: Ledger) -> None:
        kept = {key: kind for key, (kind, _) in ledger.origins().items()}
        told = {(one.id, up.id): kind for one in self.model.goods for kind, up in one.parents}
        assert kept == told

    def _check_allowances(self, ledger: Ledger) -> None:
        """Used is what was harvested; it is above granted after a cut only, and then stays."""
        rows, entries = ledger.harvested()
        assert rows == entries
        owners = {name: person.party for name, person in self.house.owners.items()}
        told = {
            (party, year, LEAF): found
            for name, party in owners.items()
            for year in DAYS
            if (found := self.model.allowance(name, year)) is not None
        }
        kept = ledger.allowances()
        assert kept == told
        for key, (granted, used) in kept.items():
            assert used == rows.get(key, 0)
            assert used <= granted or used <= self.used.get(key, used), "grew in deficit"
            self.reached["deficit" if used > granted else "within"] += 1
            self.used[key] = used

    def teardown(self) -> None:
        if not hasattr(self, "house"):
            return
        with self.app.app_context(), db.engine.connect() as connection:
            ledger = Ledger(connection, self.house.product)
            assert ledger.replayed(self.start, COUNTER) == ledger.kept()


STEPS = (
    "harvest", "recount", "split", "merge", "repack", "transform", "label", "void", "send",
    "confirm", "loss", "sale", "undo", "ship", "back labelled", "recall",
)  # fmt: skip
REACHED = {f"{step} {end}" for step in STEPS for end in ("done", "refused")}
REACHED |= {"deficit", "within"}


def _run(app: Flask, people: People, sequences: int, steps: int, shard: int = 0) -> None:
    Books.reached.clear()
    told = f"{os.environ.get('HYPOTHESIS_SEED', '0')}-{shard}"
    machine = seed(told)(type("BooksHere", (Books,), {"app": app, "people": people}))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=sequences,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_books_do_what_a_plain_model_says(app: Flask, people: People) -> None:
    _run(app, people, sequences=12, steps=20)


@pytest.mark.long
@pytest.mark.parametrize("shard", range(SHARDS))
def test_two_thousand_sequences_of_fifty_steps(app: Flask, people: People, shard: int) -> None:
    """A quarter of a thousand each: together with those of the other shards two thousand."""
    _run(app, people, sequences=250, steps=50, shard=shard)
    assert Books.reached.keys() >= REACHED, REACHED - Books.reached.keys()
