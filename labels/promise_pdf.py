"""A certificate of promise as PDF, on A4 or as a label. The same facts give the same bytes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from labels.digital_link import SMALLEST_MODULE_MM, SymbolSizeError, symbol_modules
from labels.fonts import DrawingError
from labels.paper import Paper
from labels.promise_face import Face, promise_url
from labels.promise_layout import compose, symbol_side
from labels.promise_template import PaperSize
from labels.symbols import QUIET_MODULES, matrix


def draw(face: Face, origin: str, paper: PaperSize) -> bytes:
    """Print a certificate; `origin` is what its QR opens, https://HOST.

    DrawingError where something does not fit or cannot be printed.
    """
    link = promise_url(origin, face.address)
    _check_symbol(link, Decimal(str(symbol_side(paper))))
    page = compose(face, paper)
    with TemporaryDirectory() as fonts:
        title = f"{face.title.zh} {face.number}"
        size = (paper.width, paper.height)
        pdf = Paper(title, face.issued_at, [page], Path(fonts), size)
        pdf.put(page, matrix(link, "M"))
        return bytes(pdf.output())


def _check_symbol(link: str, side: Decimal) -> None:
    smallest = (symbol_modules(link, "M") + 2 * QUIET_MODULES) * SMALLEST_MODULE_MM
    if side < smallest:
        problem = SymbolSizeError(side, smallest)
        raise DrawingError(problem.words.zh, problem.words.en)
