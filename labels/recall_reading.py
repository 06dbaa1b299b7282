"""Recalls as people see them: the holders that one may know of, and what they said."""

from dataclasses import dataclass

from sqlalchemy import select

from core.act import AUTHORITY, PRODUCER, Act
from core.record.service import unsealed
from labels.recall_models import Recall, RecallAnswer, RecallHolder


def may_answer(act: Act, holder: RecallHolder) -> bool:
    """Whether the actor may say what became of a holder's goods."""
    if act.actor.is_a(AUTHORITY):
        return True
    own = act.actor.party in (holder.party_id, holder.shipper_id)
    return own and act.actor.is_a(PRODUCER)


def sees(act: Act, row: Recall, holder: RecallHolder) -> bool:
    """Whether the actor may know of a holder: a stranger's customers are its own business."""
    if act.actor.is_a(AUTHORITY) or act.actor.party in (holder.party_id, holder.shipper_id):
        return True
    return row.party_id == act.actor.party and holder.party_id is not None


def answers_of(act: Act, row: Recall) -> dict[RecallHolder, list[RecallAnswer]]:
    """Every holder of a recall in order, each with its answers, oldest first."""
    holders = select(RecallHolder).where(RecallHolder.recall_id == row.id)
    found: dict[RecallHolder, list[RecallAnswer]] = {
        one: [] for one in act.session.scalars(holders.order_by(RecallHolder.number)).unique()
    }
    by_id = {one.id: one for one in found}
    answers = select(RecallAnswer).where(RecallAnswer.recall_id == row.id)
    for one in act.session.scalars(answers.order_by(RecallAnswer.at, RecallAnswer.number)):
        found[by_id[one.holder_id]].append(one)
    return found


@dataclass(frozen=True)
class HolderView:
    """A holder with how to reach it, what it held, and what it said."""

    holder: RecallHolder
    name: str
    phone: str
    address: str
    answers: tuple[RecallAnswer, ...]
    may_answer: bool = False

    def told(self, *kinds: str) -> int:
        """How much it said of these kinds, in the base of what it held."""
        return sum(one.quantity or 0 for one in self.answers if one.told in kinds)


@dataclass(frozen=True)
class RecallView:
    """A recall as the actor may see it: `hidden` holders are customers of others."""

    recall: Recall
    holders: tuple[HolderView, ...]
    hidden: int
    may_close: bool

    @property
    def silent(self) -> int:
        """How many of the holders that one sees have not answered."""
        return sum(not one.answers for one in self.holders)


def recall_view(act: Act, row: Recall) -> RecallView:
    """A recall with the holders that the actor may know of."""
    answered = answers_of(act, row)
    shown = {one: told for one, told in answered.items() if sees(act, row, one)}
    values = unsealed(
        act.session, [digest for one in shown for digest in (one.person, one.phone, one.address)]
    )
    is_open = row.closed_at is None
    views = [
        HolderView(
            one,
            values.get(one.person or "", one.name),
            (one.party.contact or "") if one.party else values.get(one.phone or "", ""),
            (one.party.address or "") if one.party else values.get(one.address or "", ""),
            tuple(told),
            is_open and may_answer(act, one),
        )
        for one, told in shown.items()
    ]
    decider = act.actor.is_a(AUTHORITY) or row.party_id == act.actor.party
    return RecallView(row, tuple(views), len(answered) - len(shown), is_open and decider)
