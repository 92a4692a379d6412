"""A clinic with one of everything that the admin shows, each carrying the clinic's mark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import sessionmaker

from admin.menu import VIEWS
from telehealth import api_key, clock, feedback, payment
from telehealth.absence import Absence
from telehealth.announcement import Announcement
from telehealth.audit import AuditAction, AuditEvent
from telehealth.case import CaseField, CaseOutcome
from telehealth.case_text import CaseText, Occasion
from telehealth.case_timer import CaseTimer
from telehealth.contact_point import ContactKind, ContactPoint
from telehealth.channel import Channel, ChannelState
from telehealth.chat_group import ChatGroup
from telehealth.channel_change import ChangeRule, ChannelChange
from telehealth.skill import Skill
from telehealth.database import Session
from telehealth.closed_day import ClosedDay
from telehealth.feedback import Rating
from telehealth.follow_up import FollowUpHint
from telehealth.job import Job, WorkState
from telehealth.message_template import MessageTemplate, MessageTemplateSet
from telehealth.messenger import MessengerAccount
from telehealth.opening_hours import OpeningHours
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.participant import ExternalPerson, Group
from telehealth.patient import Patient
from telehealth.questionnaire import Questionnaire, QuestionnaireItem
from telehealth.questionnaire_form import ItemKind
from telehealth.quick_text import QuickText
from telehealth.text_message import TextKind, TextTemplate
from telehealth.visit_type import Mode, VisitType
from telehealth.waitlist import WaitlistEntry
from telehealth.widget import Widget
from tests.browser.kit.sites import serve
from tests.clinic import Clinic, make_clinic
from tests.conftest import SignedIn

PATHS = {view.__name__: f"/admin{view.route_base}" for view in VIEWS}


def furnish(clinic: Clinic) -> Clinic:
    """Add what other rooms' tests do not need."""
    mark = clinic.mark
    with clinic.session() as session:
        booked = clinic.book(session)
        payment.owe(session, booked.id, Decimal(45), "EUR", clock.now())
        session.flush()
        texts = MessageTemplateSet(name=f"Texts {mark}")
        texts.templates = [MessageTemplate(kind=MailKind.REMINDER, subject=f"Today {mark}", body="*|consult_deeplink|*")]
        key, _text = api_key.create(session, f"Plugin {mark}", clock.now())
        session.get_one(Channel, clinic.channels["open"]).hours = [
            OpeningHours(weekday=0, opens_minute=540, closes_minute=600)
        ]
        session.add_all([
            Absence(
                practitioner_id=clinic.people["doctor"], start=clock.now() + timedelta(days=300),
                end=clock.now() + timedelta(days=301), note=f"Conference {mark}",
            ),
            VisitType(name=f"By telephone {mark}", mode=Mode.PHONE, price=Decimal("12.50")),
            WaitlistEntry(
                widget_id=session.query(Widget).filter_by(key=clinic.widgets["booking"]).one().id, department_id=clinic.departments[0],
                email=f"w.{mark}@example.org", locale="en", until=date(2031, 1, 1), created_at=clock.now(), not_before=clock.now(),
            ),
            MessengerAccount(kind=ContactKind.WEBHOOK, name=f"Own app {mark}", channel_id=clinic.channels["open"]),
            ContactPoint(kind=ContactKind.WEBHOOK, address=f"somebody-{mark}", name=f"Ida {mark}", created_at=clock.now()),
            Skill(name=f"Sign language {mark}"),
            ChatGroup(name=f"Living with COPD {mark}", rules=f"Be kind {mark}"),
            ChannelChange(
                channel_id=clinic.channels["open"], at=clock.now(), state=ChannelState.CLOSED, rule=ChangeRule.HAND, reason=f"Meeting {mark}",
            ),
            ClosedDay(day=date(2031, 1, 1), name=f"New Year {mark}"),
            texts, key, Announcement(text=f"Ten minutes late {mark}"), FollowUpHint(text=f"Call us {mark}"),
            Questionnaire(
                title=f"Before your visit {mark}",
                items=[QuestionnaireItem(kind=ItemKind.YES_NO, text=f"Do you smoke? {mark}", key="smoke")],
            ),
            ExternalPerson(
                initials="B.", last_name=f"Visser {mark}", email=f"b@{clinic.slug}.example", groups=[Group(name=f"Family {mark}")],
            ),
            TextTemplate(kind=TextKind.REMINDER, body=f"Soon {mark} *|consult_deeplink|*"),
            CaseField(label=f"What was wrong {mark}"), CaseOutcome(name=f"Answered {mark}"),
            CaseText(occasion=Occasion.TAKEN, text=f"Here we are {mark}"),
            CaseTimer(channel_id=clinic.channels["open"], return_minutes=10),
            QuickText(title=f"Soon {mark}", text=f"Your turn soon {mark}"),
            Patient(initials="Q.", last_name=f"Quist {mark}", birth_date=date(1990, 1, 2), email=f"q@{clinic.slug}.example"),
            AuditEvent(
                at=clock.now(), actor="system", action=AuditAction.CHANGED, entity="department", entity_id=1,
                changes={"name": [mark]},
            ),
            Job(
                organization_id=clinic.id, kind="tidy", state=WorkState.DEAD, due=clock.now(), error=f"No disk {mark}",
            ),
        ])  # fmt: skip
        visit = clinic.arrive(session)
        visit.admit(clinic.staff("doctor"), clock.now())
        visit.end(clinic.staff("doctor"), clock.now())
        feedback.give(session, visit, Rating.GOOD, f"Friendly {mark}", clock.now())
    return clinic


@pytest.fixture(scope="module")
def clinics(sessions: sessionmaker[Session]) -> tuple[Clinic, Clinic]:
    """Ours and theirs."""
    return furnish(make_clinic(sessions)), furnish(make_clinic(sessions))


@pytest.fixture
def full(sessions: sessionmaker[Session]) -> Clinic:
    """A clinic of the test's own, with everything in it."""
    return furnish(make_clinic(sessions))


@pytest.fixture
def administrator(staff: Callable[[Clinic, str], SignedIn]) -> Callable[[Clinic], SignedIn]:
    return lambda clinic: staff(clinic, "admin")


def row_of(clinic: Clinic, model: Any) -> int:
    """The id of one of the clinic's rows."""
    with clinic.session() as session:
        query = session.query(model.id)
        if model is Job:
            query = query.filter(Job.organization_id == clinic.id)
        if model.__tablename__ == "organization":
            return clinic.id
        return int(query.order_by(model.id.desc()).limit(1).scalar())


def mails_of(clinic: Clinic, recipient: str) -> list[OutgoingMail]:
    with clinic.sessions(organization=clinic.id) as session:
        return list(session.query(OutgoingMail).filter_by(recipient=recipient).order_by(OutgoingMail.id))


class Bearer:
    """Another system with somebody's bearer token."""

    def __init__(self, app: Flask, email: str, password: str) -> None:
        self.client = app.test_client()
        body = {"username": email, "password": password, "provider": "db"}
        answer = self.client.post("/admin/api/v1/security/login", json=body)
        assert answer.status_code == 200, answer.text
        self.headers = {"Authorization": f"Bearer {answer.json['access_token']}"}

    def __call__(self, method: str, path: str, **options: Any) -> Any:
        return self.client.open(f"/admin/api/v1{path}", method=method, headers=self.headers, **options)


@pytest.fixture
def bearer(app: Flask, staff: Callable[[Clinic, str], SignedIn]) -> Callable[..., Bearer]:
    from tests.clinic import PASSWORD

    def call(clinic: Clinic, person: str = "admin") -> Bearer:
        staff(clinic, person)
        return Bearer(app, clinic.email(person), PASSWORD)

    return call


@pytest.fixture
def signed_in(server: Any, new_page: Any) -> Callable[..., Any]:
    """Opens a page of the demo clinic's administrator."""

    def open_page(**look: Any) -> Any:
        page = new_page(**look)
        page.goto(f"{server.base}/admin/login/")
        page.get_by_label("E-mail").fill("admin@demo.example")
        page.get_by_label("Password").fill("demo-Konsulto-1")
        page.keyboard.press("Enter")
        page.wait_for_url("**/admin/")
        return page

    return open_page


@pytest.fixture(scope="session")
def live(app: Any) -> Iterator[str]:
    """Where the tests' own application is served to a browser."""
    with serve(app) as origin:
        yield origin
