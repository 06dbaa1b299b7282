"""From what was typed or scanned to the run and the state of the label."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, lazyload

from labels.codes import Outcome, decode
from labels.epochs import REVOKED, epoch_states
from labels.models import LabelRun, LabelState
from labels.press import Press
from labels.ranges import DRAWN

_NO_EPOCH = -1


@dataclass(frozen=True)
class Found:
    """What a text turned out to be. Where ok: its epoch and serial, its run, and the state that is
    stored for the label; what else keeps it from being valid is derived by whoever asks.
    """

    outcome: Outcome
    epoch: int | None = None
    serial: int | None = None
    run: LabelRun | None = None
    state: str | None = None


def find_label(session: Session, press: Press, text: str) -> Found:
    """Find the label of a code, in the order of outcomes of the code's definition.

    Malformed and mistyped ask neither key nor database. An epoch that is not held, a wrong tag and
    a serial in no run are all 'unknown' after the same work, a search for the run included, so that
    nobody can tell them apart. Raises KeyFileError where the house cannot read its own keys.
    """
    written = decode({}, text)
    if written.outcome in ("malformed", "mistyped"):
        return Found(written.outcome)
    states = epoch_states(session)
    revoked = {epoch for epoch, state in states.items() if state == REVOKED}
    reading = decode(press.masters(states.keys() - revoked), text, revoked)
    if reading.outcome == "revoked":
        return Found("revoked")
    epoch = _NO_EPOCH if reading.epoch is None else reading.epoch
    serial = reading.serial or 0
    run = _run_holding(session, epoch, serial)
    if run is None:
        return Found("unknown")
    return Found("ok", epoch, serial, run, stored_state(session, run, serial))


def _run_holding(session: Session, epoch: int, serial: int) -> LabelRun | None:
    """The run of a serial: of the runs of its epoch the first that ends at it or after it, if that
    begins at it or before. One step in the index of (epoch, last), however many runs there are.
    """
    next_run = (
        select(LabelRun.id)
        .where(LabelRun.epoch == epoch, LabelRun.last >= serial)
        .order_by(LabelRun.last)
        .limit(1)
    )
    query = select(LabelRun).where(
        LabelRun.id == next_run.scalar_subquery(), LabelRun.first <= serial
    )
    alone = query.options(lazyload(LabelRun.batch), lazyload(LabelRun.states))
    return session.scalars(alone).first()


def stored_state(session: Session, run: LabelRun, serial: int) -> str:
    """The state of one serial of a run: that of the last row that covers it."""
    query = (
        select(LabelState.state)
        .where(LabelState.run_id == run.id, LabelState.first <= serial, LabelState.last >= serial)
        .order_by(LabelState.number.desc())
        .limit(1)
    )
    return session.scalar(query) or DRAWN
