"""What cannot be told apart, in columns (numpy): things by their numbers, values by what they meet.

Each distinct value is compared once with each distinct limit that may meet it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from products.numbers import half_width
from products.requirements import Bound, BoundKind
from trace.inspections.columns import IntArray, nameless
from trace.inspections.comparison import Finding, compare
from trace.inspections.plans import MEETS_THE_CLAUSE
from trace.inspections.results import Result

Limit = tuple[Bound, str]
Limits = Mapping[str, tuple[Limit, ...]]
SOURCES = 8
_CLASSES = 2**24
_DAYS = 2**22
_CLAUSE: Limit = (MEETS_THE_CLAUSE, "")
_FINDINGS = {finding: place for place, finding in enumerate(Finding)}


def alike(rows: IntArray) -> tuple[IntArray, IntArray]:
    """Of `rows` (one column a thing) the first place of each distinct column, and each's number."""
    if rows.shape[1] == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    number = np.zeros(rows.shape[1], dtype=np.int64)
    for row in rows:
        dense = np.unique(row, return_inverse=True)[1]
        number = np.unique(number * (dense.max() + 1) + dense, return_inverse=True)[1]
    return np.unique(number, return_index=True)[1], number


def fold(units: int, owner: IntArray, codes: IntArray) -> IntArray:
    """A number for each of so many units: the same where they own the same codes, equally often."""
    order = np.lexsort((codes, owner))
    dense = np.unique(codes, return_inverse=True)[1][order]
    counts = np.bincount(owner, minlength=units)
    starts = np.cumsum(counts) - counts
    state = np.zeros(units, dtype=np.int64)
    for place in range(int(counts.max(initial=0))):
        going_on = np.flatnonzero(counts > place)
        code = dense[starts[going_on] + place]
        state[going_on] = alike(np.stack([state[going_on], code]))[1]
    return alike(np.stack([counts, state]))[1]


def spread(
    owned: Sequence[Sequence[tuple[int, int]]], which: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Owner, first and second of every pair, where unit number n owns the pairs owned[which[n]]."""
    flat = np.array([pair for pairs in owned for pair in pairs], dtype=np.int64).reshape(-1, 2)
    counts = np.array([len(pairs) for pairs in owned], dtype=np.int64)
    starts = np.cumsum(counts) - counts
    many = counts[which]
    owner = np.repeat(np.arange(len(which), dtype=np.int64), many)
    before = np.repeat(np.cumsum(many) - many, many)
    places = np.arange(len(owner), dtype=np.int64) - before + np.repeat(starts[which], many)
    return owner, flat[places, 0], flat[places, 1]


def slices(keys: IntArray) -> list[IntArray]:
    """The places of each distinct key, in the order of the keys."""
    if len(keys) == 0:
        return []
    order = np.argsort(keys, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(keys[order])) + 1)


class Values:
    """The distinct values, by characteristic, and what comparing each with each limit finds."""

    def __init__(self, values: Iterable[Result]) -> None:
        """`values` may come twice; equal ones become one."""
        self.all: list[Result] = []
        self._places: dict[Result, int] = {}
        self._numbers: dict[str, int] = {}
        self._members: list[list[int]] = []
        name_of, rank = [], []
        for value in values:
            if value in self._places:
                continue
            self._places[value] = len(self.all)
            name = self._numbers.setdefault(value.characteristic, len(self._numbers))
            if name == len(self._members):
                self._members.append([])
            name_of.append(name)
            rank.append(len(self._members[name]))
            self._members[name].append(len(self.all))
            self.all.append(value)
        self.names = tuple(self._numbers)
        self.name_of = np.array(name_of, dtype=np.int64)
        self._rank = np.array(rank, dtype=np.int64)
        self._stated = np.array([half_width(v.typed) != "" for v in self.all], dtype=np.bool_)
        self._findings: dict[tuple[int, Limit], IntArray] = {}
        self._classes: dict[tuple[int, tuple[Limit, ...]], IntArray] = {}

    def place(self, result: Result) -> int:
        """The number of a result among `all`, whoever measured it and when."""
        return self._places[nameless(result)]

    def codes(
        self,
        limits_in: Callable[[int], Limits],
        setting_of: IntArray,
        day_of: IntArray,
        rows: tuple[IntArray, IntArray, IntArray],
    ) -> tuple[IntArray, NDArray[np.bool_]]:
        """What the judge sees of each value in its setting, as a number; and where the day counts.

        `setting_of` and `day_of` are by unit; `rows` are by value: its unit, value and source.
        """
        owner, value_of, source_of = rows
        keys = setting_of[owner] * len(self.names) + self.name_of[value_of]
        codes = np.empty(len(owner), dtype=np.int64)
        dated = np.zeros(len(owner), dtype=np.bool_)
        known: dict[int, Limits] = {}
        for part in slices(keys):
            setting, name = divmod(int(keys[part[0]]), len(self.names))
            if setting not in known:
                known[setting] = limits_in(setting)
            limits = known[setting].get(self.names[name], ())
            codes[part] = self._classes_under(name, limits)[self._rank[value_of[part]]]
            if any(bound.kind is BoundKind.DOCUMENT for bound, _ in limits):
                dated[part] = self._stated[value_of[part]]
        codes += (self.name_of[value_of] * SOURCES + source_of) * _CLASSES
        days = (value_of * SOURCES + source_of) * _DAYS + day_of[owner]
        return np.where(dated, -1 - days, codes), dated

    def _classes_under(self, name: int, limits: tuple[Limit, ...]) -> IntArray:
        """For each value of a characteristic the number of what the judge sees of it."""
        key = (name, limits)
        if key not in self._classes:
            kinds: dict[tuple[str | None, bool, bool], int] = {}
            members = [self.all[place] for place in self._members[name]]
            plain = [kinds.setdefault(_kind(value), len(kinds)) for value in members]
            found = [self._found(name, limit) for limit in dict.fromkeys((*limits, _CLAUSE))]
            self._classes[key] = alike(np.stack([np.array(plain, dtype=np.int64), *found]))[1]
        return self._classes[key]

    def _found(self, name: int, limit: Limit) -> IntArray:
        key = (name, limit)
        if key not in self._findings:
            said = (compare(*limit, self.all[place]).finding for place in self._members[name])
            numbers = [_FINDINGS[finding] for finding in said]
            self._findings[key] = np.array(numbers, dtype=np.int64)
        return self._findings[key]


def _kind(value: Result) -> tuple[str | None, bool, bool]:
    """What the judge looks at in a value beside comparing it."""
    return value.matrix, value.document, half_width(value.typed) == ""
