"""The one font of everything printed: Noto Sans CJK (SIL Open Font License), Simplified Chinese.

It is read from the package ``noto-cjk-sans-otc``: PNG, SVG and PDF take the same outlines and the
same widths from here, so that what was measured is what is printed, on any machine. Widths are in
em (multiples of the type size), outlines in units of a thousandth em, y upward.
"""

from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from typing import Any, Literal

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection
from noto_cjk_sans_otc import FONT_PATH

__all__ = [
    "ASCENT",
    "DESCENT",
    "Cut",
    "DrawingError",
    "MissingGlyph",
    "advances",
    "font_file",
    "path",
    "width",
]

Cut = Literal["text", "code"]
"""``text`` is proportional; ``code`` gives every Latin letter and digit half an em."""

_NAMES: dict[Cut, str] = {"text": "Noto Sans CJK SC", "code": "Noto Sans Mono CJK SC"}
_UNITS_PER_EM = 1000
# How far a quadratic outline may lie from the cubic one it stands for, in units.
_CURVE_ERROR = 0.5

ASCENT = 0.86
"""Han and Latin characters stay below this height over the baseline, in em."""
DESCENT = 0.1
"""Han characters stay above this depth under the baseline, in em; only g, j, p, q, y go deeper."""


class DrawingError(ValueError):
    """What cannot be drawn, told in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class MissingGlyph(DrawingError):
    """A character that the font does not hold; it is refused, never printed as a box."""

    def __init__(self, character: str) -> None:
        self.character = character
        code_point = f"U+{ord(character):04X}"
        shown_zh, shown_en = code_point, code_point
        if character.isprintable():
            shown_zh, shown_en = f"“{character}”（{code_point}）", f"'{character}' ({code_point})"
        super().__init__(
            f"字体里没有字符{shown_zh}，印不出来；请换一种写法。",
            f"The font has no character {shown_en}, so it cannot be printed; write it another way.",
        )


@lru_cache(maxsize=2)
def _face(cut: Cut) -> Any:
    """Open one face of the collection; it is kept open and read as characters are asked for."""
    collection = TTCollection(str(FONT_PATH), lazy=True)
    for face in collection.fonts:
        if face["name"].getDebugName(1) == _NAMES[cut]:
            return face
    raise LookupError(f"{FONT_PATH} holds no face {_NAMES[cut]}")


@lru_cache(maxsize=2)
def _character_map(cut: Cut) -> dict[int, str]:
    names: dict[int, str] = _face(cut).getBestCmap()
    return names


@lru_cache(maxsize=2)
def _glyphs(cut: Cut) -> Any:
    return _face(cut).getGlyphSet()


def _glyph_name(character: str, cut: Cut) -> str:
    name = _character_map(cut).get(ord(character))
    if name is None:
        raise MissingGlyph(character)
    return name


@lru_cache(maxsize=8192)
def _advance(character: str, cut: Cut) -> int:
    advance: int = _glyphs(cut)[_glyph_name(character, cut)].width
    return advance


def advances(text: str, cut: Cut = "text") -> Iterator[float]:
    """Give the width of each character in em; MissingGlyph for one that the font lacks."""
    return (_advance(character, cut) / _UNITS_PER_EM for character in text)


def width(text: str, cut: Cut = "text") -> float:
    """Measure a line in em; MissingGlyph for a character that the font lacks."""
    return sum(_advance(character, cut) for character in text) / _UNITS_PER_EM


def path(text: str, cut: Cut = "text", spacing: float = 0.0) -> str:
    """Draw a line as the data of one SVG path in font units, ``spacing`` em between characters.

    MissingGlyph for a character that the font lacks.
    """
    pen = SVGPathPen(None, ntos=lambda number: f"{number:g}")
    x = 0.0
    for character in text:
        _glyphs(cut)[_glyph_name(character, cut)].draw(TransformPen(pen, (1, 0, 0, 1, x, 0)))
        x += _advance(character, cut) + spacing * _UNITS_PER_EM
    commands: str = pen.getCommands()
    return commands


@lru_cache(maxsize=32)
def font_file(characters: frozenset[str], cut: Cut = "text") -> bytes:
    """Make a font file of these characters only, TrueType outlines, the same bytes every time.

    TrueType because every printer and PDF viewer takes it; the collection's own CFF outlines with
    their character ids are read differently here and there. MissingGlyph for a character that the
    font lacks.
    """
    ordered = sorted(characters)
    order = [".notdef", *(f"u{ord(character):04X}" for character in ordered)]
    glyphs = {".notdef": TTGlyphPen(None).glyph()}
    metrics = {".notdef": (_UNITS_PER_EM, 0)}
    for name, character in zip(order[1:], ordered, strict=True):
        glyphs[name] = _true_type_glyph(character, cut)
        metrics[name] = (_advance(character, cut), 0)
    builder = FontBuilder(_UNITS_PER_EM, isTTF=True)
    builder.setupHead(unitsPerEm=_UNITS_PER_EM, created=0, modified=0)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(dict(zip(map(ord, ordered), order[1:], strict=True)))
    builder.setupGlyf(glyphs)
    table = builder.font["glyf"]
    builder.setupHorizontalMetrics(
        {name: (advance, getattr(table[name], "xMin", 0)) for name, (advance, _) in metrics.items()}
    )
    _describe(builder, cut)
    out = BytesIO()
    builder.save(out)
    return out.getvalue()


def _describe(builder: Any, cut: Cut) -> None:
    """Fill in the tables that say what the font is, as the collection says it."""
    source = _face(cut)
    line, system = source["hhea"], source["OS/2"]
    builder.setupHorizontalHeader(ascent=line.ascent, descent=line.descent)
    builder.setupOS2(
        sTypoAscender=system.sTypoAscender,
        sTypoDescender=system.sTypoDescender,
        usWinAscent=system.usWinAscent,
        usWinDescent=system.usWinDescent,
        sxHeight=system.sxHeight,
        sCapHeight=system.sCapHeight,
        usWeightClass=system.usWeightClass,
        fsType=system.fsType,
    )
    builder.setupPost(isFixedPitch=source["post"].isFixedPitch)
    family = _NAMES[cut]
    builder.setupNameTable(
        {
            "familyName": family,
            "styleName": "Regular",
            "fullName": family,
            "psName": family.replace(" ", "") + "-Regular",
        }
    )


@lru_cache(maxsize=8192)
def _true_type_glyph(character: str, cut: Cut) -> Any:
    pen = TTGlyphPen(None)
    glyph = _glyphs(cut)[_glyph_name(character, cut)]
    glyph.draw(Cu2QuPen(pen, _CURVE_ERROR, reverse_direction=True))
    return pen.glyph()
