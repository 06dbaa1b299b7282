"""Asking for the password: at the way in, and again where somebody signs for something.

The attempt is counted and committed before the password is looked at, so that parallel guesses are
all counted; five wrong ones in a row shut the account for 15 minutes, wherever they were made.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app

from core.act import NOBODY, Act, transaction
from core.database.engine import db
from core.errors import Invalid, fault
from core.http.acting import current_act, current_actor
from core.identity import access, passwords, service
from core.settings import Settings


def password_memory() -> int:
    """The memory that a password's hash takes, in KiB."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.password_memory_kib


def proved(login: str, password: str) -> access.Attempt | None:
    """A counted attempt whose password is right, or None; takes as long for an unknown login."""
    with transaction(db.session, NOBODY) as act:
        attempt = access.count_attempt(act, login)
    right = passwords.matches(attempt.password_hash, password, password_memory())
    return attempt if right else None


@contextmanager
def proved_act(password: str) -> Iterator[Act]:
    """One act of the one who is signed in, in a transaction of its own, after the password again.

    Such a request goes without an idempotency key: what is kept for a repeat would hold a quick
    hash of the password. Raises Invalid at /password, with nothing done, where it is wrong.
    """
    attempt = proved(service.who(current_act()).login, password)
    if attempt is None:
        wrong = fault(
            "/password",
            "密码不对；连续错 5 次，要等 15 分钟才能再试。",
            "The password is wrong; after 5 wrong ones in a row, wait for 15 minutes.",
        )
        raise Invalid("wrong-password", wrong.message, [wrong])
    with transaction(db.session, current_actor()) as act:
        access.proven(act, attempt)
        yield act
