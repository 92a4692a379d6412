"""What the admin calls things: names of models, a label and a help text for every field, words for every choice.

One table for each model. What is not in a model's table is neither shown nor asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from telehealth.absence import Absence
from telehealth.announcement import Announcement, Severity
from telehealth.api_key import ApiKey, Scope
from telehealth.audit import AuditAction, AuditEvent
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.case import CaseField, CaseFieldKind, CaseOutcome
from telehealth.case_text import CaseText, Occasion
from telehealth.case_timer import CaseTimer
from telehealth.channel import Channel, ChannelState, ChannelSwitch, Routing
from telehealth.chat_group import ChatGroup, GroupNames, GroupState, MemberState
from telehealth.channel_change import ChangeRule, ChannelChange
from telehealth.closed_day import ClosedDay
from telehealth.contact_point import ContactKind, ContactPoint
from telehealth.department import Department
from telehealth.feedback import Feedback, Rating
from telehealth.follow_up import FollowUpHint
from telehealth.job import Job, WorkState
from telehealth.message_template import MessageTemplate, MessageTemplateSet
from telehealth.messenger import MessengerAccount
from telehealth.opening_hours import OpeningHours
from telehealth.organization import ChatAfterVisit, Organization
from telehealth.outbox import Delivery, MailKind, OutgoingMail, Unwanted
from telehealth.participant import ExternalPerson, Group
from telehealth.patient import Patient
from telehealth.practitioner import Practitioner, PractitionerRole, Role
from telehealth.questionnaire import Questionnaire, QuestionnaireItem
from telehealth.questionnaire_form import ItemKind
from telehealth.file import StoredFile
from telehealth.questionnaire_response import QuestionnaireResponse
from telehealth.quick_text import QuickText
from telehealth.recurrence import Repeats
from telehealth.organization import PaymentProvider, PayOnline  # isort: skip
from telehealth.payment import Payment, PaymentState
from telehealth.skill import Skill
from telehealth.text_message import TextKind, TextTemplate
from telehealth.room import VideoFit
from telehealth.contact_report import Fate, Way
from telehealth.report import Outcome
from telehealth.schedule import Availability, Purpose
from telehealth.visit_type import Mode, VisitType
from telehealth.waitlist import WaitlistEntry
from telehealth.widget import FieldKind, IdentityMode, Widget, WidgetField, WidgetKind

Word = Any  # a lazily translated string


@dataclass(frozen=True)
class Named:
    """How a model is called: one, many, a button that makes one, what it is for, and what to do when there is none."""

    one: Word
    many: Word
    new: Word
    lead: Word
    none_yet: Word


NAMES: dict[type, Named] = {
    Organization: Named(
        _l("Organisation"), _l("Organisations"), _l("New organisation"),
        _l("Name, language, limits and rules that hold everywhere."),
        _l("No organisation yet."),
    ),
    Department: Named(
        _l("Department"), _l("Departments"), _l("New department"),
        _l("The units of your organisation, each with its own people and waiting room."),
        _l("Patients choose a department before they wait. Add the first one."),
    ),
    Practitioner: Named(
        _l("Person"), _l("People"), _l("New person"),
        _l("Everybody who works here. A new person gets a mail with a link to choose a password."),
        _l("Add the first person. The invitation is sent at once."),
    ),
    PractitionerRole: Named(
        _l("Role"), _l("Roles"), _l("New role"),
        _l("What a person may do, in one department or everywhere. Changes hold at once."),
        _l("Without a role a person cannot sign in."),
    ),
    Channel: Named(
        _l("Channel"), _l("Channels"), _l("New channel"),
        _l("The chats that patients can choose, each with its own hours and people."),
        _l("Add a channel, and patients can write to you from your website."),
    ),
    MessengerAccount: Named(
        _l("Messenger"), _l("Messengers"), _l("New messenger"),
        _l("Mailboxes, Telegram, WhatsApp and your own webhooks by which patients write to a channel. What your people write never leaves by them."),
        _l("Connect a mailbox or a messenger, and what is written there comes into the inbox."),
    ),
    ContactPoint: Named(
        _l("Contact"), _l("Contacts"), _l("New contact"),
        _l("Numbers and addresses from which people have written or which they have typed. They prove nothing until they are verified."),
        _l("Nobody has left a number or an address yet."),
    ),
    ChannelChange: Named(
        _l("Change"), _l("History"), _l("New change"),
        _l("Who or which rule has opened, closed or called a channel busy, when and why."),
        _l("Nothing has changed yet."),
    ),
    ChatGroup: Named(
        _l("Chat group"), _l("Chat groups"), _l("New chat group"),
        _l("Patients who write to each other, under names they choose, looked after by your people. Whom to invite is chosen at the desk."),
        _l("Add a group, then invite patients to it on the page “Groups” of the desk."),
    ),
    Skill: Named(
        _l("Skill"), _l("Skills"), _l("New skill"),
        _l("What some of your people can do. A channel may ask for one before it gives somebody a conversation."),
        _l("Without skills everybody who is present is given conversations."),
    ),
    OpeningHours: Named(
        _l("Opening hours"), _l("Opening hours"), _l("New opening hours"),
        _l("When a channel is open by itself, in your local time."),
        _l("Without opening hours the channel stays closed until somebody opens it."),
    ),
    ClosedDay: Named(
        _l("Closed day"), _l("Closed days"), _l("New closed day"),
        _l("Dates on which nothing opens by itself: no channel, no walk-in hour, no time to book."),
        _l("No day is closed beyond your weekly hours. Add public holidays, so that patients read why nobody is there."),
    ),
    MessageTemplateSet: Named(
        _l("E-mail set"), _l("E-mail sets"), _l("New e-mail set"),
        _l("The texts of your mails. A set serves the departments it names; one that names none serves all others."),
        _l("Until you write your own, patients get our standard texts."),
    ),
    MessageTemplate: Named(
        _l("E-mail text"), _l("E-mail texts"), _l("New e-mail text"),
        _l("Subject and text of one kind of mail."),
        _l("Until you write your own, our standard text is sent."),
    ),
    TextTemplate: Named(
        _l("Words of a text message"), _l("Text messages"), _l("New words of a text message"),
        _l("The words of the messages that go to telephones, with their length. Each part of a message is paid for."),
        _l("Until you write your own, our standard words are sent."),
    ),
    Announcement: Named(
        _l("Announcement"), _l("Announcements"), _l("New announcement"),
        _l("Short messages shown at once to everybody who waits."),
        _l("Nothing is announced. Tell waiting patients when somebody is late."),
    ),
    Group: Named(
        _l("Group"), _l("Groups"), _l("New group"),
        _l("What external people belong to, such as “Family” or “Home care”. Staff choose from them whom to invite beside a patient."),
        _l("Add the first group. Then people can be entered in it and invited to appointments."),
    ),
    ExternalPerson: Named(
        _l("External person"), _l("External people"), _l("New external person"),
        _l("People who do not work here and can be invited beside a patient. Each gets a link of the own."),
        _l("Nobody yet. Make a group first, then add people to it."),
    ),
    CaseField: Named(
        _l("Field of cases"), _l("Fields of cases"), _l("New field"),
        _l("What staff fill in beside a conversation; it is kept with the case and goes along to whoever gets it next."),
        _l("Add what your people note about every case, such as what was wrong."),
    ),
    CaseOutcome: Named(
        _l("Reason"), _l("Reasons to finish"), _l("New reason"),
        _l("Why a case is finished. As soon as there is one, staff choose one with every case they finish without an appointment."),
        _l("Add the first reason, such as “Answered”."),
    ),
    CaseText: Named(
        _l("Automatic message"), _l("Automatic messages"), _l("New automatic message"),
        _l("What a patient is told in the conversation when something happens to the case, in the language of the patient."),
        _l("Nothing is said by itself yet, except that the answer comes later when a case is not urgent."),
    ),
    CaseTimer: Named(
        _l("Time limit"), _l("Time limits"), _l("New time limit"),
        _l("What happens in a channel when a patient or a colleague says nothing for so long. The server sees to it, also at night."),
        _l("Nothing happens by itself yet. Add a channel’s limits."),
    ),
    QuickText: Named(
        _l("Quick text"), _l("Quick texts"), _l("New quick text"),
        _l("What you often write to people who wait, sent with one click in the reader's language."),
        _l("Write down once what you say every day, such as “We call you by phone in a moment.”"),
    ),
    FollowUpHint: Named(
        _l("Follow-up hint"), _l("Follow-up hints"), _l("New follow-up hint"),
        _l("What staff can tell a patient when a visit ends, usually whom to call. Patients read it in their language."),
        _l("Add a hint with your phone number, and it is one click at the end of a visit."),
    ),
    Feedback: Named(
        _l("Feedback"), _l("Feedback"), _l("New feedback"),
        _l("How patients found their visits. Everybody sees their own, managers their departments’."),
        _l("Answers appear here as soon as a patient says how a visit was."),
    ),
    Widget: Named(
        _l("Widget"), _l("Widgets"), _l("New widget"),
        _l("What you paste into your website. Patients meet you here."),
        _l("Add a widget, paste its snippet into your website, and patients can reach you."),
    ),
    WidgetField: Named(
        _l("Question"), _l("Questions"), _l("New question"),
        _l("What a patient is asked before entering, in this order."),
        _l("Nothing is asked. Walk-in and booking need at least a last name."),
    ),
    Questionnaire: Named(
        _l("Questionnaire"), _l("Questionnaires"), _l("New questionnaire"),
        _l("What you ask patients in writing before a visit. They fill it in by the link of their appointment, after booking or while they wait."),
        _l("Nothing is asked in writing yet. Add a questionnaire, and practitioners read the answers before they begin."),
    ),
    QuestionnaireItem: Named(
        _l("Item"), _l("Items"), _l("New item"),
        _l("A question, a heading or an explanation."),
        _l("Add the first question."),
    ),
    QuestionnaireResponse: Named(
        _l("Answers to a questionnaire"), _l("Answers to questionnaires"), _l("New answers"),
        _l("What a patient has answered."),
        _l("Answers appear as soon as a patient sends them."),
    ),
    StoredFile: Named(
        _l("File"), _l("Files"), _l("New file"),
        _l("What was put at an appointment."),
        _l("Files appear as soon as somebody puts one at an appointment."),
    ),
    Patient: Named(
        _l("Patient"), _l("Patients"), _l("New patient"),
        _l("Everybody who has visited, booked or was entered here. Opening a record is noted in the access log."),
        _l("Patients appear here after their first visit or booking."),
    ),
    Availability: Named(
        _l("Availability"), _l("Availabilities"), _l("New availability"),
        _l("When people can be booked or take walk-ins, once or again and again, in your local time."),
        _l("Nobody can be booked yet. Say when somebody has time."),
    ),
    Payment: Named(
        _l("Payment"), _l("Payments"), _l("New payment"),
        _l("What visits cost and whether it was paid online."),
        _l("Payments appear here when somebody books a visit that is paid online."),
    ),
    VisitType: Named(
        _l("Visit type"), _l("Visit types"), _l("New visit type"),
        _l("What patients choose among when they book: by video, telephone, in writing or on site, with length and price."),
        _l("Patients book a video consultation as long as the availability says. Add types to offer more."),
    ),
    Absence: Named(
        _l("Absence"), _l("Absences"), _l("New absence"),
        _l("When somebody is not there: nobody books then, and no planned walk-in hour is held. What is booked already stays."),
        _l("Nobody is away. Enter holidays and other absences, and nobody is booked then."),
    ),
    Appointment: Named(
        _l("Appointment"), _l("Appointments"), _l("New appointment"),
        _l("What patients have booked, newest first."),
        _l("Appointments appear here as soon as a patient books one."),
    ),
    WaitlistEntry: Named(
        _l("Waiting person"), _l("Waitlist"), _l("New waiting person"),
        _l("Who wants to be told when a time becomes free. Whoever was told is taken off by itself; the outbox has the mail."),
        _l("Nobody waits for a time. Patients join the list in the booking widget."),
    ),
    OutgoingMail: Named(
        _l("Mail"), _l("Outbox"), _l("New mail"),
        _l("Every mail that was or will be sent, with its state."),
        _l("Mails appear here as soon as something is booked or somebody is invited."),
    ),
    ApiKey: Named(
        _l("API key"), _l("API keys"), _l("New API key"),
        _l("Keys for your own systems, such as the WordPress plugin."),
        _l("Make a key when another system shall talk to this one."),
    ),
    AuditEvent: Named(
        _l("Entry"), _l("Access log"), _l("New entry"),
        _l("Who opened patient data and who changed which setting. Nobody can change this list."),
        _l("Nothing has been opened or changed yet."),
    ),
    Job: Named(
        _l("Failed job"), _l("Failed jobs"), _l("New job"),
        _l("Work in the background that was given up after several attempts."),
        _l("Nothing has failed."),
    ),
}  # fmt: skip

ACTIVE = (_l("Active"), _l("Only active ones are offered; nothing is lost when you pause one."))
POSITION = (_l("Position"), _l("Lower numbers stand first."))

FIELDS: dict[type, dict[str, tuple[Word, Word]]] = {
    Organization: {
        "slug": (_l("Short name"), _l("Stands in addresses: a–z, 0–9 and hyphens. It stays for ever.")),
        "name": (_l("Name"), _l("Patients see it on every page and in every mail.")),
        "phone": (_l("Phone"), _l("Where patients reach you when the page cannot help.")),
        "email": (_l("E-mail"), _l("Where patients may write to.")),
        "emergency_number": (_l("Emergency number"), _l("Stands at the foot of every patient page.")),
        "currency": (_l("Currency"), _l("Of the prices of your visit types.")),
        "zone": (_l("Time zone"), _l("All times here are in this zone.")),
        "locale": (_l("Language of your texts"), _l("The language in which you write names, texts and mails.")),
        "locales": (_l("Languages for patients"), _l("Patients can choose among these.")),
        "brand": (_l("Brand colour"), _l("We use a shade of it that stays readable, in light and dark.")),
        "foot_note": (_l("Line at the foot"), _l("One line below every patient page.")),
        "privacy_url": (_l("Privacy statement"), _l("Address of the page on your website.")),
        "is_test": (_l("Test environment"), _l("Shows a banner, so that nobody takes it for the real clinic.")),
        "max_users": (_l("Maximum number of users"), _l("How many active people you may have.")),
        "link_opens_minutes": (_l("Link opens, minutes before"), _l("From then on the link in the mail works.")),
        "link_closes_minutes": (_l("Link closes, minutes after"), _l("Until then the link works after the end.")),
        "welcome_minutes": (_l("Welcome from, minutes before"), _l("The time that mails name for coming in.")),
        "hold_minutes": (_l("Hold a time, minutes"), _l("How long a chosen time is kept while a patient books.")),
        "grace_seconds": (
            _l("Keep the place, seconds"), _l("How long a waiting patient whose connection drops keeps the place."),
        ),
        "pin_minutes": (_l("PIN works, minutes"), _l("How long a PIN can be used.")),
        "send_mails": (_l("Send mails"), _l("Off: patients get no mail at all. Mails to staff are still sent.")),
        "send_reminders": (_l("Send reminders"), _l("A mail on the morning of the appointment, and before it as you choose below.")),
        "reminder_hour": (
            _l("Hour of reminders"), _l("0 to 23, in your local time. For appointments before that hour it is the day before."),
        ),
        "text_reminders": (
            _l("Reminders by text message too"),
            _l("To patients whose number is known, as long as the month’s text messages last and the server can send them."),
        ),
        "send_missed": (_l("Write to whoever did not come"), _l("A mail with the way to another time, 15 minutes after it was noted.")),
        "reminders_before": (_l("Further reminders"), _l("How long before the appointment. None for what was booked later than that.")),
        "patients_may_write": (_l("Patients may write while waiting"), _l("Opens the chat in the waiting room.")),
        "sound_alarm": (_l("Sound for arrivals"), _l("Staff hear a bell when somebody enters the waiting room.")),
        "escalate_minutes": (
            _l("Alert everybody after, minutes"),
            _l("When nobody has seen a waiting patient by then, everybody who may see the visit is told. 0: never."),
        ),
        "confirm_entry": (_l("Ask before letting in"), _l("Staff confirm the person before the video starts.")),
        "force_start": (_l("Start without the patient"), _l("Staff may begin an appointment before its patient has come. The link then leads straight in.")),
        "show_free_times": (
            _l("Show number of remaining booking options"), _l("Staff see below the menu of the desk how many times can still be booked in the next 30 days."),
        ),
        "quick_minutes": (
            _l("Quick consultation, minutes"), _l("How long the link of a consultation that staff begin at once lets the patient in."),
        ),
        "call_seats": (
            _l("People in one call"), _l("Patient and practitioner included. Everybody sends picture and sound to everybody, which needs good networks."),
        ),
        "show_place": (_l("Show the place in the queue"), _l("Patients see how many are before them.")),
        "ask_birth_date": (
            _l("Ask for the date of birth"),
            _l("Whoever opens an appointment’s link must know it before coming in, where you know it too."),
        ),
        "book_lead_minutes": (_l("Book at least, minutes ahead"), _l("How soon an appointment may begin that a patient books. 0: at once.")),
        "book_ahead_days": (_l("Book up to, days ahead"), _l("How far into the future patients see free times.")),
        "patients_may_change": (_l("Patients may move or cancel"), _l("By the link of their appointment.")),
        "reopen_cases_days": (
            _l("Cases can come back for, days"),
            _l("Whoever writes again so soon after the end comes back to the same case; staff open a finished one again so long. 0 is never."),
        ),
        "change_until_hours": (_l("Until, hours before"), _l("How long before an appointment its patient may move or cancel it.")),
        "pay_online": (_l("Pay online"), _l("For visits that have a price. Patients pay on the pages of your provider; card data never reaches us.")),
        "payment_provider": (_l("Payments are taken by"), _l("The sandbox is for test environments only: it says that nobody is charged.")),
        "pay_minutes": (_l("Keep a time while paying, minutes"), _l("Where paying comes before the booking. Who has not paid by then loses the time.")),
        "refund_until_hours": (_l("Give money back until, hours before"), _l("Who cancels later is not given it back by itself. Whom you cancel always is.")),
        "payment_key": (_l("Secret key of Stripe"), _l("Begins with sk_ or rk_. It is kept sealed and never shown again. Leave it empty to keep the one that is there.")),
        "payment_secret": (_l("Signing secret of the webhook"), _l("Begins with whsec_. Kept sealed too. Stripe shows it after you have entered the address beside this form there.")),
        "elsewhere_minutes": (
            _l("Wait elsewhere, minutes"), _l("How long a place is kept for somebody who has closed the page and is called back."),
        ),
        "call_back_place": (_l("Call back from place"), _l("Whoever waits elsewhere is written to when the place is this or lower.")),
        "edit_minutes": (
            _l("Edit and delete own messages, minutes"), _l("How long patients and staff may change what they have written. 0: not at all."),
        ),
        "keep_former_words": (
            _l("Keep what messages said before"), _l("Sealed, and read by administrators only, each time noted. Otherwise it is gone for good."),
        ),
        "files_in_visits": (_l("Files in conversations of appointments"), _l("Patients with an appointment and staff can send each other files.")),
        "files_in_messages": (
            _l("Files in messages with known patients"), _l("Patients who write to you from their own pages and staff can send each other files, also beyond a visit."),
        ),
        "files_in_walk_ins": (
            _l("Files in conversations of the walk-in"),
            _l("The risk: the sender is unknown, and a file can carry malware. Only pictures and PDF are taken, and a virus scanner looks through them where your server has one."),
        ),
        "attach_files": (_l("Files at appointments"), _l("Staff may put files there; patients find them by their link. Mails never carry them.")),
        "patients_may_attach": (
            _l("Patients may add files"), _l("Such as a photograph, by the link of their appointment, until the visit is over."),
        ),
        "largest_file_mb": (_l("Largest file, MB"), _l("Your server may set a lower limit.")),
        "files_an_appointment": (_l("Files at one appointment"), _l("The most that lie there, from both sides together.")),
        "text_invitations": (
            _l("Text message for new appointments"),
            _l("Sends the link to patients whose number is known, as long as the month’s text messages last and the server can send them."),
        ),
        "send_delays": (
            _l("Tell by mail when somebody runs late"), _l("To those still to come today, a minute after it was said at the desk."),
        ),
        "text_delays": (
            _l("Delays by text message too"), _l("To patients whose number is known, as long as the month’s text messages last."),
        ),
        "text_price": (
            _l("Price of a part of a text message"),
            _l("What your gateway takes, such as 0.075. It is shown where you write the words; long messages have several parts."),
        ),
        "texts_a_month": (
            _l("Text messages a month"), _l("The most that are sent. 0: none. Your server must be set up to send them."),
        ),
        "settings_first": (
            _l("Device settings first"),
            _l("Patients and staff see camera, microphone and sound before they see each other."),
        ),
        "stop_without_camera": (
            _l("Stop when the camera fails"),
            _l("Whoever has no working camera is told why, and may try again, go on with sound only, or call you."),
        ),
        "allow_resolution_change": (
            _l("Picture size can be changed"), _l("What a camera cannot do changes nothing; the picture goes on."),
        ),
        "video_fit": (_l("Picture in its frame"), _l("How it begins; everybody can change it for themselves.")),
        "screen_sharing": (
            _l("Screen sharing"),
            _l("Either side can show the own screen. What is open there is seen by the other side: even what nobody meant to show."),
        ),
        "feedback_enabled": (_l("Ask how the visit was"), _l("Patients are asked on the end screen; you find the answers under Feedback.")),
        "survey_url": (
            _l("Survey of your own"), _l("Address of another survey, offered on the end screen in a new window. Begins with https://."),
        ),
        "chat_after_visit": (
            _l("Conversation after the visit"),
            _l("Decided when a visit ends. What is deleted cannot be brought back: move what belongs in the record before."),
        ),
        "chat_after_hours": (
            _l("Hours after the visit"), _l("How long patients can read a shown conversation, or when one is deleted."),
        ),
        "chat": (_l("Chat"), _l("Channels, the inbox and the chat widget. Switched off, they are gone from the desk, and nobody can start a chat.")),
        "presence_minutes": (_l("Presence ends after minutes"), _l("Whoever has no page of the desk open for so long is present in no channel any more. 0: never.")),
        "keep_answers_months": (
            _l("Months to keep answers"),
            _l("So long after a visit, the answers to its questionnaires are deleted for good; that there were some stays noted. 0: they are kept."),
        ),
        "continuous_chat": (
            _l("Messages go on"),
            _l("What a patient and a practitioner write to each other goes on before, during and after the visit. Off: each visit has its own."),
        ),
        "chat_by_appointment": (
            _l("An appointment opens messages"), _l("Its patient and practitioner can write to each other from then on; the same pair once."),
        ),
        "share_messages": (
            _l("A department shares its messages"),
            _l("Everybody who works in the department reads and answers. Off: only those who write with the patient, and who administers."),
        ),
        "chat_groups": (
            _l("Chat groups"),
            _l("Patients whom your people invite write to each other, under names they choose. Makes the page “Groups” appear at the desk."),
        ),
        "group_words_stay": (
            _l("Words stay in groups"), _l("What somebody wrote stays in a group, without the name, when the person leaves. Off: it is deleted."),
        ),
        "chat_mail_minutes": (
            _l("Minutes until a mail tells of a message"), _l("Whoever has not read it by then is told that there is one, once. 0: never."),
        ),
        "created_at": (_l("Since"), _l("When it was set up.")),
    },
    Department: {
        "name": (_l("Name"), _l("Patients see it when they choose.")),
        "description": (_l("Description"), _l("One line that helps patients to choose.")),
        "colour": (_l("Colour"), _l("Marks the department on the desk.")),
        "position": POSITION,
        "active": ACTIVE,
        "team": (
            _l("Booked as a team"),
            _l("A name such as “Our nurses”: patients can book it, and whoever of the department is free sees them. Give it availabilities like a person. Empty: patients book persons only."),
        ),
        "early_text": (_l("When the link is opened too early"), _l("Stands below the time from which it works. Leave empty for our words.")),
        "on_time_text": (_l("When the patient is on time"), _l("Such as: You are on time, we expect you at *|appointment_time|*. Leave empty for our words.")),
        "late_text": (_l("When the appointment has begun"), _l("What late patients read before they come in. Leave empty for our words.")),
        "over_text": (_l("When the link works no longer"), _l("What to do then. Leave empty for our words.")),
        "page_label": (_l("Button to your own page"), _l("Stands in the waiting room, such as: Before your first visit.")),
        "page_url": (_l("Own page in the waiting room"), _l("Opens there in a frame. Its site must allow that; we try when you save. Begins with https://.")),
        "film_label": (_l("Name of the film"), _l("Such as: How a consultation by video works.")),
        "film_url": (_l("Film in the waiting room"), _l("Address of an MP4 or WebM file on your site. It begins when the patient starts it.")),
        "film_still_url": (_l("Still image of the film"), _l("Address of the picture that stands there before.")),
        "film_captions_url": (_l("Captions of the film"), _l("Address of a WebVTT file. Your site must let other sites read film and captions.")),
        "film_words": (_l("The film in words"), _l("What it shows and says, for those who cannot see or hear it.")),
    },
    Practitioner: {
        "name": (_l("Name"), _l("As patients read it, with title if you use one.")),
        "title": (_l("Occupation"), _l("Stands below the name, such as Doctor or Nurse.")),
        "email": (_l("E-mail"), _l("Signs in with it; the invitation goes there.")),
        "phone": (_l("Phone"), _l("For colleagues only.")),
        "languages": (_l("Languages spoken"), _l("Patients see them when they choose.")),
        "locale": (_l("Language of the pages"), _l("In which language this person reads desk and admin.")),
        "active": (_l("Active"), _l("Off: signed out at once, cannot sign in, cannot be booked. Nothing is lost.")),
        "takes_walk_ins": (_l("Walk-in hour open"), _l("On: patients can walk in to this person now.")),
        "mail_booked": (_l("New appointments"), _l("When a patient books a time with you or your team.")),
        "mail_changed": (_l("Changes"), _l("When somebody else moves or cancels an appointment with you, patient or colleague.")),
        "mail_asked": (_l("Contact requests"), _l("When somebody asks to be called back in one of your channels.")),
        "mail_messages": (_l("Messages"), _l("When a patient has written to you and nobody has read it for a while.")),
        "roles": (_l("Roles"), _l("What the person may do.")),
        "role": (_l("First role"), _l("What the person may do. You can add more roles afterwards.")),
        "department": (_l("In department"), _l("Leave empty for the whole organisation.")),
    },
    PractitionerRole: {
        "practitioner": (_l("Person"), _l("Who gets the role.")),
        "role": (_l("Role"), _l("Decides what the person sees and may do.")),
        "department": (_l("In department"), _l("Leave empty for the whole organisation.")),
    },
    Channel: {
        "name": (_l("Name"), _l("Patients see it when they choose.")),
        "description": (_l("Description"), _l("One line that helps patients to choose.")),
        "department": (_l("Department"), _l("Whose people answer here. Leave empty for everybody.")),
        "switch": (_l("Open"), _l("By its opening hours, or by hand until you change it.")),
        "congested": (_l("Busy"), _l("Patients are told that answers take longer.")),
        "internal": (_l("Staff only"), _l("Patients cannot choose it; colleagues pass conversations on to it.")),
        "after_visits": (
            _l("Takes questions after visits"),
            _l("Where conversations are shown afterwards, patients may go on writing: it comes here, with all that was said."),
        ),
        "takes_files": (
            _l("Files may be sent"),
            _l("The risk: in a public chat the sender is unknown, and a file can carry malware. Only pictures and PDF are taken, and a virus scanner looks through them where your server has one."),
        ),
        "notice": (_l("Notice"), _l("Shown above every new conversation.")),
        "closed_text": (_l("When closed"), _l("What patients read then. The next opening is added by itself.")),
        "takes_questions": (_l("Questions while closed"), _l("While it is closed, patients may leave a question and how to reach them.")),
        "busy_from": (_l("Busy from"), _l("Patients are told so when more than this many wait. 0: never by itself.")),
        "busy_minutes": (_l("Busy after minutes"), _l("The same when somebody waits longer than this. 0: never by itself.")),
        "closes_when_empty": (_l("Closed when nobody is present"), _l("Nobody can start there while none of your people is present.")),
        "empty_minutes": (_l("Minutes until then"), _l("How long it stays open after the last one has left.")),
        "routing": (_l("Who answers"), _l("People take conversations themselves, or each is given to somebody who is present.")),
        "most_at_once": (_l("Most at once"), _l("Nobody who has this many conversations is given another one.")),
        "language_minutes": (_l("Minutes for the language"), _l("So long a conversation waits for somebody who speaks its language; then anybody may get it.")),
        "skill": (_l("Skill"), _l("Only people who have it are given conversations of this channel.")),
        "position": POSITION,
        "changes": (_l("History"), _l("Who or what has opened and closed it.")),
        "hours": (_l("Opening hours"), _l("When it is open by itself.")),
    },
    MessengerAccount: {
        "name": (_l("Name"), _l("Only your people see it.")),
        "kind": (_l("Service"), _l("It stays for ever; another service is another entry.")),
        "channel": (_l("Channel"), _l("Where new conversations begin.")),
        "locale": (_l("Language"), _l("In which notices speak.")),
        "active": (_l("On"), _l("Switched off, nothing is taken and nothing sent.")),
        "address": (_l("Own address there"), _l("The mail address; at WhatsApp the id of the phone number; at Telegram the bot’s name.")),
        "url": (_l("Where notices go"), _l("The https:// address of your own system.")),
        "token": (_l("Token or password"), _l("Of the bot, the app or the mailbox. It is sealed and shown to nobody; leave empty to keep it.")),
        "secret": (_l("Signing secret"), _l("At WhatsApp the app secret; at Telegram and for webhooks a long random word of yours. Leave empty to keep it.")),
        "imap_host": (_l("Mail server"), _l("The IMAP server, such as imap.care.example.")),
        "imap_port": (_l("Port"), _l("993 unless your provider says otherwise. The connection is always encrypted.")),
        "imap_user": (_l("User name"), _l("Leave empty when it is the mail address.")),
        "template": (_l("Template"), _l("The name of a message that WhatsApp has approved, for patients who have not written for 24 hours. Its first blank is your name, its second the link.")),
        "template_locale": (_l("Language of the template"), _l("As WhatsApp names it, such as en_GB; leave empty for the language of notices.")),
        "heard_at": (_l("Last message"), _l("When something came in by it.")),
        "last_error": (_l("Last error"), _l("Why it did not work the last time.")),
        "last_error_at": (_l("Since"), _l("When that was.")),
    },
    ContactPoint: {
        "name": (_l("Name"), _l("As the service or the person told it.")),
        "kind": (_l("Kind"), _l("What sort of address it is.")),
        "address": (_l("Number or address"), _l("Numbers stand with their country code.")),
        "created_at": (_l("First seen"), _l("When it first came up.")),
        "verified_at": (_l("Verified"), _l("When its owner showed that it is theirs.")),
        "consented_at": (_l("Agrees to notices"), _l("Since when appointments may be told there.")),
        "blocked_at": (_l("Blocked"), _l("Since when nothing is taken from there.")),
        "merged": (_l("Same person as"), _l("Your people have said so; it can be undone.")),
    },
    ChannelChange: {
        "channel": (_l("Channel"), _l("What changed.")),
        "at": (_l("When"), _l("Your local time.")),
        "state": (_l("State"), _l("How it stood from then on.")),
        "rule": (_l("Why"), _l("By a person or by a rule.")),
        "by": (_l("Who"), _l("Whoever changed it by hand.")),
        "reason": (_l("Reason"), _l("What that person wrote.")),
    },
    ChatGroup: {
        "name": (_l("Name"), _l("Whoever is invited reads it. Mails never name it.")),
        "description": (_l("What it is for"), _l("Stands on the invitation.")),
        "rules": (_l("Rules of this group"), _l("Whoever joins agrees to them, and can read them again at any time.")),
        "department": (_l("Department"), _l("Its administrators see the group too. Empty: only moderators and who administers everything.")),
        "moderators": (_l("Moderators"), _l("They look after the group: they read what all read, know who is who, and see what is reported.")),
        "state": (_l("State"), _l("Paused, members can read and not write. Closed, it is not there for them any more.")),
        "names": (_l("Names"), _l("Whether members must take another name, or may use their own.")),
        "most": (_l("Members at most"), _l("Those who are invited count.")),
        "private_talks": (
            _l("Two may write alone"),
            _l("Two members may write to each other when both want it. Moderators see that they do, and what, once one of the two reports a message."),
        ),
        "days_kept": (_l("Days that words are kept"), _l("Then they are deleted. 0: as long as the group is there.")),
    },
    Skill: {
        "name": (_l("Name"), _l("What somebody can do, such as sign language or diabetes care.")),
        "people": (_l("People"), _l("Who has this skill.")),
    },
    OpeningHours: {
        "channel": (_l("Channel"), _l("What opens at these times.")),
        "weekday": (_l("Day"), _l("Every week on this day.")),
        "opens_minute": (_l("Opens"), _l("Your local time.")),
        "closes_minute": (_l("Closes"), _l("Your local time; 00:00 means midnight at the end of the day.")),
    },
    ClosedDay: {
        "day": (_l("Date"), _l("The whole day, in your local time.")),
        "name": (_l("Name"), _l("Patients read it, such as New Year’s Day.")),
    },
    MessageTemplateSet: {
        "name": (_l("Name"), _l("Only you see it.")),
        "departments": (_l("Departments"), _l("None chosen: serves all departments without a set of their own.")),
        "templates": (_l("E-mail texts"), _l("The texts in this set.")),
    },
    MessageTemplate: {
        "set": (_l("E-mail set"), _l("Which set it belongs to.")),
        "kind": (_l("Sent as"), _l("When this text is sent.")),
        "subject": (_l("Subject"), _l("Never write about health here: subjects are seen by others.")),
        "body": (_l("Text"), _l("Plain text; an empty line begins a new paragraph. Codes become names and times.")),
    },
    Announcement: {
        "text": (_l("Text"), _l("One or two sentences. Waiting patients see it at once.")),
        "severity": (_l("Kind"), _l("A warning stands out more.")),
        "department": (_l("For department"), _l("Leave empty for everybody who waits.")),
        "starts_at": (_l("From"), _l("Empty: from now on.")),
        "expires_at": (_l("Until"), _l("Empty: until you delete it. Afterwards it stays here but is not shown.")),
    },
    TextTemplate: {
        "kind": (_l("What it is for"), _l("Each kind has its own words.")),
        "body": (_l("Text"), _l("Names no patient and nothing about health: telephones show messages to whoever looks.")),
    },
    CaseField: {
        "label": (_l("Label"), _l("Read by staff.")),
        "kind": (_l("Kind"), _l("What can be entered.")),
        "choices": (_l("Choices"), _l("One a line. What was chosen is kept by its place: add new ones at the end.")),
        "channel": (_l("Channel"), _l("Leave empty for all channels.")),
        "required": (_l("Needed"), _l("A case cannot be finished at the desk without it.")),
        "position": POSITION,
    },
    CaseOutcome: {"name": (_l("Reason"), _l("Read by staff.")), "position": POSITION},
    CaseText: {
        "occasion": (_l("When"), _l("Each has its own words.")),
        "text": (_l("Text"), _l("Patients read it in their own language once it is translated.")),
        "active": (_l("Switched on"), _l("Off: it is not said.")),
    },
    CaseTimer: {
        "channel": (_l("Channel"), _l("Where these limits hold.")),
        "warn_patient_minutes": (_l("Remind the patient after, minutes"), _l("After the last answer. 0 is never. What is said stands among the automatic messages.")),
        "end_minutes": (_l("End the conversation after, minutes"), _l("After the last answer. The case stays for staff to finish. 0 is never.")),
        "return_minutes": (_l("Back to the queue after, minutes"), _l("After a patient’s message that nobody has answered; whoever has the case is reminded before. 0 is never.")),
        "abandoned_minutes": (_l("Given up by the patient after, minutes"), _l("When nobody has taken it and the patient has written nothing for so long. The case is put among the non-urgent ones and the patient is told. 0 is never.")),
        "abandoned_ends": (_l("Close it then"), _l("Instead, the conversation ends and the case is done, with that reason in its history.")),
        "escalate_after": (_l("Escalate after returns"), _l("A case that came back to the queue so often is marked, and told by e-mail to those who are present and to who administers the department. 0 is never.")),
    },
    QuickText: {
        "title": (_l("Title"), _l("What your colleagues choose it by.")),
        "code": (_l("Short code"), _l("One word. Your colleagues write it after a slash, such as /late, and the text appears.")),
        "text": (_l("Text"), _l("Patients read it in their own language once it is translated. Never write about health here.")),
        "department": (_l("For department"), _l("Leave empty for everybody at the desk.")),
        "channel": (_l("For channel"), _l("Offered in conversations of this channel only. Leave empty for all.")),
        "position": (_l("Order"), _l("Smaller numbers come first.")),
    },
    FollowUpHint: {
        "text": (_l("Text"), _l("One sentence. A phone number in it becomes a button that calls it.")),
        "department": (_l("For department"), _l("Leave empty for all departments.")),
        "preselected": (_l("Proposed"), _l("Already chosen when staff end a visit; the department’s own goes first.")),
        "position": POSITION,
    },
    Feedback: {
        "given_at": (_l("When"), _l("When it was given or last changed.")),
        "rating": (_l("Rating"), _l("One of five.")),
        "words": (_l("In their words"), _l("What the patient added. Opening it is noted in the access log.")),
        "department": (_l("Department"), _l("Where the visit was.")),
        "practitioner": (_l("Person"), _l("Who saw the patient.")),
    },
    Widget: {
        "name": (_l("Name"), _l("Only you see it.")),
        "key": (_l("Id"), _l("Stands in the snippet: a–z, 0–9 and hyphens. Empty: we make one.")),
        "kind": (_l("Kind"), _l("What patients do here.")),
        "active": (_l("Active"), _l("Off: the place on your website stays empty.")),
        "title": (_l("Title"), _l("The first line patients read.")),
        "intro": (_l("Opening text"), _l("Says what patients can do here and what happens next.")),
        "absent_text": (_l("When nobody is available"), _l("What patients read then. Offer another way.")),
        "terms": (_l("Terms"), _l("Patients accept them before they enter. Empty: nothing is asked.")),
        "end_text": (
            _l("After the visit"),
            _l("The last thing patients read. Codes such as *|patient_name|* or *|appointment_date|* become the patient’s own."),
        ),
        "button_label": (_l("Words on the button"), _l("For display as a button or floating. Empty: the title.")),
        "allowed_sites": (
            _l("Websites"),
            _l("Which websites may show this widget: one in each line, such as https://www.clinic.example."),
        ),
        "theme": (_l("Light or dark"), _l("Follow the visitor’s system, or always the same.")),
        "brand": (_l("Brand colour"), _l("Like #0b6e6e. Empty: the organisation’s colour.")),
        "logo_url": (_l("Logo"), _l("Address of a picture on your site, shown instead of ours. Begins with https://.")),
        "background_url": (_l("Background picture"), _l("Address of a picture on your site. It stands around the widget, so that texts stay readable.")),
        "own_css": (_l("Own CSS"), _l("For those who write it: comes after our looks. It can load nothing from other sites.")),
        "queue_limit": (_l("Places in the waiting room"), _l("When it is full, patients are offered other ways.")),
        "busy_from": (_l("Busy from"), _l("How many must wait before patients read that it is busier than usual. 0: never by itself.")),
        "busy": (_l("Busy now"), _l("On: patients read it at once, until you switch it off. For walk-in.")),
        "busy_text": (_l("Words when busy"), _l("Shown instead of our sentence with the expected minutes.")),
        "contact_requests": (
            _l("Requests to be called back"), _l("A short form for when nobody is there, the queue is full or the camera fails. For walk-in."),
        ),
        "contact_channel": (_l("Requests go to"), _l("The people of this channel find them in their inbox, whether it is open or not.")),
        "identity": (_l("Signed visitors"), _l("For chat: whether your website says, signed, who is signed in there. Make a secret first.")),
        "departments": (_l("Departments"), _l("None chosen means all.")),
        "channels": (_l("Channels"), _l("For chat. None chosen means all that are not for staff only.")),
        "fields": (_l("Questions"), _l("What is asked before entering.")),
    },
    WidgetField: {
        "widget": (_l("Widget"), _l("Where it is asked.")),
        "kind": (_l("Asks for"), _l("The first five become part of the patient’s record.")),
        "label": (_l("Question"), _l("What patients read above the field. Empty: our standard words.")),
        "help": (_l("Help"), _l("Small text below the question.")),
        "options": (_l("Choices"), _l("For a choice only: one in each line.")),
        "required": (_l("Must be answered"), _l("Otherwise it is marked as optional.")),
        "key": (_l("Id"), _l("Names the answer: a–z, 0–9 and _. Empty: we make one.")),
        "position": POSITION,
    },
    Questionnaire: {
        "title": (_l("Title"), _l("Patients read it when they are asked.")),
        "introduction": (_l("Introduction"), _l("What it is for and how long it takes.")),
        "active": (_l("Active"), _l("Off: it is not asked any more. What was asked already stays.")),
        "departments": (_l("Asked by these departments"), _l("Before every appointment of theirs, without anybody choosing it.")),
        "widgets": (_l("Asked by these widgets"), _l("Before every visit or appointment that begins there: walk-in or booking.")),
        "version": (_l("Version"), _l("Counts the changes. Answers keep the words in which they were given.")),
        "items": (_l("Items"), _l("What is asked, in order.")),
    },
    QuestionnaireItem: {
        "questionnaire": (_l("Questionnaire"), _l("Where it stands.")),
        "kind": (_l("Kind"), _l("How it is answered. Headings and explanations are only read.")),
        "text": (_l("Words"), _l("The question, heading or explanation as patients read it.")),
        "help": (_l("Help"), _l("Small text below the question.")),
        "options": (_l("Choices"), _l("One in each line.")),
        "required": (_l("Must be answered"), _l("Otherwise it is marked as optional.")),
        "only_if": (_l("Asked"), _l("Always, or only after a certain answer to a question before it.")),
        "position": POSITION,
    },
    Group: {
        "name": (_l("Name"), _l("Such as “Family” or “Home care”.")),
        "position": POSITION,
    },
    ExternalPerson: {
        "initials": (_l("Initials"), _l("May stay empty.")),
        "last_name": (_l("Last name"), _l("The others in the call read the name.")),
        "birth_date": (_l("Date of birth"), _l("Asked before coming in, where your organisation asks for it.")),
        "email": (_l("E-mail"), _l("The personal link goes there.")),
        "phone": (_l("Phone"), _l("For when the connection fails.")),
        "locale": (_l("Language"), _l("Mails are sent in it.")),
        "groups": (_l("Groups"), _l("Staff find the person under each of them.")),
        "created_at": (_l("Entered"), _l("When this record was made.")),
    },
    QuestionnaireResponse: {
        "reopened_at": (_l("Reopened"), _l("When the patient could last correct what was sent.")),
    },
    Patient: {
        "initials": (_l("Initials"), _l("As on the insurance card.")),
        "last_name": (_l("Last name"), _l("As on the insurance card.")),
        "birth_date": (_l("Date of birth"), _l("Tells people of the same name apart.")),
        "email": (_l("E-mail"), _l("Confirmations and reminders go there.")),
        "phone": (_l("Phone"), _l("For when the connection fails.")),
        "client_number": (_l("Client number"), _l("The number in your own records.")),
        "locale": (_l("Language"), _l("Mails are sent in it.")),
        "agreed_to_notices": (
            _l("Agrees to mails about results"), _l("A mail then says that a result is there, never which. Ask the patient first."),
        ),
        "created_at": (_l("Since"), _l("When the record was made.")),
    },
    Availability: {
        "practitioner": (_l("Person"), _l("Who has time.")),
        "purpose": (_l("For"), _l("Booked appointments, the walk-in hour, or both at once.")),
        "repeats": (_l("Repeats"), _l("Once, every few weeks, or every few months on one of their weekdays.")),
        "weekday": (_l("Day"), _l("One of the days of the week it falls on.")),
        "weekdays": (_l("Days"), _l("One or several. For weeks and months.")),
        "nth": (_l("Which in the month"), _l("Such as the second Friday. For months.")),
        "every": (_l("Every … weeks or months"), _l("1: each. 2: every second, counted from that of the first date. Up to 52 weeks or 12 months.")),
        "recurrence": (_l("When"), _l("On which days it falls.")),
        "valid_from": (_l("First date"), _l("The date itself, or the day from which it repeats.")),
        "valid_until": (_l("Last date"), _l("Until when it repeats. Empty: goes on.")),
        "last_day": (_l("Last date"), _l("The last on which it can fall.")),
        "except_on": (_l("Not on"), _l("Dates on which it does not take place. Closed days and absences need not stand here.")),
        "from_minute": (_l("From"), _l("Your local time, in steps of five minutes.")),
        "to_minute": (_l("To"), _l("Your local time; 00:00 means midnight at the end of the day.")),
        "length_minutes": (_l("Length, minutes"), _l("Of one booked appointment, in steps of five.")),
        "gap_minutes": (_l("Pause after, minutes"), _l("Between two booked appointments, in steps of five.")),
        "capacity": (_l("Patients at the same time"), _l("How many can book the same time. More than one suits a team, or a group.")),
        "visit_types": (_l("For these visit types"), _l("None chosen: for all.")),
        "slots_a_day": (_l("Appointments a day"), _l("How many fit in.")),
    },
    Payment: {
        "appointment": (_l("Appointment"), _l("What is paid.")),
        "amount": (_l("Amount"), _l("What is asked.")),
        "currency": (_l("Currency"), _l("Of the amount.")),
        "state": (_l("State"), _l("Where the money stands.")),
        "provider": (_l("Taken by"), _l("The provider on whose page it was paid.")),
        "reference": (_l("Reference"), _l("How the provider calls the money.")),
        "receipt": (_l("Receipt"), _l("Its number.")),
        "created_at": (_l("Since"), _l("When it was asked for first.")),
        "held_until": (_l("Time kept until"), _l("Without payment the time is free again then.")),
        "paid_at": (_l("Paid"), _l("When the provider said so.")),
        "refunded_at": (_l("Given back"), _l("When the provider had sent it back.")),
    },
    VisitType: {
        "name": (_l("Name"), _l("What patients choose, such as “Video consultation”.")),
        "mode": (_l("How you meet"), _l("It decides what mails and the link’s page say: the waiting room, a telephone call, or an address.")),
        "place": (_l("Where to come"), _l("Address and room, as patients need it to find you.")),
        "length_minutes": (_l("Length, minutes"), _l("In steps of five. Empty: as long as the availability says.")),
        "price": (_l("Price"), _l("What a visit costs. Empty: free of charge. It is told, not collected.")),
        "weekend_price": (_l("Price at weekends"), _l("On Saturdays and Sundays. Empty: the same.")),
        "active": ACTIVE,
        "position": POSITION,
    },
    Absence: {
        "practitioner": (_l("Person"), _l("Who is away.")),
        "start": (_l("From"), _l("In your local time.")),
        "end": (_l("Until"), _l("In your local time, at most a year later.")),
        "note": (_l("Note"), _l("Only colleagues read it.")),
    },
    Appointment: {
        "start": (_l("Start"), _l("In your local time.")),
        "end": (_l("End"), _l("In your local time.")),
        "patient": (_l("Patient"), _l("Who comes.")),
        "practitioner": (_l("Person"), _l("Who expects the patient.")),
        "department": (_l("Department"), _l("Where it belongs.")),
        "status": (_l("State"), _l("Where it stands.")),
        "checked_in_at": (_l("Checked in"), _l("When somebody of the clinic saw the patient arrive.")),
        "locale": (_l("Language"), _l("In which it was booked.")),
        "created_at": (_l("Booked"), _l("When it was booked.")),
    },
    WaitlistEntry: {
        "email": (_l("E-mail"), _l("Where it is told, once.")),
        "department": (_l("Department"), _l("Where a time is wanted.")),
        "practitioner": (_l("Person"), _l("With whom.")),
        "until": (_l("Last day"), _l("The last day that would suit.")),
        "created_at": (_l("Waits since"), _l("Who waits longest is told first.")),
        "not_before": (_l("Told from"), _l("Before that, those who were told earlier have the free time to themselves.")),
        "locale": (_l("Language"), _l("In which it is told.")),
        "widget": (_l("Widget"), _l("Where the person joined the list.")),
    },
    OutgoingMail: {
        "recipient": (_l("To"), _l("Who gets it.")),
        "kind": (_l("Kind"), _l("What it is for.")),
        "subject": (_l("Subject"), _l("Empty until it is first sent.")),
        "state": (_l("State"), _l("Waiting, sent, given up, or no longer wanted.")),
        "error": (_l("Reason"), _l("Why it was not sent.")),
        "written_at": (_l("Written"), _l("When it was put into the outbox.")),
        "ended_at": (_l("Ended"), _l("When it was sent or dropped.")),
        "due": (_l("Next attempt"), _l("When it is tried next.")),
        "turn": (_l("Attempts"), _l("How often it was tried.")),
        "bounced_at": (_l("Came back"), _l("When it was known that it could not be delivered.")),
        "bounce_status": (_l("Status code"), _l("As mail servers say it (RFC 3463).")),
        "bounce_reason": (_l("What the recipient’s server said"), _l("In its own words.")),
        "via": (_l("Way"), _l("Mail server, or the local mailbox when no mail server is set.")),
        "locale": (_l("Language"), _l("In which it is written.")),
        "message_key": (_l("Message id"), _l("The same at every attempt.")),
    },
    ApiKey: {
        "name": (_l("Name"), _l("Which system uses it, so that you know what you revoke.")),
        "scopes": (_l("May"), _l("What the key may be used for.")),
        "public_part": (_l("Begins with"), _l("The part that is not secret.")),
        "created_at": (_l("Made"), _l("When it was made.")),
        "used_at": (_l("Last used"), _l("Empty: never.")),
        "revoked_at": (_l("Revoked"), _l("From then on it opens nothing.")),
    },
    AuditEvent: {
        "at": (_l("When"), _l("In your local time.")),
        "actor": (_l("Who"), _l("A person, a key or the system.")),
        "action": (_l("Did"), _l("What was done.")),
        "entity": (_l("With"), _l("What kind of thing.")),
        "entity_id": (_l("Number"), _l("Which one.")),
        "changes": (_l("Changes"), _l("Old and new values of settings; never what patients wrote.")),
    },
    Job: {
        "kind": (_l("Kind"), _l("What was to be done.")),
        "error": (_l("Reason"), _l("What went wrong last.")),
        "turn": (_l("Attempts"), _l("How often it was tried.")),
        "due": (_l("Last attempt"), _l("When it was tried last.")),
        "organization_id": (_l("Organisation"), _l("Whose work it was.")),
    },
}  # fmt: skip

CHOICES: dict[type[StrEnum], dict[str, Word]] = {
    ContactKind: {
        "phone": _l("Telephone"), "email": _l("E-mail"), "telegram": _l("Telegram"), "whatsapp": _l("WhatsApp"), "webhook": _l("Webhook"),
    },
    Fate: {
        "answered": _l("Answered"), "left": _l("Left before an answer"), "closed": _l("Closed without an answer"),
        "open": _l("Waiting for an answer"),
    },
    Way: {
        "website": _l("Website"), "request": _l("Request to be called back"), "email": _l("E-mail"), "telegram": _l("Telegram"),
        "whatsapp": _l("WhatsApp"), "webhook": _l("Own app"), "phone": _l("Phone"),
    },
    Outcome: {
        "held": _l("Took place"), "no_show": _l("Did not come"), "cancelled": _l("Cancelled"), "unknown": _l("Not noted"),
    },
    Role: {
        "organization_administrator": _l("Organisation administrator"),
        "department_administrator": _l("Department administrator"),
        "practitioner": _l("Practitioner"),
        "translator": _l("Translator"),
        "waiting_room_monitor": _l("Waiting-room monitor"),
        "team": _l("Team that patients book"),
    },
    Mode: {"video": _l("By video"), "phone": _l("By telephone"), "chat": _l("In writing"), "on_site": _l("On site")},
    CaseFieldKind: {
        "text": _l("Short text"), "long_text": _l("Long text"), "choice": _l("Choice"), "date": _l("Date"), "yes_no": _l("Yes or no"),
        "phone": _l("Phone"),
    },
    Occasion: {
        "taken": _l("Somebody takes it"), "transferred": _l("It goes to another channel"), "handed_over": _l("A colleague gets it"),
        "set_aside": _l("It is not urgent"), "returned": _l("It goes back to the queue"), "patient_silent": _l("The patient is silent"),
        "ended_silent": _l("It ends because the patient is silent"), "ended": _l("Staff end it"), "appointment": _l("An appointment was made"),
    },
    ChannelSwitch: {"by_hours": _l("By opening hours"), "open": _l("Open now"), "closed": _l("Closed now")},
    ChannelState: {"open": _l("Open"), "congested": _l("Busy"), "closed": _l("Closed")},
    GroupState: {"open": _l("Open"), "paused": _l("Paused"), "closed": _l("Closed")},
    MemberState: {
        "invited": _l("Invited"), "in": _l("Member"), "paused": _l("Reads only"), "declined": _l("Has said no"), "left": _l("Has left"),
        "removed": _l("Removed"),
    },
    GroupNames: {"nickname": _l("Everybody takes another name"), "choice": _l("Their own name or another one")},
    Routing: {"pick": _l("Whoever takes it"), "automatic": _l("Given to who has the fewest")},
    ChangeRule: {
        "hand": _l("By hand"), "hours": _l("By opening hours"), "queue": _l("By the queue"), "presence": _l("By who is present"),
    },
    IdentityMode: {"off": _l("No"), "optional": _l("Yes, others may come too"), "required": _l("Yes, and nobody else")},
    WidgetKind: {"walk_in": _l("Walk-in"), "booking": _l("Booking"), "chat": _l("Chat")},
    FieldKind: {
        "initials": _l("Initials"), "last_name": _l("Last name"), "birth_date": _l("Date of birth"),
        "email": _l("E-mail"), "phone": _l("Phone"), "reason": _l("Reason of the visit"),
        "short_text": _l("Short text"), "long_text": _l("Long text"), "choice": _l("Choice"), "yes_no": _l("Yes or no"),
    },
    ItemKind: {
        "heading": _l("Heading"), "explanation": _l("Explanation"), "short_text": _l("Short text"), "long_text": _l("Long text"),
        "one": _l("One of several choices"), "several": _l("Several of the choices"), "yes_no": _l("Yes or no"),
        "number": _l("Number"), "date": _l("Date"), "drop_down": _l("One from a drop-down list"), "country": _l("Country"),
        "page": _l("New step"),
    },
    MailKind: {
        "confirmation": _l("Confirmation of an appointment"), "reminder": _l("Reminder"),
        "change": _l("Change of an appointment"),
        "cancellation": _l("Cancellation"), "staff_invitation": _l("Invitation to staff"),
        "arrival": _l("Somebody waits, to staff"),
        "call_back": _l("Nearly your turn, to those who wait elsewhere"),
        "new_link": _l("Links of one’s appointments, when asked for"),
        "time_free": _l("A time has become free, to the waitlist"),
        "quick_consultation": _l("Somebody of the clinic waits for the patient"),
        "bounce": _l("A mail came back, to staff"),
        "questionnaire": _l("Questionnaires before an appointment"),
        "no_show": _l("To whoever did not come"),
        "participant": _l("Invitation of an external participant"),
        "participant_change": _l("Change, to external participants"),
        "participant_cancellation": _l("Cancellation, to external participants"),
        "paid_consultation": _l("Paid consultation: confirmation, what is to be paid, receipt"),
        "refund": _l("Money comes back"),
        "pin": _l("PIN for the patient’s own pages"),
        "test": _l("Test of a text, to staff"),
        "staff_booked": _l("A patient has booked, to staff"),
        "staff_moved": _l("An appointment has moved, to staff"),
        "staff_cancelled": _l("An appointment is cancelled, to staff"),
        "running_late": _l("Somebody runs late, to those still to come today"),
        "call_back_bounce": _l("Somebody could not be called back, to staff"),
        "staff_case": _l("Somebody waits in a channel, to staff"),
        "staff_escalated": _l("A case comes back again and again, to staff"),
        "staff_asked": _l("Somebody asks to be called back, to staff"),
        "message_waiting": _l("A message waits on the own pages"),
        "staff_message": _l("A patient has written, to staff"),
        "portal_link": _l("Link to the own pages"),
        "device_code": _l("Link that lets one device in"),
        "result_ready": _l("A result is there, to whoever agreed to such mails"),
        "request_answered": _l("Answer to a request to be called back"),
        "request_invited": _l("Invitation after a request to be called back"),
        "group_invitation": _l("Invitation to a chat group"),
        "group_message": _l("Something new in a chat group"),
    },
    TextKind: {
        "reminder": _l("Reminder"), "invitation": _l("Invitation with the link"),
        "call_back": _l("Nearly your turn, to those who wait elsewhere"),
        "running_late": _l("Somebody runs late, to those still to come today"),
    },
    ChatAfterVisit: {
        "kept": _l("Kept for staff only"), "shown": _l("Shown to the patient afterwards"), "deleted": _l("Deleted for good"),
    },
    Rating: {
        "1": _l("1 Very bad"), "2": _l("2 Bad"), "3": _l("3 So-so"), "4": _l("4 Good"), "5": _l("5 Very good"),
    },
    PayOnline: {
        "off": _l("No: prices are only told"), "offered": _l("Offered, nobody has to"),
        "before_entry": _l("Before entering the waiting room"), "before_booking": _l("Before the booking stands"),
    },
    PaymentProvider: {"sandbox": _l("Sandbox for tests, no money moves"), "stripe": _l("Stripe, your own account")},
    PaymentState: {
        "due": _l("To be paid"), "started": _l("Being paid"), "paid": _l("Paid"), "refunding": _l("Being given back"),
        "refunded": _l("Given back"), "released": _l("Not paid, nothing owed"), "waived": _l("Nothing asked"),
    },
    VideoFit: {"cover": _l("Fills the frame, edges are cut"), "contain": _l("Whole picture, bars beside it")},
    Severity: {"information": _l("Information"), "warning": _l("Warning")},
    Purpose: {
        "booking": _l("Booked appointments"), "walk_in": _l("Walk-in hour"), "both": _l("Walk-in hour and booked appointments"),
    },
    Repeats: {"once": _l("Once"), "weekly": _l("By weeks"), "monthly": _l("By months")},
    AppointmentStatus: {
        "booked": _l("Booked"), "cancelled": _l("Cancelled"), "done": _l("Done"),
        "no_show": _l("Did not come"),
    },
    Delivery: {
        "waiting": _l("Waiting"), "sent": _l("Sent"), "not_sent": _l("Not sent"), "given_up": _l("Given up"),
        "bounced": _l("Came back"),
    },
    Unwanted: {
        "no_mails": _l("The organisation sends no mails."), "no_reminders": _l("The organisation sends no reminders."),
        "begun": _l("The appointment had begun."), "cancelled": _l("The appointment was cancelled."),
        "later_change": _l("A later change was told instead."), "back": _l("The patient was back, or the visit over."),
        "nothing_to_come": _l("None of the appointments was still to come."),
        "read_already": _l("It was read before the mail went out."),
        "revoked": _l("The way to the own pages was taken back."),
        "pin_over": _l("The PIN had expired, or a newer one was asked for."),
        "came": _l("The patient came after all."), "no_delays": _l("The organisation does not write about delays."),
        "no_missed": _l("The organisation does not write to those who did not come."),
    },
    WorkState: {"waiting": _l("Waiting"), "done": _l("Sent"), "dead": _l("Given up"), "dropped": _l("No longer wanted")},
    AuditAction: {
        "opened": _l("opened"), "created": _l("created"), "changed": _l("changed"), "deleted": _l("deleted"),
        "signed_in": _l("signed in"), "sent": _l("sent a mail again"),
    },
    Scope: {"list_widgets": _l("List widgets")},
}  # fmt: skip

# The state that a value stands for: colour and icon; the word is always beside them.
BADGES: dict[StrEnum, tuple[str, str]] = {
    ChannelState.OPEN: ("is-on-time", "check"),
    ChannelState.CONGESTED: ("is-waiting", "clock"),
    ChannelState.CLOSED: ("", "lock"),
    ChannelSwitch.OPEN: ("is-on-time", "check"),
    ChannelSwitch.CLOSED: ("is-waiting", "pause"),
    Severity.WARNING: ("is-late", "alert"),
    Rating.VERY_BAD: ("is-late", "alert"),
    Rating.BAD: ("is-late", "minus"),
    Rating.FAIR: ("is-waiting", "minus"),
    Rating.GOOD: ("is-on-time", "check"),
    Rating.VERY_GOOD: ("is-on-time", "check-circle"),
    AppointmentStatus.BOOKED: ("is-early", "calendar"),
    AppointmentStatus.DONE: ("is-on-time", "check"),
    AppointmentStatus.CANCELLED: ("is-waiting", "close"),
    AppointmentStatus.NO_SHOW: ("is-late", "alert"),
    PaymentState.DUE: ("is-waiting", "clock"),
    PaymentState.STARTED: ("is-early", "clock"),
    PaymentState.PAID: ("is-on-time", "check"),
    PaymentState.REFUNDING: ("is-early", "undo"),
    PaymentState.REFUNDED: ("is-waiting", "undo"),
    PaymentState.RELEASED: ("is-waiting", "close"),
    PaymentState.WAIVED: ("is-on-time", "check"),
    Delivery.WAITING: ("is-early", "clock"),
    Delivery.SENT: ("is-on-time", "check"),
    Delivery.NOT_SENT: ("is-waiting", "close"),
    Delivery.GIVEN_UP: ("is-late", "alert"),
    Delivery.BOUNCED: ("is-late", "alert"),
    WorkState.WAITING: ("is-early", "clock"),
    WorkState.DONE: ("is-on-time", "check"),
    WorkState.DEAD: ("is-late", "alert"),
    WorkState.DROPPED: ("is-waiting", "close"),
}

# Minutes before an appointment.
BEFORE = {
    10080: _l("A week before"), 4320: _l("Three days before"), 2880: _l("Two days before"), 1440: _l("24 hours before"),
    120: _l("Two hours before"), 60: _l("One hour before"), 10: _l("Ten minutes before"),
}  # fmt: skip
THEMES = {"auto": _l("Like the visitor’s system"), "light": _l("Always light"), "dark": _l("Always dark")}

ENTITIES: dict[str, Word] = {model.__tablename__: named.one for model, named in NAMES.items()}  # type: ignore[attr-defined]
ENTITIES["chat_group_member"] = _l("Member of a chat group")


PARTS: dict[str, Word] = {"message": _l("Message")}  # of what a row's history may tell


def known_label(field: str) -> Word:
    """What a field is called, whichever model it belongs to; its own name when no table has it."""
    return next((table[field][0] for table in FIELDS.values() if field in table), PARTS.get(field, field))


def named(model: type) -> Named:
    return NAMES[model]


def label(model: type, field: str) -> Word:
    return FIELDS[model][field][0]


def description(model: type, field: str) -> Word:
    return FIELDS[model][field][1]


def word(choice: StrEnum) -> Word:
    """What a choice is called."""
    return CHOICES[type(choice)][choice.value]
