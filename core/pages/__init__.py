"""The look: one stylesheet, the base templates, the parts they are built of, and their drawings."""

import hashlib
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment

from core.pages import drawing, typography

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"

_DESKS_BEGIN = "/* ---------- 5 desks"
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_BLANKS = re.compile(r"\s+")
_AROUND = re.compile(r"\s*([{};,>])\s*")


def furnish(environment: Environment) -> None:
    """Give templates the filters of typography, `drawing`, and the stylesheet's functions.

    To be called once, before the first template is loaded; the folder TEMPLATES must be on the
    loader's path. parts.html says which other globals it needs.
    """
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    environment.filters.update(typography.FILTERS)
    environment.globals.update(
        drawing=drawing, passport_css=passport_css, style_version=style_version
    )


@cache
def passport_css() -> str:
    """Sections 1 to 4 of the stylesheet without comments and blanks, for a passport's own `<style>`.

    ValueError if the stylesheet has lost the mark where section 5 begins.
    """
    css, mark, _ = _stylesheet().partition(_DESKS_BEGIN)
    if not mark:
        raise ValueError(f"style.css has no line that begins with {_DESKS_BEGIN!r}")
    return smaller(css)


@cache
def style_version() -> str:
    """What changes when the stylesheet changes, for its address."""
    return hashlib.sha256(_stylesheet().encode()).hexdigest()[:12]


def smaller(css: str) -> str:
    """The same rules in fewer bytes: no comments, no blanks but those that mean something."""
    css = _BLANKS.sub(" ", _COMMENT.sub("", css))
    css = _AROUND.sub(r"\1", css).replace(": ", ":").replace(";}", "}")
    return css.strip()


def _stylesheet() -> str:
    return (STATIC / "style.css").read_text(encoding="utf-8")
