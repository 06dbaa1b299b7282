"""The public address of a report: 128 random bits, made with the report and never again."""

import uuid
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.database.append_only import append_only, attach
from core.database.base import Base
from trace.inspections.models import Inspection


class ReportLink(Base):
    """By which random number everybody who has it may see a report (promise 7: nobody else)."""

    __tablename__ = "report_link"
    __table_args__ = (UniqueConstraint("token"),)

    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"), primary_key=True)
    token: Mapped[UUID]


append_only(ReportLink.__table__)

# Made by the database with the report itself, so that no way of publishing one can forget it.
SQLITE = [
    "CREATE TRIGGER inspection_link AFTER INSERT ON inspection BEGIN "
    "INSERT INTO report_link (inspection_id, token) VALUES (NEW.id, lower(hex(randomblob(16)))); "
    "END"
]
# The first twelve digits of a random UUID are all random; three of them make 128 bits.
POSTGRESQL = [
    """CREATE OR REPLACE FUNCTION link_report() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO report_link (inspection_id, token) VALUES (NEW.id, (
    left(replace(gen_random_uuid()::text, '-', ''), 12)
    || left(replace(gen_random_uuid()::text, '-', ''), 12)
    || left(replace(gen_random_uuid()::text, '-', ''), 8))::uuid);
  RETURN NULL;
END $$""",
    "CREATE TRIGGER inspection_link AFTER INSERT ON inspection "
    "FOR EACH ROW EXECUTE FUNCTION link_report()",
]
attach(ReportLink.__table__, SQLITE, "sqlite")
attach(ReportLink.__table__, POSTGRESQL, "postgresql")


def link_of(session: Session, report_id: uuid.UUID) -> uuid.UUID:
    """The random number of a report."""
    query = select(ReportLink.token).where(ReportLink.inspection_id == report_id)
    return session.scalars(query).one()


def report_by_link(session: Session, token: uuid.UUID) -> Inspection | None:
    """The report of a random number; None where there is none."""
    query = select(Inspection).join(ReportLink, ReportLink.inspection_id == Inspection.id)
    return session.scalars(query.where(ReportLink.token == token)).first()
