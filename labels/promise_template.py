"""The template of the certificate of promise: data in promise_template.yaml, read and checked once."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

from core.words import Words
from labels.promises import BASIS, PRODUCER_FORM, PURCHASER_FORM, ScopeRow, Within

FILE = Path(__file__).parent / "promise_template.yaml"


@dataclass(frozen=True, slots=True)
class PromiseForm:
    """One of the forms: who gives it, and the promises word for word."""

    key: str
    name: Words
    lead: Words
    promises: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class PaperSize:
    """What it may be printed on, in millimetres."""

    key: str
    name: Words
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Template:
    """Everything that is printed and that is the same for all; `months` is how long it is kept."""

    version: str
    measures: str
    measures_title: str
    in_force: date
    title: Words
    official_form: Words
    months: int
    months_certainty: str
    forms: tuple[PromiseForm, ...]
    basis: tuple[tuple[str, Words], ...]
    papers: tuple[PaperSize, ...]
    scope: tuple[ScopeRow, ...]
    unlisted: Words

    def form(self, key: str) -> PromiseForm:
        """The form of a key."""
        return next(form for form in self.forms if form.key == key)

    def paper(self, key: str) -> PaperSize | None:
        """The paper of a key, None for an unknown one."""
        return next((paper for paper in self.papers if paper.key == key), None)

    def english(self, text: str) -> str:
        """Our English of a text that was printed; the text itself where the template has no more."""
        said = [words for form in self.forms for words in (form.lead, *form.promises)]
        said += [words for _key, words in self.basis] + [self.title]
        return next((words.en for words in said if words.zh == text), text)


@cache
def template() -> Template:
    """The template of this house. ValueError where the file is not whole."""
    data: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    made = Template(
        version=data["version"],
        measures=data["measures"]["number"],
        measures_title=data["measures"]["title"],
        in_force=date.fromisoformat(data["measures"]["in_force"]),
        title=_words(data["title"]),
        official_form=_words(data["official_form"]),
        months=data["retention"]["months"],
        months_certainty=data["retention"]["certainty"],
        forms=tuple(_form(row) for row in data["forms"]),
        basis=tuple((row["key"], _words(row["text"])) for row in data["basis"]),
        papers=tuple(_paper(row) for row in data["papers"]),
        scope=tuple(_scope_row(row) for row in data["scope"]),
        unlisted=_words(data["unlisted"]),
    )
    if tuple(key for key, _text in made.basis) != BASIS:
        raise ValueError(f"{FILE.name}: basis")
    if {form.key for form in made.forms} != {PRODUCER_FORM, PURCHASER_FORM}:
        raise ValueError(f"{FILE.name}: forms")
    return made


def _words(row: dict[str, str]) -> Words:
    return Words(row["zh"], row["en"])


def _form(row: dict[str, Any]) -> PromiseForm:
    promises = tuple(_words(one) for one in row["promises"])
    return PromiseForm(row["key"], _words(row["name"]), _words(row["lead"]), promises)


def _paper(row: dict[str, Any]) -> PaperSize:
    return PaperSize(row["key"], _words(row["name"]), row["width"], row["height"])


def _scope_row(row: dict[str, Any]) -> ScopeRow:
    if row["within"] not in ("in", "out", "open"):
        raise ValueError(f"{FILE.name}: scope {row['within']}")
    return ScopeRow(
        products=tuple(row["products"]),
        categories=tuple(row["categories"]),
        forms=tuple(row["forms"]),
        within=cast(Within, row["within"]),
        item=row["item"],
        certainty=row["certainty"],
        reason=_words(row["reason"]),
    )
