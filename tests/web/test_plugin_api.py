"""What plug-ins ask with their key, and what they learn without the right one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from telehealth import api_key, clock
from telehealth.widget import Widget

EXAMPLES = json.loads((Path(__file__).parents[1] / "wordpress" / "plugin_api.json").read_text())


@pytest.fixture
def key(clinic):
    with clinic.session() as session:
        return api_key.create(session, "Web site", clock.now())[1]


@pytest.fixture
def ask(app):
    def of(slug, key=None, **headers):
        bearer = {"Authorization": f"Bearer {key}"} if key else {}
        return app.test_client().get(f"/api/v1/organisations/{slug}/widgets", headers=bearer | headers)

    return of


def test_the_key_lists_the_clinics_active_widgets(clinic, key, ask):
    with clinic.session() as session:
        session.query(Widget).filter_by(key=clinic.widgets["chat"]).one().active = False
    widgets = ask(clinic.slug, key).json["widgets"]
    assert {(one["id"], one["kind"]) for one in widgets} == {
        (clinic.widgets["walk_in"], "walk_in"), (clinic.widgets["booking"], "booking"),
    }  # fmt: skip


def test_every_widget_looks_as_the_plugin_expects(clinic, key, ask):
    for widget in ask(clinic.slug, key).json["widgets"]:
        assert set(widget) == set(EXAMPLES["widget"])
        assert all(re.fullmatch(pattern, widget[name]) for name, pattern in EXAMPLES["widget"].items())


@pytest.mark.parametrize("wrong", [None, "", "kns_x_y", "nonsense", "kns__"])
def test_without_the_right_key_nothing_is_told(clinic, ask, wrong):
    answer = ask(clinic.slug, wrong)
    assert (answer.status_code, answer.json["error"]) == (401, "bad_key")
    assert clinic.mark not in answer.text


def test_a_key_whose_secret_was_changed_is_refused(clinic, key, ask):
    assert ask(clinic.slug, key[:-1] + ("a" if key[-1] != "a" else "b")).status_code == 401


def test_a_revoked_key_is_refused(clinic, key, ask):
    with clinic.session() as session:
        session.query(api_key.ApiKey).one().revoke(clock.now())
    assert ask(clinic.slug, key).status_code == 401


def test_a_key_made_for_something_else_is_refused(clinic, key, ask):
    with clinic.session() as session:
        session.query(api_key.ApiKey).one().scopes = []
    assert ask(clinic.slug, key).status_code == 401


def test_another_organisation_is_refused_as_one_that_does_not_exist(clinic, other, key, ask):
    there, nowhere = ask(other.slug, key), ask("no-such-clinic", key)
    assert there.status_code == nowhere.status_code == 401
    assert there.json == nowhere.json


def test_a_visitors_token_is_no_key(clinic, visitor, ask):
    assert ask(clinic.slug, visitor(clinic.widgets["booking"]).token).status_code == 401
