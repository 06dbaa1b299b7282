"""What a laboratory has begun on a batch, or was asked to do again, so that nobody begins it twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from core.act import Act
from trace.inspections.life_models import (
    DRAFTED,
    SUBMITTED,
    Reinspection,
    Retest,
    Worksheet,
)
from trace.inspections.models import Inspection
from trace.inspections.worksheets import sheets_seen_by


@dataclass(frozen=True)
class Wanted:
    """A re-inspection that waits for the laboratory, and the report that it is of."""

    row: Reinspection
    first: Inspection


def begun_on(act: Act, batch_ids: Iterable[UUID]) -> dict[UUID, list[Worksheet]]:
    """The worksheets of the actor's laboratory that are not published yet, by batch."""
    query = sheets_seen_by(act).where(
        Worksheet.batch_id.in_(list(batch_ids)), Worksheet.state.in_((DRAFTED, SUBMITTED))
    )
    found: dict[UUID, list[Worksheet]] = {}
    for kept in act.session.scalars(query.order_by(Worksheet.created_at)):
        if kept.batch_id is not None:
            found.setdefault(kept.batch_id, []).append(kept)
    return found


def wanted_on(act: Act, batch_ids: Iterable[UUID]) -> dict[UUID, list[Wanted]]:
    """The re-inspections that the laboratory was asked for and has not reported on, by batch."""
    query = (
        select(Reinspection, Inspection)
        .join(Inspection, Inspection.id == Reinspection.first_id)
        .where(Reinspection.laboratory_id == act.party)
        .where(Reinspection.batch_id.in_(list(batch_ids)))
        .where(Reinspection.first_id.not_in(select(Retest.first_id)))
    )
    found: dict[UUID, list[Wanted]] = {}
    for row in act.session.execute(query).unique():
        wanted = Wanted(row.Reinspection, row.Inspection)
        found.setdefault(wanted.row.batch_id, []).append(wanted)
    return found


def state_words(kept: Worksheet) -> str:
    """How far a worksheet is that is not published yet."""
    return str(_("等复核") if kept.state == SUBMITTED else _("没写完"))
