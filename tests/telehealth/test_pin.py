"""A PIN goes to the address that is known, works for half an hour, five tries and once, and only the latest counts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from telehealth import clock, pin, portal
from telehealth.audit import AuditAction, AuditEvent
from telehealth.booking import UnknownAppointment
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.patient import Patient
from telehealth.pin import TRIES, Pin, PinOver, WrongPin
from telehealth.portal import Lifetime, PortalClosed, PortalSession
from telehealth.questionnaire_response import UnknownResponse
from telehealth.standing import Standing
from telehealth.ticket import UnknownTicket
from tests.clinic import client_id

LIFETIME = Lifetime(timedelta(hours=2), timedelta(hours=24))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def booked(clinic, session):
    made = clinic.book(session)
    session.flush()
    return made


@pytest.fixture
def asked(session, booked):
    """Ask for a PIN; gives the digits."""

    def ask(made=booked, now=None):
        pin.ask(session, made.ticket, now or clock.now())
        return session.query(Pin).order_by(Pin.id.desc()).first().digits

    return ask


def begin(session, made, digits, now=None, client=None):
    return portal.begin(session, made.ticket, digits, client or client_id(), "en", now or clock.now())


def wrong(digits):
    return f"{(int(digits) + 1) % 10**6:06}"


def test_the_pin_is_mailed_to_the_known_address_and_stands_in_no_row(session, booked, asked):
    digits = asked()
    assert len(digits) == 6 and digits.isdecimal()
    [mail] = session.query(OutgoingMail).filter_by(kind=MailKind.PIN)
    assert (mail.recipient, mail.appointment_id) == (booked.patient.email, booked.id)
    row = session.query(Pin).one()
    stored = [str(getattr(row, column.key)) for column in Pin.__table__.columns] + [str(mail.about)]
    assert all(digits not in text for text in stored if not text.startswith("20"))


def test_pins_differ_and_use_all_digits(session, asked):
    found = {asked() for _ in range(60)}
    assert len(found) > 55
    assert {digit for one in found for digit in one} == set("0123456789")


def test_with_the_pin_the_patient_comes_in_once(session, booked, asked):
    digits = asked()
    own = begin(session, booked, digits)
    assert own.patient_id == booked.patient_id and portal.known(session, own.token, clock.now(), LIFETIME) is own
    assert own.token not in (own.uid, own.token_hash) and len(own.token) == 43
    with pytest.raises(PinOver):
        begin(session, booked, digits)
    [entry] = session.query(AuditEvent).filter_by(action=AuditAction.SIGNED_IN)
    assert (entry.actor, entry.entity_id) == (f"patient:{booked.patient_id}", booked.patient_id)


def test_the_same_sent_twice_is_one_session(session, booked, asked):
    digits, client = asked(), client_id()
    first = begin(session, booked, digits, client=client)
    assert begin(session, booked, digits, client=client) is first
    with pytest.raises(PinOver):
        begin(session, booked, wrong(digits), client=client)


def test_five_wrong_tries_end_a_pin(session, booked, asked):
    digits, left = asked(), []
    for _ in range(TRIES - 1):
        with pytest.raises(WrongPin) as refused:
            begin(session, booked, wrong(digits))
        left.append(refused.value.left)
    assert left == [4, 3, 2, 1]
    for given in (wrong(digits), digits):
        with pytest.raises(PinOver):
            begin(session, booked, given)
    assert not session.query(PortalSession).count()


@pytest.mark.parametrize(("minutes", "works"), [(29, True), (30, False)])
def test_a_pin_expires_after_the_clinics_minutes(session, booked, asked, minutes, works):
    now = clock.now()
    digits = asked(now=now)
    if works:
        assert begin(session, booked, digits, now + minutes * MINUTE)
    else:
        with pytest.raises(PinOver):
            begin(session, booked, digits, now + minutes * MINUTE)


def test_how_long_it_works_the_clinic_decides(session, clinic, booked, asked):
    session.get_one(Organization, clinic.id).pin_minutes = 5
    now = clock.now()
    digits = asked(now=now)
    with pytest.raises(PinOver):
        begin(session, booked, digits, now + 6 * MINUTE)


def test_a_new_pin_ends_the_old_one(session, booked, asked):
    old, new = asked(), asked()
    with pytest.raises(WrongPin):
        begin(session, booked, old if old != new else wrong(new))
    assert begin(session, booked, new)
    first = session.query(Pin).order_by(Pin.id).first()
    with pytest.raises(PinOver):
        pin.to_mail(session, first.uid, clock.now())


def test_without_a_pin_nobody_comes_in(session, booked):
    with pytest.raises(PinOver):
        begin(session, booked, "123456")


def test_where_no_address_is_known_nothing_is_mailed_and_no_digits_are_right(session, clinic):
    made = clinic.book(session, email="")
    pin.ask(session, made.ticket, clock.now())
    assert not session.query(OutgoingMail).filter_by(kind=MailKind.PIN).count()
    digits = session.query(Pin).one().digits
    with pytest.raises(WrongPin) as refused:
        begin(session, made, digits)
    assert refused.value.left == 4, "as for any wrong PIN"


def test_a_pin_of_an_address_that_was_changed_meanwhile_is_over(session, booked, asked):
    digits = asked()
    booked.patient.email = "new@example.org"
    with pytest.raises(PinOver):
        begin(session, booked, digits)


def test_a_pin_opens_nobody_elses_pages(session, clinic, booked, asked):
    another = clinic.book(session, 2, email="somebody@example.org", last_name="Else")
    digits = asked()
    with pytest.raises(PinOver):
        begin(session, another, digits)


def test_a_walk_in_has_no_such_link(session, clinic):
    with pytest.raises(UnknownTicket):
        pin.ask(session, clinic.arrive(session).ticket, clock.now())


def test_a_session_slides_for_two_hours_and_ends_after_a_day(session, booked, asked):
    now = clock.now()
    own = begin(session, booked, asked(now=now), now)
    for hours in range(1, 24):
        assert portal.known(session, own.token, now + timedelta(hours=hours), LIFETIME) is own
    with pytest.raises(PortalClosed):
        portal.known(session, own.token, now + timedelta(hours=24), LIFETIME)


def test_an_unused_session_ends(session, booked, asked):
    now = clock.now()
    own = begin(session, booked, asked(now=now), now)
    with pytest.raises(PortalClosed):
        portal.known(session, own.token, now + timedelta(hours=2), LIFETIME)


def test_signing_out_ends_it(session, booked, asked):
    own = begin(session, booked, asked())
    own.end(clock.now())
    with pytest.raises(PortalClosed):
        portal.known(session, own.token, clock.now(), LIFETIME)


def test_a_session_ends_when_the_address_changes(session, booked, asked):
    own = begin(session, booked, asked())
    booked.patient.email = "new@example.org"
    with pytest.raises(PortalClosed):
        portal.known(session, own.token, clock.now(), LIFETIME)


def test_the_pages_show_all_records_of_one_person_and_of_nobody_else(session, clinic, booked, asked):
    same = clinic.book(session, 1, initials="M", email=booked.patient.email.upper())
    for slot, other in enumerate([{"last_name": "Visser"}, {"birth_date": date(2015, 1, 1)}, {"email": "x@example.org"}], 2):
        clinic.book(session, slot, **other)
    session.flush()
    own = begin(session, booked, asked())
    coming, before = portal.appointments(session, own, clock.now())
    assert [one.appointment.id for one in coming] == [booked.id, same.id] and before == []


def test_whose_date_of_birth_is_not_known_sees_the_one_record(session, clinic, asked):
    first, second = (clinic.book(session, n, birth_date=None) for n in (0, 1))
    session.flush()
    own = begin(session, first, asked(first))
    assert portal.records(session, own) == [first.patient_id] and second.patient_id != first.patient_id


def test_what_is_over_or_cancelled_stands_behind(session, clinic, booked, asked):
    second = clinic.book(session, 1)
    second.cancel(clock.now())
    own = begin(session, booked, asked())
    coming, before = portal.appointments(session, own, clock.now())
    assert [one.standing for one in coming] == [Standing.PLANNED]
    assert [(one.appointment.id, one.standing) for one in before] == [(second.id, Standing.CANCELLED)]
    coming, before = portal.appointments(session, own, booked.end + MINUTE)
    assert coming == [] and len(before) == 2


def test_what_is_asked_for_by_id_is_the_patients_own(session, clinic, booked, asked):
    stranger = clinic.book(session, 1, email="x@example.org")
    session.flush()
    own = begin(session, booked, asked())
    assert portal.appointment_of(session, own, booked.uid) is booked
    with pytest.raises(UnknownAppointment):
        portal.appointment_of(session, own, stranger.uid)
    with pytest.raises(UnknownResponse):
        portal.response_of(session, own, "nothing")


def test_who_looked_is_told_with_name_title_and_kind(session, clinic, booked, asked):
    from telehealth import audit

    stranger = clinic.book(session, 1, email="x@example.org")
    session.flush()
    now = clock.now()
    audit.opened(session, booked, f"practitioner:{clinic.people['doctor']}", now)
    audit.opened(session, booked.patient, f"practitioner:{clinic.people['nurse']}", now)
    audit.opened(session, stranger, f"practitioner:{clinic.people['nurse']}", now)
    audit.opened(session, stranger.patient, f"practitioner:{clinic.people['nurse']}", now)
    session.flush()
    own = begin(session, booked, asked())
    found = portal.looks(session, own)
    assert [(look.title, look.what) for look in found] == [("Nurse", "patient"), ("Doctor", "appointment")]
    assert all(clinic.mark in look.who for look in found)


def test_a_pin_and_a_session_are_forgotten_after_two_days(session, booked, asked):
    now = clock.now()
    begin(session, booked, asked(now=now), now)
    portal.tidy(session, now + timedelta(days=1))
    assert session.query(Pin).count() == session.query(PortalSession).count() == 1
    portal.tidy(session, now + timedelta(days=3))
    assert session.query(Pin).count() == session.query(PortalSession).count() == 0


def test_another_organisations_link_and_token_lead_to_that_organisation_only(session, clinic, other, booked, asked):
    own = begin(session, booked, asked())
    token = own.token
    session.commit()
    with other.session() as theirs:
        assert not theirs.query(Pin).count() and not theirs.query(PortalSession).count() and not theirs.query(Patient).count()
    with clinic.sessions() as nobody:
        assert portal.known(nobody, token, clock.now(), LIFETIME).organization_id == clinic.id
        with pytest.raises(PortalClosed):
            portal.known(nobody, "x" * 43, clock.now(), LIFETIME)
