"""Who asks: a signed-in person (Flask-Login over a sign-in row) or a program with a token.

The cookie holds a random key whose SHA-256 is a sign_in row, so that signing out, disabling an
account and changing a password end every device at the next request. Idle time stands in the
cookie, because reading a page writes nothing: 12 hours idle, 14 days in all.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask, Request, session
from flask_login import LoginManager, UserMixin
from sqlalchemy import select

from core.act import Actor
from core.clock import now
from core.database.engine import db
from core.identity.models import Account, SignIn, Token

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=14)
SEEN = "seen"


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
    held = set(account.party.roles) | {"admin", "verifier"}
    return Actor(
        account=account.id,
        party=account.party_id,
        name=account.name,
        party_name=account.party.name,
        roles=frozenset(account.roles) & frozenset(held),
    )


def _by_cookie(key: str) -> SignedIn | None:
    moment = now()
    seen = session.get(SEEN)
    if not isinstance(seen, int) or moment - datetime.fromtimestamp(seen, UTC) > IDLE:
        return None
    row = db.session.execute(
        select(Account, SignIn.began_at)
        .join(SignIn, SignIn.account_id == Account.id)
        .where(SignIn.key_sha256 == key_digest(key), SignIn.ended_at.is_(None))
        .where(Account.disabled_at.is_(None))
    ).first()
    if row is None or moment - row.began_at > ABSOLUTE:
        return None
    if moment - datetime.fromtimestamp(seen, UTC) > timedelta(minutes=5):
        session[SEEN] = int(moment.timestamp())
    return SignedIn(key, actor_of(row.Account))


def _by_token(request: Request) -> SignedIn | None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        return None
    row = db.session.execute(
        select(Account, Token.expires_at)
        .join(Token, Token.account_id == Account.id)
        .where(Token.key_sha256 == key_digest(key.strip()), Token.revoked_at.is_(None))
        .where(Account.disabled_at.is_(None))
    ).first()
    if row is None or (row.expires_at is not None and row.expires_at <= now()):
        return None
    return SignedIn(key, actor_of(row.Account), by_token=True)
