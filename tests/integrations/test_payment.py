"""Giving money back over HTTP: once, however often it is tried; and what mails say of money."""

from __future__ import annotations

from decimal import Decimal

import pytest

from integrations import mail
from integrations.payment import ProviderFails, refunds
from integrations.payment.stripe_checkout import major, minor
from telehealth import clock, paying, payment
from telehealth.job import Job
from telehealth.organization import Organization, PaymentProvider, PayOnline
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.payment import Payment, PaymentState
from telehealth.visit_type import VisitType
from tests.stripe import KEY, SECRET, stripe


@pytest.fixture
def fake():
    with stripe() as server:
        yield server


@pytest.fixture
def settings(house, fake):
    return house.settings.model_copy(update={"stripe_api": fake.address, "base_url": "https://care.example"})


@pytest.fixture
def booked(clinic):
    """Of a clinic that takes money by Stripe; gives the appointment's number."""
    with clinic.session() as session:
        own = session.get_one(Organization, clinic.id)
        own.pay_online, own.payment_provider = PayOnline.BEFORE_ENTRY, PaymentProvider.STRIPE
        payment.keep_keys(session, key=KEY, secret=SECRET, now=clock.now())
        session.add(VisitType(name="Consultation", price=Decimal("45.00")))
        session.flush()
        made = clinic.book(session)
        paying.begin(session, made.payment, clock.now())
        return made.id


def pay(clinic, number):
    with clinic.session() as session:
        owed = payment.of(session, number)
        paying.receive(session, paying.Notice(owed.uid, "pi_1", owed.amount, owed.currency), clock.now())


@pytest.fixture
def job(clinic, booked):
    pay(clinic, booked)
    with clinic.session() as session:
        paying.refund(session, payment.of(session, booked), clock.now())
    with clinic.session() as session:
        found = session.query(Job).filter_by(kind=payment.REFUND, organization_id=clinic.id).one()
        session.expunge(found)
        return found


def test_money_goes_back_once_and_its_patient_is_told(clinic, settings, fake, job):
    for _ in range(2):
        refunds.send(clinic.sessions, settings, job)
    assert fake.asked == [("/v1/refunds", {"payment_intent": "pi_1"})]
    with clinic.session() as session:
        assert session.query(Payment).one().state is PaymentState.REFUNDED
        assert session.query(OutgoingMail).filter_by(kind=MailKind.REFUND).count() == 1


def test_what_fails_is_tried_again_with_the_same_key_and_names_no_secret(clinic, settings, fake, job):
    fake.broken = 9
    with pytest.raises(ProviderFails) as failed:
        refunds.send(clinic.sessions, settings, job)
    assert KEY not in str(failed.value)
    with clinic.session() as session:
        assert session.query(Payment).one().state is PaymentState.REFUNDING
    fake.broken = 0
    refunds.send(clinic.sessions, settings, job)
    assert len(fake.asked) == 1


def letter(app, clinic, settings, kind):
    with app.test_request_context("/"), clinic.session() as session:
        row = session.query(OutgoingMail).filter_by(kind=kind).order_by(OutgoingMail.id.desc()).first()
        return mail.compose(session, settings, row)


def test_the_mail_says_what_is_to_be_paid_and_leads_there_and_later_gives_the_receipt(app, clinic, settings, booked):
    with clinic.session() as session:
        uid = payment.of(session, booked).uid
    before = letter(app, clinic, settings, MailKind.PAID_CONSULTATION)
    assert f"To be paid: €45.00. You can pay here:\nhttps://care.example/pay/{uid}" in before.text
    assert "https://care.example/visit#" in before.text
    assert before.attachments
    pay(clinic, booked)
    with clinic.session() as session:
        receipt = payment.of(session, booked).receipt
    assert f"Paid: €45.00. Number of the receipt: {receipt}." in letter(app, clinic, settings, MailKind.PAID_CONSULTATION).text


def test_the_mail_about_money_that_comes_back_says_how_much_and_why(app, clinic, settings, fake, job):
    refunds.send(clinic.sessions, settings, job)
    told = letter(app, clinic, settings, MailKind.REFUND).text
    assert "You get €45.00 back" in told
    assert "The clinic gives it back to you." in told


@pytest.mark.parametrize(("amount", "currency", "smallest"), [
    (Decimal("45.00"), "EUR", 4500), (Decimal("0.01"), "USD", 1), (Decimal(500), "JPY", 500), (Decimal("1.50"), "KWD", 1500),
])
def test_amounts_are_counted_as_their_currency_is(amount, currency, smallest):
    assert minor(amount, currency) == smallest
    assert major(smallest, currency) == amount
