"""The English of the pages: Chinese sentences in the source, English ones in one catalogue.

`python -m tests.house.translations` (`make translations`) looks for every _() again, rewrites
messages.po with what it finds (old translations stay, unused ones go), compiles messages.mo beside
it, and says what has no English yet. test_translations.py keeps both true.
"""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
PO = ROOT / "desks" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
MO = PO.with_suffix(".mo")
FLOORS = ("core", "products", "trace", "labels", "desks")
TEMPLATES = "**/templates/**.html"
METHODS = [("**.py", "python"), (TEMPLATES, "jinja2")]
# trim_blocks and lstrip_blocks as core.pages.furnish sets them; a template with a fault stops us.
OPTIONS = {TEMPLATES: {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
HEAD = """\
# English of the pages. `make translations` rewrites this file from the source: change msgstr only.
# No double quotes, no <, > or &: the sentences go into pages and their attributes as they are.
msgid ""
msgstr ""
"Language: en\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""

Sentence = str | tuple[str, ...]
"""A sentence, or a singular and a plural."""


def forms(sentence: Sentence) -> tuple[str, ...]:
    """The one form of a sentence, or both."""
    return (sentence,) if isinstance(sentence, str) else tuple(sentence)


def sentence(text: str | Iterable[str]) -> Sentence:
    """What Babel gives as a list or a tuple, as a key."""
    return text if isinstance(text, str) else tuple(text)


@cache
def asked() -> tuple[Sentence, ...]:
    """Every sentence that the source wraps in _() or ngettext(), once each, sorted.

    Raises jinja2.TemplateSyntaxError for a template that cannot be read.
    """
    found: set[Sentence] = set()
    for floor in FLOORS:
        rows = extract_from_dir(ROOT / floor, METHODS, OPTIONS, keywords=KEYWORDS)
        found.update(sentence(one) for _, _, one, _, _ in rows)
    return tuple(sorted(found, key=forms))


def catalogue() -> list[Message]:
    """The messages of the .po, without its head."""
    with PO.open("rb") as file:
        return [one for one in read_po(file, locale="en") if one.id]


def english_of(messages: list[Message]) -> dict[Sentence, Sentence]:
    """What each sentence is in English; empty where nobody has said it yet."""
    return {sentence(one.id): sentence(one.string or "") for one in messages}


def filled(english: dict[Sentence, Sentence]) -> Catalog:
    """A catalogue of everything asked for, with the English there is."""
    made = Catalog(locale="en", creation_date=datetime(2026, 1, 1, tzinfo=UTC))
    for one in asked():
        made.add(one, english.get(one, "" if isinstance(one, str) else ("", "")))
    return made


def po_text(made: Catalog) -> str:
    """The .po: no dates, no places in the source, no wrapped lines, so that changes read well."""
    file = BytesIO()
    write_po(file, made, width=0, no_location=True, omit_header=True, sort_output=True)
    return HEAD + file.getvalue().decode()


def main() -> None:
    """Write both files; exit 1 and name the sentences that have no English yet."""
    english = english_of(catalogue())
    made = filled(english)
    PO.write_text(po_text(made), encoding="utf-8")
    with MO.open("wb") as file:
        write_mo(file, made)
    missing = [one for one in asked() if not all(forms(english.get(one, "")))]
    sys.stdout.writelines(f"no English yet: {forms(one)[0]}\n" for one in missing)
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
