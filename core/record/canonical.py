"""Canonical JSON: RFC 8785 over objects, arrays, strings, integers, true, false and null.

Numbers other than integers are refused (decimals travel as strings), so that the form of
RFC 8785 section 3.2.2.3 for floating point never arises.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

_LARGEST = 2**53 - 1
_AS_THEY_ARE = frozenset({str, bool, type(None)})


def plain(value: object) -> object:
    """`value` as canonical JSON knows it: decimals, ids, days and moments (UTC, Z) as strings."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, dict):
        return {
            str(key): inner if type(inner) in _AS_THEY_ARE else plain(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    for kind, as_plain in _PLAIN:
        if isinstance(value, kind):
            return as_plain(value)
    raise ValueError(f"not a value of the record: {type(value).__name__}")


def _whole(value: int) -> int | str:
    return value if abs(value) <= _LARGEST else str(value)


def moment_text(moment: datetime) -> str:
    """A moment in UTC with microseconds and Z; a naive one is refused."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


_PLAIN: tuple[tuple[type, Callable[[Any], object]], ...] = (
    (int, _whole),
    (Decimal, lambda value: format(value, "f")),
    (UUID, str),
    (datetime, moment_text),
    (date, date.isoformat),
)


def canonical(value: object) -> bytes:
    """The canonical UTF-8 bytes of `value`; keys in order of their UTF-16 code units."""
    known = plain(value)
    body = json.dumps(known, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return _text(known).encode() if _BEYOND_THE_PLANE.search(body) else body


# Code points up to U+FFFF are in the order of their code units; four bytes begin with F0 to F4.
_BEYOND_THE_PLANE = re.compile(rb"[\xf0-\xf4]")


def _text(value: object) -> str:
    if isinstance(value, dict):
        ordered = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be"))
        return "{" + ",".join(f"{_text(key)}:{_text(inner)}" for key, inner in ordered) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_text(inner) for inner in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def digest(body: bytes) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(body).hexdigest()
