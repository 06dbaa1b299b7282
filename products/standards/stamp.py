"""What is made from the rules, kept in the process under the stamp that they had then.

Hundreds of limits are read for every judging and change a few times a year. The stamp is read in
the same session each time, so a transaction that changed a rule sees its own change at once, and
what another process changed is seen with its COMMIT.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

Made = TypeVar("Made")
LARGEST = 256
_kept: OrderedDict[tuple[str, str, UUID], Any] = OrderedDict()
_lock = Lock()
_ASK = "SELECT stamp FROM rule_stamp"
_ASK_POSTGRESQL = (
    "SELECT stamp || COALESCE(current_setting('biaoyuan.rules', true), '') FROM rule_stamp"
)


def rules_stamp(session: Session) -> str | None:
    """What stands for the rules as `session` sees them now; None where nobody keeps a stamp.

    On PostgreSQL the row changes at COMMIT: a transaction's own changes are in its setting.
    """
    session.flush()
    connection = session.connection()
    asked = _ASK_POSTGRESQL if connection.dialect.name == "postgresql" else _ASK
    stamp: str | None = connection.exec_driver_sql(asked).scalar()
    return stamp


def kept(session: Session, what: str, product_id: UUID, read: Callable[[], Made]) -> Made:
    """`what` of a product as it now stands; `read` is asked only where it is not kept yet.

    `what` must be made of tables that change the stamp, and of nothing else.
    """
    stamp = rules_stamp(session)
    if stamp is None:
        return read()
    key = (stamp, what, product_id)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            found: Made = _kept[key]
            return found
    made = read()
    # Another's COMMIT may have come between the queries of `read`: such a mixture is not kept.
    if rules_stamp(session) == stamp:
        _keep(key, made)
    return made


def _keep(key: tuple[str, str, UUID], made: object) -> None:
    with _lock:
        _kept[key] = made
        while len(_kept) > LARGEST:
            _kept.popitem(last=False)
