"""Which units are drawn for an order: the rule's number, the seed, and the units that follow."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import FieldFault, Invalid, invalid_field
from products.errors import RuleError
from trace.sampling.attributes import (
    NORMAL,
    HowMany,
    as_agreed,
    by_attributes,
    checked_lot,
    packages_to_open,
)
from trace.sampling.drawing import MOST_DRAWN, SEED_BITS, drawn_units
from trace.sampling.reader import read_tables

_BOX = {
    "lot-out-of-range": "lot_size",
    "no-such-level": "level",
    "no-such-aql": "aql",
    "no-such-severity": "severity",
    "agreed-out-of-range": "agreed",
}


@dataclass(frozen=True)
class SamplingDraft:
    """By which standard the units of a lot are drawn; `unit` is what one of them is called (箱).

    Level and AQL are for GB/T 2828.1, `agreed` is the number where no table is held.
    """

    standard: str
    lot_size: int
    unit: str
    level: str | None = None
    aql: str | None = None
    severity: str = NORMAL
    agreed: int | None = None


def how_many(draft: SamplingDraft) -> HowMany:
    """The number by the standard of `draft`; Invalid naming the box under /sampling."""
    tables = read_tables()
    try:
        checked_lot(draft.lot_size)
        if draft.standard == tables.attributes.standard:
            _need(draft.level, "level", "请选检验水平", "Choose the inspection level")
            _need(draft.aql, "aql", "请选 AQL", "Choose the AQL")
            return by_attributes(
                tables.attributes, draft.lot_size, draft.level or "", draft.aql or "",
                draft.severity,
            )  # fmt: skip
        if draft.standard == tables.packages.standard:
            return packages_to_open(tables.packages, draft.lot_size)
        for table in tables.unread:
            if draft.standard == table.standard:
                return as_agreed(table, draft.lot_size, draft.agreed)
    except RuleError as wrong:
        faults = [FieldFault(f"/sampling/{_BOX[wrong.code]}", wrong.words)]
        raise Invalid(wrong.code, wrong.words, faults) from wrong
    listed = tables.standards
    raise invalid_field(
        "no-such-sampling-standard",
        "/sampling/standard",
        f"没有这个抽样标准，可选：{'、'.join(listed)}",
        f"There is no such sampling standard; known: {', '.join(listed)}",
    )


def _need(given: str | None, box: str, zh: str, en: str) -> None:
    if not given:
        raise invalid_field("sampling-incomplete", f"/sampling/{box}", zh, en)


def planned_sampling(draft: SamplingDraft) -> dict[str, Any]:
    """What an order keeps of its sampling, with a fresh seed and the units that it draws.

    `drawn` is empty where all units are looked at or no number is known.
    """
    said = how_many(draft)
    partial = said.n is not None and not said.whole
    if partial and (said.n or 0) > MOST_DRAWN:
        raise invalid_field(
            "too-many-drawn",
            "/sampling/lot_size",
            f"一次最多抽 {MOST_DRAWN} 件，请分成几个检验批",
            f"At most {MOST_DRAWN} units at a time; inspect in several lots",
        )
    seed = secrets.token_hex(SEED_BITS // 8) if partial else ""
    drawn = drawn_units(seed, said.lot, said.n) if partial and said.n is not None else ()
    return {
        "standard": said.standard,
        "certainty": said.certainty.value,
        "source": said.source,
        "level": said.level,
        "aql": said.aql,
        "severity": said.severity,
        "letter": said.letter,
        "lot_size": said.lot,
        "unit": draft.unit,
        "n": said.n,
        "accept": said.accept,
        "reject": said.reject,
        "whole": said.whole,
        "seed": seed,
        "drawn": list(drawn),
    }


def how_many_of(sampling: Mapping[str, Any]) -> HowMany:
    """The rule's answer as an order keeps it."""
    return HowMany(
        standard=sampling["standard"],
        certainty=sampling["certainty"],
        source=sampling["source"],
        lot=sampling["lot_size"],
        n=sampling["n"],
        accept=sampling["accept"],
        reject=sampling["reject"],
        letter=sampling["letter"],
        level=sampling["level"],
        aql=sampling["aql"],
        severity=sampling["severity"],
    )
