"""The pages of a payment and the notices about it: who may, who may not, and what is never told."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest

import worker
from telehealth import clock, paying, payment
from telehealth.booking import Appointment
from telehealth.job import Job
from telehealth.organization import Organization, PaymentProvider, PayOnline
from telehealth.payment import Payment
from tests.stripe import KEY, SECRET, notice, paid, signed, stripe


@pytest.fixture
def page(app):
    return app.test_client()


@pytest.fixture
def fake(house):
    """Stripe as this server finds it."""
    before = house.settings.stripe_api
    with stripe() as server:
        house.settings.stripe_api = server.address
        yield server
    house.settings.stripe_api = before


@pytest.fixture
def by_stripe(clinic, charges, fake):
    """The clinic takes money by Stripe; gives where notices come in."""

    def set_up(when=PayOnline.BEFORE_BOOKING, key=KEY, secret=SECRET):
        charges(when, payment_provider=PaymentProvider.STRIPE, is_test=False)
        with clinic.session() as session:
            payment.keep_keys(session, key=key, secret=secret, now=clock.now())
            return f"/pay/notices/{clinic.slug}"

    return set_up


def refresh(answer):
    return answer.headers["Refresh"].partition("url=")[2]


def test_opening_the_page_tells_what_is_to_be_paid_and_nothing_of_the_patient(page, charges, owed, stands, clinic):
    charges()
    uid = owed()
    answer = page.get(f"/pay/{uid}")
    assert "€45.00" in answer.text
    assert f"Harbour Street {clinic.mark}" in answer.text
    assert "de Vries" not in answer.text
    assert "Dr " not in answer.text
    assert "Set-Cookie" not in answer.headers
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert stands() == ("due", "booked")


@pytest.mark.parametrize("where", ["", "/sandbox"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_that_names_no_payment_leads_nowhere(page, method, where):
    assert page.open(f"/pay/nothing{where}", method=method, data={"what": "pay"} if where else {}).status_code == 404


@pytest.mark.parametrize("where", ["", "/sandbox"])
def test_only_our_own_page_sends_the_form(page, charges, owed, stands, where):
    charges()
    uid = owed()
    answer = page.post(f"/pay/{uid}{where}", data={"what": "pay"} if where else {}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert stands() == ("due", "booked")


def test_the_sandbox_leads_there_and_back(page, charges, owed, stands):
    charges()
    uid = owed()
    answer = page.post(f"/pay/{uid}")
    assert refresh(answer) == f"http://localhost/pay/{uid}/sandbox"
    assert stands() == ("started", "booked")
    assert "no money moves" in page.get(f"/pay/{uid}/sandbox").text
    assert page.post(f"/pay/{uid}/sandbox", data={"what": "leave"}).location == f"/pay/{uid}"
    assert stands() == ("started", "booked")
    assert page.post(f"/pay/{uid}/sandbox", data={"what": "pay"}).location == f"/pay/{uid}?back=1"
    assert stands() == ("paid", "booked")
    answer = page.get(f"/pay/{uid}?back=1")
    assert "Paid, thank you" in answer.text
    assert "Refresh" not in answer.headers


def test_the_sandbox_is_closed_to_everybody_who_takes_money(page, charges, owed, stands, clinic):
    charges()
    uid = owed()
    page.post(f"/pay/{uid}")
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).is_test = False
    assert page.get(f"/pay/{uid}/sandbox").status_code == 404
    assert page.post(f"/pay/{uid}/sandbox", data={"what": "pay"}).status_code == 404
    assert page.post(f"/pay/{uid}").status_code == 502
    assert stands()[0] != "paid"


def test_a_payment_by_stripe_cannot_be_had_in_the_sandbox(page, by_stripe, owed, stands, clinic):
    by_stripe()
    uid = owed()
    page.post(f"/pay/{uid}")
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).is_test = True
    assert page.post(f"/pay/{uid}/sandbox", data={"what": "pay"}).status_code == 404
    assert stands() == ("started", "booked")


def test_whoever_comes_too_late_is_told_that_nothing_is_owed(page, charges, owed, clinic):
    charges()
    uid = owed()
    with clinic.session() as session:
        paying.release_unpaid(session, clock.now() + timedelta(minutes=10))
    for answer in (page.get(f"/pay/{uid}"), page.post(f"/pay/{uid}"), page.get(f"/pay/{uid}?back=1")):
        assert "There is nothing to pay any more" in answer.text
        assert "<form" not in answer.text


def test_stripe_is_told_the_clinic_a_number_and_the_amount_and_nothing_else(page, by_stripe, owed, fake, clinic):
    by_stripe()
    uid = owed()
    answer = page.post(f"/pay/{uid}")
    assert refresh(answer) == f"{fake.address}/page/1"
    (path, told), = fake.asked
    with clinic.session() as session:
        number = session.query(Payment).one().appointment_id
    assert path == "/v1/checkout/sessions"
    assert told["line_items[0][price_data][unit_amount]"] == "4500"
    assert told["line_items[0][price_data][currency]"] == "eur"
    assert told["line_items[0][price_data][product_data][name]"] == f"Harbour Street {clinic.mark}, appointment {number}"
    assert told["metadata[konsulto]"] == uid
    assert told["success_url"] == f"http://localhost/pay/{uid}?back=1"
    words = " ".join(told.values())
    for secret in ("de Vries", "m.devries", "Consultation", "General practice", "Dr "):
        assert secret not in words


def test_going_to_pay_twice_asks_stripe_with_one_key(page, by_stripe, owed, fake):
    by_stripe()
    uid = owed()
    assert {refresh(page.post(f"/pay/{uid}")) for _ in range(2)} == {f"{fake.address}/page/1"}
    assert fake.keys == [f"{uid}-1"] * 2


@pytest.mark.parametrize(("key", "broken"), [("sk_wrong", 0), (KEY, 9), ("", 0)])
def test_where_the_provider_fails_the_page_says_so_and_can_be_used_again(page, by_stripe, owed, stands, fake, key, broken, caplog):
    by_stripe(key=key)
    fake.broken = broken
    uid = owed()
    answer = page.post(f"/pay/{uid}")
    assert answer.status_code == 502
    assert "cannot be reached right now" in answer.text
    assert "<form" in answer.text
    assert stands()[1] == "booked"
    assert not key or key not in caplog.text


def test_a_signed_notice_books_however_often_it_comes(page, by_stripe, owed, stands):
    where = by_stripe()
    body = paid(owed())
    for _ in range(2):
        answer = page.post(where, data=body, headers=signed(body))
        assert answer.status_code == 200, answer.text
    assert stands() == ("paid", "booked")


@pytest.mark.parametrize("headers", [
    lambda _: {"Content-Type": "application/json"}, lambda body: signed(body, "whsec_of_somebody"), lambda body: signed(body + b" "),
    lambda body: signed(body, at=1_000_000_000), lambda _: {"Content-Type": "application/json", "Stripe-Signature": "t=1,v1=x"},
], ids=["none", "another secret", "another text", "long ago", "rubbish"])
def test_a_notice_without_the_right_signature_is_refused(page, by_stripe, owed, stands, headers):
    where = by_stripe()
    body = paid(owed())
    assert page.post(where, data=body, headers=headers(body)).status_code == 403
    assert stands() == ("due", "booked")


def test_without_a_signing_secret_no_notice_is_believed(page, by_stripe, owed, stands):
    where = by_stripe(secret="")
    body = paid(owed())
    assert page.post(where, data=body, headers=signed(body, "")).status_code == 403
    assert stands() == ("due", "booked")


def test_notices_come_in_at_known_places_only(page, by_stripe, owed):
    by_stripe()
    body = paid(owed())
    assert page.post("/pay/notices/nowhere", data=body, headers=signed(body)).status_code == 404


def test_next_door_cannot_pay_ours(page, by_stripe, owed, stands, other):
    by_stripe()
    body = paid(owed())
    with other.session() as session:
        payment.keep_keys(session, key="sk_next_door", secret="whsec_next_door", now=clock.now())
    assert page.post(f"/pay/notices/{other.slug}", data=body, headers=signed(body, "whsec_next_door")).status_code == 200
    assert stands() == ("due", "booked")


@pytest.mark.parametrize("about", [{"status": "unpaid"}, {"kind": "checkout.session.expired"}, {"kind": "payment_intent.created"}])
def test_what_is_not_paid_yet_books_nothing(page, by_stripe, owed, stands, about):
    where = by_stripe()
    body = paid(owed(), **about)
    assert page.post(where, data=body, headers=signed(body)).status_code == 200
    assert stands() == ("due", "booked")


@pytest.mark.parametrize("wrong", [{"amount": 45}, {"currency": "jpy"}, {"currency": "usd"}])
def test_another_amount_or_currency_books_nothing(page, by_stripe, owed, stands, wrong, clinic):
    where = by_stripe()
    body = paid(owed(), **wrong)
    assert page.post(where, data=body, headers=signed(body)).status_code == 200
    assert stands() == ("due", "booked")
    with clinic.session() as session:
        assert session.query(Job).filter_by(kind=payment.REFUND, organization_id=clinic.id).count() == 1


def test_what_the_clinic_gives_back_on_stripes_own_pages_is_known_here(page, by_stripe, owed, stands):
    where = by_stripe()
    for body in (paid(owed()), notice("charge.refunded", {"object": "charge", "payment_intent": "pi_1", "refunded": True})):
        assert page.post(where, data=body, headers=signed(body)).status_code == 200
    assert stands() == ("refunded", "booked")


def test_a_booking_names_the_page_to_pay_on_and_its_maker_alone_asks_how_it_stands(charges, clinic, visitor, stands):
    charges()
    ours = visitor(clinic.widgets["booking"])
    day = (clock.now() + timedelta(days=2)).date().isoformat()
    slot = ours.get("/slots", query_string={"date": day}).json["slots"][0]["id"]
    patient = {"initials": "S.", "last_name": "Lindqvist", "birth_date": "1958-09-14"}
    made = ours.post("/appointments", {"client_id": "one-of-a-kind", "slot": slot, "patient": patient, "accept_terms": True}).json
    assert made["payment"]["amount"] == "€45.00"
    assert re.fullmatch(r"http://localhost/pay/[\w-]{20,}", made["payment"]["link"])
    assert made["payment"]["state"] == "due"
    assert made["ticket"] not in made["payment"]["link"]
    path = f"/appointments/{made['id']}/payment"
    assert ours.get(path).json == {"payment": made["payment"]}
    assert visitor(clinic.widgets["booking"]).get(path).status_code == 404


def test_the_link_of_an_unpaid_appointment_lets_nobody_in(app, charges, clinic, stands):
    charges(PayOnline.BEFORE_ENTRY)
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).link_opens_minutes = 4 * 24 * 60
        made = clinic.book(session)
        token, number = made.ticket.token, made.id
    client = app.test_client()
    begun = client.post("/visit/session", json={"ticket": token}).json
    assert begun["appointment"]["pay"]["first"] is True
    headers = {"Authorization": f"Bearer {begun['token']}"}
    refused = client.post("/visit/check-in", json={}, headers=headers)
    assert (refused.status_code, refused.json["error"]) == (402, "payment_due")
    with clinic.session() as session:
        owed = payment.of(session, number)
        paying.receive(session, paying.Notice(owed.uid, "pi_1", Decimal(45), "EUR"), clock.now())
    assert client.post("/visit/check-in", json={}, headers=headers).status_code == 201
    with clinic.session() as session:
        assert session.get_one(Appointment, number).payment_state == "paid"


def test_the_worker_gives_back_what_nobody_has_paid(charges, owed, stands, house, clinic):
    charges()
    owed()
    worker.see_to(house, clinic.id, timedelta(minutes=1))
    assert stands() == ("due", "booked")
    with clock.at(clock.now() + timedelta(minutes=11)):
        worker.see_to(house, clinic.id, timedelta(minutes=1))
    assert stands() == ("released", "cancelled")


def test_the_worker_sends_money_back_that_came_too_late(app, page, by_stripe, owed, stands, fake, house, clinic):
    where = by_stripe()
    uid = owed()
    page.post(f"/pay/{uid}")
    with clinic.session() as session:
        paying.release_unpaid(session, clock.now() + timedelta(minutes=11))
    body = paid(uid)
    assert page.post(where, data=body, headers=signed(body)).status_code == 200
    assert stands() == ("refunding", "cancelled")
    running = worker.Worker(app, house)
    with clinic.session() as session:
        job = session.query(Job).filter_by(kind=payment.REFUND, organization_id=clinic.id).one()
        session.expunge(job)
    running._perform(job)
    assert [path for path, _ in fake.asked] == ["/v1/checkout/sessions", "/v1/refunds"]
    assert stands() == ("refunded", "cancelled")
