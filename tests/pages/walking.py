"""Walking through the house as somebody: signing in, following links, looking at each page."""

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select

from core.clock import now
from core.database.engine import db
from core.identity.models import Account, AccountRole, SignIn
from core.identity.signing_in import key_digest

SIZES = {"phone": (360, 640), "desktop": (1280, 900)}
EVERY_SIZE = {**SIZES, "tablet": (820, 1180)}
_ID = re.compile(
    r"(?<=/products/)[a-z-]+|[0-9a-f]{8}-[0-9a-f-]{27}|/\d+(?=/|$)|[A-Z]{2,6}-\d{8}-\d+"
)
_NOT_PAGES = (".png", ".svg", ".pdf", ".json", ".csv", ".xlsx", "/content", "/A/keys")


# The elements that reach beyond the window, by tag and class.
_WIDEST = """() => [...document.querySelectorAll('body *')]
  .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(e => e.tagName + '.' + e.className + ' ' + e.textContent.trim().slice(0, 30)).slice(0, 6)"""


@dataclass(frozen=True)
class Fault:
    """Something wrong with one page at one size."""

    path: str
    size: str
    what: str


def session_cookie(app: Flask, role: str) -> str | None:
    """The cookie of somebody of the sample house who holds `role`; None for nobody."""
    if role == "nobody":
        return None
    key = secrets.token_urlsafe(32)
    with app.app_context():
        account = db.session.scalars(
            select(Account.id)
            .join(AccountRole, AccountRole.account_id == Account.id)
            .where(AccountRole.role == role)
            .order_by(Account.created_at, Account.login)
        ).first()
        db.session.add(SignIn(account_id=account, key_sha256=key_digest(key), began_at=now()))
        db.session.commit()
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    made: str = serializer.dumps({"_user_id": key, "_fresh": True, "seen": int(now().timestamp())})
    return made


def opened(
    browser: Browser, address: str, cookie: str | None, size: str, **more: str
) -> BrowserContext:
    """A browser window of a size, signed in where there is a cookie."""
    width, height = EVERY_SIZE[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, **{"locale": "zh-CN", **more}
    )  # type: ignore[arg-type]
    if cookie is not None:
        context.add_cookies([{"name": "biaoyuan", "value": cookie, "url": address}])
    return context


def links(page: Page, address: str) -> Iterator[str]:
    """The pages of ours that this one links to."""
    for href in page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))"):
        target = urldefrag(urljoin(page.url, href)).url
        path = urlsplit(target)
        if (
            target.startswith(address)
            and not path.path.endswith(_NOT_PAGES)
            and "f=json" not in target
        ):
            yield target.removeprefix(address)


def kind_of(path: str) -> str:
    """Pages that differ only in an id are of one kind."""
    return _ID.sub("*", urlsplit(path).path)


def faults_of(page: Page, path: str, size: str) -> list[Fault]:
    """What axe finds, and whether the page scrolls sideways."""
    found = [
        Fault(
            path,
            size,
            f"{rule['id']}: {rule['help']} {json.dumps([n['target'] for n in rule['nodes']])[:300]}",
        )
        for rule in Axe().run(page).response["violations"]
    ]
    wide = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    if wide > 0:
        found.append(Fault(path, size, f"scrolls sideways by {wide} px: {page.evaluate(_WIDEST)}"))
    return found


def picture(page: Page, folder: Path | None, name: str) -> None:
    """A screenshot of the whole page, where somebody wants to look."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", full_page=True)
