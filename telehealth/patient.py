"""Patients: the record an organisation keeps of a person it cares for."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.database import Base, Owned


class Patient(Owned, Base):
    """Initials, last name, birth date and e-mail identify a patient; everything else is optional (S002-60)."""

    __tablename__ = "patient"
    __table_args__ = (UniqueConstraint("organization_id", "id"),)
    __tracked__ = ("initials", "last_name", "birth_date", "email", "phone", "client_number", "locale")

    id: Mapped[int] = mapped_column(primary_key=True)
    initials: Mapped[str] = mapped_column(String(20))
    last_name: Mapped[str] = mapped_column(String(120), index=True)
    birth_date: Mapped[date | None]
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    client_number: Mapped[str] = mapped_column(String(40), default="")
    locale: Mapped[str] = mapped_column(String(20), default="")
    created_at: Mapped[datetime | None]

    @property
    def name(self) -> str:
        return full_name(self.initials, self.last_name)

    def __str__(self) -> str:
        return self.name


def full_name(initials: str, last_name: str) -> str:
    return f"{initials} {last_name}".strip()
