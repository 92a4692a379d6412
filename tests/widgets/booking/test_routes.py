"""The booking API, as its own page and other front ends use it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from telehealth import clock
from telehealth.booking import Appointment
from telehealth.department import Department
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner
from telehealth.schedule import Availability
from telehealth.waitlist import WaitlistEntry
from telehealth.widget import FieldKind, Widget, WidgetField
from tests.clinic import client_id

FACTS = {"id", "start", "end", "welcome_from", "practitioner", "department", "mode", "visit", "place", "price", "time_zone", "ticket", "link", "questionnaires", "payment"}


def soon():
    return (clock.now() + timedelta(days=2)).date()


def wanted(slot, **changes):
    patient = {"initials": "M.", "last_name": "de Vries", "birth_date": "1984-03-27", "email": "m@example.org"}
    return {"client_id": client_id(), "slot": slot["id"], "patient": patient, "accept_terms": True} | changes


@pytest.fixture
def patient(clinic, visitor):
    return visitor(clinic.widgets["booking"])


@pytest.fixture
def slots(patient):
    """The free times of the day after tomorrow."""

    def ask(**query):
        return patient.get("/slots", query_string={"date": soon().isoformat()} | query).json["slots"]

    return ask


def test_a_month_tells_how_much_is_free_on_each_day(patient, slots):
    answer = patient.get("/slots", query_string={"month": soon().strftime("%Y-%m")})
    assert answer.status_code == 200
    days = {day["date"]: day["free"] for day in answer.json["days"]}
    assert days[soon().isoformat()] == len(slots()) == 32
    assert all(set(day) == {"date", "free"} for day in answer.json["days"])


def test_a_date_tells_its_times_in_utc(slots):
    first = slots()[0]
    assert set(first) == {"id", "start", "end", "practitioner"}
    start, end = datetime.fromisoformat(first["start"]), datetime.fromisoformat(first["end"])
    assert start.tzinfo == UTC
    assert end - start == timedelta(minutes=20)
    assert first["practitioner"].startswith("Dr ")


def test_the_search_can_name_a_department_and_a_person(clinic, slots):
    nurse, doctor = clinic.people["nurse"], clinic.people["doctor"]
    assert {slot["practitioner"] for slot in slots(department=clinic.departments[1])} == {f"Dr Nurse {clinic.mark}"}
    assert {slot["practitioner"] for slot in slots(practitioner=doctor)} == {f"Dr Doctor {clinic.mark}"}
    assert slots(department=clinic.departments[0], practitioner=nurse) == []


@pytest.mark.parametrize(
    "query",
    [{}, {"month": "2026-12", "date": "2026-12-01"}, {"month": "2026-13"}, {"month": "12/2026"}, {"date": "tomorrow"},
     {"date": "2026-12-01", "department": "x"}, {"date": "2026-12-01", "practitioner": "-1"}, {"day": "2026-12-01"}],
)  # fmt: skip
def test_a_search_that_makes_no_sense_is_refused(patient, query):
    answer = patient.get("/slots", query_string=query)
    assert (answer.status_code, answer.json["error"]) == (422, "invalid")


def test_a_department_the_widget_does_not_offer_is_not_found(clinic, patient):
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
        widget.departments = [session.get_one(Department, clinic.departments[0])]
    answer = patient.get("/slots", query_string={"date": soon().isoformat(), "department": clinic.departments[1]})
    assert answer.status_code == 404


def test_an_empty_month_tells_the_next_free_day(clinic, patient):
    far = soon() + timedelta(days=70)
    with clinic.session() as session:
        for one in session.query(Availability):
            one.weekday, one.valid_from = None, far
    answer = patient.get("/slots", query_string={"month": soon().strftime("%Y-%m")}).json
    assert answer["next"] == far.isoformat()
    assert patient.get("/slots", query_string={"month": f"{far:%Y-%m}"}).json.get("next") is None


def test_booking_gives_the_appointment_and_its_ticket(clinic, patient, slots):
    slot = slots()[0]
    answer = patient.post("/appointments", wanted(slot))
    assert answer.status_code == 201, answer.text
    made = answer.json
    assert set(made) == FACTS
    assert (made["start"], made["end"], made["practitioner"]) == (slot["start"], slot["end"], slot["practitioner"])
    assert made["link"].endswith(f"/visit#{made['ticket']}")
    welcome = datetime.fromisoformat(made["start"]) - datetime.fromisoformat(made["welcome_from"])
    assert welcome == timedelta(minutes=30)
    assert slot["id"] not in [other["id"] for other in slots()]
    with clinic.session() as session:
        assert session.query(Appointment).filter_by(uid=made["id"]).one().patient.last_name == "de Vries"


def test_the_same_booking_sent_again_gets_the_first_answer(clinic, patient, slots):
    body = wanted(slots()[0])
    first, again = patient.post("/appointments", body), patient.post("/appointments", body)
    assert (again.status_code, again.json) == (201, first.json)
    with clinic.session() as session:
        assert session.query(Appointment).count() == 1


def test_a_taken_time_offers_the_nearest(clinic, visitor, patient, slots):
    doctor = clinic.people["doctor"]
    slot = slots(practitioner=doctor)[3]
    assert patient.post("/appointments", wanted(slot)).status_code == 201
    other = visitor(clinic.widgets["booking"])
    answer = other.post("/appointments", wanted(slot, practitioner=doctor))
    assert (answer.status_code, answer.json["error"]) == (409, "slot_taken")
    near = answer.json["nearest"]
    assert len(near) == 3
    assert all(set(one) == set(slot) and one["practitioner"] == slot["practitioner"] for one in near)
    assert other.post("/appointments", wanted(near[0])).status_code == 201


def test_a_time_that_is_over_says_so_and_offers_others(patient, slots):
    slot = slots()[0]
    with clock.at(datetime.fromisoformat(slot["start"]) + timedelta(minutes=1)):
        answer = patient.client.post(f"/w/{patient.widget}/session", json={})
        headers = {"Authorization": f"Bearer {answer.json['token']}"}
        answer = patient.client.post(f"/w/{patient.widget}/appointments", headers=headers, json=wanted(slot))
    assert (answer.status_code, answer.json["error"]) == (409, "unknown_slot")
    assert answer.json["nearest"]


def test_every_answer_that_needs_another_look_is_named_in_the_order_of_the_form(patient, slots):
    answer = patient.post("/appointments", {"client_id": client_id(), "slot": slots()[0]["id"]})
    assert answer.status_code == 422
    assert list(answer.json["fields"]) == ["patient.initials", "patient.last_name", "patient.birth_date", "accept_terms"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"patient": {"initials": "M", "last_name": "V", "birth_date": "1984-02-30"}}, "patient.birth_date"),
        ({"patient": {"initials": "M", "last_name": "V", "birth_date": "1984-03-27", "email": "nowhere"}}, "patient.email"),
        ({"client_id": "short"}, "client_id"),
        ({"slot": "1" * 41}, "slot"),
        ({"unknown": 1}, "unknown"),
        ({"answers": {"reason": "x" * 4001}}, "answers.reason"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(patient, slots, change, field):
    answer = patient.post("/appointments", wanted(slots()[0]) | change)
    assert answer.status_code == 422
    assert field in answer.json["fields"]


def test_the_widgets_own_questions_are_kept_with_the_appointment(clinic, patient, slots):
    from telehealth import booking

    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
        widget.fields.append(WidgetField(key="first", kind=FieldKind.YES_NO, label="First visit?", position=8))
        widget.fields.append(WidgetField(key="why", kind=FieldKind.REASON, label="What is it about?", position=9))
    made = patient.post("/appointments", wanted(slots()[0], answers={"first": "yes", "other": "no"}, reason="My knee")).json
    with clinic.session() as session:
        kept = booking.answers_of(session.query(Appointment).filter_by(uid=made["id"]).one())
    assert kept == {"first": "yes", "reason": "My knee"}


def test_the_calendar_file_is_for_the_visitor_who_booked(clinic, visitor, patient, slots):
    made = patient.post("/appointments", wanted(slots()[0])).json
    answer = patient.get(f"/appointments/{made['id']}/calendar")
    assert answer.content_type == "text/calendar; charset=utf-8"
    event = Calendar.from_ical(answer.data).walk("VEVENT")[0]
    assert event.decoded("dtstart") == datetime.fromisoformat(made["start"])
    assert str(event["url"]) == made["link"]
    stranger = visitor(clinic.widgets["booking"])
    assert stranger.get(f"/appointments/{made['id']}/calendar").status_code == 404
    assert patient.get("/appointments/unknown/calendar").status_code == 404


def test_somebody_elses_client_id_finds_nothing(clinic, visitor, patient, slots):
    body = wanted(slots()[0])
    assert patient.post("/appointments", body).status_code == 201
    answer = visitor(clinic.widgets["booking"]).post("/appointments", body | {"slot": slots()[1]["id"]})
    assert answer.status_code in {201, 404}
    with clinic.session() as session:
        uids = [made.uid for made in session.query(Appointment)]
    assert len(uids) == 1
    assert uids[0] not in answer.text


CALLS = [("GET", "/slots?month=2026-12"), ("POST", "/appointments"), ("GET", "/appointments/x/calendar")]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_without_a_session_nothing_is_answered(clinic, app, method, path):
    answer = app.test_client().open(f"/w/{clinic.widgets['booking']}{path}", method=method, json={})
    assert (answer.status_code, answer.json["error"]) == (401, "session_expired")


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_the_session_of_another_widget_opens_nothing(clinic, other, visitor, app, method, path):
    for stranger in (visitor(other.widgets["booking"]), visitor(clinic.widgets["walk_in"])):
        target = f"/w/{clinic.widgets['booking']}{path}"
        answer = app.test_client().open(target, method=method, json={}, headers=stranger.headers)
        assert answer.status_code == 401


def test_the_other_clinics_times_and_people_are_not_found(clinic, other, visitor, slots):
    foreign = visitor(other.widgets["booking"])
    slot = foreign.get("/slots", query_string={"date": soon().isoformat()}).json["slots"][0]
    answer = visitor(clinic.widgets["booking"]).post("/appointments", wanted(slot))
    assert (answer.status_code, answer.json["error"]) == (409, "unknown_slot")
    assert other.mark not in answer.text
    assert slots(practitioner=other.people["doctor"]) == []
    assert slots(department=other.departments[0]) == []


def test_a_paused_widget_answers_no_more(clinic, patient):
    with clinic.session() as session:
        session.query(Widget).filter_by(key=clinic.widgets["booking"]).one().active = False
    answer = patient.get("/slots", query_string={"month": "2026-12"})
    assert (answer.status_code, answer.json["error"]) == (404, "unknown_widget")


def test_nothing_sets_a_cookie(patient, slots):
    made = patient.post("/appointments", wanted(slots()[0]))
    pages = [patient.client.get(f"/w/{patient.widget}"), made, patient.get("/slots", query_string={"month": "2026-12"})]
    assert not [page.headers["Set-Cookie"] for page in pages if "Set-Cookie" in page.headers]


def test_the_page_offers_a_choice_only_where_there_is_one(clinic, app):
    def page():
        return app.test_client().get(f"/w/{clinic.widgets['booking']}").text

    assert f"Dr Nurse {clinic.mark}" in page()
    assert "Anyone in General practice" in page()
    with clinic.session() as session:
        session.get_one(Practitioner, clinic.people["nurse"]).active = False
    assert "With whom?" not in page()


def test_the_week_begins_where_the_language_begins_it(clinic, app):
    client = app.test_client()
    english, arabic = (client.get(f"/w/{clinic.widgets['booking']}?lang={tag}").text for tag in ("en", "ar-XB"))
    assert 'data-first-day="1"' in english
    assert english.index("Monday") < english.index("Sunday")
    assert 'dir="rtl"' in arabic


def test_the_zone_of_the_clinic_is_named(clinic, app):
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).zone = "America/New_York"
    assert "Times are for New York (Eastern Time)." in app.test_client().get(f"/w/{clinic.widgets['booking']}").text


def test_a_booking_over_http_asks_the_database_little(patient, slots, house):
    from sqlalchemy import event

    free = slots()
    patient.post("/appointments", wanted(free[0]))
    asked = []
    listen = lambda *values: asked.append(values[2])  # noqa: E731
    event.listen(house.engine, "before_cursor_execute", listen)
    try:
        begun = time.process_time()
        assert patient.post("/appointments", wanted(free[1])).status_code == 201
        assert time.process_time() - begun < 1
    finally:
        event.remove(house.engine, "before_cursor_execute", listen)
    assert len(asked) <= 24, "\n".join(asked)


def test_a_chosen_time_is_kept_for_its_visitor_alone(clinic, patient, visitor, slots):
    slot = slots()[0]
    assert patient.post("/holds", json={"slot": slot["id"]}).json == {"seconds": 600}
    other = visitor(clinic.widgets["booking"])
    day = {"date": soon().isoformat()}
    assert slot["id"] not in {offered["id"] for offered in other.get("/slots", query_string=day).json["slots"]}
    assert slot["id"] in {offered["id"] for offered in slots()}
    for path, body in (("/holds", {"slot": slot["id"]}), ("/appointments", wanted(slot))):
        refused = other.post(path, json=body)
        assert (refused.status_code, refused.json["error"]) == (409, "slot_taken")
        assert len(refused.json["nearest"]) == 3
    assert patient.post("/appointments", json=wanted(slot)).status_code == 201


def test_a_time_that_is_let_go_is_everybodys(clinic, patient, visitor, slots):
    slot = slots()[0]
    patient.post("/holds", json={"slot": slot["id"]})
    for _ in range(2):
        assert patient.delete("/holds").status_code == 204
    assert visitor(clinic.widgets["booking"]).post("/appointments", json=wanted(slot)).status_code == 201


def test_no_time_is_kept_that_the_widget_does_not_offer(other, patient, visitor, slots):
    theirs = visitor(other.widgets["booking"]).get("/slots", query_string={"date": soon().isoformat()}).json["slots"][0]
    assert patient.post("/holds", json={"slot": theirs["id"]}).json["error"] == "unknown_slot"
    assert patient.post("/holds", json={"slot": "nonsense"}).json["error"] == "unknown_slot"


def test_whoever_finds_no_time_is_put_on_the_waitlist(clinic, patient):
    with clinic.session() as session:
        for one in session.query(Availability):
            session.delete(one)
    wish = {"email": "anna@example.org", "until": soon().isoformat()}
    assert patient.post("/waitlist", json=wish).status_code == 204
    assert patient.post("/waitlist", json=wish | {"department": clinic.departments[0]}).status_code == 204
    with clinic.session() as session:
        entry = session.query(WaitlistEntry).one()
        assert (entry.email, entry.until, entry.department_id) == ("anna@example.org", soon(), clinic.departments[0])


@pytest.mark.parametrize(("changes", "status", "field"), [
    ({"email": "anna"}, 422, "email"), ({"until": "2020-01-01"}, 422, "until"), ({"until": "soon"}, 422, "until"), ({}, 409, None),
])  # fmt: skip
def test_a_wish_that_cannot_be_is_refused_in_words(clinic, patient, changes, status, field):
    refused = patient.post("/waitlist", json={"email": "anna@example.org", "until": soon().isoformat()} | changes)
    assert refused.status_code == status
    if field:
        assert refused.json["fields"][field]
    else:
        assert (refused.json["error"], refused.json["day"]) == ("free_already", refused.json["day"])


def test_nobody_waits_where_no_mails_are_sent(clinic, patient):
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).send_mails = False
    assert patient.post("/waitlist", json={"email": "a@example.org", "until": soon().isoformat()}).status_code == 404
