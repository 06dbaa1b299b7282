"""The QR symbol of a link as a matrix of modules; how it is inked is the painters' business."""

from collections.abc import Iterator

from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q

from labels.digital_link import Level

__all__ = ["QUIET_MODULES", "Matrix", "matrix", "runs"]

Matrix = list[list[bool]]
"""Rows of modules from the top, True where dark, without quiet zone."""

QUIET_MODULES = 4
"""Clear modules on each side of a symbol (ISO/IEC 18004:2015, 6.3.8)."""

_LEVELS = {"M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q}
# Runs shorter than this stay in the mode of their neighbours; labels.digital_link counts with it.
_SHORTEST_SEGMENT = 8


def matrix(url: str, level: Level) -> Matrix:
    """Make the smallest symbol that holds the link at this level of error correction."""
    symbol = QRCode(error_correction=_LEVELS[level], border=0)
    symbol.add_data(url, optimize=_SHORTEST_SEGMENT)
    symbol.make(fit=True)
    modules: Matrix = symbol.get_matrix()
    return modules


def runs(modules: Matrix) -> Iterator[tuple[int, int, int]]:
    """Give the dark runs of each row as column, row, length."""
    for y, row in enumerate(modules):
        start = 0
        for x, dark in enumerate([*row, False]):
            if dark:
                continue
            if x > start:
                yield start, y, x - start
            start = x + 1
