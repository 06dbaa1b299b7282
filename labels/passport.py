"""What a scan answers: the status of one label, and what its batch has to show for itself.

Two halves. `LabelFacts` are read afresh at every scan and alone decide the status; `BatchPassport`
is what stands behind the label and can be kept for as long as the batch does not change. Nothing
here says that goods are genuine beyond doubt or that they are forged: a code can be copied, and a
count of scans proves nothing (DESIGN promise 10).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from core.words import Words
from labels.origins import Origins
from labels.ranges import ACTIVATED, VOID
from trace.inspections.verdicts import Outcome

State = Literal["pass", "fail", "wait", "none"]

MANY_SCANS = 100
"""From this scan of one label on, the page says that there were unusually many.

One pack is scanned by who checks it in, who buys it and who drinks from it: some dozen times. A
hundred is far beyond that and still proves nothing, so the page only asks to look at the pack.
"""


class Status(StrEnum):
    """What a scan is told first; the words are stable, for programs too."""

    NO_CODE = "no_code"
    MALFORMED = "malformed"
    MISTYPED = "mistyped"
    UNKNOWN = "unknown"
    REVOKED_KEY = "revoked_key"
    RECALLED = "recalled"
    NONCONFORMING = "nonconforming"
    WITHDRAWN = "withdrawn"
    ON_HOLD = "on_hold"
    REJECTED = "rejected"
    CONCEDED = "conceded"
    VOID = "void"
    LICENCE_REVOKED = "licence_revoked"
    EXPIRED = "expired"
    NOT_ACTIVATED = "not_activated"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Named:
    """A party by its name; `sample` is shown as 示例."""

    name: str
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The disposition of a batch that counts.

    `cause` is that of the verdict which made it, empty where a person decided; then `reason` is
    what that person wrote.
    """

    kind: str
    at: datetime
    on: date
    by: Named | None = None
    reason: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Scans:
    """How often this label was scanned, the present scan included, and the day of the first."""

    number: int
    first: date

    @property
    def many(self) -> bool:
        """Whether the page asks to look at the pack again."""
        return self.number >= MANY_SCANS


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """One label of a run, as it stands now; `outcome` is that of the batch's newest verdict."""

    state: str
    drawn_on: date
    state_on: date | None
    decision: Decision | None
    outcome: str
    best_before: date | None
    licence_revoked_at: datetime | None
    scans: Scans


@dataclass(frozen=True, slots=True)
class Run:
    """What is printed on the labels of a run beside their codes."""

    gi_name: str
    net_content: Words
    standard: str
    trademark: str
    mark: bool
    released_on: date


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit that a value met. Without `lower` and `upper` there is nothing to draw."""

    outcome: str
    text: Words
    lower: Decimal | None
    upper: Decimal | None
    edition: str
    clause: str
    mandatory: bool
    decides: bool
    reason: Words


@dataclass(frozen=True, slots=True)
class Item:
    """One value with every limit it met, the worst outcome first.

    `typed` is what the laboratory wrote and `got` how it was read, with its unit. `number` is the
    value in the unit of its first limit; None for 未检出, `<a` (these are `below`) and signed items.
    `by` is empty for the producer's own value.
    """

    name: Words
    typed: str
    got: Words
    number: Decimal | None
    below: bool
    method: str
    by: str
    on: date | None
    by_type: bool
    limits: tuple[Limit, ...]

    @property
    def outcome(self) -> str:
        """The worst of its limits."""
        return self.limits[0].outcome


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact of one stage that no correction has replaced; `by` None: the producer's own word."""

    stage: str
    on: date
    by: Named | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A laboratory's report. `corrects` is the number of the one that it takes the place of."""

    number: str
    kind: str
    laboratory: Named
    reported_on: date
    valid_from: date | None = None
    valid_to: date | None = None
    corrects: str = ""
    reason: str = ""
    replaced: bool = False
    withdrawn_on: date | None = None
    why_withdrawn: str = ""
    values: tuple[tuple[str, str], ...] = ()

    @property
    def stands(self) -> bool:
        """Neither corrected nor withdrawn."""
        return not self.replaced and self.withdrawn_on is None


@dataclass(frozen=True, slots=True)
class Link:
    """One of the nine links: who vouches for it ('signed', 'own', 'nobody') and since when."""

    stage: str
    name: Words
    state: State
    vouched: Literal["signed", "own", "nobody"]
    entries: int = 0
    first: date | None = None
    last: date | None = None
    by: tuple[Named, ...] = ()
    said: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class EditionFact:
    """An edition that a limit came from; `starts` None: 起始日待核实."""

    designation: str
    title: Words
    starts: date | None


@dataclass(frozen=True, slots=True)
class GiFact:
    """A geographical-indication record; without number and evidence it is not `proven` (待核实)."""

    kind: str
    name: str
    number: str
    day: str
    proven: bool


@dataclass(frozen=True, slots=True)
class Contact:
    """The authority to turn to."""

    name: Named
    contact: str


@dataclass(frozen=True, slots=True)
class BatchPassport:
    """What stands behind every label of a batch, until the batch changes."""

    number: str
    product: Words
    grade: str
    maker: Named
    place: str
    produced_on: date
    best_before: date | None
    items: tuple[Item, ...]
    unmet: int
    untested: int
    links: tuple[Link, ...]
    reports: tuple[Report, ...]
    editions: tuple[EditionFact, ...]
    gi: tuple[GiFact, ...]
    origins: Origins | None = None

    def with_outcome(self, *outcomes: str) -> tuple[Item, ...]:
        """The items of these outcomes, in their order."""
        return tuple(item for item in self.items if item.outcome in outcomes)

    def count(self, *outcomes: str) -> int:
        """How many characteristics have one of these as their worst outcome; without any, all.

        What was measured twice counts once.
        """
        worst: dict[str, str] = {}
        for item in self.items:
            worst.setdefault(item.name.zh, item.outcome)
        return sum(not outcomes or outcome in outcomes for outcome in worst.values())


@dataclass(frozen=True, slots=True)
class LabelAnswer:
    """The answer to one scan. Without a label of a run only `status` and `code` are there."""

    status: Status
    code: str
    label: LabelFacts | None = None
    run: Run | None = None
    batch: BatchPassport | None = None
    contact: Contact | None = None

    @property
    def stopped(self) -> bool:
        """Whether a decision about the batch stands between the shopper and the goods."""
        return self.status in _STOPPED

    @property
    def shows_results(self) -> bool:
        """Results stand on activated labels alone: a printed label vouches for nothing."""
        return self.label is not None and self.label.state == ACTIVATED


_STOPPED = frozenset(
    {
        Status.RECALLED,
        Status.NONCONFORMING,
        Status.WITHDRAWN,
        Status.ON_HOLD,
        Status.REJECTED,
        Status.CONCEDED,
        Status.LICENCE_REVOKED,
    }
)


# --- status --------------------------------------------------------------------------------

_RELEASE = "release"
_STOPPED_BY = {
    "recall": Status.RECALLED,
    "reject": Status.REJECTED,
    "concession": Status.CONCEDED,
}
_WITHDRAWAL = "withdrawal"


def status_of(label: LabelFacts, today: date) -> Status:
    """The one thing that the shopper must know first; only the last of them vouches for goods."""
    stopped = _stopped(label)
    if stopped is not None:
        return stopped
    if label.state == VOID:
        return Status.VOID
    if label.licence_revoked_at is not None:
        return Status.LICENCE_REVOKED
    if label.best_before is not None and label.best_before < today:
        return Status.EXPIRED
    return Status.ACTIVE if label.state == ACTIVATED else Status.NOT_ACTIVATED


def _stopped(label: LabelFacts) -> Status | None:
    """What stops the batch. Anything that is not a release of a conforming batch does."""
    decision = label.decision
    if decision is None:
        return Status.ON_HOLD
    if decision.kind in _STOPPED_BY:
        return _STOPPED_BY[decision.kind]
    if label.outcome == Outcome.NONCONFORMING:
        return Status.NONCONFORMING
    if decision.kind == _RELEASE:
        return None if label.outcome == Outcome.CONFORMING else Status.ON_HOLD
    if decision.cause == _WITHDRAWAL:
        return Status.WITHDRAWN
    # Revoking a licence holds every batch under it in the same act, hence at the same moment.
    return None if decision.at == label.licence_revoked_at else Status.ON_HOLD
