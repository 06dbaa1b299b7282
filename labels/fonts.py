"""The one font of everything printed: Noto Sans CJK (SIL Open Font License), Simplified Chinese.

It is read from the package ``noto-cjk-sans-otc``: PNG, SVG and PDF take the same outlines and the
same widths from here, so that what was measured is what is printed, on any machine. Widths are in
em (multiples of the type size), outlines in units of a thousandth em, y upward.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from threading import Lock
from typing import Any, Literal

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.recordingPen import DecomposingRecordingPen
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


@dataclass(frozen=True, slots=True)
class _Glyph:
    """A character as the collection holds it: its width in units and its outline."""

    advance: int
    outline: DecomposingRecordingPen


# The collection reads on from one open file, so threads must take turns.
_READING = Lock()


@lru_cache(maxsize=2)
def _face(cut: Cut) -> tuple[Any, dict[int, str], Any]:
    """Open one face of the collection for good: the font, its character map, its glyphs."""
    collection = TTCollection(str(FONT_PATH), lazy=True)
    for face in collection.fonts:
        if face["name"].getDebugName(1) == _NAMES[cut]:
            return face, face.getBestCmap(), face.getGlyphSet()
    raise LookupError(f"{FONT_PATH} holds no face {_NAMES[cut]}")


@lru_cache(maxsize=8192)
def _glyph(character: str, cut: Cut) -> _Glyph:
    with _READING:
        _, names, glyphs = _face(cut)
        name = names.get(ord(character))
        if name is None:
            raise MissingGlyph(character)
        outline = DecomposingRecordingPen(glyphs)
        glyphs[name].draw(outline)
        return _Glyph(glyphs[name].width, outline)


def advances(text: str, cut: Cut = "text") -> Iterator[float]:
    """Give the width of each character in em; MissingGlyph for one that the font lacks."""
    return (_glyph(character, cut).advance / _UNITS_PER_EM for character in text)


def width(text: str, cut: Cut = "text") -> float:
    """Measure a line in em; MissingGlyph for a character that the font lacks."""
    return sum(_glyph(character, cut).advance for character in text) / _UNITS_PER_EM


def path(text: str, cut: Cut = "text", spacing: float = 0.0) -> str:
    """Draw a line as the data of one SVG path in font units, ``spacing`` em between characters.

    MissingGlyph for a character that the font lacks.
    """
    pen = SVGPathPen(None, ntos=lambda number: f"{number:g}")
    x = 0.0
    for character in text:
        glyph = _glyph(character, cut)
        glyph.outline.replay(TransformPen(pen, (1, 0, 0, 1, x, 0)))
        x += glyph.advance + spacing * _UNITS_PER_EM
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
    names = [f"u{ord(character):04X}" for character in ordered]
    outlines = {".notdef": TTGlyphPen(None).glyph()}
    widths = {".notdef": (_UNITS_PER_EM, 0)}
    for name, character in zip(names, ordered, strict=True):
        outlines[name] = _true_type(_glyph(character, cut))
        widths[name] = (_glyph(character, cut).advance, outlines[name].xMin)
    builder = FontBuilder(_UNITS_PER_EM, isTTF=True)
    builder.setupGlyphOrder(list(outlines))
    builder.setupCharacterMap(dict(zip(map(ord, ordered), names, strict=True)))
    builder.setupGlyf(outlines)
    builder.setupHorizontalMetrics(widths)
    _describe(builder, cut)
    out = BytesIO()
    builder.save(out)
    return out.getvalue()


def _true_type(glyph: _Glyph) -> Any:
    pen = TTGlyphPen(None)
    glyph.outline.replay(Cu2QuPen(pen, _CURVE_ERROR, reverse_direction=True))
    outline = pen.glyph()
    outline.recalcBounds(None)
    return outline


def _describe(builder: Any, cut: Cut) -> None:
    """Fill in the tables that say what the font is, as the collection says it."""
    with _READING:
        source, _, _ = _face(cut)
        head, line, system, post = (source[table] for table in ("head", "hhea", "OS/2", "post"))
    builder.setupHead(unitsPerEm=_UNITS_PER_EM, created=head.created, modified=head.modified)
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
    builder.setupPost(isFixedPitch=post.isFixedPitch)
    family = _NAMES[cut]
    builder.setupNameTable(
        {
            "familyName": family,
            "styleName": "Regular",
            "fullName": family,
            "psName": family.replace(" ", "") + "-Regular",
        }
    )
