"""A batch's sheet: all that its page shows, gathered once, in the language of the request."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import day_of
from core.identity.models import Account, Party
from core.pages.drawing import Reading, State, limit_bar
from core.pages.views import say
from core.words import Words
from desks.checklist import (
    TESTING,
    Ask,
    Box,
    Logged,
    Row,
    RowState,
    Rules,
    Said,
    asks_of,
    boxes,
    breaks,
    checklist,
)
from products.numbers import parse_decimal
from products.plans.service import plan_on
from products.requirements import Subject, declared_standards
from products.rulebook import Rulebook, applicable, requirements_in_force
from products.standards.rules import whole_rulebook
from products.units import unit
from trace.batches.models import Batch, Event
from trace.batches.service import events_of, standing
from trace.inspections import judging
from trace.inspections.verdicts import LINE_NAMES, LineOutcome

ROW_STATES: dict[RowState, State] = {
    RowState.DONE: "pass",
    RowState.MISSING: "wait",
    RowState.OUT_OF_LIMIT: "fail",
    RowState.OPEN: "none",
}
LINE_STATES: dict[LineOutcome, State] = {
    LineOutcome.NONCONFORMING: "fail",
    LineOutcome.TO_VERIFY: "wait",
    LineOutcome.UNDETERMINED: "wait",
    LineOutcome.CONFORMING: "pass",
    LineOutcome.REFERENCE: "none",
    LineOutcome.NOT_TESTED: "none",
}
_DRAWN = ("number", "series")
MOST_ASKS, MOST_TESTING_ASKS = 4, 2
"""Sentences that stand open in a row; of testing only those of the plan."""
Line = Mapping[str, Any]


@dataclass(frozen=True)
class Measured:
    """One verdict line as it is shown: what was got, against which limit, and why."""

    name: str
    state: State
    word: str
    got: str
    unit: str
    bar: Markup
    key: str
    cite: str
    method: str
    why: str
    by: str
    source: str


@dataclass(frozen=True)
class Older:
    """What an event said before it was corrected."""

    texts: tuple[str, ...]
    on: date
    reason: str


@dataclass(frozen=True)
class Entry:
    """A standing event of a stage with who logged it, its values, and what it replaced.

    `boxes` are for correcting it; `is_beyond`: one of its values breaks a limit.
    """

    event: Event
    by: str
    values: tuple[Measured, ...]
    older: tuple[Older, ...]
    boxes: tuple[Box, ...]
    is_beyond: bool


@dataclass(frozen=True)
class StageSheet:
    """A row of the checklist, what its stage asks, what can be and what was logged in it."""

    row: Row
    all_asks: tuple[Ask, ...]
    boxes: tuple[Box, ...]
    entries: tuple[Entry, ...]

    @property
    def state(self) -> State:
        """The state that is drawn."""
        return state_of_row(self.row)

    @property
    def done(self) -> bool:
        """Whether it counts among those of the nine that are done."""
        return self.row.state is RowState.DONE

    @property
    def asks(self) -> list[tuple[str, str]]:
        """What the stage asks of this batch, each with its place: the plan's own and the first
        limits that bind; nothing where all is done.
        """
        return [_told(ask) for ask in self._first()]

    @property
    def more_asks(self) -> list[tuple[str, str]]:
        """The rest: further limits, what is only for reference, duties of the party."""
        first = self._first()
        return [_told(ask) for ask in self.all_asks if ask not in first]

    def _first(self) -> list[Ask]:
        if self.done:
            return []
        most = MOST_TESTING_ASKS if self.row.stage == TESTING else MOST_ASKS
        return [ask for ask in self.all_asks if ask.binding][:most]

    @property
    def when(self) -> str:
        """The first and the last day of what was logged, and by whom."""
        days = sorted({entry.event.happened_on.isoformat() for entry in self.entries})
        names = dict.fromkeys(entry.by for entry in self.entries if entry.by)
        said = " – ".join(dict.fromkeys((days[0], days[-1]))) if days else ""
        if not names:
            return said
        return f"{said} · {_('%(name)s记', name=_('、').join(names))}"


def listed(names: Iterable[Words]) -> str:
    """Names one after the other, as the language puts them."""
    return say(Words("、", ", ")).join(say(name) for name in names)


def _told(ask: Ask) -> tuple[str, str]:
    return say(ask.sentence), say(ask.cite)


def state_of_row(row: Row) -> State:
    """The state that a row is drawn in; a limit to be verified is waiting, not failed."""
    return "wait" if row.unsure else ROW_STATES[row.state]


@dataclass
class Shelf:
    """Rulebooks read once for all batches of a page."""

    session: Session
    _books: dict[uuid.UUID, Rulebook] = field(default_factory=dict)

    def rules_of(self, batch: Batch) -> Rules:
        """What a batch is held against on its reference date."""
        on, facts = judging.reference_date(batch), judging.facts_of(batch)
        if batch.product_id not in self._books:
            self._books[batch.product_id] = whole_rulebook(self.session, batch.product_id)
        book = self._books[batch.product_id].declaring(batch.declared)
        plan = plan_on(self.session, batch.product_id, on)
        duties = (r for r in requirements_in_force(book, on) if r.subject is Subject.PARTY)
        return Rules(
            batch=facts,
            plan=plan,
            requirements=(*applicable(book, facts, on), *duties),
            declared=declared_standards([*batch.declared, *([plan.standard] if plan else [])]),
        )


def said_of(session: Session, batch: Batch) -> Said:
    """The verdict that counts, or what the judge says where none was kept yet."""
    kept = judging.latest_verdict(session, batch.id)
    if kept is not None:
        reasons = tuple(Words(reason["zh"], reason["en"]) for reason in kept.reasons)
        return Said(kept.outcome, tuple(kept.lines), reasons)
    fresh = judging.judge_now(session, batch)
    return Said(fresh.outcome.value, tuple(judging.stored_lines(fresh)), fresh.reasons)


def rows_of(rules: Rules, said: Said, events: Sequence[Event]) -> tuple[Row, ...]:
    """The nine rows of a batch."""
    logged = [
        Logged(str(event.id), event.stage, tuple(named["name"] for named in event.documents))
        for event in standing(events)
    ]
    return checklist(rules, logged, said)


def nine_sheets(session: Session, batch: Batch, said: Said) -> tuple[StageSheet, ...]:
    """The nine links of a batch with everything logged."""
    rules, events = Shelf(session).rules_of(batch), events_of(session, batch.id)
    names = _names_of(session, batch, events)
    return tuple(_sheet(row, rules, events, names) for row in rows_of(rules, said, events))


def _sheet(
    row: Row, rules: Rules, events: Sequence[Event], names: Mapping[uuid.UUID, str]
) -> StageSheet:
    by_id = {event.id: event for event in events}
    offered = boxes(row.stage, rules)
    here = [event for event in standing(events) if event.stage == row.stage]
    return StageSheet(
        row=row,
        all_asks=asks_of(row.stage, rules),
        boxes=offered,
        entries=tuple(
            _entry(event, by_id, names.get(event.id, ""), row, offered)
            for event in sorted(here, key=lambda event: (event.happened_on, event.recorded_at))
        ),
    )


def _names_of(session: Session, batch: Batch, events: Sequence[Event]) -> dict[uuid.UUID, str]:
    """Who logged each event: the person; of what came with goods of another party, that party."""
    accounts = {event.account_id for event in events if event.account_id}
    parties = {event.party_id for event in events} - {batch.party_id}
    people = {
        a.id: a.name for a in session.scalars(select(Account).where(Account.id.in_(accounts)))
    }
    firms = {p.id: p.name for p in session.scalars(select(Party).where(Party.id.in_(parties)))}
    return {
        event.id: firms.get(event.party_id)
        or (people.get(event.account_id, "") if event.account_id else "")
        for event in events
    }


def _entry(
    event: Event, by_id: Mapping[uuid.UUID, Event], by: str, row: Row, offered: Sequence[Box]
) -> Entry:
    own = [line for line in row.lines if line.get("origin") == str(event.id)]
    values = tuple(
        _value(reading, [line for line in own if line["result"] == f"{event.id}:{place}"])
        for place, reading in enumerate(event.readings)
    )
    return Entry(
        event=event,
        by=by,
        values=values,
        older=tuple(_history(event, by_id)),
        boxes=boxes_with(offered, event),
        is_beyond=any(breaks(line) for line in own),
    )


def boxes_with(offered: Sequence[Box], event: Event) -> tuple[Box, ...]:
    """The boxes of a stage, and one for each value of the event that has none any more."""
    known = {box.characteristic for box in offered}
    others = [
        Box(
            reading["characteristic"],
            Words(reading["characteristic"], reading["characteristic"]),
            reading.get("unit") or "",
            unit(reading["unit"]).names if reading.get("unit") else Words("", ""),
        )
        for reading in event.readings
        if reading["characteristic"] not in known
    ]
    return (*offered, *others)


def _history(event: Event, by_id: Mapping[uuid.UUID, Event]) -> Iterable[Older]:
    """What stood there before, newest first."""
    while event.corrects_id is not None:
        older = by_id[event.corrects_id]
        yield Older(tuple(_texts(older)), day_of(event.recorded_at), event.reason or "")
        event = older


def _texts(event: Event) -> Iterable[str]:
    yield event.happened_on.isoformat()
    for reading in event.readings:
        unit_name = say(unit(reading["unit"]).names) if reading.get("unit") else ""
        yield f"{reading['characteristic']} {reading['typed']} {unit_name}".strip()
    yield from (text for text in (event.place, event.note) if text)


def _value(reading: Mapping[str, Any], lines: Sequence[Line]) -> Measured:
    """The strictest line on a reading; as typed where no limit meets it."""
    if lines:
        return measured(lines[0])
    return Measured(
        name=reading["characteristic"], state="none", word=_("只作记录"), got=reading["typed"],
        unit=say(unit(reading["unit"]).names) if reading.get("unit") else "", bar=Markup(),
        key="", cite="", method="", why="", by="", source="event",
    )  # fmt: skip


def measured(line: Line) -> Measured:
    """A verdict line that has a value, or one that the plan asks and nobody has measured."""
    outcome = LineOutcome(line["outcome"])
    state = LINE_STATES[outcome]
    why = Words(line["reason_zh"], line["reason_en"])
    limit = say(Words(line["limit"], line["limit_en"]))
    typed_unit = line.get("typed_unit") or ""
    name = say(Words(line["characteristic"], line["characteristic_en"]))
    return Measured(
        name=name,
        state=state,
        word=say(LINE_NAMES[outcome]),
        got=line.get("typed") or "",
        unit=say(unit(typed_unit).names).strip() if typed_unit else "",
        bar=_bar(line, state, f"{name}{_('：')}{say(why)}"),
        key=_("限量 %(limit)s", limit=limit),
        cite=_cite(line),
        method=line.get("method") or "",
        why=say(why),
        by=line.get("by") or "",
        source=line.get("source") or "",
    )


def _cite(line: Line) -> str:
    place = f"{line['edition']} {line['clause']}".strip()
    if place and not line.get("starts_certain", True):
        return str(_("%(place)s（起始日待核实）", place=place))
    return place


def _bar(line: Line, state: State, label: str) -> Markup:
    """A reading against its limit; nothing where there is no number to draw."""
    drawn = line.get("kind") in _DRAWN and (line["lower"] or line["upper"])
    if not drawn or not line.get("typed") or (line["kind"] == "series" and not line["value"]):
        return Markup()
    value = parse_decimal(line["value"]) if line["value"] else None
    kind: Reading = "not-detected" if value is None else "measured"
    lower, upper = (
        parse_decimal(line[side]) if line[side] else None for side in ("lower", "upper")
    )
    return limit_bar(value, lower, upper, kind, state, label)
