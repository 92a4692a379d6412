"""Patients: the record an organisation keeps of a person it cares for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, validates

from telehealth.database import Base, Owned, Session


SAME_ENDING = 7  # digits that two ways of writing one number share at their end


def ending(phone: str | None) -> str:
    """By which a number is looked up, however it is written; empty where it is too short to be one."""
    digits = "".join(character for character in phone or "" if character in "0123456789")
    return digits[-SAME_ENDING:] if len(digits) >= SAME_ENDING else ""


def _ending_of_row(context: Any) -> str:
    return ending(context.get_current_parameters().get("phone"))


class Patient(Owned, Base):
    """Initials, last name, birth date and e-mail identify a patient; everything else is optional (S002-60).

    `phone_ending` is derived from `phone`, whoever writes it.
    """

    __tablename__ = "patient"
    __table_args__ = (UniqueConstraint("organization_id", "id"), Index("ix_patient_phone_ending", "organization_id", "phone_ending"))
    __tracked__ = ("initials", "last_name", "birth_date", "email", "phone", "client_number", "locale", "agreed_to_notices")

    id: Mapped[int] = mapped_column(primary_key=True)
    initials: Mapped[str] = mapped_column(String(20))
    last_name: Mapped[str] = mapped_column(String(120), index=True)
    birth_date: Mapped[date | None]
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    phone_ending: Mapped[str] = mapped_column(String(SAME_ENDING), default=_ending_of_row)
    client_number: Mapped[str] = mapped_column(String(40), default="")
    locale: Mapped[str] = mapped_column(String(20), default="")
    # Agrees to be told by mail that a result is there.
    agreed_to_notices: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime | None]

    @validates("phone")
    def _end(self, _name: str, phone: str) -> str:
        self.phone_ending = ending(phone)
        return phone

    @property
    def name(self) -> str:
        return full_name(self.initials, self.last_name)

    def is_same_as(self, other: Patient) -> bool:
        """Whether two records are of one person: the same address, name and date of birth (S002-60); a family may share an address."""
        same = self.birth_date is not None and self.birth_date == other.birth_date and _named(self) == _named(other)
        return same and bool(self.email) and self.email.casefold() == other.email.casefold()

    def __str__(self) -> str:
        return self.name


def same_person(session: Session, me: Patient, address: str) -> list[int]:
    """The records of this one person: each booking makes one. The same are those under the same address, with the same
    name and date of birth (S002-60); a family may share an address."""
    if me.birth_date is None or not address:
        return [me.id]
    alike = (func.lower(Patient.email) == func.lower(address)) & (Patient.birth_date == me.birth_date)
    found = session.scalars(select(Patient).where(alike).order_by(Patient.id)).all()
    return sorted({me.id, *(other.id for other in found if _named(other) == _named(me))})


def _named(patient: Patient) -> tuple[str, str]:
    return patient.initials.replace(".", "").replace(" ", "").casefold(), patient.last_name.casefold()


def full_name(initials: str, last_name: str) -> str:
    return f"{initials} {last_name}".strip()
