"""What may be said beside a value: its uncertainty, how it decides, the instrument, the day, who."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from core.act import INSPECTOR, Act
from core.identity.models import Account
from desks.entry_table import (
    ANALYST,
    GUARDED,
    INSTRUMENT,
    MEASURED_ON,
    UNCERTAINTY,
    EntryRow,
)
from trace.laboratories.models import Instrument
from trace.laboratories.service import instruments_of

_ALWAYS = (UNCERTAINTY, MEASURED_ON)


@dataclass(frozen=True)
class Box:
    """A further box of a row: its name, label, what stands in it, what it may be, what it takes."""

    name: str
    label: str
    value: str
    error: str
    options: tuple[tuple[str, str], ...] = ()
    kind: str = "text"


@dataclass(frozen=True)
class Resources:
    """What a laboratory has to choose from: instruments in use and its people, by id."""

    instruments: tuple[tuple[str, str], ...] = ()
    analysts: tuple[tuple[str, str], ...] = ()

    def instrument(self, instrument_id: str) -> str:
        """The name of an instrument; its id where it is not there any more."""
        return dict(self.instruments).get(instrument_id, instrument_id)

    def analyst(self, account_id: str) -> str:
        """The name of a person of the laboratory."""
        return dict(self.analysts).get(account_id, account_id)


def resources_of(act: Act, boxes: Mapping[str, str] | None = None) -> Resources:
    """What the actor's laboratory has; also what is named in `boxes` and is no longer in use."""
    named = set((boxes or {}).values())
    instruments = act.session.scalars(instruments_of(act).order_by(Instrument.name)).unique()
    query = select(Account).where(Account.party_id == act.party).order_by(Account.name)
    people = act.session.scalars(query).unique()
    return Resources(
        tuple(
            (str(row.id), f"{row.name}（{row.serial_number}）")
            for row in instruments
            if row.retired_at is None or str(row.id) in named
        ),
        tuple(
            (str(row.id), row.name)
            for row in people
            if (row.disabled_at is None and INSPECTOR in row.roles) or str(row.id) in named
        ),
    )


def details_of(
    row: EntryRow, boxes: Mapping[str, str], faults: Mapping[str, str], resources: Resources
) -> tuple[Box, ...]:
    """The boxes of a row's details. What a laboratory has none of is not asked for."""
    rules = (("", _("按测得值判")), ("1", _("加保护带，宽 U")))
    kinds: dict[str, tuple[str, tuple[tuple[str, str], ...], str]] = {
        UNCERTAINTY: (_("不确定度 U（k=2）"), (), "text"),
        GUARDED: (_("判定规则"), rules, "text"),
        INSTRUMENT: (_("仪器"), _or_none(resources.instruments), "text"),
        MEASURED_ON: (_("检测日期"), (), "date"),
        ANALYST: (_("检测人"), _or_none(resources.analysts), "text"),
    }
    if row.options:
        del kinds[UNCERTAINTY], kinds[GUARDED]
    made = (
        Box(
            row.box(part), label, boxes.get(row.box(part), ""), faults.get(row.box(part), ""),
            options, kind,
        )
        for part, (label, options, kind) in kinds.items()
    )  # fmt: skip
    return tuple(
        box
        for box in made
        if box.options or box.value or box.error or box.name in (row.box(p) for p in _ALWAYS)
    )


def _or_none(options: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return (("", "—"), *options) if options else ()
