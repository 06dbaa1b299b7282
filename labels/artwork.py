"""One label as a picture: PNG for screens and label printers, SVG for printing houses."""

from decimal import Decimal
from functools import lru_cache
from html import escape
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from labels.digital_link import SMALLEST_MODULE_MM
from labels.fonts import Cut, advances, font_file, path
from labels.layout import Bar, LabelFace, Line, lay_out
from labels.symbols import QUIET_MODULES, Matrix, matrix, runs

__all__ = ["LabelFace", "draw_png", "draw_svg"]

_MM_PER_INCH = 25.4
_WHITE, _BLACK = 255, 0
_OUTLINE_UNITS = 1000


def draw_png(
    face: LabelFace, url: str, code: str, size_mm: tuple[Decimal, Decimal], dpi: int = 300
) -> bytes:
    """Draw one label in greys at this resolution, the modules of its symbol on whole dots.

    Raises DoesNotFit and MissingGlyph as labels.layout.lay_out.
    """
    layout = lay_out(face, size_mm, url, code)
    dots = dpi / _MM_PER_INCH
    image = Image.new("L", (round(layout.size[0] * dots), round(layout.size[1] * dots)), _WHITE)
    brush = ImageDraw.Draw(image)
    for line in (*layout.lines, *layout.code_lines(code)):
        _write(brush, line, dots)
    for bar in layout.bars:
        left, top = round(bar.x * dots), round(bar.y * dots)
        across, down = (max(1, round(side * dots)) for side in (bar.width, bar.height))
        _fill(brush, left, top, across, down)
    _stamp(brush, layout.symbol, matrix(url, layout.level), dots)
    out = BytesIO()
    image.save(out, "PNG", dpi=(dpi, dpi), optimize=True)
    return out.getvalue()


def _fill(brush: ImageDraw.ImageDraw, left: int, top: int, across: int, down: int) -> None:
    brush.rectangle((left, top, left + across - 1, top + down - 1), fill=_BLACK)


def _write(brush: ImageDraw.ImageDraw, line: Line, dots: float) -> None:
    """Set each character where it was measured; whole lines would be rounded to dots and drift."""
    size, x = line.size * dots, line.x * dots
    font = _font(frozenset(line.text), line.cut, size)
    for character, advance in zip(line.text, advances(line.text, line.cut), strict=True):
        brush.text((x, line.y * dots), character, _BLACK, font, anchor="ls")
        x += (advance + line.spacing) * size


@lru_cache(maxsize=64)
def _font(characters: frozenset[str], cut: Cut, size: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(
        BytesIO(font_file(characters, cut)), size, layout_engine=ImageFont.Layout.BASIC
    )


def _stamp(brush: ImageDraw.ImageDraw, square: Bar, modules: Matrix, dots: float) -> None:
    """Ink a symbol within its square, its clear zone left white."""
    count = len(modules) + 2 * QUIET_MODULES
    module = _dots_of_module(square.width * dots / count, dots)
    # What rounding leaves over goes to the clear zone, on both sides alike.
    spare = (square.width * dots - count * module) / 2 + QUIET_MODULES * module
    left, top = square.x * dots + spare, square.y * dots + spare
    for x, y, length in runs(modules):
        start, end = round(left + x * module), round(left + (x + length) * module)
        upper, lower = round(top + y * module), round(top + (y + 1) * module)
        _fill(brush, start, upper, end - start, lower - upper)


def _dots_of_module(exact: float, dots: float) -> float:
    """Take whole dots for a module where it stays large enough; uneven modules read worse."""
    whole = int(exact)
    return whole if whole >= float(SMALLEST_MODULE_MM) * dots else exact


def draw_svg(face: LabelFace, url: str, code: str, size_mm: tuple[Decimal, Decimal]) -> str:
    """Draw one label as SVG in millimetres; text is outlines, so that no viewer needs a font.

    What it says stands in ``aria-label``. Raises DoesNotFit and MissingGlyph as
    labels.layout.lay_out.
    """
    layout = lay_out(face, size_mm, url, code)
    lines = (*layout.lines, *layout.code_lines(code))
    said = escape(" ".join(line.text for line in lines), quote=True)
    across, down = (f"{side:g}" for side in layout.size)
    bars = "".join(_box(bar.x, bar.y, bar.width, bar.height) for bar in layout.bars)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{across}mm" height="{down}mm" '
        f'viewBox="0 0 {across} {down}" role="img" aria-label="{said}">'
        f'<path fill="#fff" d="M0 0h{across}v{down}H0z"/>'
        f'<path d="{bars}"/>'
        f"{''.join(map(_svg_line, lines))}"
        f"{_svg_symbol(layout.symbol, matrix(url, layout.level))}</svg>\n"
    )


def _svg_line(line: Line) -> str:
    scale = line.size / _OUTLINE_UNITS
    data = path(line.text, line.cut, line.spacing)
    place = f"translate({line.x:.4g} {line.y:.4g}) scale({scale:.6g} {-scale:.6g})"
    return f'<path transform="{place}" d="{data}"/>'


def _svg_symbol(square: Bar, modules: Matrix) -> str:
    module = square.width / (len(modules) + 2 * QUIET_MODULES)
    x, y = square.x + QUIET_MODULES * module, square.y + QUIET_MODULES * module
    data = "".join(_box(column, row, length, 1) for column, row, length in runs(modules))
    place = f"translate({x:.5g} {y:.5g}) scale({module:.6g})"
    return f'<path class="qr" shape-rendering="crispEdges" transform="{place}" d="{data}"/>'


def _box(x: float, y: float, across: float, down: float) -> str:
    return f"M{x:.5g} {y:.5g}h{across:.5g}v{down:.5g}h{-across:.5g}z"
