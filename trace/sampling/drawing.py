"""RULE: which units are drawn. Anybody can draw them again from the seed that the sheet shows.

The units of a lot are numbered 1 to N. For i = 1, 2, 3 … the text `seed:i` (the seed as 32 small
hexadecimal digits, a colon, i in decimal) is hashed with SHA-256 (FIPS 180-4); the first 16
hexadecimal digits of the hash are a number v below 2⁶⁴. A v that is not below the largest multiple
of N is skipped, so that no unit is favoured; otherwise v mod N + 1 is drawn, unless it already
was. It ends when n units are drawn. By hand: printf '%s' SEED:1 | sha256sum
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from core.words import Words

SEED_BITS = 128
MOST_DRAWN = 5000
"""More units than that are not drawn one by one."""
ALGORITHM = Words(
    "件号从 1 到 N。对 i = 1, 2, 3 … 求“种子:i”的 SHA-256，取前 16 位十六进制数为 v；v 不小于 N 的"
    "最大倍数（2⁶⁴ 以内）就跳过，否则抽第 (v mod N) + 1 件，抽过的跳过，抽满 n 件为止。",
    "Units are numbered 1 to N. For i = 1, 2, 3 … take SHA-256 of “seed:i” and its first 16 "
    "hexadecimal digits as v; skip a v not below the largest multiple of N within 2⁶⁴, else draw "
    "unit (v mod N) + 1, skipping those drawn already, until n are drawn.",
)
_SEED = re.compile(r"[0-9a-f]{32}")
_SPACE = 2**64


def drawn_units(seed: str, lot: int, n: int) -> tuple[int, ...]:
    """The `n` units drawn of `lot`, in the order in which they were drawn; all of them if n = lot.

    Raises ValueError for a seed that is no 128-bit number in hexadecimal, or n outside 1 … lot.
    """
    if not _SEED.fullmatch(seed):
        raise ValueError("the seed has 32 small hexadecimal digits")
    if not 1 <= n <= lot:
        raise ValueError("n lies between 1 and the lot")
    if n == lot:
        return tuple(range(1, lot + 1))
    drawn: dict[int, None] = {}
    for unit in _units(seed, lot):
        drawn.setdefault(unit)
        if len(drawn) == n:
            break
    return tuple(drawn)


def _units(seed: str, lot: int) -> Iterator[int]:
    """Units without end, each as likely as any other."""
    fair = _SPACE - _SPACE % lot
    i = 0
    while True:
        i += 1
        value = int(hashlib.sha256(f"{seed}:{i}".encode("ascii")).hexdigest()[:16], 16)
        if value < fair:
            yield value % lot + 1
