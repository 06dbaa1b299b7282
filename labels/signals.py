"""What staff should know of scans: labels in use that nobody has activated. Derived, not stored."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from labels.models import LabelRun, ScanCount
from labels.passport import Status
from labels.ranges import DRAWN, PRINTED, state_of
from labels.service import changes_of

_Scanned = tuple[int, int, datetime]


@dataclass(frozen=True)
class UnactivatedScans:
    """Scans of labels of one run that are not activated, between these serials."""

    run: LabelRun
    first: int
    last: int
    labels: int
    scans: int
    last_at: datetime


def unactivated_scans(session: Session, party: uuid.UUID | None) -> list[UnactivatedScans]:
    """The runs of a party (None: of all) whose labels were scanned and are not activated to this
    day, the latest scan first. Such labels may have been lost or taken.
    """
    counted = (
        select(
            LabelRun.id,
            ScanCount.serial,
            func.sum(ScanCount.count),
            func.max(ScanCount.last_at, type_=ScanCount.last_at.type),
        )
        .join(
            ScanCount,
            and_(
                ScanCount.epoch == LabelRun.epoch,
                ScanCount.serial >= LabelRun.first,
                ScanCount.serial <= LabelRun.last,
            ),
        )
        .where(ScanCount.status == Status.NOT_ACTIVATED)
        .group_by(LabelRun.id, ScanCount.serial)
    )
    if party is not None:
        counted = counted.where(LabelRun.party_id == party)
    by_run: dict[uuid.UUID, list[_Scanned]] = {}
    for run_id, serial, scans, last_at in session.execute(counted):
        by_run.setdefault(run_id, []).append((serial, int(scans), last_at))
    runs = session.scalars(select(LabelRun).where(LabelRun.id.in_(by_run))).unique()
    found = [_summed(run, _still_unactivated(run, by_run[run.id])) for run in runs]
    return sorted(filter(None, found), key=lambda scans: scans.last_at, reverse=True)


def _still_unactivated(run: LabelRun, rows: list[_Scanned]) -> list[_Scanned]:
    changes = changes_of(run)
    return [row for row in rows if state_of(changes, row[0]) in (DRAWN, PRINTED)]


def _summed(run: LabelRun, rows: list[_Scanned]) -> UnactivatedScans | None:
    if not rows:
        return None
    serials = [serial for serial, _, _ in rows]
    return UnactivatedScans(
        run=run,
        first=min(serials),
        last=max(serials),
        labels=len(serials),
        scans=sum(scans for _, scans, _ in rows),
        last_at=max(last_at for _, _, last_at in rows),
    )
