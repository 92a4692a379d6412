"""Questionnaires at the desk: what was asked for an appointment or a visit, reading the answers, sending one later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from babel.dates import format_date, format_datetime
from flask import Blueprint, Response, jsonify, render_template
from flask_babel import gettext as _
from pydantic import Field
from sqlalchemy import select

from desk.calendar.namespace import appointment as appointment_of
from desk.part import actor
from desk.shell import draw
from telehealth import audit, clock, intake, questionnaire, resend
from telehealth.booking import Appointment
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Staff
from telehealth.questionnaire import Questionnaire
from telehealth.questionnaire_response import Occasion, QuestionnaireResponse, UnknownResponse
from telehealth.visibility import visible
from telehealth.waiting_room import Encounter, UnknownEncounter
from web import locale
from web.endpoint import Access, endpoint
from web.house import session
from web.questionnaire import answers_as_text, download, shown
from web.schema import Nothing, Schema

desk_questionnaire = Blueprint(
    "desk_questionnaire", __name__, template_folder="templates", static_folder="static",
    static_url_path="/static/desk-questionnaire",
)  # fmt: skip

Id = Annotated[int, Field(gt=0, lt=2**31)]


@dataclass(frozen=True)
class Place:
    """What can be seen and done about one appointment or visit."""

    responses: list[QuestionnaireResponse]
    more: list[Questionnaire]  # that can be asked beside them
    appointment: Appointment | None = None

    @property
    def may_send(self) -> bool:
        return self.appointment is not None and (bool(self.more) or any(not one.is_completed for one in self.responses))


@endpoint(
    desk_questionnaire, "/desk/questionnaires/appointment/<int:number>", access=Access.STAFF, permission=Permission.SEE_PATIENT
)
def of_appointment(number: int, staff: Staff) -> str:
    """What was asked before an appointment: a piece of page."""
    return _piece(staff, _place_of_appointment(staff, number))


@endpoint(desk_questionnaire, "/desk/questionnaires/visit/<int:number>", access=Access.STAFF, permission=Permission.SEE_PATIENT)
def of_visit(number: int, staff: Staff) -> str:
    """What was asked for a visit: a piece of page."""
    visit = session().scalar(select(Encounter).where(Encounter.id == number, visible(staff, Encounter)))
    if visit is None:
        raise UnknownEncounter
    return _piece(staff, Place(list(intake.seen_by(session(), staff, Occasion.of_visit(visit))), []))


def _place_of_appointment(staff: Staff, number: int) -> Place:
    found = appointment_of(session(), staff, number)
    responses = list(intake.seen_by(session(), staff, Occasion.of_appointment(found)))
    if resend.is_over(found, clock.now()):
        return Place(responses, [])
    known = {response.questionnaire_id for response in responses}
    return Place(responses, [one for one in questionnaire.offered(session()) if one.id not in known], found)


def _piece(staff: Staff, place: Place) -> str:
    mails = session().get_one(Organization, staff.organization_id).send_mails
    return render_template("desk_questionnaire/list.html", place=place, mails=mails)


class Wanted(Schema):
    """Which questionnaires to ask in addition; none reminds of those that are still open."""

    questionnaires: list[Id] = Field(default=[], max_length=20)


class Sent(Schema):
    """`mailed` is false where the clinic sends no mails or knows no address; `page` is the piece as it is now."""

    mailed: bool
    page: str


@endpoint(
    desk_questionnaire, "/desk/questionnaires/appointment/<int:number>/send", method="POST", access=Access.STAFF,
    permission=Permission.SEE_PATIENT, body=Wanted, answer=Sent,
)  # fmt: skip
def send(number: int, staff: Staff, body: Wanted) -> Response:
    """Ask for more before an appointment, and tell the patient by mail."""
    found = appointment_of(session(), staff, number)
    mailed = intake.send(session(), staff, found, body.questionnaires, clock.now())
    session().commit()
    return jsonify(mailed=mailed, page=_piece(staff, _place_of_appointment(staff, number)))


@endpoint(desk_questionnaire, "/desk/questionnaires/<uid>", access=Access.STAFF, permission=Permission.SEE_PATIENT)
def read(uid: str, staff: Staff) -> str:
    """The answers of one patient; that they were opened is noted."""
    found = intake.found(session(), staff, uid)
    audit.opened(session(), found, actor(staff), clock.now())
    session().commit()
    language = _language(found)
    visit = intake.visit_of(session(), found)
    return draw(
        "desk_questionnaire/read.html", "calendar" if found.appointment_id else "waiting_room", staff, response=found,
        may_reopen=found.is_completed and found.is_open(clock.now()), title=_title(found), patient=found.patient, lines=found.lines() if found.is_readable else [], shown=shown, language=language, visit=visit,
    )  # fmt: skip


@endpoint(desk_questionnaire, "/desk/questionnaires/<uid>/text", access=Access.STAFF, permission=Permission.SEE_PATIENT)
def text(uid: str, staff: Staff) -> Response:
    """The same answers as a text file; that they were taken is noted."""
    found = intake.found(session(), staff, uid)
    if not found.is_readable:
        raise UnknownResponse
    audit.opened(session(), found, actor(staff), clock.now())
    session().commit()
    return download(answers_as_text(_title(found), _facts(found, staff), found.lines()), f"answers-{found.id}")


class Reopened(Schema):
    """`mailed` is false where the clinic sends no mails or knows no address."""

    mailed: bool


@endpoint(
    desk_questionnaire, "/desk/questionnaires/<uid>/reopen", method="POST", access=Access.STAFF,
    permission=Permission.SEE_PATIENT, body=Nothing, answer=Reopened,
)  # fmt: skip
def reopen(uid: str, staff: Staff, body: Nothing) -> Response:
    """Let the patient correct what was sent."""
    mailed = intake.reopen(session(), staff, intake.found(session(), staff, uid), clock.now())
    session().commit()
    return jsonify(mailed=mailed)


def _facts(found: QuestionnaireResponse, staff: Staff) -> list[tuple[str, str]]:
    zone = session().get_one(Organization, staff.organization_id).tz
    language, born = locale.babel_locale(locale.current_tag()), found.patient.birth_date
    told = [(_("Patient"), found.patient.name)]
    if born is not None:
        told.append((_("Date of birth"), format_date(born, "long", locale=language)))
    if found.completed_at is not None:
        told.append((_("Sent"), format_datetime(found.completed_at, "long", tzinfo=zone, locale=language)))
    return [*told, (_("Answered in"), _language(found))]


def _language(found: QuestionnaireResponse) -> str:
    return str(locale.babel_locale(found.locale or "en").get_language_name(locale.babel_locale(locale.current_tag())))


def _title(found: QuestionnaireResponse) -> str:
    """As it was when the patient answered."""
    form = found.original_form
    return form.title.text if form is not None else found.questionnaire.title
