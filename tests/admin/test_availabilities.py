"""Availabilities: the rule is checked, said in a sentence and drawn before it is saved."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape

import pytest

from telehealth import clock
from telehealth.closed_day import ClosedDay
from telehealth.recurrence import Repeats
from telehealth.schedule import Availability, Purpose

ADD, PREVIEW = "/admin/availabilities/add", "/admin/availabilities/preview"
MONDAY = date(2030, 1, 7)


def form_of(clinic, **changes):
    given = {"practitioner": str(clinic.people["doctor"]), "purpose": "booking", "repeats": "weekly", "weekdays": ["0"], "every": "1",
             "nth": "1", "valid_from": MONDAY.isoformat(), "from_minute": "18:00", "to_minute": "20:00", "length_minutes": "20",
             "gap_minutes": "10"}  # fmt: skip
    return {name: value for name, value in (given | changes).items() if value is not None}


def said(answer):
    """The words of an answer, without its marks."""
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def kept(clinic):
    with clinic.sessions(organization=clinic.id) as session:
        return session.query(Availability).order_by(Availability.id.desc()).first()


@pytest.fixture
def preview(clinic, administrator):
    someone = administrator(clinic)
    return lambda path=PREVIEW, **changes: said(someone.post(path, form_of(clinic, **changes)))


@pytest.mark.parametrize(("changes", "wanted"), [
    ({}, (Repeats.WEEKLY, [0], 1, None, None)),
    ({"weekdays": ["4", "0"], "every": "2"}, (Repeats.WEEKLY, [0, 4], 2, None, None)),
    ({"repeats": "monthly", "nth": "-1", "every": "3"}, (Repeats.MONTHLY, [0], 3, -1, None)),
    ({"except_on[]": ["2030-01-14", "", "2030-01-21"]}, (Repeats.WEEKLY, [0], 1, None, ["2030-01-14", "2030-01-21"])),
    ({"repeats": "once", "weekdays": ["3"], "every": "9", "valid_until": "2031-01-01", "except_on": ["2030-01-07"]}, (Repeats.ONCE, [], 1, None, None)),
])  # fmt: skip
def test_a_rule_is_kept_without_what_it_does_not_use(changes, wanted, clinic, administrator):
    answer = administrator(clinic).post(ADD, form_of(clinic, **changes))
    assert answer.status_code == 302, answer.text
    row = kept(clinic)
    assert (row.repeats, row.weekdays, row.every, row.nth, row.except_on) == wanted
    if row.repeats is Repeats.ONCE:
        assert row.valid_until is None


@pytest.mark.parametrize(("changes", "wrong"), [
    ({"from_minute": "18:03"}, "Use steps of five minutes"),
    ({"length_minutes": "7"}, "Use steps of five minutes"),
    ({"to_minute": "08:00"}, "It must end after it begins"),
    ({"length_minutes": "180"}, "Not one appointment of this length fits"),
    ({"valid_until": "2029-11-01"}, "must not be before the first"),
    ({"valid_from": ""}, "Enter something here"),
    ({"length_minutes": "-5"}, "Enter a number from 5 to 720"),
    ({"gap_minutes": "many"}, "Enter a number"),
    ({"weekdays": []}, "Choose at least one day of the week"),
    ({"weekdays": ["9"]}, "This is not in the list: 9"),
    ({"every": "0"}, "Enter a number from 1 to 52"),
    ({"every": "53"}, "Enter a number from 1 to 52"),
    ({"every": "13", "repeats": "monthly"}, "Months can be counted up to 12"),
    ({"every": "", "repeats": "monthly"}, "Enter a number"),
    ({"nth": "5", "repeats": "monthly"}, "Choose one of the list"),
    ({"nth": None, "repeats": "monthly"}, "Not saved yet"),
    ({"except_on": ["31.12.2030"]}, "This is not a date: 31.12.2030"),
    ({"repeats": "daily"}, "Choose one of the list"),
])  # fmt: skip
def test_a_rule_that_gives_nothing_is_refused_and_says_why(changes, wrong, clinic, administrator):
    if changes.get("nth", "") is None:
        changes = changes | {"nth": ""}
    answer = administrator(clinic).post(ADD, form_of(clinic, **changes))
    assert answer.status_code == 422 and wrong in unescape(answer.text)


def test_a_walk_in_hour_needs_no_length(clinic, administrator):
    form = form_of(clinic, purpose="walk_in", to_minute="18:10", length_minutes=None, gap_minutes=None)
    assert administrator(clinic).post(ADD, form).status_code == 302
    assert kept(clinic).purpose is Purpose.WALK_IN


def test_one_entry_serves_walk_in_and_booking(clinic, administrator):
    assert administrator(clinic).post(ADD, form_of(clinic, purpose="both")).status_code == 302
    assert kept(clinic).purpose is Purpose.BOTH


@pytest.mark.parametrize(("changes", "sentence"), [
    ({}, "Every Monday, 18:00–20:00: 20 minutes each, 10 minutes between: 4 appointments a day."),
    ({"every": "2"}, "Every second Monday, 18:00–20:00"),
    ({"weekdays": ["0", "2", "4"]}, "Every week on Monday, Wednesday and Friday, 18:00–20:00"),
    ({"weekdays": ["0", "2"], "every": "3"}, "Every 3 weeks on Monday and Wednesday, 18:00–20:00"),
    ({"weekdays": list("0123456")}, "Every day, 18:00–20:00"),
    ({"repeats": "monthly", "nth": "2", "weekdays": ["4"]}, "Every month on the second Friday, 18:00–20:00"),
    ({"repeats": "monthly", "nth": "-1", "every": "3"}, "Every 3 months on the last Monday, 18:00–20:00"),
    ({"repeats": "once", "to_minute": "18:20"}, "Monday, 7 January 2030, 18:00–18:20: 20 minutes each, 10 minutes between: 1 appointment a day."),
    ({"gap_minutes": "0"}, "20 minutes each, without a pause: 6 appointments a day."),
    ({"purpose": "walk_in"}, "Every Monday, 18:00–20:00: walk-in hour."),
    ({"purpose": "both"}, "Every Monday, 18:00–20:00: walk-in hour, and 20 minutes each"),
    ({"to_minute": "00:00"}, "18:00–00:00"),
])  # fmt: skip
def test_a_rule_is_said_in_a_sentence_before_it_is_saved(changes, sentence, preview, clinic):
    before = kept(clinic).id
    assert sentence in preview(**changes)
    assert kept(clinic).id == before


def test_the_next_five_dates_leave_out_exceptions_and_name_closed_days(preview, clinic):
    with clinic.session() as session:
        session.add(ClosedDay(day=MONDAY + timedelta(days=7), name="Harvest"))
    words = preview(every="1", except_on=[(MONDAY + timedelta(days=14)).isoformat()])
    dates = words.partition("Next dates")[2].partition("Week from")[0]
    assert [n for n in (7, 14, 21, 28) if f" {n} Jan 2030" in dates] == [7, 14, 28]
    assert "14 Jan 2030 closed: Harvest" in dates and "11 Feb 2030" in dates
    assert "Not on Mon, 21 Jan 2030." in words


def test_what_is_still_missing_is_named(preview):
    assert "Still needed: Days, First date, From and To" in preview(weekdays=[], valid_from="", from_minute="", to_minute="")
    assert "Still needed: From" in preview(repeats="once", weekdays=[], from_minute="")


def test_what_is_wrong_is_said_at_once(preview):
    assert "To: It must end after it begins." in preview(to_minute="17:00")
    assert "Every … weeks or months: Enter a number from 1 to 52." in preview(every="99")
    assert "This falls on no day from today on." in preview(valid_from="2020-01-06", valid_until="2020-02-03")


def test_the_week_shows_the_other_times_and_what_it_lies_over(preview):
    words = preview(from_minute="16:30")
    assert "Overlaps other times of this person" not in words
    assert "Overlaps another time of this person: Every Monday, 09:00–17:00, first on Mon, 7 Jan 2030" in words
    assert "16:30–20:00 Booked appointments (this one, overlaps)" in words
    assert "09:00–17:00 Booked appointments" in words
    free = preview()
    assert "Overlap" not in free and "18:00–20:00 Booked appointments (this one)" in free


def test_a_row_does_not_lie_over_itself(clinic, administrator, preview):
    with clinic.session() as session:
        row = session.query(Availability).filter_by(practitioner_id=clinic.people["doctor"], weekday=0).one().id
    words = preview(f"{PREVIEW}?row={row}", from_minute="09:00", to_minute="17:00")
    assert "Overlap" not in words
    page = said(administrator(clinic).get(f"/admin/availabilities/edit/{row}"))
    assert "Every Monday, 09:00–17:00" in page and "Overlap" not in page


def test_without_scripts_a_refused_form_says_what_it_would_give(clinic, administrator):
    answer = administrator(clinic).post(ADD, form_of(clinic, practitioner=""))
    assert answer.status_code == 422
    assert "Every Monday, 18:00–20:00" in unescape(answer.text)


def test_the_list_and_the_file_say_the_rule(clinic, administrator):
    someone = administrator(clinic)
    someone.post(ADD, form_of(clinic, every="2", weekdays=["3"]))
    assert "Every second Thursday" in someone.get("/admin/availabilities/list/").text
    assert "Every second Thursday" in someone.get("/admin/availabilities/export").text


def test_a_rule_is_found_by_each_of_its_weekdays(clinic, administrator):
    someone = administrator(clinic)
    someone.post(ADD, form_of(clinic, weekdays=["1", "5"], every="7"))
    for day, there in (("1", True), ("5", True), ("2", False)):
        found = someone.get(f"/admin/availabilities/list/?_flt_0_weekday={day}").text
        assert ("Every 7 weeks" in found) is there


@pytest.mark.parametrize("person", ["doctor", "nurse", "translator"])
def test_the_preview_is_for_those_who_may_enter_times(person, clinic, staff):
    answer = staff(clinic, person).post(PREVIEW, form_of(clinic))
    assert "18:00" not in answer.text and answer.status_code in {302, 403}


def test_the_preview_needs_the_forms_own_token(clinic, administrator):
    assert administrator(clinic).client.post(PREVIEW, data=form_of(clinic)).status_code == 400


def test_the_preview_knows_nobody_elses_people(clinic, other, administrator):
    words = said(administrator(clinic).post(PREVIEW, form_of(clinic, practitioner=str(other.people["doctor"]), from_minute="09:00")))
    assert "Overlap" not in words
    with other.session() as session:
        theirs = session.query(Availability.id).first()[0]
    assert administrator(clinic).post(f"{PREVIEW}?row={theirs}", form_of(clinic)).status_code == 404


def test_other_systems_enter_and_read_the_same_rule(clinic, bearer):
    call = bearer(clinic)
    body = {"practitioner": clinic.people["doctor"], "purpose": "both", "repeats": "monthly", "weekdays": [4], "nth": -1, "every": 2,
            "valid_from": "2030-01-07", "from_minute": "18:00", "to_minute": "20:00", "except_on": ["2030-03-29"]}  # fmt: skip
    made = call("POST", "/availability/", json=body)
    assert made.status_code == 201, made.text
    found = call("GET", f"/availability/{made.json['id']}").json["result"]
    assert found["recurrence"] == "FREQ=MONTHLY;INTERVAL=2;WKST=MO;BYDAY=-1FR"
    assert (found["purpose"], found["except_on"]) == ("both", ["2030-03-29"])
    assert call("PUT", f"/availability/{made.json['id']}", json={"every": 3}).status_code == 200
    assert kept(clinic).every == 3 and kept(clinic).except_on == ["2030-03-29"]
    assert call("PUT", f"/availability/{made.json['id']}", json={"every": 40}).status_code == 422
    today = clock.now().date()
    once = call("POST", "/availability/", json=body | {"repeats": "once", "valid_from": today.isoformat()})
    assert call("GET", f"/availability/{once.json['id']}").json["result"]["recurrence"] == ""


def test_from_the_list_a_way_leads_to_the_calendar_for_those_who_see_it(clinic, administrator):
    assert 'href="/desk/calendar?view=week"' in administrator(clinic).get("/admin/availabilities/list/").text
