"""Skills: what somebody can do that a channel may ask for, such as speaking sign language (X-62)."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Integer, String, Table, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship
from typing import Any

from telehealth.database import Base, Owned
from telehealth.practitioner import Practitioner


def _organization_of_skill(context: Any) -> int:
    skill_id = context.get_current_parameters()["skill_id"]
    table = Skill.__table__
    return int(context.connection.execute(select(table.c.organization_id).where(table.c.id == skill_id)).scalar_one())


skill_practitioner = Table(
    "skill_practitioner",
    Base.metadata,
    Column("organization_id", Integer, default=_organization_of_skill, nullable=False),
    Column("skill_id", Integer, primary_key=True),
    Column("practitioner_id", Integer, primary_key=True),
    ForeignKeyConstraint(["organization_id", "skill_id"], ["skill.organization_id", "skill.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["organization_id", "practitioner_id"], ["practitioner.organization_id", "practitioner.id"], ondelete="CASCADE"),
)


class Skill(Owned, Base):
    __tablename__ = "skill"
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id", "name"))
    __tracked__ = ("name",)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    people: Mapped[list[Practitioner]] = relationship(secondary=skill_practitioner, order_by=Practitioner.name)

    def __str__(self) -> str:
        return self.name
