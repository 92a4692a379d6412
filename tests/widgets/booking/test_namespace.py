"""The live side of booking: who hears that times have changed, and who does not."""

from __future__ import annotations

import pytest
from socketio.exceptions import ConnectionError as Refused

from telehealth import clock
from telehealth.booking import Appointment
from tests.page import Page


@pytest.fixture
def connect(live):
    pages = []

    def open_(token):
        pages.append(Page(live, "/booking", token=token))
        return pages[-1]

    yield open_
    for page in pages:
        page.close()


def test_an_open_page_hears_once_that_times_were_taken_or_became_free(clinic, visitor, connect):
    page = connect(visitor(clinic.widgets["booking"]).token)
    with clinic.session() as session:
        clinic.book(session)
    assert page.heard("times") == {}
    with clinic.session() as session:
        session.query(Appointment).one().cancel(clock.now())
    assert page.heard("times") == {}


@pytest.mark.parametrize("token", ["", "nonsense", "of the chat"])
def test_without_a_session_of_a_booking_widget_nobody_connects(clinic, visitor, connect, token):
    if token == "of the chat":
        token = visitor(clinic.widgets["chat"]).token
    with pytest.raises(Refused):
        connect(token)
