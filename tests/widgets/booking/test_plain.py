"""Booking without JavaScript: what the forms carry, what they refuse, and what no address ever holds."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from telehealth import booking, clock, new_link
from telehealth.booking import Appointment, Search
from telehealth.department import Department
from telehealth.job import Job
from telehealth.occupancy import Hold
from telehealth.organization import Organization
from telehealth.patient import Patient
from telehealth.schedule import Availability
from telehealth.visit_type import Mode, VisitType
from telehealth.waitlist import WaitlistEntry
from telehealth.widget import FieldKind, Widget, WidgetField

TOLD = {
    "patient.initials": "M.", "patient.last_name": "de Vries", "birth_day": "27", "birth_month": "3", "birth_year": "1984",
    "patient.email": "m@example.org", "accept_terms": "on",
}  # fmt: skip


class Form(HTMLParser):
    """What a browser would send of the one form of a page, and what can be pressed or followed in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.buttons: list[dict[str, str]] = []
        self.links: list[str] = []
        self.actions: list[str] = []
        self._select = self._area = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        found = {name: value or "" for name, value in attrs}
        name = found.get("name", "")
        if tag == "form":
            self.actions.append(found["action"])
        elif tag == "button":
            self.buttons.append(found)
        elif tag == "a":
            self.links.append(found.get("href", ""))
        elif tag == "input" and (found.get("type") != "checkbox" or "checked" in found):
            self.values[name] = found.get("value", "on" if found.get("type") == "checkbox" else "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in found or self._select not in self.values):
            self.values[self._select] = found.get("value", "")
        elif tag == "textarea":
            self._area, self.values[name] = name, ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data

    def slots(self) -> list[str]:
        return [button["value"] for button in self.buttons if button.get("name") == "slot"]


def soon() -> date:
    return (clock.now() + timedelta(days=2)).date()


@pytest.fixture
def base(clinic):
    return f"/w/{clinic.widgets['booking']}/plain"


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def a_day(client, base):
    """The page of the day after tomorrow, as a form."""

    def ask(**query):
        return Form(client.get(f"{base}/day", query_string={"date": soon().isoformat()} | query).text)

    return ask


@pytest.fixture
def chosen(client, base, a_day):
    """The details of the nth time of that day, as a form."""

    def choose(nth=0, **query):
        page = a_day(**query)
        return Form(client.post(f"{base}/details", data=page.values | {"slot": page.slots()[nth]}).text)

    return choose


def rows(clinic, kind):
    with clinic.session() as session:
        return session.query(kind).filter_by(organization_id=clinic.id).count()


def book_before(clinic, slot_id):
    """Somebody else is faster."""
    with clinic.session() as session:
        session.query(Hold).delete()
        widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
        booking.book(session, widget, clinic.booking(slot_id), clock.now())


def lone_doctor(clinic):
    with clinic.session() as session:
        for one in session.query(Availability).filter_by(practitioner_id=clinic.people["nurse"]):
            session.delete(one)


def test_the_page_offers_it_to_whoever_has_no_javascript(client, clinic, base):
    html = client.get(f"/w/{clinic.widgets['booking']}?lang=ar-XB&department=2").text
    inside = re.search(r"<noscript>(.*?)</noscript>", html, re.DOTALL)[1]
    assert f'href="{base}?lang=ar-XB&amp;department=2"' in inside
    assert client.get(f"{base}?lang=ar-XB&department=2").headers["Content-Language"] == "ar-XB"


def test_looking_at_months_and_days_writes_nothing(client, clinic, base, a_day):
    month = Form(client.get(base, query_string={"month": f"{soon():%Y-%m}"}).text)
    days = [button["value"] for button in month.buttons if button.get("name") == "date"]
    assert str(soon()) in days
    assert a_day(whom="").slots()
    links = Form(client.get(f"{base}/day?date={soon()}&lang=en-XA").text).links
    assert any(link == f"{base}?lang=en-XA&month={soon():%Y-%m}" for link in links)
    assert rows(clinic, Hold) == 0


def test_choosing_a_time_keeps_it_and_says_until_when(client, clinic, base, a_day):
    page = a_day()
    html = client.post(f"{base}/details", data=page.values | {"slot": page.slots()[0]}).text
    with clinic.session() as session:
        until = session.query(Hold).one().expires_at.astimezone(session.get_one(Organization, clinic.id).tz)
    assert f"Kept for you until {until:%H:%M}" in html


def test_from_a_day_to_the_appointment(client, clinic, base, chosen):
    form = chosen()
    answer = client.post(f"{base}/appointments", data=form.values | TOLD)
    assert answer.status_code == 201
    assert "Your appointment is booked" in answer.text
    with clinic.session() as session:
        made = session.query(Appointment).one()
        assert (made.patient.last_name, made.patient.birth_date) == ("de Vries", date(1984, 3, 27))
        assert f"/visit#{made.ticket.token}" in answer.text
        assert session.query(Hold).count() == 0


def test_pressing_twice_or_reloading_books_once(client, clinic, base, chosen):
    form = chosen()
    first, again = (client.post(f"{base}/appointments", data=form.values | TOLD) for _ in range(2))
    link = re.compile(r"/visit#[\w-]+")
    assert (first.status_code, again.status_code) == (201, 201)
    assert link.search(first.text)[0] == link.search(again.text)[0]
    assert rows(clinic, Appointment) == 1


def test_the_calendar_file_is_for_whoever_made_the_appointment(client, clinic, base, chosen):
    booked = Form(client.post(f"{base}/appointments", data=chosen().values | TOLD).text)
    file = client.post(booked.actions[0], data=booked.values)
    assert file.content_type.startswith("text/calendar")
    assert len(Calendar.from_ical(file.data).walk("VEVENT")) == 1
    assert client.post(booked.actions[0], data=chosen(1).values).status_code == 404
    assert client.get(booked.actions[0]).status_code == 405


def test_faults_keep_what_was_typed_and_lead_to_their_fields(client, clinic, base, chosen):
    wrong = TOLD | {"patient.last_name": "", "birth_month": "13", "patient.email": "nowhere"}
    wrong.pop("accept_terms")
    answer = client.post(f"{base}/appointments", data=chosen().values | wrong)
    assert answer.status_code == 422
    again = Form(answer.text)
    assert again.values["patient.initials"] == "M."
    assert (again.values["birth_month"], again.values["patient.email"]) == ("13", "nowhere")
    assert again.links[:4] == ["#f-last_name", "#f-birth_date", "#f-email", "#f-terms"]
    assert answer.text.count('aria-invalid="true"') == 1 + 3 + 1 + 1
    assert "Some answers need another look" in re.search(r"<title>(.*?)</title>", answer.text)[1]
    assert client.post(f"{base}/appointments", data=again.values | TOLD).status_code == 201
    assert rows(clinic, Appointment) == 1


def test_faults_are_said_in_the_visitors_language(client, base, a_day):
    page = a_day(lang="ar-XB")
    html = client.post(f"{base}/details", data=page.values | {"slot": page.slots()[0]}).text
    assert 'dir="rtl"' in html
    answer = client.post(f"{base}/appointments", data=Form(html).values)
    assert answer.headers["Content-Language"] == "ar-XB"
    assert "This is needed." not in answer.text


def test_an_answer_that_is_too_long_is_named_and_kept(client, base, chosen):
    answer = client.post(f"{base}/appointments", data=chosen().values | TOLD | {"patient.last_name": "V" * 121})
    assert answer.status_code == 422
    assert "This is too long." in answer.text
    assert Form(answer.text).values["patient.last_name"] == "V" * 121


def test_figures_of_other_scripts_make_a_date_of_birth(client, clinic, base, chosen):
    client.post(f"{base}/appointments", data=chosen().values | TOLD | {"birth_day": "٢٧", "birth_month": "٣", "birth_year": "١٩٨٤"})
    with clinic.session() as session:
        assert session.query(Patient).one().birth_date == date(1984, 3, 27)


def test_the_widgets_own_questions_are_asked_kept_and_answered(client, clinic, base, chosen):
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
        widget.fields += [
            WidgetField(key="why", kind=FieldKind.REASON, label="Why", position=8),
            WidgetField(key="gp", kind=FieldKind.YES_NO, label="Own doctor?", required=True, position=9),
            WidgetField(key="lang", kind=FieldKind.CHOICE, label="Tongue", options="nl\nfi", position=10),
        ]
    form = chosen()
    answer = client.post(f"{base}/appointments", data=form.values | TOLD | {"reason": "<b>Rash", "answers.lang": "fi", "answers.gp": ""})
    again = Form(answer.text)
    assert (again.values["reason"], again.values["answers.lang"]) == ("<b>Rash", "fi")
    assert "#f-gp" in again.links
    assert client.post(f"{base}/appointments", data=again.values | {"answers.gp": "yes"}).status_code == 201
    with clinic.session() as session:
        assert booking.answers_of(session.query(Appointment).one()) == {"reason": "<b>Rash", "gp": "yes", "lang": "fi"}


def test_a_taken_time_offers_the_nearest_and_keeps_what_was_typed(client, clinic, base, chosen):
    lone_doctor(clinic)
    form = chosen(2)
    book_before(clinic, form.values["slot"])
    answer = client.post(f"{base}/appointments", data=form.values | TOLD)
    assert answer.status_code == 409
    assert "Somebody else has just booked" in answer.text
    near = Form(answer.text)
    assert len(near.slots()) == 3 and form.values["slot"] not in near.slots()
    assert near.values["patient.last_name"] == "de Vries"
    details = Form(client.post(f"{base}/details", data=near.values | {"slot": near.slots()[1]}).text)
    assert details.values["birth_year"] == "1984"
    assert client.post(f"{base}/appointments", data=details.values).status_code == 201
    assert rows(clinic, Appointment) == 2


def test_looking_at_other_days_keeps_what_was_typed(client, clinic, base, chosen):
    form = chosen()
    times = Form(client.post(f"{base}/day", data=form.values | TOLD).text)
    assert form.values["slot"] in times.slots()  # it is kept for nobody else
    month = Form(client.post(base, data=times.values | {"month": f"{soon():%Y-%m}"}).text)
    day = next(button for button in month.buttons if button.get("name") == "date")
    assert day["formaction"] == f"{base}/day"
    times = Form(client.post(day["formaction"], data=month.values | {"date": day["value"]}).text)
    assert times.values["patient.last_name"] == "de Vries"
    assert (times.values["client_id"], "slot" in times.values) == (form.values["client_id"], False)


def test_whoever_chooses_another_time_gives_the_first_one_back(client, clinic, base, chosen):
    form = chosen()
    times = Form(client.post(f"{base}/day", data=form.values).text)
    client.post(f"{base}/details", data=times.values | {"slot": times.slots()[3]})
    with clinic.session() as session:
        assert session.query(Hold).one().slot_id == times.slots()[3]


def test_when_no_more_times_can_be_kept_it_can_be_booked_all_the_same(client, clinic, base, a_day, monkeypatch):
    monkeypatch.setattr("telehealth.hold.MOST_AT_ONCE", 0)
    page = a_day()
    answer = client.post(f"{base}/details", data=page.values | {"slot": page.slots()[0]})
    assert answer.status_code == 200
    assert "We cannot keep this time" in answer.text
    assert client.post(f"{base}/appointments", data=Form(answer.text).values | TOLD).status_code == 201


def test_a_telephone_call_asks_for_the_number(client, clinic, base, chosen):
    with clinic.session() as session:
        session.add_all([VisitType(name="By video"), VisitType(name="By phone", mode=Mode.PHONE, position=1)])
        session.flush()
        call = session.query(VisitType).filter_by(mode=Mode.PHONE).one().id
    assert "By phone" in client.get(base).text
    assert "patient.phone" not in chosen().values
    form = chosen(3, visit=call)
    assert "patient.phone" in form.values
    answer = client.post(f"{base}/appointments", data=form.values | TOLD)
    assert (answer.status_code, "#f-call" in answer.text) == (422, True)
    answer = client.post(f"{base}/appointments", data=Form(answer.text).values | {"patient.phone": "01632 960 999"})
    assert answer.status_code == 201
    assert "We call you at this time." in answer.text
    with clinic.session() as session:
        assert session.query(Patient).one().phone == "01632 960 999"


def test_the_department_and_the_person_can_be_chosen(client, clinic, base, chosen):
    first, nurse = clinic.departments[0], clinic.people["nurse"]
    month = Form(client.get(base, query_string={"department": f"General practice {clinic.mark}"}).text)
    assert month.values["whom"] == str(first)
    assert client.get(base, query_string={"whom": f"{clinic.departments[1]}-{nurse}"}).status_code == 200
    form = chosen(whom=f"{clinic.departments[1]}-{nurse}")
    assert form.values["slot"].startswith(f"{nurse}-")
    assert client.post(f"{base}/appointments", data=form.values | TOLD).status_code == 201


def test_a_department_the_widget_does_not_offer_is_not_found(client, clinic, base):
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
        widget.departments = [session.get_one(Department, clinic.departments[0])]
    assert client.get(base, query_string={"whom": clinic.departments[1]}).status_code == 404


def test_an_empty_month_leads_to_the_next_free_day(client, clinic, base):
    far = soon() + timedelta(days=70)
    with clinic.session() as session:
        for one in session.query(Availability):
            one.weekday, one.valid_from = None, far
    page = client.get(base)
    assert "Nothing is free in" in page.text
    assert [button["value"] for button in Form(page.text).buttons if button.get("name") == "date"] == [far.isoformat()]


def test_when_nothing_is_free_at_all_there_are_ways_on(client, clinic, base):
    with clinic.session() as session:
        for one in session.query(Availability):
            session.delete(one)
    page = client.get(base)
    assert "There are no free times at the moment." in page.text
    assert "tel:01632960120" in page.text


@pytest.mark.parametrize("query", [{"month": "2026-13"}, {"visit": "x"}, {"whom": "1-2-3"}])
def test_a_search_that_makes_no_sense_is_refused(client, base, query):
    assert client.get(base, query_string=query).status_code == 422


def test_a_day_must_be_named(client, base):
    assert client.get(f"{base}/day").status_code == 404


def test_other_widgets_book_nothing(client, clinic):
    assert client.get(f"/w/{clinic.widgets['walk_in']}/plain").status_code == 404
    assert client.get("/w/no-such-widget/plain").status_code == 404


def test_no_answer_sets_a_cookie_and_no_address_holds_what_was_typed(client, clinic, base, chosen):
    form = chosen()
    sent = form.values | TOLD
    answers = [client.get(base), client.get(f"{base}/day?date={soon()}"), client.post(f"{base}/details", data=sent),
               client.post(f"{base}/day", data=sent), client.post(base, data=sent), client.post(f"{base}/appointments", data=sent)]  # fmt: skip
    for answer in answers:
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        page = Form(answer.text)
        addresses = [*page.links, *page.actions, *(button.get("formaction", "") for button in page.buttons)]
        for told in ("Vries", "1984", "m@example", form.values["visitor"], form.values["client_id"]):
            assert not [address for address in addresses if told in address]
    assert not [link for link in Form(answers[-1].text).links if re.search(r"\?[^#]*visit", link)]


def test_only_the_widgets_sites_may_frame_its_pages_and_its_refusals(client, base, chosen):
    form = chosen()
    for answer in (client.get(base), client.post(f"{base}/details", data=form.values), client.get(f"{base}?month=x"), client.post(base)):
        assert "frame-ancestors https://clinic.example" in answer.headers["Content-Security-Policy"]


def test_a_form_of_another_site_is_refused(client, clinic, base, chosen):
    form = chosen()
    answer = client.post(f"{base}/appointments", data=form.values | TOLD, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert rows(clinic, Appointment) == 0
    ours = client.post(f"{base}/appointments", data=form.values | TOLD, headers={"Origin": "http://localhost"})
    assert ours.status_code == 201


@pytest.mark.parametrize("token", ["", "forged", "WzFd.abc"])
def test_a_form_without_a_token_of_ours_does_nothing(client, clinic, base, chosen, token):
    answer = client.post(f"{base}/appointments", data=chosen().values | TOLD | {"visitor": token})
    assert answer.status_code == 401
    assert rows(clinic, Appointment) == 0


def test_a_token_in_an_address_opens_nothing(client, base, chosen):
    assert client.post(f"{base}/day?visitor={chosen().values['visitor']}", data={"date": str(soon())}).status_code == 401


def test_a_form_that_was_open_too_long_is_shown_again_and_can_be_sent(client, clinic, base, chosen, monkeypatch):
    form = chosen()
    ahead = clock.now() + timedelta(hours=25)
    monkeypatch.setattr(clock, "now", lambda: ahead)
    answer = client.post(f"{base}/appointments", data=form.values | TOLD)
    assert answer.status_code == 401
    again = Form(answer.text)
    assert again.values["patient.last_name"] == "de Vries"
    assert client.post(f"{base}/appointments", data=again.values).status_code == 201
    assert rows(clinic, Appointment) == 1


def test_too_many_requests_keep_what_was_typed(client, clinic, base, chosen, app, monkeypatch):
    form, known = chosen(), app.extensions["limits"].hit
    monkeypatch.setattr(app.extensions["limits"], "hit", lambda name, who: name != "visitor" and known(name, who))
    answer = client.post(f"{base}/appointments", data=form.values | TOLD)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "5")
    assert Form(answer.text).values["patient.last_name"] == "de Vries"
    monkeypatch.setattr(app.extensions["limits"], "hit", lambda name, _: name != "plain_page")
    assert client.get(base).status_code == 429
    assert client.get(f"{base}/day?date={soon()}").status_code == 429


def test_a_failure_on_our_side_keeps_what_was_typed(client, base, chosen, monkeypatch):
    form = chosen()

    def fail(*_):
        raise RuntimeError

    monkeypatch.setattr("telehealth.booking._book", fail)
    answer = client.post(f"{base}/appointments", data=form.values | TOLD)
    assert answer.status_code == 500
    assert Form(answer.text).values["patient.last_name"] == "de Vries"


def test_a_first_request_that_had_arrived_after_all_is_told(client, clinic, base, chosen):
    form = chosen()
    client.post(f"{base}/appointments", data=form.values | TOLD)
    times = Form(client.post(f"{base}/day", data=form.values | TOLD).text)
    details = Form(client.post(f"{base}/details", data=times.values | {"slot": times.slots()[5]}).text)
    answer = client.post(f"{base}/appointments", data=details.values)
    assert "Your first request had reached us after all" in answer.text
    assert rows(clinic, Appointment) == 1


def test_times_are_those_of_the_clinic(client, clinic, base, a_day):
    page = a_day()
    with clinic.session() as session:
        zone = session.get_one(Organization, clinic.id).tz
        first = booking.day_of(session, Search(), soon(), clock.now())[0].start
    html = client.get(f"{base}/day?date={soon()}").text
    assert f">{datetime.astimezone(first, zone):%H:%M}</button>" in html
    assert page.slots()


# — the waitlist, the lost link, one's own clock


def until_free(clinic):
    """Nobody can be booked, so that there is something to wait for."""
    with clinic.session() as session:
        session.query(Availability).delete()


def test_whoever_finds_no_time_is_put_on_the_waitlist_and_what_was_typed_stays(client, clinic, base):
    until_free(clinic)
    month = Form(client.get(base).text)
    assert "/waitlist" in " ".join(button.get("formaction", "") for button in month.buttons)
    form = Form(client.get(f"{base}/waitlist").text)
    refused = client.post(f"{base}/waitlist/entries", data=form.values | {"email": "nonsense", "until": "soon"})
    assert refused.status_code == 422 and 'value="nonsense"' in refused.text and "Enter a date" in refused.text and "Enter an e-mail address" in refused.text
    wrong = client.post(f"{base}/waitlist/entries", data=form.values | {"email": "nonsense", "until": soon().isoformat()})
    assert wrong.status_code == 422 and "Enter an e-mail address" in wrong.text
    answer = client.post(f"{base}/waitlist/entries", data=form.values | {"email": "anna@example.org", "until": soon().isoformat()})
    assert answer.status_code == 201 and "You are on the waitlist" in answer.text
    with clinic.session() as session:
        (entry,) = session.query(WaitlistEntry)
        assert (entry.email, entry.until) == ("anna@example.org", soon())
    later = Form(client.post(f"{base}/waitlist", data=Form(answer.text).values | {"patient.last_name": "de Vries"}).text)
    assert later.values["patient.last_name"] == "de Vries"


def test_where_a_time_is_free_already_the_waitlist_leads_to_it(client, clinic, base):
    form = Form(client.get(f"{base}/waitlist").text)
    answer = client.post(f"{base}/waitlist/entries", data=form.values | {"email": "anna@example.org", "until": soon().isoformat()})
    page = Form(answer.text)
    assert answer.status_code == 409 and rows(clinic, WaitlistEntry) == 0
    assert Form(client.post(f"{base}/day", data=page.values | {"date": page.buttons[0]["value"]}).text).slots()


@pytest.mark.parametrize("path", ["/waitlist", "/waitlist/entries", "/new-link"])
def test_where_no_mails_are_sent_nobody_waits_for_one(client, clinic, base, path):
    form = Form(client.get(f"{base}/waitlist").text)
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).send_mails = False
    answer = client.post(base + path, data=form.values | {"email": "anna@example.org", "until": soon().isoformat()})
    assert answer.status_code == 404
    assert "/plain/waitlist" not in client.get(base).text
    assert rows(clinic, WaitlistEntry) == rows(clinic, Job) == 0


def test_a_lost_link_is_asked_for_and_the_answer_says_nothing(client, clinic, base):
    with clinic.session() as session:
        known = clinic.book(session).patient.email
    form = Form(client.get(f"{base}/new-link").text)
    said = []
    for email in (known, "nobody@example.org"):
        answer = client.post(f"{base}/new-link", data=form.values | {"email": email})
        assert answer.status_code == 202
        said.append(re.sub(r'name="visitor" value="[^"]*"', "", answer.text).replace(email, ""))
    assert said[0] == said[1]
    with clinic.session() as session:
        asked = [job.payload["address"] for job in session.query(Job).filter_by(kind=new_link.ASKED, organization_id=clinic.id)]
    assert sorted(asked) == sorted([known, "nobody@example.org"])
    refused = client.post(f"{base}/new-link", data=form.values | {"email": "nonsense"})
    assert refused.status_code == 422 and 'value="nonsense"' in refused.text


def test_times_are_said_on_ones_own_clock_and_book_the_same_moment(client, clinic, base, a_day):
    here, there = a_day(), a_day(zone="Asia/Tokyo")
    assert here.slots() == there.slots()
    moment = booking.time_of(here.slots()[0]).astimezone(ZoneInfo("Asia/Tokyo"))
    page = client.get(f"{base}/day", query_string={"date": soon().isoformat(), "zone": "Asia/Tokyo"}).text
    assert f"{moment:%H:%M}" in page and "Tokyo" in page
    assert '<option value="Asia/Tokyo" selected>Japan</option>' in page and "United States – New York" in page
    details = client.post(f"{base}/details", data=there.values | {"slot": there.slots()[0]}).text
    assert f"{moment:%H:%M}" in details
    booked = client.post(f"{base}/appointments", data=Form(details).values | TOLD).text
    assert "At the clinic it is" in booked and "Times are for Tokyo" in booked and f"{moment:%H:%M}" in booked
    with clinic.session() as session:
        assert session.query(Appointment).one().start == moment


@pytest.mark.parametrize("zone", ["Nowhere/Else", "../../etc/passwd", "UTC", "x" * 60])
def test_a_zone_that_is_none_leaves_the_clinics_clock(client, base, zone):
    page = client.get(f"{base}/day", query_string={"date": soon().isoformat(), "zone": zone})
    assert page.status_code == 200 and "Times are for Amsterdam" in page.text
