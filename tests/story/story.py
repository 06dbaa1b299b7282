"""What the chapters share: the house, the telling, the people, and what has been made so far."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from desks.sample import FIRST_DAY
from tests.story.server import House
from tests.story.telling import Telling
from tests.story.visitor import Visitor

PRODUCED_BEFORE = 20
"""Days ago, or the day on which the limits came into force."""


@dataclass
class Batch:
    """A batch of the story; `verdict` and `runs` are what the API said last."""

    id: str
    number: str
    what: str
    produced: date
    verdict: dict[str, Any] = field(default_factory=dict)
    disposition: str | None = None
    refusal: dict[str, Any] | None = None
    run: dict[str, Any] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


@dataclass
class Story:
    """Everything that one telling knows; `chain` are the batches from a plot to a shop."""

    house: House
    tell: Telling
    out: Path
    today: date
    people: dict[str, Visitor] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    scans: dict[str, str] = field(default_factory=dict)
    chain: dict[str, Batch] = field(default_factory=dict)
    recalled: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def phone(self) -> Visitor:
        """The phone of somebody who has no account."""
        return Visitor(self.house.origin, english=self.tell.english)

    @property
    def produced(self) -> date:
        """The day on which the batches of the story were made."""
        recent = self.today - timedelta(days=PRODUCED_BEFORE)
        return min(max(recent, FIRST_DAY), self.today)
