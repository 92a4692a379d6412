"""Text messages to people who wait elsewhere or are reminded: one interface, an operator's own gateway behind it, or nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import urllib.request
from collections.abc import Mapping
from typing import Protocol

from sqlalchemy.orm import sessionmaker

from config import Settings
from integrations.mail import of_organization
from integrations.wording import shipped_text
from telehealth import clock, delay, elsewhere
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.job import Job, NoLongerWanted
from telehealth.message_template import fill
from telehealth.organization import Organization
from telehealth.text_message import TEXT_CODES, TextKind, template_of
from telehealth.translation import Texts
from telehealth.waiting_room import UnknownEncounter
from web import codes, locale
from web.way_back import way_back

SECONDS = 20


class NotConfigured(LookupError):
    """This server has no way to send text messages."""


class Sender(Protocol):
    """`key` is the same at every attempt, so that a gateway can send it once."""

    configured: bool

    def send(self, number: str, text: str, key: str) -> None:
        """Raises OSError, and NotConfigured."""


class NoSender:
    configured = False

    def send(self, number: str, text: str, key: str) -> None:
        raise NotConfigured("SMS_URL is not set")


class WebhookSender:
    """Posts JSON to the operator's gateway, which checks the signature: HMAC-SHA256 of `timestamp.body`."""

    configured = True

    def __init__(self, url: str, secret: str) -> None:
        self.url, self.secret = url, secret

    def send(self, number: str, text: str, key: str) -> None:
        body = json.dumps({"to": number, "text": text, "id": key}).encode()
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json", "X-Konsulto-Timestamp": stamp,
            "X-Konsulto-Signature": signature(self.secret, stamp, body),
        }  # fmt: skip
        request = urllib.request.Request(self.url, body, headers, method="POST")  # noqa: S310 (the operator's own)
        with _opener.open(request, timeout=SECONDS):
            pass


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A gateway that sends us elsewhere would get the number and the link to a place that nobody has named."""

    def redirect_request(self, *_args: object, **_named: object) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def signature(secret: str, stamp: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def sender_of(settings: Settings) -> Sender:
    return WebhookSender(settings.sms_url, settings.sms_secret) if settings.sms_url else NoSender()


def remind(sessions: sessionmaker[Session], settings: Settings, job: Job) -> None:
    """Remind a patient of an appointment. Raises NoLongerWanted, NotConfigured, OSError."""
    with sessions(organization=job.organization_id) as session:
        made = session.get_one(Appointment, job.payload["appointment"])
        organization = session.get_one(Organization, made.organization_id)
        wanted = organization.text_reminders and organization.send_reminders
        if not wanted or made.status is not AppointmentStatus.BOOKED or made.start <= clock.now() or not made.patient.phone:
            raise NoLongerWanted("cancelled, begun, or reminders are switched off")
        text = about(session, settings, organization, TextKind.REMINDER, made)
        number = made.patient.phone
    sender_of(settings).send(number, text, f"{job.organization_id}-{job.id}")


def invite(sessions: sessionmaker[Session], settings: Settings, job: Job) -> None:
    """Send a patient the link of what was booked. Raises NoLongerWanted, NotConfigured, OSError."""
    with sessions(organization=job.organization_id) as session:
        made = session.get_one(Appointment, job.payload["appointment"])
        organization = session.get_one(Organization, made.organization_id)
        stands = made.status is AppointmentStatus.BOOKED and made.end > clock.now()
        if not organization.text_invitations or not stands or not made.patient.phone:
            raise NoLongerWanted("cancelled, over, or invitations are switched off")
        text = about(session, settings, organization, TextKind.INVITATION, made)
        number = made.patient.phone
    sender_of(settings).send(number, text, f"{job.organization_id}-{job.id}")


def tell_late(sessions: sessionmaker[Session], settings: Settings, job: Job) -> None:
    """Tell a patient who is still to come how late it gets. Raises NoLongerWanted, NotConfigured, OSError."""
    with sessions(organization=job.organization_id) as session:
        made = session.get_one(Appointment, job.payload["appointment"])
        organization = session.get_one(Organization, made.organization_id)
        if not organization.text_delays or made.status is not AppointmentStatus.BOOKED or not made.patient.phone:
            raise NoLongerWanted("cancelled, or delays are not told by text message")
        delay.still_late(session, made, job.payload, clock.now())
        text = about(session, settings, organization, TextKind.RUNNING_LATE, made, job.payload["minutes"])
        number = made.patient.phone
    sender_of(settings).send(number, text, f"{job.organization_id}-{job.id}")


def about(session: Session, settings: Settings, organization: Organization, kind: TextKind, made: Appointment, minutes: int = 0) -> str:
    """The words of a message about an appointment, in its patient's language."""
    tag, body = _wording(session, organization, kind, made.locale)
    values = codes.of_appointment(made, organization, settings.base_url, tag) | codes.of_delay(made, minutes, organization, tag)
    return written(kind, body, values)


def _wording(session: Session, organization: Organization, kind: TextKind, wanted: str) -> tuple[str, str]:
    """The clinic's own words, else ours, and their language, which is set."""
    template = template_of(session, kind)
    tag = locale.choose([wanted], [organization.locale, *organization.locales])
    if template is not None:
        tag, words = Texts(session, wanted, organization.locale).together(template, ["body"])
    locale.set_tag(tag)
    return tag, words["body"] if template is not None else shipped_text(kind)


def written(kind: TextKind, body: str, values: Mapping[str, str]) -> str:
    """The message: of the values those that its kind may name."""
    return fill(body, {name: values.get(name, "") for name in TEXT_CODES[kind]}).strip()


def call_back(sessions: sessionmaker[Session], settings: Settings, job: Job) -> None:
    """Tell a patient that it is nearly their turn. Raises NoLongerWanted, NotConfigured, OSError."""
    with sessions(organization=job.organization_id) as session:
        try:
            visit = elsewhere.visit_away(session, job.payload["visit"])
        except UnknownEncounter:
            raise NoLongerWanted("the patient is back, or the visit is over") from None
        organization = session.get_one(Organization, visit.organization_id)
        _tag, body = _wording(session, organization, TextKind.CALL_BACK, visit.locale)
        values = of_organization(organization, settings) | {"waiting_room_link": way_back(session, settings.base_url, visit)}
        text = written(TextKind.CALL_BACK, body, values)
        number = visit.call_back_to
    sender_of(settings).send(number, text, f"{job.organization_id}-{job.id}")
