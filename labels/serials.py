"""Giving out serials: under the lock of their epoch, never twice, also after an older backup."""

from collections.abc import Mapping

import structlog
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from core.act import Act
from core.errors import Conflict
from core.words import Words
from labels.codes import LAST_SERIAL
from labels.epochs import ISSUE, epoch_states, newest_epoch
from labels.keys import HighWaterError, KeyKeepingError
from labels.models import SerialHead
from labels.press import Press

log = structlog.get_logger()
_SPENT = "spent serials"


def take_serials(act: Act, press: Press, count: int) -> tuple[int, int, int]:
    """The newest epoch and the first and last of `count` serials, the row of serials locked.

    The caller has locked the batch, inserts its run and then calls `spend`. Raises Conflict where
    no epoch may issue or serials would be given out twice.
    """
    epoch = newest_epoch(act.session)
    state = None if epoch is None else epoch_states(act.session)[epoch]
    if epoch is None or state != ISSUE:
        raise Conflict("no-issuing-epoch", _NO_EPOCH if epoch is None else _NOT_ISSUING)
    held_masters(press, epoch)
    seen = act.session.scalars(
        select(SerialHead.next_serial).where(SerialHead.epoch == epoch)
    ).one()
    try:
        first = press.high_water.next_free(epoch, seen)
    except HighWaterError as problem:
        log.error("serials refused", epoch=epoch, reason=str(problem))
        raise Conflict("database-behind", _DATABASE_BEHIND) from problem
    last = first + count - 1
    if last > LAST_SERIAL:
        raise Conflict("serials-used-up", _USED_UP)
    moved = (
        update(SerialHead)
        .where(SerialHead.epoch == epoch, SerialHead.next_serial == seen)
        .values(next_serial=last + 1)
        .returning(SerialHead.next_serial)
        .execution_options(synchronize_session=False)
    )
    if act.session.execute(moved).scalar_one_or_none() is None:
        raise Conflict("serials-moved", _MOVED)
    return epoch, first, last


def spend(act: Act, press: Press, epoch: int, last: int) -> None:
    """Put the serials up to `last` down as spent, on disk, before COMMIT; after it as committed."""
    press.high_water.raise_to(epoch, last)
    act.session.info.setdefault(_SPENT, []).append((press, epoch, last))


# A verb never commits and cannot know when somebody does. So it leaves a note in the session, which
# is read when that session has committed and torn up when it rolls back: whoever called the verb
# (a view, a page, a command), nobody has to remember.
@event.listens_for(Session, "after_commit")
def _settle(session: Session) -> None:
    for press, epoch, last in session.info.pop(_SPENT, ()):
        try:
            press.high_water.settle(epoch, last)
        except (OSError, KeyKeepingError) as problem:
            # What was committed stands. The file only knows less of what an old backup lacks.
            log.error("serials not settled", epoch=epoch, last=last, reason=str(problem))


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_SPENT, None)


def held_masters(press: Press, epoch: int) -> Mapping[int, bytes]:
    """The masters held here, that of `epoch` among them; Conflict where it cannot be read."""
    try:
        masters = press.masters((epoch,))
    except KeyKeepingError as problem:
        log.error("key not readable", epoch=epoch, reason=str(problem))
        raise Conflict("key-not-held", _NOT_HELD) from problem
    if epoch not in masters:
        raise Conflict("key-not-held", _NOT_HELD)
    return masters


_NO_EPOCH = Words(
    "还没有标签密钥，不能出标签。请管理员运行 flask house new-epoch 新建密钥期。",
    "There is no label key yet. An administrator makes one with: flask house new-epoch.",
)
_NOT_ISSUING = Words(
    "现有的密钥期只能核验，不能再出标签。请主管部门的管理员新建密钥期。",
    "The newest key epoch only verifies. An administrator of the authority has to make a new one.",
)
_NOT_HELD = Words(
    "这台服务器读不到标签密钥，写不出标签码。请管理员检查密钥文件夹。",
    "This server cannot read the label key. An administrator has to look at the folder of keys.",
)
_DATABASE_BEHIND = Words(
    "标签序号与高水位文件对不上，可能恢复了较早的备份，再发就会重号。请管理员恢复更新的备份，"
    "没有就新建密钥期，再出标签。",
    "The serials do not agree with the high-water file, as after the restore of an older backup: "
    "some would be given out twice. An administrator has to restore a newer backup, or else to "
    "make a new key epoch.",
)
_USED_UP = Words(
    "这个密钥期的序号用完了，请主管部门的管理员新建密钥期。",
    "The serials of this key epoch are used up; the authority has to make a new one.",
)
_MOVED = Words("序号刚被别人领走，请再试一次。", "Somebody else took the serials; try again.")
