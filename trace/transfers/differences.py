"""RULE: what was counted on arrival against what was sent, and how long an answer takes.

Amounts are in the base of the form: whole milligrams, or a count.
"""

from dataclasses import dataclass
from datetime import date

from core.words import Words
from trace.books.balance import amount_words

LATE_AFTER = 3
"""Days after which an unanswered hand-over is called late to the sender as well."""


@dataclass(frozen=True)
class Arrival:
    """What enters the receiver's books, what is lost on the way, what came beyond what was sent."""

    booked: int
    lost: int
    surplus: int

    @property
    def difference(self) -> int:
        """What was sent less what was counted; below nothing for a surplus."""
        return self.lost - self.surplus


def arrival(sent: int, counted: int) -> Arrival:
    """What becomes of `sent` where `counted` arrived: never more is booked than was sent.

    Raises ValueError where nothing was sent or nothing arrived: then there is nothing to confirm.
    """
    if sent <= 0 or counted <= 0:
        raise ValueError("both amounts must be above nothing")
    booked = min(sent, counted)
    return Arrival(booked, sent - booked, counted - booked)


def difference_words(difference: int, base: str) -> Words:
    """The difference in one sentence, for both sides."""
    if difference == 0:
        return Words("数量一致", "The quantity agrees")
    amount = amount_words(abs(difference), base)
    if difference > 0:
        return Words(f"少收 {amount.zh}，已记为损耗", f"{amount.en} short, booked as a loss")
    return Words(f"多收 {amount.zh}，未入账", f"{amount.en} more than sent, not booked")


def days_waiting(sent_on: date, today: date) -> int:
    """How many days an answer has been awaited."""
    return max(0, (today - sent_on).days)
