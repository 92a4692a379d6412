"""Channels: the own place in them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from telehealth import clock, event
from telehealth.channel import Channel, ChannelChanged, NotAllowed
from telehealth.database import Session
from telehealth.presence import Presence
from tests.clinic import Clinic


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[ChannelChanged]:
    heard: list[ChannelChanged] = []
    listeners: dict[type, list[Any]] = {ChannelChanged: [heard.append]}
    monkeypatch.setitem(event.listeners, ChannelChanged, listeners[ChannelChanged])
    return heard


def test_whose_presence_has_changed_is_told(clinic: Clinic, session: Session, told: list[ChannelChanged]) -> None:
    channel, doctor = session.get_one(Channel, clinic.channels["shared"]), clinic.staff("doctor")
    channel.enter(doctor, active=True, now=clock.now())
    session.commit()
    assert [fact.practitioner_id for fact in told] == [doctor.practitioner_id]


def test_a_channel_that_is_closed_is_nobodys_own_change(
    clinic: Clinic, session: Session, told: list[ChannelChanged]
) -> None:
    channel = session.get_one(Channel, clinic.channels["shared"])
    channel.turn(channel.switch, congested=True, by=clinic.staff("manager"), now=clock.now())
    session.commit()
    assert [fact.practitioner_id for fact in told] == [None]


def test_the_bell_of_a_channel_is_chosen_without_being_present(clinic: Clinic, session: Session) -> None:
    channel, doctor = session.get_one(Channel, clinic.channels["shared"]), clinic.staff("doctor")
    channel.ring(doctor, on=False, now=clock.now())
    own = session.scalars(select(Presence).where(Presence.practitioner_id == doctor.practitioner_id)).one()
    assert (own.by_sound, own.active) == (False, False)


def test_choosing_the_bell_leaves_the_presence_as_it_is(clinic: Clinic, session: Session) -> None:
    channel, doctor = session.get_one(Channel, clinic.channels["shared"]), clinic.staff("doctor")
    channel.enter(doctor, active=True, now=clock.now())
    channel.ring(doctor, on=False, now=clock.now())
    assert channel.is_present(doctor)


def test_a_translator_has_no_place_in_a_channel(clinic: Clinic, session: Session) -> None:
    channel = session.get_one(Channel, clinic.channels["shared"])
    with pytest.raises(NotAllowed):
        channel.ring(clinic.staff("translator"), on=True, now=clock.now())
