"""The label code, version 1: seventeen characters that say which key epoch and which serial.

Written ``K P×15 C`` in Crockford base32. K is the key epoch in clear; P holds 75 bits, a tag of 40
before a masked serial of 35; C is a check character over GF(32). The format is frozen, because
print cannot be recalled. Masters map a key epoch (0 to 31) to its 32 secret bytes.
"""

import hmac
import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

__all__ = [
    "CODE_LENGTH",
    "LAST_EPOCH",
    "LAST_SERIAL",
    "Outcome",
    "Reading",
    "decode",
    "encode",
    "encode_range",
    "grouped",
    "is_well_formed",
    "normalise",
]

Outcome = Literal["malformed", "mistyped", "revoked", "unknown", "ok"]

CODE_LENGTH = 17
LAST_EPOCH = 31
LAST_SERIAL = 2**35 - 1

_MASTER_BYTES = 32
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SHAPE = re.compile(f"[{_ALPHABET}]{{{CODE_LENGTH}}}")
# Only ASCII is folded: str.upper would make letters of the alphabet out of foreign ones (ı, ſ).
_AS_TYPED = str.maketrans("abcdefghijklmnopqrstuvwxyzOIL", "ABCDEFGH1JK1MN0PQRSTUVWXYZ011", " -")
_AS_PYTHON_BASE32 = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a typed or scanned text turned out to be; epoch and serial are there only where ok.

    A caller who finds no run for an ``ok`` reading answers as for ``unknown``, and to take the same
    time makes its search for a run in both cases.
    """

    outcome: Outcome
    epoch: int | None = None
    serial: int | None = None


@dataclass(frozen=True, slots=True)
class _EpochKeys:
    tag: bytes
    mask: bytes


def normalise(text: str) -> str:
    """Give the text in the alphabet of codes: upper case, no spaces or hyphens, O as 0, I/L as 1.

    What is not a character of a code stays as it is, for the reader to refuse.
    """
    return text.translate(_AS_TYPED)


def is_well_formed(code: str) -> bool:
    """Say whether a normalised code has the length and the alphabet of one."""
    return _SHAPE.fullmatch(code) is not None


def grouped(code: str) -> str:
    """Give a code as it is shown to people, in groups of 4-4-4-5 parted by spaces."""
    return f"{code[:4]} {code[4:8]} {code[8:12]} {code[12:]}"


def encode(masters: Mapping[int, bytes], epoch: int, serial: int) -> str:
    """Write the code of one serial.

    Raises LookupError where the epoch has no master here and ValueError where epoch, serial or
    master is out of bounds.
    """
    return _write(_held_keys(masters, epoch, serial, serial), epoch, serial)


def encode_range(masters: Mapping[int, bytes], epoch: int, first: int, last: int) -> Iterator[str]:
    """Write the codes of a run, both ends included, in the order of serials; raises as encode."""
    keys = _held_keys(masters, epoch, first, last)
    return (_write(keys, epoch, serial) for serial in range(first, last + 1))


def decode(
    masters: Mapping[int, bytes], text: str, revoked: Collection[int] = frozenset()
) -> Reading:
    """Read a code as typed or scanned.

    The outcomes are tried in this order: malformed (length, alphabet), mistyped (check character),
    revoked (the epoch is one of ``revoked``), unknown (epoch not held or tag wrong), ok. None but
    the last two needs a key. An epoch that is not held costs the same work as a wrong tag.
    """
    code = normalise(text)
    if not is_well_formed(code):
        return Reading("malformed")
    number = int(code.translate(_AS_PYTHON_BASE32), 32)
    body, check = number >> 5, number & 31
    if _check_value(body) != check:
        return Reading("mistyped")
    epoch = body >> 75
    if epoch in revoked:
        return Reading("revoked")
    master = masters.get(epoch)
    keys = _epoch_keys(_STAND_IN if master is None else master)
    tag = (body >> 35 & 0xFF_FFFF_FFFF).to_bytes(5, "big")
    serial = (body & LAST_SERIAL) ^ _mask(keys, epoch, tag)
    genuine = hmac.compare_digest(_tag(keys, epoch, serial), tag)
    if not genuine or master is None:
        return Reading("unknown")
    return Reading("ok", epoch, serial)


def _write(keys: _EpochKeys, epoch: int, serial: int) -> str:
    tag = _tag(keys, epoch, serial)
    masked = serial ^ _mask(keys, epoch, tag)
    body = epoch << 75 | int.from_bytes(tag, "big") << 35 | masked
    pairs = (_PAIRS[body >> shift & 1023] for shift, _ in _PLACES)
    return "".join(pairs) + _ALPHABET[_check_value(body)]


def _held_keys(masters: Mapping[int, bytes], epoch: int, first: int, last: int) -> _EpochKeys:
    if not 0 <= epoch <= LAST_EPOCH:
        raise ValueError(f"key epoch {epoch} is not within 0 to {LAST_EPOCH}")
    if not 0 <= first <= last <= LAST_SERIAL:
        raise ValueError(f"serials {first} to {last} are not a range within 0 to {LAST_SERIAL}")
    if epoch not in masters:
        raise LookupError(f"the master of key epoch {epoch} is not held here")
    return _epoch_keys(masters[epoch])


def _tag(keys: _EpochKeys, epoch: int, serial: int) -> bytes:
    message = (epoch << 40 | serial).to_bytes(6, "big")
    return hmac.digest(keys.tag, message, "sha256")[:5]


def _mask(keys: _EpochKeys, epoch: int, tag: bytes) -> int:
    stream = hmac.digest(keys.mask, bytes((epoch,)) + tag, "sha256")
    return int.from_bytes(stream[:5], "big") >> 5


# Twice the number of epochs, so that a rotation under way evicts nothing.
@lru_cache(maxsize=2 * (LAST_EPOCH + 1))
def _epoch_keys(master: bytes) -> _EpochKeys:
    """Derive an epoch's keys by HKDF-SHA256 (RFC 5869); one block of output is a whole key."""
    if len(master) != _MASTER_BYTES:
        raise ValueError(f"a master is {_MASTER_BYTES} bytes long, not {len(master)}")
    extracted = hmac.digest(b"trace-label", master, "sha256")
    return _EpochKeys(
        tag=hmac.digest(extracted, b"tag\x01", "sha256"),
        mask=hmac.digest(extracted, b"mask\x01", "sha256"),
    )


def _times_alpha(value: int) -> int:
    """Multiply by a = 2 in GF(32) under x⁵ + x² + 1."""
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & 32 else doubled


def _place_tables() -> Iterator[tuple[int, tuple[int, ...]]]:
    """Give, for each two characters before the check: their shift in the body, and what each of
    their 1024 values adds to the check character.
    """
    row = list(range(32))
    for shift in range(70, -1, -10):
        high = [_times_alpha(value) for value in row]
        row = [_times_alpha(value) for value in high]
        yield shift, tuple(left ^ right for left in high for right in row)


_PAIRS = tuple(left + right for left in _ALPHABET for right in _ALPHABET)
_PLACES = tuple(_place_tables())
# Stands in for the master of an epoch that is not held. Nobody can know it, so nobody can time it.
_STAND_IN = secrets.token_bytes(_MASTER_BYTES)


def _check_value(body: int) -> int:
    """Sum value(i)·aⁱ⁺¹ over the sixteen characters of the body, i from 0."""
    check = 0
    for shift, table in _PLACES:
        check ^= table[body >> shift & 1023]
    return check
