"""A translator sees what is translated, missing and outdated, of the own organisation only."""

from typing import Any

import pytest

from telehealth import clock
from telehealth.translation import Texts, chain, translate
from telehealth.widget import Widget
from tests.clinic import Clinic
from translate.overview import units


def widget_of(session: Any, clinic: Clinic) -> Widget:
    return session.query(Widget).filter_by(key=clinic.widgets["walk_in"]).one()


def state_of(session: Any, source: str, tag: str) -> str:
    return next(unit.states[tag] for unit in units(session, [tag]) if unit.source == source)


def test_a_text_is_missing_then_translated_then_outdated(clinic: Clinic, session: Any) -> None:
    widget = widget_of(session, clinic)
    widget.intro = "Choose a person."
    session.flush()
    assert state_of(session, "Choose a person.", "fi") == "missing"
    translate(session, widget, "intro", "fi", "Valitse henkilö.", clock.now())
    assert state_of(session, "Choose a person.", "fi") == "done"
    widget.intro = "Choose somebody."
    session.flush()
    assert state_of(session, "Choose somebody.", "fi") == "outdated"


def test_a_text_falls_back_along_its_chain_and_says_in_which_language_it_is(clinic: Clinic, session: Any) -> None:
    widget = widget_of(session, clinic)
    widget.title = "Talk to us"
    session.flush()
    translate(session, widget, "title", "pt", "Fale connosco", clock.now())
    brazilian, finnish = Texts(session, "pt-BR", "en").of(widget, "title"), Texts(session, "fi", "en").of(widget, "title")
    assert (brazilian.text, brazilian.lang) == ("Fale connosco", "pt")
    assert (finnish.text, finnish.lang) == ("Talk to us", "en")


def test_a_mail_never_mixes_two_languages(clinic: Clinic, session: Any) -> None:
    widget = widget_of(session, clinic)
    widget.title, widget.intro = "Title", "Intro"
    session.flush()
    translate(session, widget, "title", "fi", "Otsikko", clock.now())
    assert Texts(session, "fi", "en").together(widget, ["title", "intro"]) == ("en", {"title": "Title", "intro": "Intro"})


@pytest.mark.parametrize(("locale", "expected"), [("pt-BR", ["pt-BR", "pt", "en"]), ("en", ["en"]), ("en-GB", ["en-GB", "en"])])
def test_the_chain_ends_in_the_organisations_language(locale: str, expected: list[str]) -> None:
    assert chain(locale, "en") == expected


def test_the_overview_is_for_translators(staff: Any, clinic: Clinic, other: Clinic) -> None:
    page = staff(clinic, "translator").get("/translate/")
    assert page.status_code == 200 and clinic.mark in page.text and other.mark not in page.text
    assert staff(clinic, "doctor").get("/translate/").status_code == 403
