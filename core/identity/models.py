"""Parties and the accounts that act for them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.act import ADMIN, AUTHORITY, INSPECTOR, PRODUCER, VERIFIER
from core.database.base import Base, Identified

PARTY_ROLES = (PRODUCER, INSPECTOR, AUTHORITY)
ACCOUNT_ROLES = (PRODUCER, INSPECTOR, AUTHORITY, ADMIN, VERIFIER)
_PARTY_ROLE_LIST = ", ".join(f"'{role}'" for role in PARTY_ROLES)
_ACCOUNT_ROLE_LIST = ", ".join(f"'{role}'" for role in ACCOUNT_ROLES)


class Party(Base, Identified):
    """A cooperative, laboratory or authority; known by its 统一社会信用代码."""

    __tablename__ = "party"

    name: Mapped[str] = mapped_column(String(120), index=True)
    short_name: Mapped[str | None] = mapped_column(String(40))
    credit_code: Mapped[str] = mapped_column(String(18), unique=True)
    address: Mapped[str | None] = mapped_column(String(200))
    contact: Mapped[str | None] = mapped_column(String(60))
    sample: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(Integer, default=1)

    role_rows: Mapped[list["PartyRole"]] = relationship(order_by="PartyRole.role")

    @property
    def roles(self) -> list[str]:
        """The roles that the party holds."""
        return [row.role for row in self.role_rows]


class PartyRole(Base):
    """A role that a party holds."""

    __tablename__ = "party_role"
    __table_args__ = (CheckConstraint(f"role IN ({_PARTY_ROLE_LIST})", name="known"),)

    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class Account(Base, Identified):
    """A person's way in, for one party. Without a password until the one-time link is used."""

    __tablename__ = "account"

    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    login: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    password_hash: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None]

    party: Mapped[Party] = relationship(lazy="joined", innerjoin=True)
    role_rows: Mapped[list["AccountRole"]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="AccountRole.role"
    )

    @property
    def roles(self) -> list[str]:
        """The roles that the account holds."""
        return [row.role for row in self.role_rows]


class AccountRole(Base):
    """A role that an account holds; never one that its party lacks (except admin, verifier)."""

    __tablename__ = "account_role"
    __table_args__ = (CheckConstraint(f"role IN ({_ACCOUNT_ROLE_LIST})", name="known"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class SignIn(Base, Identified):
    """One device signed in. The cookie holds a random key; here stands only its SHA-256."""

    __tablename__ = "sign_in"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    key_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Token(Base, Identified):
    """A bearer token of 256 bits for programs: shown once, kept as its SHA-256."""

    __tablename__ = "token"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    prefix: Mapped[str] = mapped_column(String(12))
    key_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class OneTimeLink(Base, Identified):
    """A link that sets a password once, within 30 minutes."""

    __tablename__ = "one_time_link"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    key_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AnsweredRequest(Base):
    """A write that was answered: the same key and body get the same answer for 400 days.

    `owner` is the party, or 'nobody:<path>' where nobody is signed in.
    """

    __tablename__ = "answered_request"
    owner: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int | None] = mapped_column(Integer)
    headers: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)
