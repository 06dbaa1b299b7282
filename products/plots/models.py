"""Plots, their approvals year by year, yield caps, and sheets of plots that were looked at."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.database.append_only import append_only, attach, insert_guard
from core.database.base import Base, Identified, Json


class Plot(Base, Identified):
    """地块/水面 that a party works for a product: number, 亩, township, maybe an outline.

    `worked_by` is the digest of a name that is kept erasable (P-08); `outline` is GeoJSON with its
    coordinates as texts, `west` … `north` its bounds in 10⁻⁷ degrees, by which overlaps are found.
    """

    __tablename__ = "plot"
    __table_args__ = (
        UniqueConstraint("party_id", "number"),
        Index("ix_plot_product_place", "product_id", "place_code"),
        Index("ix_plot_bounds", "product_id", "west"),
    )

    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    number: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(60))
    area_mu: Mapped[Decimal]
    place_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    place: Mapped[str | None] = mapped_column(String(120))
    worked_by: Mapped[str | None] = mapped_column(String(64))
    outline: Mapped[Any | None] = mapped_column(Json)
    west: Mapped[int | None] = mapped_column(Integer)
    south: Mapped[int | None] = mapped_column(Integer)
    east: Mapped[int | None] = mapped_column(Integer)
    north: Mapped[int | None] = mapped_column(Integer)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    retire_reason: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, default=1)


class PlotApproval(Base, Identified):
    """核准 of a plot for one year, with its basis; it can be ended once, and then given anew."""

    __tablename__ = "plot_approval"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", "end_has_reason"),
        Index(
            "uq_plot_approval_standing", "plot_id", "year", unique=True,
            sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip

    plot_id: Mapped[UUID] = mapped_column(ForeignKey("plot.id"), index=True)
    year: Mapped[int] = mapped_column(Integer)
    area_mu: Mapped[Decimal]
    source: Mapped[str] = mapped_column(Text)
    evidence_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    approved_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(Text)
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))


class YieldCap(Base, Identified):
    """每亩产量上限 of a product in a year, in one form; the highest number counts.

    `per_mu` is in the form's base (whole milligrams, or a count); `season_from` and `season_to` are
    the first and last day of the season, open where nobody set them.
    """

    __tablename__ = "yield_cap"
    __table_args__ = (
        UniqueConstraint("product_id", "year", "number"),
        CheckConstraint("base IN ('mass', 'count')", "base_known"),
        CheckConstraint("per_mu > 0", "per_mu"),
        CheckConstraint("season_to >= season_from", "season"),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    year: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    form: Mapped[str] = mapped_column(String(40))
    base: Mapped[str] = mapped_column(String(5))
    per_mu: Mapped[int] = mapped_column(BigInteger)
    typed: Mapped[str] = mapped_column(String(30))
    unit: Mapped[str] = mapped_column(String(10))
    season_from: Mapped[date | None]
    season_to: Mapped[date | None]
    source: Mapped[str] = mapped_column(Text)
    evidence_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    set_at: Mapped[datetime]


class PlotSheet(Base, Identified):
    """A sheet of plots that was sent in for looking at; its octets go once its plots are put in."""

    __tablename__ = "plot_sheet"

    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    octets: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sent_at: Mapped[datetime]
    put_in_at: Mapped[datetime | None]
    plots: Mapped[int] = mapped_column(Integer, default=0)


append_only(YieldCap.__table__)

_FIXED = " OR ".join(
    f"NEW.{name} <> OLD.{name}"
    for name in ("id", "plot_id", "year", "area_mu", "source", "approved_at")
)
_ENDED = f"OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR {_FIXED}"
_ONCE = "append only: plot_approval, which is ended once"
attach(
    PlotApproval.__table__,
    [
        f"CREATE TRIGGER plot_approval_once BEFORE UPDATE ON plot_approval WHEN {_ENDED} "
        f"BEGIN SELECT RAISE(ABORT, '{_ONCE}'); END",
        "CREATE TRIGGER plot_approval_stays BEFORE DELETE ON plot_approval "
        f"BEGIN SELECT RAISE(ABORT, '{_ONCE}'); END",
        insert_guard("plot_approval", [["id"]]),
    ],
    "sqlite",
)
attach(
    PlotApproval.__table__,
    [
        f"""CREATE OR REPLACE FUNCTION guard_plot_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION USING MESSAGE = '{_ONCE}', ERRCODE = 'restrict_violation';
  END IF;
  IF {_ENDED} THEN
    RAISE EXCEPTION USING MESSAGE = '{_ONCE}', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
        "CREATE TRIGGER plot_approval_once BEFORE UPDATE OR DELETE ON plot_approval "
        "FOR EACH ROW EXECUTE FUNCTION guard_plot_approval()",
        "CREATE TRIGGER plot_approval_stays BEFORE TRUNCATE ON plot_approval "
        "FOR EACH STATEMENT EXECUTE FUNCTION guard_plot_approval()",
    ],
    "postgresql",
)
