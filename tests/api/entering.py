"""What the tests of products, standards, plans and licences share: acts, documents, refusals."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.act import ADMIN, AUTHORITY, Act, Actor, transaction
from core.clock import now
from core.documents.models import Document
from tests.api.looking import put
from tests.people import Person

TEA = "changsha-green-tea"
CRAYFISH = "wangcheng-crayfish"
OFFICIAL = "公报 2026 年第 2 号"


def document_of(app: Flask, person: Person) -> str:
    """The id of a document that the person's party has uploaded."""
    row = Document(
        id=uuid.uuid4(), party_id=person.party, name="证书.pdf", media_type="application/pdf",
        size=1, sha256="0" * 64, stored_at=now(),
    )  # fmt: skip
    put(app, row)
    return str(row.id)


def actor_of(person: Person, *roles: str) -> Actor:
    """The person as an actor, for the verbs whose routes are on a higher floor."""
    return Actor(account=person.account, party=person.party, roles=frozenset(roles))


@contextmanager
def acting(session: Session, person: Person, *roles: str) -> Iterator[Act]:
    """One act of `person`, as the authority unless told otherwise."""
    with transaction(session, actor_of(person, *(roles or (AUTHORITY, ADMIN)))) as act:
        yield act


def refusal(answer: TestResponse) -> tuple[int, str, list[str]]:
    """Status, code and pointers of a refusal, which must speak both languages everywhere."""
    assert answer.mimetype == "application/problem+json", answer.get_data(as_text=True)
    body: dict[str, Any] = answer.get_json()
    assert body["detail_zh"] and body["detail_en"] and body["detail_zh"] != body["detail_en"]
    for named in body["errors"]:
        assert named["zh"] and named["en"], named
    return answer.status_code, body["code"], [named["pointer"] for named in body["errors"]]


def day(text: str) -> date:
    """A day as people write it."""
    return date.fromisoformat(text)
