"""People: making one makes the sign-in and sends the invitation; taking one away ends it."""

from __future__ import annotations

from typing import Any

from flask import flash
from flask_appbuilder.actions import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import func, select

from admin import fields, invitation, shown, sign_in, words
from admin.forms import RowForm
from admin.generated import GeneratedView, Refused
from admin.rows import Rows
from telehealth.department import Department
from telehealth.event import record
from telehealth.organization import Organization
from telehealth.practitioner import AccessChanged, Practitioner, PractitionerRole, Role
from web.house import current_staff, house


def too_many(row: Practitioner) -> bool:
    """Whether one more active person would be more than the organisation may have; nobody else counts meanwhile."""
    session = _session()
    own = session.get_one(Organization, session.organization_id, with_for_update=True)
    active = select(func.count(Practitioner.id)).where(Practitioner.active, ~Practitioner.is_team, Practitioner.id != (row.id or 0))
    return (session.scalar(active) or 0) >= own.max_users


def _session() -> Any:
    return house().request_session()


def is_last_administrator(person_id: int) -> bool:
    """Whether nobody else could administer the organisation."""
    others = (
        select(func.count(PractitionerRole.id))
        .join(Practitioner, Practitioner.id == PractitionerRole.practitioner_id)
        .where(
            PractitionerRole.role == Role.ORGANIZATION_ADMINISTRATOR,
            Practitioner.active,
            Practitioner.id != person_id,
        )
    )
    return not _session().scalar(others)


class PractitionerRoleView(GeneratedView):
    datamodel = Rows(PractitionerRole)
    route_base, icon, parent = "/roles", "key", "practitioner"
    list_columns = ["practitioner", "role", "department"]
    form_columns = ["practitioner", "role", "department"]
    fixed_columns = ("practitioner",)

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        leaves = row.id and row.role is Role.ORGANIZATION_ADMINISTRATOR and not _stays(form)
        if leaves and is_last_administrator(row.practitioner_id):
            return {"role": _("Somebody must stay organisation administrator. Give another person that role first.")}
        return administrator_everywhere(form)

    def after(self, form: RowForm, row: Any, new: bool) -> None:
        record(self.session, AccessChanged(row.organization_id, row.practitioner_id))

    def called(self, row: Any) -> str:
        return shown.role(row, "role")

    def before_removal(self, row: Any) -> None:
        if row.role is Role.ORGANIZATION_ADMINISTRATOR and is_last_administrator(row.practitioner_id):
            raise Refused(role=_("Somebody must stay organisation administrator. Give another person that role first."))
        record(self.session, AccessChanged(row.organization_id, row.practitioner_id))


def _stays(form: RowForm) -> bool:
    return bool(form["role"].data is Role.ORGANIZATION_ADMINISTRATOR)


def administrator_everywhere(form: RowForm) -> dict[str, str]:
    """An organisation administrator is one for the whole organisation."""
    if form["role"].data is Role.ORGANIZATION_ADMINISTRATOR and form["department"].data is not None:
        return {"department": _("An organisation administrator is one for the whole organisation: leave this empty.")}
    return {}


class PractitionerView(GeneratedView):
    datamodel = Rows(Practitioner)
    route_base, icon = "/people", "users"
    list_columns = ["name", "title", "email", "roles", "active"]
    form_columns = ["name", "title", "email", "role", "department", "phone", "languages", "locale", "active"]
    show_columns = ["name", "title", "email", "phone", "languages", "locale", "active", "takes_walk_ins"]
    fixed_columns = ("role", "department")
    search_columns = ["name", "title", "email", "active"]
    base_order = ("name", "asc")
    children = (PractitionerRoleView,)
    extra_fields = {
        "role": fields.ChoiceField(
            words.label(Practitioner, "role"), [fields.Required()], kind=Role, default=Role.PRACTITIONER, without=(Role.TEAM,),
            description=words.description(Practitioner, "role"),
        ),
        "department": fields.RelatedField(
            words.label(Practitioner, "department"), model=Department, blank=True,
            description=words.description(Practitioner, "department"),
        ),
    }  # fmt: skip

    def only(self, query: Any) -> Any:
        return query.filter(~Practitioner.is_team)  # those belong to their department

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        found = administrator_everywhere(form) if "role" in form._fields else {}
        if form["email"].data and sign_in.address_taken(self.session, form["email"].data, row.id):
            found["email"] = _("This address cannot be used: somebody signs in with it already.")
        if row.id and row.active and not form["active"].data and is_last_administrator(row.id):
            found["active"] = _("Somebody must stay organisation administrator. Give another person that role first.")
        return found

    def before(self, form: RowForm, row: Any, new: bool) -> None:
        if row.active and (new or not form["active"].object_data) and too_many(row):
            raise Refused(active=_("Maximum number of users. Pause somebody, or ask for a higher limit."))
        if new:
            row.roles.append(PractitionerRole(role=form["role"].data, department=form["department"].data))

    def after(self, form: RowForm, row: Any, new: bool) -> None:
        if new:
            sign_in.create_user(self.session, row, None, house().run_blocking)
            self.session.flush()
            invitation.send(self.session, row)
            flash(_("The invitation is on its way to %(email)s.", email=row.email), "info")
        else:
            sign_in.follow(self.session, row)
            record(self.session, AccessChanged(row.organization_id, row.id))

    def before_removal(self, row: Any) -> None:
        staff = current_staff()
        if staff is not None and row.id == staff.practitioner_id:
            raise Refused(name=_("You cannot remove yourself."))
        if is_last_administrator(row.id):
            raise Refused(name=_("Somebody must stay organisation administrator. Give another person that role first."))
        sign_in.remove(self.session, row)
        record(self.session, AccessChanged(row.organization_id, row.id))

    @action("invite", _l("Send the invitation again"), "")
    def invite(self, rows: list[Any]) -> None:
        invited = [row for row in rows if row.active]
        for row in invited:
            invitation.send(self.session, row)
        self.session.commit()
        flash(ngettext("%(num)s invitation is on its way.", "%(num)s invitations are on their way.", len(invited)), "info")

    @action("activate", _l("Activate"), "")
    def activate(self, rows: list[Any]) -> None:
        for row in rows:
            if not row.active and too_many(row):
                self.session.rollback()
                flash(_("Maximum number of users. Pause somebody, or ask for a higher limit."), "danger")
                return
            self._switch(row, True)
        self.session.commit()
        flash(_("Active from now on."), "success")

    @action("pause", _l("Pause"), _l("They are signed out at once and cannot be booked. Nothing is lost."))
    def pause(self, rows: list[Any]) -> None:
        for row in rows:
            self._switch(row, False)
            self.session.flush()
            if is_last_administrator(0):
                self.session.rollback()
                flash(_("Somebody must stay organisation administrator. Give another person that role first."), "danger")
                return
        self.session.commit()
        flash(_("Paused."), "success")

    def _switch(self, row: Any, active: bool) -> None:
        row.active = active
        self.session.flush()
        sign_in.follow(self.session, row)
        record(self.session, AccessChanged(row.organization_id, row.id))

    def badge(self, row: Any) -> tuple[str, str, str] | None:
        return active_badge(row)

    def fits(self, name: str, row: Any) -> bool:
        return bool(row.active) is (name != "activate")


def active_badge(row: Any) -> tuple[str, str, str]:
    return ("is-on-time", "check", _("Active")) if row.active else ("is-waiting", "pause", _("Paused"))
