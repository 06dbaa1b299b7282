"""Passwords: argon2id, a short policy, and the same work whether or not a login exists."""

import threading
import unicodedata
from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import Invalid, fault

SHORTEST = 10
LONGEST = 128
FIELD = "/password"
# Each hashing takes the whole memory cost; a flood of sign-ins waits here, not in the swap.
_AT_ONCE = threading.BoundedSemaphore(2)


@cache
def _hasher(memory_kib: int) -> PasswordHasher:
    """argon2id with time and lanes of RFC 9106 section 4, second recommended option."""
    return PasswordHasher(time_cost=3, memory_cost=memory_kib, parallelism=4)


@cache
def _decoy(memory_kib: int) -> str:
    """What is checked where there is no account, so that the answer takes as long."""
    return _hasher(memory_kib).hash(b"nobody")


def _composed(password: str) -> str:
    """The same characters however an input method puts them together."""
    return unicodedata.normalize("NFC", password)


def check_policy(password: str, names: Iterable[str], pointer: str = FIELD) -> None:
    """Refuse a password that is short, long, holds controls, or is one of `names` (login, party).

    Raises Invalid at `pointer`.
    """
    text = _composed(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise _weak(
            pointer,
            f"密码要 {SHORTEST} 到 {LONGEST} 个字符",
            f"A password has {SHORTEST} to {LONGEST} characters",
        )
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in text):
        raise _weak(pointer, "密码里有控制字符，请重输", "The password holds control characters")
    if text.casefold().strip() in {name.casefold().strip() for name in names}:
        raise _weak(
            pointer,
            "密码不能就是登录名或主体名称",
            "The password may not be the login or the party's name",
        )
    if len(set(text)) < 4:
        raise _weak(pointer, "密码太简单，请多用几个不同的字符", "Use more different characters")


def _weak(pointer: str, zh: str, en: str) -> Invalid:
    found = fault(pointer, zh, en)
    return Invalid("weak-password", found.message, [found])


def hash_password(password: str, memory_kib: int) -> str:
    """The argon2id hash with its parameters and salt."""
    with _AT_ONCE:
        return _hasher(memory_kib).hash(_composed(password).encode())


def matches(stored: str | None, password: str, memory_kib: int) -> bool:
    """Whether `password` is the one of `stored`; the same work where nothing is stored."""
    text = _composed(password)
    known = stored is not None and len(text) <= LONGEST
    target = stored if stored is not None and known else _decoy(memory_kib)
    given = text[:LONGEST].encode("utf-8", "surrogatepass")
    with _AT_ONCE:
        try:
            _hasher(memory_kib).verify(target, given)
        except (VerificationError, InvalidHashError):
            return False
    return known


def outdated(stored: str, memory_kib: int) -> bool:
    """Whether `stored` was made with other costs than today's."""
    return _hasher(memory_kib).check_needs_rehash(stored)
