"""沿用上次的设置: how a laboratory measured each item in its last report on the same product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import request
from sqlalchemy import ColumnElement, func, select

from core.act import Act
from core.words import Words
from desks.entry_table import DETECTION, INSTRUMENT, METHOD, UNIT, EntryRow, EntryTable
from desks.inspector_sheet import Sheet
from products.phrases import unit_text
from trace.inspections.life_models import Worksheet
from trace.inspections.models import Inspection

LIKE_LAST = "last"


@dataclass(frozen=True)
class Measured:
    """How one item was measured, and the value that was typed."""

    characteristic: str
    matrix: str | None
    typed: str
    unit: str
    detection_limit: str
    method: str
    instrument: str

    @property
    def said(self) -> Words:
        """The value with its unit, as it is told."""
        zh, en = unit_text(self.unit), unit_text(self.unit, "en")
        return Words(f"{self.typed} {zh}".rstrip(), f"{self.typed} {en}".rstrip())

    def is_for(self, row: EntryRow) -> bool:
        """Whether the row asks for the same thing, answered in the same way."""
        if row.characteristic != self.characteristic or (row.options and self.unit):
            return False
        return not row.matrices or self.matrix in row.matrices


@dataclass(frozen=True)
class Setup:
    """The last report of a laboratory on a product, as far as it can be taken over."""

    number: str
    reported_on: date
    measured: tuple[Measured, ...]

    def by_row(self, table: EntryTable) -> dict[str, Measured]:
        """What is known of each row, by its key."""
        found = {
            row.key: next((one for one in self.measured if one.is_for(row)), None)
            for row in table.rows
        }
        return {key: one for key, one in found.items() if one is not None}


def last_setup(act: Act, sheet: Sheet) -> Setup | None:
    """The set-up of the newest report of the actor's laboratory on the same product.

    None where there is none, and where a report is corrected: that one brings its own.
    """
    subject = sheet.subject
    if subject.corrects is not None:
        return None
    query = select(Inspection).where(
        Inspection.laboratory_id == act.party,
        Inspection.product_id == subject.product.id,
        Inspection.kind == subject.kind,
    )
    newest = query.order_by(Inspection.recorded_at.desc(), Inspection.id).limit(1)
    report = act.session.scalars(newest).unique().first()
    if report is None:
        return None
    measured = tuple(
        Measured(
            row.characteristic, row.matrix, row.typed, row.unit, row.detection_limit or "",
            row.method or "", str(row.instrument_id or ""),
        )
        for row in report.results
    )  # fmt: skip
    return Setup(report.number, report.reported_on, measured)


def copied(row: EntryRow, one: Measured) -> dict[str, str]:
    """The boxes of a row that a set-up fills, by part; never the value itself."""
    said = {DETECTION: one.detection_limit, METHOD: one.method, INSTRUMENT: one.instrument}
    if one.unit in row.units and unit_text(one.unit) != unit_text(row.unit):
        said[UNIT] = one.unit
    return {part: text for part, text in said.items() if text}


def started(boxes: Mapping[str, str], sheet: Sheet, setup: Setup | None) -> dict[str, str]:
    """What the boxes start with; with the last set-up where the address asks `?like=last`."""
    if setup is None or request.args.get("like") != LIKE_LAST:
        return dict(boxes)
    known = setup.by_row(sheet.table)
    filled = {
        row.box(part): text
        for row in sheet.table.rows
        if row.key in known
        for part, text in copied(row, known[row.key]).items()
    }
    return {**filled, **boxes}


def last_change(act: Act, sheet: Sheet) -> datetime | None:
    """When the laboratory last put something down about the same subject."""
    subject = sheet.subject
    same: Sequence[ColumnElement[bool]] = (
        (Worksheet.batch_id == subject.batch.id,)
        if subject.batch is not None
        else (Worksheet.party_id == subject.party, Worksheet.product_id == subject.product.id)
    )
    query = select(func.max(Worksheet.changed_at)).where(
        Worksheet.laboratory_id == act.party, Worksheet.kind == subject.kind, *same
    )
    return act.session.scalar(query)
