"""Which views the admin has, where they stand, and which role may use which."""

from __future__ import annotations

from flask_appbuilder import AppBuilder

OWN_VIEWS = "^(Department)(View|Api)$"
EVERYBODY = [["^(ResetMyPasswordView|UserDBModelView|AuthDBView|IndexView)$", "^(can_userinfo|can_this_form_get|can_this_form_post)$"]]
ORGANIZATION_ADMINISTRATOR = [*EVERYBODY, [OWN_VIEWS, "^.*$"]]
DEPARTMENT_ADMINISTRATOR = EVERYBODY


def build(builder: AppBuilder) -> None:
    """Add every view in the order of the menu."""
