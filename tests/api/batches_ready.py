"""Batches that stand where a test wants them: made straight through the models, past all verbs."""

import uuid
from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.act import HOUSE, Act, transaction
from core.clock import now
from core.database.engine import db
from core.identity.models import Account, Party
from labels.epochs import ensure_first_epoch
from labels.press import Press, press_of
from products.models import Product
from tests.people import Person
from trace.batches.models import Batch
from trace.batches.service import holding_of
from trace.books.harvests import Gathered, book_harvest
from trace.books.service import ledger_balances
from trace.inspections.concession_models import Concession
from trace.inspections.models import CONCESSION, RELEASE, Disposition, Verdict

GREEN_TEA = "changsha-green-tea"
NURSERY = "liuyang-nursery"
STANDARD = "GB/T 14456.3-2016"
CONFORMING = "conforming"


class ReadyBatches:
    """Makes batches in `app`, which gets its first key epoch (`key`), so that it issues labels."""

    def __init__(self, app: Flask, *, key: bool = True) -> None:
        self.app = app
        if key:
            with app.app_context(), transaction(db.session, HOUSE) as act:
                ensure_first_epoch(act, self.press)

    @property
    def press(self) -> Press:
        """The press of the app."""
        return press_of(self.app.config["SETTINGS"])

    def batch(
        self,
        person: Person,
        quantity: int = 10_000_000,
        *,
        product: str = GREEN_TEA,
        confirmed: bool = True,
        outcome: str | None = CONFORMING,
        kind: str | None = RELEASE,
        declared: tuple[str, ...] = (STANDARD,),
        **columns: Any,
    ) -> uuid.UUID:
        """A batch of `quantity` milligrams or pieces; its goods are in the books once `confirmed`.

        `outcome` is that of its only verdict, `kind` its disposition; None leaves either away.
        """
        with self.app.app_context(), transaction(db.session, HOUSE) as act:
            made = _batch(act, person, product, quantity, declared, columns)
            if confirmed:
                made.confirmed_at = act.at
                book_harvest(
                    act, holding_of(made), Gathered(made.form, made.production_date, quantity)
                )
            if outcome is not None:
                _judge(act.session, made.id, outcome)
            if kind is not None:
                _dispose(act.session, made.id, kind, None)
            return made.id

    def judge(
        self, batch_id: uuid.UUID, outcome: str, lines: Any = (), reasons: Any = ()
    ) -> uuid.UUID:
        """A further verdict, with nothing that follows from it."""
        with self.app.app_context(), transaction(db.session, HOUSE) as act:
            return _judge(act.session, batch_id, outcome, lines, reasons)

    def dispose(self, batch_id: uuid.UUID, kind: str, reason: str | None = None) -> uuid.UUID:
        """A further disposition: hold, lift, reject, recall, concession, or release."""
        with self.app.app_context(), transaction(db.session, HOUSE) as act:
            return _dispose(act.session, batch_id, kind, reason)

    def ledger(self, batch_id: uuid.UUID) -> dict[str, int]:
        """The balances of a batch by account, summed from its entries."""
        with self.app.app_context():
            sums = ledger_balances(db.session, batch_id)
        return {account: amount for (_, account), amount in sums.items()}


def _batch(
    act: Act, person: Person, key: str, quantity: int, declared: tuple[str, ...],
    columns: dict[str, Any],
) -> Batch:  # fmt: skip
    product = act.session.scalars(select(Product).where(Product.key == key)).one()
    form = product.default_form
    base = product.base_of(form)
    facts: dict[str, Any] = {
        "number": f"B-{uuid.uuid4().hex[:12].upper()}",
        "form": form,
        "base": base,
        "quantity": quantity,
        "quantity_typed": str(quantity),
        "quantity_unit": "mg" if base == "mass" else "株",
        "production_date": date(2026, 4, 2),
        "declared": list(declared),
        "created_at": act.at,
        **columns,
    }
    made = Batch(party_id=person.party, product_id=product.id, **facts)
    act.session.add(made)
    act.session.flush()
    return made


def _judge(
    session: Session, batch_id: uuid.UUID, outcome: str, lines: Any = (), reasons: Any = ()
) -> uuid.UUID:
    verdict = Verdict(
        batch_id=batch_id, number=_next(session, Verdict, batch_id), outcome=outcome,
        on_date=date(2026, 4, 2), cause="test", lines=list(lines), reasons=list(reasons),
        judged_at=now(),
    )  # fmt: skip
    session.add(verdict)
    session.flush()
    return verdict.id


def _dispose(session: Session, batch_id: uuid.UUID, kind: str, reason: str | None) -> uuid.UUID:
    newest = select(Verdict.id).where(Verdict.batch_id == batch_id).order_by(Verdict.number.desc())
    verdict = session.scalars(newest.limit(1)).first() if kind == RELEASE else None
    pair = _two_people(session, batch_id, reason) if kind == CONCESSION else (None, None)
    made = Disposition(
        batch_id=batch_id, number=_next(session, Disposition, batch_id), kind=kind, reason=reason,
        verdict_id=verdict, account_id=pair[0], second_account_id=pair[1], decided_at=now(),
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made.id


def _two_people(
    session: Session, batch_id: uuid.UUID, reason: str | None
) -> tuple[uuid.UUID, uuid.UUID]:
    """The accounts of a concession that one person asked for and another confirmed."""
    office = Party(
        name=f"示例·{uuid.uuid4().hex[:8]}", credit_code=uuid.uuid4().hex[:18].upper(),
        sample=True, created_at=now(),
    )  # fmt: skip
    session.add(office)
    session.flush()
    people = [
        Account(party_id=office.id, login=uuid.uuid4().hex, name="示例", created_at=now())
        for _ in range(2)
    ]
    session.add_all(people)
    session.flush()
    verdict = select(Verdict.id).where(Verdict.batch_id == batch_id).limit(1)
    asked, confirmed = (person.id for person in people)
    session.add(
        Concession(
            batch_id=batch_id,
            verdict_id=session.scalars(verdict).one(),
            reason=reason or "示例",
            quantity=1,
            party_id=office.id,
            asked_by=asked,
            asked_at=now(),
            confirmed_by=confirmed,
            confirmed_at=now(),
        )
    )
    session.flush()
    return asked, confirmed


def _next(session: Session, table: type[Verdict | Disposition], batch_id: uuid.UUID) -> int:
    query = select(func.count()).select_from(table).where(table.batch_id == batch_id)
    return int(session.execute(query).scalar_one()) + 1
