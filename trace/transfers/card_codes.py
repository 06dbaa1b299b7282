"""RULE: the code of a collector's card, and which PINs are too easy.

A code is 128 random bits in 26 Crockford characters; read aloud or typed, O is 0 and I and L are 1.
"""

import secrets

from core.words import Words

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 26
PIN = r"\d{6}"
_READ_AS = str.maketrans("OIL", "011")
_DIGITS = "0123456789"


def new_code() -> str:
    """A fresh code."""
    bits = secrets.randbits(128)
    return "".join(_ALPHABET[bits >> 5 * place & 31] for place in reversed(range(LENGTH)))


def read_code(typed: str) -> str | None:
    """The code in what was scanned or typed: the end of a link, blanks and hyphens left out.

    None where it cannot be one.
    """
    last = typed.strip().rstrip("/").rpartition("/")[2].rpartition("=")[2]
    code = "".join(last.upper().split()).replace("-", "").translate(_READ_AS)
    fits = len(code) == LENGTH and all(char in _ALPHABET for char in code) and code[0] < "8"
    return code if fits else None


def grouped(code: str) -> str:
    """The code in groups for the eye: 5 5 5 5 6."""
    return " ".join([*(code[at : at + 5] for at in range(0, 20, 5)), code[20:]])


def easy_pin(pin: str) -> Words | None:
    """Why a PIN is too easy to guess: one digit only, or digits in a row; None where it is not."""
    twice = _DIGITS + _DIGITS
    if len(set(pin)) < 3 or pin in twice or pin[::-1] in twice:
        return Words(
            "密码太容易猜，不要用重复或连续的数字",
            "Too easy to guess: repeated or consecutive digits",
        )
    return None
