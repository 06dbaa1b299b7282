"""Where the labels of a run are: which serials are out with a shipment, which were destroyed."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from labels.shipment_models import DESTROYED, Shipment, ShipmentReturn
from labels.spans import Back, Sent, Span, away, count, joined

AT_ONCE = 500


@dataclass(frozen=True)
class Whereabouts:
    """Serials of a run that its producer no longer has: out with a shipment, or destroyed."""

    out: tuple[tuple[uuid.UUID, Span], ...]
    destroyed: tuple[Span, ...]

    @property
    def gone(self) -> tuple[Span, ...]:
        """All serials that the producer no longer has, in order."""
        return joined([*(span for _, span in self.out), *self.destroyed])


def whereabouts(session: Session, run_id: uuid.UUID) -> Whereabouts:
    """Where the labels of a run are."""
    return whereabouts_of(session, [run_id])[run_id]


def whereabouts_of(
    session: Session, run_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Whereabouts]:
    """The same of several runs; each of them is in the answer."""
    sent: dict[uuid.UUID, list[Sent]] = {one: [] for one in run_ids}
    back: dict[uuid.UUID, list[Back]] = {one: [] for one in run_ids}
    ids = sorted(sent)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        for row in session.execute(
            select(Shipment.run_id, Shipment.id, Shipment.first, Shipment.last)
            .where(Shipment.run_id.in_(some))
            .order_by(Shipment.at, Shipment.first)
        ):
            sent[row.run_id].append(Sent(row.id, Span(row.first, row.last)))
        for again in session.execute(
            select(
                Shipment.run_id, ShipmentReturn.shipment_id, ShipmentReturn.first,
                ShipmentReturn.last, ShipmentReturn.fate,
            )
            .join(Shipment, Shipment.id == ShipmentReturn.shipment_id)
            .where(Shipment.run_id.in_(some))
        ):  # fmt: skip
            span = Span(again.first, again.last)
            back[again.run_id].append(Back(again.shipment_id, span, again.fate == DESTROYED))
    return {one: _of_run(sent[one], back[one]) for one in ids}


def _of_run(sent: list[Sent], back: list[Back]) -> Whereabouts:
    destroyed = joined(one.span for one in back if one.destroyed)
    return Whereabouts(tuple(away(sent, back)), destroyed)


def out_of(shipment: Shipment) -> tuple[Span, ...]:
    """The serials of a shipment that are still out."""
    sent = Sent(shipment.id, Span(shipment.first, shipment.last))
    back = [Back(shipment.id, Span(row.first, row.last)) for row in shipment.returns]
    return tuple(span for _, span in away([sent], back))


def count_out(shipment: Shipment) -> int:
    """How many labels of a shipment are still out."""
    return count(out_of(shipment))
