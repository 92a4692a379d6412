"""What patients see: mails with codes, widgets with their sites, announcements, opening hours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from telehealth import clock
from telehealth.announcement import Announcement
from telehealth.department import Department
from telehealth.job import WorkState
from telehealth.message_template import MessageTemplate, MessageTemplateSet
from telehealth.opening_hours import OpeningHours
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.widget import FieldKind, Widget, WidgetField


@pytest.fixture
def text(clinic, administrator):
    """Posts a mail's text to a set of the clinic's own."""
    with clinic.session() as session:
        texts = MessageTemplateSet(name="For all")
        session.add(texts)
        session.flush()
        pk = texts.id
    someone = administrator(clinic)
    return lambda body, kind="confirmation", subject="See you": someone.post(
        f"/admin/mail-texts/add?set={pk}", {"set": pk, "kind": kind, "subject": subject, "body": body}
    )


def test_a_text_with_known_codes_is_kept(text, clinic):
    assert text("Dear *|patient_name|*,\n\n*|consult_deeplink|*").status_code == 302
    with clinic.session() as session:
        assert session.query(MessageTemplate).one().body == "Dear *|patient_name|*,\n\n*|consult_deeplink|*"


@pytest.mark.parametrize(("body", "said"), [
    ("Dear *|patient_nam|*, *|consult_deeplink|*", "This mail does not know *|patient_nam|*"),
    ("Dear *|person_name|*, *|consult_deeplink|*", "This mail does not know *|person_name|*"),
    ("Dear *|patient_name, *|consult_deeplink|*", "A code is not complete"),
    ("Dear patient", "Without *|visit_how|* the mail would lead nowhere"),
    ("", "Enter something here"),
])  # fmt: skip
def test_a_text_with_a_wrong_code_is_refused_and_what_was_typed_stays(body, said, text, clinic):
    answer = text(body, subject="See you soon")
    assert answer.status_code == 422 and said in answer.text
    assert body in answer.text and "See you soon" in answer.text
    with clinic.session() as session:
        assert not session.query(MessageTemplate).count()


def test_a_wrong_code_in_the_subject_is_refused(text):
    assert "does not know *|password_link|*" in text("*|consult_deeplink|*", subject="*|password_link|*").text


def test_a_set_has_one_text_of_a_kind(text):
    assert text("*|consult_deeplink|*").status_code == 302
    again = text("*|consult_deeplink|*")
    assert again.status_code == 422 and "There is already one like this" in again.text


def mail(clinic, state=WorkState.DONE, **changes):
    given = {"kind": MailKind.CONFIRMATION, "message_key": f"{clinic.slug}{state}"[:40], "recipient": "p@x.example", "due": clock.now(),
             "written_at": clock.now(), "composed_at": clock.now(), "subject": "Your appointment", "state": state, "turn": 8,
             "text": "https://k.example/visit#secret-token", "html": '<p style="color:red"><a href="https://k.example/visit#secret-token">go</a></p>',
             "attachments": [{"name": "visit.ics", "type": "text/calendar", "text": "URL:https://k.example/visit#secret-token"}]}  # fmt: skip
    with clinic.session() as session:
        row = OutgoingMail(**(given | changes))
        session.add(row)
        session.flush()
        return row.id


def test_the_outbox_shows_the_mail_without_what_opens_doors(clinic, administrator):
    someone, pk = administrator(clinic), mail(clinic)
    show = someone.get(f"/admin/outbox/show/{pk}")
    assert f"/admin/outbox/letter/{pk}" in show.text and "sandbox" in show.text
    letter, part = someone.get(f"/admin/outbox/letter/{pk}"), someone.get(f"/admin/outbox/attachment/{pk}/0")
    for answer in (show, letter, part):
        assert answer.status_code == 200 and "secret-token" not in answer.text
    assert "sandbox" in letter.headers["Content-Security-Policy"] and "script-src 'none'" in letter.headers["Content-Security-Policy"]
    assert part.headers["Content-Disposition"].startswith("attachment") and part.mimetype == "application/octet-stream"
    assert someone.get(f"/admin/outbox/attachment/{pk}/9").status_code == 404


def test_a_mail_that_was_given_up_is_tried_again(clinic, administrator):
    someone, dead, sent = administrator(clinic), mail(clinic, WorkState.DEAD, error="no route"), mail(clinic)
    assert "no route" in someone.get("/admin/outbox/list/?_flt_0_state=dead").text
    someone.post("/admin/outbox/action_post", {"action": "again", "rowid": [dead, sent]})
    with clinic.session() as session:
        again, before = session.get_one(OutgoingMail, dead), session.get_one(OutgoingMail, sent)
        assert (again.state, again.turn, before.state) == (WorkState.WAITING, 0, WorkState.DONE)


def widget(**changes):
    given = {"name": "Front page", "kind": "walk_in", "key": "", "active": "y", "title": "Come in", "theme": "auto", "queue_limit": "50",
             "allowed_sites": "https://www.clinic.example\nhttps://*.clinic.example:8443"}  # fmt: skip
    return given | changes


def test_a_new_widget_has_an_id_sites_and_the_usual_questions(clinic, administrator):
    answer = administrator(clinic).post("/admin/widgets/add", widget())
    assert answer.status_code == 302, answer.text
    with clinic.session() as session:
        row = session.query(Widget).filter_by(name="Front page").one()
        assert row.allowed_sites == ["https://www.clinic.example", "https://*.clinic.example:8443"] and row.key.startswith("w-")
        assert [f.kind for f in row.fields][:2] == [FieldKind.INITIALS, FieldKind.LAST_NAME]


@pytest.mark.parametrize(("sites", "said"), [
    ("https://good.example\nftp://bad.example", "“ftp://bad.example” is not a website"),
    ("https://a.example; script-src *", "characters that no address has"),
    ("https://*", "a star may only stand for the first part"),
    ("https://me@a.example", "must not contain a user name"),
])  # fmt: skip
def test_a_line_that_is_no_website_is_refused_in_words(sites, said, clinic, administrator):
    answer = administrator(clinic).post("/admin/widgets/add", widget(allowed_sites=sites))
    assert answer.status_code == 422 and said in answer.text
    assert sites.partition("\n")[0] in answer.text, "what was typed stays"


@pytest.mark.parametrize("key", ["Has Spaces", "../up", "ünïcode", "a" * 65])
def test_an_id_that_no_address_can_hold_is_refused(key, clinic, administrator):
    assert administrator(clinic).post("/admin/widgets/add", widget(key=key)).status_code == 422


def test_an_id_of_another_organisation_cannot_be_taken(clinic, other, administrator):
    answer = administrator(clinic).post("/admin/widgets/add", widget(key=other.widgets["chat"]))
    assert answer.status_code == 422 and other.mark not in answer.text


def test_a_widget_shows_its_snippet_and_a_preview_it_may_frame(app, clinic, administrator, monkeypatch):
    monkeypatch.setitem(app.extensions, "snippet", lambda row: f"<script data-widget={row.key}></script>")
    with clinic.session() as session:
        row = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
        pk, key = row.id, row.key
    page = administrator(clinic).get(f"/admin/widgets/show/{pk}")
    assert f"&lt;script data-widget={key}" in page.text and f'src="/w/{key}?preview=1"' in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in app.test_client().get(f"/w/{key}?preview=1").headers["Content-Security-Policy"]
    assert "'self'" not in app.test_client().get(f"/w/{key}").headers["Content-Security-Policy"].partition("frame-ancestors")[2]


def test_a_choice_needs_choices(clinic, administrator):
    someone = administrator(clinic)
    with clinic.session() as session:
        pk = session.query(Widget.id).filter_by(key=clinic.widgets["chat"]).scalar()
    form = {"widget": pk, "kind": "choice", "label": "Which?", "options": "One", "position": "1"}
    assert "at least two choices" in someone.post(f"/admin/widget-questions/add?widget={pk}", form).text
    answer = someone.post(f"/admin/widget-questions/add?widget={pk}", form | {"options": "One\nTwo"})
    assert answer.status_code == 302 and answer.location == f"/admin/widgets/show/{pk}"
    with clinic.session() as session:
        assert session.query(WidgetField).filter_by(widget_id=pk).one().choices == ["One", "Two"]


def test_a_moment_is_entered_and_shown_in_local_time(clinic, administrator):
    someone = administrator(clinic)
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).zone = "Asia/Kolkata"
    form = {"text": "Late", "severity": "warning", "department": "", "starts_at": "2026-12-01T09:30"}
    assert someone.post("/admin/announcements/add", form).status_code == 302
    with clinic.session() as session:
        row = session.query(Announcement).one()
        assert row.starts_at == datetime(2026, 12, 1, 4, 0, tzinfo=UTC)
        pk = row.id
    assert 'value="2026-12-01T09:30"' in someone.get(f"/admin/announcements/edit/{pk}").text
    assert "1 Dec 2026, 09:30" in someone.get("/admin/announcements/list/").text


def test_opening_hours_do_not_overlap_and_may_end_at_midnight(clinic, administrator):
    someone, pk = administrator(clinic), clinic.channels["open"]

    def hours(opens, closes, day="2"):
        form = {"channel": pk, "weekday": day, "opens_minute": opens, "closes_minute": closes}
        return someone.post(f"/admin/opening-hours/add?channel={pk}", form)

    assert hours("09:00", "12:00").status_code == 302
    assert "overlap" in hours("11:00", "13:00").text
    assert "must close after it opens" in hours("14:00", "13:00").text
    assert "Enter a time such as" in hours("nine", "12:00").text
    assert hours("18:00", "00:00").status_code == 302
    with clinic.session() as session:
        found = session.query(OpeningHours.opens_minute, OpeningHours.closes_minute).filter_by(channel_id=pk).all()
        assert sorted(map(tuple, found)) == [(540, 720), (1080, 1440)]


def test_a_key_is_shown_once_and_can_be_revoked(app, clinic, administrator):
    someone = administrator(clinic)
    page = someone.post("/admin/api-keys/add", {"name": "WordPress", "scopes": ["list_widgets"]}).text
    import re

    text = re.search(r"kns_[0-9a-f]+_[\w-]+", page).group()
    client, address = app.test_client(), f"/api/v1/organisations/{clinic.slug}/widgets"
    assert text not in someone.get("/admin/api-keys/list/").text
    with clinic.session() as session:
        from telehealth.api_key import ApiKey

        pk = session.query(ApiKey.id).filter_by(name="WordPress").scalar()
    first = client.get(address, headers={"Authorization": f"Bearer {text}"}).status_code
    someone.post(f"/admin/api-keys/action/revoke/{pk}")
    assert client.get(address, headers={"Authorization": f"Bearer {text}"}).status_code == (401 if first != 404 else 404)
    assert "Revoked" in someone.get(f"/admin/api-keys/show/{pk}").text


def test_an_appointment_is_cancelled_and_the_patient_told(full, administrator):
    from telehealth.booking import Appointment, AppointmentStatus

    with full.session() as session:
        pk = session.query(Appointment.id).scalar()
    administrator(full).post("/admin/appointments/action_post", {"action": "cancel", "rowid": pk, "confirmed": "yes"})
    with full.session() as session:
        assert session.get_one(Appointment, pk).status is AppointmentStatus.CANCELLED
        assert session.query(OutgoingMail).filter_by(kind=MailKind.CANCELLATION).count() == 1


@pytest.fixture
def department(clinic, administrator):
    """Posts changes to the clinic's first department."""
    someone, place = administrator(clinic), f"/admin/departments/edit/{clinic.departments[0]}"
    kept = {"name": "General practice", "colour": "#0b6e6e", "position": "0", "active": "y"}
    return lambda **changes: someone.post(place, kept | changes)


def test_the_texts_of_the_link_know_its_codes_only(department, clinic):
    assert department(on_time_text="Welcome from *|appointment_welcome_from|*").status_code == 302
    refused = department(on_time_text="See *|consult_deeplink|*", late_text="*|patient_name")
    assert refused.status_code == 422
    assert "This text does not know *|consult_deeplink|*" in refused.text and "A code is not complete" in refused.text
    with clinic.session() as session:
        assert session.get_one(Department, clinic.departments[0]).on_time_text == "Welcome from *|appointment_welcome_from|*"


@pytest.mark.parametrize(("changes", "said"), [
    ({"page_url": "http://clinic.example/"}, "begins with https://"),
    ({"page_url": "https://127.0.0.1/"}, "This page cannot be opened"),
    ({"film_url": "https://clinic.example/film.mp4"}, "Say in words what the film shows"),
    ({"film_url": "https://localhost/film.mp4", "film_words": "Words"}, "This is the address of Konsulto itself"),
])  # fmt: skip
def test_what_cannot_be_shown_to_people_who_wait_is_refused(changes, said, department):
    refused = department(**changes)
    assert refused.status_code == 422 and said in refused.text


def test_a_page_that_could_not_be_tried_is_kept_with_a_warning(department, clinic):
    answer = department(page_url="https://nowhere.invalid/first")
    assert answer.status_code == 302
    with clinic.session() as session:
        assert session.get_one(Department, clinic.departments[0]).page_url == "https://nowhere.invalid/first"


def test_department_administrators_keep_the_texts_of_their_departments_and_nothing_else_of_them(clinic, staff):
    manager = staff(clinic, "manager")
    own, foreign = (f"/admin/departments/edit/{department}" for department in clinic.departments)
    page = manager.get(own).text
    assert 'name="late_text"' in page and 'name="active"' not in page
    assert manager.post(own, {"late_text": "Come in quickly", "name": "Mine", "active": ""}).status_code == 302
    assert manager.post(foreign, {"late_text": "Come in quickly"}).status_code == 404
    assert manager.get("/admin/departments/add").status_code in {302, 403, 404}
    with clinic.session() as session:
        row = session.get_one(Department, clinic.departments[0])
        assert (row.late_text, row.active, row.name) == ("Come in quickly", True, f"General practice {clinic.mark}")
