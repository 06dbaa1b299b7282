"""All batches of a product in columns, read column by column and not one by one.

What was corrected, withdrawn, retested or came out of other batches is put together as the judge is given it; of
such batches there are few.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import CompoundSelect, Text, select, type_coerce, union
from sqlalchemy.orm import Session

from core.words import Words
from products.models import Product
from products.rulebook import BatchFacts
from trace.batches.models import Batch, BatchOrigin, Event
from trace.inspections import judging
from trace.inspections.columns import Columns, Facts, Gathering, Logged
from trace.inspections.life_models import Retest
from trace.inspections.models import Inspection, Result, Withdrawal
from trace.inspections.results import Result as Value
from trace.inspections.results import TypeInspection
from trace.laboratories.service import calibration_doubt

_BATCH = (
    Batch.id, Batch.party_id, Batch.number, Batch.production_date, Batch.grade, Batch.form,
    Batch.process, Batch.condition,
)  # fmt: skip
_RESULT = (
    Result.characteristic, Result.typed, Result.unit, Result.detection_limit, Result.matrix,
    Result.uncertainty, Result.guarded,
)  # fmt: skip
_AT_ONCE = 500


@dataclass(frozen=True)
class Known:
    """A batch of the history, as it is listed."""

    id: uuid.UUID
    party: uuid.UUID
    number: str
    production_date: date


@dataclass(frozen=True)
class History:
    """Every batch of one product: `batches` in the order of `columns`."""

    product: Product
    batches: tuple[Known, ...]
    columns: Columns


def history_of(session: Session, product: Product) -> History:
    """The batches of a product with all that is on file about them now."""
    gathering = Gathering()
    special = _special(session, product.id)
    logs = _logs(session, product.id)
    types = _types(session, product.id)
    given = _given_of(session, special)
    known: list[Known] = []
    places: dict[uuid.UUID, int] = {}
    query = select(*_BATCH, type_coerce(Batch.declared, Text).label("said"))
    query = query.where(Batch.product_id == product.id).order_by(Batch.created_at, Batch.id)
    values = _Interned(gathering)
    for row in session.execute(query):
        known.append(Known(row.id, row.party_id, row.number, row.production_date))
        if row.id in special:
            gathering.add(given[row.id])
            continue
        logged, readings = logs.get(row.id, ((), []))
        tested = types.get(row.party_id, ())
        place = gathering.open(_facts(product, row), row.production_date, logged, tested)
        places[row.id] = place
        for reading in readings:
            gathering.put(place, values.of(*reading), True)
    for batch_id, value in _results(session, product.id, values):
        if batch_id in places:
            gathering.put(places[batch_id], value, False)
    return History(product, tuple(known), gathering.columns())


def _facts(product: Product, row: Any) -> BatchFacts:
    return BatchFacts(
        product=product.key,
        product_name=product.name,
        grade=row.grade,
        form=row.form,
        process=row.process,
        condition=row.condition,
        declared=tuple(_parsed(row.said)),
    )


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Any:
    return json.loads(text)


class _Interned:
    """Values by their columns: each distinct one is made once."""

    def __init__(self, gathering: Gathering) -> None:
        self._gathering = gathering
        self._known: dict[tuple[Any, ...], int] = {}

    def of(self, said: tuple[Any, ...], document: bool, doubt: Words | None = None) -> int:
        """The number of a value; `said` are its columns as in _RESULT."""
        key = (*said, document, doubt)
        if key not in self._known:
            named = {column.key: part for column, part in zip(_RESULT, said, strict=True)}
            value = Value(id="", by="x", document=document, doubt=doubt, **named)
            self._known[key] = self._gathering.value(value)
        return self._known[key]


def _special(session: Session, product: uuid.UUID) -> frozenset[uuid.UUID]:
    """Batches of which not simply every report and event counts."""
    here = select(Inspection.batch_id).where(
        Inspection.product_id == product, Inspection.batch_id.is_not(None)
    )
    parts = select(BatchOrigin.batch_id).join(Batch, Batch.id == BatchOrigin.batch_id)
    named: CompoundSelect[tuple[uuid.UUID]] = union(
        here.where(Inspection.corrects_id.is_not(None)),
        here.where(Inspection.id.in_(select(Withdrawal.inspection_id))),
        here.where(Inspection.id.in_(select(Retest.inspection_id))),
        parts.where(Batch.product_id == product),
    )
    return frozenset(session.scalars(named))


def _given_of(session: Session, special: frozenset[uuid.UUID]) -> dict[uuid.UUID, Facts]:
    """These batches as the judge is given them."""
    ids = sorted(special)
    found: dict[uuid.UUID, Facts] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = select(Batch).where(Batch.id.in_(ids[start : start + _AT_ONCE]))
        for batch in session.scalars(query).unique():
            found[batch.id] = judging.given_now(session, batch)
    return found


def _types(session: Session, product: uuid.UUID) -> dict[uuid.UUID, tuple[TypeInspection, ...]]:
    """The type inspections of each party that has one."""
    query = select(Inspection.party_id).where(
        Inspection.product_id == product, Inspection.kind == "type"
    )
    return {
        party: tuple(judging.type_inspections_of(session, party, product))
        for party in session.scalars(query.distinct())
    }


def _logs(
    session: Session, product: uuid.UUID
) -> dict[uuid.UUID, tuple[Logged, list[tuple[tuple[Any, ...], bool]]]]:
    """Stages with their documents, and the producer's own readings, of each batch."""
    corrected = select(Event.corrects_id).where(Event.corrects_id.is_not(None))
    query = (
        select(
            Event.batch_id,
            Event.stage,
            type_coerce(Event.readings, Text).label("readings"),
            type_coerce(Event.documents, Text).label("documents"),
        )
        .join(Batch, Batch.id == Event.batch_id)
        .where(Batch.product_id == product, Event.id.not_in(corrected))
        .order_by(Event.recorded_at, Event.id)
    )
    found: dict[uuid.UUID, tuple[Logged, list[tuple[tuple[Any, ...], bool]]]] = {}
    for row in session.execute(query):
        logged, readings = found.get(row.batch_id, ((), []))
        papers = _names(row.documents)
        for said in json.loads(row.readings):
            readings.append(_reading(said, bool(papers)))
        found[row.batch_id] = ((*logged, (row.stage, papers)), readings)
    return found


@lru_cache(maxsize=4096)
def _names(documents: str) -> tuple[str, ...]:
    return tuple(named["name"] for named in json.loads(documents))


def _reading(said: dict[str, Any], document: bool) -> tuple[tuple[Any, ...], bool]:
    limit = said.get("detection_limit")
    unit = said.get("unit") or ""
    return (said["characteristic"], said["typed"], unit, limit, None, None, False), document


def _results(
    session: Session, product: uuid.UUID, values: _Interned
) -> Iterator[tuple[uuid.UUID | None, int]]:
    """Every result of every report on a batch of the product, with its batch."""
    query = (
        select(
            Inspection.batch_id, Inspection.report_id, Inspection.reported_on,
            Result.instrument_id, Result.measured_on, *_RESULT,
        )
        .join(Result, Result.inspection_id == Inspection.id)
        .where(Inspection.product_id == product, Inspection.kind == "batch")
    )  # fmt: skip
    doubts: dict[tuple[uuid.UUID, date], Words | None] = {}
    for row in session.execute(query):
        doubt = None
        if row.instrument_id is not None:
            key = (row.instrument_id, row.measured_on or row.reported_on)
            if key not in doubts:
                doubts[key] = calibration_doubt(session, *key)
            doubt = doubts[key]
        said = tuple(row)[-len(_RESULT) :]
        yield row.batch_id, values.of(said, row.report_id is not None, doubt)
