"""Counting values against limits, each once however many batches it stands behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from core.words import Words
from trace.inspections.verdicts import Source
from trace.statistics.lines import Counted, Finding, Limit
from trace.statistics.rates import Rate

MOST_FAILING = 10


@dataclass
class LimitCount:
    """How the values that met one limit stand to it."""

    limit: Limit
    found: Counter[Finding] = field(default_factory=Counter)

    @property
    def compared(self) -> int:
        """How many values were held against it: all but the open ones."""
        return self.found.total() - self.found[Finding.OPEN]

    @property
    def beyond(self) -> int:
        """How many do not hold, the limits that wait to be verified too."""
        return self.found[Finding.BROKEN] + self.found[Finding.UNSURE]

    @property
    def rate(self) -> Rate:
        """How often it holds, of the values that were held against it."""
        return Rate(self.found[Finding.HOLDS], self.compared)


@dataclass(frozen=True)
class ClauseCount:
    """The same for a clause and what it is about, all grades together."""

    edition: str
    clause: str
    characteristic: Words
    broken: int
    unsure: int
    compared: int

    @property
    def beyond(self) -> int:
        """How many do not hold."""
        return self.broken + self.unsure


class Tally:
    """Counts by limit. A result that stands behind several batches counts once."""

    def __init__(self) -> None:
        self.by_limit: dict[str, LimitCount] = {}
        self._shared: dict[tuple[str, str], Finding] = {}

    def add(self, lines: Iterable[Counted], *, shared: bool = False) -> None:
        """Count the lines of one batch; `shared`: other batches rest on its results as well."""
        for line in lines:
            key = line.limit.key
            count = self.by_limit.get(key)
            if count is None:
                count = self.by_limit[key] = LimitCount(line.limit)
            if not (shared or line.source is Source.TYPE_INSPECTION) or self._is_news(count, line):
                count.found[line.finding] += 1

    def _is_news(self, count: LimitCount, line: Counted) -> bool:
        """Whether a shared result says more than it did for the batches before.

        A batch that does not state its grade leaves open what another one settles.
        """
        pair = (line.limit.key, line.result)
        before = self._shared.get(pair)
        if before is not None and (before is not Finding.OPEN or line.finding is Finding.OPEN):
            return False
        if before is Finding.OPEN:
            count.found[Finding.OPEN] -= 1
        self._shared[pair] = line.finding
        return True

    def limits(self) -> list[LimitCount]:
        """Every limit that a value met: those most often broken first, then by name."""
        return sorted(
            self.by_limit.values(),
            key=lambda one: (
                -one.beyond,
                one.limit.characteristic.zh,
                one.limit.edition,
                one.limit.clause,
                one.limit.key,
            ),
        )

    def failing_clauses(self, most: int = MOST_FAILING) -> list[ClauseCount]:
        """The clauses that fail most, each with what it is about; none that never fails."""
        clauses: dict[tuple[str, str, str], list[LimitCount]] = {}
        for one in self.limits():
            limit = one.limit
            place = (limit.edition, limit.clause, limit.characteristic.zh)
            clauses.setdefault(place, []).append(one)
        failing = [_clause(counts) for counts in clauses.values() if any(c.beyond for c in counts)]
        return sorted(failing, key=lambda one: (-one.beyond, -one.broken, one.compared))[:most]


def _clause(counts: Sequence[LimitCount]) -> ClauseCount:
    limit = counts[0].limit
    return ClauseCount(
        edition=limit.edition,
        clause=limit.clause,
        characteristic=limit.characteristic,
        broken=sum(one.found[Finding.BROKEN] for one in counts),
        unsure=sum(one.found[Finding.UNSURE] for one in counts),
        compared=sum(one.compared for one in counts),
    )


class Spread:
    """The numbers that met one limit; those without a number (`<a`, 未检出) are only counted."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.limit: Limit | None = None
        self.values: list[Decimal] = []
        self.unread = 0
        self.count: Counter[Finding] = Counter()
        self._seen: set[str] = set()

    def add(self, lines: Iterable[Counted]) -> None:
        """Take what the lines of one batch say of the limit."""
        for line in lines:
            if line.limit.key == self.key and line.result not in self._seen:
                self._seen.add(line.result)
                self._take(line)

    def _take(self, line: Counted) -> None:
        self.limit = line.limit
        self.count[line.finding] += 1
        if line.value is None:
            self.unread += 1
        else:
            self.values.append(line.value)
