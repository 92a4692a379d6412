"""How pages of the desk say whom they invite beside a patient."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from telehealth.participant import NewPerson
from web.schema import Schema

Id = Annotated[int, Field(gt=0, lt=2**31)]


class Guest(Schema):
    """Somebody from outside who is typed in, with the group they belong to (S002-59)."""

    group: Id
    initials: Annotated[str, StringConstraints(max_length=20)] = ""
    last_name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    email: Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")]
    phone: Annotated[str, StringConstraints(max_length=40)] = ""
    locale: Annotated[str, StringConstraints(max_length=20)] = ""

    def as_person(self) -> NewPerson:
        return NewPerson(self.group, self.initials, self.last_name, self.email, phone=self.phone, locale=self.locale)


class Guests(Schema):
    """`participants` are external people who are known, `guests` such that are entered now."""

    participants: Annotated[list[Id], Field(max_length=20)] = []
    guests: Annotated[list[Guest], Field(max_length=20)] = []

    @property
    def wanted(self) -> tuple[int | NewPerson, ...]:
        return (*self.participants, *(guest.as_person() for guest in self.guests))
