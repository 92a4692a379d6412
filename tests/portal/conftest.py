"""Patients who come to their own pages: the PIN is read in the mail, as they do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask

from integrations import mail
from telehealth.job import NoLongerWanted
from telehealth.outbox import MailKind, OutgoingMail
from tests.clinic import Clinic, client_id
from tests.widgets.walk_in.live import serve_live


@pytest.fixture(scope="session")
def live(app: Any, house: Any) -> Iterator[str]:
    """The address at which the test's own process serves the application."""
    with serve_live(app, house) as origin:
        yield origin


class Booked:
    def __init__(self, made: Any) -> None:
        self.id, self.uid, self.ticket, self.start = made.id, made.uid, made.ticket.token, made.start
        self.end, self.patient_id, self.email = made.end, made.patient_id, made.patient.email


def book(clinic: Clinic, slot: int = 0, **changes: Any) -> Booked:
    with clinic.session() as session:
        made = clinic.book(session, slot, **changes)
        session.flush()
        return Booked(made)


@pytest.fixture
def booked(clinic: Clinic) -> Booked:
    return book(clinic)


@pytest.fixture
def mailed(app: Flask, house: Any) -> Callable[..., list[OutgoingMail]]:
    """Send what waits as the worker does; gives the mails with PINs."""

    def send(clinic: Clinic) -> list[OutgoingMail]:
        for row in waiting(clinic):
            if row.composed_at is None:
                with app.test_request_context("/", base_url="http://localhost"), suppress(NoLongerWanted):
                    mail.send(clinic.sessions, house.settings, row)
        return waiting(clinic)

    def waiting(clinic: Clinic) -> list[OutgoingMail]:
        with clinic.session() as session:
            rows = session.query(OutgoingMail).filter_by(kind=MailKind.PIN).order_by(OutgoingMail.id).all()
            session.expunge_all()
            return rows

    return send


def digits_in(letter: str) -> str:
    found = re.search(r"^\d{6}$", letter, re.MULTILINE)
    assert found, letter
    return found.group()


class Patient:
    """Somebody who has come in."""

    def __init__(self, app: Flask, ticket: str, digits: str, **body: Any) -> None:
        self.client = app.test_client()
        given = {"ticket": ticket, "pin": digits, "client_id": client_id()} | body
        self.answer = self.client.post("/portal/session", json=given)
        assert self.answer.status_code == 201, self.answer.text
        self.token = self.answer.json["token"]
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str) -> Any:
        return self.client.get(f"/portal/{path}", headers=self.headers)

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(f"/portal/{path}", json=body, headers=self.headers)


@pytest.fixture
def come_in(app: Flask, mailed: Any) -> Callable[..., Patient]:
    """Ask for a PIN, read it in the mail, and enter it."""

    def enter(clinic: Clinic, booked: Booked, **body: Any) -> Patient:
        assert app.test_client().post("/portal/pin", json={"ticket": booked.ticket}).status_code == 202
        return Patient(app, booked.ticket, digits_in(mailed(clinic)[-1].text), **body)

    return enter
