"""Lists in pages by keyset: newest first, a cursor instead of a page number, Link headers."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from sqlalchemy import Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.errors import invalid_field

T = TypeVar("T")
DEFAULT_SIZE = 50
LARGEST_SIZE = 200


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows and the cursor of the next page, None at the end."""

    rows: Sequence[T]
    after: str | None

    def link(self) -> str | None:
        """The address of the next page with the same query, or None."""
        if self.after is None:
            return None
        kept = [(k, v) for k, v in request.args.items(multi=True) if k != "after"]
        return f"{request.path}?{urlencode([*kept, ('after', self.after)])}"

    def headers(self) -> dict[str, str]:
        """A Link header (RFC 8288) with rel=next, where there is a next page."""
        link = self.link()
        return {"Link": f'<{link}>; rel="next"'} if link else {}


def page_of(
    session: Session,
    query: Select[T],
    moment: InstrumentedAttribute[datetime],
    identity: InstrumentedAttribute[UUID],
    *,
    after: str | None = None,
    size: int = DEFAULT_SIZE,
) -> Page[T]:
    """One page of `query`, newest first by (`moment`, `identity`)."""
    if after:
        at, last = _read(after)
        query = query.where(or_(moment < at, and_(moment == at, identity < last)))
    rows = list(
        session.scalars(query.order_by(moment.desc(), identity.desc()).limit(size + 1)).unique()
    )
    more = len(rows) > size
    rows = rows[:size]
    cursor = (
        _write(getattr(rows[-1], moment.key), getattr(rows[-1], identity.key)) if more else None
    )
    return Page(rows, cursor)


def _write(at: datetime, last: UUID) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{last.hex}".encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, UUID]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, last = text.partition("|")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError(cursor)
        return moment.astimezone(UTC), UUID(hex=last)
    except (ValueError, OverflowError, binascii.Error) as broken:
        raise invalid_field(
            "bad-cursor", "/after", "翻页标记无效，请从第一页看起", "Bad cursor; start at page one"
        ) from broken


def page_arguments(args: dict[str, Any]) -> dict[str, Any]:
    """`after` and `size` taken out of parsed query arguments, for `page_of`."""
    return {"after": args.pop("after", None), "size": args.pop("size", DEFAULT_SIZE)}
