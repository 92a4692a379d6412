"""Balloons: what stands beside a patient in a list, whether they can write to us and what is unread (S002-62, S002-67)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from telehealth import authorisation
from telehealth.authorisation import Authorisation
from telehealth.correspondence import Correspondence
from telehealth.database import Session
from telehealth.patient import Patient
from telehealth.practitioner import Staff
from telehealth.visibility import visible


@dataclass(frozen=True)
class Balloon:
    """`authorised` is who was given a way in and has somebody to write to; `messages` are those that one may see."""

    authorised: bool
    messages: list[Correspondence]

    @property
    def unread(self) -> int:
        return sum(one.conversation.unread_by_staff for one in self.messages)


def of_patients(session: Session, staff: Staff, patients: Sequence[int], now: datetime) -> dict[int, Balloon]:
    """By the number of the record, for a whole list at once; of messages that one may not see only that the patient can write is told."""
    people = session.scalars(select(Patient).where(Patient.id.in_(patients))).all()
    alike = _alike(session, people)
    every = sorted({number for ids in alike.values() for number in ids})
    found: dict[int, list[Correspondence]] = defaultdict(list)
    theirs = select(Correspondence).where(Correspondence.patient_id.in_(every)).order_by(Correspondence.id)
    for one in session.scalars(theirs.options(joinedload(Correspondence.conversation))):
        found[one.patient_id].append(one)
    if not found:
        return {person.id: Balloon(False, []) for person in people}
    mine = select(Correspondence.id).where(Correspondence.patient_id.in_(every), visible(staff, Correspondence))
    visible_ones = set(session.scalars(mine))
    given = select(Authorisation.patient_id).where(Authorisation.patient_id.in_(every), authorisation.open_at(now))
    entered = set(session.scalars(given))
    return {person.id: _balloon(alike[person.id], found, visible_ones, entered) for person in people}


def _alike(session: Session, people: Sequence[Patient]) -> dict[int, list[int]]:
    """The records of each of these persons, found at once; the rule is that of `same_person`."""
    if not people:
        return {}
    emails = sorted({person.email.lower() for person in people if person.email})
    rest = session.scalars(select(Patient).where(func.lower(Patient.email).in_(emails))).all() if emails else []
    return {person.id: sorted({person.id, *(other.id for other in rest if person.is_same_as(other))}) for person in people}


def _balloon(ids: list[int], found: dict[int, list[Correspondence]], seen: set[int], entered: set[int]) -> Balloon:
    theirs = [one for number in ids for one in found.get(number, [])]
    is_on = any(one.is_on for one in theirs)
    return Balloon(is_on and any(number in entered for number in ids), [one for one in theirs if one.id in seen])
