"""Filling forms as a person would: open the page, take the form as it stands, change boxes, send."""

from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class Form:
    """One form of a page: where it goes and what stands in its boxes."""

    def __init__(self, action: str, method: str) -> None:
        self.action, self.method = action, method
        self.boxes: dict[str, list[str]] = {}

    def put(self, name: str, value: str) -> None:
        """One more value of a box."""
        self.boxes.setdefault(name, []).append(value)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.inside: Form | None = None
        self.select = self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = Form(said.get("action", ""), said.get("method", "get"))
            self.forms.append(self.inside)
        elif self.inside is not None:
            self._box(tag, said, self.inside)

    def _box(self, tag: str, said: dict[str, str], form: Form) -> None:
        name = said.get("name", "")
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select and self.select not in form.boxes:
            form.put(self.select, said.get("value", ""))
        elif tag == "option" and self.select and "selected" in said:
            form.boxes[self.select] = [said.get("value", "")]
        elif tag == "textarea":
            self.area = name
            form.put(name, "")
        elif tag == "input" and name and _counts(said):
            form.put(name, said.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.area and self.inside is not None:
            self.inside.boxes[self.area] = [self.inside.boxes[self.area][0] + data]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = None
        elif tag == "select":
            self.select = ""
        elif tag == "textarea" and self.inside is not None:
            self.inside.boxes[self.area] = [self.inside.boxes[self.area][0].removeprefix("\n")]
            self.area = ""


def _counts(said: dict[str, str]) -> bool:
    """Whether a browser would send this box as it stands."""
    ticked = said.get("type") not in ("checkbox", "radio") or "checked" in said
    return ticked and said.get("type") != "file"


def forms_of(html: str) -> list[Form]:
    """Every form of a page."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms


def form_on(
    browser: FlaskClient, page: str, action: str, holding: Iterable[tuple[str, str]] = ()
) -> Form:
    """The form of a page that goes to `action` (its end) and holds these values."""
    answer = browser.get(page)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found = [
        form
        for form in forms_of(answer.get_data(as_text=True))
        if urlsplit(form.action).path.endswith(action)
        and all(value in form.boxes.get(name, ()) for name, value in holding)
    ]
    assert len(found) == 1, [form.action for form in found] or f"no form to {action} on {page}"
    return found[0]


def send(browser: FlaskClient, form: Form, **changed: Any) -> TestResponse:
    """Send a form with some of its boxes changed; None leaves a box away."""
    boxes: dict[str, Any] = {**form.boxes, **changed}
    sent = {name: value for name, value in boxes.items() if value is not None}
    return browser.post(form.action, data=sent)
