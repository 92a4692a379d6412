"""People: making one sends an invitation, nobody gets in without it, and taking one away ends it at once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from admin.invitation import SHORTEST_PASSWORD
from telehealth import clock
from telehealth.organization import Organization
from telehealth.outbox import MailKind
from telehealth.practitioner import Practitioner, PractitionerRole, Role
from tests.admin.conftest import mails_of
from tests.conftest import csrf_of

NEW = "four quiet harbour lamps"


def person(clinic, **changes):
    given = {"name": "Kim Berg", "email": f"kim@{clinic.slug}.example", "role": "practitioner", "locale": "en", "active": "y",
             "department": str(clinic.departments[0])}  # fmt: skip
    return given | changes


def link_of(clinic, email):
    """The secret of the last mailed link."""
    return mails_of(clinic, email)[-1].about["password_link"].partition("#")[2]


def hand_over(app, token):
    """What the page behind the link does: posts its secret."""
    client = app.test_client()
    csrf = csrf_of(client.get("/admin/password/").text)
    return client, csrf, client.post("/admin/password/open", data={"token": token, "csrf_token": csrf})


def choose(app, token, password=NEW):
    client, csrf, answer = hand_over(app, token)
    assert answer.status_code == 302, answer.text[:300]
    return client.post("/admin/password/choose", data={"password": password, "csrf_token": csrf})


def sign_in(app, email, password=NEW):
    client = app.test_client()
    csrf = csrf_of(client.get("/admin/login/").text)
    return client.post("/admin/login/", data={"username": email, "password": password, "csrf_token": csrf})


@pytest.fixture
def invited(clinic, administrator):
    answer = administrator(clinic).post("/admin/people/add", person(clinic))
    assert answer.status_code == 302, answer.text
    return f"kim@{clinic.slug}.example"


def test_a_new_person_gets_a_role_and_a_mail_with_a_link(clinic, invited):
    (mail,) = mails_of(clinic, invited)
    assert mail.kind is MailKind.STAFF_INVITATION and "/admin/password/#" in mail.about["password_link"]
    with clinic.session() as session:
        kim = session.query(Practitioner).filter_by(email=invited).one()
        assert [(role.role, role.department_id) for role in kim.roles] == [(Role.PRACTITIONER, clinic.departments[0])]


def test_the_link_sets_a_password_once(app, clinic, invited):
    token = link_of(clinic, invited)
    assert choose(app, token).status_code == 302
    assert sign_in(app, invited).status_code == 302
    _client, _csrf, again = hand_over(app, token)
    assert again.status_code == 410 and "does not work any more" in again.text


def test_the_link_dies_after_a_day(app, clinic, invited):
    token = link_of(clinic, invited)
    with clock.at(clock.now() + timedelta(hours=24, minutes=1)):
        assert hand_over(app, token)[2].status_code == 410


def test_a_forged_link_opens_nothing(app, clinic, invited):
    token = link_of(clinic, invited)
    for forged in (token[:-2] + ("AA" if not token.endswith("AA") else "BB"), "", "x.y.z", token.replace(token[:4], "WzFd")):
        assert hand_over(app, forged)[2].status_code == 410


def test_opening_the_link_changes_nothing(app, clinic, invited):
    answer = app.test_client().get("/admin/password/")
    assert answer.status_code == 200 and "no-store" in answer.headers["Cache-Control"]
    assert hand_over(app, link_of(clinic, invited))[2].status_code == 302


def test_a_password_is_judged_by_its_length_only(app, clinic, invited):
    token = link_of(clinic, invited)
    short = choose(app, token, "Aa1!" * 3)
    assert short.status_code == 422 and f"Use {SHORTEST_PASSWORD} characters or more" in short.text
    assert choose(app, token, "a" * SHORTEST_PASSWORD).status_code == 302


def test_nobody_gets_in_before_a_password_is_set(app, invited):
    assert sign_in(app, invited, "").status_code == 401


def test_what_was_typed_stays_when_a_person_is_refused(clinic, administrator):
    answer = administrator(clinic).post("/admin/people/add", person(clinic, email="kim at clinic", phone="0123"))
    assert answer.status_code == 422
    assert "Enter an address such as" in answer.text and 'value="0123"' in answer.text and 'value="Kim Berg"' in answer.text


def test_an_address_signs_in_for_one_person_only(clinic, other, administrator, staff):
    staff(other, "doctor")
    someone = administrator(clinic)
    for taken in (clinic.email("admin"), clinic.email("admin").upper(), other.email("doctor")):
        answer = someone.post("/admin/people/add", person(clinic, email=taken))
        assert answer.status_code == 422 and "cannot be used" in answer.text


def test_the_maximum_number_of_users_creates_nobody(clinic, administrator):
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).max_users = 5
    answer = administrator(clinic).post("/admin/people/add", person(clinic))
    assert answer.status_code == 422 and "Maximum number of users" in answer.text
    with clinic.session() as session:
        assert session.query(Practitioner).count() == 5
    assert not mails_of(clinic, f"kim@{clinic.slug}.example")


def test_a_paused_person_cannot_be_activated_beyond_the_maximum(clinic, administrator):
    someone, nurse = administrator(clinic), clinic.people["nurse"]
    someone.post(f"/admin/people/action/pause/{nurse}")
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).max_users = 4
    someone.post(f"/admin/people/action/activate/{nurse}")
    with clinic.session() as session:
        assert not session.get_one(Practitioner, nurse).active


@pytest.mark.parametrize("how", ["pause", "edit", "delete"])
def test_taking_a_person_away_ends_the_sign_in_at_once(how, app, clinic, administrator, staff):
    someone, nurse, pk = administrator(clinic), staff(clinic, "nurse"), clinic.people["nurse"]
    assert nurse.get("/admin/profile/").status_code == 200
    if how == "pause":
        someone.post("/admin/people/action_post", {"action": "pause", "rowid": pk, "confirmed": "yes"})
    elif how == "edit":
        form = {"name": "Nurse", "email": clinic.email("nurse"), "locale": "en"}
        assert someone.post(f"/admin/people/edit/{pk}", form).status_code == 302
    else:
        assert someone.post(f"/admin/people/delete/{pk}").status_code == 302
    assert nurse.get("/admin/profile/").status_code == 302
    assert sign_in(app, clinic.email("nurse"), "correct horse battery").status_code == 401


def test_a_person_with_appointments_stays(full, administrator):
    someone, doctor = administrator(full), full.people["doctor"]
    with full.session() as session:
        from telehealth.booking import Appointment

        doctor = session.query(Appointment.practitioner_id).scalar()
    someone.post(f"/admin/people/delete/{doctor}")
    assert "Something still belongs to it" in someone.get("/admin/people/list/").text
    with full.session() as session:
        assert session.get(Practitioner, doctor) is not None


def test_a_new_role_holds_at_once(clinic, administrator, staff):
    someone, doctor = administrator(clinic), staff(clinic, "doctor")
    assert doctor.get("/admin/people/list/").status_code == 403
    form = {"practitioner": clinic.people["doctor"], "role": "organization_administrator", "department": ""}
    assert someone.post("/admin/roles/add", form).status_code == 302
    assert doctor.get("/admin/people/list/").status_code == 200
    with clinic.session() as session:
        role = session.query(PractitionerRole.id).filter_by(practitioner_id=clinic.people["doctor"], department_id=None).scalar()
    someone.post(f"/admin/roles/delete/{role}")
    assert doctor.get("/admin/people/list/").status_code == 403


def test_the_last_administrator_stays(clinic, administrator):
    someone, admin = administrator(clinic), clinic.people["admin"]
    with clinic.session() as session:
        role = session.query(PractitionerRole.id).filter_by(practitioner_id=admin).scalar()
    someone.post(f"/admin/roles/delete/{role}")
    someone.post(f"/admin/roles/edit/{role}", {"role": "practitioner", "department": ""})
    someone.post(f"/admin/people/delete/{admin}")
    someone.post(f"/admin/people/action/pause/{admin}")
    with clinic.session() as session:
        assert session.get_one(PractitionerRole, role).role is Role.ORGANIZATION_ADMINISTRATOR
        assert session.get_one(Practitioner, admin).active


def test_a_forgotten_password_sends_a_link_and_tells_nobody_who_is_here(app, clinic, staff):
    staff(clinic, "nurse")
    client = app.test_client()
    csrf = csrf_of(client.get("/admin/password/forgotten").text)
    pages = [
        client.post("/admin/password/forgotten", data={"email": address, "csrf_token": csrf}).text
        for address in (clinic.email("nurse"), "nobody@else.example")
    ]
    known, unknown = (re.sub(r"\S+@\S+", "", page) for page in pages)
    assert known == unknown
    assert len(mails_of(clinic, clinic.email("nurse"))) == 1
    assert choose(app, link_of(clinic, clinic.email("nurse"))).status_code == 302


def test_a_new_password_ends_what_was_signed_in_before(app, clinic, staff):
    nurse = staff(clinic, "nurse")
    nurse.post("/admin/password/forgotten", {"email": clinic.email("nurse")})
    choose(app, link_of(clinic, clinic.email("nurse")))
    assert nurse.get("/admin/profile/").status_code == 302


def test_the_own_password_is_changed_with_the_present_one(app, clinic, staff):
    nurse, elsewhere = staff(clinic, "nurse"), staff(clinic, "nurse")
    wrong = nurse.post("/admin/profile/password", {"present": "not this one", "password": NEW})
    assert wrong.status_code == 422 and "not your present password" in wrong.text
    assert nurse.post("/admin/profile/password", {"present": "correct horse battery", "password": NEW}).status_code == 302
    assert nurse.get("/admin/profile/").status_code == 200
    assert elsewhere.get("/admin/profile/").status_code == 302, "signed out everywhere else"
    assert sign_in(app, clinic.email("nurse")).status_code == 302


def test_a_profile_changes_oneself_and_never_the_own_role(clinic, staff):
    nurse = staff(clinic, "nurse")
    form = {"name": "Nurse Joy", "locale": "en", "role": "organization_administrator", "active": "", "email": "x@y.example"}
    assert nurse.post("/admin/profile/", form).status_code == 302
    with clinic.session() as session:
        row = session.get_one(Practitioner, clinic.people["nurse"])
        assert (row.name, row.email, row.active) == ("Nurse Joy", clinic.email("nurse"), True)
        assert [role.role for role in row.roles] == [Role.PRACTITIONER]


def test_everybody_with_appointments_chooses_in_the_profile_of_what_to_be_told_by_mail(clinic, staff):
    nurse = staff(clinic, "nurse")
    assert "Tell me by e-mail about" in nurse.get("/admin/profile/").text
    assert nurse.post("/admin/profile/", {"name": "Nurse Joy", "locale": "en", "mail_changed": "y"}).status_code == 302
    with clinic.session() as session:
        row = session.get_one(Practitioner, clinic.people["nurse"])
        assert (row.mail_booked, row.mail_changed, row.mail_asked) == (False, True, False)
    assert "Tell me by e-mail about" not in staff(clinic, "translator").get("/admin/profile/").text
