"""What administrators use: pages and APIs generated from the domain by Flask-AppBuilder, below /admin/."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, make_response, render_template, request
from flask_appbuilder import AppBuilder
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from admin import care, login, menu, shown, sign_in, words
from admin.fields import widget_of
from admin.generated import GeneratedView, view_of
from admin.start import StartView
from telehealth.database import Base
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Practitioner, Role
from web import errors, icons
from web.house import House, current_staff, session

room = Blueprint(
    "admin", __name__, template_folder="templates", static_folder="static", static_url_path="/static/admin-pages"
)

SETTINGS: dict[str, Any] = {
    "APP_NAME": "Konsulto",
    "FAB_CREATE_DB": False,
    "FAB_UPDATE_PERMS": False,
    "FAB_ADD_SECURITY_VIEWS": True,
    "FAB_ADD_MENU_API": False,
    "FAB_ADD_OPENAPI_VIEWS": False,
    "FAB_BASE_TEMPLATE": "admin/base.html",
    "AUTH_ROLE_ADMIN": "Operator",
    "AUTH_ROLE_PUBLIC": "Public",
    "FAB_ROLES": {
        "Operator": menu.OPERATOR,
        Role.ORGANIZATION_ADMINISTRATOR.value: menu.ORGANIZATION_ADMINISTRATOR,
        Role.DEPARTMENT_ADMINISTRATOR.value: menu.DEPARTMENT_ADMINISTRATOR,
        Role.PRACTITIONER.value: menu.PRACTITIONER,
        Role.TRANSLATOR.value: menu.EVERYBODY,
        Role.WAITING_ROOM_MONITOR.value: menu.EVERYBODY,
    },
    "SESSION_COOKIE_NAME": "konsulto_staff",
    "SESSION_COOKIE_SAMESITE": "Lax",
    "SESSION_COOKIE_HTTPONLY": True,
    "JWT_ACCESS_TOKEN_EXPIRES": timedelta(minutes=15),
    "JWT_REFRESH_TOKEN_EXPIRES": timedelta(hours=12),
    "WTF_CSRF_TIME_LIMIT": None,
    "RATELIMIT_ENABLED": False,
    "LANGUAGES": {"en": {"flag": "gb", "name": "English"}},
}


class UnderAdmin(AppBuilder):  # type: ignore[misc]
    """Puts every route of Flask-AppBuilder below /admin, and leaves its own look, scripts and language pages out."""

    def register_blueprint(self, view: Any, endpoint: str | None = None, static_folder: str | None = None) -> None:
        blueprint = view.create_blueprint(self, endpoint=endpoint, static_folder=static_folder)
        current_app.register_blueprint(blueprint, url_prefix="/admin" + (blueprint.url_prefix or ""))

    def _add_global_static(self) -> None:
        """Its Bootstrap, jQuery and fonts are not served."""

    def _add_admin_views(self) -> None:
        """Users, roles and groups know no organisation: nobody gets their pages."""
        self._indexview = self.add_view_no_menu(self.indexview)
        self.sm.auth_view = self.add_view_no_menu(login.StaffAuthView)
        self.add_api(login.ThrottledSecurityApi)


def prepare(builder: AppBuilder) -> None:
    """After `flask db upgrade`: permissions, and the roles that FAB_CREATE_DB=False leaves out."""
    builder.add_permissions(update_perms=True)
    for role in (*builder.sm.builtin_roles, builder.sm.auth_role_public):
        builder.sm.add_role(role)


def init_app(app: Flask, house: House) -> None:
    app.config.update(SETTINGS)
    app.config["SESSION_COOKIE_SECURE"] = house.settings.base_url.startswith("https://")
    app.config["FAB_OPENAPI_SERVERS"] = [{"url": f"{house.settings.base_url}/admin"}]
    CSRFProtect(app)
    sign_in.init_app(app)
    sign_in.hash_off_the_loop(house.run_blocking)
    builder = UnderAdmin(app, house.request_session, indexview=StartView, security_manager_class=sign_in.StaffSecurity)
    menu.build(builder)
    house.identify_staff = sign_in.identify_staff
    house.staff_session_key = sign_in.session_key
    house.staff_session_lives = sign_in.session_lives
    app.before_request(_begin)
    app.register_blueprint(room)
    app.jinja_env.globals["admin"] = pages
    for status in (400, 403, 404, 405):
        app.register_error_handler(status, _answer)


def _begin() -> None:
    if sign_in.is_staff_path():
        sign_in.begin()


@room.get("/admin/brand.css")
def brand() -> Response:
    """The organisation's colour as the one token that it sets."""
    own = pages.organization
    colour = own.brand if own else "#0b6e6e"
    return Response(f":root{{--brand:{colour}}}", content_type="text/css", headers={"Cache-Control": "private, max-age=60"})


class Pages:
    """What every page of this room asks for."""

    def icon(self, name: str, turns: bool = False) -> Markup:
        """A drawing to stand beside a word; the page inlines each that it asked for once, at its end."""
        g.setdefault("admin_icons", set()).add(name)
        turned = " k-icon--dir" if turns else ""
        return Markup(f'<svg class="k-icon{turned}" aria-hidden="true"><use href="#i-{name}"/></svg>')  # noqa: S704

    def drawings(self) -> Markup:
        return icons.symbols(g.get("admin_icons", ()))

    widget_of = staticmethod(widget_of)
    shown = shown
    words = words
    groups = staticmethod(menu.items)

    def badge_of(self, found: Any) -> tuple[str, str, Any] | None:
        """Class, icon and word of a value that stands for a state."""
        return (*words.BADGES[found], words.word(found)) if isinstance(found, StrEnum) and found in words.BADGES else None

    def linked(self, found: Any, field: str) -> Any:
        """A value as text; rows of views within reach lead to their page."""
        if isinstance(found, Base) and (way := self.page_of(found)):
            return Markup('<a href="{}">{}</a>').format(way, self.name_of(found))
        if field == "actor":
            return self.who(found)
        return shown.text_of(found, field)

    def page_of(self, row: Any) -> str:
        """Where a row is shown, when the one who asks may go there."""
        view = view_of(type(row))
        return view.url("show", pk=row.id) if view is not None and view.may("show") else ""

    def name_of(self, row: Any) -> str:
        view = view_of(type(row))
        return view.called(row) if view is not None else str(row)

    def place_of(self, view: Any) -> str:
        """Which item of the navigation a page belongs to; pages of related rows belong to their parent's."""
        if not isinstance(view, GeneratedView) or not view.parent or type(view) is care.AppointmentView:
            return type(view).__name__
        parent = view_of(view.datamodel.get_related_model(view.parent))
        return type(parent).__name__ if parent is not None else ""

    def way_back(self, view: Any, row: Any) -> str:
        parent = getattr(row, view.parent) if view.parent else None
        return self.name_of(parent) if parent is not None else str(view.named.many)

    def actor(self, entry: Any) -> str:
        return self.who(entry.actor)

    def who(self, actor: str) -> str:
        """The name of who acted, as far as the person is still there."""
        known: dict[str, str] = g.setdefault("actors", {})
        if actor not in known:
            known[actor] = self._who(actor)
        return known[actor]

    def _who(self, actor: str) -> str:
        kind, _colon, number = actor.partition(":")
        if kind == "patient":
            return _("The patient")
        if kind != "practitioner" or not number.isdecimal():
            return _("The system") if actor == "system" else actor
        person = session().get(Practitioner, int(number))
        return person.name if person is not None else _("Somebody who has left (%(number)s)", number=number)

    def may(self, view: str) -> bool:
        return bool(current_app.appbuilder.sm.has_access("can_list", view))

    @property
    def signed_in(self) -> bool:
        return bool(current_user.is_authenticated)

    @property
    def staff(self) -> Any:
        return current_staff()

    @property
    def organization(self) -> Organization | None:
        if "own_organization" not in g:
            staff = current_staff()
            g.own_organization = session().get(Organization, staff.organization_id) if staff else None
        own: Organization | None = g.own_organization
        return own

    @property
    def sees_desk(self) -> bool:
        staff = current_staff()
        return staff is not None and staff.may(Permission.SEE_WAITING_ROOM)

    @property
    def translates(self) -> bool:
        staff = current_staff()
        return staff is not None and staff.may(Permission.TRANSLATE)


pages = Pages()


def _answer(error: HTTPException) -> Response:
    """What went wrong, inside the room's own frame; other rooms and systems get the house's answer."""
    if not request.path.startswith("/admin/") or errors.wants_json():
        return errors.answer(error)
    if "user" not in g:  # refused before it was asked who is there
        g.user = current_user
        sign_in.begin()
    refusal = errors.refusal_of(error)
    page = make_response(render_template("admin/error.html", refusal=refusal, title=_("Sorry"), id=g.get("request_id")))
    page.status_code = refusal.status
    return page
