"""The life of a run's labels: states over sub-ranges of its serials, of which the last counts.

A run starts drawn. What happens to its labels afterwards is a row over a sub-range, appended and
never changed; the row with the highest ``seq`` that covers a serial says its state.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import heappop, heappush
from itertools import pairwise

from products.errors import RuleError

__all__ = [
    "ACTIVATED",
    "DRAWN",
    "PRINTED",
    "STATES",
    "VOID",
    "OutsideRunError",
    "ReasonMissingError",
    "Segment",
    "StateChange",
    "StateChangeError",
    "TransitionError",
    "check_change",
    "count_by_state",
    "segments",
    "state_of",
]

DRAWN = "drawn"
PRINTED = "printed"
ACTIVATED = "activated"
VOID = "void"

STATES = (DRAWN, PRINTED, ACTIVATED, VOID)

_BEFORE = {PRINTED: (DRAWN,), ACTIVATED: (PRINTED,), VOID: (DRAWN, PRINTED, ACTIVATED)}
_ZH = {DRAWN: "已领号", PRINTED: "已打印", ACTIVATED: "已激活", VOID: "已作废"}


@dataclass(frozen=True, slots=True)
class StateChange:
    """A fact: the labels from first to last, both included, went into a state.

    ``seq`` is the order of the facts and unique within a run; ``at`` decides nothing.
    """

    seq: int
    state: str
    first: int
    last: int
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """Neighbouring serials whose state was set by the same change; seq is None while drawn."""

    first: int
    last: int
    state: str
    seq: int | None


class StateChangeError(RuleError):
    """A change of state that is refused."""


class OutsideRunError(StateChangeError):
    """The serials are not a sub-range of the run."""


class TransitionError(StateChangeError):
    """Some of the labels are in a state that does not lead to the new one."""


class ReasonMissingError(StateChangeError):
    """Labels are to be voided without a reason."""


def state_of(changes: Iterable[StateChange], serial: int) -> str:
    """Give the state of one serial of a run."""
    covering = (change for change in changes if change.first <= serial <= change.last)
    latest = max(covering, key=lambda change: change.seq, default=None)
    return DRAWN if latest is None else latest.state


def segments(run_first: int, run_last: int, changes: Iterable[StateChange]) -> tuple[Segment, ...]:
    """Cut a run into its segments, in the order of serials: no gap, no overlap, each maximal.

    Takes n·log n steps for n changes, however many labels the run has.
    """
    cut: list[Segment] = []
    for first, last, change in _pieces(run_first, run_last, changes):
        state, seq = (DRAWN, None) if change is None else (change.state, change.seq)
        if cut and (cut[-1].state, cut[-1].seq) == (state, seq):
            first = cut.pop().first
        cut.append(Segment(first, last, state, seq))
    return tuple(cut)


def count_by_state(run_first: int, run_last: int, changes: Iterable[StateChange]) -> dict[str, int]:
    """Count the labels of a run in every state, those that nobody is in as 0."""
    counts = dict.fromkeys(STATES, 0)
    for segment in segments(run_first, run_last, changes):
        counts[segment.state] += segment.last - segment.first + 1
    return counts


def check_change(
    run_first: int,
    run_last: int,
    changes: Iterable[StateChange],
    new_state: str,
    first: int,
    last: int,
    reason: str | None = None,
) -> None:
    """Refuse a change that the life of a label does not know.

    Drawn becomes printed, printed becomes activated; each of the three becomes void, with a reason;
    nothing leaves void. Every label of the sub-range must be ready for the change. Raises
    OutsideRunError, ReasonMissingError or TransitionError, which names the first labels in the way.
    """
    if not run_first <= first <= last <= run_last:
        raise OutsideRunError(
            "serials_outside_run",
            f"序号 {first}–{last} 不在本标签批的 {run_first}–{run_last} 之内，请改正起止序号。",
            f"Serials {first} to {last} are not a range within {run_first} to {run_last}, "
            "those of this run; correct the first or the last.",
        )
    if new_state == VOID and not (reason and reason.strip()):
        raise ReasonMissingError(
            "reason_missing",
            "作废标签必须写明原因，例如打坏、脱落、剩余。",
            "Say why the labels are voided, for example spoilt in printing, torn off or left over.",
        )
    ready = _BEFORE.get(new_state, ())
    for segment in segments(first, last, changes):
        if segment.state not in ready:
            raise _transition_error(segment, new_state, ready)


def _transition_error(segment: Segment, new_state: str, ready: tuple[str, ...]) -> TransitionError:
    where = f"{segment.first}–{segment.last}"
    if not ready:
        return TransitionError(
            "state_unknown",
            f"序号 {where} 的标签不能改为“{_ZH.get(new_state, new_state)}”；"
            "可以改为已打印、已激活或已作废。",
            f"Labels {where} cannot become '{new_state}'; "
            "labels become printed, activated or void.",
        )
    return TransitionError(
        "state_not_ready",
        f"序号 {where} 的标签现在是“{_ZH[segment.state]}”，不能改为“{_ZH[new_state]}”："
        f"须先是“{'”或“'.join(_ZH[state] for state in ready)}”。请只选符合的序号。",
        f"Labels {where} are {segment.state} and cannot become {new_state}: "
        f"they must be {' or '.join(ready)} before. Choose only serials that are.",
    )


def _pieces(
    run_first: int, run_last: int, changes: Iterable[StateChange]
) -> Iterator[tuple[int, int, StateChange | None]]:
    """Sweep over the run from cut to cut, each piece with the latest change that covers it."""
    inside = [change for change in changes if change.first <= run_last]
    inside = [change for change in inside if change.last >= run_first]
    coming = sorted(inside, key=lambda change: change.first, reverse=True)
    cuts = {run_first, run_last + 1}
    cuts.update(max(change.first, run_first) for change in inside)
    cuts.update(min(change.last, run_last) + 1 for change in inside)
    open_changes: list[tuple[int, int, StateChange]] = []
    for start, end in pairwise(sorted(cuts)):
        while coming and coming[-1].first <= start:
            change = coming.pop()
            heappush(open_changes, (-change.seq, len(coming), change))
        while open_changes and open_changes[0][2].last < start:
            heappop(open_changes)
        yield start, end - 1, open_changes[0][2] if open_changes else None
