"""One label as a picture: PNG for screens and label printers, SVG for printing houses."""

from collections.abc import Sequence
from html import escape
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from labels.digital_link import SMALLEST_MODULE_MM
from labels.face import LabelFace
from labels.fonts import Cut, advances, font_file, path
from labels.layout import Bar, Line, Size, lay_out
from labels.symbols import QUIET_MODULES, Matrix, matrix, runs

__all__ = ["LabelFace", "draw_png", "draw_svg", "symbol_image"]

_MM_PER_INCH = 25.4
_WHITE, _BLACK = 255, 0
_OUTLINE_UNITS = 1000


def draw_png(face: LabelFace, url: str, code: str, size_mm: Size, dpi: int = 300) -> bytes:
    """Draw one label in greys at this resolution, the modules of its symbol on whole dots.

    Raises DoesNotFit and MissingGlyph as labels.layout.lay_out.
    """
    layout = lay_out(face, size_mm, url, code)
    dots = dpi / _MM_PER_INCH
    image = Image.new("L", (round(layout.size[0] * dots), round(layout.size[1] * dots)), _WHITE)
    square = layout.symbol
    symbol = symbol_image(matrix(url, layout.level), square.width, dpi)
    image.paste(symbol, (round(square.x * dots), round(square.y * dots)))
    brush = ImageDraw.Draw(image)
    _write(brush, (*layout.lines, *layout.code_lines(code)), dots)
    for bar in layout.bars:
        left, top = round(bar.x * dots), round(bar.y * dots)
        across, down = (max(1, round(side * dots)) for side in (bar.width, bar.height))
        _fill(brush, left, top, left + across, top + down)
    out = BytesIO()
    image.save(out, "PNG", dpi=(dpi, dpi), optimize=True)
    return out.getvalue()


def symbol_image(modules: Matrix, side_mm: float, dpi: int) -> Image.Image:
    """Draw a QR symbol with its clear zone in a square of this side.

    A module takes whole dots where it then still is SMALLEST_MODULE_MM wide, because modules of
    uneven width read worse; what rounding leaves over goes to the clear zone.
    """
    dots = dpi / _MM_PER_INCH
    side = round(side_mm * dots)
    module: float = side / (len(modules) + 2 * QUIET_MODULES)
    if int(module) >= float(SMALLEST_MODULE_MM) * dots:
        module = int(module)
    image = Image.new("L", (side, side), _WHITE)
    brush = ImageDraw.Draw(image)
    start = (side - len(modules) * module) / 2
    edges = [round(start + place * module) for place in range(len(modules) + 1)]
    for x, y, length in runs(modules):
        _fill(brush, edges[x], edges[y], edges[x + length], edges[y + 1])
    return image


def _fill(brush: ImageDraw.ImageDraw, left: int, top: int, right: int, bottom: int) -> None:
    brush.rectangle((left, top, right - 1, bottom - 1), fill=_BLACK)


def _write(brush: ImageDraw.ImageDraw, lines: Sequence[Line], dots: float) -> None:
    """Set each character where it was measured; whole lines would be rounded to dots and drift."""
    files = {cut: font_file(_characters(lines, cut), cut) for cut in {line.cut for line in lines}}
    for line in lines:
        size, x = line.size * dots, line.x * dots
        font = ImageFont.truetype(
            BytesIO(files[line.cut]), size, layout_engine=ImageFont.Layout.BASIC
        )
        for character, advance in zip(line.text, advances(line.text, line.cut), strict=True):
            brush.text((x, line.y * dots), character, _BLACK, font, anchor="ls")
            x += (advance + line.spacing) * size


def _characters(lines: Sequence[Line], cut: Cut) -> frozenset[str]:
    return frozenset("".join(line.text for line in lines if line.cut == cut))


def draw_svg(face: LabelFace, url: str, code: str, size_mm: Size) -> str:
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
        f'<path fill="#fff" d="M0 0h{across}v{down}H0z"/><path d="{bars}"/>'
        f"{''.join(map(_svg_line, lines))}"
        f"{_svg_symbol(layout.symbol, matrix(url, layout.level))}</svg>\n"
    )


def _svg_line(line: Line) -> str:
    scale = line.size / _OUTLINE_UNITS
    data = path(line.text, line.cut, line.spacing)
    place = f"translate({line.x:.5g} {line.y:.5g}) scale({scale:.6g} {-scale:.6g})"
    return f'<path transform="{place}" d="{data}"/>'


def _svg_symbol(square: Bar, modules: Matrix) -> str:
    module = square.width / (len(modules) + 2 * QUIET_MODULES)
    x, y = square.x + QUIET_MODULES * module, square.y + QUIET_MODULES * module
    data = "".join(_box(column, row, length, 1) for column, row, length in runs(modules))
    place = f"translate({x:.5g} {y:.5g}) scale({module:.6g})"
    return f'<path shape-rendering="crispEdges" transform="{place}" d="{data}"/>'


def _box(x: float, y: float, across: float, down: float) -> str:
    return f"M{x:.5g} {y:.5g}h{across:.5g}v{down:.5g}h{-across:.5g}z"
