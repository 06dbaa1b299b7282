"""Alarms: derived afresh at each look, for the party or for the authority, and silenced by a word."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, PRODUCER, Act
from core.errors import invalid_field, not_found
from core.http.paging import DEFAULT_SIZE, Page
from labels import alarm_reading as reading
from labels import alarm_words as words
from labels.alarm_models import AlarmWord
from labels.alarm_words import Alarm, kind_of_key

Reader = Callable[[Session, uuid.UUID | None, date], Iterator[Alarm]]
_READERS: dict[str, tuple[Reader, ...]] = {
    words.DEFICIT: (reading.overdrawn,),
    words.PLOT: (reading.plots,),
    words.REFUSED: (reading.attempts,),
    words.CONVERSION: (reading.conversions,),
    words.LOSS: (reading.losses,),
    words.MISMATCH: (reading.past_the_form, reading.total_conversions),
    words.DIFFERENCE: (reading.differences,),
    words.UNANSWERED: (reading.unanswered_for_long,),
    words.SCANS: (reading.early_scans,),
}
OPEN, ACKNOWLEDGED = "open", "acknowledged"
STANDINGS = (OPEN, ACKNOWLEDGED)
_AT_ONCE = 500


@dataclass(frozen=True)
class Told:
    """An alarm with every word said about it; `open`: none of them by one's own side."""

    alarm: Alarm
    words: tuple[AlarmWord, ...]
    open: bool


def alarms_of(act: Act, kinds: Collection[str] = words.KINDS) -> list[Told]:
    """What is alarming to the actor now: of its own party, of all for the authority. Latest first.

    A word of the party does not silence an alarm for the authority, nor the other way round: each
    sees what the other said.
    """
    act.need(PRODUCER, AUTHORITY)
    party = None if act.actor.is_a(AUTHORITY) else act.party
    found: dict[str, Alarm] = {}
    for kind in _READERS:
        for read in _READERS[kind] if kind in kinds else ():
            found.update((alarm.key, alarm) for alarm in read(act.session, party, act.today))
    said = _words_of(act.session, sorted(found))
    told = [_told(act, alarm, said.get(key, [])) for key, alarm in found.items()]
    return sorted(told, key=lambda one: (one.alarm.at, one.alarm.key), reverse=True)


def open_alarms(act: Act) -> list[Told]:
    """Those about which one's own side has not said a word."""
    return [told for told in alarms_of(act) if told.open]


def _words_of(session: Session, keys: Sequence[str]) -> dict[str, list[AlarmWord]]:
    said: dict[str, list[AlarmWord]] = {}
    for start in range(0, len(keys), _AT_ONCE):
        query = select(AlarmWord).where(AlarmWord.key.in_(keys[start : start + _AT_ONCE]))
        for row in session.scalars(query.order_by(AlarmWord.at, AlarmWord.id)).unique():
            said.setdefault(row.key, []).append(row)
    return said


def _told(act: Act, alarm: Alarm, said: Iterable[AlarmWord]) -> Told:
    """Of words of others the actor sees those of the authority and of the parties concerned."""
    authority = act.actor.is_a(AUTHORITY)
    rows = tuple(said)
    own = [
        row
        for row in rows
        if (row.by_authority if authority else row.party_id == act.party and not row.by_authority)
    ]
    return Told(alarm, rows, not own)


def acknowledge(act: Act, key: str, word: str) -> AlarmWord:
    """Say a word about an alarm that one sees: it is silent until something of it changes.

    NotFound where there is no such alarm any more.
    """
    act.need(PRODUCER, AUTHORITY)
    alarm = _alarm(act, key)
    row = AlarmWord(
        id=uuid.uuid4(), key=key, word=word, by_authority=act.actor.is_a(AUTHORITY),
        party_id=act.party, account_id=act.actor.account, at=act.at,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.record(
        "alarm-word", row.id, key=key, alarm=alarm.kind, subjects=list(alarm.subjects),
        numbers=[str(number) for number in alarm.numbers], word=word, party=row.party_id,
        by_authority=row.by_authority,
    )  # fmt: skip
    return row


def told_of(act: Act, key: str) -> Told:
    """An alarm by its key, with what was said; NotFound where there is none any more."""
    kind = kind_of_key(key)
    for told in alarms_of(act, [kind]) if kind else []:
        if told.alarm.key == key:
            return told
    raise not_found("提醒", "alarm")


def _alarm(act: Act, key: str) -> Alarm:
    return told_of(act, key).alarm


# --- lists --------------------------------------------------------------------------------------


def page_of_alarms(
    told: Sequence[Told], after: str | None = None, size: int = DEFAULT_SIZE
) -> Page[Told]:
    """One page of alarms, latest first; an alarm that went away in between does no harm."""
    rows = list(told)
    if after:
        last = _read(after)
        rows = [one for one in rows if (one.alarm.at, one.alarm.key) < last]
    shown = rows[:size]
    more = len(rows) > size
    return Page(shown, _write(shown[-1].alarm) if more else None)


def _write(alarm: Alarm) -> str:
    text = f"{alarm.at.isoformat()}|{alarm.key}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, key = text.partition("|")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError(cursor)
        return moment, key
    except (ValueError, binascii.Error) as broken:
        raise invalid_field(
            "bad-cursor", "/after", "翻页标记无效，请从第一页看起", "Bad cursor; start at page one"
        ) from broken
