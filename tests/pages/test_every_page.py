"""Every page that anybody can reach by links is free of axe violations, at both sizes.

PICTURES=folder keeps a screenshot of each.
"""

import os
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from tests.pages.walking import (
    SIZES,
    Fault,
    faults_of,
    kind_of,
    links,
    opened,
    picture,
    session_cookie,
)

PICTURES = Path(os.environ["PICTURES"]) if os.environ.get("PICTURES") else None
MOST_OF_A_KIND = 2
EXPECTED = {"nobody": 4, "producer": 6, "inspector": 5, "authority": 8}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("role", EXPECTED)
def test_no_page_has_a_violation(
    browser: Browser, sample_app: Flask, address: str, role: str, size: str
) -> None:
    context = opened(browser, address, session_cookie(sample_app, role), size)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.on("dialog", lambda dialog: said.append(f"{page.url}: dialog {dialog.message}"))
    waiting, seen, kinds = ["/"], {"/"}, dict[str, int]()
    faults: list[Fault] = []
    while waiting:
        path = waiting.pop(0)
        answer = page.goto(address + path)
        assert answer is not None
        assert answer.status < 500, path
        if answer.status >= 400:
            faults.append(Fault(path, size, f"answers {answer.status}"))
        faults += faults_of(page, path, size)
        picture(page, PICTURES, f"{role}-{size}-{len(seen):03d}{kind_of(path).replace('/', '_')}")
        for link in links(page, address):
            kind = kind_of(link)
            if link not in seen and kinds.get(kind, 0) < MOST_OF_A_KIND:
                kinds[kind] = kinds.get(kind, 0) + 1
                seen.add(link)
                waiting.append(link)
    context.close()
    assert faults == []
    assert said == []
    assert len(kinds) >= EXPECTED[role], kinds
