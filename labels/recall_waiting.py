"""Recalls that wait for an answer of a party, for itself or for its customers."""

from dataclasses import dataclass

from sqlalchemy import or_, select

from core.act import Act
from labels.recall_models import RECALL, Recall, RecallAnswer, RecallHolder


@dataclass(frozen=True)
class WaitingRecall:
    """An open recall, how many holders the party has to answer for, and whether it is one."""

    recall: Recall
    holders: int
    own: bool


def recalls_waiting(act: Act) -> list[WaitingRecall]:
    """Open recalls in which the actor's party, or a customer of it, has not answered; oldest first."""
    answered = select(RecallAnswer.holder_id)
    query = (
        select(Recall, RecallHolder)
        .join(RecallHolder, RecallHolder.recall_id == Recall.id)
        .where(Recall.kind == RECALL, Recall.closed_at.is_(None))
        .where(or_(RecallHolder.party_id == act.party, RecallHolder.shipper_id == act.party))
        .where(RecallHolder.id.not_in(answered))
        .order_by(Recall.opened_at, RecallHolder.number)
    )
    found: dict[Recall, list[RecallHolder]] = {}
    for row in act.session.execute(query).unique():
        found.setdefault(row.Recall, []).append(row.RecallHolder)
    return [
        WaitingRecall(recall, len(holders), any(one.party_id == act.party for one in holders))
        for recall, holders in found.items()
    ]
