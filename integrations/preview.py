"""A mail's text before it is saved: composed as real mails are, about an appointment that nobody has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from config import Settings
from integrations import bounce
from integrations.mail import Letter, letter_of, of_organization
from telehealth import clock
from telehealth.booking import Appointment
from telehealth.database import Session
from telehealth.department import Department
from telehealth.message_template import CODES, PLACEHOLDER
from telehealth.organization import Organization
from telehealth.outbox import MailKind
from telehealth.patient import Patient
from telehealth.practitioner import Practitioner, PractitionerRole, Role
from web import codes, locale

HIDDEN = "…"  # stands for the secret of a link


@dataclass(frozen=True)
class Draft:
    """A text as it is being written, the department it is for, and who writes it."""

    kind: MailKind
    subject: str
    body: str
    department: Department | None
    person_name: str


def preview(session: Session, settings: Settings, draft: Draft) -> Letter:
    """The letter in the language in which the organisation writes; codes that are not known stay as they are."""
    organization = session.get_one(Organization, session.organization_id)
    before = locale.current_tag()
    locale.set_tag(organization.locale)
    try:
        values = sample_values(session, settings, organization, draft)
        unknown = set(PLACEHOLDER.findall(draft.subject + draft.body)) - set(CODES[draft.kind])
        kept = {name: f"*|{name}|*" for name in unknown}
        return letter_of(organization, organization.locale, draft.subject, draft.body, values | kept)
    finally:
        locale.set_tag(before)


def marked_subject(letter: Letter) -> str:
    """The subject, marked as a test in the language of the letter."""
    before = locale.current_tag()
    locale.set_tag(letter.tag)
    try:
        return str(_("Test: %(subject)s", subject=letter.subject))
    finally:
        locale.set_tag(before)


def sample_values(session: Session, settings: Settings, organization: Organization, draft: Draft) -> dict[str, str]:
    """For every code that any mail knows."""
    appointment, base = _appointment(session, organization, draft), settings.base_url
    when = codes.moment(appointment.start, organization, organization.locale)
    link = f"{base}/visit#{HIDDEN}"
    return of_organization(organization, settings) | codes.facts_of(appointment, organization, organization.locale) | {
        "consult_deeplink": link, "portal_deeplink": f"{base}/portal/", "person_name": draft.person_name,
        "password_link": f"{base}/admin/password/#{HIDDEN}", "waiting_room_link": link,
        "personal_message": _("Please have your list of questions at hand."), "further_appointments": f"{when}, {appointment.practitioner.name}\n{link}",
        "booking_link": f"{base}/w/{HIDDEN}", "appointment_links": f"{when}, {appointment.practitioner.name}\n{link}", "appointment_link": f"{base}/admin/appointments/show/{HIDDEN}",
        "bounce_time": codes.moment(clock.now(), organization, organization.locale), "bounce_reason": bounce.words_of("5.1.1"),
    }  # fmt: skip


def _appointment(session: Session, organization: Organization, draft: Draft) -> Appointment:
    """In two days at 10:20, of somebody made up; never added to the session."""
    day = (clock.now() + timedelta(days=2)).astimezone(organization.tz).date()
    start = datetime.combine(day, time(10, 20), organization.tz)
    department = draft.department or _first_department(session)
    return Appointment(
        start=start, end=start + timedelta(minutes=20), department=department, patient=Patient(initials="", last_name=_("J. Sample")),
        practitioner=_somebody_of(session, department) or Practitioner(name=draft.person_name),
    )  # fmt: skip


def _first_department(session: Session) -> Department:
    found = session.scalar(select(Department).where(Department.active).order_by(Department.position, Department.id).limit(1))
    return found or Department(name=_("Department"))


def _somebody_of(session: Session, department: Department) -> Practitioner | None:
    held = (PractitionerRole.role == Role.PRACTITIONER) & (PractitionerRole.department_id == department.id)
    works = Practitioner.id.in_(select(PractitionerRole.practitioner_id).where(held))
    return session.scalar(select(Practitioner).where(Practitioner.active, works).order_by(Practitioner.id).limit(1))
