"""Web Push: tells a browser that somebody waits while no page of the desk is open. Nothing about health, no name."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from flask_babel import gettext as _
from sqlalchemy.orm import sessionmaker

from config import Settings
from integrations import outside
from telehealth import alert, case_alert, clock, push_message
from telehealth.alert import PushSubscription
from telehealth.database import Session
from telehealth.job import Job, NoLongerWanted
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner
from telehealth.translation import Texts
from telehealth.waiting_room import Encounter
from web import crash, locale

GONE = {404, 410}
TAKEN = {200, 201, 202, 204}
LIFETIME = 600  # seconds in which a push is worth showing


class PushRefused(OSError):
    """The push service did not take the message this time; the text is its status."""


def send(sessions: sessionmaker[Session], settings: Settings, job: Job) -> None:
    """Send one message to one browser; a browser that has gone is forgotten.

    Raises NoLongerWanted, PushRefused, OSError, http.client.HTTPException.
    """
    with sessions(organization=job.organization_id) as session:
        browser = session.get(PushSubscription, job.payload["subscription"])
        if browser is None:
            raise NoLongerWanted("the browser was signed off")
        message = json.dumps(_words_of(session, browser, job.payload))
    try:
        status = _deliver(settings, browser, message, _topic(job.payload))
    except (ValueError, outside.Inside) as useless:
        _forget(sessions, job)
        raise NoLongerWanted(f"{type(useless).__name__}: nothing can be sent there") from None
    if status in GONE:
        _forget(sessions, job)
        raise NoLongerWanted("the browser takes no more pushes")
    if status not in TAKEN:
        raise PushRefused(f"the push service answered {status}")


def _topic(payload: dict[str, int]) -> str:
    """Of two that a browser was not there for, the later one takes the place of the earlier."""
    return f"channel-{payload['channel']}" if "channel" in payload else f"visit-{payload.get('visit', 0)}"


def _words_of(session: Session, browser: PushSubscription, payload: dict[str, int]) -> dict[str, str]:
    """Raises NoLongerWanted."""
    if "channel" in payload:
        return _of_channel(session, browser, payload["channel"])
    if "message" in payload:
        return _of_message(session, browser, payload["visit"])
    return _message(session, browser, payload.get("visit"))


def _of_channel(session: Session, browser: PushSubscription, channel_id: int) -> dict[str, str]:
    """That somebody waits in a channel. Raises NoLongerWanted."""
    person = session.get_one(Practitioner, browser.practitioner_id)
    locale.set_tag(person.locale)
    channel = case_alert.still_waiting(session, channel_id)
    organization = session.get_one(Organization, channel.organization_id)
    name = Texts(session, person.locale, organization.locale).of(channel, "name").text
    return {"title": _("Somebody waits for an answer"), "body": name, "tag": f"channel-{channel.id}"}


def _message(session: Session, browser: PushSubscription, visit_id: int | None) -> dict[str, str]:
    """What the browser shows, in its person's language. Raises NoLongerWanted."""
    person = session.get_one(Practitioner, browser.practitioner_id)
    locale.set_tag(person.locale)
    if visit_id is None:
        return {"title": _("This is how an arrival looks"), "body": _("Push works on this browser."), "tag": "trial"}
    visit = alert.still_unseen(session, visit_id)
    return {"title": _("Somebody is waiting"), "body": _department(session, person, visit), "tag": f"visit-{visit.id}"}


def _of_message(session: Session, browser: PushSubscription, visit_id: int) -> dict[str, str]:
    """The same for what a waiting patient has written. Raises NoLongerWanted."""
    person = session.get_one(Practitioner, browser.practitioner_id)
    locale.set_tag(person.locale)
    visit = alert.still_unread(session, visit_id)
    return {"title": _("A waiting patient has written"), "body": _department(session, person, visit), "tag": f"message-{visit.id}"}


def _department(session: Session, person: Practitioner, visit: Encounter) -> str:
    organization = session.get_one(Organization, visit.organization_id)
    return Texts(session, person.locale, organization.locale).of(visit.department, "name").text


def _deliver(settings: Settings, browser: PushSubscription, message: str, topic: str) -> int:
    body = push_message.seal(message, browser.key, browser.secret)
    there = urlsplit(browser.endpoint)
    headers = {
        "Authorization": push_message.authorization(
            settings.vapid_private_key, f"{there.scheme}://{there.netloc}", _contact(settings), clock.now()
        ),
        "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream", "TTL": str(LIFETIME),
        "Urgency": "high", "Topic": topic,
    }  # fmt: skip
    crash.passing("before_push")
    status, _answer = outside.post(browser.endpoint, body, headers, inside=settings.push_inside)
    return status


def _contact(settings: Settings) -> str:
    return settings.base_url if settings.base_url.startswith("https://") else f"mailto:{settings.mail_from}"


def _forget(sessions: sessionmaker[Session], job: Job) -> None:
    with sessions(organization=job.organization_id) as session, session.begin():
        if (browser := session.get(PushSubscription, job.payload["subscription"])) is not None:
            session.delete(browser)
