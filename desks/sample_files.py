"""A photo and a PDF for the sample, made here so that no picture of anybody is needed (示例)."""

import io
import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from fpdf import FPDF
from PIL import Image, ImageDraw

from labels.fonts import font_file

_SIZE = (1200, 800)
_SKY, _SUN = (244, 236, 219), (214, 160, 92)
_HILLS = ((196, 209, 180), (154, 182, 140), (108, 148, 102), (66, 110, 72))


def hills_photo() -> bytes:
    """Terraced hills in the morning as JPEG; stands for a photo of the plot."""
    picture = Image.new("RGB", _SIZE, _SKY)
    brush = ImageDraw.Draw(picture)
    brush.ellipse((880, 110, 1000, 230), fill=_SUN)
    for number, colour in enumerate(_HILLS):
        top = 300 + 110 * number
        ridge = [(x, _ridge(number, x) + top) for x in range(0, _SIZE[0] + 1, 10)]
        brush.polygon([(0, _SIZE[1]), *ridge, _SIZE], fill=colour)
        shade = (*(part - 14 for part in colour),)
        for lower in range(24, 110, 24):
            brush.line([(x, y + lower) for x, y in ridge], fill=shade, width=3)
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=85)
    return kept.getvalue()


def _ridge(number: int, x: int) -> float:
    return 60 * math.sin(x / (130 + 40 * number) + 1.7 * number) + 18 * math.sin(x / 47 + number)


def paper(title: str, lines: Sequence[str], made_at: datetime) -> bytes:
    """One A4 page with a title, the mark 示例 and these lines, as PDF."""
    everything = frozenset("".join((title, "示例", *lines)))
    with TemporaryDirectory() as folder:
        font = Path(folder) / "text.ttf"
        font.write_bytes(font_file(everything))
        pdf = FPDF(format="A4", unit="mm")
        pdf.set_creation_date(made_at)
        pdf.add_font("text", fname=font)
        pdf.add_page()
        pdf.set_font("text", size=20)
        pdf.text(25, 35, title)
        pdf.set_font("text", size=36)
        pdf.set_text_color(200)
        pdf.text(160, 38, "示例")
        pdf.set_text_color(0)
        pdf.set_font("text", size=12)
        for number, line in enumerate(lines):
            pdf.text(25, 52 + 9 * number, line)
        return bytes(pdf.output())
