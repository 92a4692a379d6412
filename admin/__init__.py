"""What administrators use: Flask-AppBuilder over the domain, below /admin/."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app
from flask_appbuilder import AppBuilder
from flask_wtf.csrf import CSRFProtect

from admin import menu, sign_in
from telehealth.practitioner import Role
from web.house import House

SETTINGS: dict[str, Any] = {
    "FAB_CREATE_DB": False,
    "FAB_UPDATE_PERMS": False,
    "FAB_ADD_SECURITY_VIEWS": True,
    "FAB_ADD_SECURITY_PERMISSION_VIEW": False,
    "FAB_ADD_SECURITY_VIEW_MENU_VIEW": False,
    "FAB_ADD_SECURITY_PERMISSION_VIEWS_VIEW": False,
    "AUTH_ROLE_ADMIN": "Operator",
    "AUTH_ROLE_PUBLIC": "Public",
    "FAB_ROLES": {
        "Operator": [["^.*$", "^.*$"]],
        Role.ORGANIZATION_ADMINISTRATOR.value: menu.ORGANIZATION_ADMINISTRATOR,
        Role.DEPARTMENT_ADMINISTRATOR.value: menu.DEPARTMENT_ADMINISTRATOR,
        Role.PRACTITIONER.value: menu.EVERYBODY,
        Role.TRANSLATOR.value: menu.EVERYBODY,
    },
    "SESSION_COOKIE_NAME": "konsulto_staff",
    "SESSION_COOKIE_SAMESITE": "Lax",
    "SESSION_COOKIE_HTTPONLY": True,
    "WTF_CSRF_TIME_LIMIT": None,
    "RATELIMIT_ENABLED": False,
    "LANGUAGES": {"en": {"flag": "gb", "name": "English"}},
}


class UnderAdmin(AppBuilder):
    """Puts every route of Flask-AppBuilder below /admin, APIs and static files included."""

    def register_blueprint(self, view: Any, endpoint: str | None = None, static_folder: str | None = None) -> None:
        blueprint = view.create_blueprint(self, endpoint=endpoint, static_folder=static_folder)
        current_app.register_blueprint(blueprint, url_prefix="/admin" + (blueprint.url_prefix or ""))


def prepare(builder: AppBuilder) -> None:
    """After `flask db upgrade`: permissions, and the roles that FAB_CREATE_DB=False leaves out."""
    builder.add_permissions(update_perms=True)
    for role in (*builder.sm.builtin_roles, builder.sm.auth_role_public):
        builder.sm.add_role(role)


def init_app(app: Flask, house: House) -> None:
    app.config.update(SETTINGS)
    app.config["SESSION_COOKIE_SECURE"] = house.settings.base_url.startswith("https://")
    CSRFProtect(app)
    sign_in.init_app(app)
    sign_in.hash_off_the_loop(house.run_blocking)
    builder = UnderAdmin(app, house.request_session, security_manager_class=sign_in.StaffSecurity)
    menu.build(builder)
    house.identify_staff = sign_in.identify_staff
    house.staff_session_key = sign_in.session_key
    house.staff_session_lives = sign_in.session_lives
    app.before_request(_enter_own_organization)


def _enter_own_organization() -> None:
    if sign_in.is_staff_path():
        current_app.appbuilder.session().enter(sign_in.organization_of_request)
