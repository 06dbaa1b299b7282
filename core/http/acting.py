"""One request, one act: `current_act` for reading, `@writes` for one transaction with one key.

Every write carries an Idempotency-Key (a form: the hidden field `_key`). The answer is kept with
what was written, in the same transaction, for 400 days: the same key with the same body gets the
same answer, another body is refused (promise 6).
"""

import functools
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ParamSpec

from flask import Response, g, json, make_response, request
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from core.act import NOBODY, Act, Actor, transaction
from core.database.engine import db
from core.errors import Conflict, Invalid, Malformed, Refusal
from core.identity.models import AnsweredRequest
from core.record.attempts import count_attempts
from core.words import Words

KEEP_ANSWERS = timedelta(days=400)
_KEPT_HEADERS = ("Location", "ETag", "Content-Type")
PIN = "pin"
"""Left out of what is kept of a request: of six digits a quick hash would hide nothing."""
P = ParamSpec("P")


class _Answered(Exception):
    """Carries a response out of a transaction that must not be committed."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


def current_actor() -> Actor:
    """The one who acts in the present request."""
    actor = g.get("actor")
    return actor if isinstance(actor, Actor) else NOBODY


def current_act() -> Act:
    """The act of the present request: the writing one inside `@writes`, else one for reading."""
    act = g.get("act")
    if not isinstance(act, Act):
        act = Act(db.session, current_actor())
    return act


def writes(view: Callable[P, Any]) -> Callable[P, Response]:
    """Let `view` run in one transaction under the request's idempotency key.

    An answer of 400 and above undoes everything and is not kept, so that the client may try again.
    """

    @functools.wraps(view)
    def once(*args: P.args, **kwargs: P.kwargs) -> Response:
        actor, key, fingerprint = current_actor(), _key(), _fingerprint()
        owner = str(actor.party) if actor.party else f"nobody:{request.path}"[:80]
        begun: list[Act] = []
        try:
            with transaction(db.session, actor) as act:
                begun.append(act)
                g.act = act
                if not _reserve(act, owner, key, fingerprint):
                    raise _Answered(_again(act.session, owner, key, fingerprint))
                answer = make_response(view(*args, **kwargs))
                if answer.status_code >= 400:
                    raise _Answered(answer)
                _keep(act.session, owner, key, answer)
            return answer
        except _Answered as answered:
            _count(begun)
            return answered.response
        except Refusal:
            _count(begun)
            raise
        finally:
            g.pop("act", None)

    return once


def _count(begun: list[Act]) -> None:
    """Count what was tried in an act that is undone."""
    for act in begun:
        if act.attempts and act.actor.party is not None:
            who = (act.actor.party, act.actor.account)
            count_attempts(act.session, act.attempts, who, act.at)


def _key() -> str:
    key = request.headers.get("Idempotency-Key") or request.form.get("_key", "")
    if not 8 <= len(key) <= 64 or not key.isascii() or not key.isprintable():
        raise Malformed(
            "idempotency-key-missing",
            Words(
                "请带 Idempotency-Key（8 至 64 个字符，例如 UUID），重发时用同一个。",
                "Send an Idempotency-Key (8 to 64 characters, such as a UUID), the same on a retry.",
            ),
        )
    return key


def _fingerprint() -> str:
    seen = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if request.form or request.files:
        pairs = [(k, v) for k, v in request.form.items(multi=True) if k not in ("csrf_token", PIN)]
        seen.update(json.dumps(sorted(pairs)).encode())
        for name, file in sorted(request.files.items(multi=True), key=lambda pair: pair[0]):
            seen.update(name.encode() + hashlib.file_digest(file.stream, "sha256").digest())  # type: ignore[arg-type]  # werkzeug's stream is a binary file
            file.stream.seek(0)
    else:
        seen.update(_without_pin(request.get_data(cache=True)))
    return seen.hexdigest()


def _without_pin(body: bytes) -> bytes:
    if f'"{PIN}"'.encode() not in body:
        return body
    said = request.get_json(silent=True)
    if not isinstance(said, dict):
        return b""
    return json.dumps({k: v for k, v in said.items() if k != PIN}, sort_keys=True).encode()


def _reserve(act: Act, owner: str, key: str, fingerprint: str) -> bool:
    """Put the key down; False where it already stands (another transaction is waited for)."""
    engine = act.session.get_bind().dialect.name
    make = postgresql_insert if engine == "postgresql" else sqlite_insert
    row = {"owner": owner, "key": key, "request_sha256": fingerprint, "at": act.at}
    put = make(AnsweredRequest).values(row).on_conflict_do_nothing()
    return act.session.scalar(put.returning(AnsweredRequest.key)) is not None


def _again(session: Session, owner: str, key: str, fingerprint: str) -> Response:
    kept = session.execute(
        select(AnsweredRequest).where(AnsweredRequest.owner == owner, AnsweredRequest.key == key)
    ).scalar_one()
    if kept.request_sha256 != fingerprint:
        raise Invalid(
            "idempotency-key-reused",
            Words(
                "这个 Idempotency-Key 已经用于另一个请求，请换一个。",
                "This Idempotency-Key was used for another request; take a new one.",
            ),
        )
    if kept.status is None:
        raise Conflict(
            "in-progress", Words("同一请求正在处理。", "The same request is being worked on.")
        )
    answer = Response(kept.body, kept.status, json.loads(kept.headers or "{}"))
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _keep(session: Session, owner: str, key: str, answer: Response) -> None:
    headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
    session.execute(
        update(AnsweredRequest)
        .where(AnsweredRequest.owner == owner, AnsweredRequest.key == key)
        .values(
            status=answer.status_code,
            headers=json.dumps(headers),
            body=answer.get_data(as_text=True),
        )
    )
