"""Putting composed pages (labels.analysis_layout) on paper as PDF: one embedded font, one QR each.

The same pages and moment give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from fpdf import FPDF, ViewerPreferences

from labels.analysis_layout import HIGH, WIDE, Box, Page
from labels.fonts import font_file
from labels.symbols import QUIET_MODULES, Matrix, runs

POINTS_PER_MM = 72 / 25.4
_TONES = {
    "ink": (20, 26, 22),
    "soft": (84, 92, 86),
    "wash": (240, 238, 230),
    "line": (186, 182, 168),
    "pass": (36, 85, 46),
    "fail": (163, 29, 23),
    "wait": (122, 80, 0),
}
_BOLD = 0.035
"""How far a bold outline is thickened, in em: the house embeds one weight only."""


class Paper(FPDF):
    """A PDF of pages of one size, A4 unless told otherwise."""

    def __init__(
        self, title: str, made_at: datetime, pages: Sequence[Page], fonts: Path,
        size: tuple[float, float] = (WIDE, HIGH),
    ) -> None:  # fmt: skip
        """Embed the used characters; ``fonts``, a folder, must stay until the PDF is put out."""
        super().__init__(format=size, unit="mm")
        self.set_auto_page_break(False)
        self.set_creation_date(made_at)
        self.set_title(title)
        self.set_lang("zh-Hans")
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        used = {char for page in pages for mark in page.marks for char in mark.text}
        file = fonts / "text.ttf"
        file.write_bytes(font_file(frozenset(used), "text"))
        self.add_font("text", fname=file)

    def put(self, page: Page, modules: Matrix) -> None:
        """Draw one page."""
        self.add_page()
        for box in page.boxes:
            self.set_fill_color(*_TONES[box.tone])
            self.rect(box.x, box.y, box.width, box.height, style="F")
        for mark in page.marks:
            self.set_font("text", size=mark.size * POINTS_PER_MM)
            self.set_text_color(*_TONES[mark.tone])
            self.set_draw_color(*_TONES[mark.tone])
            if mark.bold:
                with self.local_context(
                    text_mode="FILL_STROKE", line_width=_BOLD * mark.size * POINTS_PER_MM / 2.83
                ):
                    self.text(mark.x, mark.y, mark.text)
            else:
                self.text(mark.x, mark.y, mark.text)
        if page.symbol is not None:
            self._symbol(page.symbol, modules)

    def _symbol(self, square: Box, modules: Matrix) -> None:
        """Ink the QR symbol as one path in units of a module, so that no hairline shows."""
        module = square.width / (len(modules) + 2 * QUIET_MODULES)
        left = square.x + QUIET_MODULES * module
        top = self.h - square.y - QUIET_MODULES * module
        scale = module * POINTS_PER_MM
        boxes = " ".join(f"{x} {y} {length} 1 re" for x, y, length in runs(modules))
        self._out(
            f"q 0 g {scale:.5f} 0 0 {-scale:.5f} "
            f"{left * POINTS_PER_MM:.4f} {top * POINTS_PER_MM:.4f} cm {boxes} f Q"
        )
