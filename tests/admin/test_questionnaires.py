"""Questionnaires in the admin: made without code, item by item, with a preview; and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from telehealth.questionnaire import Questionnaire, QuestionnaireItem
from telehealth.questionnaire_form import ItemKind
from telehealth.widget import Widget
from tests.clinic import Clinic
from tests.questionnaires import asked_everywhere

HOME, ITEMS = "/admin/questionnaires", "/admin/questionnaire-items"


@pytest.fixture
def admin(staff: Any, clinic: Clinic) -> Any:
    return staff(clinic, "admin")


@pytest.fixture
def number(clinic: Clinic) -> int:
    """A questionnaire with ten items that every department asks."""
    return asked_everywhere(clinic, widgets=[], title=f"Intake {clinic.mark}")


def items_of(clinic: Clinic, number: int) -> list[QuestionnaireItem]:
    with clinic.session() as session:
        row = session.get_one(Questionnaire, number)
        found = list(row.items)
        session.expunge_all()
        return found


def add(admin: Any, number: int, **values: Any) -> Any:
    return admin.post(f"{ITEMS}/add?questionnaire={number}", {"questionnaire": number, "only_if": ""} | values)


def test_from_nothing_to_a_questionnaire_that_asks(admin: Any, clinic: Clinic) -> None:
    body = {"title": "Before your visit", "introduction": "A few minutes.", "active": "y", "departments": [str(clinic.departments[0])]}
    assert admin.post(f"{HOME}/add", body).status_code == 302
    with clinic.session() as session:
        (row,) = session.query(Questionnaire)
        number = row.id
        assert [department.id for department in row.departments] == [clinic.departments[0]]
    assert add(admin, number, kind="yes_no", text="Do you smoke?", required="y").status_code == 302
    smokes = items_of(clinic, number)[0]
    form = admin.get(f"{ITEMS}/add?questionnaire={number}").text
    assert f'value="{smokes.id}=yes"' in form and "Do you smoke?: Yes" in form
    assert add(admin, number, kind="number", text="How many a day?", only_if=f"{smokes.id}=yes").status_code == 302
    second = items_of(clinic, number)[1]
    assert (second.condition_id, second.condition_answer, second.position) == (smokes.id, "yes", 1)
    page = admin.get(f"{HOME}/show/{number}").text
    assert "How many a day?" in page and f'data-if="{smokes.key}"' in page


@pytest.mark.parametrize(("values", "said"), [
    ({"kind": "one", "text": "Which?", "options": "Only one"}, "Write at least two choices"),
    ({"kind": "several", "text": "Which?", "options": "A\nB\nA"}, "The same choice stands there twice"),
    ({"kind": "several", "text": "Which?", "options": "\n".join(map(str, range(51)))}, "At most 50 choices"),
    ({"kind": "", "text": "Which?"}, "Enter something here"), ({"kind": "date", "text": ""}, "Enter something here"),
    ({"kind": "date", "text": "Since?", "only_if": "999999=yes"}, "Choose one of the list"),
])  # fmt: skip
def test_what_cannot_be_asked_is_refused_at_its_field(admin: Any, clinic: Clinic, number: int, values: dict[str, str], said: str) -> None:
    answer = add(admin, number, **values)
    assert answer.status_code == 422
    assert said in answer.text
    assert len(items_of(clinic, number)) == 10


def test_an_item_depends_on_those_before_it_only(admin: Any, clinic: Clinic, number: int) -> None:
    first, *_others, last = items_of(clinic, number)
    assert "=yes" in admin.get(f"{ITEMS}/edit/{last.id}").text
    assert "=yes" not in admin.get(f"{ITEMS}/edit/{first.id}").text


def test_items_move_up_and_down(admin: Any, clinic: Clinic, number: int) -> None:
    before = [item.id for item in items_of(clinic, number)]
    admin.post(f"{ITEMS}/move/{before[1]}", {"way": "up"})
    admin.post(f"{ITEMS}/move/{before[2]}", {"way": "down"})
    assert [item.id for item in items_of(clinic, number)][:4] == [before[1], before[0], before[3], before[2]]
    answer = admin.post(f"{ITEMS}/move/{before[7]}", {"way": "up"})
    assert "It stays" in admin.get(answer.location.partition("#")[0]).text


def test_the_version_counts_what_changes(admin: Any, clinic: Clinic, number: int) -> None:
    item = items_of(clinic, number)[2]
    body = {"kind": "short_text", "text": "Your profession", "help": "", "only_if": ""}
    assert admin.post(f"{ITEMS}/edit/{item.id}", body).status_code == 302
    with clinic.session() as session:
        assert session.get_one(Questionnaire, number).version == 2


def test_what_another_item_waits_for_is_neither_deleted_nor_turned_into_something_else(admin: Any, clinic: Clinic, number: int) -> None:
    takes = items_of(clinic, number)[6]
    admin.post(f"{ITEMS}/delete/{takes.id}")
    assert admin.post(f"{ITEMS}/edit/{takes.id}", {"kind": "number", "text": "How many?", "only_if": ""}).status_code == 422
    assert items_of(clinic, number)[6].kind is ItemKind.YES_NO


def test_the_form_shows_at_once_what_a_patient_would_see(admin: Any, number: int) -> None:
    body = {"questionnaire": number, "kind": "one", "text": "How do you sleep?", "options": "Well\nBadly", "only_if": ""}
    page = admin.post(f"{ITEMS}/preview", body).text
    assert "How do you sleep?" in page and 'type="radio"' in page and "Badly" in page
    assert "Choose a kind" in admin.post(f"{ITEMS}/preview", {"questionnaire": number}).text


def test_a_copy_is_paused_and_stands_beside_it(admin: Any, clinic: Clinic, number: int) -> None:
    admin.post(f"{HOME}/action/copy/{number}")
    with clinic.session() as session:
        copy = session.query(Questionnaire).filter(Questionnaire.id != number).one()
        assert (copy.active, len(copy.items), copy.title) == (False, 10, f"Copy of Intake {clinic.mark}")


def test_paused_it_is_not_asked_and_then_again(admin: Any, clinic: Clinic, number: int) -> None:
    for name, active in (("pause", False), ("activate", True)):
        admin.post(f"{HOME}/action/{name}/{number}")
        with clinic.session() as session:
            assert session.get_one(Questionnaire, number).active is active


def test_a_chat_cannot_ask(admin: Any, clinic: Clinic, number: int) -> None:
    with clinic.session() as session:
        chat = session.query(Widget).filter_by(key=clinic.widgets["chat"]).one().id
    answer = admin.post(f"{HOME}/edit/{number}", {"title": "T", "introduction": "", "active": "y", "widgets": [str(chat)]})
    assert answer.status_code == 422 and "A chat begins without questions" in answer.text


def test_unused_it_can_be_deleted_with_all_its_items(admin: Any, clinic: Clinic, number: int) -> None:
    assert admin.post(f"{HOME}/delete/{number}").status_code == 302
    with clinic.session() as session:
        assert session.query(QuestionnaireItem).count() == 0


def test_what_was_asked_of_somebody_is_paused_instead(admin: Any, clinic: Clinic, number: int) -> None:
    with clinic.session() as session:
        clinic.book(session)
    admin.post(f"{HOME}/delete/{number}")
    assert len(items_of(clinic, number)) == 10


@pytest.mark.parametrize("person", ["manager", "doctor", "translator"])
def test_only_organisation_administrators_write_them(staff: Any, clinic: Clinic, number: int, person: str) -> None:
    somebody = staff(clinic, person)
    assert somebody.get(f"{HOME}/list/").status_code in {302, 403}
    assert somebody.post(f"{HOME}/delete/{number}").status_code in {302, 403}
    assert len(items_of(clinic, number)) == 10


def test_next_doors_items_neither_show_nor_move(staff: Any, clinic: Clinic, other: Clinic, number: int) -> None:
    stranger, item = staff(other, "admin"), items_of(clinic, number)[1]
    assert stranger.get(f"{HOME}/show/{number}").status_code == 404
    assert stranger.post(f"{ITEMS}/move/{item.id}", {"way": "up"}).status_code == 404
    assert clinic.mark not in add(stranger, number, kind="date", text="Since?").text
    assert len(items_of(clinic, number)) == 10
