"""The base of all tables and the column types that behave the same on both engines."""

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import DateTime, Dialect, MetaData, Text, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """A moment with its zone: kept in UTC, given back in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC, without the zone where the engine has none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Always UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class DecimalText(TypeDecorator[Decimal]):
    """A decimal number with its digits, kept as text: 5.0 stays 5.0 on both engines."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """The digits, never an exponent; anything but a finite Decimal is refused."""
        if value is None:
            return None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise ValueError("a finite Decimal is needed")
        return format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """The number as it was given."""
        return None if value is None else Decimal(value)


class Json(TypeDecorator[Any]):
    """A small structure of texts, whole numbers, booleans, lists and objects, kept as text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Compact text; floats are refused, because they would not come back as typed."""
        return None if value is None else json_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """The structure."""
        return None if value is None else json.loads(value)


def json_text(value: object) -> str:
    """A structure as Json keeps it: the same structure is always the same text."""
    _refuse_floats(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


_EXACT = frozenset({str, bool, int, type(None)})


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise ValueError("no floats: write the number as text")
    held: Iterable[object] = ()
    if isinstance(value, dict):
        held = value.values()
    elif isinstance(value, list | tuple):
        held = value
    for inner in held:
        if type(inner) not in _EXACT:
            _refuse_floats(inner)


class Base(DeclarativeBase):
    """All tables of the house."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: Moment, Decimal: DecimalText, uuid.UUID: Uuid}  # noqa: RUF012


class Identified:
    """A table whose rows have an id of 122 random bits, which the client may make."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
