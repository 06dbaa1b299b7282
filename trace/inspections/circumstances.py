"""Under what batches are judged, in columns: their kind of goods, the editions and plan of the day.

What no limit asks for makes no difference, and two days are one where the same editions are in
force and the same plan stands.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date

import numpy as np

from products.requirements import Nature, ReleasePlan, declared_standards
from products.rulebook import BatchFacts, Rulebook, in_force
from trace.inspections.alike import Limit, Limits, alike
from trace.inspections.case import Case, prepare
from trace.inspections.columns import Columns, Facts, IntArray
from trace.inspections.conformity import grade_gaps, lines_of, outcome_of
from trace.inspections.plans import Ask, asked, plan_gaps
from trace.inspections.verdicts import Outcome, Source

PlanOn = Callable[[date], ReleasePlan | None]
OUTCOMES = (Outcome.CONFORMING, Outcome.UNDETERMINED, Outcome.NONCONFORMING)
_OTHER = "…"


class Circumstances:
    """The settings of batches (`of`), by number; `plan_of` is a place in `plans` (that stand)."""

    def __init__(self, columns: Columns, rules: Rulebook, plan_on: PlanOn) -> None:
        self.rules = rules
        self.plan_on = plan_on
        days, day_at = np.unique(columns.day_of, return_inverse=True)
        eras: dict[tuple[frozenset[str], ReleasePlan | None, bool], int] = {}
        plans: dict[ReleasePlan | None, int] = {}
        era_of_day, plan_of_day = [], []
        for ordinal in days:
            on = date.fromordinal(int(ordinal))
            plan = plan_on(on)
            stands = plan is not None and plan.stands_on(on)
            editions = frozenset(e.id for e in in_force(rules.editions, on).values())
            era = (editions, plan, stands)
            era_of_day.append(eras.setdefault(era, len(eras)))
            plan_of_day.append(plans.setdefault(plan if stands else None, len(plans)))
        self.plans = tuple(plans)
        self.plan_of = np.array(plan_of_day, dtype=np.int64)[day_at]
        goods = _goods(columns.facts, rules)[columns.fact_of]
        firsts, self.of = alike(np.stack([goods, np.array(era_of_day, dtype=np.int64)[day_at]]))
        self._cases = [self._case(columns.given(int(place))) for place in firsts]
        self._conditions = _conditions(rules)
        self._parts: dict[tuple[object, ...], int] = {}
        self._asks = [self._asks_in(case) for case in self._cases]
        self._books: dict[frozenset[str], Rulebook] = {}

    def _case(self, given: Facts) -> Case:
        plan = self.plan_on(given.on)
        return prepare(given.batch, plan, self.rules, (), (), (), given.on)

    def _asks_in(self, case: Case) -> dict[str, list[Ask]]:
        found: dict[str, list[Ask]] = {}
        for ask in asked(case):
            found.setdefault(ask.item.characteristic, []).append(ask)
        return found

    def gaps(self) -> IntArray:
        """By setting, what is missing whatever was measured: as a place in OUTCOMES."""
        missing = [
            bool(plan_gaps(case, self.plan_on(case.on)) or grade_gaps(case)) for case in self._cases
        ]
        return np.array(missing, dtype=np.int64)

    def limits_in(self, setting: int) -> Limits:
        """The limits that a value of each characteristic may meet in a setting."""
        case = self._cases[setting]
        found: dict[str, tuple[Limit, ...]] = {}
        for name in {*case.rows, *self._conditions}:
            rows = (row.requirement for row in case.rows.get(name, ()))
            limits = [(row.bound, row.unit) for row in rows]
            found[name] = (*limits, *self._conditions.get(name, ()))
        return found

    def part(self, setting: int, name: str) -> int:
        """A number for a characteristic in a setting: the same rows and asks for it, the same."""
        case = self._cases[setting]
        asks = self._asks[setting].get(name, ())
        same = (
            name,
            tuple((r.requirement.id, r.weight, r.binding, r.gaps) for r in case.rows.get(name, ())),
            tuple((a.source, a.signed, tuple(r.requirement.id for r in a.rows)) for a in asks),
            tuple(edition.id for edition in case.blank_editions(name)),
            case.plan.certainty if case.plan else None,
            case.batch.matrix,
        )
        return self._parts.setdefault(same, len(self._parts))

    def owed(self, setting: int, source: Source) -> frozenset[str]:
        """The characteristics of which an inspection of that kind owes a value in a setting."""
        case = self._cases[setting]
        nothing = Facts(case.batch, case.on)
        return frozenset(
            name
            for name, asks in self._asks[setting].items()
            if any(ask.source is source for ask in asks)
            and self.judge_part(setting, frozenset((name,)), nothing, (source,))
        )

    def judge_part(
        self, setting: int, names: frozenset[str], given: Facts, sources: Collection[Source]
    ) -> int:
        """What the values of some characteristics come to: the judge on them alone.

        `given` has no other values; what the plan asks of other `sources` is left out.
        """
        case = prepare(
            given.batch,
            self.plan_on(given.on),
            self._book(names),
            given.results,
            given.type_inspections,
            given.events,
            given.on,
        )
        case = replace(case, blank=self._cases[setting].blank)
        asks = [
            ask for ask in asked(case) if ask.source in sources and ask.item.characteristic in names
        ]
        return OUTCOMES.index(outcome_of(lines_of(case, tuple(asks))))

    def _book(self, names: frozenset[str]) -> Rulebook:
        """The rules with the rows of some characteristics only."""
        if names not in self._books:
            rows = tuple(r for r in self.rules.requirements if r.characteristic in names)
            self._books[names] = replace(self.rules, requirements=rows)
        return self._books[names]

    def clusters(self, further: Collection[str] = ()) -> list[frozenset[str]]:
        """Characteristics that bear on each other: by a condition, as total and part.

        Each of `further` is in one too, if only by itself.
        """
        found = [frozenset((name,)) for name in further]
        for requirement in self.rules.requirements:
            when, total = requirement.scope.when, requirement.bound.cleared_by
            for other in (when.characteristic if when else None, total):
                if other is not None:
                    found.append(frozenset((other, requirement.characteristic)))
        return _joined(found)


def _joined(sets: list[frozenset[str]]) -> list[frozenset[str]]:
    """Sets that share a member made one."""
    apart: list[frozenset[str]] = []
    for one in sets:
        touching = [other for other in apart if other & one]
        apart = [other for other in apart if not other & one]
        apart.append(one.union(*touching))
    return apart


def _conditions(rules: Rulebook) -> dict[str, list[Limit]]:
    """What a value meets because of another characteristic: 售价 > 200 元, the limit of a part."""
    found: dict[str, list[Limit]] = {}
    for requirement in rules.requirements:
        when, total = requirement.scope.when, requirement.bound.cleared_by
        if when is not None:
            found.setdefault(when.characteristic, []).append((when.bound, when.unit))
        if total is not None:
            found.setdefault(total, []).append((requirement.bound, requirement.unit))
    return found


def _goods(facts: tuple[BatchFacts, ...], rules: Rulebook) -> IntArray:
    """For each of `facts` the number of its kind."""
    scopes = [requirement.scope for requirement in rules.requirements]
    grades = {word for scope in scopes for word in scope.grades} | set(rules.grades)
    forms = {word for scope in scopes for word in scope.forms}
    processes = {word for scope in scopes for word in scope.processes}
    conditions = {word for scope in scopes for word in scope.conditions}
    declarable = {r.edition.standard for r in rules.requirements if r.nature is Nature.RECOMMENDED}
    kinds: dict[BatchFacts, int] = {}
    made = []
    for fact in facts:
        kind = replace(
            fact,
            product_name="",
            grade=_known(fact.grade, grades),
            form=_known(fact.form, forms),
            process=_known(fact.process, processes),
            condition=_known(fact.condition, conditions),
            declared=tuple(sorted(declared_standards(fact.declared) & declarable)),
        )
        made.append(kinds.setdefault(kind, len(kinds)))
    return np.array(made, dtype=np.int64)


def _known(word: str | None, known: set[str]) -> str | None:
    return word if not word or word in known else _OTHER
