"""Somebody has lost a link: it is mailed to the address that the clinic knows, and nobody learns which that is."""

from __future__ import annotations

import pytest

from integrations import mail
from telehealth import clock, new_link
from telehealth.job import Job
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from worker import Worker


@pytest.fixture
def booked(clinic):
    with clinic.session() as session:
        made = clinic.book(session)
        return made.ticket.token, made.patient.email


def ask(app, **body):
    return app.test_client().post("/visit/new-link", json=body)


@pytest.fixture
def mailed(app, house, clinic):
    """Do what is planned, as the worker does; gives the mails as they were composed."""

    def work():
        with clinic.session() as session:
            jobs = session.query(Job).filter_by(organization_id=clinic.id, kind=new_link.ASKED).all()
            session.expunge_all()
        for job in jobs:
            Worker(app, house)._perform(job)
        with clinic.session() as session:
            rows = session.query(OutgoingMail).filter_by(kind=MailKind.NEW_LINK).all()
            session.expunge_all()
        for row in rows:
            with app.test_request_context("/"):
                mail.send(clinic.sessions, house.settings, row)
        with clinic.session() as session:
            rows = session.query(OutgoingMail).filter_by(kind=MailKind.NEW_LINK).all()
            session.expunge_all()
            return rows

    return work


@pytest.mark.parametrize("by", ["ticket", "widget"])
def test_the_current_link_comes_to_the_address_that_the_clinic_knows(by, app, clinic, booked, mailed):
    token, address = booked
    known = {"ticket": token} if by == "ticket" else {"widget": clinic.widgets["booking"]}
    answer = ask(app, email=address.upper(), **known)
    assert (answer.status_code, answer.json) == (202, {})
    [row] = mailed()
    assert row.recipient == address and f"/visit#{token}" in row.text and row.attachments == []
    assert "de Vries" not in row.text + row.subject


def test_whether_an_address_is_known_the_answer_does_not_tell(app, clinic, booked, mailed):
    answers = [ask(app, email=email, widget=clinic.widgets["booking"]) for email in (booked[1], "nobody@nowhere.example")]
    told = [(answer.status_code, answer.data, sorted(answer.headers.keys())) for answer in answers]
    assert told[0] == told[1]
    with clinic.session() as session:
        assert not session.query(OutgoingMail).filter_by(kind=MailKind.NEW_LINK).count(), "nothing is looked up while one waits"
    assert [row.recipient for row in mailed()] == [booked[1]]


def test_a_link_of_another_clinic_leads_to_that_clinic_only(app, clinic, other, booked, mailed):
    assert ask(app, email=booked[1], widget=other.widgets["booking"]).status_code == 202
    assert mailed() == []


@pytest.mark.parametrize(("body", "status"), [
    ({"email": "nobody"}, 422), ({"email": "a@b.example, c@d.example"}, 422), ({}, 422), ({"email": "a" * 300}, 422),
])  # fmt: skip
def test_what_is_no_address_is_refused_at_its_field(body, status, app, clinic):
    answer = ask(app, widget=clinic.widgets["booking"], **body)
    assert answer.status_code == status and "email" in answer.json["fields"]


@pytest.mark.parametrize("known", [{}, {"ticket": "x" * 43}, {"widget": "no-such-widget"}])
def test_without_a_clinic_nothing_is_planned(known, app):
    assert ask(app, email="a@b.example", **known).status_code == 404


def test_one_address_is_written_to_five_times_an_hour_at_most(app, house, clinic):
    statuses = [ask(app, email="often@x.example", widget=clinic.widgets["booking"]).status_code for _ in range(6)]
    assert statuses == [202] * house.settings.new_links_per_hour + [429]
    assert ask(app, email="other@x.example", widget=clinic.widgets["booking"]).status_code == 202


def test_another_sites_page_cannot_ask(app, clinic):
    answer = app.test_client().post(
        "/visit/new-link", json={"email": "a@b.example", "widget": clinic.widgets["booking"]}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403


def test_what_was_cancelled_before_the_mail_is_sent_is_not_in_it(app, clinic, booked, mailed):
    ask(app, email=booked[1], widget=clinic.widgets["booking"])
    with clinic.session() as session:
        from telehealth.booking import Appointment

        session.query(Appointment).one().cancel(clock.now())
    assert mailed() == []


def test_an_organisation_without_mails_offers_none(app, clinic, booked):
    page, booking = f"/visit/new-link/{clinic.widgets['booking']}", f"/w/{clinic.widgets['booking']}"
    assert 'name="email"' in app.test_client().get(page).text and page in app.test_client().get(booking).text
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).send_mails = False
    assert 'name="email"' not in app.test_client().get(page).text
    assert page not in app.test_client().get(booking).text
    answer = app.test_client().post("/visit/session", json={"ticket": booked[0]})
    assert answer.json["appointment"]["clinic"]["mails"] is False


def test_the_page_sets_no_cookie_and_may_not_be_framed(app, clinic):
    page = app.test_client().get(f"/visit/new-link/{clinic.widgets['booking']}")
    assert page.status_code == 200 and "Set-Cookie" not in page.headers
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert app.test_client().get("/visit/new-link/no-such-widget").status_code == 404
