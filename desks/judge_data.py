"""What the judge in the browser needs from the house: the unit table, and limits as it takes them.

core/pages/static/judge/judge.js reads these; nothing of it is written down there a second time.
"""

from dataclasses import asdict
from typing import Any

from products.bounds import Bound
from products.phrases import limit_text
from products.units import BELOW_ZERO, UNITS


def unit_rows() -> list[dict[str, Any]]:
    """The unit table, exactly: `factor` is a whole number or a fraction as text."""
    return [
        {
            "symbol": unit.symbol,
            "dimension": unit.dimension.value,
            "factor": str(unit.factor),
            "names": list(unit.names),
            "also": list(unit.also),
            "negative": unit.dimension in BELOW_ZERO,
        }
        for unit in UNITS
    ]


def limit_row(bound: Bound, symbol: str) -> dict[str, Any]:
    """A limit with its unit and how it is printed in both languages."""
    fields = {n: given for n, given in asdict(bound).items() if given is not None}
    return {
        "bound": fields | {"kind": bound.kind.value},
        "unit": symbol,
        "words": [limit_text(bound, symbol), limit_text(bound, symbol, "en")],
    }
