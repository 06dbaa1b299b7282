"""Where an alarm leads on the desk of the one who looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import url_for

from core.act import AUTHORITY, Act
from core.pages.views import say
from labels.alarm_words import KIND_WORDS, Alarm, Subject
from labels.alarms import Told

Way = Callable[[Subject], str]
_OWN: dict[str, Way] = {
    "batch": lambda s: url_for("cooperative_batch.batch", batch_id=s.id),
    "run": lambda s: url_for("cooperative_labels.run", run_id=s.id),
    "plot": lambda s: url_for("cooperative_plots.plot", plot_id=s.id),
    "transfer": lambda s: url_for("cooperative_transfers.transfer", transfer_id=s.id),
    "balance": lambda s: url_for("balances.own", product=str(s.id), year=s.year),
}
_ALL: dict[str, Way] = {
    "batch": lambda s: url_for("authority_batch.batch", batch_id=s.id),
    "run": lambda s: url_for("authority_batch.batch", batch_id=s.batch, _anchor="labels"),
    "plot": lambda s: url_for("authority_plots.plot", plot_id=s.id, year=s.year),
    "transfer": lambda s: url_for("authority_batch.batch", batch_id=s.batch),
    "balance": lambda s: url_for(
        "balances.whole", product=str(s.id), year=s.year, party=str(s.party)
    ),
}


def alarm_href(act: Act, alarm: Alarm) -> str:
    """The page of what the alarm is about."""
    ways = _ALL if act.actor.is_a(AUTHORITY) else _OWN
    return ways[alarm.subject.kind](alarm.subject)


@dataclass(frozen=True)
class Shown:
    """An alarm as it stands on a page."""

    told: Told
    kind: str
    href: str


def shown_alarms(act: Act, told: Iterable[Told]) -> list[Shown]:
    """Alarms with their links."""
    return [Shown(one, say(KIND_WORDS[one.alarm.kind]), alarm_href(act, one.alarm)) for one in told]
