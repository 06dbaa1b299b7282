"""Reading what went into a batch and where that came from: two queries, whatever the depth."""

import uuid

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, aliased

from labels.origins import Link, Origins, origins_of
from products.models import Division
from trace.batches.models import Batch, BatchOrigin

_AT_ONCE = 500
_COLUMNS = (BatchOrigin.batch_id, BatchOrigin.parent_id, BatchOrigin.quantity, BatchOrigin.kind)
_first = select(*_COLUMNS).where(BatchOrigin.batch_id == bindparam("batch"))
_up = _first.cte("up", recursive=True)
_up = _up.union(select(*_COLUMNS).join(_up, BatchOrigin.batch_id == _up.c.parent_id))
_LINKS = select(_up.c.batch_id, _up.c.parent_id, _up.c.quantity, _up.c.kind, Batch.base).join(
    Batch, Batch.id == _up.c.parent_id
)
_township, _county = aliased(Division), aliased(Division)
_PLACES = (
    select(Batch.id, _township.name, _county.name)
    .join(_township, _township.code == Batch.place_code)
    .outerjoin(_county, _county.code == _township.parent)
    .where(Batch.id.in_(bindparam("roots", expanding=True)))
)


def read_origins(session: Session, batch: uuid.UUID) -> Origins | None:
    """Where the goods of a batch came from; None for one that nothing went into."""
    links = [
        Link(row.parent_id, row.batch_id, row.quantity, row.kind, row.base)
        for row in session.execute(_LINKS, {"batch": batch})
    ]
    if not links:
        return None
    made = {link.child for link in links}
    roots = sorted({link.parent for link in links} - made)
    return origins_of(links, batch, _places(session, roots))


def _places(session: Session, roots: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    """County and township by the name of today."""
    found: dict[uuid.UUID, str] = {}
    for start in range(0, len(roots), _AT_ONCE):
        rows = session.execute(_PLACES, {"roots": roots[start : start + _AT_ONCE]})
        found.update((batch, f"{county or ''}{township}") for batch, township, county in rows)
    return found
