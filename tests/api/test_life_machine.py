"""D-10 for verdicts: any order of steps in a batch's life against a plain model of it.

The model knows reports, limits and decisions as Python lists and dictionaries and shares no code
with the house. What must never be: a label that a scan answers for, of a batch that the model
calls nonconforming.
"""

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.api.life_house import LEAD, MADE, WATER, LifeHouse
from tests.people import People

WATERS, LEADS = ("5.8", "6.6", "9.9"), ("0.56", "5.6")
VALUES = st.fixed_dictionaries(
    {}, optional={WATER: st.sampled_from(WATERS), LEAD: st.sampled_from(LEADS)}
).filter(bool)
FIRST, SECOND = {WATER: 7.0, LEAD: 5.0}, {WATER: 6.0, LEAD: 5.0}


@dataclass
class ModelReport:
    """A published report as the model knows it."""

    id: UUID
    values: dict[str, str]
    corrects: "ModelReport | None" = None
    retests: "ModelReport | None" = None
    both: bool = False
    withdrawn: bool = False
    reinstated: bool = False


@dataclass
class Model:
    """What a person with pen and paper would keep."""

    limits: dict[str, float] = field(default_factory=lambda: dict(FIRST))
    reports: list[ModelReport] = field(default_factory=list)
    standing: str = "nothing"

    def replaced(self, report: ModelReport) -> ModelReport | None:
        """The report that corrects `report`."""
        return next((other for other in self.reports if other.corrects is report), None)

    def retested(self, report: ModelReport) -> ModelReport | None:
        """The report that tests the items of `report` again, in its newest form."""
        found = next((other for other in self.reports if other.retests is report), None)
        while found is not None and (newer := self.replaced(found)) is not None:
            found = newer
        return found

    def counts(self, report: ModelReport) -> bool:
        """Neither corrected nor withdrawn."""
        return self.replaced(report) is None and not report.withdrawn

    def first_of(self, report: ModelReport) -> ModelReport:
        """The first report of a line of corrections."""
        while report.corrects is not None:
            report = report.corrects
        return report

    def hidden(self, report: ModelReport, item: str) -> bool:
        """Whether a standing retest of this report, or of an earlier form of it, has the item."""
        older: ModelReport | None = report
        while older is not None:
            original = next((r for r in self.reports if r.retests is older and not r.both), None)
            again = self.retested(older) if original is not None else None
            if again not in (None, report) and self.counts(again) and item in again.values:
                return True
            older = older.corrects
        return False

    def waits(self) -> bool:
        """Whether something was taken back and nothing recorded later has its item."""
        for place, gone in enumerate(self.reports):
            if self.counts(gone):
                continue
            later = [r for r in self.reports[place + 1 :] if self.counts(r)]
            items = {i for r in later for i in r.values if not self.hidden(r, i)}
            if not gone.values.keys() <= items:
                return True
        return False

    def outcome(self) -> str:
        """Nonconforming, undetermined or conforming."""
        counting = [
            (item, float(typed))
            for report in self.reports
            if self.counts(report)
            for item, typed in report.values.items()
            if not self.hidden(report, item)
        ]
        if any(value > self.limits.get(item, 1e9) for item, value in counting):
            return "nonconforming"
        known = {item for item, _ in counting}
        complete = known == {WATER, LEAD} and set(self.limits) == {WATER, LEAD}
        complete = complete and not self.waits()
        return "conforming" if complete else "undetermined"

    def follow(self) -> None:
        """What a new verdict does to how the batch stands."""
        outcome = self.outcome()
        if self.standing in ("held by a person", "rejected"):
            return
        if outcome == "conforming":
            self.standing = "released"
        elif self.standing == "released" or outcome == "nonconforming":
            self.standing = "held"


class Life(RuleBasedStateMachine):
    """Steps in any order; `house` is set by the test."""

    app: Flask
    people: People
    reached: ClassVar[Counter[str]] = Counter()

    @initialize()
    def begin(self) -> None:
        self.house = LifeHouse(self.app, self.people, {WATER: "7.0", LEAD: "5.0"})
        self.model = Model()
        self.waiting: list[tuple[UUID, dict[str, Any]]] = []
        self.labelled = 0

    def _pick(self, data: st.DataObject, reports: list[ModelReport]) -> ModelReport:
        return data.draw(st.sampled_from(reports))

    def _free(self) -> list[ModelReport]:
        """Reports that may be corrected: nothing has taken their place, nothing is under way."""
        busy = {id(about.get("corrects")) for _, about in self.waiting}
        return [
            r for r in self.model.reports if self.model.replaced(r) is None and id(r) not in busy
        ]

    def _untested(self) -> list[ModelReport]:
        """Reports that may be tested again."""
        busy = {id(about.get("retests")) for _, about in self.waiting}
        busy |= {id(about.get("corrects")) for _, about in self.waiting}
        taken = {id(r.retests) for r in self.model.reports}
        return [r for r in self.model.reports if self.model.counts(r) and id(r) not in busy | taken]

    @rule(values=VALUES)
    def submit(self, values: dict[str, str]) -> None:
        sheet = self.house.drafted(self.house.on_batch, values)
        self.waiting.append((sheet, {"values": values}))

    @rule(values=VALUES, data=st.data())
    @precondition(lambda self: bool(self._free()))
    def submit_correction(self, values: dict[str, str], data: st.DataObject) -> None:
        older = self._pick(data, self._free())
        sheet = self.house.drafted(self.house.correcting(older.id), values)
        self.waiting.append((sheet, {"values": values, "corrects": older}))

    @rule(values=VALUES, both=st.booleans(), data=st.data())
    @precondition(lambda self: bool(self._untested()))
    def submit_retest(self, values: dict[str, str], both: bool, data: st.DataObject) -> None:
        first = self._pick(data, self._untested())
        sheet = self.house.drafted(self.house.retesting(first.id, both), values)
        self.waiting.append((sheet, {"values": values, "retests": first, "both": both}))

    @rule(data=st.data())
    @precondition(lambda self: bool(self.waiting))
    def verify(self, data: st.DataObject) -> None:
        sheet, about = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))
        first = about.get("retests")
        if first is not None and not self.model.counts(first):
            return
        self.house.verify(sheet)
        self.model.reports.append(ModelReport(sheet, **about))
        self.model.follow()

    @rule(data=st.data())
    @precondition(lambda self: any(not r.withdrawn and not r.reinstated for r in self._free()))
    def withdraw(self, data: st.DataObject) -> None:
        able = [r for r in self._free() if not r.withdrawn and not r.reinstated]
        report = self._pick(data, able)
        self.house.withdraw(report.id)
        report.withdrawn = True
        self.model.follow()

    @rule(data=st.data())
    @precondition(lambda self: any(r.withdrawn for r in self._free()))
    def reinstate(self, data: st.DataObject) -> None:
        report = self._pick(data, [r for r in self._free() if r.withdrawn])
        self.house.reinstate(report.id)
        report.withdrawn, report.reinstated = False, True
        self.model.follow()

    @rule()
    @precondition(lambda self: self.model.limits == FIRST)
    def publish_edition(self) -> None:
        self.house.publish_edition(2026, MADE)
        self.model.limits = {}
        self.model.follow()

    @rule()
    @precondition(lambda self: self.model.limits == {})
    def enter_limits(self) -> None:
        self.house.enter_limits({WATER: "6.0", LEAD: "5.0"})
        self.model.limits = dict(SECOND)
        self.model.follow()

    @rule()
    def hold(self) -> None:
        done = self.house.decide("hold")
        assert done == (self.model.standing not in ("held by a person", "rejected"))
        if done:
            self.model.standing = "held by a person"

    @rule()
    def lift(self) -> None:
        done = self.house.decide("lift")
        assert done == (self.model.standing in ("held", "held by a person"))
        if done:
            self.model.standing = "lifted"
            self.model.follow()

    @rule()
    @precondition(lambda self: self.labelled < 4)
    def label(self) -> None:
        made = self.house.label()
        able = self.model.standing == "released" and self.model.outcome() == "conforming"
        assert made == able, (self.model.standing, self.model.outcome())
        self.labelled += made
        self.reached["labelled" if made else "refused"] += 1

    @invariant()
    def the_verdict_is_the_models(self) -> None:
        if not hasattr(self, "house"):
            return
        said, expected = self.house.outcome(), self.model.outcome()
        assert said == expected, self.model

    @invariant()
    def no_label_lives_on_goods_that_fail(self) -> None:
        if not hasattr(self, "house"):
            return
        live = self.house.live()
        self.reached["live" if live else "dead" if self.house.codes else "none"] += 1
        if self.model.outcome() == "nonconforming":
            assert live == []
        assert bool(live) == (self.model.standing == "released" and bool(self.house.codes))


def _run(app: Flask, people: People, sequences: int, steps: int) -> None:
    machine = type("LifeHere", (Life,), {"app": app, "people": people})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=sequences,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize="HYPOTHESIS_SEED" not in os.environ,
        ),
    )
    assert {"labelled", "refused", "live", "dead"} <= Life.reached.keys(), Life.reached


def test_no_label_lives_on_goods_that_the_model_calls_nonconforming(
    app: Flask, people: People
) -> None:
    _run(app, people, sequences=12, steps=18)


@pytest.mark.long
def test_two_thousand_lives_of_fifty_steps(app: Flask, people: People) -> None:
    _run(app, people, sequences=2000, steps=50)
