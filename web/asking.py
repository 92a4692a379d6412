"""How a patient is asked in writing, wherever: one questionnaire as a piece of page, and what becomes of its answers.

The pieces come from here, so that all words are the server's; `questionnaires.js` puts them into the page.
"""

from __future__ import annotations

from typing import Annotated

from flask import Response, jsonify, render_template
from pydantic import Field, StringConstraints

from telehealth import clock, intake
from telehealth.organization import Organization
from telehealth.questionnaire_form import BadAnswers, Form
from telehealth.questionnaire_response import QuestionnaireResponse
from telehealth.translation import Texts
from web import locale
from web.house import session
from web.questionnaire import INPUTS, refusal_of, shown
from web.schema import ClientId, Schema

Text = Annotated[str, StringConstraints(max_length=9000, strip_whitespace=False)]
Given = dict[Annotated[str, StringConstraints(max_length=40)], Text | Annotated[list[Text], Field(max_length=200)]]


class Piece(Schema):
    """`page` is a piece of HTML in the visitor's language; `open` says how many are still to be filled in."""

    page: str
    open: int = 0


class Filled(Schema):
    """With `complete` the answers are sent and stay; before, they are a draft that is kept as a whole. `check` names items
    whose answers are looked at as if they were sent: those of a step that is left.

    A choice is answered by the number of its option, counted from 0, several by a list of them.
    """

    client_id: ClientId
    answers: Given = {}
    complete: bool = False
    check: Annotated[list[Annotated[str, StringConstraints(max_length=40)]], Field(max_length=200)] = []


class Saved(Schema):
    """`page` is what to show after sending, empty after a draft."""

    status: str
    page: str = ""


def texts_in(tag: str) -> tuple[Texts, Texts]:
    """The clinic's words in the visitor's language and in its own; speaks the visitor's from here on."""
    locale.set_tag(tag)
    own = session().get_one(Organization, session().organization_id).locale
    return Texts(session(), tag, own), Texts(session(), own, own)


def opened(tag: str, response: QuestionnaireResponse) -> Response:
    """To fill in or to read."""
    texts, source = texts_in(tag)
    form = response.open(texts, source, clock.now())
    session().commit()
    if response.is_completed:
        return jsonify(page=_sent(response, form), open=0)
    page = render_template("questionnaire/form.html", form=form, response=response, answers=response.answers, inputs=INPUTS)
    return jsonify(page=page, open=1)


def saved(tag: str, response: QuestionnaireResponse, body: Filled) -> Response:
    """A draft that is kept, or answers that are sent."""
    texts_in(tag)
    try:
        if body.complete:
            intake.complete(session(), response, body.answers, body.client_id, clock.now())
        else:
            response.draft(body.answers, clock.now())
            session().commit()
            response.check(body.answers, body.check)
    except BadAnswers as bad:
        raise refusal_of(bad) from bad
    session().commit()
    form = response.form
    page = _sent(response, form, thanks=True) if form is not None and response.is_completed else ""
    return jsonify(status=response.status.value, page=page)


def _sent(response: QuestionnaireResponse, form: Form, *, thanks: bool = False) -> str:
    """In the patient's own words: options as they were read."""
    return render_template("questionnaire/sent.html", form=form, lines=response.lines(), shown=shown, thanks=thanks)
