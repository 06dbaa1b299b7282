"""The certificate of analysis as PDF: drawn, signed, and checked again without any network.

The same certificate and key give the same bytes. The content travels inside as `report.json` in
canonical form, its Ed25519 signature as `report.sig`: so a checker can draw the pages again from
the signed content and see that they say the same.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from fpdf import FPDF, ViewerPreferences

from core.record.canonical import canonical
from labels.analysis import Analysis, analysis_of, content_of
from labels.analysis_layout import HIGH, WIDE, Box, Page
from labels.analysis_pages import TITLE, compose
from labels.digital_link import best_level
from labels.fonts import DrawingError, font_file
from labels.report_address import report_url
from labels.report_key import PublicKey, ReportKey
from labels.symbols import QUIET_MODULES, Matrix, matrix, runs

__all__ = ["Checked", "check", "draw"]

_POINTS_PER_MM = 72 / 25.4
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
_CONTENT, _SIGNATURE = "report.json", "report.sig"


def draw(analysis: Analysis, key: ReportKey, origin: str) -> bytes:
    """Print and sign a certificate; `origin` is what its QR opens, https://HOST.

    MissingGlyph for a character that the font lacks.
    """
    content = canonical(content_of(analysis))
    signature = {
        "algorithm": "Ed25519",
        "key": key.public.key,
        "origin": origin,
        "signature": key.sign(content).hex(),
    }
    return _drawn(analysis, content, signature)


def _drawn(analysis: Analysis, content: bytes, signature: dict[str, str]) -> bytes:
    link = report_url(signature["origin"], analysis.address)
    digest = hashlib.sha256(content).hexdigest()
    pages = compose(analysis, link, digest, signature["key"])
    with TemporaryDirectory() as fonts:
        paper = _Paper(analysis, pages, Path(fonts))
        level, _ = best_level(link, Decimal(24))
        for page in pages:
            paper.put(page, matrix(link, level))
        paper.embed_file(bytes=content, basename=_CONTENT, mime_type="application/json")
        paper.embed_file(
            bytes=canonical(signature), basename=_SIGNATURE, mime_type="application/json"
        )
        return bytes(paper.output())


class _Paper(FPDF):
    """A PDF of A4 pages."""

    def __init__(self, analysis: Analysis, pages: Sequence[Page], fonts: Path) -> None:
        """Embed the used characters; ``fonts``, a folder, must stay until the PDF is put out."""
        super().__init__(format=(WIDE, HIGH), unit="mm")
        self.set_auto_page_break(False)
        self.set_creation_date(analysis.as_of)
        self.set_title(f"{TITLE} {analysis.number}")
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
            self.set_font("text", size=mark.size * _POINTS_PER_MM)
            self.set_text_color(*_TONES[mark.tone])
            self.set_draw_color(*_TONES[mark.tone])
            if mark.bold:
                with self.local_context(
                    text_mode="FILL_STROKE", line_width=_BOLD * mark.size * _POINTS_PER_MM / 2.83
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
        scale = module * _POINTS_PER_MM
        boxes = " ".join(f"{x} {y} {length} 1 re" for x, y, length in runs(modules))
        self._out(
            f"q 0 g {scale:.5f} 0 0 {-scale:.5f} "
            f"{left * _POINTS_PER_MM:.4f} {top * _POINTS_PER_MM:.4f} cm {boxes} f Q"
        )


# --- checking -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Checked:
    """What a file turned out to be: what it says, and whether its pages say the same.

    `same_pages` is False for a file that was saved anew by another program, too.
    """

    analysis: Analysis
    digest: str
    key: str
    same_pages: bool


class CheckError(DrawingError):
    """A file that is no certificate, or whose signature does not fit."""


def check(pdf: bytes, keys: Iterable[PublicKey]) -> Checked:
    """Read a certificate and verify it with one of these keys; CheckError says what is wrong."""
    content = _attached(pdf, _CONTENT)
    try:
        signature = json.loads(_attached(pdf, _SIGNATURE))
        signed = bytes.fromhex(signature["signature"])
        analysis = analysis_of(json.loads(content))
        key = str(signature["key"])
    except (ValueError, KeyError, TypeError) as broken:
        raise CheckError(
            "文件里的报告内容或签名读不出来，可能被改过。",
            "The report's content or signature in the file cannot be read; it may be altered.",
        ) from broken
    known = next((one for one in keys if one.key == key), None)
    if known is None:
        raise CheckError(
            f"没有密钥 {key} 的公钥；请从出具报告的网站取来，用 --key 给出。",
            f"The public key {key} is not here; get it from the issuing site, give it as --key.",
        )
    if not known.verifies(content, signed):
        raise CheckError(
            "签名和内容对不上：这份文件的内容被改过。",
            "The signature does not fit: the content of this file was altered.",
        )
    digest = hashlib.sha256(content).hexdigest()
    return Checked(analysis, digest, key, _drawn(analysis, content, signature) == pdf)


def _attached(pdf: bytes, name: str) -> bytes:
    """The bytes of a file embedded by `draw`; CheckError where there is none of this name."""
    wanted = name.rpartition(".")[2]
    order = {"json": 0, "sig": 1}[wanted]
    found = list(_EMBEDDED.finditer(pdf))
    if len(found) <= order:
        raise CheckError(
            "文件里没有报告内容：这不是本站出具的检验报告，或者用别的程序另存过。",
            "The file holds no report content: not a certificate of ours, or saved anew by "
            "another program.",
        )
    start = found[order].end()
    return pdf[start : start + int(found[order]["length"])]


_EMBEDDED = re.compile(
    rb"<<(?:(?!>>\s*stream|endobj).)*?/Length (?P<length>\d+)"
    rb"(?:(?!>>\s*stream|endobj).)*?/Type /EmbeddedFile(?:(?!>>\s*stream|endobj).)*?>>\s*stream\r?\n",
    re.DOTALL,
)
