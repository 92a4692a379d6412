"""What every organisation starts with: questionnaires to use, to change, to print and to download."""

from __future__ import annotations

from typing import Any

import pytest

from telehealth.organization import Organization
from telehealth.questionnaire import Questionnaire
from telehealth.questionnaire_form import MOST_ITEMS
from telehealth.questionnaire_template import Template
from telehealth.translation import Translation
from tests.clinic import Clinic
from tests.questionnaires import in_steps
from web import locale, questionnaire_templates

HOME = "/admin/questionnaires"


@pytest.fixture
def admin(staff: Any, clinic: Clinic) -> Any:
    return staff(clinic, "admin")


@pytest.fixture
def templates(app: Any) -> list[Template]:
    with app.test_request_context("/"):
        return questionnaire_templates.templates()


def test_templates_fit_what_a_questionnaire_can_hold(templates: list[Template]) -> None:
    assert {template.name for template in templates} == {"history", "reason", "medicines"}
    for template in templates:
        keys = [entry.key for entry in template.entries]
        assert len(keys) == len(set(keys)) <= MOST_ITEMS
        assert len(template.title) <= 160
        for place, entry in enumerate(template.entries):
            assert len(entry.help) <= 300 and max(map(len, entry.options), default=0) <= 300
            assert len(set(entry.options)) == len(entry.options)
            if entry.only_if:
                asked = template.entries[keys.index(entry.only_if[0])]
                assert keys.index(asked.key) < place
                assert entry.only_if[1] in ("yes", "no") or asked.options[int(entry.only_if[1])]


def test_the_history_covers_what_a_doctor_asks_for_in_steps(templates: list[Template]) -> None:
    history = next(template for template in templates if template.name == "history")
    pages = [entry.text for entry in history.entries if entry.kind.value == "page"]
    assert {"Why you come", "Illnesses and operations", "Medicines and allergies", "Your family", "Your daily life"} <= set(pages)
    assert history.entries[0].kind.value == "page"


def test_a_template_becomes_a_questionnaire_of_ones_own(admin: Any, clinic: Clinic) -> None:
    assert "Start from a template" in admin.get(f"{HOME}/list/").text
    answer = admin.post(f"{HOME}/from_template", {"name": "history"})
    with clinic.session() as session:
        (made,) = session.query(Questionnaire)
        assert (made.title, made.active, made.departments) == ("Medical history", False, [])
        assert answer.location.endswith(f"{HOME}/show/{made.id}")
        which = next(item for item in made.items if item.key == "taken")
        takes = next(item for item in made.items if item.key == "takes")
        assert (which.condition_id, which.condition_answer) == (takes.id, "yes")
        smokes = next(item for item in made.items if item.key == "smoked_until")
        assert smokes.condition_answer == "Not any more"
    assert "Which medicines, how much and how often?" in admin.get(answer.location).text


def test_it_speaks_the_organisations_language_and_is_translated_into_its_others(
    admin: Any, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questionnaire_templates, "_", lambda words: f"{words} [{locale.current_tag()}]")
    with clinic.session() as session:
        organization = session.get_one(Organization, clinic.id)
        organization.locale, organization.locales = "en-XA", ["en-XA", "en"]
    admin.post(f"{HOME}/from_template", {"name": "reason"})
    with clinic.session() as session:
        (made,) = session.query(Questionnaire)
        (english,) = session.query(Translation).filter_by(entity="questionnaire", field="title")
        assert made.title == "Reason for your visit [en-XA]"
        assert (english.locale, english.text, english.entity_id) == ("en", "Reason for your visit [en]", made.id)
        assert session.query(Translation).filter_by(entity="questionnaire_item", field="options").count() == 1


def test_unknown_templates_and_others_are_refused(staff: Any, clinic: Clinic, admin: Any) -> None:
    assert admin.post(f"{HOME}/from_template", {"name": "nonsense"}).status_code == 404
    for person in ("manager", "doctor", "translator"):
        assert staff(clinic, person).post(f"{HOME}/from_template", {"name": "history"}).status_code in {302, 403}
    with clinic.session() as session:
        assert session.query(Questionnaire).count() == 0


def test_as_text_and_on_paper_it_says_when_something_is_asked(admin: Any, clinic: Clinic) -> None:
    with clinic.session() as session:
        number = in_steps(session).id
    answer = admin.get(f"{HOME}/text/{number}")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="questionnaire-{number}.txt"'
    assert answer.text.startswith("Your history\n============\n")
    assert "1. Blood group (optional)\n   ( ) A\n   ( ) B\n   ( ) 0\n" in answer.text
    assert "3. Do you smoke?\n   ( ) Yes\n   ( ) No\n" in answer.text
    assert "Smoking\n-------\n   Only if the answer to question 3 is “Yes”." in answer.text
    page = admin.get(f"{HOME}/paper/{number}").text
    assert "Only if the answer to question 3 is “Yes”." in page and "data-print" in page


@pytest.mark.parametrize("what", ["text", "paper"])
def test_next_door_takes_nothing_away(staff: Any, clinic: Clinic, other: Clinic, what: str) -> None:
    with clinic.session() as session:
        number = in_steps(session).id
    assert staff(other, "admin").get(f"{HOME}/{what}/{number}").status_code == 404
    assert staff(clinic, "doctor").get(f"{HOME}/{what}/{number}").status_code in {302, 403}
