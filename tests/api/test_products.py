"""Products, their geographical-indication records and the divisions, through REST."""

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import now
from core.documents.models import Document
from core.record.models import Evidence
from products.models import GiRecord, Product
from products.service import product_named
from tests.people import People, Person

TEA = "changsha-green-tea"
PERSIMMON: dict[str, Any] = {
    "key": "sample-persimmon",
    "name": "示例柿子",
    "name_en": "Sample persimmon",
    "category": "水果",
    "forms": [{"name": "鲜果", "base": "mass", "units": ["kg", "斤"]}],
    "default_form": "鲜果",
    "grades": ["一级", "二级"],
    "area": ["宁乡市", "430181105"],
}


def document_of(app: Flask, person: Person) -> str:
    """A document that the person's party has uploaded."""
    with app.app_context():
        session = _session()
        row = Document(
            id=uuid.uuid4(), party_id=person.party, name="证书.pdf", media_type="application/pdf",
            size=1, sha256="0" * 64, stored_at=now(),
        )  # fmt: skip
        session.add(row)
        session.commit()
        return str(row.id)


def _session() -> Session:
    from core.database.engine import db

    return db.session


def fault_of(answer: Any) -> tuple[int, str]:
    """Status and the first pointer of a refusal; it must speak both languages."""
    body = answer.get_json()
    for named in body["errors"]:
        assert named["zh"] and named["en"], named
    return answer.status_code, body["errors"][0]["pointer"] if body["errors"] else ""
