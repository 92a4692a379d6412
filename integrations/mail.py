"""Mail: composes what the outbox asks for, once, and hands it to the mail server or to the local mailbox."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from config import Settings
from integrations import bounce, calendar
from integrations.wording import shipped_wording
from telehealth import alert, clock, elsewhere, staff_booking
from telehealth import bounce as came_back
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.job import GivenUp, NoLongerWanted
from telehealth.message_template import fill, template_for
from telehealth.organization import Organization
from telehealth.outbox import OF_APPOINTMENT, TO_STAFF, MailKind, OutgoingMail, Unwanted
from telehealth.translation import Texts
from telehealth.waiting_room import Encounter, UnknownEncounter
from web import codes, crash, locale
from web.way_back import way_back

LOCAL = "local mailbox"
SMTP = "mail server"
MAIL_TIMEOUT = 20  # seconds
ANNOUNCING = OF_APPOINTMENT - {MailKind.CANCELLATION}


@dataclass(frozen=True)
class Letter:
    """A composed mail, in the language `tag` throughout."""

    tag: str
    subject: str
    text: str
    html: str
    attachments: list[dict[str, str]]


def send(sessions: sessionmaker[Session], settings: Settings, outgoing: OutgoingMail) -> None:
    """Compose at the first turn, send at every turn. Raises NoLongerWanted, GivenUp, OSError, smtplib.SMTPException."""
    with sessions(organization=outgoing.organization_id) as session, session.begin():
        row = session.get_one(OutgoingMail, outgoing.id)
        _require_wanted(session, row)
        if row.composed_at is None:
            _compose(session, settings, row)
        row.via = SMTP if settings.smtp_host else LOCAL
        message = as_message(row, settings.mail_from)
        sender = bounce.envelope_sender(settings, session.keyring, row)
    crash.passing("before_mail")
    if settings.smtp_host:
        _hand_over(sessions, settings, outgoing, message, sender)
    crash.passing("after_mail")


def _hand_over(
    sessions: sessionmaker[Session], settings: Settings, outgoing: OutgoingMail, message: EmailMessage, sender: str
) -> None:
    """What the mail server refuses for good has come back already. Raises as `send`."""
    try:
        deliver(settings, message, sender)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
        refused = bounce.refusal_of(error)
        if refused is None:
            raise
        with sessions(organization=outgoing.organization_id) as session, session.begin():
            row = session.get_one(OutgoingMail, outgoing.id)
            came_back.note(session, row, refused.status, refused.reason, clock.now())
        raise GivenUp(f"{refused.status} {refused.reason}") from error


def _require_wanted(session: Session, row: OutgoingMail) -> None:
    organization = session.get_one(Organization, row.organization_id)
    if not organization.send_mails and row.kind not in TO_STAFF:
        raise NoLongerWanted(Unwanted.NO_MAILS)
    if row.kind is MailKind.REMINDER and not organization.send_reminders:
        raise NoLongerWanted(Unwanted.NO_REMINDERS)
    if row.kind in ANNOUNCING and row.appointment_id is not None:
        _require_announced(session.get_one(Appointment, row.appointment_id), row)
    if row.kind is MailKind.ARRIVAL and "visit" in row.about:
        alert.still_unseen(session, row.about["visit"])
    if row.kind is MailKind.CALL_BACK:
        _visit_away(session, row)
    if row.kind is MailKind.NEW_LINK:
        _appointments_to_come(session, row)


def _require_announced(appointment: Appointment, row: OutgoingMail) -> None:
    if appointment.status is AppointmentStatus.CANCELLED:
        raise NoLongerWanted(Unwanted.CANCELLED)
    if row.kind is MailKind.REMINDER and appointment.start <= clock.now():
        raise NoLongerWanted(Unwanted.BEGUN)
    if row.kind is MailKind.CHANGE and appointment.sequence != row.about["sequence"]:
        raise NoLongerWanted(Unwanted.LATER_CHANGE)


def _visit_away(session: Session, row: OutgoingMail) -> Encounter:
    try:
        return elsewhere.visit_away(session, row.about["visit"])
    except UnknownEncounter:
        raise NoLongerWanted(Unwanted.BACK) from None


def _appointments_to_come(session: Session, row: OutgoingMail) -> Sequence[Appointment]:
    """Those that were to come when the mail was written and still are."""
    named = Appointment.id.in_(row.about["appointments"]) & (Appointment.status == AppointmentStatus.BOOKED)
    found = session.scalars(select(Appointment).where(named).order_by(Appointment.start, Appointment.id)).all()
    if not found:
        raise NoLongerWanted(Unwanted.NOTHING_TO_COME)
    return found


def _compose(session: Session, settings: Settings, row: OutgoingMail) -> None:
    letter = compose(session, settings, row)
    row.subject, row.text, row.html = letter.subject, letter.text, letter.html
    row.locale, row.attachments, row.composed_at = letter.tag, letter.attachments, clock.now()


def compose(session: Session, settings: Settings, row: OutgoingMail) -> Letter:
    """Subject and body from the department's template, in one language throughout."""
    organization = session.get_one(Organization, row.organization_id)
    appointment = session.get_one(Appointment, row.appointment_id) if row.appointment_id else None
    away = _visit_away(session, row) if row.kind is MailKind.CALL_BACK else None
    about = appointment or away
    department_id = about.department_id if about else row.about.get("department_id")
    tag, subject, body = _wording(session, organization, row, department_id)
    locale.set_tag(tag)
    values = dict(row.about) | of_organization(organization, settings) | _own_values(session, settings, organization, row, tag)
    if away is not None:
        link = way_back(session, settings.base_url, away)
        values |= {"patient_name": away.patient.name, "waiting_room_link": link}
    letter = letter_of(organization, tag, subject, with_own_words(body, values), values)
    if row.about.get("trial"):
        letter = replace(letter, subject=_("Only a trial: %(subject)s", subject=letter.subject))
    if appointment is not None and row.kind in OF_APPOINTMENT:
        files = [calendar.invitation(one, organization, settings) for one in _told_together(appointment, row)]
        letter = replace(letter, attachments=files)
    return letter


def _told_together(appointment: Appointment, row: OutgoingMail) -> list[Appointment]:
    """A mail about a series has all that still stand, others have their own."""
    if not row.about.get("together"):
        return [appointment]
    rest = staff_booking.series_of(appointment)
    return [appointment, *(one for one in rest if one.id != appointment.id and one.status is AppointmentStatus.BOOKED)]


def with_own_words(body: str, values: dict[str, str]) -> str:
    """What staff wrote to this patient and the further dates of a series stand at the end of a text that does not name them."""
    parts = [body]
    if values.get("personal_message") and "personal_message" not in body:
        parts += [_("Message from the clinic:") + "\n*|personal_message|*"]
    if values.get("further_appointments") and "further_appointments" not in body:
        parts += [_("Your further appointments:") + "\n\n*|further_appointments|*"]
    return "\n\n".join(parts)


def of_organization(organization: Organization, settings: Settings) -> dict[str, str]:
    """What every mail of an organisation may name."""
    return {
        "organization_name": organization.name, "organization_phone": organization.phone,
        "desk_link": f"{settings.base_url}/desk/waiting-room",
    }  # fmt: skip


def _own_values(
    session: Session, settings: Settings, organization: Organization, row: OutgoingMail, tag: str
) -> dict[str, str]:
    """What a mail of this kind may name of its appointments; whoever is told of a bounce reads nothing of the patient."""
    if row.kind is MailKind.NEW_LINK:
        found = _appointments_to_come(session, row)
        lines = [codes.link_lines(appointment, organization, settings.base_url, tag) for appointment in found]
        return {"appointment_links": "\n\n".join(lines)}
    if row.kind is MailKind.TIME_FREE:
        return {"booking_link": f"{settings.base_url}/w/{row.about['widget']}"}
    if row.kind is MailKind.BOUNCE:
        return {
            "bounce_time": codes.moment(datetime.fromisoformat(row.about["at"]), organization, tag),
            "bounce_reason": bounce.words_of(row.about["status"]),
            "appointment_link": f"{settings.base_url}/admin/appointments/show/{row.appointment_id}",
        }
    if row.appointment_id is not None:
        return _of_appointment(session.get_one(Appointment, row.appointment_id), settings, organization, row, tag)
    return {}


def _of_appointment(
    appointment: Appointment, settings: Settings, organization: Organization, row: OutgoingMail, tag: str
) -> dict[str, str]:
    values = codes.of_appointment(appointment, organization, settings.base_url, tag)
    if row.kind is not MailKind.CONFIRMATION:
        return values
    further = [codes.link_lines(one, organization, settings.base_url, tag) for one in _told_together(appointment, row)[1:]]
    return values | {"personal_message": staff_booking.message_of(appointment), "further_appointments": "\n\n".join(further)}


def letter_of(organization: Organization, tag: str, subject: str, body: str, values: dict[str, str]) -> Letter:
    """Subject and body with values in the place of their codes, as text and as page; speaks the language that is set."""
    filled = " ".join(fill(subject, values).split())
    page = render_template(
        "mail.html", paragraphs=_paragraphs(body, values), subject=filled, organization=organization,
        tag=tag, direction=locale.babel_locale(tag).text_direction,
    )  # fmt: skip
    return Letter(tag, filled, fill(body, values), page, [])


def _wording(
    session: Session, organization: Organization, row: OutgoingMail, department_id: int | None
) -> tuple[str, str, str]:
    template = template_for(session, row.kind, department_id)
    if template is not None:
        texts = Texts(session, row.locale, organization.locale)
        tag, words = texts.together(template, ["subject", "body"])
        return tag, words["subject"], words["body"]
    locale.set_tag(row.locale)
    subject, body = shipped_wording(row.kind)
    return row.locale, subject, body


LINK = re.compile(r"https?://[^\s<>]+")


def _paragraphs(body: str, values: dict[str, str]) -> list[list[list[tuple[str, bool]]]]:
    """The body as paragraphs of lines of pieces: (text, whether it is a link)."""
    return [
        [_pieces(line) for line in block.splitlines()] for block in fill(body, values).split("\n\n") if block.strip()
    ]


def _pieces(line: str) -> list[tuple[str, bool]]:
    pieces, end = [], 0
    for link in LINK.finditer(line):
        pieces += [(line[end : link.start()], False), (link.group(), True)]
        end = link.end()
    return [piece for piece in [*pieces, (line[end:], False)] if piece[0]]


def as_message(row: OutgoingMail, sender: str) -> EmailMessage:
    """The mail as it is sent; the same row gives the same Message-ID every time."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, row.recipient, row.subject
    message["Message-ID"] = f"<{row.message_key}@{sender.rpartition('@')[2] or 'localhost'}>"
    message["Date"] = format_datetime(row.composed_at or row.written_at)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(row.text)
    message.add_alternative(row.html, subtype="html")
    for attachment in row.attachments:
        _attach(message, attachment)
    message["Content-Language"] = row.locale  # at the end: parts that are added take such headers with them
    return message


def _attach(message: EmailMessage, attachment: dict[str, str]) -> None:
    main, _slash, rest = attachment["type"].partition("/")
    subtype, *parameters = [part.strip() for part in rest.split(";")]
    message.add_attachment(
        attachment["text"].encode(), maintype=main, subtype=subtype, filename=attachment["name"],
        params=dict(parameter.split("=", 1) for parameter in parameters),
    )  # fmt: skip


def deliver(settings: Settings, message: EmailMessage, sender: str = "") -> None:
    """One conversation with the mail server; what cannot be delivered comes back to `sender`.

    Raises OSError, smtplib.SMTPException.
    """
    connect = smtplib.SMTP_SSL if settings.smtp_tls == "tls" else smtplib.SMTP
    with connect(settings.smtp_host, settings.smtp_port, timeout=MAIL_TIMEOUT) as server:
        if settings.smtp_tls == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
        server.send_message(message, from_addr=sender or None)
