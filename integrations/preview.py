"""A mail's text before it is saved: composed as real mails are, about an appointment that nobody has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from config import Settings
from integrations import bounce
from integrations.payment.mail import reason_words
from integrations.mail import Letter, letter_of, of_organization
from telehealth import clock
from telehealth.booking import Appointment
from telehealth.database import Session
from telehealth.department import Department
from telehealth.message_template import CODES, PLACEHOLDER, fill
from telehealth.organization import Organization
from telehealth.outbox import MailKind
from telehealth.paying import Reason
from telehealth.patient import Patient
from telehealth.practitioner import Practitioner, PractitionerRole, Role
from telehealth.text_length import Length, measure
from telehealth.text_message import TEXT_CODES, TextKind
from telehealth.visit_type import Mode
from telehealth.widget import Widget, WidgetKind
from web import codes, locale, money

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
        known, samples = set(CODES[draft.kind]), sample_values(session, settings, organization, draft)
        values = {name: value for name, value in samples.items() if name in known}
        unknown = set(PLACEHOLDER.findall(draft.subject + draft.body)) - known
        kept = {name: f"*|{name}|*" for name in unknown}
        return letter_of(organization, organization.locale, draft.subject, draft.body, values | kept)
    finally:
        locale.set_tag(before)


@dataclass(frozen=True)
class Shown:
    """A text message as it would be sent, in the language `tag`, and how long it is."""

    tag: str
    text: str
    length: Length


def text_preview(session: Session, settings: Settings, kind: TextKind, body: str) -> Shown:
    """In the language in which the organisation writes; links are as long as real ones and lead nowhere."""
    organization = session.get_one(Organization, session.organization_id)
    before = locale.current_tag()
    locale.set_tag(organization.locale)
    try:
        appointment = _appointment(session, organization, Draft(MailKind.REMINDER, "", body, None, ""))
        secret = session.keyring.token("sample", "of a link")
        values = of_organization(organization, settings) | codes.facts_of(appointment, organization, organization.locale) | {
            **codes.of_delay(appointment, 10, organization, organization.locale),
            "consult_deeplink": f"{settings.base_url}/visit#{secret}",
            "waiting_room_link": f"{settings.base_url}/w/{_walk_in_key(session)}?lang={organization.locale}#ticket={secret}",
        }  # fmt: skip
        known = set(TEXT_CODES[kind])
        kept = {name: f"*|{name}|*" for name in set(PLACEHOLDER.findall(body)) - known}
        text = fill(body, {name: value for name, value in values.items() if name in known} | kept).strip()
        return Shown(organization.locale, text, measure(text))
    finally:
        locale.set_tag(before)


def _walk_in_key(session: Session) -> str:
    walk_in = select(Widget.key).where(Widget.kind == WidgetKind.WALK_IN).order_by(Widget.id).limit(1)
    return session.scalar(walk_in) or HIDDEN


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
        "visit_how": _("Open this link to come to the waiting room. You are welcome from %(time)s:", time=codes.facts_of(appointment, organization, organization.locale)["appointment_welcome_from"]) + f"\n{link}",
        "consult_deeplink": link, "portal_deeplink": f"{base}/portal/#{HIDDEN}", "pin_code": HIDDEN * 6, "pin_minutes": codes.length(organization.pin_minutes, organization.locale), "person_name": draft.person_name,
        "password_link": f"{base}/admin/password/#{HIDDEN}", "waiting_room_link": link, "consultation_link": f"{base}/visit#{HIDDEN}",
        "personal_message": _("Please have your list of questions at hand."), "further_appointments": f"{when}, {appointment.practitioner.name}\n{link}",
        "booking_link": f"{base}/w/{HIDDEN}", "another_time": _("Here you find another time:") + f"\n{base}/w/{HIDDEN}", "appointment_links": f"{when}, {appointment.practitioner.name}\n{link}", "appointment_link": f"{base}/admin/appointments/show/{HIDDEN}",
        "participant_name": _("J. Sample"), "participant_link": f"{base}/visit/guest#{HIDDEN}",
        "amount": (amount := money.price(Decimal(45), organization.currency, organization.locale)), "receipt_number": "2027-000012",
        "payment_status": _("Paid: %(amount)s. Number of the receipt: %(receipt)s.", amount=amount, receipt="2027-000012"),
        "refund_reason": reason_words(Reason.CANCELLED),
        "meeting_way": codes.way_of(Mode.VIDEO), "calendar_link": codes.calendar_link(appointment, organization, base), "channel_name": _("Questions to the clinic"),
        "questions_first": _("Before your appointment we would like to know some things from you. You find the questions on the page of your appointment:") + f"\n{link}",
        **codes.of_delay(appointment, 10, organization, organization.locale),
        "earlier_appointment": f"{codes.moment(appointment.start - timedelta(days=1), organization, organization.locale)}, {appointment.practitioner.name}",
        "portal_link": f"{base}/portal/#{HIDDEN}", "code_until": when,
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
