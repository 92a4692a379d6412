"""Signing in and out, choosing a password by a mailed link, changing the own one, the own profile."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, g, redirect, request, url_for
from flask import session as cookie
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.api import SecurityApi
from flask_appbuilder.security.decorators import has_access, no_cache
from flask_appbuilder.security.sqla.models import User
from flask_appbuilder.security.views import AuthDBView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import login_user, logout_user
from flask_wtf import FlaskForm
from sqlalchemy import func, select
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import Length

from admin import fields, forms, invitation, sign_in, words
from telehealth import clock, flow
from telehealth.audit import AuditAction, AuditEvent
from telehealth.practitioner import Permission, Practitioner
from web import limits
from web.house import current_staff, house, session


class SignInForm(FlaskForm):  # type: ignore[misc]
    username = StringField(_l("E-mail"), [fields.Required()])
    password = PasswordField(_l("Password"), [fields.Required()])


class AddressForm(FlaskForm):  # type: ignore[misc]
    email = StringField(_l("E-mail"), [fields.Required(), forms.EMAIL])


LONG_ENOUGH = Length(
    invitation.SHORTEST_PASSWORD, invitation.LONGEST_PASSWORD, _l("Use %(min)d characters or more.")
)  # fmt: skip


class PasswordForm(FlaskForm):  # type: ignore[misc]
    password = PasswordField(_l("New password"), [LONG_ENOUGH])


class ChangePasswordForm(FlaskForm):  # type: ignore[misc]
    present = PasswordField(_l("Present password"), [fields.Required()])
    password = PasswordField(_l("New password"), [LONG_ENOUGH])


def throttled(name: str) -> bool:
    """Count an attempt, for this network and for this name; whether it was one too many."""
    counted = current_app.extensions["limits"]
    by_network = counted.hit("sign_in", limits.network())
    return not (counted.hit("sign_in", f"name:{name.lower()[:254]}") and by_network)


class StaffAuthView(AuthDBView):  # type: ignore[misc]
    @expose("/login/", methods=["GET", "POST"])
    @no_cache
    def login(self) -> Any:
        if g.user is not None and g.user.is_authenticated:
            return redirect(self._next())
        form, wrong, status = SignInForm(), "", 200
        if request.method == "POST":
            wrong, status = self._try(form)
            if not wrong:
                return redirect(self._next())
        return self.render_template("admin/login.html", form=form, wrong=wrong, title=_("Sign in")), status

    def _try(self, form: SignInForm) -> tuple[str, int]:
        """Sign in, or what is wrong; never which of the two it was."""
        if throttled(form.username.data or ""):
            return _("That were many attempts in a short time. Wait a minute, then try again."), 429
        user = self.appbuilder.sm.auth_user_db(form.username.data, form.password.data) if form.validate() else None
        if user is None:
            return _("E-mail and password do not belong together. Check both, or ask for a new password."), 401
        login_user(user, remember=False)
        note_sign_in(user)
        return "", 302

    def _next(self) -> str:
        wanted = request.args.get("next", "")
        return get_safe_redirect(wanted) if wanted else str(self.appbuilder.get_url_for_index)

    @expose("/logout/", methods=["GET", "POST"])
    def logout(self) -> Response:
        if request.headers.get("Sec-Fetch-Site") != "cross-site":
            leave_channels()
            logout_user()
        return redirect(url_for("StaffAuthView.login"))


def leave_channels() -> None:
    """Whoever signs out is present in no channel any more."""
    staff = current_staff()
    if staff is not None:
        flow.sign_out(session(), staff.practitioner_id, clock.now())
        session().commit()


def note_sign_in(user: User) -> None:
    link = session().get(sign_in.SignIn, user.id)
    if link is None:
        return
    session().enter(link.organization_id)
    actor = f"practitioner:{link.practitioner_id}"
    session().add(
        AuditEvent(
            at=clock.now(), actor=actor, action=AuditAction.SIGNED_IN, entity="practitioner",
            entity_id=link.practitioner_id,
        )
    )  # fmt: skip
    session().commit()


class ThrottledSecurityApi(SecurityApi):  # type: ignore[misc]
    """Bearer tokens for other systems; guessing is as slow as on the page."""

    @expose("/login", methods=["POST"])
    def login(self) -> Any:
        body = request.get_json(silent=True)
        name = body.get("username") if isinstance(body, dict) else ""
        if throttled(name if isinstance(name, str) else ""):
            return self.response(429, message="Too many attempts")
        return super().login()


class PasswordView(BaseView):  # type: ignore[misc]
    """A password is chosen by its holder only, with a link from a mail. The link's secret comes by POST."""

    route_base, default_view = "/password", "link"

    @expose("/")
    @no_cache
    def link(self) -> Any:
        """Opening the link changes nothing; a script hands its secret over."""
        return self.render_template("admin/password_link.html", title=_("Choose a password"))

    @expose("/open", methods=["POST"])
    def open(self) -> Any:
        try:
            invitation.holder(session(), request.form.get("token", "")[:2000])
        except invitation.LinkDead:
            return self._dead()
        cookie["password_link"] = request.form["token"]
        return redirect(url_for("PasswordView.choose"))

    @expose("/choose", methods=["GET", "POST"])
    @no_cache
    def choose(self) -> Any:
        try:
            user = invitation.holder(session(), cookie.get("password_link", ""))
        except invitation.LinkDead:
            return self._dead()
        form = PasswordForm()
        if request.method == "POST" and form.validate():
            sign_in.set_password(session(), user, form.password.data, house().run_blocking)
            session().commit()
            cookie.pop("password_link", None)
            flash(_("Your password is set. Sign in with it."), "success")
            return redirect(url_for("StaffAuthView.login"))
        page = self.render_template(
            "admin/password_choose.html", form=form, user=user, title=_("Choose a password"),
            least=invitation.SHORTEST_PASSWORD,
        )  # fmt: skip
        return page, 422 if form.errors else 200

    @expose("/forgotten", methods=["GET", "POST"])
    def forgotten(self) -> Any:
        """The answer is the same whether somebody has that address or not."""
        form, said = AddressForm(), ""
        if request.method == "POST" and form.validate():
            if throttled(form.email.data):
                said = _("That were many attempts in a short time. Wait a minute, then try again.")
                form.email.errors = [said]
            else:
                send_link(form.email.data.strip())
                return self.render_template("admin/password_sent.html", email=form.email.data, title=_("Look into your mail"))
        page = self.render_template("admin/password_forgotten.html", form=form, title=_("Forgotten your password?"))
        return page, (429 if said else 422) if form.errors else 200

    def _dead(self) -> Any:
        cookie.pop("password_link", None)
        return self.render_template("admin/password_dead.html", title=_("This link does not work any more")), 410


def send_link(email: str) -> None:
    """Put a mail into the outbox when there is somebody of that address who may sign in."""
    found = session().execute(
        select(sign_in.SignIn.organization_id, sign_in.SignIn.practitioner_id)
        .join(User, User.id == sign_in.SignIn.user_id)
        .where(func.lower(User.email) == email.lower(), User.active)
    ).first()
    if found is None:
        return
    session().enter(found.organization_id)
    invitation.send(session(), session().get_one(Practitioner, found.practitioner_id))
    session().commit()


class ProfileView(BaseView):  # type: ignore[misc]
    """What everybody may change about themselves; never the own role."""

    route_base, default_view = "/profile", "profile"
    own = ("name", "phone", "languages", "locale")
    news = ("mail_booked", "mail_changed", "mail_asked", "mail_messages")

    def __init__(self) -> None:
        super().__init__()
        self.plain, self.with_news = forms.form_of(Practitioner, self.own), forms.form_of(Practitioner, [*self.own, *self.news])

    def _form(self) -> type[forms.RowForm]:
        """Whoever has nothing to do with appointments is told of none."""
        staff = current_staff()
        return self.with_news if staff is not None and staff.may(Permission.SEE_CALENDAR) else self.plain

    @expose("/", methods=["GET", "POST"])
    @has_access
    def profile(self) -> Any:
        person = self._person()
        form = self._form()(obj=person) if person is not None else None
        if form is not None and request.method == "POST" and form.validate():
            form.populate_obj(person)
            session().commit()
            flash(_("Saved."), "success")
            return redirect(url_for("ProfileView.profile"))
        return self._page(person, form, ChangePasswordForm(formdata=None))

    @expose("/password", methods=["POST"])
    @has_access
    def password(self) -> Any:
        person, form = self._person(), ChangePasswordForm()
        user = session().get_one(User, g.user.id)
        if throttled(user.username):
            form.present.errors = [_("That were many attempts in a short time. Wait a minute, then try again.")]
        elif form.validate() and self._is_present(user, form):
            sign_in.set_password(session(), user, form.password.data, house().run_blocking)
            session().commit()
            flash(_("Your password is changed. You are signed out everywhere else."), "success")
            return redirect(url_for("ProfileView.profile"))
        return self._page(person, self._form()(formdata=None, obj=person) if person else None, form)

    def _is_present(self, user: User, form: ChangePasswordForm) -> bool:
        right = sign_in.is_password(user, form.present.data, house().run_blocking)
        if not right:
            form.present.errors = [_("This is not your present password.")]
        return right

    def _person(self) -> Practitioner | None:
        staff = current_staff()
        return session().get_one(Practitioner, staff.practitioner_id) if staff else None

    def _page(self, person: Practitioner | None, form: Any, change: ChangePasswordForm) -> Any:
        roles = [] if person is None else [(words.word(role.role), role.department) for role in person.roles]
        page = self.render_template(
            "admin/profile.html", person=person, form=form, news=self.news, change=change, roles=roles, title=_("My profile"),
            least=invitation.SHORTEST_PASSWORD,
        )  # fmt: skip
        return page, 422 if change.errors or (form is not None and form.errors) else 200
