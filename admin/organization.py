"""The organisation and its departments."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import flash
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import inspect, select
from werkzeug.wrappers import Response as Answer
from wtforms.validators import Length

from admin import fields, forms, payments, words
from admin.forms import RowForm
from admin.generated import READ, GeneratedView
from admin.mails import CODE_WORDS, link_code_problem
from admin.rows import Rows
from admin.waitlist import WaitlistView
from integrations import framed
from integrations.framed import Verdict
from telehealth import clock, payment, team
from telehealth.channel import Channel
from telehealth.department import Department
from telehealth.event import record
from telehealth.message_template import LINK_CODES
from telehealth.organization import Organization
from telehealth.practitioner import AccessChanged, Permission, Practitioner
from web.house import current_staff, house
from web.questionnaire_templates import begin_all

PLACE = ("name", "colour", "position", "active", "team")
LINK_TEXTS = ("early_text", "on_time_text", "late_text", "over_text")
SLUG = fields.Matches(r"[a-z0-9][a-z0-9-]{0,38}", words._l("Use a–z, 0–9 and hyphens only."))


def _end_access(session: Any, row: Organization) -> None:
    """Who is at the desk loads it anew, with or without chat and groups; open widgets look at their channels."""
    for person in session.scalars(select(Practitioner.id).where(Practitioner.organization_id == row.id)).all():
        record(session, AccessChanged(row.id, person))
    for channel in session.scalars(select(Channel).where(Channel.organization_id == row.id)).all():
        channel.tell()


class OrganizationView(GeneratedView):
    """An organisation's administrator changes the own one; the server's operator makes them and sets their limits."""

    datamodel = Rows(Organization)
    route_base, icon = "/organization", "building"
    include_route_methods = READ | {"add", "edit"}
    list_columns = ["name", "slug", "zone", "max_users", "is_test", "created_at"]
    form_columns = [
        "slug", "max_users", "name", "phone", "email", "emergency_number", "zone", "currency", "locale", "locales", "brand",
        "foot_note", "privacy_url", "is_test", "link_opens_minutes", "link_closes_minutes", "welcome_minutes",
        "hold_minutes", "grace_seconds", "ask_birth_date", "book_lead_minutes", "book_ahead_days", "patients_may_change", "change_until_hours", "pin_minutes", "send_mails", "send_reminders", "reminder_hour", "reminders_before", "text_reminders", "text_invitations", "send_missed", "send_delays", "text_delays",
        "patients_may_write", "sound_alarm", "escalate_minutes", "confirm_entry", "show_place", "force_start", "show_free_times", "quick_minutes", "call_seats",
        "elsewhere_minutes", "call_back_place", "texts_a_month", "text_price", "settings_first", "stop_without_camera",
        "allow_resolution_change", "video_fit", "screen_sharing", "feedback_enabled", "survey_url", "chat_after_visit",
        "chat_after_hours", "edit_minutes", "keep_former_words", "files_in_visits", "files_in_walk_ins", "files_in_messages", "attach_files", "patients_may_attach", "largest_file_mb", "files_an_appointment",
        "chat", "presence_minutes", "continuous_chat", "chat_by_appointment", "share_messages", "chat_mail_minutes",
        "chat_groups", "group_words_stay",
        "keep_answers_months", "reopen_cases_days", "pay_online", "payment_provider", "pay_minutes", "refund_until_hours",
    ]  # fmt: skip
    form_groups = (
        (_l("Name and contact"), "name"), (_l("Place and language"), "zone"), (_l("Look"), "brand"), (_l("Links to visits"), "link_opens_minutes"),
        (_l("Booking"), "hold_minutes"), (_l("Mails and text messages"), "send_mails"), (_l("Waiting room"), "patients_may_write"),
        (_l("Room"), "settings_first"), (_l("After a visit"), "feedback_enabled"), (_l("Words and files"), "edit_minutes"),
        (_l("Chat"), "chat"), (_l("Messages with known patients"), "continuous_chat"), (_l("Chat groups"), "chat_groups"),
        (_l("How long things are kept"), "keep_answers_months"), (_l("Payments"), "pay_online"),
    )  # fmt: skip
    aside = "admin/_payments.html"
    when_empty = {"payment_provider": _l("Nobody")}
    fixed_columns = ("slug",)
    base_order = ("name", "asc")

    def _init_forms(self) -> None:
        super()._init_forms()
        self.add_form.slug = forms.fields.Trimmed(
            words.label(Organization, "slug"), [fields.Required(), SLUG],
            description=words.description(Organization, "slug"),
        )  # fmt: skip
        without_limit = [name for name in self.edit_columns if name != "max_users"]
        self.own_form, self.any_form = forms.form_of(Organization, [*without_limit, *payments.KEYS], payments.KEY_FIELDS), self.edit_form

    @property
    def edit_form(self) -> type[RowForm]:
        """How many people an organisation may have is the operator's decision."""
        return self.any_form if current_staff() is None else self.own_form

    @edit_form.setter
    def edit_form(self, form: type[RowForm]) -> None:
        self.any_form = form

    def before(self, form: RowForm, row: Any, new: bool) -> None:
        if new:
            row.created_at = clock.now()

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        if form["locale"].data not in form["locales"].data:
            return {"locales": _("Your own language must be among them.")}
        return payments.problems(self.session, form, row)

    def after(self, form: RowForm, row: Any, new: bool) -> None:
        payments.keep_keys(self.session, form)
        attributes = inspect(row).attrs
        if not new and (attributes.chat.history.has_changes() or attributes.chat_groups.history.has_changes()):
            _end_access(self.session, row)

    def beside(self, row: Any) -> dict[str, Any]:
        """Where notices of payments come in, for whoever administers the own organisation."""
        if row is None or current_staff() is None:
            return {}
        own = payment.account(self.session)
        known = own.changed_at if own and own.sealed_key and own.sealed_secret else None
        return {"notices": f"{house().settings.base_url}/pay/notices/{row.slug}", "known": known}

    def post_add(self, row: Any) -> Answer:
        with house().sessions(organization=row.id) as inside, inside.begin():
            begin_all(inside, inside.get_one(Organization, row.id))
        return super().post_add(row)

    def home_of(self, row: Any) -> str:
        return self.url("show", pk=row.id)


class DepartmentView(GeneratedView):
    datamodel = Rows(Department)
    route_base, icon = "/departments", "building"
    list_columns = ["name", "description", "active", "position"]
    form_columns = [
        "name", "description", "colour", "position", "active", "team", *LINK_TEXTS, "page_label", "page_url", "film_label", "film_url",
        "film_still_url", "film_captions_url", "film_words",
    ]  # fmt: skip
    show_columns = [*form_columns]
    base_order = ("position", "asc")
    aside = "admin/_link_codes.html"
    extra_fields = {
        "team": fields.Trimmed(
            words.label(Department, "team"), [Length(max=120)], description=words.description(Department, "team"),
        )
    }  # fmt: skip
    children = (WaitlistView,)

    def _init_forms(self) -> None:
        super()._init_forms()
        self.texts_form = forms.form_of(Department, [name for name in self.edit_columns if name not in PLACE])

    @property
    def edit_form(self) -> type[RowForm]:
        """What the department is called and whether it is there, the organisation decides (S002-179)."""
        staff = current_staff()
        return self.any_form if staff is not None and staff.may(Permission.ADMINISTER) else self.texts_form

    @edit_form.setter
    def edit_form(self, form: type[RowForm]) -> None:
        self.any_form = form

    def beside(self, row: Any) -> dict[str, Any]:
        return {"codes": [(f"*|{name}|*", CODE_WORDS[name]) for name in LINK_CODES]}

    def after(self, form: RowForm, row: Any, new: bool) -> None:
        if "team" in form._fields:
            team.name_team(self.session, row, form["team"].data or "")

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        found = {name: said for name in LINK_TEXTS if (said := link_code_problem(form[name].data or ""))}
        own = urlsplit(house().settings.base_url).netloc
        for name in ("page_url", "film_url", "film_still_url", "film_captions_url"):
            if urlsplit(form[name].data or "").netloc == own:
                found[name] = _("This is the address of Konsulto itself. Name a page of your own site.")
        if form["film_url"].data and not form["film_words"].data:
            found["film_words"] = _("Say in words what the film shows, for those who cannot see or hear it.")
        if "page_url" not in found and not form.unchanged("page_url", row) and (said := framing_problem(form["page_url"].data)):
            found["page_url"] = said
        return found


def framing_problem(url: str) -> str:
    """Why a page cannot be shown in the waiting room, in words; nothing when it can, or is empty."""
    if not url:
        return ""
    settings = house().settings
    match framed.try_page(url, settings.base_url, inside=settings.push_inside):
        case Verdict.FORBIDS:
            return _("This site does not let its pages be shown inside others. Choose another page, or ask whoever keeps the site.")
        case Verdict.FAILS:
            return _("This page cannot be opened. Check the address.")
        case Verdict.UNREACHED:
            flash(_("The page could not be tried from here just now. Look in the waiting room whether it appears."), "warning")
    return ""
