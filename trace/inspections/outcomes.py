"""RULE: the outcome of very many batches under one rulebook, as the judge would say it of each.

What a batch comes to is the worst of what its characteristics come to, and of what it lacks. So the
values of each characteristic (of several together, where one bears on another) are put before the
judge alone, and of all those that it cannot tell apart, with the same findings against the same
rows, only once; numpy brings them together and carries the answers back. Where results of a batch
were taken back, which is a matter of days, the batch is judged by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from products.requirements import BoundKind, ReleasePlan
from products.rulebook import BatchFacts, Rulebook
from trace.inspections.alike import Values, alike, fold, slices, spread
from trace.inspections.case import Case, last_day, prepare
from trace.inspections.circumstances import OUTCOMES, Circumstances, PlanOn
from trace.inspections.columns import Columns, Facts, IntArray, nameless
from trace.inspections.conformity import judge
from trace.inspections.plans import event_gaps, type_gaps
from trace.inspections.results import Result, StageEvent, TypeInspection
from trace.inspections.verdicts import Source, Verdict

_OWN, _LOGGED, _KEPT, _TYPE, _TYPE_WITHDRAWN = range(5)
_NO_RULES = Rulebook((), (), ())


@dataclass(frozen=True)
class Outcomes:
    """`of` by batch, as a place in OUTCOMES.

    `parts`: how often the judge was asked about some of the values of a batch, for all that are
    like it; `apart`: about how many batches by themselves.
    """

    of: IntArray
    parts: int
    apart: int


@dataclass(frozen=True)
class _Measured:
    """Values of units (batches, or what shares its type inspections) and what the judge sees.

    By unit: `setting_of` and `first_of`, a batch that has them. By value: the others.
    """

    source: Source
    setting_of: IntArray
    first_of: IntArray
    owner: IntArray
    value_of: IntArray
    source_of: IntArray
    codes: IntArray
    dated: NDArray[np.bool_]


def outcomes(columns: Columns, rules: Rulebook, plan_on: PlanOn) -> Outcomes:
    """What the judge says of every batch of `columns`; `plan_on` is asked for one day at a time."""
    around = Circumstances(columns, rules, plan_on)
    values = Values(_all_values(columns, rules))
    own = _own(columns, around, values)
    tested, unit_of, lacking = _tested(columns, around, values)
    dated = {values.names[n] for n in np.unique(values.name_of[tested.value_of[tested.dated]])}
    clusters = around.clusters(dated)
    parts = _Parts(columns, around, values, frozenset().union(*clusters))
    found = np.maximum(around.gaps()[around.of], _lacking_events(columns, around))
    found = np.maximum(found, np.maximum(lacking, parts.worst(own)))
    found = np.maximum(found, parts.worst(tested)[unit_of])
    for names in clusters:
        found = np.maximum(found, parts.of_cluster(names, own, tested, unit_of))
    for place, given in columns.apart.items():
        verdict = verdict_of(given, rules, plan_on)
        found[place] = OUTCOMES.index(verdict.outcome)
    return Outcomes(found, parts.asked, len(columns.apart))


def verdict_of(given: Facts, rules: Rulebook, plan_on: PlanOn) -> Verdict:
    """The judge's verdict on one batch."""
    return judge(
        batch=given.batch,
        plan=plan_on(given.on),
        rules=rules,
        results=given.results,
        type_inspections=given.type_inspections,
        events=given.events,
        on=given.on,
        inputs=given.inputs,
    )


def _all_values(columns: Columns, rules: Rulebook) -> Iterable[Result]:
    yield from columns.values
    for inspections in columns.types:
        for inspection in inspections:
            yield from (nameless(result) for result in inspection.results)
    yield from (_kept(name) for name in _documents(rules))


def _documents(rules: Rulebook) -> list[str]:
    """The documents that a limit asks for: of these one that is kept is a value."""
    return [
        name
        for name, rows in rules.by_characteristic.items()
        if any(row.bound.kind is BoundKind.DOCUMENT for row in rows)
    ]


def _kept(name: str) -> Result:
    return Result("", name, "", document=True)


# --- what was measured -------------------------------------------------------------------------


def _own(columns: Columns, around: Circumstances, values: Values) -> _Measured:
    """The values of inspections of the batches, of their logs, and the documents kept."""
    asked = set(_documents(around.rules))
    papers = [
        [(values.place(_kept(n)), _KEPT) for _, names in logged for n in names if n in asked]
        for logged in columns.events
    ]
    kept = spread(papers, columns.events_of)
    typed = (columns.owner, columns.value_of, np.where(columns.logged, _LOGGED, _OWN))
    owner, value_of, source_of = (np.concatenate(pair) for pair in zip(typed, kept, strict=True))
    places = np.arange(len(columns), dtype=np.int64)
    rows = (owner, value_of, source_of)
    coded = values.codes(around.limits_in, around.of, columns.day_of, rows)
    return _Measured(Source.INSPECTION, around.of, places, *rows, *coded)


def _tested(
    columns: Columns, around: Circumstances, values: Values
) -> tuple[_Measured, IntArray, IntArray]:
    """The values of type inspections; the unit of each batch; what is lacking where none is valid.

    A unit is a setting and a stretch of days on which the same type inspections of a party are
    valid.
    """
    stretch_of, firsts = _stretches(columns, around)
    owned: list[list[tuple[int, int]]] = []
    lacking = []
    for place in firsts:
        case = _only_types(columns, around, int(place))
        lacking.append(bool(type_gaps(case, ())))
        found = [
            (values.place(m.result), source)
            for source, sorted_out in ((_TYPE, case.measured), (_TYPE_WITHDRAWN, case.withdrawn))
            for measurements in sorted_out.values()
            for m in measurements
        ]
        owned.append(found)
    units, unit_of = alike(np.stack([around.of, stretch_of]))
    rows = spread(owned, stretch_of[units])
    coded = values.codes(around.limits_in, around.of[units], columns.day_of[units], rows)
    measured = _Measured(Source.TYPE_INSPECTION, around.of[units], units, *rows, *coded)
    return measured, unit_of, np.array(lacking, dtype=np.int64)[stretch_of]


def _only_types(columns: Columns, around: Circumstances, place: int) -> Case:
    """What the type inspections of a batch come to on its day."""
    plan = around.plans[around.plan_of[place]]
    on = date.fromordinal(int(columns.day_of[place]))
    types = columns.types[columns.types_of[place]]
    return prepare(BatchFacts(""), plan, _NO_RULES, (), types, (), on)


def _stretches(columns: Columns, around: Circumstances) -> tuple[IntArray, IntArray]:
    """The stretch that each batch falls in, by number, and one batch of each."""
    firsts, pair_of = alike(np.stack([columns.types_of, around.plan_of]))
    turn = np.zeros(len(columns), dtype=np.int64)
    for part in slices(pair_of):
        place = int(firsts[pair_of[part[0]]])
        plan = around.plans[around.plan_of[place]]
        days = _turns(columns.types[columns.types_of[place]], plan)
        turn[part] = np.searchsorted(days, columns.day_of[part], side="right")
    places, stretch_of = alike(np.stack([pair_of, turn]))
    return stretch_of, places


def _turns(types: tuple[TypeInspection, ...], plan: ReleasePlan | None) -> list[int]:
    """The days (ordinals) on which one begins to be valid or is valid no more."""
    days = {inspection.valid_from.toordinal() for inspection in types}
    lasts = (last_day(inspection, plan) for inspection in types)
    return sorted(days | {last.toordinal() + 1 for last in lasts if last is not None})


def _lacking_events(columns: Columns, around: Circumstances) -> IntArray:
    """By batch whether its plan asks for an event or document that is not there."""
    firsts, pair_of = alike(np.stack([around.plan_of, columns.events_of]))
    lacking = []
    for place in firsts:
        plan = around.plans[around.plan_of[place]]
        given = columns.given(int(place))
        case = prepare(BatchFacts(""), plan, _NO_RULES, (), (), (), given.on)
        lacking.append(bool(event_gaps(case, given.events)))
    return np.array(lacking, dtype=np.int64)[pair_of]


# --- characteristic by characteristic ----------------------------------------------------------


class _Parts:
    """Puts the values of each characteristic before the judge, alike ones once."""

    def __init__(
        self, columns: Columns, around: Circumstances, values: Values, clustered: frozenset[str]
    ) -> None:
        self.columns, self.around, self.values = columns, around, values
        self.clustered = clustered
        self.asked = 0

    def worst(self, measured: _Measured) -> IntArray:
        """By unit the worst of its characteristics, those that are owed and missing included.

        Characteristics in clusters are left out.
        """
        at = np.flatnonzero(~self._of_names(measured, self.clustered))
        many = len(self.values.names)
        keys = measured.owner[at] * many + self.values.name_of[measured.value_of[at]]
        cells, cell_of = np.unique(keys, return_inverse=True)
        unit_of, name_of = np.divmod(cells, max(1, many))
        places = measured.setting_of[unit_of] * many + name_of
        pairs, pair_of = np.unique(places, return_inverse=True)
        named = [(int(pair) // many, self.values.names[int(pair) % many]) for pair in pairs]
        number = np.array([self.around.part(*one) for one in named], dtype=np.int64)
        state = fold(len(cells), cell_of, measured.codes[at])
        firsts, same = alike(np.stack([number[pair_of], state]))
        rows = np.argsort(cell_of, kind="stable")
        starts = np.searchsorted(cell_of[rows], np.arange(len(cells) + 1))
        said = [
            self._said(measured, at[rows[starts[cell] : starts[cell + 1]]], named[pair_of[cell]])
            for cell in firsts
        ]
        self.asked += len(said)
        worst = np.zeros(len(measured.setting_of), dtype=np.int64)
        np.maximum.at(worst, unit_of, np.array(said, dtype=np.int64)[same])
        return np.maximum(worst, self._missing(measured, named, unit_of, pair_of))

    def of_cluster(
        self, names: frozenset[str], own: _Measured, tested: _Measured, unit_of: IntArray
    ) -> IntArray:
        """By batch what characteristics come to that bear on each other, whoever measured them."""
        mine, theirs = self._of_names(own, names), self._of_names(tested, names)
        known: dict[tuple[int, ...], int] = {}
        settings = range(int(self.around.of.max(initial=-1)) + 1)
        numbers = [tuple(self.around.part(s, name) for name in sorted(names)) for s in settings]
        number = np.array([known.setdefault(n, len(known)) for n in numbers], dtype=np.int64)
        dated = np.bincount(tested.owner, tested.dated & theirs, len(tested.setting_of)) > 0
        rows = [
            number[self.around.of],
            fold(len(self.columns), own.owner[mine], own.codes[mine]),
            fold(len(tested.setting_of), tested.owner[theirs], tested.codes[theirs])[unit_of],
            np.where(dated[unit_of], self.columns.day_of, 0),
        ]
        firsts, same = alike(np.stack(rows))
        at = np.flatnonzero(mine)
        at = at[np.argsort(own.owner[at], kind="stable")]
        starts = np.searchsorted(own.owner[at], np.arange(len(self.columns) + 1))
        said = []
        for place in firsts:
            values = self._given(own, at[starts[place] : starts[place + 1]], int(place))
            given = replace(values, type_inspections=self._types(int(place), names))
            setting = int(self.around.of[place])
            said.append(self.around.judge_part(setting, names, given, tuple(Source)))
        self.asked += len(said)
        return np.array(said, dtype=np.int64)[same]

    def _of_names(self, measured: _Measured, names: frozenset[str]) -> NDArray[np.bool_]:
        wanted = np.array([name in names for name in self.values.names], dtype=np.bool_)
        return wanted[self.values.name_of[measured.value_of]]

    def _missing(
        self,
        measured: _Measured,
        named: list[tuple[int, str]],
        unit_of: IntArray,
        pair_of: IntArray,
    ) -> IntArray:
        """By unit whether a characteristic is owed of which there is no value at all."""
        settings = [int(setting) for setting in np.unique(measured.setting_of)]
        owed = {s: self.around.owed(s, measured.source) - self.clustered for s in settings}
        wanted = np.zeros(max(settings, default=-1) + 1, dtype=np.int64)
        wanted[settings] = [len(owed[setting]) for setting in settings]
        counts = np.array([name in owed[setting] for setting, name in named], dtype=np.int64)
        there = np.bincount(unit_of, counts[pair_of], len(measured.setting_of))
        return (there < wanted[measured.setting_of]).astype(np.int64)

    def _said(self, measured: _Measured, rows: IntArray, pair: tuple[int, str]) -> int:
        """What the judge says of the values in these rows, which are of one characteristic."""
        setting, name = pair
        names = frozenset((name,))
        place = int(measured.first_of[measured.owner[rows[0]]])
        if measured.source is Source.TYPE_INSPECTION:
            given = self._given(measured, rows[:0], place)
            given = replace(given, type_inspections=self._types(place, names))
        else:
            given = self._given(measured, rows, place)
        return self.around.judge_part(setting, names, given, (measured.source,))

    def _given(self, measured: _Measured, rows: IntArray, place: int) -> Facts:
        """A batch with the values in these rows, and nothing else of it."""
        columns = self.columns
        on = date.fromordinal(int(columns.day_of[place]))
        own: dict[int, list[Result]] = {_OWN: [], _LOGGED: [], _KEPT: []}
        for row in rows:
            value = self.values.all[measured.value_of[row]]
            own[int(measured.source_of[row])].append(replace(value, id=f"v{row}", at=on))
        papers = tuple(value.characteristic for value in own[_KEPT])
        event = StageEvent("e", "", on, tuple(own[_LOGGED]), papers)
        batch = columns.facts[columns.fact_of[place]]
        return Facts(batch, on, tuple(own[_OWN]), events=(event,))

    def _types(self, place: int, names: frozenset[str]) -> tuple[TypeInspection, ...]:
        """The type inspections of a batch with the results of these characteristics only."""
        types = self.columns.types[self.columns.types_of[place]]
        return tuple(
            replace(one, results=tuple(r for r in one.results if r.characteristic in names))
            for one in types
        )
