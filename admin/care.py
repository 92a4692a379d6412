"""Patients, availabilities, absences, appointments, announcements and quick texts: what department administrators look after too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose, permission_name
from flask_appbuilder.actions import action
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from admin import fields, mail_log, recurrence, scope, shown, week, words
from admin.forms import RowForm
from admin.generated import READ, WRITE, GeneratedView, Refused
from admin.mails import CODE_WORDS, problem_with_codes, visit_code_problem
from admin.rows import Rows, zone_of_request
from telehealth import absence, balloon, bulk_authorisation, clock
from telehealth import week as planned_week
from telehealth.absence import Absence
from telehealth.announcement import Announcement
from telehealth.audit import AuditAction
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.channel import NotAllowed
from telehealth.closed_day import closed_names
from telehealth.event import record
from telehealth.follow_up import FollowUpHint
from telehealth.patient import Patient
from telehealth.planned_time import PlanChanged
from telehealth.practitioner import Permission
from telehealth.message_template import fill
from telehealth.quick_text import CODES, QuickText
from telehealth.recurrence import MOST_EVERY, Repeats
from telehealth.schedule import Availability, Purpose
from web.house import current_staff


class AppointmentView(GeneratedView):
    datamodel = Rows(Appointment)
    route_base, icon, parent = "/appointments", "calendar", "patient"
    include_route_methods = READ | {"action", "action_post", "resend"}
    list_columns = ["start", "patient", "practitioner", "department", "status"]
    form_columns = ["start", "end", "patient", "practitioner", "department", "status", "checked_in_at", "locale", "created_at"]
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
        return row.status is AppointmentStatus.BOOKED

    @action("cancel", _l("Cancel"), _l("The time becomes free and the patients are told by mail. This cannot be undone."))
    def cancel(self, rows: list[Any]) -> None:
        booked = [row for row in rows if row.status is AppointmentStatus.BOOKED]
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
    form_columns = ["initials", "last_name", "birth_date", "email", "phone", "client_number", "locale", "agreed_to_notices"]
    show_columns = [*form_columns, "created_at"]
    search_columns = ["last_name", "initials", "birth_date", "email", "client_number"]
    base_order = ("last_name", "asc")
    children = (AppointmentView,)

    @action("send_links", _l("Mail the way to the own pages"), _l("Each patient who has messages and an address gets a mail with a link."))
    def send_links(self, rows: list[Any]) -> None:
        """For a large group at once (S002-77)."""
        me = current_staff()
        if me is None:
            return
        batch = bulk_authorisation.begin(self.session, [row.id for row in rows], me.practitioner_id, clock.now())
        self.session.commit()
        said = ngettext("One mail is being written.", "%(num)s mails are being written.", len(rows))
        flash(said + " " + _("What becomes of them: %(address)s", address=f"/desk/messages/given/{batch}"), "success")

    def unread(self, rows: Sequence[Any]) -> dict[int, int]:
        """The balloon of each patient (S002-67)."""
        me = current_staff()
        if me is None or not me.may(Permission.ANSWER_CHAT):
            return {}
        found = balloon.of_patients(self.session, me, [row.id for row in rows], clock.now())
        return {number: one.unread for number, one in found.items() if one.unread}

    def leads_to(self, row: Any) -> list[tuple[str, str, str]]:
        me = current_staff()
        books = me is not None and me.may(Permission.SEE_CALENDAR)
        admits = me is not None and me.may(Permission.ADMIT)
        ways = [(f"/desk/calendar/new?patient={row.id}", "calendar", _("New appointment"))] if books else []
        if me is not None and me.may(Permission.ANSWER_CHAT):
            ways.append((f"/desk/messages/of/{row.id}", "chat", _("Messages")))
        return [*ways, (f"/desk/quick?patient={row.id}", "video", _("Quick consultation"))] if admits else ways

    def before(self, form: RowForm, row: Any, new: bool) -> None:
        if new:
            row.created_at = clock.now()


class AvailabilityView(GeneratedView):
    datamodel = Rows(Availability)
    route_base, icon, list_template = "/availabilities", "clock", "admin/availabilities.html"
    include_route_methods = WRITE | {"preview"}
    list_columns = ["practitioner", "recurrence", "purpose", "from_minute", "to_minute", "valid_from", "last_day", "slots_a_day"]
    form_columns = [
        "practitioner", "purpose", "repeats", "weekdays", "nth", "every", "valid_from", "valid_until", "except_on",
        "from_minute", "to_minute", "length_minutes", "gap_minutes", "capacity", "visit_types",
    ]  # fmt: skip
    show_columns = [
        "practitioner", "purpose", "recurrence", "valid_from", "valid_until", "except_on", "from_minute", "to_minute",
        "length_minutes", "gap_minutes", "capacity", "visit_types", "slots_a_day",
    ]  # fmt: skip
    search_columns = ["practitioner", "purpose", "weekday", "valid_from", "valid_until"]
    order_columns = ["practitioner", "purpose", "from_minute", "to_minute", "valid_from", "valid_until"]
    base_order = ("id", "desc")
    aside = "admin/_slots.html"
    when_empty = {"valid_until": _l("Goes on"), "last_day": _l("Goes on"), "visit_types": _l("All")}
    extra_fields = {
        "repeats": fields.ChoiceField(
            words.label(Availability, "repeats"), [fields.Required()], kind=Repeats, default=Repeats.WEEKLY,
            description=words.description(Availability, "repeats"),
        ),
        "weekdays": fields.ManyField(
            words.label(Availability, "weekdays"), listed=recurrence.weekdays, kind=int,
            description=words.description(Availability, "weekdays"),
        ),
        "nth": fields.ListedField(
            words.label(Availability, "nth"), listed=lambda: recurrence.NTH, default=1,
            description=words.description(Availability, "nth"),
        ),
        "except_on": fields.DaysField(
            words.label(Availability, "except_on"), description=words.description(Availability, "except_on")
        ),
    }  # fmt: skip
    only_when = {
        "weekdays": ("repeats", "weekly monthly"), "nth": ("repeats", "monthly"), "every": ("repeats", "weekly monthly"),
        "valid_until": ("repeats", "weekly monthly"), "except_on": ("repeats", "weekly monthly"),
        "length_minutes": ("purpose", "booking both"), "gap_minutes": ("purpose", "booking both"),
        "capacity": ("purpose", "booking both"), "visit_types": ("purpose", "booking both"),
    }  # fmt: skip

    def called(self, row: Any) -> str:
        return f"{row.practitioner}, {shown.text(row, 'recurrence')}, {row}"

    def facts(self, row: Any) -> list[str]:
        unused = {"slots_a_day", "length_minutes", "gap_minutes", "capacity", "visit_types"} if row.purpose is Purpose.WALK_IN else set()
        unused |= {"valid_until", "except_on"} if row.repeats is Repeats.ONCE else set()
        return [name for name in self.show_columns if name not in unused]

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        found = _problems_of_time(form)
        person = form["practitioner"].data
        if person is not None and person.is_team and form["purpose"].data is not Purpose.BOOKING:
            found["purpose"] = _("A team is booked. For the walk-in hour name the persons.")
        if form["repeats"].data is not Repeats.ONCE:
            found |= _problems_of_recurrence(form)
        return found

    def before(self, form: RowForm, row: Any, new: bool) -> None:
        repeat(row, form)

    def after(self, form: RowForm, row: Any, new: bool) -> None:
        self._tell(row)

    def before_removal(self, row: Any) -> None:
        self._tell(row)

    def _tell(self, row: Any) -> None:
        """Pages that show free times look again."""
        record(self.session, PlanChanged(row.organization_id, row.practitioner_id))

    def beside(self, row: Any) -> dict[str, Any]:
        return {"given": True}

    @expose("/preview", methods=["POST"])
    @has_access
    @permission_name("add")
    def preview(self) -> Any:
        """What the form would give if it were saved: the piece of its page that says so. Nothing is written."""
        pk = request.args.get("row", "")
        row = self.find(pk) if pk else None
        form = self.add_form()
        form.validate()
        return self.render_template("admin/_given.html", view=self, form=form, row=row)

    def given(self, form: RowForm | None, row: Any) -> week.Given:
        """What there is to say about a form, or about a row alone."""
        if form is None:
            return self._given(row, row.practitioner_id)
        if needed := [str(form[name].label.text) for name in _needed(form) if form[name].data in (None, "", [])]:
            return week.Given(needs=recurrence.listed(needed))
        if problems := self._said(form, row):
            return week.Given(problems=problems)
        planned = Availability(id=row.id if row else None)
        with self.session.no_autoflush:
            for name in ("purpose", "valid_from", "from_minute", "to_minute", "length_minutes", "gap_minutes", "capacity"):
                setattr(planned, name, form[name].data)
            repeat(planned, form)
        person = form["practitioner"].data
        return self._given(planned, person.id if person else None)

    def _said(self, form: RowForm, row: Any) -> list[str]:
        """What is wrong with what was entered, each with the name of its field."""
        ours = {name: said[0] for name, said in form.errors.items() if name in form._fields and name != "practitioner"}
        ours.pop("csrf_token", None)
        return [f"{form[name].label.text}: {said}" for name, said in (ours or self.problems(form, row)).items()]

    def _given(self, planned: Availability, practitioner_id: int | None) -> week.Given:
        today = clock.now().astimezone(zone_of_request()).date()
        days = planned.recurrence.upcoming(today, week.NEXT)
        others = planned_week.others(self.session, planned, practitioner_id, today)
        first = week.first_of_week(days[0] if days else today)
        closed = closed_names(self.session, days)
        return week.Given(
            sentence=week.sentence(planned), limits=recurrence.limits(planned.recurrence, today),
            problems=() if days else [_("This falls on no day from today on.")],
            dates=week.dates(days, closed),
            overlaps=week.overlap_words(planned_week.overlaps(planned, others, today)),
            picture=week.picture(planned_week.stretches(planned, others, first), first),
        )  # fmt: skip


def repeat(row: Availability, form: RowForm) -> None:
    """Let a row fall where the form says; what the chosen rule does not use is left aside."""
    how = form["repeats"].data
    if how is Repeats.ONCE:
        return row.repeat()
    nth = form["nth"].data if how is Repeats.MONTHLY else None
    left_out = [date.fromisoformat(day) for day in form["except_on"].data or ()]
    return row.repeat(form["weekdays"].data, every=form["every"].data, nth=nth, until=form["valid_until"].data, except_on=left_out)


def _needed(form: RowForm) -> list[str]:
    names = ["valid_from", "from_minute", "to_minute"]
    if form["repeats"].data is not Repeats.ONCE:
        names[:0] = ["weekdays"]
    return names


def _problems_of_time(form: RowForm) -> dict[str, str]:
    begin, end = form["from_minute"].data, form["to_minute"].data
    if begin >= end:
        return {"to_minute": _("It must end after it begins.")}
    if form["purpose"].data is not Purpose.WALK_IN and begin + form["length_minutes"].data > end:
        return {"length_minutes": _("Not one appointment of this length fits between these times.")}
    return {}


def _problems_of_recurrence(form: RowForm) -> dict[str, str]:
    monthly, found = form["repeats"].data is Repeats.MONTHLY, {}
    if not form["weekdays"].data:
        found["weekdays"] = _("Choose at least one day of the week.")
    if monthly and form["nth"].data is None:
        found["nth"] = _("Choose which one in the month.")
    if monthly and form["every"].data > MOST_EVERY["monthly"]:
        found["every"] = _("Months can be counted up to 12.")
    if form["valid_until"].data and form["valid_until"].data < form["valid_from"].data:
        found["valid_until"] = _("The last date must not be before the first.")
    return found


class AbsenceView(GeneratedView):
    datamodel = Rows(Absence)
    route_base, icon = "/absences", "calendar"
    include_route_methods = WRITE - {"edit"}
    list_columns = ["practitioner", "start", "end", "note"]
    form_columns = ["practitioner", "start", "end", "note"]
    base_order = ("start", "desc")

    def called(self, row: Any) -> str:
        return f"{row.practitioner}, {shown.text(row, 'start')}"

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        try:
            absence.require_period(form["start"].data, form["end"].data, clock.now())
        except absence.BadPeriod:
            return {"end": _("It must end after it begins, later than now, and last no longer than a year.")}
        return {}

    def before(self, form: RowForm, row: Any, new: bool) -> None:
        row.practitioner_id = row.practitioner.id
        with refusing():
            absence.enter(self.session, current_staff(), row, clock.now())

    def before_removal(self, row: Any) -> None:
        with refusing():
            absence.unblock(self.session, current_staff(), row.id)


@contextmanager
def refusing() -> Iterator[None]:
    try:
        yield
    except NotAllowed as error:
        raise Refused(practitioner=_("You may not decide about the time of this person.")) from error


class OfDepartment(GeneratedView):
    """Rows of one department, or of all where the person administers all."""

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        if form["department"].data is None and scope.must_name_department():
            return {"department": _("Choose one of your departments.")}
        return {}


# What codes become in the example beside the form; names and times, in no language.
EXAMPLES = {
    "patient_name": "S. Lindqvist", "practitioner_name": "Dr. A. Okafor", "department_name": "…", "channel_name": "…", "appointment_date": "2027-03-28",
    "appointment_time": "09:30", "organization_name": "…", "organization_phone": "+31 20 123 4567",
}  # fmt: skip


class QuickTextView(OfDepartment):
    datamodel = Rows(QuickText)
    route_base, icon = "/quick-texts", "chat"
    list_columns = ["title", "code", "text", "department", "channel", "position"]
    form_columns = ["title", "code", "text", "department", "channel", "position"]
    base_order = ("position", "asc")
    when_empty = {"department": _l("All"), "channel": _l("All")}
    aside = "admin/_quick_text.html"

    def beside(self, row: Any) -> dict[str, Any]:
        """The codes with what they become in an example, and the kept text as a patient would get it."""
        codes = [(f"*|{name}|*", CODE_WORDS[name]) for name in CODES]
        return {"codes": codes, "preview": fill(row.text, EXAMPLES) if row is not None else ""}

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        known = ", ".join(f"*|{name}|*" for name in CODES)
        unknown = _("This text does not know %(codes)s. It knows %(known)s.", codes="%(codes)s", known=known)
        found = {"text": said} if (said := problem_with_codes(form["text"].data or "", CODES, unknown)) else {}
        if re.search(r"[\s/]", form["code"].data or ""):
            found["code"] = _("One word, without spaces and slashes.")
        return super().problems(form, row) | found


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
