"""RULE: the shape of a trace: what is shown of it, in which columns, and what was not reached.

A trace is a set of batches and the links between them, parent to child. Quantities are whole
numbers in a form's base: milligrams, or a count.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.words import Words
from labels.spans import Span, common, without

FORWARD = "forward"
BACKWARD = "backward"
BOTH = "both"
DIRECTIONS = (BOTH, FORWARD, BACKWARD)

HERE = "here"
OUT = "out"
DESTROYED = "destroyed"

BULK = "bulk"
LOST = "lost"
TRANSIT = "transit"
BUYER = "buyer"
UNSHIPPED = "unshipped"
UNCONFIRMED = "unconfirmed"
FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Link:
    """So much of one batch went into another, by an act of a kind; `who` is the party's name."""

    kind: str
    parent: UUID
    child: UUID
    quantity: int
    base: str
    at: datetime
    who: str = ""
    note: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Range:
    """Labels of one run from first to last: their state, and where they are (`shipment` if out)."""

    batch: UUID
    run: UUID
    epoch: int
    first: int
    last: int
    state: str
    place: str
    shipment: UUID | None = None

    @property
    def count(self) -> int:
        """How many labels."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Unreached:
    """What cannot be reached from a batch, and why; no quantity where nobody knows it."""

    batch: UUID
    kind: str
    quantity: int | None
    why: Words


def step_by_step(
    starts: Iterable[UUID], links: Sequence[Link], passable: Collection[UUID] | None, forward: bool
) -> tuple[set[UUID], list[Link]]:
    """The batches reached from some without going on from one that is not `passable`; None: all.

    Who may not see a stranger's business sees the neighbour and nothing behind it.
    """
    onward: dict[UUID, list[Link]] = defaultdict(list)
    for link in links:
        onward[link.parent if forward else link.child].append(link)
    found, waiting = set(starts), list(dict.fromkeys(starts))
    kept: list[Link] = []
    while waiting:
        here = waiting.pop()
        if passable is not None and here not in passable:
            continue
        for link in onward[here]:
            kept.append(link)
            there = link.child if forward else link.parent
            if there not in found:
                found.add(there)
                waiting.append(there)
    return found, sorted(kept, key=lambda link: (link.number, link.at))


def columns(batches: Iterable[UUID], links: Iterable[Link]) -> dict[UUID, int]:
    """In which column each batch stands, from 0: to the right of everything that went into it.

    Raises ValueError for a loop.
    """
    into: dict[UUID, set[UUID]] = {one: set() for one in batches}
    onward: dict[UUID, set[UUID]] = {one: set() for one in into}
    for link in links:
        into[link.child].add(link.parent)
        onward[link.parent].add(link.child)
    ready = [one for one, parents in into.items() if not parents]
    found = dict.fromkeys(ready, 0)
    left = {one: len(parents) for one, parents in into.items()}
    for one in ready:
        for child in onward[one]:
            found[child] = max(found.get(child, 0), found[one] + 1)
            left[child] -= 1
            if left[child] == 0:
                ready.append(child)
    if len(ready) < len(into):
        raise ValueError("a batch went into itself")
    return {one: found[one] for one in into}


def ranges_of_run(
    run: Range,
    segments: Iterable[tuple[Span, str]],
    out: Iterable[tuple[UUID, Span]],
    destroyed: Iterable[Span],
) -> list[Range]:
    """Every serial of a run once: `segments` say its state, `out` and `destroyed` where it is.

    `run` is the whole run in one range, whose state and place are overwritten.
    """
    found: list[Range] = []
    sent, broken = list(out), list(destroyed)
    for span, state in segments:
        for shipment, away in sent:
            found += (_part(run, part, state, OUT, shipment) for part in common([span], [away]))
        found += (_part(run, part, state, DESTROYED, None) for part in common([span], broken))
        here = without([span], [*(away for _, away in sent), *broken])
        found += (_part(run, part, state, HERE, None) for part in here)
    return sorted(found, key=lambda one: one.first)


def _part(run: Range, span: Span, state: str, place: str, shipment: UUID | None) -> Range:
    return Range(run.batch, run.run, run.epoch, span.first, span.last, state, place, shipment)


@dataclass(frozen=True)
class Share:
    """Of one base: how much left the starting batches, and how much of it has a named holder."""

    left: int
    found: int


def shares(
    held: Mapping[UUID, Mapping[str, int]],
    bases: Mapping[UUID, str],
    unnamed: Mapping[UUID, int],
    starts: Collection[UUID],
) -> dict[str, Share]:
    """Per base, over all batches reached: what left the starting batches and what was found.

    `held` are the balances of each batch by account, `unnamed` what went to the market without a
    name of who has it. What still lies with a starting batch has not left it. Losses are no goods
    any more and count on neither side.
    """
    left: dict[str, int] = defaultdict(int)
    found: dict[str, int] = defaultdict(int)
    for batch, accounts in held.items():
        stays = batch in starts
        here = 0 if stays else accounts.get("stock", 0) + accounts.get("labelled", 0)
        gone = sum(accounts.get(name, 0) for name in ("transit", "market", "destroyed"))
        left[bases[batch]] += here + gone
        found[bases[batch]] += here + gone - unnamed.get(batch, 0)
    return {base: Share(left[base], found[base]) for base in sorted(left) if left[base]}
