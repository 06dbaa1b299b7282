"""Forms: read what was typed through the same schemas as the API, and keep it on the page."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, make_response, request
from marshmallow import Schema, ValidationError

from core.errors import FieldFault, Invalid, Refusal
from core.http.language import language
from core.http.problems import faults_of_messages, status_of
from core.words import Words

_HIDDEN = frozenset({"csrf_token", "_key", "_version"})


class Entered:
    """What a person typed into a form, and what is wrong with it."""

    def __init__(self, faults: Sequence[FieldFault] = (), sentence: Words | None = None) -> None:
        self.values = request.form
        self.faults = tuple(faults)
        self.sentence = sentence

    def value(self, name: str, default: str = "") -> str:
        """What was typed into a box; `default` where the form was not sent yet."""
        return self.values.get(name, default) if self.values else default

    def values_of(self, name: str) -> list[str]:
        """Everything chosen in a field with several values."""
        return self.values.getlist(name)

    def error(self, name: str) -> str:
        """What is wrong with the box `name` ('quantity', 'results/0/typed'), or nothing."""
        wanted = "/" + name.strip("/")
        said = (f.message for f in self.faults if f.pointer == wanted)
        return next((words.said_in(language()) for words in said), "")

    @property
    def problems(self) -> list[tuple[str | None, str]]:
        """For the summary above the form: (field id or none, sentence)."""
        tongue = language()
        listed: list[tuple[str | None, str]] = [
            (f.pointer.strip("/").replace("/", "-") or None, f.message.said_in(tongue))
            for f in self.faults
        ]
        if not listed and self.sentence is not None:
            listed = [(None, self.sentence.said_in(tongue))]
        return listed


def loaded(schema: Schema, values: dict[str, Any] | None = None) -> dict[str, Any]:
    """The form's boxes through `schema`; an empty box is absent. Raises Invalid naming the boxes."""
    given = (
        {k: v for k, v in request.form.items() if k not in _HIDDEN and v.strip()}
        if values is None
        else values
    )
    try:
        made: dict[str, Any] = schema.load(given)
    except ValidationError as broken:
        faults = tuple(faults_of_messages(broken.messages))
        raise Invalid(
            "invalid",
            Words("请更正标红的几栏，您填的还在。", "Please correct the marked fields."),
            faults,
        ) from broken
    return made


def attempt(do: Callable[[], Any], again: Callable[[Entered], str]) -> Response:
    """Do it, or show the form again with what was typed and why it was refused.

    `do` gives the answer (a redirect); `again` renders the page for an Entered.
    """
    try:
        return make_response(do())
    except Refusal as refusal:
        page = again(Entered(refusal.faults, refusal.detail))
        return make_response(page, status_of(refusal))
