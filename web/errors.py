"""Refusals: each has a code, a status and words in the person's language, as JSON or as a page; never a bare 500."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from telehealth.absence import BadPeriod
from telehealth.api_key import BadKey
from telehealth.attachment import AttachmentsClosed, NoAttachments, TooManyFiles
from telehealth.calendar_feed import UnknownFeed
from telehealth.call import NotInCall
from telehealth.case import NotNow, TooOld, Unfinished, UnknownCase, UnknownOutcome, WrongAnswer
from telehealth.channel import ChannelClosed, InternalChannel, NotAllowed, NotPresent
from telehealth.contact_request import AlreadyAnswered, NothingToBook, NoContactRequests
from telehealth.conversation import AlreadyClaimed, ConversationClosed, StillPresent, UnknownConversation
from telehealth.authorisation import CodeUsed, NoAddress
from telehealth import chat_group
from telehealth.correspondence import CorrespondenceThere, MessagesOff, NotAgreed, UnknownCorrespondence
from telehealth.contact_point import BadAddress, NotMergeable, UnknownContact
from telehealth.database import DatabaseBusy, ForeignOrganization, NoOrganization
from telehealth.elsewhere import WayClosed
from telehealth.feedback import FeedbackClosed, WordsTooLong
from telehealth.file import FileNotOffered, UnknownFile
from telehealth.hold import TooManyHolds
from telehealth.message import EmptyMessage, MessageTooLong, TooLateToEdit, UnknownMessage
from telehealth.messenger import CodeOver, NoWay, TooManyMessages, UnknownAccount
from telehealth.identity import BadIdentity, IdentityNeeded, IdentityOver, IdentityUsed
from telehealth.participant import TooManyParticipants, UnknownGroup, UnknownPerson
from telehealth.payment import NotPaid, NotPayable, PaymentDue, UnknownPayment
from telehealth.pin import PinOver
from telehealth.portal import PortalClosed
from telehealth.questionnaire import UnknownQuestionnaire
from telehealth.questionnaire_response import AlreadyCompleted, NotCompleted, QuestionnaireClosed, UnknownResponse
from telehealth.quick_text import UnknownQuickText
from telehealth.planned_time import BadPlan, NotPlanned, PlannedAlready
from telehealth.reschedule import NotChangeable, TooLateToChange
from telehealth.resend import AppointmentOver
from telehealth.staff_booking import BadTime, IsAway, NotByVideo, PerhapsKnown
from telehealth.standing import Contradicted
from telehealth.ticket import TooEarly, TooLate, UnknownTicket
from telehealth.waiting_room import (
    AlreadyAdmitted,
    EncounterEnded,
    Locked,
    NotANumber,
    NotAnAddress,
    NotElsewhere,
    SummaryTooLong,
    UnknownEncounter,
)
from telehealth.transfer import UnknownDestination
from telehealth.waitlist import BadWish, FreeAlready, UnknownEntry, WaitlistFull
from telehealth.walk_in import NobodyAvailable, QueueFull, TermsNotAccepted
from telehealth.booking import SlotTaken, UnknownAppointment, UnknownSlot  # isort: skip
from telehealth.visit_type import UnknownVisitType  # isort: skip
from telehealth.widget import UnknownWidget

log = logging.getLogger(__name__)
_l = lazy_gettext


class Refusal(Exception):
    """A request that cannot be granted. `fields` maps field names to words; `extra` goes into the JSON answer."""

    def __init__(
        self, code: str, status: int, message: Any = "", *, fields: dict[str, str] | None = None, **extra: Any
    ) -> None:
        self.code, self.status, self.message = code, status, message or WORDS.get(code, WORDS["failed"])
        self.fields, self.extra = fields or {}, extra
        super().__init__(code)

    def body(self) -> dict[str, Any]:
        return {"error": self.code, "message": str(self.message), "fields": self.fields, **self.extra}


WORDS: dict[str, Any] = {
    "failed": _l("Something went wrong on our side. What you entered is not lost; try again in a moment."),
    "busy": _l("A lot is going on right now. Try again in a few seconds."),
    "unknown": _l("We cannot find what you asked for. Check the address, or start again from the clinic’s page."),
    "unknown_widget": _l("This widget does not exist, or the clinic has switched it off."),
    "not_signed_in": _l("Sign in to go on."),
    "not_allowed": _l("Your role does not include this."),
    "session_expired": _l("This page has been open for a long time. Reload it to go on."),
    "bad_key": _l("This API key is unknown, revoked, or not made for this."),
    "invalid": _l("Some answers need another look."),
    "not_json": _l("The request must be JSON."),
    "too_large": _l("This is more than we can take at once. Make it shorter, or send it in parts."),
    "too_many": _l("That was a lot in a short time. Wait a moment, then go on."),
    "method": _l("This address does not do that."),
    "terms_not_accepted": _l("Accept the terms to go on."),
    "nobody_available": _l("Nobody is available there right now."),
    "queue_full": _l("The waiting room is full at the moment. Try again a little later, or book a time."),
    "identity_bad": _l("The clinic’s website could not show who you are. Reload that page, or sign in there again."),
    "identity_over": _l("It took too long to open the chat. Reload the clinic’s page and open it again."),
    "identity_used": _l("The clinic’s website has said twice in the same words who you are. Reload that page to go on."),
    "identity_needed": _l("Sign in on the clinic’s website first. This chat is for people who are signed in there."),
    "channel_closed": _l("This chat is closed right now."),
    "not_present": _l("You see this conversation once you are present in its channel."),
    "already_admitted": _l("%(name)s has already called this patient in."),
    "already_claimed": _l("%(name)s has already taken this conversation."),
    "already_answered": _l("%(name)s has already answered this request."),
    "conversation_closed": _l("This conversation is closed."),
    "case_not_now": _l("This cannot be done with the case as it stands now."),
    "case_too_old": _l("This case was finished too long ago to be opened again."),
    "unfinished": _l("Fill in what is needed and choose a reason, then finish the case."),
    "locked": _l("%(name)s has locked this consultation. Ask there before you change it."),
    "unknown_destination": _l("Nobody there can call patients in any more. Choose somebody else."),
    "unknown_quick_text": _l("This quick text is not there any more. Choose another one."),
    "encounter_ended": _l("This visit has ended."),
    "unknown_questionnaire": _l("There is nothing to ask: choose a questionnaire that is not filled in yet."),
    "not_completed": _l("The patient has not sent it, or is correcting it already."),
    "questionnaire_closed": _l("It is too late to fill this in. Tell the clinic what it should know."),
    "already_completed": _l("These answers were sent already. What was sent stays as it is."),
    "appointment_over": _l("This appointment is over or cancelled."),
    "not_an_address": _l("Enter an e-mail address like name@example.org."),
    "not_a_number": _l("Enter a mobile number with its country code, like +31 6 1234 5678."),
    "way_closed": _l("The clinic cannot write to you this way right now. Choose another way, or keep this page open."),
    "not_elsewhere": _l("The patient is back already."),
    "empty_message": _l("Write something first."),
    "message_too_long": _l("This message is too long. Send it in two parts."),
    "too_late_to_edit": _l("It is too late to change this. Write another message instead."),
    "text_too_long": _l("This is too long. Make it shorter."),
    "feedback_closed": _l("The time to say how the visit was is over."),
    "slot_taken": _l("Somebody else has just booked this time."),
    "bad_time": _l("Choose a time from now on, in steps of five minutes, and not more than eight hours."),
    "is_away": _l("%(name)s is away then."),
    "perhaps_known": _l("There is a patient who may be the same person."),
    "free_already": _l("There is a free time before that date already."),
    "bad_wish": _l("Choose a date from today on, as far ahead as can be booked."),
    "waitlist_full": _l("The waitlist is full. Look again later, or call us."),
    "unknown_visit_type": _l("This is not offered any more. Choose something else."),
    "not_waiting": _l("This person is not on the waitlist any more."),
    "unknown_slot": _l("This time cannot be booked any more. Choose another one."),
    "bad_period": _l("The end must lie after the beginning and in the future, and not more than a year later."),
    "bad_plan": _l("This time is over, ends before it begins, or has no room for one appointment."),
    "planned_already": _l("Another time of this person lies there already. Choose a stretch beside it, or take that one back."),
    "not_planned": _l("This time was changed meanwhile. Look at the calendar again."),
    "not_changeable": _l("This appointment cannot be changed any more."),
    "contradicted": _l("It is too early to say so, or what is known of this appointment says otherwise."),
    "too_late_to_change": _l("It is too late to change this appointment here. Please call the clinic."),
    "unknown_ticket": _l("This link does not work any more. Ask the clinic for a new one."),
    "too_early": _l("It is still too early."),
    "too_late": _l("The time of this appointment is over."),
    "no_attachments": _l("The clinic does not take files here."),
    "attachments_closed": _l("It is too late to add or take away files here."),
    "too_many_files": _l("There are as many files as there may be: %(most)s. Take one away first."),
    "file_not_offered": _l("This file is still being checked. Try again in a few minutes."),
    "not_in_call": _l("Picture and sound begin once the patient has been called in."),
    "unknown_person": _l("This person is not there any more. Choose somebody else."),
    "unknown_group": _l("This group is not there any more. Choose another one."),
    "too_many_participants": _l("That is more people than can take part in one call. Choose fewer."),
    "not_by_video": _l("Only to appointments by video or in writing can others be invited."),
    "unknown_event": _l("The server does not know this event."),
    "csrf": _l("This page has been open for a long time. Reload it and send the form again; nothing was changed."),
    "not_payable": _l("There is nothing to pay here any more. Look whether it is paid already, or choose another time."),
    "payment_due": _l("Please pay first. Then you can come in."),
    "not_paid": _l("There is no money to give back."),
    "payment_fails": _l("The payment page cannot be reached right now. Nothing was charged. Try again in a moment, or call the clinic."),
    "code_used": _l("This code lets no device in any more. Ask the clinic for a new one."),
    "nothing_to_book": _l("Patients cannot book a time here: there is no booking widget."),
    "no_address": _l("No e-mail address of this patient is known. Enter one first, or print the code."),
    "correspondence_there": _l("You and this patient can write to each other already."),
    "messages_off": _l("Messages with this patient are switched off, or nobody has begun them."),
    "still_present": _l("Your colleague is present. Ask for it to be handed over."),
    "group_there": _l("There is a group of this name already."),
    "group_paused": _l("Nothing can be written here at the moment. You can read."),
    "group_closed": _l("The group is closed. Open it first."),
    "group_full": _l("The group is full. Allow more members, or take back an invitation."),
    "name_wanted": _l("Choose a name of 2 to 40 characters, with a letter in it."),
    "name_taken": _l("That name is taken. Choose another one."),
    "own_name_refused": _l("That name tells who you are. In this group everybody takes another name."),
    "reason_wanted": _l("Say why: whoever is concerned reads it."),
    "no_private_talks": _l("You cannot write to this member alone at the moment."),
    "not_agreed": _l("This patient has not agreed to such mails. It is noted in the patient’s record."),
    "pin_over": _l("This PIN does not work any more. Request a new one."),
    "signed_out": _l("You are signed out, so that nobody else reads here. Come in again with a new PIN."),
    "bad_address": _l("This does not look like an address or number that can be reached."),
    "not_mergeable": _l("These contacts are one already."),
    "no_way": _l("There is no way to send a code there right now."),
    "code_needed": _l("Enter the code that we send you first."),
    "wrong_code": _l("That is not the code. Look at the digits again."),
    "code_over": _l("This code does not work any more. Ask for another one."),
    "demo_in_production": _l("The demo is not available here."),
}

DOMAIN: dict[type[Exception], tuple[str, int]] = {
    UnknownWidget: ("unknown_widget", 404),
    UnknownConversation: ("unknown", 404),
    BadIdentity: ("identity_bad", 403),
    IdentityOver: ("identity_over", 403),
    IdentityUsed: ("identity_used", 409),
    IdentityNeeded: ("identity_needed", 403),
    UnknownEncounter: ("unknown", 404),
    UnknownAppointment: ("unknown", 404),
    UnknownResponse: ("unknown", 404),
    UnknownQuestionnaire: ("unknown_questionnaire", 409),
    QuestionnaireClosed: ("questionnaire_closed", 409),
    NotCompleted: ("not_completed", 409),
    AlreadyCompleted: ("already_completed", 409),
    AppointmentOver: ("appointment_over", 409),
    UnknownFeed: ("unknown", 404),
    UnknownFile: ("unknown", 404),
    NoAttachments: ("no_attachments", 403),
    AttachmentsClosed: ("attachments_closed", 409),
    TooManyFiles: ("too_many_files", 409),
    FileNotOffered: ("file_not_offered", 409),
    UnknownTicket: ("unknown_ticket", 404),
    UnknownSlot: ("unknown_slot", 409),
    UnknownVisitType: ("unknown_visit_type", 409),
    SlotTaken: ("slot_taken", 409),
    TooManyHolds: ("too_many", 429),
    TermsNotAccepted: ("terms_not_accepted", 422),
    NobodyAvailable: ("nobody_available", 409),
    NoContactRequests: ("unknown", 404),
    AlreadyAnswered: ("already_answered", 409),
    QueueFull: ("queue_full", 409),
    ChannelClosed: ("channel_closed", 409),
    InternalChannel: ("channel_closed", 409),
    NotPresent: ("not_present", 403),
    NotAllowed: ("not_allowed", 403),
    AlreadyAdmitted: ("already_admitted", 409),
    AlreadyClaimed: ("already_claimed", 409),
    StillPresent: ("still_present", 409),
    ConversationClosed: ("conversation_closed", 409),
    UnknownCase: ("unknown", 404),
    NotNow: ("case_not_now", 409),
    TooOld: ("case_too_old", 409),
    Unfinished: ("unfinished", 422),
    UnknownOutcome: ("unknown", 404),
    WrongAnswer: ("invalid", 422),
    EncounterEnded: ("encounter_ended", 409),
    Locked: ("locked", 409),
    UnknownDestination: ("unknown_destination", 409),
    UnknownQuickText: ("unknown_quick_text", 409),
    NotANumber: ("not_a_number", 422),
    NotAnAddress: ("not_an_address", 422),
    WayClosed: ("way_closed", 409),
    NotElsewhere: ("not_elsewhere", 409),
    UnknownMessage: ("unknown", 404),
    TooLateToEdit: ("too_late_to_edit", 409),
    EmptyMessage: ("empty_message", 422),
    MessageTooLong: ("message_too_long", 413),
    SummaryTooLong: ("text_too_long", 413),
    WordsTooLong: ("text_too_long", 413),
    FeedbackClosed: ("feedback_closed", 409),
    BadPeriod: ("bad_period", 422),
    BadPlan: ("bad_plan", 422),
    PlannedAlready: ("planned_already", 409),
    NotPlanned: ("not_planned", 409),
    BadTime: ("bad_time", 422),
    BadWish: ("bad_wish", 422),
    UnknownEntry: ("not_waiting", 404),
    WaitlistFull: ("waitlist_full", 409),
    FreeAlready: ("free_already", 409),
    IsAway: ("is_away", 409),
    PerhapsKnown: ("perhaps_known", 409),
    NotChangeable: ("not_changeable", 409),
    Contradicted: ("contradicted", 409),
    TooLateToChange: ("too_late_to_change", 403),
    TooEarly: ("too_early", 403),
    TooLate: ("too_late", 403),
    NotInCall: ("not_in_call", 409),
    UnknownPerson: ("unknown_person", 404),
    UnknownGroup: ("unknown_group", 409),
    TooManyParticipants: ("too_many_participants", 409),
    NotByVideo: ("not_by_video", 409),
    UnknownPayment: ("unknown", 404),
    NotPayable: ("not_payable", 409),
    NotPaid: ("not_paid", 409),
    PaymentDue: ("payment_due", 402),
    PinOver: ("pin_over", 409),
    CodeUsed: ("code_used", 409),
    NothingToBook: ("nothing_to_book", 409),
    NoAddress: ("no_address", 409),
    CorrespondenceThere: ("correspondence_there", 409),
    UnknownCorrespondence: ("unknown", 404),
    MessagesOff: ("messages_off", 409),
    chat_group.UnknownGroup: ("unknown", 404),
    chat_group.UnknownMember: ("unknown", 404),
    chat_group.GroupPaused: ("group_paused", 409),
    chat_group.GroupClosed: ("group_closed", 409),
    chat_group.GroupFull: ("group_full", 409),
    chat_group.NameWanted: ("name_wanted", 422),
    chat_group.NameTaken: ("name_taken", 409),
    chat_group.OwnNameRefused: ("own_name_refused", 422),
    chat_group.ReasonWanted: ("reason_wanted", 422),
    chat_group.NoPrivateTalks: ("no_private_talks", 409),
    NotAgreed: ("not_agreed", 409),
    BadAddress: ("bad_address", 422),
    NotMergeable: ("not_mergeable", 409),
    UnknownContact: ("unknown", 404),
    UnknownAccount: ("unknown", 404),
    TooManyMessages: ("too_many", 429),
    NoWay: ("no_way", 409),
    CodeOver: ("code_over", 409),
    PortalClosed: ("signed_out", 401),
    BadKey: ("bad_key", 401),
    NoOrganization: ("not_signed_in", 401),
    ForeignOrganization: ("not_allowed", 403),
    DatabaseBusy: ("busy", 503),
    OperationalError: ("busy", 503),
}
HTTP = {
    400: "invalid",
    401: "not_signed_in",
    403: "not_allowed",
    404: "unknown",
    405: "method",
    413: "too_large",
    429: "too_many",
}


def refusal_of(error: Exception) -> Refusal:
    """The refusal that stands for any exception; unknown ones are logged and become `failed`."""
    if isinstance(error, Refusal):
        return error
    for kind in type(error).__mro__:
        if kind in DOMAIN:
            code, status = DOMAIN[kind]
            return _worded(code, status, error)
    if isinstance(error, CSRFError):
        return Refusal("csrf", 400)
    if isinstance(error, HTTPException):
        status = error.code or 500
        return Refusal(HTTP.get(status, "failed"), status)
    log.error("unforeseen failure", exc_info=error)
    return Refusal("failed", 500)


def _worded(code: str, status: int, error: Exception) -> Refusal:
    if status == 503:
        log.warning("busy: %s", type(error).__name__)
    moments = {key: value.isoformat() for key in ("opens_at", "closed_at", "start") if (value := getattr(error, key, None))}
    if (name := getattr(error, "by", None)) is not None:
        return Refusal(code, status, str(WORDS[code]) % {"name": name}, by=name, **moments)
    if (most := getattr(error, "most", None)) is not None:
        return Refusal(code, status, str(WORDS[code]) % {"most": most}, most=most)
    return Refusal(code, status, **moments)


def wants_json() -> bool:
    """Widgets, APIs and scripts get JSON; a person who opens an address gets a page."""
    if request.is_json or "Authorization" in request.headers or request.path.startswith(("/api/", "/admin/api/")):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def answer(error: Exception) -> Response:
    refusal = refusal_of(error)
    if isinstance(error, HTTPException) and error.response is not None:
        return make_response(error.response)
    if wants_json():
        response = jsonify(refusal.body())
    else:
        response = make_response(render_template("error.html", refusal=refusal, title=_("Sorry")))
    response.status_code = refusal.status
    if refusal.status in {429, 503}:
        response.headers["Retry-After"] = "5"
    return response


def init_app(app: Flask) -> None:
    app.register_error_handler(Exception, answer)
