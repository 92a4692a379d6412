"""The chat widget of a clinic of the test's own, and the people who answer there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from telehealth import clock, message
from telehealth.channel import Channel, ChannelSwitch
from telehealth.conversation import AuthorKind, Conversation
from telehealth.message import Author
from tests.patience import until
from tests.clinic import Clinic, client_id
from tests.widgets.walk_in.live import serve_live


@pytest.fixture(scope="session")
def live(app: Any, house: Any) -> Iterator[str]:
    """The address at which the test's own process serves the application."""
    with serve_live(app, house) as origin:
        yield origin


@pytest.fixture
def address(live: str, clinic: Clinic) -> str:
    """The widget's page."""
    return f"{live}/w/{clinic.widgets['chat']}"


@dataclass
class Desk:
    """What somebody of the clinic does with the conversation that began last."""

    clinic: Clinic
    person: str = "nurse"

    @contextmanager
    def thread(self) -> Iterator[Conversation]:
        with self.clinic.session() as session:
            yield session.query(Conversation).order_by(Conversation.id.desc()).limit(1).one()

    def turn(self, channel: str, switch: ChannelSwitch, *, congested: bool = False) -> None:
        with self.clinic.session() as session:
            found = session.get_one(Channel, self.clinic.channels[channel])
            found.turn(switch, congested=congested, by=self.clinic.staff("admin"), now=clock.now())

    def enter(self, channel: str = "open") -> None:
        with self.clinic.session() as session:
            found = session.get_one(Channel, self.clinic.channels[channel])
            found.enter(self.clinic.staff(self.person), active=True, now=clock.now())

    def claim(self) -> None:
        self.enter()
        with self.thread() as thread:
            thread.claim(self.clinic.staff(self.person))

    def write(self, text: str) -> None:
        who = self.clinic.staff(self.person)
        with self.thread() as thread:
            by = Author(AuthorKind.STAFF, who.name, practitioner_id=who.practitioner_id)
            session = self.session_of(thread)
            message.post(session, thread.id, client_id(), text, by=by, now=clock.now())

    def read(self) -> None:
        with self.thread() as thread:
            thread.read_by_staff(self.clinic.staff(self.person))

    def transfer(self, channel: str) -> None:
        with self.thread() as thread:
            to = self.session_of(thread).get_one(Channel, self.clinic.channels[channel])
            thread.transfer(to, by=self.clinic.staff(self.person), now=clock.now())

    def close(self) -> None:
        with self.thread() as thread:
            thread.close(self.clinic.staff(self.person), clock.now())

    def hears(self, said: list[str]) -> None:
        """Wait until exactly this was said: a page shows its own words before they have arrived."""
        until(lambda: self.said() == said)

    def said(self) -> list[str]:
        with self.thread() as thread:
            return [said.text for said in message.messages(self.session_of(thread), thread.id)]

    def count(self) -> int:
        with self.clinic.session() as session:
            return session.query(Conversation).count()

    @staticmethod
    def session_of(thread: Conversation) -> Any:
        from telehealth.database import session_of

        return session_of(thread)


@pytest.fixture
def desk(clinic: Clinic) -> Desk:
    return Desk(clinic)
