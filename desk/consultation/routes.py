"""The page of one visit: the patient's facts beside the talk. A video stage takes the place of the facts."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint
from sqlalchemy import select

from desk import texts
from desk.part import actor
from desk.shell import draw
from telehealth import audit, clock, follow_up
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.practitioner import Permission, Staff
from telehealth.visibility import visible
from telehealth.waiting_room import Encounter, EncounterKind, UnknownEncounter
from telehealth.widget import WidgetField
from web import locale
from web.endpoint import Access, endpoint
from web.house import session

consultation = Blueprint(
    "desk_consultation", __name__, template_folder="templates", static_folder="static",
    static_url_path="/static/desk-consultation",
)  # fmt: skip


@endpoint(consultation, "/desk/visit/<uid>", access=Access.STAFF, permission=Permission.SEE_WAITING_ROOM)
def page(uid: str, staff: Staff) -> str:
    """A visit; that it was opened is noted."""
    visit = session().scalar(select(Encounter).where(Encounter.uid == uid, visible(staff, Encounter)))
    if visit is None:
        raise UnknownEncounter
    audit.opened(session(), visit, actor(staff), clock.now())
    session().commit()
    language = locale.babel_locale(visit.locale).get_language_name(locale.babel_locale(locale.current_tag()))
    return draw(
        "visit.html", "waiting_room", staff, visit=visit, patient=visit.patient, answers=_answers(visit),
        language=language, room=asdict(session().get_one(Organization, staff.organization_id).room),
        invites=visit.kind is EncounterKind.QUICK and visit.admitted_by_id == staff.practitioner_id, mailed_to=_mailed_to(visit),
        hints=follow_up.hints(session(), visit.department_id), quick_texts=texts.filled(session(), staff, visit.conversation),
    )  # fmt: skip


def _mailed_to(visit: Encounter) -> str:
    """Where the link of a quick consultation was mailed."""
    if visit.kind is not EncounterKind.QUICK:
        return ""
    mails = select(OutgoingMail).where(OutgoingMail.kind == MailKind.QUICK_CONSULTATION, OutgoingMail.recipient == visit.patient.email)
    written = session().scalars(mails.where(OutgoingMail.written_at >= visit.arrived_at))
    return next((mail.recipient for mail in written if mail.about.get("visit") == visit.uid), "")


def _answers(visit: Encounter) -> list[tuple[str, str]]:
    """What the patient answered to the widget's own questions, each with the question."""
    fields = session().scalars(select(WidgetField).where(WidgetField.widget_id == visit.widget_id))
    labels = {field.key: field.label for field in fields}
    return [(labels.get(key) or key, answer) for key, answer in visit.answers.items() if answer]
