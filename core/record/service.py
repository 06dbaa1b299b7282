"""Writing evidence: positions are taken as late as possible, in the writing transaction."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.record.canonical import canonical, digest
from core.record.models import Evidence, PersonalValue, RecordHead

VERSION = 1


@dataclass(frozen=True)
class Fact:
    """Something to be put on record: what kind, about which thing, with which body."""

    kind: str
    subject: str
    body: dict[str, object]


def write_facts(
    session: Session, facts: Sequence[Fact], actor: UUID | None, at: datetime
) -> list[int]:
    """Put `facts` at the next gapless positions; the head row stays locked until COMMIT."""
    if not facts:
        return []
    taken = session.execute(
        update(RecordHead)
        .where(RecordHead.id == 1)
        .values(next_position=RecordHead.next_position + len(facts))
        .returning(RecordHead.next_position)
    ).scalar_one()
    first = taken - len(facts)
    rows = [_row(first + n, fact, actor, at) for n, fact in enumerate(facts)]
    session.execute(insert(Evidence), rows)
    return [first + n for n in range(len(facts))]


def _row(position: int, fact: Fact, actor: UUID | None, at: datetime) -> dict[str, object]:
    body = canonical(
        {
            "v": VERSION,
            "kind": fact.kind,
            "id": fact.subject,
            "at": at,
            "actor": actor,
            "body": fact.body,
        }
    )
    return {
        "position": position,
        "kind": fact.kind,
        "subject": fact.subject,
        "at": at,
        "actor": actor,
        "body": body.decode("utf-8"),
        "sha256": digest(body),
    }


def seal_personal(session: Session, value: str) -> str:
    """Keep a personal value in the erasable table; give the SHA-256(salt ‖ value) for evidence."""
    salt = secrets.token_hex(32)
    sealed = hashlib.sha256(bytes.fromhex(salt) + value.encode("utf-8")).hexdigest()
    session.add(PersonalValue(digest=sealed, salt=salt, value=value))
    return sealed


def unsealed(session: Session, digests: Iterable[str | None]) -> dict[str, str]:
    """The personal values behind digests; one that was erased is not among them."""
    wanted = {digest for digest in digests if digest}
    query = select(PersonalValue.digest, PersonalValue.value).where(
        PersonalValue.digest.in_(wanted), PersonalValue.value.is_not(None)
    )
    return {digest: value for digest, value in session.execute(query) if value is not None}
