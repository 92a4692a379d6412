"""Paying for a visit: kept until it is paid, given back when it is not, and never paid twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest

from telehealth import booking, clock, new_bookings, paying, payment, reschedule, resend, staff_booking, waiting_room
from telehealth.booking import Appointment, AppointmentStatus, Search, SlotTaken
from telehealth.job import Job
from telehealth.occupancy import BookedTick
from telehealth.organization import Organization, PaymentProvider, PayOnline
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.paying import Notice
from telehealth.payment import NotPaid, NotPayable, Payment, PaymentDue, PaymentState, UnknownPayment
from telehealth.reschedule import NotChangeable
from telehealth.staff_booking import NewPatient, Plan
from telehealth.visit_type import VisitType
from telehealth.waiting_room import Encounter
from telehealth.widget import Widget

PATIENCE = timedelta(minutes=10)
PRICE = Decimal("45.00")


@pytest.fixture
def ask(session):
    """Ask a price, and say when it is to be paid."""

    def ask_(when=PayOnline.BEFORE_BOOKING, price=PRICE, **settings):
        own = session.get_one(Organization, session.organization_id)
        own.pay_online, own.payment_provider, own.is_test = when, PaymentProvider.SANDBOX, True
        for name, value in settings.items():
            setattr(own, name, value)
        session.add(VisitType(name="Consultation", price=price))
        session.commit()

    return ask_


def mails(session):
    return [mail.kind for mail in session.query(OutgoingMail).order_by(OutgoingMail.id)]


def refunds(session):
    wanted = (Job.kind == payment.REFUND) & (Job.organization_id == session.organization_id)
    return [job.payload["reference"] for job in session.query(Job).filter(wanted).order_by(Job.id)]


def told(made, reference="pi_1", **changes):
    owed = made.payment
    return Notice(**({"uid": owed.uid, "reference": reference, "amount": owed.amount, "currency": owed.currency} | changes))


def state(session, made):
    session.expire_all()
    assert made.payment is not None
    assert made.payment_state is made.payment.state
    return made.payment.state


def test_where_nothing_is_paid_online_a_price_is_told_and_nothing_owed(clinic, session, ask):
    ask(PayOnline.OFF)
    made = clinic.book(session)
    assert (made.price, made.payment_state, made.payment) == (PRICE, None, None)
    assert mails(session) == [MailKind.CONFIRMATION]


def test_what_costs_nothing_is_confirmed_at_once(clinic, session, ask):
    ask(price=None)
    assert clinic.book(session).payment is None
    assert mails(session) == [MailKind.CONFIRMATION]


def test_a_time_is_kept_until_it_is_paid_and_the_mail_goes_out_then(clinic, session, ask):
    ask()
    slot = free(session)[0]
    made = clinic.book(session)
    assert state(session, made) is PaymentState.DUE
    assert made.is_held and made.payment.held_until > clock.now() + PATIENCE - timedelta(seconds=5)
    assert mails(session) == []
    widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
    with pytest.raises(SlotTaken):
        booking.book(session, widget, clinic.booking(slot), clock.now())
    paying.begin(session, made.payment, clock.now())
    paying.receive(session, told(made), clock.now())
    assert state(session, made) is PaymentState.PAID
    assert not made.is_held and made.payment.receipt == f"{clock.now().year}-{made.payment.id:06d}"
    assert mails(session) == [MailKind.PAID_CONSULTATION]


def test_staff_hear_of_a_time_once_it_is_paid_and_not_while_it_is_kept(clinic, session, ask):
    ask()
    made = clinic.book(session)
    new_bookings.follow(session, clock.now())
    assert MailKind.STAFF_BOOKED not in mails(session)
    paying.begin(session, made.payment, clock.now())
    paying.receive(session, told(made), clock.now())
    new_bookings.follow(session, clock.now())
    new_bookings.follow(session, clock.now())
    assert mails(session).count(MailKind.STAFF_BOOKED) == 1


def free(session):
    """The times of the day on which the clinic's patients book."""
    return [slot.id for slot in booking.day_of(session, Search(), (clock.now() + timedelta(days=2)).date(), clock.now())]


def test_going_to_pay_keeps_the_time_anew_but_once(clinic, session, ask):
    ask()
    made, begun = clinic.book(session), clock.now()
    paying.begin(session, made.payment, begun + timedelta(minutes=8))
    assert made.payment.held_until == begun + timedelta(minutes=8) + PATIENCE
    paying.begin(session, made.payment, begun + timedelta(minutes=15))
    assert made.payment.held_until == begun + timedelta(minutes=8) + PATIENCE
    assert made.payment.turn == 1
    with pytest.raises(NotPayable):
        paying.begin(session, made.payment, begun + timedelta(minutes=19))


def test_what_is_not_paid_in_time_is_free_for_others_and_nobody_is_written_to(clinic, session, ask):
    ask()
    before = free(session)
    made = clinic.book(session)
    assert set(before) - set(free(session)) == {before[0]}
    assert paying.release_unpaid(session, clock.now()) == 0
    later = clock.now() + PATIENCE
    assert paying.release_unpaid(session, later) == 1
    assert paying.release_unpaid(session, later) == 0
    assert (made.status, state(session, made)) == (AppointmentStatus.CANCELLED, PaymentState.RELEASED)
    assert not session.query(BookedTick).count()
    assert mails(session) == []
    assert set(free(session)) == set(before)
    with pytest.raises(NotPayable):
        paying.begin(session, made.payment, later)


def test_money_that_comes_too_late_goes_back_and_its_patient_is_told_once(clinic, session, ask):
    ask()
    made = clinic.book(session)
    paying.release_unpaid(session, clock.now() + PATIENCE)
    second = clinic.book(session)
    for _ in range(2):
        paying.receive(session, told(made), clock.now())
    assert (made.status, state(session, made)) == (AppointmentStatus.CANCELLED, PaymentState.REFUNDING)
    assert refunds(session) == ["pi_1"]
    assert mails(session) == [MailKind.REFUND]
    assert session.query(OutgoingMail).one().about["why"] == "late"
    assert second.is_held
    paying.refunded(session, made.payment.id, "pi_1", clock.now())
    assert state(session, made) is PaymentState.REFUNDED
    assert mails(session) == [MailKind.REFUND]


def test_a_notice_that_is_said_again_changes_nothing(clinic, session, ask):
    ask()
    made = clinic.book(session)
    for _ in range(3):
        paying.receive(session, told(made), clock.now())
    assert mails(session) == [MailKind.PAID_CONSULTATION]
    assert refunds(session) == []


def test_who_pays_twice_gets_the_second_payment_back(clinic, session, ask):
    ask()
    made = clinic.book(session)
    for reference in ("pi_1", "pi_2", "pi_2"):
        paying.receive(session, told(made, reference), clock.now())
    assert state(session, made) is PaymentState.PAID
    assert made.payment.reference == "pi_1"
    assert refunds(session) == ["pi_2"]
    paying.refunded(session, made.payment.id, "pi_2", clock.now())
    assert state(session, made) is PaymentState.PAID


@pytest.mark.parametrize("wrong", [{"amount": Decimal("4.50")}, {"currency": "USD"}])
def test_another_amount_or_currency_pays_nothing_and_goes_back(clinic, session, ask, wrong):
    ask()
    made = clinic.book(session)
    paying.receive(session, told(made, **wrong), clock.now())
    assert state(session, made) is PaymentState.DUE
    assert refunds(session) == ["pi_1"]
    assert session.query(OutgoingMail).one().about["why"] == "differs"


def test_a_payment_of_next_door_is_none_of_ours(clinic, other, session, ask):
    ask()
    made = clinic.book(session)
    session.commit()
    with other.session() as theirs:
        assert paying.receive(theirs, told(made), clock.now()) is None
        with pytest.raises(UnknownPayment):
            payment.of(theirs, made.id)
    assert state(session, made) is PaymentState.DUE


def test_paying_and_giving_back_at_once_leave_one_truth(clinic, session, ask):
    ask()
    number = clinic.book(session).id
    session.commit()
    later = clock.now() + PATIENCE

    def pay():
        with clinic.session() as own:
            paying.receive(own, told(own.get_one(Appointment, number)), later)

    def release():
        with clinic.session() as own:
            paying.release_unpaid(own, later)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(pay), pool.submit(release)]:
            done.result()
    session.expire_all()
    made = session.get_one(Appointment, number)
    with clinic.session() as own:  # whoever gave way to the other is asked again by the next sweep
        paying.release_unpaid(own, later)
    stands = made.status is AppointmentStatus.BOOKED
    assert state(session, made) is (PaymentState.PAID if stands else PaymentState.REFUNDING)
    assert bool(session.query(BookedTick).count()) == stands
    assert mails(session) == [MailKind.PAID_CONSULTATION if stands else MailKind.REFUND]


@pytest.mark.parametrize(("when", "comes"), [(PayOnline.OFFERED, True), (PayOnline.BEFORE_ENTRY, False)])
def test_only_where_the_clinic_asks_for_it_nobody_comes_in_unpaid(clinic, session, ask, when, comes):
    ask(when)
    made = clinic.book(session)
    assert not made.is_held
    assert mails(session) == [MailKind.PAID_CONSULTATION]
    if not comes:
        with pytest.raises(PaymentDue):
            waiting_room.check_in(session, made.ticket, made, made.start)
        paying.receive(session, told(made), clock.now())
    waiting_room.check_in(session, made.ticket, made, made.start)
    assert session.query(Encounter).filter_by(appointment_id=made.id).count() == 1


@pytest.mark.parametrize(("by_patient", "hours", "back"), [(True, 25, True), (True, 23, False), (False, 1, True)])
def test_who_cancels_in_time_gets_the_money_back_and_whom_the_clinic_cancels_always(clinic, session, ask, by_patient, hours, back):
    ask()
    made = clinic.book(session)
    paying.receive(session, told(made), clock.now())
    made.cancel(made.start - timedelta(hours=hours), by_patient=by_patient)
    session.flush()
    assert state(session, made) is (PaymentState.REFUNDING if back else PaymentState.PAID)
    assert refunds(session) == (["pi_1"] if back else [])


def test_what_is_cancelled_before_it_is_paid_owes_nothing(clinic, session, ask):
    ask(PayOnline.BEFORE_ENTRY)
    made = clinic.book(session)
    made.cancel(clock.now())
    session.flush()
    assert state(session, made) is PaymentState.RELEASED
    paying.receive(session, told(made), clock.now())
    assert refunds(session) == ["pi_1"]


def test_what_was_not_paid_before_the_visit_can_be_paid_after_it(clinic, session, ask):
    ask(PayOnline.OFFERED)
    made = clinic.book(session)
    made.finish()
    paying.begin(session, made.payment, made.end)
    paying.receive(session, told(made), made.end)
    assert (made.status, state(session, made)) == (AppointmentStatus.DONE, PaymentState.PAID)


def test_staff_give_money_back_and_try_again_what_failed(clinic, session, ask):
    ask()
    made = clinic.book(session)
    with pytest.raises(NotPaid):
        paying.refund(session, made.payment, clock.now())
    paying.receive(session, told(made), clock.now())
    for minutes in range(2):
        paying.refund(session, made.payment, clock.now() + timedelta(minutes=minutes))
    assert refunds(session) == ["pi_1", "pi_1"]
    assert made.status is AppointmentStatus.BOOKED
    paying.refunded(session, made.payment.id, "pi_1", clock.now())
    assert state(session, made) is PaymentState.REFUNDED
    with pytest.raises(NotPaid):
        paying.refund(session, made.payment, clock.now())


def test_money_that_went_back_on_the_providers_own_pages_is_known(clinic, session, ask):
    ask()
    made = clinic.book(session)
    paying.receive(session, told(made), clock.now())
    back = Notice("", "pi_1", Decimal(0), "", returned=True)
    assert paying.receive(session, back, clock.now()) is not None
    assert state(session, made) is PaymentState.REFUNDED
    assert paying.receive(session, Notice("", "", Decimal(0), "", returned=True), clock.now()) is None


def test_staff_ask_for_nothing_and_the_appointment_stands(clinic, session, ask):
    ask()
    made = clinic.book(session)
    paying.waive(session, made.payment, clock.now())
    assert state(session, made) is PaymentState.WAIVED
    assert mails(session) == [MailKind.CONFIRMATION]
    assert paying.release_unpaid(session, clock.now() + PATIENCE) == 0
    waiting_room.check_in(session, made.ticket, made, made.start)
    with pytest.raises(NotPayable):
        paying.waive(session, made.payment, clock.now())


def test_a_time_that_is_only_kept_cannot_be_moved(clinic, session, ask):
    ask()
    made = clinic.book(session)
    with pytest.raises(NotChangeable):
        reschedule.require_patient_may_change(made, clock.now())


def test_moved_to_a_day_with_another_price_the_new_one_is_owed_until_it_is_paid(clinic, session, ask):
    ask(PayOnline.BEFORE_ENTRY)
    made = clinic.book(session)
    made.visit_type.price, made.visit_type.weekend_price = Decimal(60), Decimal(60)
    moved(session, made, 3)
    assert (made.price, made.payment.amount) == (Decimal(60), Decimal(60))
    paying.receive(session, told(made), clock.now())
    made.visit_type.price = made.visit_type.weekend_price = Decimal(70)
    moved(session, made, 4)
    assert (made.price, made.payment.amount) == (Decimal(60), Decimal(60))


def moved(session, made, days):
    session.commit()
    day = (clock.now() + timedelta(days=days)).date()
    reschedule.move(session, made, booking.day_of(session, Search(), day, clock.now())[0].id, clock.now())
    session.commit()


def test_the_mail_that_can_be_sent_again_speaks_of_the_money(clinic, session, ask):
    ask(PayOnline.BEFORE_ENTRY)
    assert resend.kinds(clinic.book(session))[0] is MailKind.PAID_CONSULTATION


@pytest.mark.parametrize(("free", "state_", "kind"), [(False, PaymentState.DUE, MailKind.PAID_CONSULTATION), (True, None, MailKind.CONFIRMATION)])
def test_staff_choose_whether_the_rate_is_asked(clinic, session, ask, free, state_, kind):
    ask()
    chosen = session.query(VisitType).one().id
    start = datetime.combine((clock.now() + timedelta(days=2)).date(), time(7, 5))
    wish = Plan(
        "a-plan-of-staff", clinic.people["doctor"], clinic.departments[0], NewPatient("A.", "Bakker", None, "anna@example.org"), start, 25,
        times=2, visit_type_id=chosen, free=free,
    )  # fmt: skip
    made = staff_booking.make(session, clinic.staff("doctor"), wish, clock.now()).appointments
    assert [(one.payment_state, one.is_held, one.price) for one in made] == [(state_, False, None if free else PRICE)] * 2
    assert mails(session) == [kind]
    assert session.query(Payment).count() == (0 if free else 2)


def test_keys_are_sealed_and_kept_when_nothing_new_is_given(clinic, session):
    assert payment.account(session) is None
    for key, secret in (("sk_test_1", "whsec_1"), ("", "whsec_2")):
        payment.keep_keys(session, key=key, secret=secret, now=clock.now())
        session.commit()
    own = payment.account(session)
    assert (own.key, own.secret) == ("sk_test_1", "whsec_2")
    assert b"sk_test" not in own.sealed_key
    assert session.query(type(own)).count() == 1


def test_booking_twice_by_the_same_name_owes_once(clinic, session, ask):
    ask()
    made = [clinic.book(session, client_id="the-same-name", visitor="anna").id for _ in range(2)]
    assert made[0] == made[1]
    assert session.query(Payment).count() == 1
