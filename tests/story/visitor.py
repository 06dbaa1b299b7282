"""Somebody who talks to the house over HTTP: a person with a browser, a program with a token."""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import (
    HTTPCookieProcessor,
    HTTPRedirectHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

API = "/api/v1"
PATIENCE = 60.0
_FORM_KEY = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Refused(Exception):
    """The house answered something else than was asked for."""


class _Stay(HTTPRedirectHandler):
    """A redirect is an answer to be looked at."""

    def redirect_request(self, *_: object) -> None:
        return None


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def sentence(self) -> str:
        """Why it was refused, for people (RFC 9457)."""
        said: Mapping[str, Any] = self.json
        fields = [fault["message"] for fault in said.get("errors", ())]
        return f"{self.status} {'；'.join(fields) or said['detail']}"


@dataclass
class Visitor:
    """`token` is that of a program; a browser goes without one and keeps cookies."""

    origin: str
    token: str = ""
    english: bool = False
    party: str = ""
    opener: OpenerDirector = field(init=False)

    def __post_init__(self) -> None:
        cookies = HTTPCookieProcessor(CookieJar())
        self.opener = build_opener(ProxyHandler({}), cookies, _Stay())

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """One request; every status is an answer. Raises OSError where nobody listens."""
        sent = {"Accept-Language": "en" if self.english else "zh"}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(self.origin + path, body, sent, method=method)
        try:
            with self.opener.open(request, timeout=PATIENCE) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except HTTPError as refused:
            with refused:
                return Answer(refused.code, refused.headers, refused.read())

    def get(self, path: str, **headers: str) -> Answer:
        """GET of any path."""
        return self.ask("GET", path, None, **headers)

    def read(self, path: str) -> Any:
        """JSON of a path under the API; raises Refused where it is not there."""
        return self._wanted(self.get(API + path), path).json

    def send(self, path: str, body: Mapping[str, Any], method: str = "POST", **more: str) -> Answer:
        """JSON to a path under the API, with a key of its own."""
        headers = {"Content_Type": "application/json", "Idempotency_Key": str(uuid.uuid4())}
        return self.ask(method, API + path, json.dumps(body).encode(), **headers, **more)

    def make(self, path: str, body: Mapping[str, Any], method: str = "POST", **more: str) -> Any:
        """The same where it must succeed: what was made."""
        return self._wanted(self.send(path, body, method, **more), path).json

    def upload(self, name: str, content: bytes, media_type: str) -> str:
        """Store a file; its id."""
        line = uuid.uuid4().hex
        head = (
            f'--{line}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: {media_type}\r\n\r\n"
        )
        body = head.encode() + content + f"\r\n--{line}--\r\n".encode()
        headers = {
            "Content_Type": f"multipart/form-data; boundary={line}",
            "Idempotency_Key": str(uuid.uuid4()),
        }
        stored = self.ask("POST", f"{API}/documents", body, **headers)
        return str(self._wanted(stored, name).json["id"])

    def fill_in(self, path: str, **boxes: str) -> Answer:
        """Open a page with a form and send it back with these boxes filled in."""
        key = form_key(self._wanted(self.get(path), path))
        boxes = {"csrf_token": key, "_key": str(uuid.uuid4()), **boxes}
        body = urlencode(boxes).encode()
        return self.ask("POST", path, body, Content_Type="application/x-www-form-urlencoded")

    def _wanted(self, answer: Answer, path: str) -> Answer:
        if answer.status >= 300:
            raise Refused(f"{path}: {answer.status} {answer.text[:600]}")
        return answer


def form_key(page: Answer) -> str:
    """The hidden key of a page's forms; raises Refused where the page has none."""
    found = _FORM_KEY.search(page.text)
    if found is None:
        raise Refused("the page has no form")
    return found[1]
