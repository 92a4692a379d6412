"""Being paid, as administrators set it up; payments, given back after a question; keys that nobody is shown."""

from __future__ import annotations

from decimal import Decimal

import pytest

from telehealth import clock, paying, payment
from telehealth.audit import AuditEvent
from telehealth.job import Job
from telehealth.organization import Organization, PaymentProvider, PayOnline
from telehealth.payment import Payment, PaymentState
from telehealth.visit_type import VisitType

KEYS = {"payment_key": "sk_test_of_the_clinic", "payment_secret": "whsec_of_the_clinic"}


@pytest.fixture
def settings(clinic, administrator):
    """The form of the own organisation, sent with some values changed."""
    someone, path = administrator(clinic), f"/admin/organization/edit/{clinic.id}"

    def send(**changes):
        with clinic.session() as session:
            row = session.get_one(Organization, clinic.id)
            form = {name: str(getattr(row, name)) for name in (
                "name", "emergency_number", "zone", "locale", "brand", "reminder_hour", "link_opens_minutes", "link_closes_minutes",
                "welcome_minutes", "hold_minutes", "grace_seconds", "pin_minutes", "escalate_minutes", "pay_minutes", "refund_until_hours",
            )}  # fmt: skip
        return someone.post(path, form | {"locales": ["en"], "pay_online": "off"} | changes)

    send.page = lambda: someone.get(path).text
    send.shown = lambda: someone.get(f"/admin/organization/show/{clinic.id}").text
    return send


@pytest.fixture
def paid(clinic):
    """Somebody has paid; gives the payment's number."""
    with clinic.session() as session:
        own = session.get_one(Organization, clinic.id)
        own.pay_online, own.payment_provider, own.is_test = PayOnline.BEFORE_BOOKING, PaymentProvider.SANDBOX, True
        session.add(VisitType(name="Consultation", price=Decimal(45)))
        session.flush()
        owed = payment.of(session, clinic.book(session).id)
        paying.begin(session, owed, clock.now())
        paying.receive(session, paying.Notice(owed.uid, "pi_1", Decimal(45), "EUR"), clock.now())
        return owed.id


def test_keys_are_kept_sealed_and_shown_to_nobody(clinic, settings):
    answer = settings(pay_online="before_booking", payment_provider="stripe", **KEYS)
    assert answer.status_code == 302, answer.text
    with clinic.session() as session:
        assert payment.account(session).key == KEYS["payment_key"]
        told = " ".join(str(entry.changes) for entry in session.query(AuditEvent))
    pages = settings.page() + settings.shown()
    for secret in KEYS.values():
        assert secret not in pages
        assert secret not in told
    assert f"/pay/notices/{clinic.slug}" in pages
    assert "Both keys are kept, sealed" in pages


def test_an_empty_field_keeps_the_key_that_is_there(clinic, settings):
    settings(**KEYS)
    assert settings(pay_online="offered", payment_provider="stripe").status_code == 302
    with clinic.session() as session:
        assert payment.account(session).secret == KEYS["payment_secret"]
        assert session.get_one(Organization, clinic.id).pay_online is PayOnline.OFFERED


@pytest.mark.parametrize(("sent", "said"), [
    ({"pay_online": "offered"}, "Say who takes the money"),
    ({"pay_online": "offered", "payment_provider": "sandbox"}, "The sandbox takes no money"),
    ({"pay_online": "offered", "payment_provider": "stripe"}, "Enter this first, or nobody can pay."),
    ({"payment_key": "pk_live_public"}, "This begins otherwise."), ({"payment_secret": "secret"}, "This begins otherwise."),
    ({"pay_minutes": "0"}, "Enter a number from 2 to 240."),
])  # fmt: skip
def test_what_would_take_no_money_is_refused(clinic, settings, sent, said):
    answer = settings(**sent)
    assert answer.status_code == 422
    assert said in answer.text
    with clinic.session() as session:
        assert session.get_one(Organization, clinic.id).pay_online is PayOnline.OFF
        assert payment.account(session) is None


def test_the_sandbox_is_for_test_environments(clinic, settings):
    assert settings(pay_online="offered", payment_provider="sandbox", is_test="y").status_code == 302


def test_money_goes_back_from_its_page_after_a_question_and_once(clinic, administrator, paid):
    someone = administrator(clinic)
    page = someone.get(f"/admin/payments/show/{paid}").text
    assert "€45.00" in page
    assert "All of it goes back the way it was paid" in page
    assert "Ask for nothing" not in page
    for _ in range(2):
        someone.post(f"/admin/payments/action/refund/{paid}")
    with clinic.session() as session:
        assert session.get_one(Payment, paid).state is PaymentState.REFUNDING
        assert session.query(Job).filter_by(kind=payment.REFUND, organization_id=clinic.id).count() == 2  # the second tries again, with the same key


def test_asking_first_comes_before_many_at_once(clinic, administrator, paid):
    someone = administrator(clinic)
    asked = someone.post("/admin/payments/action_post", {"action": "refund", "rowid": str(paid)})
    assert "All of it goes back" in asked.text
    with clinic.session() as session:
        assert session.get_one(Payment, paid).state is PaymentState.PAID


def test_of_what_is_paid_nothing_is_waived(clinic, administrator, paid):
    answer = administrator(clinic).post(f"/admin/payments/action/waive/{paid}", follow_redirects=True)
    assert "Left as they were" in answer.text
    with clinic.session() as session:
        assert session.get_one(Payment, paid).state is PaymentState.PAID


@pytest.mark.parametrize("person", ["manager", "doctor"])
def test_only_administrators_of_the_organisation_see_payments(clinic, staff, paid, person):
    someone = staff(clinic, person)
    assert someone.get("/admin/payments/list/").status_code == 403
    assert someone.post(f"/admin/payments/action/refund/{paid}").status_code == 403


def test_next_door_sees_and_gives_back_nothing(clinic, other, administrator, paid):
    someone = administrator(other)
    assert someone.get(f"/admin/payments/show/{paid}").status_code == 404
    assert someone.post(f"/admin/payments/action/refund/{paid}").status_code == 404
