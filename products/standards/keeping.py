"""Who keeps a standard, and who may know of it.

The authority keeps the standards of everybody; a producer keeps its own: its enterprise standard,
which is declared in public (企业标准自我声明公开), and its buyers' specifications, which are not.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from core.act import AUTHORITY, PRODUCER, Act
from core.errors import Forbidden, not_found
from core.words import Words
from products.requirements import BUYER, ENTERPRISE, standard_of
from products.standards.models import Standard

OWN_LEVELS = (ENTERPRISE, BUYER)


def seen_by(act: Act) -> ColumnElement[bool]:
    """The standards that the actor may know of: another's buyers' specifications are not there."""
    if act.actor.is_a(AUTHORITY):
        return true()
    return or_(
        Standard.level != BUYER, Standard.owner_id.is_(None), Standard.owner_id == act.actor.party
    )


def need_seen(act: Act, standard: Standard, zh: str, en: str) -> None:
    """NotFound, about a thing of that name, where the actor may not know of the standard."""
    hidden = standard.owner_id is not None and standard.level == BUYER
    if hidden and standard.owner_id != act.actor.party and not act.actor.is_a(AUTHORITY):
        raise not_found(zh, en)


def need_keeper(act: Act, standard: Standard, zh: str, en: str) -> None:
    """Refuse unless the actor keeps the standard; NotFound where it may not even know of it."""
    if standard.owner_id is None:
        act.need(AUTHORITY)
        return
    need_seen(act, standard, zh, en)
    act.need(PRODUCER, AUTHORITY)
    if standard.owner_id != act.actor.party or not act.actor.is_a(PRODUCER):
        raise Forbidden(
            "kept-by-another",
            Words(
                "这是一家经营者自己的标准，只有它自己能改。",
                "It is a producer's own standard; only that producer changes it.",
            ),
        )


def may_declare(session: Session, party: UUID, text: str) -> bool:
    """Whether goods of a party may declare the standard: one of everybody's, or its own."""
    own = or_(Standard.owner_id.is_(None), Standard.owner_id == party)
    query = select(Standard.id).where(Standard.number == standard_of(text), own)
    return session.scalar(query) is not None


def without_buyers(session: Session, declared: Iterable[str]) -> list[str]:
    """The declared standards that may stand in public: no buyer's specification."""
    texts = list(declared)
    query = select(Standard.number).where(
        Standard.number.in_([standard_of(text) for text in texts]), Standard.level == BUYER
    )
    hidden = set(session.scalars(query))
    return [text for text in texts if standard_of(text) not in hidden]
