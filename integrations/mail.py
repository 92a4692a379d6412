"""Mail: composes what the outbox asks for, once, and hands it to the mail server or to the local mailbox."""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy.orm import sessionmaker

from config import Settings
from integrations import calendar
from telehealth import alert, clock, elsewhere
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.job import NoLongerWanted
from telehealth.message_template import fill, template_for
from telehealth.organization import Organization
from telehealth.outbox import TO_STAFF, MailKind, OutgoingMail
from telehealth.translation import Texts
from telehealth.waiting_room import Encounter, UnknownEncounter
from web import codes, crash, locale
from web.way_back import way_back

LOCAL = "local mailbox"
SMTP = "mail server"
MAIL_TIMEOUT = 20  # seconds


@dataclass(frozen=True)
class Letter:
    """A composed mail, in the language `tag` throughout."""

    tag: str
    subject: str
    text: str
    html: str
    attachments: list[dict[str, str]]


def send(sessions: sessionmaker[Session], settings: Settings, outgoing: OutgoingMail) -> None:
    """Compose at the first turn, send at every turn. Raises NoLongerWanted, OSError, smtplib.SMTPException."""
    with sessions(organization=outgoing.organization_id) as session, session.begin():
        row = session.get_one(OutgoingMail, outgoing.id)
        _require_wanted(session, row)
        if row.composed_at is None:
            _compose(session, settings, row)
        row.via = SMTP if settings.smtp_host else LOCAL
        message = as_message(row, settings.mail_from)
    crash.passing("before_mail")
    if settings.smtp_host:
        deliver(settings, message)
    crash.passing("after_mail")


def _require_wanted(session: Session, row: OutgoingMail) -> None:
    organization = session.get_one(Organization, row.organization_id)
    if not organization.send_mails and row.kind not in TO_STAFF:
        raise NoLongerWanted("the organisation sends no mails")
    if row.kind is MailKind.REMINDER and not organization.send_reminders:
        raise NoLongerWanted("the organisation sends no reminders")
    if row.kind is MailKind.REMINDER and session.get_one(Appointment, row.appointment_id).start <= clock.now():
        raise NoLongerWanted("the appointment has begun")
    announces = row.kind in {MailKind.CONFIRMATION, MailKind.REMINDER, MailKind.CHANGE} and row.appointment_id is not None
    if announces and session.get_one(Appointment, row.appointment_id).status is AppointmentStatus.CANCELLED:
        raise NoLongerWanted("the appointment was cancelled")
    if row.kind is MailKind.CHANGE and session.get_one(Appointment, row.appointment_id).sequence != row.about["sequence"]:
        raise NoLongerWanted("a later change is told instead")
    if row.kind is MailKind.ARRIVAL and "visit" in row.about:
        alert.still_unseen(session, row.about["visit"])
    if row.kind is MailKind.CALL_BACK:
        _visit_away(session, row)


def _visit_away(session: Session, row: OutgoingMail) -> Encounter:
    try:
        return elsewhere.visit_away(session, row.about["visit"])
    except UnknownEncounter:
        raise NoLongerWanted("the patient is back, or the visit is over") from None


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
    values = dict(row.about) | {
        "organization_name": organization.name, "organization_phone": organization.phone,
        "desk_link": f"{settings.base_url}/desk/waiting-room",
    }  # fmt: skip
    if appointment is not None:
        values |= codes.of_appointment(appointment, organization, settings.base_url, tag)
    if away is not None:
        link = way_back(session, settings.base_url, away)
        values |= {"patient_name": away.patient.name, "waiting_room_link": link}
    subject = " ".join(fill(subject, values).split())
    if row.about.get("trial"):
        subject = _("Only a trial: %(subject)s", subject=subject)
    attachments = [calendar.invitation(appointment, organization, settings)] if appointment is not None else []
    page = render_template(
        "mail.html", paragraphs=_paragraphs(body, values), subject=subject, organization=organization,
        tag=tag, direction=locale.babel_locale(tag).text_direction,
    )  # fmt: skip
    return Letter(tag, subject, fill(body, values), page, attachments)


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


def shipped_wording(kind: MailKind) -> tuple[str, str]:
    """Subject and body that serve until an organisation writes its own."""
    wordings = {
        MailKind.CONFIRMATION: (
            _("Your appointment at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "Your appointment with *|practitioner_name|* is on *|appointment_date|* at *|appointment_time|* "
                "(*|time_zone|*).\n\n"
                "Open this link to come to the waiting room. You are welcome from *|appointment_welcome_from|*:\n"
                "*|consult_deeplink|*\n\n"
                "If you cannot come, please call *|organization_phone|*."
            ),
        ),
        MailKind.REMINDER: (
            _("Reminder: your appointment at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "We remind you of your appointment with *|practitioner_name|* on *|appointment_date|* at *|appointment_time|* "
                "(*|time_zone|*).\n\n"
                "Open this link to come to the waiting room. You are welcome from *|appointment_welcome_from|*:\n"
                "*|consult_deeplink|*\n\n"
                "If you cannot come, please call *|organization_phone|*."
            ),
        ),
        MailKind.CHANGE: (
            _("Changed: your appointment at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "Your appointment has moved. It is now with *|practitioner_name|* on *|appointment_date|* at "
                "*|appointment_time|* (*|time_zone|*).\n\n"
                "Your link stays the same. You are welcome from *|appointment_welcome_from|*:\n"
                "*|consult_deeplink|*\n\n"
                "If you cannot come, please call *|organization_phone|*."
            ),
        ),
        MailKind.CANCELLATION: (
            _("Cancelled: your appointment at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "Your appointment on *|appointment_date|* at *|appointment_time|* (*|time_zone|*) is cancelled.\n\n"
                "Questions? Call *|organization_phone|*."
            ),
        ),
        MailKind.STAFF_INVITATION: (
            _("Your sign-in at *|organization_name|*"),
            _(
                "Dear *|person_name|*,\n\n"
                "Choose a password with this link. It works for a limited time:\n*|password_link|*"
            ),
        ),
        MailKind.ARRIVAL: (
            _("Somebody is waiting"),
            _(
                "Dear *|person_name|*,\n\n"
                "Somebody is waiting and nobody has seen it yet. Department: *|department_name|*.\n\n"
                "Open the waiting room:\n*|desk_link|*\n\n"
                "You choose there, below Alerts, how you are told."
            ),
        ),
        MailKind.CALL_BACK: (
            _("It is nearly your turn at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "It is nearly your turn. Your place is kept. Go back to the waiting room with this link:\n"
                "*|waiting_room_link|*\n\n"
                "The link is for you alone. If you cannot come, please call *|organization_phone|*."
            ),
        ),
    }
    return wordings[kind]


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


def deliver(settings: Settings, message: EmailMessage) -> None:
    """One conversation with the mail server. Raises OSError, smtplib.SMTPException."""
    connect = smtplib.SMTP_SSL if settings.smtp_tls == "tls" else smtplib.SMTP
    with connect(settings.smtp_host, settings.smtp_port, timeout=MAIL_TIMEOUT) as server:
        if settings.smtp_tls == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
        server.send_message(message)


