"""A questionnaire with one item of each kind, for tests."""

from __future__ import annotations

from typing import Any

from telehealth.database import Session
from telehealth.department import Department
from telehealth.questionnaire import Questionnaire, QuestionnaireItem
from telehealth.questionnaire_form import ItemKind
from telehealth.widget import Widget
from tests.clinic import Clinic

def made(session: Session, **changes: Any) -> Questionnaire:
    """Every kind of item; what is taken is asked only of those who take something."""
    row = Questionnaire(**({"title": "Before your visit", "introduction": "A few minutes."} | changes))
    described = (
        (ItemKind.HEADING, "About you", "", False), (ItemKind.EXPLANATION, "Only the clinic reads it.", "", False),
        (ItemKind.SHORT_TEXT, "Profession", "", False), (ItemKind.LONG_TEXT, "What happened?", "", True),
        (ItemKind.ONE, "How are you?", "Well\nSo-so\nBadly", True), (ItemKind.SEVERAL, "What hurts?", "Head\nBack\nFoot", False),
        (ItemKind.YES_NO, "Do you take medicines?", "", True), (ItemKind.SHORT_TEXT, "Which medicines?", "", True),
        (ItemKind.NUMBER, "Weight in kilograms", "", False), (ItemKind.DATE, "Since when?", "", False),
    )  # fmt: skip
    row.items = [
        QuestionnaireItem(key=f"i{n}", kind=kind, text=text, options=options, required=required, position=n)
        for n, (kind, text, options, required) in enumerate(described)
    ]
    session.add(row)
    session.flush()
    row.items[7].condition_id, row.items[7].condition_answer = row.items[6].id, "yes"
    session.flush()
    return row


def in_steps(session: Session, **changes: Any) -> Questionnaire:
    """Four steps, of which the third is asked only of those who smoke."""
    row = Questionnaire(**({"title": "Your history", "introduction": ""} | changes))
    described = (
        (ItemKind.DROP_DOWN, "Blood group", "A\nB\n0", False), (ItemKind.COUNTRY, "Where were you born?", "", True),
        (ItemKind.PAGE, "Habits", "", False), (ItemKind.YES_NO, "Do you smoke?", "", True),
        (ItemKind.PAGE, "Smoking", "", False), (ItemKind.NUMBER, "How many a day?", "", True),
        (ItemKind.PAGE, "Anything else", "", False), (ItemKind.LONG_TEXT, "What else should we know?", "", False),
    )  # fmt: skip
    row.items = [
        QuestionnaireItem(key=f"s{n}", kind=kind, text=text, options=options, required=required, position=n)
        for n, (kind, text, options, required) in enumerate(described)
    ]
    session.add(row)
    session.flush()
    row.items[4].condition_id, row.items[4].condition_answer = row.items[3].id, "yes"
    session.flush()
    return row


def asked_everywhere(clinic: Clinic, **changes: Any) -> int:
    """One that every department and every widget asks; gives its id."""
    with clinic.session() as session:
        everywhere = {"departments": session.query(Department).all(), "widgets": session.query(Widget).all()}
        return made(session, **(everywhere | changes)).id


# Answers that are right, with values as the browser sends them.
RIGHT = {"i3": "I fell", "i4": "1", "i5": ["2", "0"], "i6": "no", "i8": "71,5", "i9": "2027-01-31"}
