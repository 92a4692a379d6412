"""A mail server that listens for real, and the work of sending done as the worker does it."""

from __future__ import annotations

import email
import email.policy
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from integrations import mail
from telehealth import clock
from telehealth.job import NoLongerWanted, work
from telehealth.outbox import OutgoingMail
from tests.server import free_port


class Inbox:
    """A mail server that keeps what it is given; `refusals` says how many letters it takes badly first.

    `unknown` are addresses that it refuses for good, `verdict` is what it says to every letter instead of taking it. `asked`
    is what was asked of it about notifications.
    """

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.senders: list[str] = []
        self.refused: list[bytes] = []
        self.refusals = 0
        self.unknown: dict[str, str] = {}
        self.verdict = ""
        self.asked: list[str] = []

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, answers: list[str]) -> list[str]:  # noqa: N802
        session.host_name = hostname
        return [*answers[:-1], *(["250-DSN"] if isinstance(server, Notifying) else []), answers[-1]]

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address in self.unknown:
            return self.unknown[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if len(self.refused) < self.refusals:
            self.refused.append(envelope.content)
            return "451 Try again later"
        if self.verdict:
            return self.verdict
        self.senders.append(envelope.mail_from)
        self.letters.append(envelope.content)
        return "250 OK"


class Notifying(SMTP):
    """A mail server that offers delivery status notifications (RFC 3461) and keeps what it was asked for."""

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802
        await super().smtp_MAIL(self._kept(arg, "RET"))

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802
        await super().smtp_RCPT(self._kept(arg, "NOTIFY"))

    def _kept(self, arg: str, name: str) -> str:
        words = arg.split()
        self.event_handler.asked += [word for word in words if word.startswith(f"{name}=")]
        return " ".join(word for word in words if not word.startswith(f"{name}="))


class NotifyingController(Controller):
    def factory(self) -> SMTP:
        return Notifying(self.handler, **self.SMTP_kwargs)


@pytest.fixture
def inbox(request):
    """One that knows no DSN, or with the parameter "dsn" one that does."""
    handler = Inbox()
    kind = NotifyingController if getattr(request, "param", "") == "dsn" else Controller
    controller = kind(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


@pytest.fixture
def settings(house, inbox):
    return house.settings.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": inbox.port})


@pytest.fixture
def post(app, clinic, settings):
    """Do what is due in this clinic, as the worker does; `later` moves the clock."""

    def perform(row):
        if row.organization_id != clinic.id:
            raise NoLongerWanted("another test's")
        with app.test_request_context("/", base_url="http://localhost"):
            mail.send(clinic.sessions, settings, row)

    def run(later=timedelta(), using=None):
        nonlocal settings
        settings = using or settings
        while work(clinic.sessions, OutgoingMail, perform, lambda: clock.now() + later):
            pass

    return run


def book(clinic, **changes):
    with clinic.session() as session:
        made = clinic.book(session, **changes)
        session.flush()
        return made.id


def read(content):
    return email.message_from_bytes(content, policy=email.policy.default)
