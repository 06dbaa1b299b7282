"""Named people: each acts through HTTP with a bearer token of an account of its own party."""

import secrets
import uuid
from datetime import date
from functools import cached_property
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from stdnum.cn import uscc
from werkzeug.test import TestResponse

from core.act import ADMIN, AUTHORITY, INSPECTOR, PRODUCER, VERIFIER
from core.clock import now
from core.database.engine import db
from core.identity.models import Account, AccountRole, Party, PartyRole, SignIn, Token
from core.identity.signing_in import key_digest
from products.licences.models import Licence
from products.models import Product

LICENSED = ("changsha-green-tea", "wangcheng-crayfish", "liuyang-camellia-oil")


def sample_credit_code(serial: int) -> str:
    """A 统一社会信用代码 of the form of the samples (…MA0000…) with the right check digit."""
    body = f"93430121MA0000{serial:03d}"
    code: str = body + uscc.calc_check_digit(body)
    return code


class Person:
    """Somebody with a way in: `party` and `account` ids, and requests under /api/v1 by token."""

    def __init__(self, app: Flask, party: uuid.UUID | None, account: uuid.UUID | None, token: str):
        self.app, self.party, self.account, self.token = app, party, account, token

    def request(
        self, method: str, path: str, *, key: str | None = None, **more: Any
    ) -> TestResponse:
        """A request under /api/v1 (or at an absolute path outside /api when it starts with //)."""
        headers = dict(more.pop("headers", {}))
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if method not in ("GET", "HEAD"):
            headers.setdefault("Idempotency-Key", key or str(uuid.uuid4()))
        where = path[1:] if path.startswith("//") else f"/api/v1{path}"
        return self.app.test_client().open(where, method=method, headers=headers, **more)

    def get(self, path: str, **more: Any) -> TestResponse:
        """GET."""
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        """POST with a fresh key unless one is given."""
        return self.request("POST", path, **more)

    def patch(self, path: str, **more: Any) -> TestResponse:
        """PATCH."""
        return self.request("PATCH", path, **more)

    def put(self, path: str, **more: Any) -> TestResponse:
        """PUT."""
        return self.request("PUT", path, **more)

    def delete(self, path: str, **more: Any) -> TestResponse:
        """DELETE."""
        return self.request("DELETE", path, **more)

    def made(self, path: str, **more: Any) -> dict[str, Any]:
        """POST that must succeed; the JSON that came back."""
        answer = self.post(path, **more)
        assert answer.status_code in (200, 201), answer.get_data(as_text=True)
        body: dict[str, Any] = answer.get_json()
        return body

    @cached_property
    def colleague(self) -> "Person":
        """Another person of the same laboratory, who may verify."""
        return People(self.app).person(90, "复核人", (INSPECTOR, VERIFIER), party=self.party)

    def signed_in(self) -> FlaskClient:
        """A browser with this person's cookie."""
        key = secrets.token_urlsafe(32)
        with self.app.app_context():
            db.session.add(
                SignIn(account_id=self.account, key_sha256=key_digest(key), began_at=now())
            )
            db.session.commit()
        client = self.app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = key
            cookie["_fresh"] = True
            cookie["seen"] = int(now().timestamp())
        return client


class People:
    """Makes people when they are first asked for."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def person(
        self, serial: int, name: str, roles: tuple[str, ...], *, party: uuid.UUID | None = None
    ) -> Person:
        """A new account with `roles`, in `party` or in a new sample party of that role."""
        token = f"by_{secrets.token_urlsafe(32)}"
        with self.app.app_context():
            session = db.session
            if party is None:
                row = Party(
                    name=f"示例·{name}", credit_code=sample_credit_code(serial), sample=True,
                    address="示例地址", contact="示例电话", created_at=now(),
                )  # fmt: skip
                session.add(row)
                session.flush()
                held = [r for r in roles if r in (PRODUCER, INSPECTOR, AUTHORITY)]
                session.add_all(PartyRole(party_id=row.id, role=role) for role in held)
                party = row.id
            account = Account(
                party_id=party, login=f"person-{serial}-{secrets.token_hex(3)}", name=name,
                created_at=now(),
            )  # fmt: skip
            session.add(account)
            session.flush()
            session.add_all(AccountRole(account_id=account.id, role=role) for role in roles)
            session.add(
                Token(account_id=account.id, name="test", prefix=token[:8],
                      key_sha256=key_digest(token), created_at=now())
            )  # fmt: skip
            session.commit()
            return Person(self.app, party, account.id, token)

    def license(self, person: Person, *keys: str) -> None:
        """License a person's party for products, from 2020 on."""
        with self.app.app_context():
            for product in db.session.scalars(select(Product).where(Product.key.in_(keys))):
                db.session.add(
                    Licence(party_id=person.party, product_id=product.id, starts=date(2020, 1, 1),
                            mark=False, evidence="示例", granted_at=now())
                )  # fmt: skip
            db.session.commit()

    def product(self, key: str) -> uuid.UUID:
        """The id of a product of the catalogue."""
        with self.app.app_context():
            return db.session.scalars(select(Product.id).where(Product.key == key)).one()

    @cached_property
    def authority(self) -> Person:
        """主管部门."""
        return self.person(1, "农业农村局", (AUTHORITY, ADMIN))

    @cached_property
    def cooperative(self) -> Person:
        """A licensed cooperative."""
        person = self.person(2, "春山茶叶专业合作社", (PRODUCER, ADMIN))
        self.license(person, *LICENSED)
        return person

    @cached_property
    def stranger(self) -> Person:
        """Another licensed cooperative."""
        person = self.person(3, "秋水合作社", (PRODUCER, ADMIN))
        self.license(person, *LICENSED)
        return person

    @cached_property
    def collector(self) -> Person:
        """A licensed processor that takes tea in from others."""
        person = self.person(6, "金井茶叶加工厂", (PRODUCER, ADMIN))
        self.license(person, LICENSED[0])
        return person

    @cached_property
    def inspector(self) -> Person:
        """An inspector of a laboratory."""
        return self.person(4, "湘中检验中心", (INSPECTOR, ADMIN))

    @cached_property
    def consumer(self) -> Person:
        """Nobody."""
        return Person(self.app, None, None, "")
