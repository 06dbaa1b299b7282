"""The life of key epochs: made to issue, then only to verify, then revoked; each change a fact.

Only the newest epoch issues. Who changes an epoch holds its row of serials, as who issues does.
"""

import uuid

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.act import ADMIN, AUTHORITY, Act
from core.errors import Conflict, invalid_field, not_found
from core.words import Words
from labels.codes import LAST_EPOCH, LAST_SERIAL
from labels.keys import HighWaterError, KeyKeepingError, create_master
from labels.models import KeyEpoch, SerialHead
from labels.press import Press

ISSUE = "issue"
VERIFY = "verify"
REVOKED = "revoked"
FIRST_EPOCH = 1
_NEXT = {ISSUE: (VERIFY, REVOKED), VERIFY: (REVOKED,), REVOKED: ()}


def epoch_states(session: Session) -> dict[int, str]:
    """The present state of every epoch."""
    rows = session.execute(select(KeyEpoch.epoch, KeyEpoch.state).order_by(KeyEpoch.number))
    return {epoch: state for epoch, state in rows}


def epoch_changes(session: Session) -> list[KeyEpoch]:
    """What happened to the epochs, oldest first."""
    query = select(KeyEpoch).order_by(KeyEpoch.at, KeyEpoch.epoch, KeyEpoch.number)
    return list(session.scalars(query))


def newest_epoch(session: Session) -> int | None:
    """The epoch that was made last, its row of serials locked until COMMIT; None before the first."""
    newest = select(func.max(SerialHead.epoch)).scalar_subquery()
    query = select(SerialHead.epoch).where(SerialHead.epoch == newest)
    return session.scalar(query.with_for_update())


def new_epoch(act: Act, press: Press) -> KeyEpoch:
    """An administrator of the authority makes a key epoch; the one that issued now only verifies.

    Its master is made in the folder of keys, or is already held there or in the environment.
    Raises Conflict where there is no epoch left or the master cannot be made.
    """
    _need_administrator(act)
    before = newest_epoch(act.session)
    try:
        epoch = _free_epoch(press, FIRST_EPOCH if before is None else before + 1)
        if epoch not in press.masters((epoch,)):
            create_master(press.folder, epoch)
    except KeyKeepingError as problem:
        raise Conflict("key-not-made", problem.words) from problem
    if before is not None and epoch_states(act.session)[before] == ISSUE:
        _change(act, before, VERIFY, None)
    act.session.add(SerialHead(epoch=epoch, next_serial=0))
    return _change(act, epoch, ISSUE, None)


def ensure_first_epoch(act: Act, press: Press) -> KeyEpoch | None:
    """Make the first epoch in a house that has none, so that labels can be issued."""
    return new_epoch(act, press) if newest_epoch(act.session) is None else None


def revoke_epoch(act: Act, epoch: int, reason: str) -> KeyEpoch:
    """Declare the key of an epoch no longer secret: all its labels answer 'revoked' from now on."""
    return change_epoch(act, epoch, REVOKED, reason)


def change_epoch(act: Act, epoch: int, state: str, reason: str | None) -> KeyEpoch:
    """An administrator of the authority takes an epoch one step on; there is no way back."""
    _need_administrator(act)
    query = select(SerialHead.epoch).where(SerialHead.epoch == epoch).with_for_update()
    if act.session.scalar(query) is None:
        raise not_found("密钥期", "key epoch")
    now = epoch_states(act.session)[epoch]
    if state not in _NEXT[now]:
        raise Conflict(
            "epoch-not-ready",
            Words(
                f"密钥期 {epoch} 现在是“{STATE_NAMES[now].zh}”，不能改为“{STATE_NAMES[state].zh}”。",
                f"Key epoch {epoch} is {STATE_NAMES[now].en} and cannot become "
                f"{STATE_NAMES[state].en}.",
            ),
        )
    if state == REVOKED and not (reason and reason.strip()):
        raise invalid_field(
            "reason-missing", "/reason", "吊销密钥期必须写明原因", "Say why the key is revoked"
        )
    return _change(act, epoch, state, reason)


STATE_NAMES = {
    ISSUE: Words("可发码", "issuing"),
    VERIFY: Words("只核验", "verify-only"),
    REVOKED: Words("已吊销", "revoked"),
}


def _need_administrator(act: Act) -> None:
    act.need(AUTHORITY)
    act.need(ADMIN)


def _free_epoch(press: Press, first: int) -> int:
    """The first epoch from `first` on of which no serial was spent, whatever the database knows."""
    press.high_water.check(first, LAST_SERIAL + 1)  # raises only where the file cannot be read
    for epoch in range(first, LAST_EPOCH + 1):
        try:
            press.high_water.check(epoch, 0)
        except HighWaterError:
            continue
        return epoch
    raise Conflict(
        "epochs-used-up",
        Words("32 个密钥期都用完了。", "All of the 32 key epochs are used up."),
    )


def _change(act: Act, epoch: int, state: str, reason: str | None) -> KeyEpoch:
    number = select(func.count()).where(KeyEpoch.epoch == epoch)
    made = KeyEpoch(
        id=uuid.uuid4(),
        epoch=epoch,
        number=act.session.execute(number).scalar_one() + 1,
        state=state,
        reason=reason,
        account_id=act.actor.account,
        at=act.at,
    )
    act.session.add(made)
    act.session.flush()
    act.record("key-epoch", made.id, epoch=epoch, number=made.number, state=state, reason=reason)
    return made
