"""The first page: what is going on now, and what to do first. Only figures that are counted at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from flask import current_app, redirect, url_for
from flask_appbuilder import IndexView, expose
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import func, select

from admin import scope
from admin.rows import zone_of_request
from telehealth import clock
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.channel import Channel
from telehealth.department import Department
from telehealth.job import Job, WorkState
from telehealth.organization import Organization
from telehealth.outbox import OutgoingMail
from telehealth.practitioner import Permission, Practitioner, Staff
from telehealth.schedule import Availability
from telehealth.visibility import visible
from telehealth.waiting_room import Encounter, EncounterStatus
from telehealth.widget import Widget, WidgetKind
from web.house import current_staff, session


@dataclass(frozen=True)
class Figure:
    """A number that is true now, what it counts, and where its rows are."""

    number: int
    label: str
    url: str
    icon: str
    state: str = ""


@dataclass(frozen=True)
class Step:
    """Something that is still to do, and where to do it."""

    label: str
    why: str
    url: str


class StartView(IndexView):  # type: ignore[misc]
    @expose("/")
    def index(self) -> Any:
        if not current_user.is_authenticated:
            return redirect(url_for("StaffAuthView.login"))
        staff = current_staff()
        if staff is None:
            return redirect(url_for("OrganizationView.list")) if may("OrganizationView") else self._nothing()
        if not (staff.may(Permission.ADMINISTER) or staff.may(Permission.ADMINISTER_DEPARTMENT)):
            return redirect(url_for("ProfileView.profile"))
        page = {"figures": figures(staff), "steps": steps() if staff.may(Permission.ADMINISTER) else []}
        return self.render_template("admin/start.html", title=_("Overview"), name=staff.name, **page)

    def _nothing(self) -> Any:
        return self.render_template("admin/nothing.html", title=_("Nothing for you here")), 403


def may(view: str) -> bool:
    return bool(current_app.appbuilder.sm.has_access("can_list", view))


def count(model: Any, *conditions: Any) -> int:
    return session().scalar(select(func.count(model.id)).where(*conditions)) or 0


def figures(staff: Staff) -> list[Figure]:
    begin, end = today()
    booked = (Appointment.start >= begin) & (Appointment.start < end) & (Appointment.status == AppointmentStatus.BOOKED)
    found = [
        Figure(
            count(Encounter, visible(staff, Encounter), Encounter.status == EncounterStatus.WAITING),
            _("waiting now"), "/desk/", "door",
        ),
        Figure(
            count(Appointment, scope.within_reach(Appointment), booked), _("appointments today"),
            _day("AppointmentView", "start", begin, status=AppointmentStatus.BOOKED), "calendar",
        ),
    ]  # fmt: skip
    if may("OutgoingMailView"):
        dead = count(OutgoingMail, OutgoingMail.state == WorkState.DEAD)
        url = url_for("OutgoingMailView.list", _flt_0_state="dead")
        found.append(Figure(dead, _("mails that could not be sent"), url, "mail", "is-late" if dead else ""))
    if may("JobView"):
        dead = count(Job, scope.within_reach(Job), Job.state == WorkState.DEAD)
        found.append(Figure(dead, _("failed jobs"), url_for("JobView.list"), "alert", "is-late" if dead else ""))
    return found


def today() -> tuple[datetime, datetime]:
    midnight = datetime.combine(clock.now().astimezone(zone_of_request()).date(), time(), zone_of_request())
    return midnight, midnight + timedelta(days=1)


def _day(view: str, field: str, day: datetime, **choices: str) -> str:
    span = {f"_flt_0_{field}": day.date().isoformat(), f"_flt_1_{field}": day.date().isoformat()}
    return url_for(f"{view}.list", **span, **{f"_flt_0_{name}": str(value) for name, value in choices.items()})


def steps() -> list[Step]:
    """What still stands between the organisation and its patients, most urgent first."""
    own = session().get_one(Organization, session().organization_id)
    widgets = list(session().scalars(select(Widget).where(Widget.active)))
    checks = (
        (not own.phone, _("Enter your phone number"), _("Patients need it when the page cannot help."), url_for("OrganizationView.edit", pk=own.id)),
        (not count(Department), _("Add a department"), _("Patients choose one before they wait."), url_for("DepartmentView.add")),
        (count(Practitioner) < 2, _("Invite your people"), _("So far only you can sign in."), url_for("PractitionerView.add")),
        (not widgets, _("Add a widget"), _("It is what you paste into your website."), url_for("WidgetView.add")),
        *(
            (True, _("Name the websites of “%(widget)s”", widget=widget.name), _("No website may show it yet."), url_for("WidgetView.edit", pk=widget.id))
            for widget in widgets if not widget.allowed_sites
        ),
        (_books(widgets) and not count(Availability), _("Say when people have time"), _("Without it nobody can book."), url_for("AvailabilityView.add")),
        (
            _chats(widgets) and not own.chat, _("Switch chat on"), _("It is an extra: until then the chat widget says that there is none."),
            url_for("OrganizationView.edit", pk=own.id),
        ),
        (_chats(widgets) and not count(Channel), _("Add a chat channel"), _("The chat widget has nothing to offer yet."), url_for("ChannelView.add")),
    )  # fmt: skip
    return [Step(label, why, url) for wanted, label, why, url in checks if wanted]


def _books(widgets: list[Widget]) -> bool:
    return any(widget.kind is WidgetKind.BOOKING for widget in widgets)


def _chats(widgets: list[Widget]) -> bool:
    return any(widget.kind is WidgetKind.CHAT for widget in widgets)
