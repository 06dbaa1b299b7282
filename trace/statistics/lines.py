"""What counts of a stored verdict: the lines that hold a value against a limit that decides."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from core.words import Words
from products.requirements import BUYER
from trace.inspections.verdicts import LineOutcome, Source

LABORATORY = frozenset({Source.INSPECTION, Source.TYPE_INSPECTION})
"""What laboratories measured; the producer's own values (Source.EVENT) are counted apart."""
_SOURCES = {source.value: source for source in Source}
_FIRST_KEY, _DECIDES, _RESULT = '"asked":', '"decides":true', '"result":"'
_NO_RESULT = '"result":""'
_OF_TYPE = f'"source":"{Source.TYPE_INSPECTION}"'


class Finding(StrEnum):
    """How one value stands to one limit.

    `unsure`: beyond a limit that rests on one source and waits to be verified. `open`: not
    comparable, so neither one nor the other.
    """

    HOLDS = "holds"
    BROKEN = "broken"
    UNSURE = "unsure"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit of a line as it is named; `key` is one for a requirement, through all batches."""

    key: str
    characteristic: Words
    edition: str
    clause: str
    text: Words
    unit: str
    lower: str
    upper: str
    lower_open: bool
    upper_open: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """One value against one limit. `value` is its number in the limit's unit, where it has one."""

    limit: Limit
    result: str
    source: Source
    finding: Finding
    value: Decimal | None
    typed: str
    at: str


class LineReader:
    """Reads what counts out of stored verdicts, one after the other.

    A verdict is some 30 KB, most of it limits that nobody measured, and the lines of a type
    inspection stand word for word in every batch that it covers. So the text is cut between its
    objects, only pieces that can count are parsed, and what was parsed of a type inspection is
    kept. A quotation mark inside a JSON string is escaped, so no typed text can look like a mark.
    One that holds `},{` leaves a piece that does not parse or does not begin as a line does: then
    the whole is read.
    """

    def __init__(
        self, sources: Collection[Source], *, holding: str = "", deciding: bool = True
    ) -> None:
        """Values of `sources`; only lines that decide, unless told otherwise.

        `holding`: lines without this text may be left out, which is quicker.
        """
        self._sources = frozenset(source.value for source in sources)
        self._deciding = deciding
        self._marks = tuple(mark for mark in (_DECIDES if deciding else "", holding) if mark)
        others = sorted(_SOURCES.keys() - self._sources)
        self._unwanted = tuple(f'"source":"{source}"' for source in others)
        self._limits: dict[str, Limit] = {}
        self._known: dict[str, Counted | None] = {}

    def counted(self, text: str) -> list[Counted]:
        """The lines of a verdict (its JSON text) that count."""
        pieces = [
            piece
            for piece in text[2:-2].split("},{")
            if _RESULT in piece and _NO_RESULT not in piece
        ]
        try:
            if all(piece.startswith(_FIRST_KEY) for piece in pieces):
                found = [self._of_piece(piece) for piece in pieces if self._may_count(piece)]
                return [one for one in found if one is not None]
        except json.JSONDecodeError:
            pass
        lines = [self._of_line(line) for line in json.loads(text) if line.get("result")]
        return [one for one in lines if one is not None]

    def _may_count(self, piece: str) -> bool:
        for mark in self._marks:
            if mark not in piece:
                return False
        return all(mark not in piece for mark in self._unwanted)

    def _of_piece(self, piece: str) -> Counted | None:
        if _OF_TYPE not in piece:
            return self._of_line(json.loads(f"{{{piece}}}"))
        if piece not in self._known:
            self._known[piece] = self._of_line(json.loads(f"{{{piece}}}"))
        return self._known[piece]

    def _of_line(self, line: Mapping[str, Any]) -> Counted | None:
        """The line as it counts; None where it does not. A value taken back counts no more, and
        what a buyer specified is no public matter.
        """
        outside = line["source"] not in self._sources or (self._deciding and not line["decides"])
        if outside or line.get("withdrawn") or line.get("level") == BUYER:
            return None
        return Counted(
            limit=self._limit(line),
            result=line["result"],
            source=_SOURCES[line["source"]],
            finding=_finding(line),
            value=_number(line["value"]),
            typed=f"{line['typed']} {line['typed_unit']}".strip(),
            at=line["at"],
        )

    def _limit(self, line: Mapping[str, Any]) -> Limit:
        key = line["requirement"] or f"{line['edition']}|{line['clause']}|{line['characteristic']}"
        if key not in self._limits:
            self._limits[key] = _limit(key, line)
        return self._limits[key]


def _limit(key: str, line: Mapping[str, Any]) -> Limit:
    return Limit(
        key=key,
        characteristic=Words(line["characteristic"], line["characteristic_en"]),
        edition=line["edition"],
        clause=line["clause"],
        text=Words(line["limit"], line["limit_en"]),
        unit=line["unit"],
        lower=line["lower"],
        upper=line["upper"],
        lower_open=line["lower_open"],
        upper_open=line["upper_open"],
    )


def _finding(line: Mapping[str, Any]) -> Finding:
    outcome = line["outcome"]
    if outcome == LineOutcome.CONFORMING:
        return Finding.HOLDS
    if outcome == LineOutcome.TO_VERIFY:
        return Finding.UNSURE
    # A type inspection that breaks a limit leaves the batch undetermined; the limit is broken.
    if outcome == LineOutcome.NONCONFORMING or line.get("broken"):
        return Finding.BROKEN
    return Finding.OPEN


def _number(text: str) -> Decimal | None:
    """The number read, also one that was cut (≈); None for `<a`, 未检出 and words."""
    try:
        number = Decimal(text.removeprefix("≈"))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
