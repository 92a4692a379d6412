"""A mail of an appointment goes again, to another address if need be; never for what is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from telehealth import booking, clock, resend, reschedule
from telehealth.audit import AuditEvent
from telehealth.booking import Search
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.resend import AppointmentOver, BadAddress, MailsOff, NotResendable

NEW = "new@example.org"


@pytest.fixture
def made(clinic, session):
    made = clinic.book(session)
    session.flush()
    return made


def mails(session):
    return session.query(OutgoingMail).order_by(OutgoingMail.id).all()


def test_it_is_a_mail_of_its_own_to_the_address_that_the_patient_then_has(clinic, session, made):
    resend.again(session, made, MailKind.CONFIRMATION, NEW, clock.now())
    first, second = mails(session)
    assert (second.kind, second.recipient, second.appointment_id) == (MailKind.CONFIRMATION, NEW, made.id)
    assert first.message_key != second.message_key
    assert (made.patient.email, made.sequence) == (NEW, 0)
    session.flush()
    changes = [event.changes for event in session.query(AuditEvent).filter_by(entity="patient", entity_id=made.patient_id)]
    assert changes == [{"email": [f"m.devries@{clinic.slug}.example", NEW]}]


def test_pressing_twice_is_pressing_once(session, made):
    now = clock.now()
    for _ in range(2):
        resend.again(session, made, MailKind.CONFIRMATION, NEW, now)
    assert len(mails(session)) == 2


def test_a_change_can_be_sent_again_once_the_appointment_was_moved(session, made):
    with pytest.raises(NotResendable):
        resend.again(session, made, MailKind.CHANGE, NEW, clock.now())
    slots = booking.day_of(session, Search(practitioner_id=made.practitioner_id), made.start.date(), clock.now())
    reschedule.move(session, made, slots[2].id, clock.now())
    resend.again(session, made, MailKind.CHANGE, NEW, clock.now())
    assert mails(session)[-1].about == {"again": True, "sequence": 1} and made.sequence == 1


def test_what_is_cancelled_or_over_is_not_sent_again(session, made):
    with pytest.raises(AppointmentOver):
        resend.again(session, made, MailKind.CONFIRMATION, NEW, made.end)
    with pytest.raises(AppointmentOver):
        resend.again(session, made, MailKind.REMINDER, NEW, made.start)
    resend.again(session, made, MailKind.CONFIRMATION, NEW, made.start + timedelta(minutes=1))
    made.cancel(clock.now())
    with pytest.raises(AppointmentOver):
        resend.again(session, made, MailKind.CONFIRMATION, NEW, clock.now())


@pytest.mark.parametrize("kind", [MailKind.CANCELLATION, MailKind.STAFF_INVITATION, MailKind.BOUNCE, MailKind.TEST])
def test_other_mails_are_not_sent_again(kind, session, made):
    with pytest.raises(NotResendable):
        resend.again(session, made, kind, NEW, clock.now())


@pytest.mark.parametrize("address", ["", "nobody", "a@b", "a b@c.example", "a@b.example, c@d.example", "a@" + "b" * 260 + ".example"])
def test_what_is_no_address_is_refused_and_nothing_changes(address, session, made):
    before = made.patient.email
    with pytest.raises(BadAddress):
        resend.again(session, made, MailKind.CONFIRMATION, address, clock.now())
    assert made.patient.email == before and len(mails(session)) == 1


@pytest.mark.parametrize(("switch", "kind"), [("send_mails", MailKind.CONFIRMATION), ("send_reminders", MailKind.REMINDER)])
def test_an_organisation_that_sends_none_sends_none_again(switch, kind, clinic, session, made):
    setattr(session.get_one(Organization, clinic.id), switch, False)
    with pytest.raises(MailsOff):
        resend.again(session, made, kind, NEW, clock.now())
