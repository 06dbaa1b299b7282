"""A GTIN as a party types it, as the fourteen digits that are kept."""

from __future__ import annotations

import unicodedata

from stdnum import ean
from stdnum.exceptions import InvalidChecksum, ValidationError

from products.errors import RuleError

_RESTRICTED = ("02", "04", *(str(prefix) for prefix in range(20, 30)))


class GtinError(RuleError):
    """A text that is no GTIN for open trade."""


def kept_gtin(typed: str) -> str:
    """A GTIN-8, -12, -13 or -14 as fourteen digits; blanks are dropped, full width understood.

    Raises GtinError for another length, a wrong check digit, and the prefixes that the GS1 General
    Specifications keep for restricted circulation (02, 04, 20–29; in GTIN-8 a first digit 0 or 2).
    """
    digits = "".join(unicodedata.normalize("NFKC", typed).split())
    try:
        ean.validate(digits)
    except InvalidChecksum as wrong:
        raise GtinError(
            "gtin_check_digit",
            f"商品条码 {digits} 的校验码（末位）不符，请对照包装上的条码逐位核对",
            f"The check digit (the last one) of the GTIN {digits} is wrong; compare it with the "
            "barcode on the pack digit by digit",
        ) from wrong
    except ValidationError as wrong:
        raise GtinError(
            "gtin_length",
            "商品条码应为 8、12、13 或 14 位数字，请照包装上的条码重新输入",
            "A GTIN has 8, 12, 13 or 14 digits; type it again from the barcode on the pack",
        ) from wrong
    short = digits.zfill(14).startswith("000000")
    restricted = digits.zfill(14)[6] in "02" if short else digits.zfill(14)[1:3] in _RESTRICTED
    if restricted:
        raise GtinError(
            "gtin_restricted",
            f"商品条码 {digits} 属于店内码（前缀 02、04、20–29），只在企业内部有效；请填向编码机构注册的条码",
            f"The GTIN {digits} is for restricted circulation (prefix 02, 04 or 20–29); give the "
            "one registered with GS1",
        )
    return digits.zfill(14)
