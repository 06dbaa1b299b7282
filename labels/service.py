"""Label runs: who sees them, how they stand, and the life of their labels."""

import uuid
from dataclasses import dataclass

from sqlalchemy import Select, or_, select

from core.act import AUTHORITY, PRODUCER, Act
from core.errors import Conflict, Invalid, fault, not_found
from labels.finding import find_label
from labels.models import LabelRun, LabelState
from labels.press import Press
from labels.ranges import (
    ACTIVATED,
    DRAWN,
    PRINTED,
    VOID,
    OutsideRunError,
    ReasonMissingError,
    Segment,
    StateChange,
    StateChangeError,
    check_change,
    count_by_state,
    segments,
)
from labels.release import check_labels_stand
from labels.spans import Span, common, count, joined, without
from labels.whereabouts import whereabouts
from trace.batches.models import Batch
from trace.batches.service import holding_of, own_batch
from trace.books.service import book_voiding


@dataclass(frozen=True)
class RunView:
    """A run with its labels counted by state and cut into segments of one state."""

    run: LabelRun
    counts: dict[str, int]
    segments: tuple[Segment, ...]

    @property
    def version(self) -> int:
        """Grows with every change of state."""
        return len(self.run.states)


def party_seen_by(act: Act) -> uuid.UUID | None:
    """Whose labels the actor may know of: those of its own party; None stands for all."""
    act.need(PRODUCER, AUTHORITY)
    return None if act.actor.is_a(AUTHORITY) else act.party


def runs_seen_by(act: Act) -> Select[LabelRun]:
    """The runs that the actor may know of."""
    party = party_seen_by(act)
    query = select(LabelRun)
    return query if party is None else query.where(LabelRun.party_id == party)


def search_runs(
    act: Act, press: Press, batch: uuid.UUID | None = None, text: str | None = None
) -> Select[LabelRun]:
    """The runs that the actor may know of, of one batch, or found by a label code or a part of a
    batch number.
    """
    query = runs_seen_by(act)
    if batch is not None:
        query = query.where(LabelRun.batch_id == batch)
    if not text:
        return query
    named = select(Batch.id).where(Batch.number.contains(text.upper(), autoescape=True))
    label = find_label(act.session, press, text)
    found = [] if label.run is None else [label.run.id]
    return query.where(or_(LabelRun.batch_id.in_(named), LabelRun.id.in_(found)))


def visible_run(act: Act, run_id: uuid.UUID) -> LabelRun:
    """A run that the actor may know of; NotFound otherwise (promise 7)."""
    run = act.session.scalars(runs_seen_by(act).where(LabelRun.id == run_id)).first()
    if run is None:
        raise not_found("标签批", "label run")
    return run


def run_view(run: LabelRun) -> RunView:
    """A run as it stands."""
    changes = changes_of(run)
    return RunView(
        run,
        count_by_state(run.first, run.last, changes),
        segments(run.first, run.last, changes),
    )


def changes_of(run: LabelRun) -> list[StateChange]:
    """What happened to the labels of a run, in order."""
    return [
        StateChange(row.number, row.state, row.first, row.last, row.at, row.reason)
        for row in run.states
    ]


@dataclass(frozen=True)
class StateDraft:
    """A change of state; without serials it is for the whole run."""

    state: str
    first: int | None = None
    last: int | None = None
    reason: str | None = None


def change_state(act: Act, run_id: uuid.UUID, draft: StateDraft) -> LabelRun:
    """The producer says that labels were printed, are in use (activated with their batch), or void.

    Printing and activating ask for a batch that may carry labels today. Voiding gives the goods of
    labels not yet in use back to the stock; those of activated labels may be sold and do not come
    back; those of shipped ones are gone already. A reprint is a new run.
    """
    act.need(PRODUCER)
    batch = own_batch(act, visible_run(act, run_id).batch_id)
    query = select(LabelRun).where(LabelRun.id == run_id)
    run = act.session.scalars(query.execution_options(populate_existing=True)).one()
    first = run.first if draft.first is None else draft.first
    last = run.last if draft.last is None else draft.last
    _check(run, draft, first, last)
    if draft.state == VOID:
        _book_void(act, batch, run, Span(first, last))
    else:
        check_labels_stand(act, run)
    enter_state(act, run, draft.state, first, last, draft.reason)
    return run


def enter_state(
    act: Act, run: LabelRun, state: str, first: int, last: int, reason: str | None
) -> LabelState:
    """A sub-range of a run enters a state; whoever calls has weighed whether it may."""
    row = LabelState(
        id=uuid.uuid4(),
        run_id=run.id,
        number=len(run.states) + 1,
        state=state,
        first=first,
        last=last,
        reason=reason,
        account_id=act.actor.account,
        at=act.at,
    )
    run.states.append(row)
    act.session.flush()
    act.record(
        "label-state", row.id, run=run.id, number=row.number, state=row.state,
        first=first, last=last, reason=row.reason,
    )  # fmt: skip
    return row


def spans_in(run: LabelRun, *states: str) -> tuple[Span, ...]:
    """The serials of a run that are in one of these states, in order."""
    return joined(
        Span(part.first, part.last)
        for part in segments(run.first, run.last, changes_of(run))
        if part.state in states
    )


def _book_void(act: Act, batch: Batch, run: LabelRun, span: Span) -> None:
    """Goods of labels not yet in use go back; those in use and still here are lost to the stock.

    What was shipped is on nobody's shelf here: voiding its labels books nothing.
    """
    gone = whereabouts(act.session, run.id).gone
    idle = count(common([span], spans_in(run, DRAWN, PRINTED)))
    used = count(without(common([span], spans_in(run, ACTIVATED)), gone))
    if idle or used:
        back, lost = idle * run.net_content, used * run.net_content
        book_voiding(act, holding_of(batch), batch.form, back, lost)


def _check(run: LabelRun, draft: StateDraft, first: int, last: int) -> None:
    try:
        check_change(run.first, run.last, changes_of(run), draft.state, first, last, draft.reason)
    except OutsideRunError as wrong:
        pointer = "/first" if not run.first <= first <= last else "/last"
        raise Invalid(wrong.code, wrong.words, [fault(pointer, *wrong.words)]) from wrong
    except ReasonMissingError as wrong:
        raise Invalid(wrong.code, wrong.words, [fault("/reason", *wrong.words)]) from wrong
    except StateChangeError as wrong:
        raise Conflict(wrong.code, wrong.words) from wrong
