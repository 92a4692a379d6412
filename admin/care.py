"""Patients, availabilities, appointments, announcements and quick texts: what department administrators look after too."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose
from flask_appbuilder.actions import action
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from admin import mail_log, scope, shown
from admin.forms import RowForm
from admin.generated import READ, GeneratedView
from admin.mails import visit_code_problem
from admin.rows import Rows
from telehealth import clock
from telehealth.announcement import Announcement
from telehealth.audit import AuditAction
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.follow_up import FollowUpHint
from telehealth.patient import Patient
from telehealth.quick_text import QuickText
from telehealth.schedule import Availability


class AppointmentView(GeneratedView):
    datamodel = Rows(Appointment)
    route_base, icon, parent = "/appointments", "calendar", "patient"
    include_route_methods = READ | {"action", "action_post", "resend"}
    list_columns = ["start", "patient", "practitioner", "department", "status"]
    form_columns = ["start", "end", "patient", "practitioner", "department", "status", "locale", "created_at"]
    search_columns = ["start", "practitioner", "department", "status", "patient"]
    base_order = ("start", "desc")
    section = "admin/_mails.html"

    def beside(self, row: Any) -> dict[str, Any]:
        return {} if row is None else mail_log.of(self.session, row)

    @expose("/resend/<pk>", methods=["POST"])
    @has_access
    def resend(self, pk: str) -> Any:
        """Send a mail again, perhaps to another address."""
        row = self.find(pk)
        said, how = mail_log.resend(self.session, row, request.form.get("kind", ""), request.form.get("email", ""))
        if how == "success":
            self.note(AuditAction.SENT, row.id, {"kind": [request.form["kind"]]}, row)
            self.session.commit()
        else:
            self.session.rollback()
        flash(said, how)
        return redirect(self.url("show", pk=pk))

    def called(self, row: Any) -> str:
        return f"{row.patient}, {shown.text(row, 'start')}"

    def fits(self, name: str, row: Any) -> bool:
        return row.status in (AppointmentStatus.BOOKED, AppointmentStatus.HELD)

    @action("cancel", _l("Cancel"), _l("The time becomes free and the patients are told by mail. This cannot be undone."))
    def cancel(self, rows: list[Any]) -> None:
        booked = [row for row in rows if row.status in (AppointmentStatus.BOOKED, AppointmentStatus.HELD)]
        for row in booked:
            row.cancel(clock.now())
        self.session.commit()
        if booked:
            said = ngettext("%(num)s appointment cancelled; the patient is told.", "%(num)s appointments cancelled; the patients are told.", len(booked))
            flash(said, "success")
        if len(booked) < len(rows):
            flash(_("Only appointments that are booked can be cancelled."), "warning")


class PatientView(GeneratedView):
    datamodel = Rows(Patient)
    route_base, icon = "/patients", "user"
    list_columns = ["last_name", "initials", "birth_date", "email", "client_number"]
    form_columns = ["initials", "last_name", "birth_date", "email", "phone", "client_number", "locale"]
    show_columns = [*form_columns, "created_at"]
    search_columns = ["last_name", "initials", "birth_date", "email", "client_number"]
    base_order = ("last_name", "asc")
    children = (AppointmentView,)

    def before(self, form: RowForm, row: Any, new: bool) -> None:
        if new:
            row.created_at = clock.now()


class AvailabilityView(GeneratedView):
    datamodel = Rows(Availability)
    route_base, icon = "/availabilities", "clock"
    list_columns = ["practitioner", "weekday", "from_minute", "to_minute", "valid_from", "valid_until", "slots_a_day"]
    form_columns = [
        "practitioner", "purpose", "weekday", "valid_from", "valid_until", "from_minute", "to_minute", "length_minutes",
        "gap_minutes",
    ]  # fmt: skip
    search_columns = ["practitioner", "purpose", "weekday", "valid_from", "valid_until"]
    base_order = ("id", "desc")
    aside = "admin/_slots.html"
    when_empty = {"weekday": _l("On one date"), "valid_until": _l("Goes on")}

    def called(self, row: Any) -> str:
        return f"{row.practitioner}, {shown.text(row, 'weekday') or shown.text(row, 'valid_from')}, {row}"

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        found = {}
        begin, end = form["from_minute"].data, form["to_minute"].data
        if begin >= end:
            found["to_minute"] = _("It must end after it begins.")
        elif begin + form["length_minutes"].data > end:
            found["length_minutes"] = _("Not one appointment of this length fits between these times.")
        if form["valid_until"].data and form["valid_until"].data < form["valid_from"].data:
            found["valid_until"] = _("The last date must not be before the first.")
        return found

    def beside(self, row: Any) -> dict[str, Any]:
        return {"slots": row.slots_a_day if row else None}


class OfDepartment(GeneratedView):
    """Rows of one department, or of all where the person administers all."""

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        if form["department"].data is None and scope.must_name_department():
            return {"department": _("Choose one of your departments.")}
        return {}


class QuickTextView(OfDepartment):
    datamodel = Rows(QuickText)
    route_base, icon = "/quick-texts", "chat"
    list_columns = ["title", "text", "department", "position"]
    form_columns = ["title", "text", "department", "position"]
    base_order = ("position", "asc")
    when_empty = {"department": _l("All")}


class FollowUpHintView(OfDepartment):
    datamodel = Rows(FollowUpHint)
    route_base, icon = "/follow-up-hints", "flag"
    list_columns = ["text", "department", "preselected", "position"]
    form_columns = ["text", "department", "preselected", "position"]
    base_order = ("position", "asc")
    when_empty = {"department": _l("All")}

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        found = {"text": said} if (said := visit_code_problem(form["text"].data or "")) else {}
        return super().problems(form, row) | found


class AnnouncementView(OfDepartment):
    datamodel = Rows(Announcement)
    route_base, icon = "/announcements", "megaphone"
    list_columns = ["text", "severity", "department", "starts_at", "expires_at"]
    form_columns = ["text", "severity", "department", "starts_at", "expires_at"]
    order_columns = ["text", "severity", "department", "starts_at", "expires_at"]
    when_empty = {"department": _l("All"), "starts_at": _l("At once"), "expires_at": _l("Until deleted")}

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        begins, ends = form["starts_at"].data, form["expires_at"].data
        found = {"expires_at": _("It must end after it begins.")} if begins and ends and begins >= ends else {}
        return super().problems(form, row) | found

    def badge(self, row: Any) -> tuple[str, str, str] | None:
        now = clock.now()
        if row.expires_at and row.expires_at <= now:
            return "is-waiting", "clock", _("Over")
        if row.starts_at and row.starts_at > now:
            return "is-early", "early", _("Planned")
        return "is-on-time", "check", _("Shown now")
