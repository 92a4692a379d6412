"""Mails: their texts with codes, and the outbox that shows what was really sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from flask import Response, abort, flash
from flask_appbuilder import expose
from flask_appbuilder.actions import action
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from admin import words
from admin.forms import RowForm
from admin.generated import READ, WRITE, GeneratedView
from admin.mail_preview import PreviewedView
from admin.rows import Rows
from integrations.mail import SMTP
from telehealth import clock
from telehealth.job import WorkState
from telehealth.message_template import (
    CODES,
    LINK_CODES,
    VISIT_CODES,
    BrokenCode,
    MessageTemplate,
    MessageTemplateSet,
    UnknownCode,
    require_codes,
)
from telehealth.outbox import SECRET, MailKind, OutgoingMail
from telehealth.practitioner import Practitioner
from web import headers
from web.house import current_staff

CODE_WORDS = {
    "patient_name": _l("initials and last name of the patient"),
    "organization_name": _l("name of your organisation"),
    "organization_phone": _l("phone of your organisation"),
    "department_name": _l("the department"),
    "practitioner_name": _l("who expects the patient"),
    "appointment_date": _l("day of the appointment"),
    "appointment_time": _l("when it begins"),
    "appointment_end_time": _l("when it ends"),
    "appointment_welcome_from": _l("from when the patient is welcome"),
    "time_zone": _l("name of the time zone"),
    "consult_deeplink": _l("link to the waiting room"),
    "portal_deeplink": _l("link to the patient’s own pages"),
    "visit_how": _l("what is booked, how you meet (waiting room, telephone, address) and the link"),
    "personal_message": _l("what staff wrote to this patient"),
    "further_appointments": _l("the other appointments of a series, with their links"),
    "booking_link": _l("link to the free times"),
    "another_time": _l("the way to the free times, where patients can book"),
    "person_name": _l("name of the person"),
    "password_link": _l("link to choose a password"),
    "desk_link": _l("link to the waiting room of the desk"),
    "waiting_room_link": _l("link back to the patient’s place in the waiting room"),
    "consultation_link": _l("link straight into the consultation"),
    "appointment_links": _l("times and links of all appointments to come"),
    "amount": _l("what is paid or given back, with its currency"),
    "receipt_number": _l("number of the receipt, once it is paid"),
    "payment_status": _l("what is paid or to be paid, with the number of the receipt or the link to pay"),
    "refund_reason": _l("why the money comes back"),
    "bounce_time": _l("when the mail came back"),
    "bounce_reason": _l("why the mail came back"),
    "appointment_link": _l("link to the appointment in the admin"),
    "participant_name": _l("name of the external participant"),
    "participant_link": _l("the participant’s own link to the conversation"),
    "pin_code": _l("the PIN, six digits"),
    "pin_minutes": _l("how long it works"),
    "meeting_way": _l("by video, by telephone, in writing or on site"),
    "calendar_link": _l("link to that day in the calendar of the desk"),
    "earlier_appointment": _l("when and with whom it was before"),
    "channel_name": _l("the channel where the request lies"),
    "delay": _l("how late it gets"),
    "expected_time": _l("when it will probably begin"),
    "questions_first": _l("the way to what is asked before the visit, if anything is"),
    "inbox_link": _l("link to the inbox of the desk"),
    "messages_link": _l("link to the messages of the desk"),
    "portal_link": _l("the patient’s own link to the own pages"),
    "code_until": _l("until when the link lets a device in"),
}
NEEDED = {
    MailKind.CHANGE: "visit_how", MailKind.STAFF_INVITATION: "password_link", MailKind.CONFIRMATION: "visit_how", MailKind.ARRIVAL: "desk_link",
    MailKind.QUESTIONNAIRE: "consult_deeplink",
    MailKind.CALL_BACK: "waiting_room_link", MailKind.NEW_LINK: "appointment_links", MailKind.TIME_FREE: "booking_link", MailKind.BOUNCE: "appointment_link",
    MailKind.QUICK_CONSULTATION: "consultation_link", MailKind.PARTICIPANT: "participant_link", MailKind.PARTICIPANT_CHANGE: "participant_link",
    MailKind.PAID_CONSULTATION: "payment_status", MailKind.PIN: "pin_code",
    MailKind.STAFF_BOOKED: "calendar_link", MailKind.STAFF_MOVED: "calendar_link", MailKind.STAFF_ASKED: "inbox_link",
    MailKind.CALL_BACK_BOUNCE: "desk_link", MailKind.MESSAGE_WAITING: "portal_link", MailKind.PORTAL_LINK: "portal_link",
    MailKind.DEVICE_CODE: "portal_link", MailKind.RESULT_READY: "portal_link", MailKind.REQUEST_ANSWERED: "portal_link",
    MailKind.GROUP_INVITATION: "portal_link", MailKind.GROUP_MESSAGE: "portal_link",
    MailKind.REQUEST_INVITED: "booking_link", MailKind.STAFF_MESSAGE: "messages_link", MailKind.STAFF_CASE: "inbox_link", MailKind.STAFF_ESCALATED: "inbox_link",
}  # fmt: skip


class MessageTemplateView(PreviewedView):
    datamodel = Rows(MessageTemplate)
    route_base, icon, parent = "/mail-texts", "mail", "set"
    include_route_methods = WRITE | {"preview", "page", "test"}
    list_columns = ["set", "kind", "subject"]
    form_columns = ["set", "kind", "subject", "body"]
    fixed_columns = ("set",)
    aside, below, wide_aside = "admin/_mail_preview.html", "admin/_codes.html", True

    def called(self, row: Any) -> str:
        return str(words.word(row.kind))

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        found = self.wrong(form["kind"].data, form["subject"].data or "", form["body"].data or "")
        return found if form["body"].data else found | {"body": _("Enter something here.")}

    def wrong(self, kind: MailKind, subject: str, body: str) -> dict[str, str]:
        found = {name: said for name, text in (("subject", subject), ("body", body)) if (said := code_problem(text, kind))}
        if (needed := NEEDED.get(kind)) and not names_code(body, needed):
            found.setdefault("body", _("Without %(code)s the mail would lead nowhere. Put it into the text.", code=f"*|{needed}|*"))
        return found

    def beside(self, row: Any) -> dict[str, Any]:
        codes = {kind: [(f"*|{name}|*", CODE_WORDS[name]) for name in names] for kind, names in CODES.items()}
        headers.allow(frame_src="'self'")
        own = {"set": row.set_id if row else "", "address": self.session.get_one(Practitioner, staff.practitioner_id).email} if (staff := current_staff()) else {}
        return {"codes": codes, "chosen": row.kind if row else None, "word": words.word} | own


def names_code(body: str, needed: str) -> bool:
    """Whether the text has this code, or the bare link where that serves as well."""
    enough = {needed, "consult_deeplink"} if needed == "visit_how" else {needed}
    return any(f"*|{code}|*" in re.sub(r"\s", "", body) for code in enough)


def code_problem(text: str, kind: MailKind) -> str:
    """What is wrong with the codes in a text, in words; nothing when they are all right."""
    return problem_with_codes(text, CODES[kind], _("This mail does not know %(codes)s. Choose from the list of codes."))


def link_code_problem(text: str) -> str:
    """The same for a text on the page of an appointment's link (S002-177)."""
    return problem_with_codes(text, LINK_CODES, _("This text does not know %(codes)s. Choose from the list beside the form."))


def visit_code_problem(text: str) -> str:
    """The same for a text about a visit (S002-177)."""
    known = ", ".join(f"*|{name}|*" for name in VISIT_CODES)
    return problem_with_codes(text, VISIT_CODES, _("This text does not know %(codes)s. It knows %(known)s.", codes="%(codes)s", known=known))


def problem_with_codes(text: str, known: Sequence[str], unknown_words: str) -> str:
    """What is wrong with the codes in a text that knows these; `unknown_words` speak of %(codes)s."""
    try:
        require_codes(text, known)
    except UnknownCode as unknown:
        names = ", ".join(f"*|{name}|*" for name in unknown.names)
        return unknown_words.replace("%(codes)s", names)
    except BrokenCode:
        return _("A code is not complete. It must look like *|patient_name|*, with a star and a bar on both sides.")
    return ""


class MessageTemplateSetView(GeneratedView):
    datamodel = Rows(MessageTemplateSet)
    route_base, icon = "/mail-sets", "mail"
    list_columns = ["name", "departments", "templates"]
    form_columns = ["name", "departments"]
    search_columns = ["name", "departments"]
    when_empty = {"departments": _l("All others")}
    base_order = ("name", "asc")
    children = (MessageTemplateView,)


LINK_SECRET = re.compile(r"(https?://[^\s\"'<>#]*)#[^\s\"'<>]+")


def without_secrets(text: str) -> str:
    """Links without what stands behind #: it opens doors, and belongs to the recipient alone."""
    return LINK_SECRET.sub(r"\1#…", text)


def _is_readable(row: OutgoingMail) -> bool:
    """What opens a patient's pages is for nobody else, as soon as there is a server that mails it."""
    return row.composed_at is not None and not (row.kind in SECRET and row.via == SMTP)


class OutgoingMailView(GeneratedView):
    datamodel = Rows(OutgoingMail)
    route_base, icon = "/outbox", "send"
    include_route_methods = READ | {"letter", "attachment", "action", "action_post"}
    list_columns = ["recipient", "kind", "subject", "state", "written_at", "error"]
    form_columns = ["recipient", "kind", "subject", "state", "error"]
    show_columns = [
        "recipient", "kind", "state", "error", "bounced_at", "bounce_status", "bounce_reason", "written_at", "due", "ended_at",
        "turn", "via", "message_key",
    ]  # fmt: skip
    search_columns = ["recipient", "subject", "kind", "state", "written_at"]
    base_order = ("id", "desc")  # in the order of writing, which needs no sorting
    aside = "admin/_letter.html"

    def called(self, row: Any) -> str:
        return _("%(kind)s to %(recipient)s", kind=words.word(row.kind), recipient=row.recipient)

    def facts(self, row: Any) -> list[str]:
        """Only a mail that waits has a next attempt, only one that does not has ended, and few came back."""
        untrue = {"ended_at"} if row.state is WorkState.WAITING else {"due"}
        if row.bounced_at is None:
            untrue |= {name for name in self.show_columns if name.startswith("bounce")}
        return [name for name in self.show_columns if name not in untrue]

    def fits(self, name: str, row: Any) -> bool:
        return row.state is WorkState.DEAD

    def beside(self, row: Any) -> dict[str, Any]:
        if row is None or not _is_readable(row):
            return {}
        headers.allow(frame_src="'self'")
        return {"letter": self.url("letter", pk=row.id), "text": without_secrets(row.text), "subject": row.subject}

    @expose("/letter/<pk>")
    @has_access
    def letter(self, pk: str) -> Response:
        """The mail as the recipient sees it, in a frame where nothing can run and no link leads away."""
        row = self.find(pk)
        if not _is_readable(row):
            abort(404)
        headers.allow(
            frame_ancestors="'self'", style_src="'unsafe-inline'", script_src="'none'", connect_src="'none'", sandbox=""
        )
        return Response(without_secrets(row.html), content_type="text/html; charset=utf-8")

    @expose("/attachment/<pk>/<int:number>")
    @has_access
    def attachment(self, pk: str, number: int) -> Response:
        row = self.find(pk)
        if number >= len(row.attachments):
            abort(404)
        part = row.attachments[number]
        name = re.sub(r"[^\w.-]", "_", part["name"])
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(without_secrets(part["text"]), content_type="application/octet-stream", headers=disposition)

    @action("again", _l("Send again"), "")
    def again(self, rows: list[Any]) -> None:
        """Mails that were given up get all their attempts anew; others stay as they are."""
        dead = [row for row in rows if row.state is WorkState.DEAD]
        for row in dead:
            row.retry(clock.now())
        self.session.commit()
        if dead:
            flash(ngettext("%(num)s mail is tried again now.", "%(num)s mails are tried again now.", len(dead)), "success")
        else:
            flash(_("Only mails that were given up can be sent again."), "warning")
