"""Batches that take a certificate of promise, and goods handed over from one party to another."""

import uuid
from typing import Any

from flask import Flask

from core.act import HOUSE, transaction
from core.database.engine import db
from tests.api.batches_ready import ReadyBatches
from tests.people import Person
from trace.batches.lineage import next_origin_number
from trace.batches.models import TRANSFER, Batch, BatchOrigin
from trace.batches.service import holding_of
from trace.books.balance import Line
from trace.books.models import STOCK
from trace.books.service import book_lines

KG = 1_000_000
PEAR, CHIVES = "daweishan-pear", "yuelu-yellow-chives"


class Fields:
    """Harvests in `app`: fresh pears unless told otherwise, of `kg` kilograms, confirmed."""

    def __init__(self, app: Flask) -> None:
        self.app, self.ready = app, ReadyBatches(app, key=False)

    def batch(self, person: Person, kg: int = 240, **more: Any) -> str:
        """The id of a harvest; nothing was judged or decided about it."""
        facts: dict[str, Any] = {
            "product": PEAR, "outcome": None, "kind": None, "declared": (),
            "quantity_typed": str(kg), "quantity_unit": "kg", "place_code": "430181",
            "place": "大围山镇", **more,
        }  # fmt: skip
        return str(self.ready.batch(person, kg * KG, **facts))

    def hand_over(self, batch_id: str, buyer: Person, kg: int) -> str:
        """Some of a batch becomes a batch of the buyer; its id."""
        with self.app.app_context(), transaction(db.session, HOUSE) as act:
            sold = act.session.get_one(Batch, uuid.UUID(batch_id))
            bought = Batch(
                party_id=buyer.party, product_id=sold.product_id, form=sold.form, base=sold.base,
                number=f"IN-{uuid.uuid4().hex[:8].upper()}", quantity=kg * KG,
                quantity_typed=str(kg), quantity_unit="kg", declared=[], created_at=act.at,
                production_date=sold.production_date, confirmed_at=act.at,
            )  # fmt: skip
            act.session.add(bought)
            act.session.flush()
            moves = [
                (holding_of(sold), Line(STOCK, -kg * KG, sold.form)),
                (holding_of(bought), Line(STOCK, kg * KG, sold.form)),
            ]
            posting = book_lines(act, TRANSFER, moves)
            act.session.add(
                BatchOrigin(
                    number=next_origin_number(act.session), kind=TRANSFER, batch_id=bought.id,
                    parent_id=sold.id, quantity=kg * KG, posting=posting, at=act.at,
                )
            )  # fmt: skip
            act.session.flush()
            return str(bought.id)


def promised(person: Person, batch_id: str, *basis: str, **more: Any) -> dict[str, Any]:
    """A certificate that must be issued."""
    return person.made(
        f"/batches/{batch_id}/promises", json={"basis": list(basis or ("control",)), **more}
    )


def name_of(promise: dict[str, Any]) -> str:
    """The end of a certificate's public address."""
    return str(promise["address"]).rpartition("/")[2]
