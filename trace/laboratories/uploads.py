"""Sheets that were sent in: kept for looking at, and for good once their values were put in."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import IO
from uuid import UUID

from sqlalchemy import Select, delete, select

from core.act import INSPECTOR, Act
from core.errors import Conflict, Invalid, TooLarge, fault, not_found
from core.words import Words
from trace.laboratories.answered import Answer, AnswerState
from trace.laboratories.mapping import Mapping
from trace.laboratories.models import Instrument, SheetImport
from trace.laboratories.sheets import LARGEST_SHEET, Sheet, SheetError
from trace.laboratories.workbooks import read_sheet

KEEP_LOOKED_AT = timedelta(days=7)
LONGEST_NAME = 120
_TOO_LARGE = "sheet-too-large"


def octets_of(stream: IO[bytes]) -> bytes:
    """The whole of an uploaded file, one byte more than a sheet may have at the most."""
    return stream.read(LARGEST_SHEET + 1)


def sheet_in(octets: bytes, instrument: Instrument, pointer: str = "/file") -> Sheet:
    """The sheet of a file as the instrument's mapping names it; Invalid or TooLarge otherwise."""
    try:
        return read_sheet(octets, Mapping.of(instrument.mapping).sheet)
    except SheetError as wrong:
        found = fault(pointer, *wrong.words)
        kind = TooLarge if wrong.code == _TOO_LARGE else Invalid
        raise kind(wrong.code, wrong.words, [found]) from wrong


def sheet_of(row: SheetImport, *, any_sheet: bool = False) -> Sheet:
    """The sheet that was kept; with `any_sheet` the first, where the one of the mapping is gone."""
    try:
        return sheet_in(row.octets, row.instrument)
    except Invalid as refused:
        if not (any_sheet and refused.code == "no-such-sheet"):
            raise
    return read_sheet(row.octets)


def keep(act: Act, instrument: Instrument, name: str, octets: bytes) -> SheetImport:
    """Keep a sheet for looking at; what nobody put in for a week goes."""
    act.need(INSPECTOR)
    old = delete(SheetImport).where(
        SheetImport.laboratory_id == act.party,
        SheetImport.put_in_at.is_(None),
        SheetImport.sent_at < act.at - KEEP_LOOKED_AT,
    )
    act.session.execute(old)
    row = SheetImport(
        id=uuid.uuid4(), laboratory_id=act.party, instrument_id=instrument.id,
        account_id=act.actor.account, name=_shown(name), octets=octets,
        sha256=hashlib.sha256(octets).hexdigest(), sent_at=act.at, answers=[],
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    return row


def _shown(name: str) -> str:
    """A file's name as it may be shown: no folders, nothing invisible."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return (
        "".join(sign for sign in last if sign.isprintable()).strip(" .")[:LONGEST_NAME] or "sheet"
    )


def imports_of(act: Act) -> Select[SheetImport]:
    """The sheets that the actor's laboratory sent in."""
    act.need(INSPECTOR)
    return select(SheetImport).where(SheetImport.laboratory_id == act.party)


def own_import(act: Act, import_id: UUID, *, locked: bool = False) -> SheetImport:
    """A sheet of the actor's laboratory; NotFound for any other."""
    query = imports_of(act).where(SheetImport.id == import_id)
    if locked:
        query = query.with_for_update(of=SheetImport).execution_options(populate_existing=True)
    row = act.session.scalars(query).first()
    if row is None:
        raise not_found("上传的表格", "sheet")
    return row


def mark_put_in(
    act: Act, row: SheetImport, answers: Sequence[Answer], worksheets: Iterable[UUID]
) -> None:
    """That the values of a sheet were put in, with the answer to every row; Conflict the second time."""
    if row.put_in_at is not None:
        raise Conflict(
            "put-in-already",
            Words("这张表已经放进去了。", "The values of this sheet were put in already."),
        )
    row.put_in_at = act.at
    row.answers = [
        {
            "row": one.row, "state": str(one.state), "zh": one.words.zh, "en": one.words.en,
            "sample": one.sample, "place": one.place,
        }
        for one in answers
    ]  # fmt: skip
    act.session.flush()
    counts = {str(state): sum(one.state is state for one in answers) for state in AnswerState}
    act.record(
        "sheet-import", row.id, instrument=row.instrument_id, sha256=row.sha256, rows=counts,
        worksheets=[str(one) for one in worksheets],
    )  # fmt: skip


def answers_of(row: SheetImport) -> tuple[Answer, ...]:
    """The answers that were kept when the values were put in."""
    return tuple(
        Answer(
            one["row"], AnswerState(one["state"]), Words(one["zh"], one["en"]), one["sample"],
            one["place"],
        )
        for one in row.answers
    )  # fmt: skip
