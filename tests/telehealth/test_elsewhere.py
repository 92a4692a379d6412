"""Waiting elsewhere: the place outlives the page, the turn is written about once, coming back undoes it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from telehealth import clock, elsewhere, waiting_room
from telehealth.elsewhere import WayClosed
from telehealth.job import Job, WorkState
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.text_message import CALL_BACK
from telehealth.waiting_room import (
    CallBackWay,
    Encounter,
    EncounterEnded,
    EndReason,
    NotAnAddress,
    NotElsewhere,
    UnknownEncounter,
)
from tests.clinic import Clinic

GRACE = timedelta(minutes=5)
NUMBER = "+31 (6) 1234-5678"


def _away(clinic, session, way=CallBackWay.MAIL, address="s@example.org", now=None):
    now = now or clock.now()
    visit = clinic.arrive(session, now=now)
    elsewhere.go(session, visit, way, address, texting=True, now=now)
    visit.connection(connected=False, now=now)
    return visit


def _mails(session):
    return [(m.kind, m.recipient) for m in session.query(OutgoingMail).filter_by(kind=MailKind.CALL_BACK)]


def _with_texts(session, clinic, number):
    session.get_one(Organization, clinic.id).texts_a_month = number


def test_the_sweep_leaves_who_waits_elsewhere_until_the_longer_time_is_over(clinic: Clinic, session):
    now = clock.now()
    visit = _away(clinic, session, now=now)
    assert waiting_room.sweep(session, GRACE, now + timedelta(minutes=119)) == 0
    assert waiting_room.sweep(session, GRACE, now + timedelta(minutes=121)) == 1
    assert visit.end_reason is EndReason.LOST


def test_the_longer_time_is_the_organisations(clinic: Clinic, session):
    session.get_one(Organization, clinic.id).elsewhere_minutes = 30
    now = clock.now()
    assert _away(clinic, session, now=now).elsewhere_until == now + timedelta(minutes=30)


def test_who_comes_back_has_the_usual_grace_again(clinic: Clinic, session):
    now = clock.now()
    visit = _away(clinic, session, now=now)
    visit.connection(connected=True, now=now + timedelta(minutes=20))
    visit.come_back()
    visit.connection(connected=False, now=now + timedelta(minutes=20))
    assert waiting_room.sweep(session, GRACE, now + timedelta(minutes=24)) == 0
    assert waiting_room.sweep(session, GRACE, now + timedelta(minutes=26)) == 1


def test_who_is_near_the_turn_is_written_to_once(clinic: Clinic, session):
    first, second = clinic.arrive(session), clinic.arrive(session)
    _away(clinic, session, address="third@example.org")
    assert elsewhere.call_near(session, clock.now()) == 0
    first.leave(clock.now())
    assert elsewhere.call_near(session, clock.now()) == 1
    second.leave(clock.now())
    assert elsewhere.call_near(session, clock.now()) == 0
    assert _mails(session) == [(MailKind.CALL_BACK, "third@example.org")]


def test_the_place_from_which_on_is_the_organisations(clinic: Clinic, session):
    clinic.arrive(session)
    _away(clinic, session)
    session.get_one(Organization, clinic.id).call_back_place = 1
    assert elsewhere.call_near(session, clock.now()) == 0


def test_who_is_admitted_while_away_is_called_back_too(clinic: Clinic, session):
    session.get_one(Organization, clinic.id).call_back_place = 0
    visit = _away(clinic, session)
    assert elsewhere.call_near(session, clock.now()) == 0
    visit.admit(clinic.staff("doctor"), clock.now())
    assert elsewhere.call_near(session, clock.now()) == 1


def test_calling_back_twice_at_once_writes_once_and_later_writes_again(clinic: Clinic, session):
    now = clock.now()
    visit = _away(clinic, session, now=now)
    for seconds in (0, 30, 150):
        visit.call_back(now + timedelta(seconds=seconds))
    assert len(_mails(session)) == 2


def test_a_call_back_leaves_time_to_return(clinic: Clinic, session):
    now = clock.now()
    visit = _away(clinic, session, now=now)
    late = visit.elsewhere_until - timedelta(minutes=1)
    visit.call_back(late)
    assert waiting_room.sweep(session, GRACE, late + timedelta(minutes=14)) == 0
    assert waiting_room.sweep(session, GRACE, late + timedelta(minutes=16)) == 1


def test_who_is_on_the_page_is_not_called_back(clinic: Clinic, session):
    visit = clinic.arrive(session)
    with pytest.raises(NotElsewhere):
        visit.call_back(clock.now())


def test_who_has_left_neither_goes_elsewhere_nor_is_called_back(clinic: Clinic, session):
    visit = _away(clinic, session)
    visit.leave(clock.now())
    with pytest.raises(EncounterEnded):
        visit.call_back(clock.now())
    with pytest.raises(EncounterEnded):
        elsewhere.go(session, visit, CallBackWay.MAIL, "s@example.org", texting=False, now=clock.now())
    assert elsewhere.call_near(session, clock.now()) == 0


@pytest.mark.parametrize(
    ("way", "address"),
    [
        (CallBackWay.MAIL, "nobody"), (CallBackWay.MAIL, "a b@example.org"), (CallBackWay.MAIL, NUMBER),
        (CallBackWay.TEXT, "0612345678"), (CallBackWay.TEXT, "s@example.org"), (CallBackWay.TEXT, "+31 6 CALL ME"),
        (CallBackWay.MAIL, "x" * 250 + "@example.org"),
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(clinic: Clinic, session, way, address):
    _with_texts(session, clinic, 5)
    with pytest.raises(NotAnAddress):
        _away(clinic, session, way, address)


def test_a_number_is_kept_without_what_stands_between_its_digits(clinic: Clinic, session):
    _with_texts(session, clinic, 5)
    assert _away(clinic, session, CallBackWay.TEXT, NUMBER).call_back_to == "+31612345678"


def test_a_text_message_is_work_that_names_nobody(clinic: Clinic, session):
    _with_texts(session, clinic, 5)
    visit = _away(clinic, session, CallBackWay.TEXT, NUMBER)
    visit.call_back(clock.now())
    [job] = session.query(Job).filter_by(organization_id=clinic.id, kind=CALL_BACK)
    assert job.payload == {"visit": visit.uid}
    assert _mails(session) == []


def test_text_messages_need_a_gateway_and_a_limit(clinic: Clinic, session):
    assert elsewhere.ways(session, texting=True, now=clock.now()) == [CallBackWay.MAIL]
    _with_texts(session, clinic, 1)
    assert elsewhere.ways(session, texting=False, now=clock.now()) == [CallBackWay.MAIL]
    assert elsewhere.ways(session, texting=True, now=clock.now()) == [CallBackWay.MAIL, CallBackWay.TEXT]


def test_no_more_texts_are_promised_than_the_month_has(clinic: Clinic, session):
    _with_texts(session, clinic, 1)
    visit = _away(clinic, session, CallBackWay.TEXT, NUMBER)
    with pytest.raises(WayClosed):
        _away(clinic, session, CallBackWay.TEXT, NUMBER)
    visit.call_back(clock.now())
    [job] = session.query(Job).filter_by(organization_id=clinic.id, kind=CALL_BACK)
    assert CallBackWay.TEXT not in elsewhere.ways(session, texting=True, now=clock.now())
    job.state, job.ended_at = WorkState.DONE, clock.now()
    assert CallBackWay.TEXT not in elsewhere.ways(session, texting=True, now=clock.now())
    next_month = clock.now() + timedelta(days=32)
    assert CallBackWay.TEXT in elsewhere.ways(session, texting=True, now=next_month)


def test_a_clinic_that_sends_no_mails_promises_none(clinic: Clinic, session):
    session.get_one(Organization, clinic.id).send_mails = False
    with pytest.raises(WayClosed):
        _away(clinic, session)


def test_what_was_to_be_sent_to_somebody_who_is_back_finds_nobody_away(clinic: Clinic, session):
    visit = _away(clinic, session)
    assert elsewhere.visit_away(session, visit.uid) is visit
    visit.come_back()
    session.flush()
    with pytest.raises(UnknownEncounter):
        elsewhere.visit_away(session, visit.uid)


def test_the_clinic_next_door_is_not_called_back(clinic: Clinic, other: Clinic, session):
    with other.session() as theirs:
        number = _away(other, theirs).id
    assert elsewhere.call_near(session, clock.now()) == 0
    with other.session() as theirs:
        assert theirs.get_one(Encounter, number).called_back_at is None
