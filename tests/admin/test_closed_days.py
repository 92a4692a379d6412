"""Closed days in the admin: one by one, or a country's public holidays at once."""

from __future__ import annotations

import pytest

from telehealth import clock
from telehealth.closed_day import ClosedDay
from telehealth.organization import Organization


def _names(clinic):
    with clinic.session() as session:
        return [row.name for row in session.query(ClosedDay).order_by(ClosedDay.day)]


def test_the_public_holidays_of_a_country_are_added_once(clinic, administrator):
    someone, year = administrator(clinic), clock.now().year + 1
    page = someone.get("/admin/closed-days/list/").text
    assert ">Netherlands<" in page and f"<option>{year}</option>" in page
    for _ in range(2):
        answer = someone.post("/admin/closed-days/take-over", {"country": "NL", "year": str(year)})
        assert answer.status_code == 302
    assert "King's Day" in _names(clinic)
    assert len(_names(clinic)) == len(set(_names(clinic)))
    assert "stayed as they are" in someone.get("/admin/closed-days/list/").text


def test_the_names_come_in_the_language_of_the_clinics_texts(clinic, administrator):
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).locale = "nl"
    administrator(clinic).post("/admin/closed-days/take-over", {"country": "NL", "year": str(clock.now().year + 1)})
    assert "Koningsdag" in _names(clinic)


@pytest.mark.parametrize(("country", "year"), [("XX", None), ("NL", "1900"), ("NL", "next"), ("", "")])
def test_a_country_or_year_that_is_not_offered_is_refused(clinic, administrator, country, year):
    year = str(clock.now().year) if year is None else year
    answer = administrator(clinic).post("/admin/closed-days/take-over", {"country": country, "year": year})
    assert answer.status_code == 422
    assert _names(clinic) == []


@pytest.mark.parametrize("person", ["doctor", "manager", "translator"])
def test_only_who_manages_the_organisation_closes_it(clinic, staff, person):
    form = {"country": "NL", "year": str(clock.now().year + 1)}
    staff(clinic, person).post("/admin/closed-days/take-over", form)
    assert _names(clinic) == []


def test_without_the_forms_own_token_nothing_is_added(clinic, administrator):
    someone = administrator(clinic)
    form = {"country": "NL", "year": str(clock.now().year + 1), "csrf_token": "forged"}
    assert someone.client.post("/admin/closed-days/take-over", data=form).status_code == 400
    assert _names(clinic) == []
