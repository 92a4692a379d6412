"""Mail: composes what the outbox asks for, once, and hands it to the mail server or to the local mailbox."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from config import Settings
from integrations import bounce, calendar
from integrations.mail_page import page_of
from integrations.payment import mail as of_payment
from integrations.wording import shipped_wording
from telehealth import alert, attachment, clock, correspondence, delay, elsewhere, participant, pin, quick_consultation, staff_booking
from telehealth import bounce as came_back
from telehealth.authorisation import Authorisation, AuthorisationKind
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.chat_group import GroupMember, MemberState
from telehealth.database import Session, session_of
from telehealth.job import GivenUp, NoLongerWanted
from telehealth.message_template import fill, template_for
from telehealth.organization import Organization
from telehealth.outbox import NEWS, OF_APPOINTMENT, OF_GROUPS, SECRET, TO_PARTICIPANT, TO_PORTAL, TO_STAFF, MailKind, OutgoingMail, Unwanted
from telehealth.participant import Participant
from telehealth.practitioner import Practitioner
from telehealth.questionnaire_response import ResponseStatus
from telehealth.ticket import TicketState
from telehealth.translation import Texts
from telehealth.widget import booking_widget_key
from telehealth.waiting_room import Encounter, UnknownEncounter
from web import codes, crash, locale
from web.way_back import way_back

LOCAL = "local mailbox"
SMTP = "mail server"
MAIL_TIMEOUT = 20  # seconds
# What is told back and when, where the server offers to do so (RFC 3461): heads without the words, and failures only.
DSN = (("RET=HDRS",), ("NOTIFY=FAILURE",))
ANNOUNCING = OF_APPOINTMENT - {MailKind.CANCELLATION} | {
    MailKind.QUESTIONNAIRE, MailKind.STAFF_BOOKED, MailKind.STAFF_MOVED, MailKind.RUNNING_LATE,
}  # fmt: skip


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
        if outgoing.kind in SECRET:
            _forget_words(sessions, outgoing)
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


def _forget_words(sessions: sessionmaker[Session], outgoing: OutgoingMail) -> None:
    with sessions(organization=outgoing.organization_id) as session, session.begin():
        session.get_one(OutgoingMail, outgoing.id).forget_words()


def _require_wanted(session: Session, row: OutgoingMail) -> None:
    organization = session.get_one(Organization, row.organization_id)
    if not organization.send_mails and row.kind not in TO_STAFF - NEWS:
        raise NoLongerWanted(Unwanted.NO_MAILS)
    if row.kind is MailKind.REMINDER and not organization.send_reminders:
        raise NoLongerWanted(Unwanted.NO_REMINDERS)
    if row.kind in ANNOUNCING and row.appointment_id is not None:
        _require_announced(session.get_one(Appointment, row.appointment_id), row)
    if row.kind is MailKind.NO_SHOW and row.appointment_id is not None:
        _require_missed(organization, session.get_one(Appointment, row.appointment_id))
    if row.kind is MailKind.RUNNING_LATE and row.appointment_id is not None:
        _require_late(session, organization, session.get_one(Appointment, row.appointment_id), row)
    if row.kind is MailKind.ARRIVAL and "visit" in row.about:
        alert.still_unseen(session, row.about["visit"])
    if row.kind in STILL_WANTED:
        STILL_WANTED[row.kind](session, row)


def _require_participant(session: Session, row: OutgoingMail) -> None:
    """What is told is how it stands: nobody is invited to what was cancelled, nor told of a change before the last."""
    who = session.get_one(Participant, row.about["participant"])
    comes = who.removed_at is None and who.ticket.state is TicketState.VALID
    if row.kind is MailKind.PARTICIPANT_CANCELLATION:
        if comes:
            raise NoLongerWanted(Unwanted.LATER_CHANGE)
        return
    if not comes:
        raise NoLongerWanted(Unwanted.CANCELLED)
    if row.kind is MailKind.PARTICIPANT_CHANGE and row.about["sequence"] != who.sequence:
        raise NoLongerWanted(Unwanted.LATER_CHANGE)


def _require_announced(appointment: Appointment, row: OutgoingMail) -> None:
    if appointment.status is AppointmentStatus.CANCELLED:
        raise NoLongerWanted(Unwanted.CANCELLED)
    if row.kind is MailKind.REMINDER and appointment.start <= clock.now():
        raise NoLongerWanted(Unwanted.BEGUN)
    if row.kind is MailKind.STAFF_MOVED and not row.about["mine"]:
        return  # whoever has lost it hears of no later change
    if row.kind in {MailKind.CHANGE, MailKind.STAFF_MOVED} and appointment.sequence != row.about["sequence"]:
        raise NoLongerWanted(Unwanted.LATER_CHANGE)


def _require_missed(organization: Organization, appointment: Appointment) -> None:
    if not organization.send_missed:
        raise NoLongerWanted(Unwanted.NO_MISSED)
    if appointment.status is not AppointmentStatus.NO_SHOW:
        raise NoLongerWanted(Unwanted.CAME)


def _require_late(session: Session, organization: Organization, appointment: Appointment, row: OutgoingMail) -> None:
    if not organization.send_delays:
        raise NoLongerWanted(Unwanted.NO_DELAYS)
    delay.still_late(session, appointment, row.about, clock.now())


def _visit_away(session: Session, row: OutgoingMail) -> Encounter:
    try:
        return elsewhere.visit_away(session, row.about["visit"])
    except UnknownEncounter:
        raise NoLongerWanted(Unwanted.BACK) from None


def _visit_awaited(session: Session, row: OutgoingMail) -> Encounter:
    try:
        return quick_consultation.invited(session, row.about["visit"], clock.now())
    except UnknownEncounter:
        raise NoLongerWanted(Unwanted.BACK) from None


def _asked_pin(session: Session, row: OutgoingMail) -> pin.Pin:
    try:
        return pin.to_mail(session, row.about["asked"], clock.now())
    except pin.PinOver:
        raise NoLongerWanted(Unwanted.PIN_OVER) from None


def _way_in(session: Session, row: OutgoingMail) -> Authorisation:
    """Where a mail to the own pages leads, unless it was taken back or what it is about was read."""
    given = session.get(Authorisation, row.about["authorisation"])
    if given is None or given.is_over(clock.now()):
        raise NoLongerWanted(Unwanted.REVOKED)
    if row.kind is MailKind.MESSAGE_WAITING and not _unread(session, row, by_patient=True):
        raise NoLongerWanted(Unwanted.READ_ALREADY)
    if row.kind in OF_GROUPS:
        _require_member(session, row)
    return given


def _require_member(session: Session, row: OutgoingMail) -> None:
    member = session.get(GroupMember, row.about["member"])
    if member is None or (row.kind is MailKind.GROUP_INVITATION and member.state is not MemberState.INVITED):
        raise NoLongerWanted(Unwanted.REVOKED)
    if row.kind is MailKind.GROUP_MESSAGE and not (member.is_here and not member.muted and member.unread()):
        raise NoLongerWanted(Unwanted.READ_ALREADY)


def _unread_by_staff(session: Session, row: OutgoingMail) -> None:
    if not _unread(session, row, by_patient=False):
        raise NoLongerWanted(Unwanted.READ_ALREADY)


def _unread(session: Session, row: OutgoingMail, *, by_patient: bool) -> bool:
    thread = session.get_one(correspondence.Correspondence, row.about["correspondence"]).conversation
    return bool(thread.unread_by_patient if by_patient else thread.unread_by_staff)


def _appointments_to_come(session: Session, row: OutgoingMail) -> Sequence[Appointment]:
    """Those that were to come when the mail was written and still are."""
    named = Appointment.id.in_(row.about["appointments"]) & (Appointment.status == AppointmentStatus.BOOKED)
    found = session.scalars(select(Appointment).where(named).order_by(Appointment.start, Appointment.id)).all()
    if not found:
        raise NoLongerWanted(Unwanted.NOTHING_TO_COME)
    return found


STILL_WANTED: dict[MailKind, Callable[[Session, OutgoingMail], object]] = {
    MailKind.CALL_BACK: _visit_away, MailKind.QUICK_CONSULTATION: _visit_awaited, MailKind.NEW_LINK: _appointments_to_come,
    MailKind.PIN: _asked_pin, **dict.fromkeys(TO_PARTICIPANT, _require_participant),
    **dict.fromkeys(TO_PORTAL, _way_in), MailKind.STAFF_MESSAGE: _unread_by_staff,
}  # fmt: skip


def _compose(session: Session, settings: Settings, row: OutgoingMail) -> None:
    letter = compose(session, settings, row)
    row.subject, row.text, row.html = letter.subject, letter.text, letter.html
    row.locale, row.attachments, row.composed_at = letter.tag, letter.attachments, clock.now()


def compose(session: Session, settings: Settings, row: OutgoingMail) -> Letter:
    """Subject and body from the department's template, in one language throughout."""
    organization = session.get_one(Organization, row.organization_id)
    appointment = session.get_one(Appointment, row.appointment_id) if row.appointment_id else None
    away = _visit_away(session, row) if row.kind is MailKind.CALL_BACK else None
    awaited = _visit_awaited(session, row) if row.kind is MailKind.QUICK_CONSULTATION else None
    about = appointment or away or awaited or _participants_visit(session, row)
    department_id = about.department_id if about else row.about.get("department_id")
    tag, subject, body = _wording(session, organization, row, department_id)
    locale.set_tag(tag)
    values = dict(row.about) | of_organization(organization, settings) | _own_values(session, settings, organization, row, tag)
    if away is not None:
        link = way_back(session, settings.base_url, away)
        values |= {"patient_name": away.patient.name, "waiting_room_link": link}
    if awaited is not None:
        who = awaited.admitted_by.name if awaited.admitted_by else ""
        values |= {"patient_name": awaited.patient.name, "practitioner_name": who, "consultation_link": codes.link_to(awaited.ticket, settings.base_url)}
    letter = letter_of(organization, tag, subject, with_own_words(body, values), values)
    if row.about.get("trial"):
        letter = replace(letter, subject=_("Only a trial: %(subject)s", subject=letter.subject))
    if appointment is not None and row.kind in OF_APPOINTMENT:
        files = [calendar.invitation(one, organization, settings) for one in _told_together(appointment, row)]
        letter = replace(letter, attachments=files)
    if appointment is not None and row.kind in TO_PARTICIPANT:
        places = _invited_together(session, session.get_one(Participant, row.about["participant"]), appointment, row)
        letter = replace(letter, attachments=[calendar.participants_invitation(who, one, organization, settings) for who, one in places])
    if appointment is not None and row.kind in NEWS:
        lost = row.kind is MailKind.STAFF_MOVED and not row.about["mine"]
        letter = replace(letter, attachments=[calendar.for_staff(appointment, organization, settings, row.recipient, lost=lost)])
    return letter


def _participants_visit(session: Session, row: OutgoingMail) -> Encounter | None:
    """The quick consultation that somebody is invited to."""
    if row.kind not in TO_PARTICIPANT or row.appointment_id is not None:
        return None
    return participant.visit_of(session, session.get_one(Participant, row.about["participant"]))


def _of_participant(session: Session, settings: Settings, organization: Organization, row: OutgoingMail, tag: str) -> dict[str, str]:
    who, visit = session.get_one(Participant, row.about["participant"]), _participants_visit(session, row)
    if visit is not None:
        return codes.of_participant(who, codes.of_visit(visit, organization, Texts(session, tag, organization.locale), tag), settings.base_url)
    appointment = session.get_one(Appointment, row.appointment_id)
    values = codes.of_participant(who, codes.facts_of(appointment, organization, tag), settings.base_url)
    if row.kind is not MailKind.PARTICIPANT:
        return values
    further = [
        f"{codes.moment(one.start, organization, tag)}\n{codes.participants_link(mine.ticket, settings.base_url)}"
        for mine, one in _invited_together(session, who, appointment, row)[1:]
    ]
    return values | {"personal_message": staff_booking.message_of(appointment), "further_appointments": "\n\n".join(further)}


def _invited_together(session: Session, who: Participant, appointment: Appointment, row: OutgoingMail) -> list[tuple[Participant, Appointment]]:
    """The person's places at all appointments of a series that a mail is about, its own first."""
    if not row.about.get("together"):
        return [(who, appointment)]
    rest = [one for one in _told_together(appointment, row) if one.id != appointment.id]
    places = [(mine, one) for one in rest for mine in participant.of_appointment(session, one.id) if mine.person_id == who.person_id]
    return [(who, appointment), *places]


def _told_together(appointment: Appointment, row: OutgoingMail) -> list[Appointment]:
    """A mail about a series has all that still stand, others have their own."""
    if not row.about.get("together"):
        return [appointment]
    rest = staff_booking.series_of(appointment)
    return [appointment, *(one for one in rest if one.id != appointment.id and one.status is AppointmentStatus.BOOKED)]


def with_own_words(body: str, values: dict[str, str]) -> str:
    """What staff wrote to this patient, what is asked before, the further dates of a series and that there are files stand at the end of a text that
    does not name them."""
    parts = [body]
    if values.get("personal_message") and "personal_message" not in body:
        parts += [_("Message from the clinic:") + "\n*|personal_message|*"]
    if values.get("questions_first") and "questions_first" not in body:
        parts += ["*|questions_first|*"]
    if values.get("further_appointments") and "further_appointments" not in body:
        parts += [_("Your further appointments:") + "\n\n*|further_appointments|*"]
    if values.get("to_read"):
        parts += [values["to_read"]]
    return "\n\n".join(parts)


def of_organization(organization: Organization, settings: Settings) -> dict[str, str]:
    """What every mail of an organisation may name."""
    return {
        "organization_name": organization.name, "organization_phone": organization.phone,
        "desk_link": f"{settings.base_url}/desk/waiting-room", "inbox_link": f"{settings.base_url}/desk/inbox",
        "messages_link": f"{settings.base_url}/desk/messages",
    }  # fmt: skip


def _own_values(
    session: Session, settings: Settings, organization: Organization, row: OutgoingMail, tag: str
) -> dict[str, str]:
    """What a mail of this kind may name of its appointments; whoever is told of a bounce reads nothing of the patient."""
    about = About(session, settings, organization, row, tag)
    if row.kind in OWN_VALUES:
        return OWN_VALUES[row.kind](about)
    if row.appointment_id is None:
        return {}
    return _of_appointment(session.get_one(Appointment, row.appointment_id), settings, organization, row, tag)


class About(NamedTuple):
    """Whose mail it is, and in which language."""

    session: Session
    settings: Settings
    organization: Organization
    row: OutgoingMail
    tag: str


def _of_new_link(about: About) -> dict[str, str]:
    found = _appointments_to_come(about.session, about.row)
    lines = [codes.link_lines(appointment, about.organization, about.settings.base_url, about.tag) for appointment in found]
    return {"appointment_links": "\n\n".join(lines)}


def _of_pin(about: About) -> dict[str, str]:
    asked = _asked_pin(about.session, about.row)
    minutes = codes.length(about.organization.pin_minutes, about.tag)
    return {"patient_name": asked.patient.name, "pin_code": asked.digits, "pin_minutes": minutes}


def _of_portal(about: About) -> dict[str, str]:
    """The link asks for the PIN by itself; a code lets a device in without one."""
    given = _way_in(about.session, about.row)
    how = "device" if given.kind is AuthorisationKind.CODE else "ask"
    until = codes.moment(given.expires_at, about.organization, about.tag)
    link = f"{about.settings.base_url}/portal/#{how}={given.ticket.token}"
    return {"patient_name": given.patient.name, "portal_link": link, "code_until": until}


def _of_bounce(about: About) -> dict[str, str]:
    row = about.row
    return {
        "bounce_time": codes.moment(datetime.fromisoformat(row.about["at"]), about.organization, about.tag),
        "bounce_reason": bounce.words_of(row.about["status"]),
        "appointment_link": f"{about.settings.base_url}/admin/appointments/show/{row.appointment_id}",
    }


def _for_staff(about: About) -> dict[str, str]:
    """When, with whom and how; of the patient nothing."""
    session, settings, organization, row, tag = about
    if row.appointment_id is None:
        return {}
    appointment = session.get_one(Appointment, row.appointment_id)
    told = codes.for_staff(appointment, organization, settings.base_url, tag)
    if row.kind is not MailKind.STAFF_MOVED:
        return told
    was = row.about["was"]
    when = codes.moment(datetime.fromisoformat(was["start"]), organization, tag)
    return told | {"earlier_appointment": f"{when}, {session.get_one(Practitioner, was['practitioner']).name}"}


OWN_VALUES: dict[MailKind, Callable[[About], dict[str, str]]] = {
    MailKind.NEW_LINK: _of_new_link, MailKind.PIN: _of_pin, MailKind.BOUNCE: _of_bounce, MailKind.CALL_BACK_BOUNCE: _of_bounce,
    MailKind.TIME_FREE: lambda about: {"booking_link": f"{about.settings.base_url}/w/{about.row.about['widget']}"},
    **dict.fromkeys(TO_PORTAL, _of_portal), MailKind.STAFF_MESSAGE: lambda _about: {},
    MailKind.REQUEST_INVITED: lambda about: {"booking_link": f"{about.settings.base_url}/w/{about.row.about['widget']}"},
    **dict.fromkeys(NEWS, _for_staff), **dict.fromkeys(TO_PARTICIPANT, lambda about: _of_participant(*about)),
}  # fmt: skip


def _of_appointment(
    appointment: Appointment, settings: Settings, organization: Organization, row: OutgoingMail, tag: str
) -> dict[str, str]:
    values = codes.of_appointment(appointment, organization, settings.base_url, tag)
    if row.kind is MailKind.NO_SHOW:
        return values | _another_time(appointment, settings)
    if row.kind in OF_APPOINTMENT - {MailKind.CANCELLATION}:
        values |= _to_read(appointment)
    if row.kind is MailKind.RUNNING_LATE:
        return values | codes.of_delay(appointment, row.about["minutes"], organization, tag)
    if row.kind is MailKind.REFUND:
        return values | of_payment.refund_values(appointment, row.about, tag)
    if row.kind is MailKind.PAID_CONSULTATION:
        values |= of_payment.values(appointment, settings.base_url, tag)
    elif row.kind is not MailKind.CONFIRMATION:
        return values
    further = [codes.link_lines(one, organization, settings.base_url, tag) for one in _told_together(appointment, row)[1:]]
    return values | {
        "personal_message": staff_booking.message_of(appointment), "further_appointments": "\n\n".join(further),
        "questions_first": _questions_first(appointment, settings),
    }  # fmt: skip


def _questions_first(appointment: Appointment, settings: Settings) -> str:
    """The way to what is asked before the visit, if anything is; what it is about stands on the page only (S002-159)."""
    if all(response.status is ResponseStatus.COMPLETED for response in appointment.responses):
        return ""
    said = _("Before your appointment we would like to know some things from you. You find the questions on the page of your appointment:")
    return f"{said}\n{codes.link_to(appointment.ticket, settings.base_url)}"


def _to_read(appointment: Appointment) -> dict[str, str]:
    """That there are files, and where; never what is in them or what they are called."""
    if not attachment.something_to_read(session_of(appointment), appointment.id):
        return {}
    return {"to_read": _("We have put something to read for you on the page of your appointment. Open it with your link.")}


def _another_time(appointment: Appointment, settings: Settings) -> dict[str, str]:
    """The way to the free times of the widget where it was booked, else of any; nothing where patients cannot book."""
    key = booking_widget_key(session_of(appointment), appointment.widget_id)
    if not key:
        return {"another_time": ""}
    link = f"{settings.base_url}/w/{key}"
    return {"booking_link": link, "another_time": _("Here you find another time:") + f"\n{link}"}


def letter_of(organization: Organization, tag: str, subject: str, body: str, values: dict[str, str]) -> Letter:
    """Subject and body with values in the place of their codes, as text and as page; speaks the language that is set."""
    filled = " ".join(fill(subject, values).split())
    text = fill(body, values)
    return Letter(tag, filled, text, page_of(organization, tag, filled, text, values), [])


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


def as_message(row: OutgoingMail, sender: str) -> EmailMessage:
    """The mail as it is sent; the same row gives the same Message-ID every time."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, row.recipient, row.subject
    message["Message-ID"] = f"<{row.message_key}@{sender.rpartition('@')[2] or 'localhost'}>"
    message["Date"] = format_datetime(row.composed_at or row.written_at)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(row.text)
    message.add_alternative(row.html, subtype="html")
    for part in row.attachments:
        _attach(message, part)
    message["Content-Language"] = row.locale  # at the end: parts that are added take such headers with them
    return message


def _attach(message: EmailMessage, part: dict[str, str]) -> None:
    main, _slash, rest = part["type"].partition("/")
    subtype, *parameters = [part.strip() for part in rest.split(";")]
    message.add_attachment(
        part["text"].encode(), maintype=main, subtype=subtype, filename=part["name"],
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
        server.ehlo_or_helo_if_needed()
        for_whole, for_each = (DSN if server.has_extn("dsn") else ((), ()))
        server.send_message(message, from_addr=sender or None, mail_options=for_whole, rcpt_options=for_each)
