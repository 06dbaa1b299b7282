"""The certificate of analysis as PDF: drawn, signed, and checked again without any network.

The same certificate and key give the same bytes. The content travels inside as `report.json` in
canonical form, its Ed25519 signature as `report.sig`: so a checker can draw the pages again from
the signed content and see that they say the same.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from core.record.canonical import canonical
from labels.analysis import Analysis, analysis_of, content_of
from labels.analysis_pages import TITLE, compose
from labels.digital_link import best_level
from labels.fonts import DrawingError
from labels.paper import Paper
from labels.report_address import report_url
from labels.report_key import PublicKey, ReportKey
from labels.symbols import matrix

__all__ = ["Checked", "check", "draw"]

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
        title = f"{TITLE} {analysis.number}"
        paper = Paper(title, analysis.as_of, pages, Path(fonts))
        level, _ = best_level(link, Decimal(24))
        for page in pages:
            paper.put(page, matrix(link, level))
        paper.embed_file(bytes=content, basename=_CONTENT, mime_type="application/json")
        paper.embed_file(
            bytes=canonical(signature), basename=_SIGNATURE, mime_type="application/json"
        )
        return bytes(paper.output())


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
