"""Reading decimal numbers strictly, and rounding them (修约) as GB/T 8170-2008 says."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from products.errors import RuleError

MOST_DIGITS = 20
PADDING = " \t\u00a0\u3000"
# Only these stand for their half-width twins. NFKC would also read 5² as 52 and ① as 1.
FULL_WIDTH = str.maketrans("０１２３４５６７８９＋－−．。", "0123456789+--..")
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?", re.ASCII)


class NumberError(RuleError):
    """A text that is not one plain decimal number."""


def half_width(text: str) -> str:
    """`text` with full-width digits, signs and points as half-width ones, padding cut off."""
    return text.translate(FULL_WIDTH).strip(PADDING)


@lru_cache(maxsize=4096)
def parse_decimal(text: str) -> Decimal:
    """The number that `text` says: digits, at most one point between digits, one leading sign.

    Full-width digits, signs and points (also the 。 of a Chinese keyboard) are understood.
    Refused with NumberError: nothing, `1,2`, `.5`, `5.`, `NaN`, `Infinity`, exponents, blanks
    inside, other signs or invisible characters, more than 20 digits.
    """
    plain = half_width(text)
    if not plain:
        raise NumberError("number_empty", "没有填数", "No number was given")
    if not PLAIN_NUMBER.fullmatch(plain):
        raise NumberError(
            "number_unreadable",
            f"“{visible(text)}”不是一个数：只能用数字、一个小数点和前面的正负号，例如 0.62",
            f'"{visible(text)}" is not a number: use digits, one decimal point and a leading '
            "sign only, for example 0.62",
        )
    if sum(sign.isdigit() for sign in plain) > MOST_DIGITS:
        raise NumberError(
            "number_too_long",
            f"数字太长：最多 {MOST_DIGITS} 位",
            f"The number is too long: at most {MOST_DIGITS} digits",
        )
    value = Decimal(plain)
    return value if value else abs(value)  # -0 is 0


def visible(text: str, most: int = 40) -> str:
    """`text` as it may stand in a message: cut to `most`, what cannot be seen as its code."""
    shown = "".join(sign if sign.isprintable() else f"U+{ord(sign):04X}" for sign in text[:most])
    return shown + "…" if len(text) > most else shown


def places_of(text: str) -> int:
    """How many digits stand after the point: 2 for `0.05`, 0 for `5`."""
    return len(half_width(text).partition(".")[2])


def round_to(value: Decimal | Fraction, places: int) -> Decimal:
    """`value` with `places` digits after the point, 四舍六入五成双 (GB/T 8170-2008, 3.2).

    The last kept digit goes up when what is dropped is more than half a unit, stays when it is
    less, and becomes even when it is exactly half; signs do not matter (3.2.5), and it is done
    in one step (3.3).
    """
    units = round(Fraction(value) * 10**places)
    return Decimal(f"{units}E-{places}")


def exact_decimal(value: Fraction) -> Decimal | None:
    """`value` as a decimal number, or None where its digits never end (one third)."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return None
    places = max(twos, fives)
    return Decimal(f"{value.numerator * 10**places // value.denominator}E-{places}")


def plain_text(value: Decimal | Fraction) -> str:
    """`value` in plain digits, never with an exponent; endless digits are cut to six and marked ≈.

    A Decimal keeps the zeros it came with (`7.0`), because they say how exact it is.
    """
    if isinstance(value, Decimal):
        return f"{value:f}"
    exact = exact_decimal(value)
    return f"{exact:f}" if exact is not None else f"≈{round_to(value, 6):f}"
