"""How a batch stands, in one word: released, on hold, failing, or not yet released."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, or_, select
from sqlalchemy.orm import Session

from core.pages.drawing import State
from core.words import Words
from trace.batches.models import Batch
from trace.inspections.dispositions import CONFORMING, NONCONFORMING
from trace.inspections.models import (
    CONCESSION,
    HOLD,
    LIFT,
    RECALL,
    REJECT,
    RELEASE,
    Disposition,
    Verdict,
)


@dataclass(frozen=True)
class Standing:
    """The state to draw, its word, and the four characters of its seal (filled where decided)."""

    key: str
    state: State
    word: Words
    seal: str
    filled: bool = True


RELEASED = Standing("released", "pass", Words("已放行", "released"), "准予放行")
HELD = Standing("held", "wait", Words("已封存", "on hold"), "封存待查")
FAILING = Standing("failing", "fail", Words("不合格", "nonconforming"), "不予放行")
REJECTED = Standing("rejected", "fail", Words("已拒收", "rejected"), "已经拒收")
RECALLED = Standing("recalled", "fail", Words("已召回", "recalled"), "停售召回")
CONCEDED = Standing("conceded", "wait", Words("让步放行", "ordinary goods only"), "让步放行")
READY = Standing(
    "ready",
    "wait",
    Words("合格，待确认数量", "quantity to confirm"),
    "尚未放行",
    False,
)
UNDER_WAY = Standing("under-way", "wait", Words("未放行", "not released"), "尚未放行", False)
ENDED = (RELEASED, REJECTED, RECALLED, CONCEDED)
"""Nothing is between such a batch and its release any more."""
STANDINGS = (UNDER_WAY, RELEASED, HELD, FAILING, CONCEDED, REJECTED, RECALLED)
KINDS: dict[str, tuple[State, Words]] = {
    RELEASE: ("pass", Words("放行", "released")),
    HOLD: ("wait", Words("封存", "held")),
    LIFT: ("none", Words("解除封存", "hold lifted")),
    REJECT: ("fail", Words("拒收", "rejected")),
    RECALL: ("fail", Words("召回", "recalled")),
    CONCESSION: ("wait", Words("让步放行", "released as ordinary goods")),
}
_BY_KIND = {RELEASE: RELEASED, REJECT: REJECTED, RECALL: RECALLED, CONCESSION: CONCEDED}


def standing_of(kind: str | None, outcome: str | None) -> Standing:
    """How a batch stands by its last disposition and its newest verdict."""
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    if outcome == NONCONFORMING:
        return FAILING
    if kind == HOLD:
        return HELD
    return READY if outcome == CONFORMING else UNDER_WAY


def last_kind() -> ScalarSelect[str]:
    """The kind of a batch's last disposition, for a query over batches."""
    query = select(Disposition.kind).where(Disposition.batch_id == Batch.id)
    return query.order_by(Disposition.number.desc()).limit(1).correlate(Batch).scalar_subquery()


def last_outcome() -> ScalarSelect[str]:
    """The outcome of a batch's newest verdict, for a query over batches."""
    query = select(Verdict.outcome).where(Verdict.batch_id == Batch.id)
    return query.order_by(Verdict.number.desc()).limit(1).correlate(Batch).scalar_subquery()


def standings_of(session: Session, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Standing]:
    """How each of these batches stands."""
    query: Any = select(Batch.id, last_kind(), last_outcome()).where(Batch.id.in_(list(ids)))
    return {batch: standing_of(kind, outcome) for batch, kind, outcome in session.execute(query)}


def stands(key: str) -> ColumnElement[bool]:
    """A condition for batches that stand as the key says; every batch for an unknown key."""
    kind, outcome = last_kind(), last_outcome()
    open_ = or_(kind.is_(None), kind.in_((LIFT, HOLD)))
    fails = and_(open_, outcome == NONCONFORMING)
    not_failing = or_(outcome.is_(None), outcome != NONCONFORMING)
    conditions: dict[str, ColumnElement[bool]] = {
        RELEASED.key: kind == RELEASE,
        REJECTED.key: kind == REJECT,
        RECALLED.key: kind == RECALL,
        CONCEDED.key: kind == CONCESSION,
        FAILING.key: fails,
        HELD.key: and_(kind == HOLD, not_failing),
        UNDER_WAY.key: and_(or_(kind.is_(None), kind == LIFT), not_failing),
    }
    return conditions.get(key, Batch.id.is_not(None))


def in_hand() -> ColumnElement[bool]:
    """A condition for batches that are neither released nor ended."""
    kind = last_kind()
    return or_(kind.is_(None), kind.in_((LIFT, HOLD)))
