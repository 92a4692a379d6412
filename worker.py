"""The worker: sends what lies in the outbox, runs jobs, keeps the waiting rooms true. In the server or on its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from config import Settings
from integrations import files, mail, push, sms
from integrations.messenger import accounts as messengers
from integrations.messenger import reminders
from integrations.payment import refunds
from telehealth import (
    alert,
    attachment,
    booking,
    bulk_authorisation,
    case_alert,
    chat_group,
    clock,
    correspondence,
    elsewhere,
    ending,
    flow,
    hold,
    messenger,
    new_bookings,
    new_link,
    news,
    case_timer,
    no_show,
    paying,
    payment,
    portal,
    questionnaire_response,
    reminder,
    text_message,
    waiting_room,
    waitlist,
)
from telehealth.database import Session
from telehealth.job import Job, LeaseLost, forget_ended, work
from telehealth.organization import Organization
from telehealth.messenger import Notice
from telehealth.outbox import OutgoingMail
from web import crash
from web.case_words import answered_later
from web.house import House

log = logging.getLogger(__name__)
PAUSE = 0.5  # seconds between looks into an empty outbox
SWEEP_EVERY = 15.0  # seconds
TIDY_EVERY = 3600.0  # seconds
KEPT = timedelta(days=1)  # how long a job that was done is still there
COUNTED = timedelta(days=32)  # one that counts for a month's cap
# What jobs do, each in a transaction of its organisation.
JOBS: dict[str, Callable[[Session, Job, datetime], object]] = {
    waiting_room.ARRIVAL: lambda session, job, now: alert.tell_of_arrival(session, job.payload["visit"], now, job.payload["turn"]),
    alert.MESSAGE: lambda session, job, now: alert.tell_of_message(session, job.payload["visit"], job.payload["seq"], now),
    alert.ESCALATION: lambda session, job, now: alert.tell_everybody(session, job.payload["visit"], now, job.payload["turn"]),
    waiting_room.ERASE: ending.erase,
    booking.CHANGED: lambda session, job, now: news.tell_of_change(session, job.payload, now),
    bulk_authorisation.AUTHORISE: bulk_authorisation.perform,
    case_alert.CASE: lambda session, job, now: case_alert.tell(session, job.payload["channel"], now),
    new_link.ASKED: lambda session, job, now: new_link.write(session, job.payload["address"], job.payload["once"], now),
}
# What jobs tell the world outside, each opening its transactions around the talk.
OUTSIDE: dict[str, Callable[[Any, Settings, Job], None]] = {
    alert.PUSH: push.send, text_message.CALL_BACK: sms.call_back, text_message.REMINDER: sms.remind, attachment.SCAN: files.scan_again,
    payment.REFUND: refunds.send, text_message.INVITATION: sms.invite, text_message.RUNNING_LATE: sms.tell_late,
    messengers.READ: messengers.read_mailbox, messenger.REMINDER: reminders.write,
}  # fmt: skip


class Worker:
    def __init__(self, app: Flask, house: House) -> None:
        self.app, self.house, self.beat, self._swept, self._tidied = app, house, time.monotonic(), 0.0, 0.0

    def run(self) -> None:
        while True:
            try:
                busy = self.once()
            except Exception:  # the worker outlives a failure and tries again
                log.exception("worker failed")
                busy = False
            self.beat = time.monotonic()
            if not busy:
                time.sleep(PAUSE)

    def once(self) -> bool:
        """One look at everything that is due; whether there was something."""
        self._sweep_when_due()
        try:
            sent = work(self.house.sessions, OutgoingMail, self._send, clock.now)
            sent = work(self.house.sessions, Notice, self._say, clock.now) or sent
            return work(self.house.sessions, Job, self._perform, clock.now) or sent
        except LeaseLost:
            return True

    def alive(self) -> bool:
        return time.monotonic() - self.beat < 60

    def _send(self, letter: OutgoingMail) -> None:
        with self.app.test_request_context("/", base_url=self.house.settings.base_url):
            mail.send(self.house.sessions, self.house.settings, letter)

    def _say(self, notice: Notice) -> None:
        with self.app.test_request_context("/", base_url=self.house.settings.base_url):
            messengers.send(self.house.sessions, self.house.settings, notice)

    def _perform(self, job: Job) -> None:
        if job.kind in OUTSIDE:
            with self.app.test_request_context("/", base_url=self.house.settings.base_url):
                OUTSIDE[job.kind](self.house.sessions, self.house.settings, job)
        elif job.kind in JOBS:
            with self.house.sessions(organization=job.organization_id) as session, session.begin():
                JOBS[job.kind](session, job, clock.now())
        else:
            raise LookupError(f"nobody performs {job.kind}")

    def _sweep_when_due(self) -> None:
        if time.monotonic() - self._swept > SWEEP_EVERY:
            self._swept = time.monotonic()
            sweep(self.house)
        if time.monotonic() - self._tidied > TIDY_EVERY:
            self._tidied = time.monotonic()
            tidy(self.house)


def tidy(house: House) -> None:
    """Delete what was done long enough ago; text messages stay for as long as they count, answers as long as the clinic says,
    files that belong nowhere for a day."""
    with house.sessions() as session, session.begin():
        forget_ended(session, clock.now() - KEPT, but=text_message.KINDS)
        forget_ended(session, clock.now() - COUNTED)
        kept = session.execute(select(Organization.id, Organization.keep_answers_months)).all()
    for organization_id, months in kept:
        with house.sessions(organization=organization_id) as session, session.begin():
            attachment.tidy(session, clock.now())
            chat_group.forget_old(session, clock.now())
        if months:
            _erase_answers(house, organization_id, months)


def _erase_answers(house: House, organization_id: int, months: int) -> None:
    erased = 1
    while erased:
        with house.sessions(organization=organization_id) as session, session.begin():
            erased = questionnaire_response.erase_old(session, months, clock.now())


def sweep(house: House) -> None:
    """In every organisation: take leave of people whose connection did not come back, call back those whose turn is near,
    remind of appointments, give back times whose hold has expired or that nobody has paid, note who did not come, tell who waits for a
    free time, see to what follows a booking, look into mailboxes."""
    with house.sessions() as session:
        graces = session.execute(select(Organization.id, Organization.grace_seconds)).all()
    for organization_id, grace in graces:
        see_to(house, organization_id, timedelta(seconds=grace))


def see_to(house: House, organization_id: int, grace: timedelta) -> None:
    """The same for one organisation."""
    with house.sessions(organization=organization_id) as session, session.begin():
        waiting_room.sweep(session, grace, clock.now())
        elsewhere.call_near(session, clock.now())
        correspondence.tell_of_unread(session, clock.now())
        chat_group.tell_of_unread(session, clock.now())
    with house.sessions(organization=organization_id) as session, session.begin():
        reminded = reminder.write_due(session, clock.now(), texting=sms.sender_of(house.settings).configured)
        if reminded:
            crash.passing("before_reminders")
    if reminded:
        crash.passing("after_reminders")
    # Each on its own: who takes time holds the calendar's feed and waits for ticks, so that nobody may do the reverse.
    for keep_true in (hold.tidy, paying.release_unpaid, no_show.note, waitlist.tell, portal.tidy, flow.sweep):
        with house.sessions(organization=organization_id) as session, session.begin():
            keep_true(session, clock.now())
    watch_cases(house, organization_id)
    with house.sessions(organization=organization_id) as session, session.begin():
        messengers.plan_looks(session)
    with house.sessions(organization=organization_id) as session, session.begin():
        new_bookings.follow(session, clock.now(), texting=sms.sender_of(house.settings).configured)


def watch_cases(house: House, organization_id: int) -> None:
    """See to who has gone silent; each thread in a transaction of its own, so that no two are held at once."""
    last = 0
    while True:
        with house.sessions(organization=organization_id) as session:
            page = case_timer.watched(session, after=last)
        for conversation_id in page:
            with house.sessions(organization=organization_id) as session, session.begin():
                case_timer.look(session, conversation_id, clock.now(), later=lambda tag: answered_later(house.in_language, tag))
        if len(page) < case_timer.AT_ONCE:
            return
        last = page[-1]


def start(app: Flask, house: House) -> Worker:
    """Run beside the server, as a green thread under eventlet."""
    worker = Worker(app, house)
    house.ready_checks["worker"] = worker.alive
    threading.Thread(target=worker.run, name="worker", daemon=True).start()
    return worker
