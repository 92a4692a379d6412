"""Busier than usual: told by numbers or by hand, before and while somebody waits, without a reload."""

from __future__ import annotations

from datetime import timedelta

import pytest

from telehealth import clock
from telehealth.translation import translate
from telehealth.waiting_room import Encounter
from telehealth.widget import Widget
from tests.widgets.walk_in.live import seen, walk_in
from tests.widgets.walk_in.test_namespace import connect, patient  # noqa: F401 (fixtures)


def _set(clinic, **values):
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["walk_in"]).one()
        for name, value in values.items():
            setattr(widget, name, value)


def _arrive(clinic, **changes):
    with clinic.session() as session:
        return clinic.arrive(session, **changes).id


def _busy(app, clinic, lang="en"):
    return app.test_client().get(f"/w/{clinic.widgets['walk_in']}/offers?lang={lang}").json["busy"]


def _visits_took(clinic, minutes):
    """Three visits of this length have ended, so that there is something to go by."""
    for _ in range(3):
        with clinic.session() as session:
            visit = clinic.arrive(session)
            visit.admit(clinic.staff("doctor"), clock.now() - timedelta(minutes=minutes))
            visit.end(clinic.staff("doctor"), clock.now())


def test_it_is_said_from_the_clinics_number_on(app, clinic):
    _set(clinic, busy_from=2)
    _arrive(clinic)
    assert _busy(app, clinic) is None
    visit_id = _arrive(clinic)
    assert _busy(app, clinic) == {"text": {"text": "", "lang": ""}, "minutes": None}
    with clinic.session() as session:
        session.get_one(Encounter, visit_id).leave(clock.now())
    assert _busy(app, clinic) is None


def test_what_to_expect_is_said_where_there_is_something_to_go_by(app, clinic):
    _visits_took(clinic, 10)
    _set(clinic, busy_from=2)
    for _ in range(2):
        _arrive(clinic)
    assert _busy(app, clinic)["minutes"] == 30


def test_without_a_number_however_many_wait_nothing_is_said(app, clinic):
    for _ in range(5):
        _arrive(clinic)
    assert _busy(app, clinic) is None


def test_by_hand_it_is_said_in_the_clinics_words_and_the_visitors_language(app, clinic):
    _set(clinic, busy=True, busy_text="Much going on today.")
    assert _busy(app, clinic)["text"] == {"text": "Much going on today.", "lang": ""}
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["walk_in"]).one()
        translate(session, widget, "busy_text", "en-XA", "[Much going on]", clock.now())
    assert _busy(app, clinic, "en-XA")["text"] == {"text": "[Much going on]", "lang": ""}


def test_those_who_wait_next_door_make_nobody_busy_here(app, clinic, other):
    _set(clinic, busy_from=1)
    _arrive(other)
    assert _busy(app, clinic) is None


def test_open_pages_look_again_when_the_number_is_reached_and_when_it_no_longer_is(clinic, patient, connect):  # noqa: F811
    page = connect(patient.token)
    _set(clinic, busy_from=2)
    page.heard("look")
    assert page.ask("beat")["state"]["busy"] is None
    visit_id = _arrive(clinic)
    page.heard("look")
    assert page.ask("beat")["state"]["busy"] == {"text": "", "lang": ""}
    with clinic.session() as session:
        session.get_one(Encounter, visit_id).leave(clock.now())
    page.heard("look")
    assert page.ask("beat")["state"]["busy"] is None


@pytest.mark.parametrize("values", [{"busy": True}, {"busy_text": "Other words"}])
def test_open_pages_look_again_when_it_is_switched(clinic, patient, connect, values):  # noqa: F811
    page = connect(patient.token)
    _set(clinic, **values)
    assert page.heard("look") == {}


def test_the_page_says_so_before_and_while_somebody_waits(new_page, address, clinic, check_page, screenshot):
    _visits_took(clinic, 10)
    _set(clinic, busy_from=1)
    _arrive(clinic)
    page = new_page(width=360)
    page.goto(address)
    seen(page, "It is busier than usual. Expect about 20 minutes.")
    check_page(page)
    screenshot(page, "busy-offers")
    walk_in(page)
    seen(page, "It is busier than usual. Expect about 20 minutes.")
    _set(clinic, busy=True, busy_text="Much going on today.")
    seen(page, "Much going on today.")
    check_page(page)
    screenshot(page, "busy-waiting")
    _set(clinic, busy=False, busy_from=0)
    page.get_by_text("Much going on today.").wait_for(state="hidden")
