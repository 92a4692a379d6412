"""Quick consultations: the page that begins one, and the way in that its patient is shown (S002-114)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import Field, StringConstraints, field_validator

from desk.calendar.new_appointment import Id, shown
from desk.consultation.routes import consultation
from desk.part import Part, Which
from desk.guests import Guests
from desk.shell import draw
from desk.waiting_room.namespace import visit
from telehealth import clock, participant, quick_consultation
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.patient import Patient
from telehealth.practitioner import Permission, Staff
from telehealth.quick_consultation import Quick
from telehealth.staff_booking import NewPatient, PerhapsKnown
from telehealth.visibility import may_see
from web import codes, locale
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import session
from web.link_code import code_of
from web.schema import ClientId, Schema
from web.sockets import Connection, event


class ForWhom(Schema):
    """`patient` is a record from which the way led here."""

    patient: Id | None = None


@endpoint(consultation, "/desk/quick", access=Access.STAFF, permission=Permission.ADMIT, query=ForWhom)
def quick_page(staff: Staff, query: ForWhom) -> str:
    """Choose a patient and begin."""
    own = session().get_one(Organization, staff.organization_id)
    patient = session().get(Patient, query.patient) if query.patient else None
    known = patient if patient is not None and may_see(session(), staff, patient) else None
    return draw(
        "quick.html", "waiting_room", staff, departments=quick_consultation.departments_of(session(), staff), patient=known,
        today=clock.now().astimezone(own.tz).date(), locales=sorted({own.locale, *own.locales}), locale_name=locale.name_of,
        groups=participant.people_by_group(session()), most_invited=participant.most(session()),
    )  # fmt: skip


class Somebody(Schema):
    """A name is enough for whoever is shown the link; what the clinic knows of a person it can ask later."""

    initials: Annotated[str, StringConstraints(max_length=20)] = ""
    last_name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    birth_date: dt.date | None = None
    email: Annotated[str, StringConstraints(max_length=254, pattern=r"^([^@\s]+@[^@\s]+\.[^@\s.]+)?$")] = ""
    phone: Annotated[str, StringConstraints(max_length=40)] = ""
    locale: Annotated[str, StringConstraints(max_length=20)] = ""

    @field_validator("birth_date", mode="before")
    @classmethod
    def _empty_is_unknown(cls, given: Any) -> Any:
        return given or None


class QuickStart(Guests):
    """`patient` is a record, otherwise `person` becomes one; `another` says that nobody known is meant."""

    client_id: ClientId
    department: Annotated[int, Field(gt=0, lt=2**31)]
    patient: Id | None = None
    person: Somebody | None = None
    another: bool = False
    mail: bool = True


class QuickConsultations(Part):
    @event(QuickStart, Permission.ADMIT)
    def on_start_quick(self, session: Session, connection: Connection, data: QuickStart) -> dict[str, str]:
        """Begin at once; gives the room's name."""
        if data.patient is None and data.person is None:
            raise Refusal("invalid", 422)
        try:
            with session.begin_nested():
                return {"uid": quick_consultation.start(session, connection.who, _quick(data), clock.now()).uid}
        except PerhapsKnown as known:
            raise Refusal("perhaps_known", 409, patients=shown(session, connection, known.patients)) from None

    @event(Which, Permission.ADMIT)
    def on_invitation(self, session: Session, connection: Connection, data: Which) -> dict[str, Any]:
        """The patient's way in as a link and a code to photograph, for whoever waits for the patient."""
        found = visit(session, connection.who, data.id)
        held = quick_consultation.link_of(found, connection.who, clock.now())
        until = held.closes_at.isoformat() if held.closes_at else None
        return code_of(codes.link_to(held, self.house.settings.base_url)).model_dump() | {"until": until}


def _quick(data: QuickStart) -> Quick:
    given = data.person
    new = NewPatient(
        given.initials, given.last_name, given.birth_date, given.email, given.phone, given.locale, known_to_be_another=data.another
    ) if given else None  # fmt: skip
    return Quick(data.client_id, data.department, data.patient or new or 0, data.mail, data.wanted)
