"""A hand-over for the eye: which side one is on, how it stands, the difference in a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from core.act import Act
from core.pages.drawing import State
from core.pages.typography import amount
from core.pages.views import say
from core.record.service import unsealed
from core.words import Words
from products.numbers import parse_decimal
from products.units import unit
from trace.batches.models import Batch
from trace.transfers.cards import booking_of
from trace.transfers.differences import LATE_AFTER, days_waiting, difference_words
from trace.transfers.models import (
    CONFIRMED,
    DAMAGED,
    INTACT,
    OTHER,
    PARTLY_DAMAGED,
    REFUSED,
    WET,
    WITHDRAWN,
    CardBooking,
    CollectorCard,
    Transfer,
)
from trace.transfers.service import answered_by, handed_out

CONDITION_WORDS = {
    INTACT: Words("完好", "intact"),
    PARTLY_DAMAGED: Words("部分损坏", "partly damaged"),
    DAMAGED: Words("损坏", "damaged"),
    WET: Words("受潮", "wet"),
    OTHER: Words("其他", "other"),
}
STATES: dict[str | None, tuple[State, Words]] = {
    None: ("wait", Words("等收货方确认", "waiting for the receiver")),
    CONFIRMED: ("pass", Words("已确认收货", "confirmed")),
    REFUSED: ("fail", Words("已拒收，货退回", "refused, goods back")),
    WITHDRAWN: ("none", Words("已撤回", "withdrawn")),
}


@dataclass(frozen=True)
class TransferView:
    """A hand-over as one of its two sides sees it."""

    row: Transfer
    received: bool
    state: State
    word: str
    sent: str
    counted: str
    difference: str
    condition: str
    waiting: int
    booked_by: str

    @property
    def other(self) -> str:
        """The name of the other side."""
        return self.row.party.name if self.received else self.row.to_party.name

    @property
    def late(self) -> bool:
        """Whether its answer is overdue."""
        return self.row.answer is None and self.waiting > LATE_AFTER


def view_of(act: Act, row: Transfer) -> TransferView:
    """A hand-over for the actor's side of it."""
    answer = row.answer
    state, word = STATES[answer.kind if answer else None]
    received = row.to_party_id == act.actor.party
    counted, difference = "", ""
    if answer is not None and answer.difference is not None:
        counted = _typed(answer.counted_typed or "", answer.counted_unit or "")
        difference = say(difference_words(answer.difference, row.batch.base))
    waits = received and answer is None
    return TransferView(
        row=row,
        received=received,
        state=state,
        word=say(Words("等您确认", "waiting for you")) if waits else say(word),
        sent=_typed(row.quantity_typed, row.quantity_unit),
        counted=counted,
        difference=difference,
        condition=say(CONDITION_WORDS[answer.condition]) if answer and answer.condition else "",
        waiting=days_waiting(row.sent_on, act.today),
        booked_by=_collector(act, booking_of(act, row.batch_id)) if row.card_id else "",
    )


def _typed(number: str, symbol: str) -> str:
    return amount(parse_decimal(number), say(unit(symbol).names))


def _collector(act: Act, booking: CardBooking | None) -> str:
    """由收购员代记: whose collector, by which card; its holder's name for the card's party only."""
    if booking is None:
        return ""
    holder = holder_of(act, booking.card)
    told = _(
        "由收购员代记：%(party)s，凭第 %(number)s 号收购卡",
        party=booking.party.name, number=booking.card.number,
    )  # fmt: skip
    return f"{told}{say(Words(f'（{holder}）', f' ({holder})'))}" if holder else str(told)


def holder_of(act: Act, card: CollectorCard, *, in_hand: bool = False) -> str:
    """The name on a card: for its own party, and for whoever holds the card in hand."""
    if card.party_id != act.actor.party and not in_hand:
        return ""
    return unsealed(act.session, [card.holder]).get(card.holder, "")


def transfer_blocks(act: Act, batch: Batch) -> dict[str, object]:
    """What the page of a batch says of hand-overs: how it came, and where goods of it went."""
    came = answered_by(act.session, batch.id)
    return {
        "came_by": view_of(act, came) if came else None,
        "handed": [view_of(act, row) for row in handed_out(act.session, batch.id)],
        "booked_by": _collector(act, booking_of(act, batch.id)),
    }
