"""Visit types in the admin: prices as people write them, where to come, and teams of departments."""

from __future__ import annotations

from decimal import Decimal

import pytest

from telehealth import booking, clock
from telehealth.department import Department
from telehealth.practitioner import Practitioner
from telehealth.schedule import Availability
from telehealth.team import name_team
from telehealth.visit_type import Mode, VisitType
from tests.admin.test_availabilities import ADD as ADD_AVAILABILITY
from tests.admin.test_availabilities import form_of, kept

ADD = "/admin/visit-types/add"


def given(**changes):
    form = {"name": "First visit", "mode": "video", "place": "", "length_minutes": "", "price": "", "weekend_price": "", "active": "y", "position": "0"}
    return form | changes


def only(clinic):
    with clinic.sessions(organization=clinic.id) as session:
        return session.query(VisitType).filter_by(name="First visit").one()


@pytest.mark.parametrize(("price", "kept_as"), [("", None), ("45", Decimal(45)), ("12,50", Decimal("12.50")), ("12.5", Decimal("12.50")), ("0", Decimal(0))])
def test_prices_are_written_with_comma_or_point(clinic, administrator, price, kept_as):
    answer = administrator(clinic).post(ADD, given(price=price))
    assert answer.status_code == 302, answer.text
    assert only(clinic).price == kept_as


@pytest.mark.parametrize(("changes", "said"), [
    ({"price": "4 euros"}, "Enter an amount such as 45 or 12.50."),
    ({"price": "-4"}, "Enter an amount such as 45 or 12.50."),
    ({"price": "1.234"}, "Enter an amount such as 45 or 12.50."),
    ({"mode": "on_site"}, "Say where patients come to."),
    ({"length_minutes": "12"}, "five"),
    ({"name": ""}, "Enter something here."),
])  # fmt: skip
def test_what_is_wrong_is_said_and_what_was_typed_stays(clinic, administrator, changes, said):
    answer = administrator(clinic).post(ADD, given(**changes))
    assert answer.status_code == 422
    assert said in answer.text
    if changes.get("price"):
        assert f'value="{changes["price"]}"' in answer.text


def test_a_type_that_appointments_name_is_paused_and_not_deleted(clinic, administrator):
    someone = administrator(clinic)
    someone.post(ADD, given())
    kind = only(clinic)
    with clinic.session() as session:
        clinic.book(session)
    someone.post(f"/admin/visit-types/delete/{kind.id}")
    assert only(clinic).id == kind.id
    someone.post(f"/admin/visit-types/edit/{kind.id}", {k: v for k, v in given().items() if k != "active"})
    assert not only(clinic).active


def test_the_list_shows_money_of_the_clinic(clinic, administrator):
    someone = administrator(clinic)
    someone.post(ADD, given(price="45", mode="on_site", place="Room 7"))
    page = someone.get("/admin/visit-types/list/").text
    assert "€45.00" in page
    assert "On site" in page


def test_an_availability_names_what_it_is_for_and_for_how_many(clinic, administrator):
    someone = administrator(clinic)
    someone.post(ADD, given())
    kind = only(clinic)
    answer = someone.post(ADD_AVAILABILITY, form_of(clinic, capacity="3", visit_types=[str(kind.id)]))
    assert answer.status_code == 302, answer.text
    assert (kept(clinic).capacity, kept(clinic).visit_types) == (3, [kind.id])
    page = someone.get(f"/admin/availabilities/show/{kept(clinic).id}").text
    assert "First visit" in page


def test_the_preview_says_for_how_many(clinic, administrator):
    answer = administrator(clinic).post("/admin/availabilities/preview", form_of(clinic, capacity="3"))
    assert "each for 3 patients at the same time" in answer.text


def test_another_clinics_visit_type_cannot_be_named(clinic, other, administrator):
    with other.session() as session:
        theirs = VisitType(name="Theirs", mode=Mode.PHONE)
        session.add(theirs)
        session.flush()
        number = theirs.id
    answer = administrator(clinic).post(ADD_AVAILABILITY, form_of(clinic, visit_types=[str(number)]))
    assert answer.status_code == 422
    assert f"This is not in the list: {number}" in answer.text


def test_naming_a_team_lets_patients_book_the_department(clinic, administrator):
    someone, department = administrator(clinic), clinic.departments[0]
    with clinic.session() as session:
        row = session.get_one(Department, department)
        form = {"name": row.name, "description": "", "colour": row.colour, "position": "0", "active": "y", "team": "Our nurses"}
    assert someone.post(f"/admin/departments/edit/{department}", form).status_code == 302
    with clinic.session() as session:
        team = session.query(Practitioner).filter_by(is_team=True).one()
        number = team.id
    assert someone.post(ADD_AVAILABILITY, form_of(clinic, practitioner=str(number), capacity="2")).status_code == 302
    with clinic.session() as session:
        bookable = [person.name for _, person in booking.bookable(session, [department], clock.now().date())]
        assert "Our nurses" in bookable
    assert "Our nurses" in someone.get(f"/admin/departments/show/{department}").text
    assert "Our nurses" not in someone.get("/admin/people/list/").text


def test_a_team_holds_no_walk_in_hour(clinic, administrator):
    with clinic.session() as session:
        team = name_team(session, session.get_one(Department, clinic.departments[0]), "Our nurses")
        number = team.id
        before = session.query(Availability).count()
    answer = administrator(clinic).post(ADD_AVAILABILITY, form_of(clinic, practitioner=str(number), purpose="walk_in"))
    assert "A team is booked" in answer.text
    with clinic.session() as session:
        assert session.query(Availability).count() == before


def test_nobody_becomes_a_team_by_a_role(clinic, administrator):
    answer = administrator(clinic).post("/admin/roles/add", {"practitioner": str(clinic.people["doctor"]), "role": "team", "department": str(clinic.departments[0])})
    assert answer.status_code == 422
    assert "Choose one of the list." in answer.text
