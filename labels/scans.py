"""Counting scans: how often a label was looked up on a day, and what the scan showed.

The only thing that a GET writes, in a transaction of its own when the answer is already made: a
count that cannot be kept costs a count and never an answer.
"""

from datetime import datetime

import structlog
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.clock import day_of
from core.database.engine import write_transaction
from labels.models import ScanCount

log = structlog.get_logger()


def count_scan(session: Session, label: tuple[int, int], status: str, at: datetime) -> None:
    """Count one scan of the label (epoch, serial) that was answered with `status`."""
    try:
        with write_transaction(session):
            _add(session, label, status, at)
    except SQLAlchemyError as problem:
        log.warning("scan not counted", status=status, exc_info=problem)


def _add(session: Session, label: tuple[int, int], status: str, at: datetime) -> None:
    postgresql = session.get_bind().dialect.name == "postgresql"
    make = postgresql_insert if postgresql else sqlite_insert
    epoch, serial = label
    put = make(ScanCount).values(
        epoch=epoch, serial=serial, day=day_of(at), status=status, count=1, first_at=at, last_at=at
    )
    session.execute(
        put.on_conflict_do_update(
            index_elements=[ScanCount.epoch, ScanCount.serial, ScanCount.day, ScanCount.status],
            set_={"count": ScanCount.count + 1, "last_at": at},
        )
    )
