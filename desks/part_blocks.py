"""What the cooperative's page of a batch says of its parts, and what can be asked of a laboratory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.act import Act
from desks.amounts import in_unit
from desks.sampling_form import KIND_WORDS, laboratories, said
from desks.standings import Standing, standings_of
from trace.batches.lineage import origin_of, parts_of
from trace.batches.models import Batch
from trace.sampling.models import TYPE, InspectionOrder
from trace.sampling.service import orders_seen_by

SHOWN_ROWS = 3


@dataclass(frozen=True)
class Part:
    """A part of the batch, how much went into it, and how it stands now."""

    batch: Batch
    amount: str
    note: str
    standing: Standing


def part_blocks(act: Act, batch: Batch) -> dict[str, Any]:
    """Where the batch comes from, its parts, the orders on it and on its product."""
    origin = origin_of(act.session, batch.id)
    split = parts_of(act.session, batch.id)
    standings = standings_of(act.session, [part.id for _origin, part in split])
    return {
        "split_from": act.session.get_one(Batch, origin.parent_id) if origin else None,
        "parts": [
            Part(part, in_unit(batch, one.quantity), one.note or "", standings[part.id])
            for one, part in split
        ],
        "part_rows": range(SHOWN_ROWS),
        "orders": _orders(act, batch),
        "order_kinds": said(KIND_WORDS),
        "type_laboratories": laboratories(act),
    }


def _orders(act: Act, batch: Batch) -> list[InspectionOrder]:
    """The orders on the batch, and the open ones for type inspections of its product."""
    ours = (InspectionOrder.party_id == act.party, InspectionOrder.product_id == batch.product_id)
    mine = orders_seen_by(act).where(*ours)
    of_type = (InspectionOrder.kind == TYPE) & InspectionOrder.closed_at.is_(None)
    query = mine.where((InspectionOrder.batch_id == batch.id) | of_type)
    newest = InspectionOrder.ordered_at.desc()
    return list(act.session.scalars(query.order_by(newest).limit(20)).unique())
