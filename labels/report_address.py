"""RULE: how a report's 128 random bits are written in its address: /A/ and 26 Crockford characters.

Upper case keeps the QR symbol small; who types it may write O for 0, I and L for 1, in any case.
"""

from uuid import UUID

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ = str.maketrans("OIL", "011")
LENGTH = 26


def address_of(token: UUID) -> str:
    """26 characters; the first is 0 to 7."""
    return "".join(_ALPHABET[(token.int >> shift) & 31] for shift in range(125, -1, -5))


def token_of(text: str) -> UUID | None:
    """The random number of an address as typed; None for what is no address."""
    wanted = text.upper().translate(_READ)
    if len(wanted) != LENGTH or any(char not in _ALPHABET for char in wanted):
        return None
    number = sum(_ALPHABET.index(char) << (5 * at) for at, char in enumerate(reversed(wanted)))
    return UUID(int=number) if number < 1 << 128 else None


def report_url(origin: str, address: str) -> str:
    """What the QR of a certificate opens."""
    return f"{origin}/A/{address}"
