"""The judge in the browser says what the judge on the server says, word for word."""

import random
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from core.pages import STATIC
from desks.judge_data import limit_row, unit_rows
from tests.rules.judge_vectors import Vector, python_says, vectors

_ANSWERS = """async ([units, cases]) => {
  const {answer, useUnits} = await import('/judge/judge.js');
  useUnits(units);
  return cases.map(([limit, result]) => {
    const {finding, code, read, value, reason} = answer(limit, result);
    return {finding, code, read, value: value || '', reason};
  });
}"""
_SIGNS = [*"0123456789", *"0123456789", *".<+-,;:、；（）()＜。．－０５％%eE /", "未检出", "ND",
          "n.d.", "检出限", "LOD", "符合", "不符合", "是", "yes", "No", "\u3000", "\u00a0", "\n",
          "\u200b", "²", "ß", "08:00 ", "2026-11-20T"]  # fmt: skip
_UNITS = ["", "mg/kg", "μg/kg", "µg/kg", "%", "%（质量分数）", "g/100g", "℃", "°C", "mm", "斤", "h",
          "min", "ppm", "—"]  # fmt: skip


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page of a server of nothing but the static files."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(STATIC)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    opened = browser.new_page()
    opened.goto(f"http://127.0.0.1:{server.server_port}/style.css")
    yield opened
    opened.close()
    server.shutdown()
    thread.join(10)
    server.server_close()


def _browser_says(page: Page, asked: list[Vector]) -> list[dict[str, Any]]:
    cases = [[limit_row(v.bound, v.unit), {"unit": v.unit, **v.typed}] for v in asked]
    said: list[dict[str, Any]] = page.evaluate(_ANSWERS, [unit_rows(), cases])
    return said


def _differences(page: Page, asked: list[Vector]) -> list[str]:
    pairs = zip(asked, _browser_says(page, asked), strict=True)
    return [
        f"{vector.name} {vector.typed}:\n  browser {there}\n  python  {here}"
        for vector, there in pairs
        if there != (here := python_says(vector).as_dict())
    ]


def test_every_vector_is_answered_in_the_browser_as_in_python(page: Page) -> None:
    asked = vectors()
    assert len(asked) >= 400
    assert not (wrong := _differences(page, asked)), "\n".join(wrong[:20])


def test_the_browser_answers_every_vector_as_published(page: Page) -> None:
    asked = vectors()
    said = _browser_says(page, asked)
    assert [(one["finding"], one["code"]) for one in said] == [(v.finding, v.code) for v in asked]
    read = [(v.name, v.read, one["read"]) for v, one in zip(asked, said, strict=True) if v.read]
    assert [name for name, want, got in read if got is None or got[0] != want] == []


def _scrambled(chance: random.Random, known: list[Vector]) -> Vector:
    """A vector with a text or unit that nobody chose."""
    one = chance.choice(known)
    typed = dict(one.typed)
    if chance.random() < 0.5:
        typed["typed"] = "".join(chance.choices(_SIGNS, k=chance.randint(0, 7)))
    else:
        text = list(typed["typed"])[:40]
        text.insert(chance.randint(0, len(text)), chance.choice(_SIGNS))
        typed["typed"] = "".join(text)
    if chance.random() < 0.2:
        typed["unit"] = chance.choice(_UNITS)
    if chance.random() < 0.2:
        typed["detection_limit"] = "".join(chance.choices("0123.5<", k=3))
    if chance.random() < 0.1:
        typed |= {"uncertainty": chance.choice(["0.1", "1", "x", "0"]), "guarded": True}
    return Vector("scrambled", one.limit, typed, "")


@pytest.mark.parametrize("seed", range(4))
def test_what_nobody_thought_of_is_answered_alike_too(page: Page, seed: int) -> None:
    chance, known = random.Random(seed), vectors()
    asked = [_scrambled(chance, known) for _ in range(1500)]
    assert not (wrong := _differences(page, asked)), "\n".join(wrong[:10])
