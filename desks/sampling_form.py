"""The boxes of a sampling plan and of the items of an order, and the words around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from core.act import INSPECTOR, Act
from core.errors import FieldFault
from core.identity.models import Party, PartyRole
from core.pages.views import say
from core.words import Words
from desks.entered import posted
from desks.forms import Entered
from products.models import Product
from products.standards.models import Characteristic
from trace.sampling.attributes import NORMAL, TIGHTENED
from trace.sampling.items import ASKED, OF_TYPE, PLAN, RISK
from trace.sampling.models import (
    BATCH,
    DESTROYED,
    HANDED,
    REINSPECTION,
    RESERVE,
    RETAINED,
    RETURNED,
    SUPERVISION,
    TEST,
    TYPE,
)
from trace.sampling.reader import read_tables

SAMPLING = "sampling"
BOXES = ("standard", "lot_size", "unit", "level", "aql", "severity", "agreed")
KIND_WORDS = {
    BATCH: Words("批次检验", "batch inspection"),
    TYPE: Words("型式检验", "type inspection"),
    REINSPECTION: Words("复检", "re-inspection"),
    SUPERVISION: Words("监督抽查", "supervision"),
}
WHY_WORDS = {
    PLAN: Words("放行方案，每批都检", "release plan, every batch"),
    OF_TYPE: Words("型式检验", "type inspection"),
    RISK: Words("风险监测", "risk item"),
    ASKED: Words("另外要求", "asked for"),
}
ROLE_WORDS = {
    TEST: Words("检验样", "to test"),
    RETAINED: Words("留样", "retained"),
    RESERVE: Words("备样", "reserve"),
}
HAND_WORDS = {
    HANDED: Words("交给", "handed to"),
    RETURNED: Words("退还货主", "given back to the owner"),
    DESTROYED: Words("销毁", "destroyed"),
}
SEVERITY_WORDS = {NORMAL: Words("正常检验", "normal"), TIGHTENED: Words("加严检验", "tightened")}


def said(words: Mapping[str, Words]) -> dict[str, str]:
    """Names in the language of the page."""
    return {name: say(text) for name, text in words.items()}


def options(words: Mapping[str, Words]) -> list[tuple[str, str]]:
    """The same for a list to choose from."""
    return list(said(words).items())


def sampling_choices(product: Product) -> dict[str, Any]:
    """What can be chosen for a sampling, and the standard of the product's category."""
    tables = read_tables()
    return {
        "standards": [(name, name) for name in tables.standards],
        "standard": tables.standard_for(product.category),
        "by_attributes": tables.attributes.standard,
        "unread": [table.standard for table in tables.unread],
        "levels": [(level, level) for level in tables.attributes.levels],
        "aqls": [(aql, aql) for aql in tables.attributes.aqls(NORMAL)],
        "severities": options(SEVERITY_WORDS),
    }


def posted_sampling() -> dict[str, str]:
    """The boxes of a sampling as the schema takes them; empty where no lot was typed."""
    boxes = posted(SAMPLING, *BOXES)
    return boxes if {"lot_size", "unit"} & boxes.keys() else {}


def flat(entered: Entered) -> Entered:
    """`entered` with what is wrong with a sampling at its boxes, with an item at the items."""
    return Entered(
        [FieldFault(_place(f.pointer), f.message) for f in entered.faults], entered.sentence
    )


def _place(pointer: str) -> str:
    if pointer.startswith(f"/{SAMPLING}/"):
        return f"/{SAMPLING}-{pointer.rpartition('/')[2]}"
    return "/items" if pointer.startswith("/items/") else pointer


def laboratories(act: Act) -> list[tuple[str, str]]:
    """Every laboratory but one's own, to choose from."""
    query = select(Party).join(PartyRole, PartyRole.party_id == Party.id)
    query = query.where(PartyRole.role == INSPECTOR, Party.id != act.actor.party)
    rows: Sequence[Party] = act.session.scalars(query.order_by(Party.name)).unique().all()
    return [(str(row.id), row.name) for row in rows]


def characteristics(act: Act) -> list[str]:
    """Everything that can be measured, to choose from."""
    return list(act.session.scalars(select(Characteristic.name).order_by(Characteristic.name)))
