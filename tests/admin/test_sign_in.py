"""Signing in: one answer for every mistake, slow guessing, sessions that end when they are told to."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from admin.sign_in import StaffSession, User
from telehealth import clock
from tests.conftest import csrf_of


def attempt(client, name, password, query=""):
    csrf = csrf_of(client.get("/admin/login/").text)
    return client.post(f"/admin/login/{query}", data={"username": name, "password": password, "csrf_token": csrf})


def test_who_is_signed_out_is_led_to_signing_in(app):
    client = app.test_client()
    answer = client.get("/admin/", follow_redirects=True)
    assert answer.status_code == 200 and "Sign in" in answer.text
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert client.get("/admin/people/list/").location.startswith("/admin/login/?next=")


def test_a_wrong_password_keeps_the_address_and_tells_nothing_else(app, clinic, staff):
    staff(clinic, "nurse")
    wrong = attempt(app.test_client(), clinic.email("nurse"), "not this one")
    unknown = attempt(app.test_client(), "nobody@else.example", "not this one")
    assert wrong.status_code == unknown.status_code == 401
    said = "E-mail and password do not belong together"
    assert said in wrong.text and said in unknown.text and f'value="{clinic.email("nurse")}"' in wrong.text
    assert "not this one" not in wrong.text


def test_signing_in_leads_back_but_never_to_another_site(app, clinic, staff):
    staff(clinic, "nurse")
    for wanted, given in (("/desk/", "/desk/"), ("https://evil.example/", "/admin/"), ("//evil.example", "/admin/"), ("", "/admin/")):
        client = app.test_client()
        answer = attempt(client, clinic.email("nurse"), "correct horse battery", f"?next={wanted}")
        assert answer.status_code == 302 and answer.location == given, wanted


def test_guessing_is_slowed_down(app, clinic, staff, monkeypatch):
    staff(clinic, "nurse")
    monkeypatch.setattr(app.extensions["limits"], "hit", lambda _name, who: not who.startswith("name:"))
    answer = attempt(app.test_client(), clinic.email("nurse"), "correct horse battery")
    assert answer.status_code == 429 and "many attempts" in answer.text
    body = {"username": clinic.email("nurse"), "password": "correct horse battery", "provider": "db"}
    assert app.test_client().post("/admin/api/v1/security/login", json=body).status_code == 429


def test_a_session_that_was_ended_is_refused_at_once(app, clinic, staff):
    nurse = staff(clinic, "nurse")
    assert nurse.get("/admin/profile/").status_code == 200
    with app.app_context():
        session = app.appbuilder.session
        user = session.query(User.id).filter_by(email=clinic.email("nurse")).scalar_subquery()
        session.execute(update(StaffSession).where(StaffSession.user_id == user).values(ended_at=clock.now()))
        session.commit()
    assert nurse.get("/admin/profile/").status_code == 302


def test_a_session_ends_by_itself(app, clinic, staff):
    nurse = staff(clinic, "nurse")
    with clock.at(clock.now() + timedelta(hours=app.extensions["house"].settings.staff_session_hours, minutes=1)):
        assert nurse.get("/admin/profile/").status_code == 302


def test_signing_out_ends_the_session_and_not_from_another_site(clinic, staff):
    nurse = staff(clinic, "nurse")
    nurse.get("/admin/logout/", headers={"Sec-Fetch-Site": "cross-site"})
    assert nurse.get("/admin/profile/").status_code == 200
    nurse.post("/admin/logout/")
    assert nurse.get("/admin/profile/").status_code == 302


def test_signing_in_is_noted(clinic, administrator):
    page = administrator(clinic).get("/admin/access-log/list/").text
    assert "signed in" in page and f"Dr Admin {clinic.mark}" in page
