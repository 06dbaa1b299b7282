"""让步放行 as the pages of a batch show it: what was asked, who answered, what can be done now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from core.act import AUTHORITY, Act
from core.identity.models import Account, Party
from core.pages.drawing import State
from core.words import Words
from trace.batches.models import Batch
from trace.inspections.concession_models import Concession
from trace.inspections.concessions import concessions_of, may_ask

CONCESSION = "concession"
REFUSAL = "refusal"
STATES: dict[str, tuple[State, Words]] = {
    "waiting": ("wait", Words("等第二个人确认", "waiting for a second person")),
    "confirmed": ("wait", Words("已让步放行", "released as ordinary goods")),
    "refused": ("none", Words("没有同意", "refused")),
}


@dataclass(frozen=True)
class Asked:
    """One request with the names of the parties, and whether the actor may answer it."""

    row: Concession
    asked_by: str
    answered_by: str
    mine: bool
    may_answer: bool


@dataclass(frozen=True)
class Concessions:
    """The requests for one batch, newest first, and whether the actor may ask."""

    asked: tuple[Asked, ...]
    may_ask: bool


def concessions_on(act: Act, batch: Batch) -> Concessions:
    """What the page of a batch shows of its concessions."""
    rows = concessions_of(act.session, batch.id)
    parties = _parties(act, rows)
    answers = act.actor.is_a(AUTHORITY) and batch.party_id != act.actor.party
    return Concessions(
        tuple(_asked(act, row, parties, answers) for row in rows), may_ask(act, batch)
    )


def _asked(act: Act, row: Concession, parties: dict[UUID, str], answers: bool) -> Asked:
    answered = row.confirmed_by or row.refused_by
    return Asked(
        row=row,
        asked_by=parties[row.asked_by],
        answered_by=parties[answered] if answered else "",
        mine=row.asked_by == act.actor.account,
        may_answer=answers and row.state == "waiting",
    )


def _parties(act: Act, rows: Iterable[Concession]) -> dict[UUID, str]:
    """The party of each account: who decided is told by party."""
    ids = {one for row in rows for one in (row.asked_by, row.confirmed_by, row.refused_by) if one}
    query = select(Account.id, Party.name).join(Party, Party.id == Account.party_id)
    return {one: name for one, name in act.session.execute(query.where(Account.id.in_(ids)))}
