"""A mail's text before it is saved: shown by the code that composes real mails, sent to oneself, kept nowhere."""

from __future__ import annotations

import pytest

from integrations import mail
from telehealth.booking import Appointment
from telehealth.department import Department
from telehealth.message_template import CODES, MessageTemplate, MessageTemplateSet
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail

TEXT = {"kind": "confirmation", "subject": "Dear *|patient_name|*", "body": "With *|practitioner_name|*\n\n*|consult_deeplink|*"}


@pytest.fixture
def someone(clinic, administrator):
    return administrator(clinic)


def shown(someone, **changes):
    answer = someone.post("/admin/mail-texts/preview", TEXT | changes)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_what_is_written_is_shown_with_an_appointment_that_nobody_has(clinic, someone):
    seen = shown(someone)
    assert seen["subject"] == "Dear J. Sample" and seen["problems"] == []
    assert seen["text"].startswith(f"With Dr Doctor {clinic.mark}") and "http://localhost/visit#…" in seen["text"]
    with clinic.session() as session:
        assert not session.query(Appointment).count() and not session.query(MessageTemplate).count()
        assert not session.query(OutgoingMail).count()


def test_the_page_is_the_one_that_is_sent_in_a_frame_where_nothing_runs(app, clinic, someone):
    page = someone.post("/admin/mail-texts/page", TEXT | {"body": "A <script>alert(1)</script> & *|consult_deeplink|*"})
    policy = page.headers["Content-Security-Policy"]
    for rule in ("sandbox", "script-src 'none'", "connect-src 'none'", "frame-ancestors 'self'"):
        assert rule in policy
    assert "&lt;script&gt;" in page.text and "<script" not in page.text
    assert "nothing about your health" in page.text and f"Harbour Street {clinic.mark}" in page.text


def test_it_is_in_the_language_in_which_the_organisation_writes_whatever_its_reader_speaks(clinic, someone):
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).locale = "ar-XB"
    seen = shown(someone, subject="*|appointment_date|*")
    assert (seen["lang"], seen["dir"]) == ("ar-XB", "rtl")
    assert 'dir="rtl"' in someone.post("/admin/mail-texts/page", TEXT).text


def test_a_department_of_the_texts_set_is_named(clinic, someone):
    with clinic.session() as session:
        texts = MessageTemplateSet(name="Ours", departments=[session.get_one(Department, clinic.departments[1])])
        session.add(texts)
        session.flush()
        pk = texts.id
    assert f"Nurses {clinic.mark}" in shown(someone, subject="*|department_name|*", set=str(pk))["subject"]
    assert f"General practice {clinic.mark}" in shown(someone, subject="*|department_name|*", set="999999")["subject"]


@pytest.mark.parametrize(("changes", "said"), [
    ({"body": "*|nobody|* *|consult_deeplink|*"}, "does not know *|nobody|*"),
    ({"subject": "*|patient_name"}, "A code is not complete"),
    ({"body": "No link"}, "Without *|visit_how|*"),
    ({"kind": ""}, "Choose first what kind"), ({"kind": "test"}, "Choose first what kind"),
])  # fmt: skip
def test_what_is_wrong_is_said_in_words(changes, said, someone):
    assert said in " ".join(shown(someone, **changes)["problems"])


def test_an_unknown_code_stays_to_be_seen(someone):
    assert "*|nobody|*" in shown(someone, body="Dear *|nobody|*")["text"]


@pytest.mark.parametrize("kind", CODES)
def test_every_code_of_every_kind_has_a_sample_and_our_own_text_is_right(kind, app, someone):
    from integrations.wording import shipped_wording

    with app.test_request_context("/"):
        subject, body = shipped_wording(kind)
    every = " / ".join(f"*|{name}|*" for name in CODES[kind])
    seen = shown(someone, kind=kind.value, subject=subject, body=f"{body}\n\n{every}")
    assert seen["problems"] == []
    assert "*|" not in seen["text"]
    assert all(seen["text"].rpartition("\n\n")[2].split(" / ")), seen["text"]


def test_a_test_goes_to_oneself_marked_and_tells_no_patient(app, house, clinic, someone):
    answer = someone.post("/admin/mail-texts/test", TEXT)
    assert answer.status_code == 200 and clinic.email("admin") in answer.json["said"]
    with clinic.session() as session:
        row = session.query(OutgoingMail).one()
        assert (row.kind, row.recipient, row.appointment_id) == (MailKind.TEST, clinic.email("admin"), None)
        assert row.subject == "Test: Dear J. Sample"
        session.get_one(Organization, clinic.id).send_mails = False
        session.expunge(row)
    with app.test_request_context("/"):
        mail.send(clinic.sessions, house.settings, row)
    with clinic.session() as session:
        assert session.query(OutgoingMail).one().subject == "Test: Dear J. Sample"


def test_a_text_that_is_wrong_is_not_sent(clinic, someone):
    answer = someone.post("/admin/mail-texts/test", TEXT | {"body": "No link"})
    assert answer.status_code == 422 and "Nothing was sent" in answer.json["said"]
    with clinic.session() as session:
        assert not session.query(OutgoingMail).count()


def test_after_twenty_tests_in_an_hour_no_more_are_sent(clinic, someone, house):
    answers = [someone.post("/admin/mail-texts/test", TEXT) for _ in range(house.settings.test_mails_per_hour + 1)]
    assert [answer.status_code for answer in answers] == [200] * house.settings.test_mails_per_hour + [429]
    assert "Try again in an hour" in answers[-1].json["said"]


@pytest.mark.parametrize("way", ["preview", "page", "test"])
@pytest.mark.parametrize("who", ["manager", "doctor", "translator"])
def test_whoever_may_not_write_texts_sees_and_sends_nothing(who, way, clinic, staff):
    assert staff(clinic, who).post(f"/admin/mail-texts/{way}", TEXT).status_code == 403


def test_another_organisations_set_names_nothing_of_theirs(clinic, other, administrator):
    with clinic.session() as session:
        texts = MessageTemplateSet(name="Ours", departments=[session.get_one(Department, clinic.departments[1])])
        session.add(texts)
        session.flush()
        pk = texts.id
    for way in ("preview", "page"):
        answer = administrator(other).post(f"/admin/mail-texts/{way}", TEXT | {"set": str(pk), "subject": "*|department_name|*"})
        assert clinic.mark not in answer.text


def test_nobody_writes_a_text_for_tests(clinic, someone):
    with clinic.session() as session:
        session.add(MessageTemplateSet(name="For all"))
        session.flush()
        pk = session.query(MessageTemplateSet.id).scalar()
    assert 'value="test"' not in someone.get(f"/admin/mail-texts/add?set={pk}").text
    answer = someone.post(f"/admin/mail-texts/add?set={pk}", TEXT | {"set": pk, "kind": "test"})
    assert answer.status_code == 422 and "Choose one of the list" in answer.text
