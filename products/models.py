"""Products, their vocabulary, their area and their geographical-indication records."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from core.database.base import Base, Identified, Json

CATALOGUE = "catalogue"
ENTERED = "entered"
TERM_KINDS = ("form", "grade", "process", "condition", "matrix")
_TERM_KIND_LIST = ", ".join(f"'{kind}'" for kind in TERM_KINDS)


class Product(Base, Identified):
    """A product with a geographical indication, or one that may still get it.

    `origin` tells whether the catalogue brought it; `edited_at` that a person has changed it since,
    after which the catalogue keeps its hands off. Its parts are read when they are asked for: every
    batch brings its product along. A list that shows parts asks for them with WHOLE.
    """

    __tablename__ = "product"

    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    name_en: Mapped[str] = mapped_column(String(120))
    category: Mapped[str] = mapped_column(String(40))
    in_plan: Mapped[bool] = mapped_column(Boolean, default=False)
    default_form: Mapped[str] = mapped_column(String(40))
    area_text: Mapped[str | None] = mapped_column(Text)
    area_certainty: Mapped[str] = mapped_column(String(20))
    quality: Mapped[Any] = mapped_column(Json, default=list)
    note: Mapped[str | None] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer, default=1)

    aliases: Mapped[list["ProductAlias"]] = relationship()
    terms: Mapped[list["ProductTerm"]] = relationship(order_by="ProductTerm.kind, ProductTerm.rank")
    area: Mapped[list["AreaPart"]] = relationship(order_by="AreaPart.code")
    gi_records: Mapped[list["GiRecord"]] = relationship(order_by="GiRecord.ordinal")

    def names(self, kind: str) -> tuple[str, ...]:
        """The terms of one kind in their order: forms, grades (best first), processes …"""
        return tuple(term.name for term in self.terms if term.kind == kind)

    def base_of(self, form: str) -> str | None:
        """'mass' or 'count' for a form; None where the product has no such form."""
        return next((t.base for t in self.terms if t.kind == "form" and t.name == form), None)


class ProductAlias(Base):
    """Another name of a product; never printed."""

    __tablename__ = "product_alias"

    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)


class ProductTerm(Base):
    """A word of the product's own vocabulary: a form, grade, process, condition or matrix."""

    __tablename__ = "product_term"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_TERM_KIND_LIST})", name="known"),
        CheckConstraint("base IN ('mass', 'count')", name="base"),
        CheckConstraint("(kind = 'form') = (base IS NOT NULL)", name="form_has_base"),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    rank: Mapped[int] = mapped_column(Integer)
    base: Mapped[str | None] = mapped_column(String(5))
    units: Mapped[Any] = mapped_column(Json, default=list)


class AreaPart(Base):
    """A county or township, by its current code, that belongs to the product's area."""

    __tablename__ = "area_part"

    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"), primary_key=True)
    code: Mapped[str] = mapped_column(ForeignKey("division.code"), primary_key=True)


class GiRecord(Base, Identified):
    """One geographical-indication record of a product; without evidence it stays 待核实."""

    __tablename__ = "gi_record"

    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"), index=True)
    ordinal: Mapped[int] = mapped_column(Integer)
    type: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(60))
    number: Mapped[str | None] = mapped_column(String(40))
    announcement: Mapped[str | None] = mapped_column(String(120))
    date_text: Mapped[str | None] = mapped_column(String(10))
    registrant: Mapped[str | None] = mapped_column(String(120))
    status: Mapped[str] = mapped_column(String(40))
    certainty: Mapped[str] = mapped_column(String(20))
    source: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    evidence_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    origin: Mapped[str] = mapped_column(String(20))
    edited_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer, default=1)

    @property
    def proven(self) -> bool:
        """Whether its number and evidence are there, so that the mark may be licensed."""
        return self.number is not None and self.evidence_id is not None


class Division(Base):
    """A county or township of Changsha by its current administrative code."""

    __tablename__ = "division"

    code: Mapped[str] = mapped_column(String(9), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), index=True)
    parent: Mapped[str | None] = mapped_column(ForeignKey("division.code"), index=True)
    certainty: Mapped[str] = mapped_column(String(20))


class DivisionAlias(Base):
    """An old township name and the current code, where it is known."""

    __tablename__ = "division_alias"

    county: Mapped[str] = mapped_column(ForeignKey("division.code"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    code: Mapped[str | None] = mapped_column(ForeignKey("division.code"))


WHOLE = (
    selectinload(Product.aliases),
    selectinload(Product.terms),
    selectinload(Product.area),
    selectinload(Product.gi_records),
)
