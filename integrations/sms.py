"""Text messages to people who wait elsewhere: one interface, an operator's own gateway behind it, or nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import urllib.request
from typing import Protocol

from flask_babel import gettext as _
from sqlalchemy.orm import sessionmaker

from config import Settings
from telehealth import elsewhere
from telehealth.database import Session
from telehealth.job import Job, NoLongerWanted
from telehealth.organization import Organization
from telehealth.waiting_room import UnknownEncounter
from web import locale
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


def call_back(sessions: sessionmaker[Session], settings: Settings, job: Job) -> None:
    """Tell a patient that it is nearly their turn. Raises NoLongerWanted, NotConfigured, OSError."""
    with sessions(organization=job.organization_id) as session:
        try:
            visit = elsewhere.visit_away(session, job.payload["visit"])
        except UnknownEncounter:
            raise NoLongerWanted("the patient is back, or the visit is over") from None
        organization = session.get_one(Organization, visit.organization_id)
        locale.set_tag(locale.choose([visit.locale], [organization.locale, *organization.locales]))
        link = way_back(session, settings.base_url, visit)
        text = _("It is nearly your turn at %(clinic)s. Back to the waiting room: %(link)s", clinic=organization.name, link=link)
        number = visit.call_back_to
    sender_of(settings).send(number, text, f"{job.organization_id}-{job.id}")
