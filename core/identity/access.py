"""The ways in: one-time links, passwords, sign-ins and tokens.

Every key is 256 random bits, told once and kept as its SHA-256. The order of a sign-in: count the
attempt and COMMIT, then look at the password, then begin; so that parallel guesses are all
counted, and no write lock is held while a password is hashed.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select, update

from core.act import Act
from core.errors import NotFound, Unauthenticated, invalid_field, not_found
from core.identity import passwords
from core.identity.models import Account, OneTimeLink, SignIn, Token
from core.identity.signing_in import ABSOLUTE, key_digest
from core.words import Words

LINK_LIFE = timedelta(minutes=30)
FAILURES_TAKEN = 5
LOCK = timedelta(minutes=15)
TOKEN_MARK = "by_"
LONGEST_TOKEN_LIFE = timedelta(days=5 * 366)
LOGIN = r"[a-z0-9][a-z0-9._@+-]{2,59}"
_LOGIN = re.compile(LOGIN)


@dataclass(frozen=True)
class Attempt:
    """A counted attempt to sign in: what the password is to be checked against, or nothing."""

    account: UUID | None = None
    password_hash: str | None = None


@dataclass(frozen=True)
class Begun:
    """A sign-in that began: its key goes into the cookie."""

    key: str
    account: Account


def new_link(act: Act, account: Account) -> str:
    """The path of a link that sets a password once, within 30 minutes; older links end."""
    _end_links(act, account.id)
    key = secrets.token_urlsafe(32)
    act.session.add(
        OneTimeLink(
            account_id=account.id,
            key_sha256=key_digest(key),
            made_at=act.at,
            expires_at=act.at + LINK_LIFE,
        )
    )
    act.session.flush()
    act.record("account-link", account.id)
    return f"/welcome/{key}"


def _end_links(act: Act, account_id: UUID) -> None:
    act.session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.account_id == account_id, OneTimeLink.used_at.is_(None))
        .values(used_at=act.at)
    )


def open_link(act: Act, key: str) -> Account:
    """Whose password a link sets; looking does not use it up. NotFound once it is over."""
    account = act.session.scalars(
        select(Account)
        .join(OneTimeLink, OneTimeLink.account_id == Account.id)
        .where(OneTimeLink.key_sha256 == key_digest(key), OneTimeLink.used_at.is_(None))
        .where(OneTimeLink.expires_at > act.at, Account.disabled_at.is_(None))
    ).first()
    if account is None:
        raise _link_over()
    return account


def _link_over() -> NotFound:
    return NotFound(
        "link-over",
        Words(
            "这个链接已经用过、已过 30 分钟或不完整，请向管理员要一个新的。",
            "This link was used, is over 30 minutes old or is not whole; ask your admin for a "
            "new one.",
        ),
    )


def set_password(act: Act, key: str, password: str, memory_kib: int) -> Begun:
    """Use a link up: the password is set, every sign-in ends, and a new one begins."""
    account = open_link(act, key)
    passwords.check_policy(password, [account.login, account.name, account.party.name])
    used = act.session.scalar(
        update(OneTimeLink)
        .where(OneTimeLink.key_sha256 == key_digest(key), OneTimeLink.used_at.is_(None))
        .values(used_at=act.at)
        .returning(OneTimeLink.id)
    )
    if used is None:
        raise _link_over()
    account.password_hash = passwords.hash_password(password, memory_kib)
    account.failures, account.locked_until = 0, None
    _end_sign_ins(act, account.id)
    act.record("account-password", account.id)
    return _begin(act, account)


def count_attempt(act: Act, login: str) -> Attempt:
    """Count an attempt before the password is looked at; an empty one where it is hopeless.

    After five in a row without success the account is shut for 15 minutes, to right ones too.
    """
    name = login.strip().lower()
    account = None
    if _LOGIN.fullmatch(name):
        account = act.session.scalars(
            select(Account).where(Account.login == name).with_for_update(of=Account)
        ).first()
    if account is None or account.disabled_at is not None:
        return Attempt()
    if account.locked_until is not None:
        if account.locked_until > act.at:
            return Attempt()
        account.failures, account.locked_until = 0, None
    account.failures += 1
    if account.failures >= FAILURES_TAKEN:
        account.locked_until = act.at + LOCK
    return Attempt(account.id, account.password_hash)


def proven(act: Act, attempt: Attempt) -> Account:
    """The account of an attempt whose password was right, if it is still so; failures are over."""
    account = None
    if attempt.account is not None:
        account = act.session.get(Account, attempt.account)
    if (
        account is None
        or account.disabled_at is not None
        or account.password_hash is None
        or account.password_hash != attempt.password_hash
    ):
        raise Unauthenticated(
            "sign-in-again",
            Words("帐号刚刚改过，请重新登录。", "The account changed; sign in again."),
        )
    account.failures, account.locked_until = 0, None
    return account


def sign_in(act: Act, attempt: Attempt, password: str, memory_kib: int) -> Begun:
    """Begin a sign-in after `attempt`'s password was found right; renew a hash of old costs."""
    account = proven(act, attempt)
    if passwords.outdated(str(account.password_hash), memory_kib):
        account.password_hash = passwords.hash_password(password, memory_kib)
    return _begin(act, account)


def _begin(act: Act, account: Account) -> Begun:
    key = secrets.token_urlsafe(32)
    act.session.add(SignIn(account_id=account.id, key_sha256=key_digest(key), began_at=act.at))
    act.session.flush()
    return Begun(key, account)


def change_password(
    act: Act, attempt: Attempt, new: str, memory_kib: int, keep: str | None = None
) -> None:
    """Set a new password after the old one was found right; sign-ins but `keep`'s key end."""
    account = proven(act, attempt)
    passwords.check_policy(new, [account.login, account.name, account.party.name])
    account.password_hash = passwords.hash_password(new, memory_kib)
    _end_links(act, account.id)
    _end_sign_ins(act, account.id, keep)
    act.record("account-password", account.id)


def _end_sign_ins(act: Act, account_id: UUID, keep: str | None = None) -> None:
    ending = update(SignIn).where(SignIn.account_id == account_id, SignIn.ended_at.is_(None))
    if keep is not None:
        ending = ending.where(SignIn.key_sha256 != key_digest(keep))
    act.session.execute(ending.values(ended_at=act.at))


def sign_out(act: Act, key: str) -> None:
    """End one sign-in, wherever its cookie is kept."""
    act.session.execute(
        update(SignIn)
        .where(SignIn.key_sha256 == key_digest(key), SignIn.ended_at.is_(None))
        .values(ended_at=act.at)
    )


def sign_out_everywhere(act: Act, keep: str | None = None) -> None:
    """End every sign-in of the one who acts, but that of the key `keep`."""
    if act.actor.account is not None:
        _end_sign_ins(act, act.actor.account, keep)


def end_every_way_in(act: Act, account_id: UUID) -> None:
    """End the sign-ins, tokens and links of an account."""
    _end_sign_ins(act, account_id)
    _end_links(act, account_id)
    act.session.execute(
        update(Token)
        .where(Token.account_id == account_id, Token.revoked_at.is_(None))
        .values(revoked_at=act.at)
    )


def devices(act: Act) -> Select[SignIn]:
    """The sign-ins of the one who acts that still count."""
    return (
        select(SignIn)
        .where(SignIn.account_id == act.actor.account, SignIn.ended_at.is_(None))
        .where(SignIn.began_at > act.at - ABSOLUTE)
    )


def make_token(act: Act, name: str, expires_at: datetime | None = None) -> tuple[Token, str]:
    """A bearer token for programs, and its text, which is told once."""
    if act.actor.account is None:
        raise Unauthenticated("sign-in-first", Words("请先登录。", "Sign in first."))
    if expires_at is not None and not act.at < expires_at < act.at + LONGEST_TOKEN_LIFE:
        raise invalid_field(
            "token-expiry",
            "/expires_at",
            "到期时间须在今后五年之内",
            "The expiry lies within the five years to come",
        )
    key = TOKEN_MARK + secrets.token_urlsafe(32)
    token = Token(
        account_id=act.actor.account,
        name=name,
        prefix=key[:8],
        key_sha256=key_digest(key),
        created_at=act.at,
        expires_at=expires_at,
    )
    act.session.add(token)
    act.session.flush()
    act.record("token", token.id, account=act.actor.account, expires_at=expires_at)
    return token, key


def tokens_of(act: Act) -> Select[Token]:
    """The tokens of the one who acts that are not revoked."""
    return select(Token).where(Token.account_id == act.actor.account, Token.revoked_at.is_(None))


def revoke_token(act: Act, token_id: UUID) -> None:
    """End a token of one's own; NotFound for another's or a revoked one."""
    token = act.session.scalars(tokens_of(act).where(Token.id == token_id)).first()
    if token is None:
        raise not_found("令牌", "token")
    token.revoked_at = act.at
    act.record("token-revoked", token.id)
