"""Departments: the units inside an organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.database import Base, Owned

if TYPE_CHECKING:
    from telehealth.practitioner import PractitionerRole


class Department(Owned, Base):
    """A unit of the organisation, with its own people and waiting room (S002-56)."""

    __tablename__ = "department"
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id", "name"))
    __translatable__ = {"name": "line", "description": "line"}
    __tracked__ = ("name", "description", "colour", "position", "active")

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(300), default="")
    colour: Mapped[str] = mapped_column(String(7), default="#0b6e6e")
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    roles: Mapped[list[PractitionerRole]] = relationship(
        primaryjoin="Department.id == foreign(PractitionerRole.department_id)", back_populates="department"
    )

    def __str__(self) -> str:
        return self.name
