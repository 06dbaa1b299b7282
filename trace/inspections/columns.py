"""Batches in columns (numpy): what many of them have in common stands once and is pointed at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.words import Words
from products.rulebook import BatchFacts
from trace.inspections.results import Result, StageEvent, TypeInspection

IntArray = NDArray[np.int64]
Logged = tuple[tuple[str, tuple[str, ...]], ...]
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the judge is given of one batch, beside the rules and the plan."""

    batch: BatchFacts
    on: date
    results: tuple[Result, ...] = ()
    type_inspections: tuple[TypeInspection, ...] = ()
    events: tuple[StageEvent, ...] = ()
    inputs: tuple[Words, ...] = ()


@dataclass(frozen=True)
class Columns:
    """Batches of one product.

    By batch: `fact_of`, `day_of` (ordinal of the reference date), `events_of`, `types_of`. By
    value: `owner` (its batch), `value_of`, and `logged` (the producer's own; else an inspection's).
    `events` are the stages with the names of their documents, `types` all type inspections of a
    party's product, `values` results without id, day and method. `apart` are batches in full: what
    was taken back of their own results is a matter of days, which values do not carry, and what
    went into them is their own affair.
    """

    facts: tuple[BatchFacts, ...]
    events: tuple[Logged, ...]
    types: tuple[tuple[TypeInspection, ...], ...]
    values: tuple[Result, ...]
    fact_of: IntArray
    day_of: IntArray
    events_of: IntArray
    types_of: IntArray
    owner: IntArray
    value_of: IntArray
    logged: NDArray[np.bool_]
    apart: dict[int, Facts]

    def __len__(self) -> int:
        return len(self.fact_of)

    def given(self, place: int) -> Facts:
        """One batch as the judge takes it, ids made up."""
        if place in self.apart:
            return self.apart[place]
        on = date.fromordinal(int(self.day_of[place]))
        first, last = np.searchsorted(self.owner, (place, place + 1))
        own: list[Result] = []
        kept: list[Result] = []
        for at in range(first, last):
            value = replace(self.values[self.value_of[at]], id=f"v{at}", at=on)
            (kept if self.logged[at] else own).append(value)
        return Facts(
            self.facts[self.fact_of[place]],
            on,
            tuple(own),
            self.types[self.types_of[place]],
            _events(self.events[self.events_of[place]], tuple(kept), on),
        )


def _events(logged: Logged, values: tuple[Result, ...], on: date) -> tuple[StageEvent, ...]:
    """Stage events; the values stand with the first, as the judge does not ask for their stage."""
    made = [
        StageEvent(f"e{place}", stage, on, documents=documents)
        for place, (stage, documents) in enumerate(logged)
    ]
    if values:
        made[0] = replace(made[0], values=values)
    return tuple(made)


def nameless(result: Result) -> Result:
    """A result without what makes it this one result: two that are equal then are judged alike."""
    return replace(result, id="", at=None, method="", by="x" if result.by else "")


class Gathering:
    """Puts batches into columns, one after the other."""

    def __init__(self) -> None:
        self._facts: dict[BatchFacts, int] = {}
        self._events: dict[Logged, int] = {}
        self._types: dict[tuple[TypeInspection, ...], int] = {}
        self._values: dict[Result, int] = {}
        self._batches: list[tuple[int, int, int, int]] = []
        self._rows: list[tuple[int, int, bool]] = []
        self._apart: dict[int, Facts] = {}

    def add(self, given: Facts) -> int:
        """The next batch, and its place; a superseded result is left out, as the judge does."""
        logged = tuple((event.stage, event.documents) for event in given.events)
        place = self.open(given.batch, given.on, logged, given.type_inspections)
        own = [(result, False) for result in given.results]
        own += [(value, True) for event in given.events for value in event.values]
        if given.inputs or any(result.withdrawn for result, _ in own):
            self._apart[place] = given
            return place
        for result, by_producer in own:
            if not result.superseded:
                self.put(place, self.value(result), by_producer)
        return place

    def open(
        self, batch: BatchFacts, on: date, logged: Logged, types: tuple[TypeInspection, ...]
    ) -> int:
        """The next batch, still without a value, and its place."""
        self._batches.append(
            (
                _index(self._facts, batch),
                on.toordinal(),
                _index(self._events, logged),
                _index(self._types, types),
            )
        )
        return len(self._batches) - 1

    def value(self, result: Result) -> int:
        """The number of a value, to be put into batches."""
        return _index(self._values, nameless(result))

    def put(self, place: int, value: int, by_producer: bool) -> None:
        """A value of the batch at a place, neither superseded nor withdrawn."""
        self._rows.append((place, value, by_producer))

    def columns(self) -> Columns:
        """All of them."""
        batches = _table(self._batches, 4)
        rows = _table(self._rows, 3)
        rows = rows[:, np.argsort(rows[0], kind="stable")]
        return Columns(
            facts=tuple(self._facts),
            events=tuple(self._events),
            types=tuple(self._types),
            values=tuple(self._values),
            fact_of=batches[0],
            day_of=batches[1],
            events_of=batches[2],
            types_of=batches[3],
            owner=rows[0],
            value_of=rows[1],
            logged=rows[2].astype(np.bool_),
            apart=self._apart,
        )


def gathered(batches: Iterable[Facts]) -> Columns:
    """`batches` in columns, in their order."""
    gathering = Gathering()
    for given in batches:
        gathering.add(given)
    return gathering.columns()


def _index(known: dict[Key, int], key: Key) -> int:
    return known.setdefault(key, len(known))


def _table(rows: Sequence[tuple[int, ...]], width: int) -> IntArray:
    return np.array(rows, dtype=np.int64).reshape(-1, width).T
