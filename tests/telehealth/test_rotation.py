"""Rotating keys: everything sealed opens afterwards with the newest key alone, for one organisation at a time."""

import os

import pytest

from telehealth import booking, conversation, message, rotation
from telehealth.database import Session
from telehealth.encryption import CannotOpen, Keyring
from telehealth.message import Message
from telehealth.waiting_room import Encounter
from tests.clinic import Clinic

NEW = os.urandom(32)
BOTH, NEWEST = Keyring({"new": NEW, "test": b"k" * 32}), Keyring({"new": NEW})


def told(clinic: Clinic) -> tuple[int, int, int]:
    """Somebody walks in, books and asks five things: the ids of visit, appointment and conversation."""
    with clinic.session() as session:
        visit = clinic.arrive(session, reason="Dizzy")
        made = clinic.book(session, answers={"reason": "Back pain"})
        thread = clinic.conversation(session, text="0")
        for number in range(1, 5):
            author = message.Author(conversation.AuthorKind.PATIENT, "I. Rossi", visitor=thread.visitor)
            message.post(session, thread.id, f"message-{number:04}", str(number), by=author, now=visit.arrived_at)
        return visit.id, made.id, thread.id


def opened(clinic: Clinic, keyring: Keyring) -> Session:
    return clinic.sessions(organization=clinic.id, keyring=keyring)


def test_everything_opens_with_the_newest_key_alone(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "PAGE", 2)
    visit, made, thread = told(clinic)
    with opened(clinic, BOTH) as session:
        assert sum(rotation.reseal(session)) == 7
        assert sum(rotation.reseal(session)) == 0
    with opened(clinic, NEWEST) as session:
        assert session.get_one(Encounter, visit).reason == "Dizzy"
        assert booking.answers_of(session.get_one(booking.Appointment, made)) == {"reason": "Back pain"}
        assert [said.text for said in message.messages(session, thread)] == ["0", "1", "2", "3", "4"]


def test_other_organisations_stay_as_they_are(clinic: Clinic, other: Clinic) -> None:
    told(clinic)
    told(other)
    with opened(clinic, BOTH) as session:
        list(rotation.reseal(session))
    with other.session() as session:
        assert not any(NEWEST.is_newest(row.sealed_text) for row in session.query(Message))


def test_without_the_old_key_nothing_is_touched(clinic: Clinic) -> None:
    told(clinic)
    with opened(clinic, NEWEST) as session, pytest.raises(CannotOpen):
        list(rotation.reseal(session))
    with clinic.session() as session:
        assert not any(NEWEST.is_newest(row.sealed_text) for row in session.query(Message))


def test_every_sealed_column_says_where_it_belongs() -> None:
    sealed = {
        f"{model.__tablename__}.{column.key}"
        for model in rotation.Base.registry._class_registry.values()
        if hasattr(model, "__table__")
        for column in model.__table__.columns
        if column.key.startswith("sealed_")
    }
    named = {f"{model.__tablename__}.{column}" for model in rotation.sealed_models() for column in model.__sealed__}
    assert sealed == named
