"""Who signs in: the link from Flask-AppBuilder's user to the domain, revocable sessions, hashing off the event loop."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

import argon2
from flask import Flask, current_app, g, has_request_context, request
from flask import session as cookie
from flask.sessions import SecureCookieSessionInterface
from flask_appbuilder import Model
from flask_appbuilder.security import manager, views
from flask_appbuilder.security.sqla import manager as sqla_manager
from flask_appbuilder.security.sqla.apis.user import api as user_api
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.sqla.models import User
from flask_login import user_logged_in, user_logged_out
from sqlalchemy import ForeignKey, ForeignKeyConstraint, String, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import clock
from telehealth.database import Instant, Session
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner, PractitionerRole, Staff, staff
from web import locale
from web.house import current_staff

STAFF_PATHS = ("/admin/", "/desk/", "/translate/")


class SignIn(Model):
    """On Flask-AppBuilder's metadata; keys into the domain are column objects, for a name is not found there."""

    __tablename__ = "sign_in"
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey(Organization.id))
    practitioner_id: Mapped[int]
    user: Mapped[User] = relationship()
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "practitioner_id"],
            [Practitioner.organization_id, Practitioner.id],
            name="fk_sign_in_organization_id_practitioner_id",
            ondelete="CASCADE",
        ),
    )


class StaffSession(Model):
    """One signed-in browser; ending the row ends the session there."""

    __tablename__ = "staff_session"
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    started_at: Mapped[datetime] = mapped_column(Instant())
    ends_at: Mapped[datetime] = mapped_column(Instant())
    ended_at: Mapped[datetime | None] = mapped_column(Instant())

    def lives(self) -> bool:
        return self.ended_at is None and clock.now() < self.ends_at


def hash_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _start_session(app: Flask, user: User) -> None:
    cookie["key"] = secrets.token_urlsafe(32)
    now, hours = clock.now(), app.extensions["house"].settings.staff_session_hours
    session = app.appbuilder.session
    session.add(
        StaffSession(
            key_hash=hash_of(cookie["key"]), user_id=user.id, started_at=now, ends_at=now + timedelta(hours=hours)
        )
    )
    session.commit()


def _end_session(app: Flask, user: User) -> None:
    session = app.appbuilder.session
    session.execute(
        update(StaffSession).where(StaffSession.key_hash == hash_of(cookie.pop("key", ""))).values(ended_at=clock.now())
    )
    session.commit()


class RoleName(str):
    """A built-in role of Flask-AppBuilder as it asks for it: by its name."""

    __slots__ = ()
    id = 0

    @property
    def name(self) -> str:
        return str(self)


class StaffSecurity(SecurityManager):
    """Signs in by e-mail and password; roles come from the domain, so that there is one truth about them."""

    def load_user(self, pk: Any) -> User | None:
        """The signed cookie says who; the table says whether still."""
        row = self.session.get(StaffSession, hash_of(cookie.get("key", "")))
        if row is not None and row.lives() and row.user_id == int(pk):
            return super().load_user(pk)
        return None

    def load_user_jwt(self, header: Any, token: dict[str, Any]) -> User | None:
        """Flask-AppBuilder sends bearer tokens through load_user; they have no cookie to look at."""
        g.user = super().load_user(token["sub"])
        for answered_for_nobody in ("access", "safe_user", "roles", "staff", "sign_in_link"):
            g.pop(answered_for_nobody, None)
        if g.user is not None:
            begin()
        return g.user

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """Asked dozens of times for one page; answered once for each question."""
        known: dict[tuple[str, str], bool] = g.setdefault("access", {})
        if (asked := (permission_name, view_name)) not in known:
            known[asked] = bool(super().has_access(permission_name, view_name))
        return known[asked]

    def _get_safe_user(self, user: Any) -> Any:
        """Flask-AppBuilder reads the user anew for every question, since entering an organisation lets go of all rows."""
        if "safe_user" not in g:
            g.safe_user = super()._get_safe_user(user)
        return g.safe_user

    def get_user_roles(self, user: Any) -> list[Any]:
        """The domain's roles; the server's operator, who belongs to no organisation, keeps the stored ones."""
        if not user.is_authenticated:
            return []
        if "roles" not in g:
            g.roles = self._roles_of(user)
        return g.roles

    def _roles_of(self, user: User) -> list[Any]:
        link = link_of_request() if user.id == g.user.id else self.session.get(SignIn, user.id)
        if link is None:
            return list(user.roles)
        query = (
            select(PractitionerRole.role)
            .join(Practitioner, Practitioner.id == PractitionerRole.practitioner_id)
            .where(PractitionerRole.practitioner_id == link.practitioner_id, Practitioner.active)
        )
        held = self.session.scalars(query, execution_options={"across_organizations": True})
        return [RoleName(role.value) for role in set(held)]


def link_of_request() -> SignIn | None:
    user = getattr(g, "user", None) if has_request_context() else None
    if user is None or not user.is_authenticated:
        return None
    if "sign_in_link" not in g:
        g.sign_in_link = current_app.appbuilder.session.get(SignIn, user.id)
    link: SignIn | None = g.sign_in_link
    return link


def organization_of_request() -> int | None:
    link = link_of_request()
    return link.organization_id if link else None


def identify_staff() -> Staff | None:
    """Who is signed in, as the domain knows the person."""
    link = link_of_request()
    if link is None:
        return None
    session: Session = current_app.appbuilder.session()
    session.enter(link.organization_id)
    return staff(session, link.practitioner_id)


def begin() -> None:
    """Enter the organisation of whoever asks, once it is known who that is; name the actor and the language."""
    session: Session = current_app.appbuilder.session()
    session.enter(organization_of_request)
    person = current_staff() if link_of_request() is not None else None
    if person is not None:
        session.actor = f"practitioner:{person.practitioner_id}"
        locale.set_tag(locale.choose([request.args.get("lang"), person.locale], locale.shipped()))


def address_taken(session: Session, email: str, person_id: int | None) -> bool:
    """Whether somebody else signs in with this address, in whichever organisation."""
    taken = select(User.id).where(func.lower(User.email) == email.lower())
    if person_id is not None:
        taken = taken.where(User.id.not_in(select(SignIn.user_id).where(SignIn.practitioner_id == person_id)))
    return session.scalar(taken.limit(1)) is not None


def follow(session: Session, person: Practitioner) -> None:
    """Let the sign-in follow its person: address, name, and whether it opens anything; a paused one ends at once."""
    user = session.scalar(select(User).join(SignIn, SignIn.user_id == User.id).where(SignIn.practitioner_id == person.id))
    if user is None:
        return
    user.email = user.username = person.email
    user.active = person.active
    if not person.active:
        end_sessions(session, user.id)


def remove(session: Session, person: Practitioner) -> None:
    """Take the sign-in away with its person."""
    link = session.scalar(select(SignIn).where(SignIn.practitioner_id == person.id))
    if link is None:
        return
    session.execute(delete(StaffSession).where(StaffSession.user_id == link.user_id))
    user = session.get(User, link.user_id)
    session.delete(link)
    session.flush()
    session.delete(user)


def end_sessions(session: Session, user_id: int, but: str = "") -> None:
    """Sign somebody out everywhere, except where the session has the key hash `but`."""
    running = (StaffSession.user_id == user_id) & StaffSession.ended_at.is_(None) & (StaffSession.key_hash != but)
    session.execute(update(StaffSession).where(running).values(ended_at=clock.now()))


def set_password(session: Session, user: User, password: str, run_blocking: Any) -> None:
    """Sign-ins elsewhere end, and so do links that were sent before."""
    user.password = run_blocking(hasher.hash, password)
    user.changed_on = clock.now()
    end_sessions(session, user.id, but=session_key())


def is_password(user: User, password: str, run_blocking: Any) -> bool:
    return bool(run_blocking(_verify, user.password, password))


def session_key() -> str:
    """The name of this browser's sign-in, for tokens that must end with it."""
    return hash_of(cookie["key"]) if "key" in cookie else ""


def session_lives(session: Session, key: str) -> bool:
    row = session.get(StaffSession, key)
    return row is not None and row.lives()


def create_user(session: Session, person: Practitioner, password: str | None, run_blocking: Any) -> User:
    """A sign-in for a practitioner; without a password nobody gets in until one is set by the mailed link."""
    first, _, last = person.name.rpartition(" ")
    user = User(
        first_name=first or person.name, last_name=last or person.name, username=person.email, email=person.email,
        active=True, password=run_blocking(hasher.hash, password or secrets.token_urlsafe(32)),
        created_on=clock.now(), changed_on=clock.now(),
    )  # fmt: skip
    session.add(user)
    session.flush()
    session.add(SignIn(user_id=user.id, organization_id=person.organization_id, practitioner_id=person.id))
    return user


hasher = argon2.PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
DUMMY = hasher.hash("nobody's password")


def _verify(stored: str, password: str) -> bool:
    known = stored.startswith("$argon2")
    try:
        return hasher.verify(stored if known else DUMMY, password) and known
    except argon2.exceptions.VerificationError:
        return False


def hash_off_the_loop(run: Any) -> None:
    """Flask-AppBuilder calls Werkzeug's functions by name in four modules: give those names ours."""

    def check(stored: str, password: str) -> bool:
        return bool(run(_verify, stored, password))

    def generate(password: str, **_: Any) -> str:
        return str(run(hasher.hash, password))

    for module in (manager, sqla_manager, user_api, views):
        for name, ours in (("check_password_hash", check), ("generate_password_hash", generate)):
            if hasattr(module, name):
                setattr(module, name, ours)


class NoCookieForVisitors(SecureCookieSessionInterface):
    """Visitor paths get Flask's null session: reading finds nothing, writing raises, saving never happens."""

    def open_session(self, app: Flask, request: Any) -> Any:
        return super().open_session(app, request) if request.path.startswith(STAFF_PATHS) else None

    def get_cookie_path(self, app: Flask) -> str:
        return "/"


def is_staff_path() -> bool:
    return has_request_context() and request.path.startswith(STAFF_PATHS)


def init_app(app: Flask) -> None:
    app.session_interface = NoCookieForVisitors()
    user_logged_in.connect(_start_session, app)
    user_logged_out.connect(_end_session, app)
