"""Keeping what the judge says of batches: a verdict for each that is judged otherwise than before."""

import uuid
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, Text, bindparam, func, select, type_coerce
from sqlalchemy.orm import Session, aliased, defer

from core.act import Act
from core.database.base import json_text
from trace.batches.models import Batch
from trace.inspections.judging import judge_each, stored_lines
from trace.inspections.models import Verdict
from trace.inspections.verdicts import LineOutcome
from trace.inspections.verdicts import Verdict as Judgement

_UNREAD = (defer(Verdict.lines), defer(Verdict.reasons))
_AT_ONCE = 100


def judge_batches(act: Act, due: Sequence[tuple[Batch, str]]) -> Iterator[tuple[Batch, Verdict]]:
    """Judge locked batches, each with what made it be judged; gives each with its verdict.

    A verdict is kept where it says something new (so it is idempotent). What follows from one is
    done before the next is put on record.
    """
    for start in range(0, len(due), _AT_ONCE):
        some = due[start : start + _AT_ONCE]
        batches = [batch for batch, _ in some]
        last = _last_verdicts(act.session, batches)
        kept = [
            _kept(act, batch, cause, said, last.get(batch.id))
            for (batch, cause), said in zip(some, judge_each(act.session, batches), strict=True)
        ]
        act.session.flush()
        for batch, (verdict, new) in zip(batches, kept, strict=True):
            if new:
                _put_on_record(act, verdict)
            yield batch, verdict


def _last_verdicts(session: Session, batches: Sequence[Batch]) -> dict[uuid.UUID, Any]:
    """What the newest verdict of each batch says, its lines as the text that is kept."""
    asked = session.execute(_newest(), {"batches": [batch.id for batch in batches]})
    return {row.batch_id: row for row in asked}


@cache
def _newest() -> Select[uuid.UUID, uuid.UUID, int, str, str, str]:
    """Put together once: this is asked at every judging."""
    newer = aliased(Verdict)
    newest = select(func.max(newer.number)).where(newer.batch_id == Verdict.batch_id)
    return select(
        Verdict.id, Verdict.batch_id, Verdict.number, Verdict.outcome,
        type_coerce(Verdict.lines, Text).label("lines"),
        type_coerce(Verdict.reasons, Text).label("reasons"),
    ).where(
        Verdict.batch_id.in_(bindparam("batches", expanding=True)),
        Verdict.number == newest.scalar_subquery(),
    )  # fmt: skip


def _kept(act: Act, batch: Batch, cause: str, said: Judgement, last: Any) -> tuple[Verdict, bool]:
    """The verdict that counts from now on, and whether it is a new one."""
    lines, reasons = stored_lines(said), [reason._asdict() for reason in said.reasons]
    if last is not None and _is_same(last, said.outcome.value, lines, reasons):
        return act.session.get_one(Verdict, last.id, options=_UNREAD), False
    verdict = Verdict(
        id=uuid.uuid4(),
        batch_id=batch.id,
        number=1 if last is None else last.number + 1,
        outcome=said.outcome.value,
        on_date=said.on,
        cause=cause,
        lines=lines,
        reasons=reasons,
        grade_reached=said.grade_reached,
        plan_id=uuid.UUID(said.plan_id) if said.plan_id else None,
        account_id=act.actor.account,
        judged_at=act.at,
    )
    act.session.add(verdict)
    return verdict, True


def _put_on_record(act: Act, verdict: Verdict) -> None:
    act.record(
        "verdict", verdict.id, batch=verdict.batch_id, number=verdict.number,
        outcome=verdict.outcome, on=verdict.on_date, cause=verdict.cause,
        grade_reached=verdict.grade_reached, plan=verdict.plan_id, reasons=verdict.reasons,
        lines=[line for line in verdict.lines if line["outcome"] != LineOutcome.NOT_TESTED.value],
    )  # fmt: skip


def _is_same(last: Any, outcome: str, lines: object, reasons: object) -> bool:
    """The texts are looked at only where they can be the same."""
    return bool(
        last.outcome == outcome
        and last.reasons == json_text(reasons)
        and last.lines == json_text(lines)
    )
