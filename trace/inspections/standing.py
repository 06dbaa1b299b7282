"""RULE: which results of all the reports on one thing count, and which leave a gap behind.

A report is in one of three ways gone: corrected, withdrawn, or tested again. Nothing that is gone
may turn failed into passed: its results go to the judge marked `withdrawn`, and each keeps its
item undetermined until another result of it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reported:
    """One result by what it is of."""

    id: str
    characteristic: str
    matrix: str | None


@dataclass(frozen=True, slots=True)
class Filed:
    """A report: its results, the report that it corrects, and whether it was withdrawn.

    `retests` is the report whose items it tests again; `both_count` says that these stay as well.
    """

    id: str
    results: tuple[Reported, ...]
    corrects: str | None = None
    withdrawn: bool = False
    retests: str | None = None
    both_count: bool = False


@dataclass(frozen=True)
class Standing:
    """Ids of the results that count, and of those that are gone and leave a gap."""

    counting: frozenset[str]
    gone: frozenset[str]
    reports: frozenset[str] = field(default=frozenset())


def standing_results(reports: Iterable[Filed]) -> Standing:
    """Sort the results of `reports` (all on one batch, or of one product of a party).

    Of two reports of which the newer retests the older, the items tested again count by the newer
    as long as it stands, itself or in its latest correction; then the older counts again.
    """
    filed = {report.id: report for report in reports}
    newer = {report.corrects: report.id for report in filed.values() if report.corrects}
    standing = {key for key, report in filed.items() if key not in newer and not report.withdrawn}
    superseded = _superseded(filed, newer, standing)
    counting = {
        result.id
        for key in standing
        for result in filed[key].results
        if result.id not in superseded
    }
    gone = {r.id for key, report in filed.items() if key not in standing for r in report.results}
    return Standing(frozenset(counting), frozenset(gone), frozenset(standing))


def _superseded(
    filed: Mapping[str, Filed], newer: Mapping[str, str], standing: set[str]
) -> set[str]:
    """Results of reports whose items a standing retest has tested again."""
    found: set[str] = set()
    for retest in filed.values():
        if retest.retests is None or retest.both_count:
            continue
        now = _latest(retest.id, newer)
        if now not in standing:
            continue
        items = {(r.characteristic, r.matrix) for r in filed[now].results}
        for key in _line(retest.retests, newer):
            if key in filed and key != now:
                found |= {r.id for r in filed[key].results if (r.characteristic, r.matrix) in items}
    return found


def _line(key: str, newer: Mapping[str, str]) -> Iterator[str]:
    """A report and its corrections, oldest first."""
    yield key
    while key in newer:
        key = newer[key]
        yield key


def _latest(key: str, newer: Mapping[str, str]) -> str:
    *_, last = _line(key, newer)
    return last
