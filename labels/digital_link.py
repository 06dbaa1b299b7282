"""What goes into the QR of a label: its link, and how large the symbol of that link becomes.

The link is ``https://HOST/T/{CODE}``, or ``https://HOST/01/{GTIN-14}/21/{CODE}`` (GS1 Digital Link,
URI syntax) where a real GTIN is held. Its path is upper case, so that a QR symbol can hold it in
the alphanumeric mode. Lengths are Decimal millimetres.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Literal

from labels.codes import CODE_LENGTH, is_well_formed
from products.errors import RuleError

__all__ = [
    "SMALLEST_MODULE_MM",
    "GtinError",
    "Level",
    "LinkError",
    "LinkPath",
    "SymbolSizeError",
    "best_level",
    "checked_gtin",
    "label_url",
    "parse_path",
    "symbol_modules",
    "widest_url",
]

Level = Literal["M", "Q"]
_Mode = Literal["numeric", "alphanumeric", "byte"]

SMALLEST_MODULE_MM = Decimal("0.33")

_ORIGIN = re.compile(r"https?://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?")
_GTIN = re.compile(r"[0-9]{8}|[0-9]{12,14}")
_PATH = re.compile(r"/(?:T|01/([0-9]{8}|[0-9]{12,14})/21)/([^/]+)/?", re.IGNORECASE | re.ASCII)

# Codewords left for data in versions 1, 2, 3 …: ISO/IEC 18004:2015 table 7. Twenty versions hold
# the link of the longest host there can be.
_DATA_CODEWORDS: dict[str, tuple[int, ...]] = {
    level: tuple(int(codewords) for codewords in row.split())
    for level, row in (
        ("M", "16 28 44 64 86 108 124 154 182 216 254 290 334 365 415 453 507 563 627 669"),
        ("Q", "13 22 34 48 62 76 88 110 132 154 180 206 244 261 295 325 367 397 445 485"),
    )
}
_SHORTEST_SEGMENT = 8
_NUMERIC = re.compile(rb"[0-9]{%d,}" % _SHORTEST_SEGMENT)
_ALPHANUMERIC = re.compile(rb"[0-9A-Z $%%*+\-./:]{%d,}" % _SHORTEST_SEGMENT)


class LinkError(RuleError):
    """What cannot become a link."""


class GtinError(LinkError):
    """A text that is no GTIN for open trade."""


class SymbolSizeError(LinkError):
    """A side too small for the symbol; ``smallest_mm`` is the side that fits."""

    def __init__(self, side_mm: Decimal, smallest_mm: Decimal) -> None:
        self.smallest_mm = smallest_mm
        super().__init__(
            "symbol_too_small",
            f"二维码边长 {side_mm} mm 太小，手机读不准；请改为 {smallest_mm} mm 或更大。",
            f"A QR side of {side_mm} mm is too small for phones to read; "
            f"make it {smallest_mm} mm or more.",
        )


@dataclass(frozen=True, slots=True)
class LinkPath:
    """The path of a label's link: the code as it was typed, and the GTIN padded to 14 if any."""

    code: str
    gtin: str | None = None


def label_url(scheme_host: str, code: str, gtin: str | None = None) -> str:
    """Write the link of one label.

    ``scheme_host`` is ``https://HOST`` (``http`` and a port are for the sample mode), ``code`` as
    codes.encode wrote it. Raises LinkError for another shape of either and GtinError for a bad
    GTIN.
    """
    origin = scheme_host.lower()
    if not _ORIGIN.fullmatch(origin):
        raise LinkError(
            "label_address",
            f"标签网址“{scheme_host}”写法不对；应为 https://域名，只用英文字母、数字、点和连字符。",
            f"The label address '{scheme_host}' is not valid; write https://host, "
            "with only ASCII letters, digits, dots and hyphens.",
        )
    if not is_well_formed(code):
        raise LinkError(
            "not_a_code",
            f"这不是标签码；标签码是 {CODE_LENGTH} 位大写字母和数字。",
            f"This is no label code; a code is {CODE_LENGTH} upper-case letters and digits.",
        )
    if gtin is None:
        return f"{origin}/T/{code}"
    return f"{origin}/01/{checked_gtin(gtin)}/21/{code}"


def parse_path(path: str) -> LinkPath | None:
    """Take a decoded request path apart in any case; None where it is not a label's.

    Neither the code nor the GTIN is judged here: decode the one, and compare the other with the
    GTIN of the run that the code belongs to.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    gtin = match[1]
    return LinkPath(match[2], None if gtin is None else gtin.zfill(14))


def checked_gtin(text: str) -> str:
    """Give a GTIN-8, -12, -13 or -14 as fourteen digits, after checking it.

    Spaces are dropped and full-width digits understood. Raises GtinError for another length, a
    wrong check digit, or a number of restricted circulation: by the prefixes of the GS1 General
    Specifications 02, 04 and 20–29, and in GTIN-8 a first digit 0 or 2.
    """
    digits = "".join(unicodedata.normalize("NFKC", text).split())
    if not _GTIN.fullmatch(digits):
        raise GtinError(
            "gtin_length",
            "商品条码应为 8、12、13 或 14 位数字，请照包装上的条码重新输入。",
            "A GTIN has 8, 12, 13 or 14 digits; type it again from the barcode on the pack.",
        )
    padded = digits.zfill(14)
    if _gtin_check_digit(padded[:-1]) != padded[-1]:
        raise GtinError(
            "gtin_check_digit",
            f"商品条码 {digits} 的校验码（末位）不符，请对照包装上的条码逐位核对。",
            f"The check digit (the last one) of the GTIN {digits} is wrong; "
            "compare it with the barcode on the pack digit by digit.",
        )
    if _is_restricted(padded):
        raise GtinError(
            "gtin_restricted",
            f"商品条码 {digits} 属于店内码（前缀 02、04、20–29），只在企业或地区内部有效；"
            "请填写向物品编码机构注册的商品条码，没有就留空。",
            f"The GTIN {digits} is a restricted circulation number (prefix 02, 04 or 20–29), valid "
            "only within a company or region; give the one registered with GS1, or leave it empty.",
        )
    return padded


def _gtin_check_digit(payload: str) -> str:
    """Weigh the digits 3, 1, 3 … from the right and fill up to the next ten."""
    total = sum(
        int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(payload))
    )
    return str(-total % 10)


def _is_restricted(padded: str) -> bool:
    if padded.startswith("000000"):  # a GTIN-8 under its padding
        return padded[6] in "02"
    prefix = padded[1:3]
    return prefix in ("02", "04") or prefix.startswith("2")


def symbol_modules(url: str, level: Level) -> int:
    """Count the modules on a side of the smallest QR symbol that holds the link, without margin.

    The link is cut as ``qrcode`` does with ``optimize=8``: runs of eight digits or more numeric,
    of the rest runs of eight or more alphanumeric, bytes between. Segment lengths: ISO/IEC
    18004:2015, 7.4 and table 3. Raises LinkError where the link is longer than a label can carry.
    """
    segments = tuple(_segments(url.encode()))
    for version, codewords in enumerate(_DATA_CODEWORDS[level], start=1):
        if sum(_segment_bits(mode, size, version) for mode, size in segments) <= 8 * codewords:
            return 17 + 4 * version
    raise LinkError(
        "link_too_long",
        f"网址太长（{len(url)} 个字符），标签上的二维码放不下；请换用较短的域名。",
        f"The link is too long ({len(url)} characters) for the QR of a label; use a shorter host.",
    )


def widest_url(scheme_host: str, gtin: str | None = None) -> str:
    """Write a link whose symbol is as large as any code of this host and GTIN can make it.

    A code with eight or more digits in a row is cut into other segments and may need the next
    version, so the size of a sheet's symbols is decided with this link and not with its first one.
    Raises as label_url.
    """
    return max(
        (label_url(scheme_host, code, gtin) for code in _codes_by_segments()),
        key=lambda url: sum(_segment_bits(*segment, 1) for segment in _segments(url.encode())),
    )


def best_level(url: str, side_mm: Decimal, quiet_modules: int = 4) -> tuple[Level, Decimal]:
    """Choose the error correction for a square of ``side_mm``, quiet zone on each side included.

    Gives the level and the module in mm, cut to whole micrometres: Q where its module reaches
    SMALLEST_MODULE_MM, else M. Raises SymbolSizeError, with the side that fits, where neither does.
    For a side that is measured without quiet zone pass ``quiet_modules=0``.
    """
    levels: tuple[Level, ...] = ("Q", "M")
    smallest = []
    for level in levels:
        modules = symbol_modules(url, level) + 2 * quiet_modules
        smallest.append(modules * SMALLEST_MODULE_MM)
        if side_mm >= smallest[-1]:
            return level, (side_mm / modules).quantize(Decimal("0.001"), ROUND_DOWN)
    raise SymbolSizeError(side_mm, min(smallest))


def _segments(data: bytes) -> Iterator[tuple[_Mode, int]]:
    for numeric, run in _split(_NUMERIC, data):
        if numeric:
            yield "numeric", len(run)
            continue
        for alphanumeric, rest in _split(_ALPHANUMERIC, run):
            yield "alphanumeric" if alphanumeric else "byte", len(rest)


def _split(pattern: re.Pattern[bytes], data: bytes) -> Iterator[tuple[bool, bytes]]:
    """Part data into what matches the pattern (True) and what lies between (False)."""
    done = 0
    for match in pattern.finditer(data):
        if match.start() > done:
            yield False, data[done : match.start()]
        yield True, match[0]
        done = match.end()
    if done < len(data):
        yield False, data[done:]


def _segment_bits(mode: _Mode, size: int, version: int) -> int:
    """Count the bits of one segment: mode indicator, count of characters, data."""
    large = version > 9  # the twenty versions know two widths of the count
    if mode == "numeric":
        return 4 + (12 if large else 10) + 10 * (size // 3) + (0, 4, 7)[size % 3]
    if mode == "alphanumeric":
        return 4 + (11 if large else 9) + 11 * (size // 2) + 6 * (size % 2)
    return 4 + (16 if large else 8) + 8 * size


def _codes_by_segments() -> Iterator[str]:
    """Give one well-formed code for every way in which digits can cut a code into segments."""
    yield "A" * CODE_LENGTH
    yield "1" * 8 + "A" + "1" * 8
    for size in range(_SHORTEST_SEGMENT, CODE_LENGTH + 1):
        for start in range(CODE_LENGTH - size + 1):
            yield "A" * start + "1" * size + "A" * (CODE_LENGTH - start - size)
