"""A second judge of plain numbers, written from GB/T 8170-2008 with digits and whole numbers only.

It shares nothing with ours: no fraction, no Decimal, no table of units of ours. It knows numbers
with limits, in mass fractions, masses, lengths or the limit's own unit, and is silent on the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NUMBER = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?")
# A unit is so many times ten to the power of its step: (group, factor, step).
_UNITS = {
    "μg/kg": ("fraction", 1, 0),
    "mg/kg": ("fraction", 1, 3),
    "mg/100g": ("fraction", 1, 4),
    "mg/g": ("fraction", 1, 6),
    "g/kg": ("fraction", 1, 6),
    "g/100g": ("fraction", 1, 7),
    "%（质量分数）": ("fraction", 1, 7),
    "mg": ("mass", 1, 0),
    "g": ("mass", 1, 3),
    "斤": ("mass", 5, 5),
    "kg": ("mass", 1, 6),
    "t": ("mass", 1, 9),
    "mm": ("length", 1, 0),
    "cm": ("length", 1, 1),
    "m": ("length", 1, 3),
}
_FINEST = 40


def oracle_says(limit: Mapping[str, Any], case: Mapping[str, Any]) -> str | None:
    """holds or broken; None where the oracle does not know."""
    typed = _NUMBER.fullmatch(case["typed"])
    units = _scale(limit.get("unit", ""), case.get("unit", limit.get("unit", "")))
    plain = set(limit) <= {
        "kind", "unit", "upper", "lower", "upper_open", "lower_open", "rounded",
    }  # fmt: skip
    extra = {"detection_limit", "uncertainty", "guarded"} & set(case)
    if limit["kind"] != "number" or not plain or extra or typed is None or units is None:
        return None
    if sum(sign.isdigit() for sign in typed[0]) > 20:
        return None
    if typed[1] == "-" and limit.get("unit") != "℃" and int(typed[2] + (typed[3] or "")):
        return None
    value = _scaled(typed[0]) * units[0] // units[1]
    sides = [("upper", 1), ("lower", -1)]
    held = [_side(limit, side, sign, value) for side, sign in sides if side in limit]
    return "holds" if all(held) else "broken"


def _scale(own: str, given: str) -> tuple[int, int] | None:
    if own == given:
        return 1, 1
    if own not in _UNITS or given not in _UNITS or _UNITS[own][0] != _UNITS[given][0]:
        return None
    (_, many, up), (_, few, down) = _UNITS[given], _UNITS[own]
    return many * 10**up, few * 10**down


def _scaled(text: str) -> int:
    """The number in units of ten to the power of -40, so that every step stays whole."""
    found = _NUMBER.fullmatch(text)
    assert found is not None
    behind = found[3] or ""
    size = int(found[2] + behind) * 10 ** (_FINEST - len(behind))
    return -size if found[1] == "-" else size


def _side(limit: Mapping[str, Any], side: str, sign: int, value: int) -> bool:
    text = limit[side]
    if limit.get("rounded"):
        value = _rounded(value, len((_NUMBER.fullmatch(text) or [""] * 4)[3] or ""))
    gap = (_scaled(text) - value) * sign
    return gap > 0 if limit.get(f"{side}_open") else gap >= 0


def _rounded(value: int, places: int) -> int:
    """四舍六入五成双, by looking at the digits that are dropped (3.2.1 to 3.2.5)."""
    digits = str(abs(value)).rjust(_FINEST + 1, "0")
    cut = len(digits) - (_FINEST - places)
    kept, dropped = digits[:cut] or "0", digits[cut:]
    first, rest = dropped[0], dropped[1:].strip("0")
    up = first > "5" or (first == "5" and (rest != "" or kept[-1] in "13579"))
    whole = (int(kept) + up) * 10 ** (_FINEST - places)
    return -whole if value < 0 else whole
