"""Who asks: a signed-in person (Flask-Login over a sign-in row) or a program with a token.

The cookie holds a random key whose SHA-256 is a sign_in row, so that signing out, disabling an
account and changing a password end every device at the next request. Idle time stands in the
cookie, because reading a page writes nothing: 12 hours idle, 14 days in all.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Request, session
from flask_login import LoginManager, UserMixin
from sqlalchemy import Row, Select, select

from core.act import ADMIN, VERIFIER, Actor
from core.clock import now
from core.database.engine import db
from core.identity.models import Account, AccountRole, Party, PartyRole, SignIn, Token

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=14)
SEEN = "seen"
_NEVER_LOST = frozenset({ADMIN, VERIFIER})


def key_digest(key: str) -> str:
    """How a random key is kept: its SHA-256; 256 random bits need no salt."""
    return hashlib.sha256(key.encode()).hexdigest()


@dataclass
class SignedIn(UserMixin):  # type: ignore[misc]  # flask-login ships no types
    """The present user: what Flask-Login carries about."""

    key: str
    actor: Actor
    by_token: bool = False

    def get_id(self) -> str:
        """What the cookie holds."""
        return self.key


def install_sign_in(app: Flask) -> None:
    """Teach Flask-Login our cookie and our tokens."""
    manager = LoginManager()
    manager.session_protection = None
    manager.user_loader(_by_cookie)
    manager.request_loader(_by_token)
    manager.init_app(app)


def actor_of(account: Account) -> Actor:
    """An account as an actor; a role that its party does not hold any more is not counted."""
    held = _NEVER_LOST | set(account.party.roles)
    return Actor(
        account=account.id,
        party=account.party_id,
        name=account.name,
        party_name=account.party.name,
        roles=held & set(account.roles),
    )


_WHO = select(
    Account.id,
    Account.party_id,
    Account.name,
    Party.name.label("party_name"),
    AccountRole.role,
    PartyRole.role.label("held"),
)


def _found(rows: Sequence[Row[Any]]) -> Actor:
    """The actor of a query that gives each role of the account with each role of its party."""
    held = _NEVER_LOST.union(row.held for row in rows)
    return Actor(
        account=rows[0].id,
        party=rows[0].party_id,
        name=rows[0].name,
        party_name=rows[0].party_name,
        roles=frozenset(row.role for row in rows if row.role and row.role in held),
    )


def _with_roles(query: Select[Any]) -> Select[Any]:
    """The account of `query` with its party and the roles of both, in one go: every request asks."""
    return (
        query.join(Party, Party.id == Account.party_id)
        .outerjoin(AccountRole, AccountRole.account_id == Account.id)
        .outerjoin(PartyRole, PartyRole.party_id == Account.party_id)
        .where(Account.disabled_at.is_(None))
    )


def _by_cookie(key: str) -> SignedIn | None:
    moment = now()
    seen = session.get(SEEN)
    if not isinstance(seen, int) or moment - datetime.fromtimestamp(seen, UTC) > IDLE:
        return None
    rows = db.session.execute(
        _BY_COOKIE.where(SignIn.key_sha256 == key_digest(key), SignIn.ended_at.is_(None))
    ).all()
    if not rows or moment - rows[0].began_at > ABSOLUTE:
        return None
    if moment - datetime.fromtimestamp(seen, UTC) > timedelta(minutes=5):
        session[SEEN] = int(moment.timestamp())
    return SignedIn(key, _found(rows))


_BY_COOKIE = _with_roles(
    _WHO.add_columns(SignIn.began_at).join(SignIn, SignIn.account_id == Account.id)
)
_BY_TOKEN = _with_roles(
    _WHO.add_columns(Token.expires_at).join(Token, Token.account_id == Account.id)
)


def _by_token(request: Request) -> SignedIn | None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        return None
    rows = db.session.execute(
        _BY_TOKEN.where(Token.key_sha256 == key_digest(key.strip()), Token.revoked_at.is_(None))
    ).all()
    if not rows or (rows[0].expires_at is not None and rows[0].expires_at <= now()):
        return None
    return SignedIn(key, _found(rows), by_token=True)
