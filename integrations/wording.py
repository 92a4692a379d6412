"""The words of mails and text messages that serve until an organisation writes its own."""

from __future__ import annotations

from flask_babel import gettext as _

from telehealth.outbox import MailKind
from telehealth.text_message import TextKind


def shipped_wording(kind: MailKind) -> tuple[str, str]:
    """Subject and body that serve until an organisation writes its own."""
    wordings = {
        MailKind.CONFIRMATION: (
            _("Your appointment at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "Your appointment with *|practitioner_name|* is on *|appointment_date|* at *|appointment_time|* "
                "(*|time_zone|*).\n\n"
                "*|visit_how|*\n\n"
                "If you cannot come, please call *|organization_phone|*."
            ),
        ),
        MailKind.REMINDER: (
            _("Reminder: your appointment at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "We remind you of your appointment with *|practitioner_name|* on *|appointment_date|* at *|appointment_time|* "
                "(*|time_zone|*).\n\n"
                "*|visit_how|*\n\n"
                "If you cannot come, please call *|organization_phone|*."
            ),
        ),
        MailKind.CHANGE: (
            _("Changed: your appointment at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "Your appointment has moved. It is now with *|practitioner_name|* on *|appointment_date|* at "
                "*|appointment_time|* (*|time_zone|*).\n\n"
                "Your link stays the same.\n\n"
                "*|visit_how|*\n\n"
                "If you cannot come, please call *|organization_phone|*."
            ),
        ),
        MailKind.CANCELLATION: (
            _("Cancelled: your appointment at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "Your appointment on *|appointment_date|* at *|appointment_time|* (*|time_zone|*) is cancelled.\n\n"
                "Questions? Call *|organization_phone|*."
            ),
        ),
        MailKind.STAFF_INVITATION: (
            _("Your sign-in at *|organization_name|*"),
            _(
                "Dear *|person_name|*,\n\n"
                "Choose a password with this link. It works for a limited time:\n*|password_link|*"
            ),
        ),
        MailKind.ARRIVAL: (
            _("Somebody is waiting"),
            _(
                "Dear *|person_name|*,\n\n"
                "Somebody is waiting and nobody has seen it yet. Department: *|department_name|*.\n\n"
                "Open the waiting room:\n*|desk_link|*\n\n"
                "You choose there, below Alerts, how you are told."
            ),
        ),
        MailKind.CALL_BACK: (
            _("It is nearly your turn at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "It is nearly your turn. Your place is kept. Go back to the waiting room with this link:\n"
                "*|waiting_room_link|*\n\n"
                "The link is for you alone. If you cannot come, please call *|organization_phone|*."
            ),
        ),
        MailKind.QUICK_CONSULTATION: (
            _("*|practitioner_name|* of *|organization_name|* is waiting for you"),
            _(
                "Dear *|patient_name|*,\n\n"
                "*|practitioner_name|* is waiting for you now. Come in with this link, best with camera and microphone:\n"
                "*|consultation_link|*\n\n"
                "The link is for you alone and works for a short time only. If you cannot come, please call *|organization_phone|*."
            ),
        ),
        MailKind.NO_SHOW: (
            _("We missed you at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "We expected you on *|appointment_date|* at *|appointment_time|* (*|time_zone|*) and did not see you.\n\n"
                "*|another_time|*\n\n"
                "Were you there, or is something not right? Call *|organization_phone|*."
            ),
        ),
        MailKind.PAID_CONSULTATION: (
            _("Your appointment at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "Your appointment with *|practitioner_name|* is on *|appointment_date|* at *|appointment_time|* "
                "(*|time_zone|*).\n\n"
                "*|payment_status|*\n\n"
                "*|visit_how|*\n\n"
                "If you cannot come, please call *|organization_phone|*."
            ),
        ),
        MailKind.REFUND: (
            _("Your money comes back from *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "You get *|amount|* back, the way you paid. It may take some days until you see it.\n\n"
                "*|refund_reason|*\n\n"
                "Questions? Call *|organization_phone|*."
            ),
        ),
        MailKind.TIME_FREE: (
            _("A time has become free at *|organization_name|*"),
            _(
                "You have asked us to tell you when an earlier time becomes free. There is one now. It goes to whoever is first:\n"
                "*|booking_link|*\n\n"
                "We write this once. If it is gone when you look, you can ask again there.\n\n"
                "Questions? Call *|organization_phone|*."
            ),
        ),
        MailKind.NEW_LINK: (
            _("The links of your appointments at *|organization_name|*"),
            _(
                "You have asked for the links of your appointments. These are to come:\n\n"
                "*|appointment_links|*\n\n"
                "The links are for you alone. Did you not ask? Then you need not do anything.\n\n"
                "Questions? Call *|organization_phone|*."
            ),
        ),
        MailKind.QUESTIONNAIRE: (
            _("Some questions before your appointment at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "Before your appointment on *|appointment_date|* at *|appointment_time|* (*|time_zone|*) we would like to know some "
                "things from you. Open the page of your appointment and choose the questions there:\n"
                "*|consult_deeplink|*\n\n"
                "You can stop at any time and go on later. The link is for you alone.\n\n"
                "Questions? Call *|organization_phone|*."
            ),
        ),
        MailKind.PIN: (
            _("Your PIN for your pages at *|organization_name|*"),
            _(
                "Your PIN is:\n\n"
                "*|pin_code|*\n\n"
                "Enter it on the page where you have asked for it. It works for *|pin_minutes|*, and once.\n\n"
                "Did you not ask? Then you need not do anything. Never tell the PIN to anybody, not even to us.\n\n"
                "Questions? Call *|organization_phone|*."
            ),
        ),
        MailKind.MESSAGE_WAITING: (
            _("A message waits for you at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "We have written to you. For your safety the message stands on your own pages, which open with a PIN:\n"
                "*|portal_link|*\n\n"
                "The link is for you alone. Questions? Call *|organization_phone|*."
            ),
        ),
        MailKind.GROUP_INVITATION: (
            _("An invitation waits for you at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "We invite you to something. For your safety this mail does not say more: you read it on your own pages, which open with a PIN, "
                "and decide there whether you want it:\n"
                "*|portal_link|*\n\n"
                "The link is for you alone. Questions? Call *|organization_phone|*."
            ),
        ),
        MailKind.GROUP_MESSAGE: (
            _("Something new waits for you at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "There is something new to read on your own pages, which open with a PIN:\n"
                "*|portal_link|*\n\n"
                "Such a mail comes at most once a day, and on your pages you can switch it off. Questions? Call *|organization_phone|*."
            ),
        ),
        MailKind.PORTAL_LINK: (
            _("Your way to your pages at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "On your own pages you can write to us, read our answers and see your appointments:\n"
                "*|portal_link|*\n\n"
                "When you open the link, a PIN comes to you by a second mail. The link is for you alone.\n\n"
                "Questions? Call *|organization_phone|*."
            ),
        ),
        MailKind.DEVICE_CODE: (
            _("Write to *|organization_name|* from your phone or computer"),
            _(
                "Dear *|patient_name|*,\n\n"
                "Open this link on the device from which you want to write to us:\n"
                "*|portal_link|*\n\n"
                "It works on one device only, until *|code_until|*, and is for you alone. Whoever opens it reads your messages: "
                "do not pass it on.\n\n"
                "Questions? Call *|organization_phone|*."
            ),
        ),
        MailKind.RESULT_READY: (
            _("Something is there for you at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "A result is there for you. For your safety this mail does not say more: you read it on your own pages, which open with a PIN:\n"
                "*|portal_link|*\n\n"
                "You do not want such mails any more, or have questions? Call *|organization_phone|*."
            ),
        ),
        MailKind.REQUEST_ANSWERED: (
            _("We have answered your request: *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "You asked us to get in touch, and we have answered. For your safety the answer stands on your own pages, which open with a PIN:\n"
                "*|portal_link|*\n\n"
                "The link is for you alone. Questions? Call *|organization_phone|*."
            ),
        ),
        MailKind.REQUEST_INVITED: (
            _("An invitation from *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "You asked us to get in touch. We would like to speak with you: please choose a time that suits you.\n"
                "*|booking_link|*\n\n"
                "Questions? Call *|organization_phone|*."
            ),
        ),
        MailKind.STAFF_MESSAGE: (
            _("A patient has written to you"),
            _(
                "Dear *|person_name|*,\n\n"
                "A patient has written, and nobody has read it so far. You read it at the desk:\n"
                "*|messages_link|*\n\n"
                "You choose in your profile of what you are told by e-mail."
            ),
        ),
        MailKind.STAFF_BOOKED: (
            _("New appointment: *|appointment_date|*, *|appointment_time|*"),
            _(
                "Dear *|person_name|*,\n\n"
                "A patient has booked an appointment with *|practitioner_name|*, *|department_name|*: *|appointment_date|*, "
                "*|appointment_time|* to *|appointment_end_time|* (*|time_zone|*). *|meeting_way|*.\n\n"
                "Look at it in your calendar:\n*|calendar_link|*\n\n"
                "You choose in your profile of what you are told by e-mail."
            ),
        ),
        MailKind.STAFF_MOVED: (
            _("Moved: appointment on *|appointment_date|*, *|appointment_time|*"),
            _(
                "Dear *|person_name|*,\n\n"
                "An appointment has moved. It is now with *|practitioner_name|*, *|department_name|*: *|appointment_date|*, "
                "*|appointment_time|* to *|appointment_end_time|* (*|time_zone|*). *|meeting_way|*.\n\n"
                "Before, it was: *|earlier_appointment|*.\n\n"
                "Look at it in the calendar:\n*|calendar_link|*\n\n"
                "You choose in your profile of what you are told by e-mail."
            ),
        ),
        MailKind.STAFF_CANCELLED: (
            _("Cancelled: appointment on *|appointment_date|*, *|appointment_time|*"),
            _(
                "Dear *|person_name|*,\n\n"
                "The appointment with *|practitioner_name|*, *|department_name|*, on *|appointment_date|*, "
                "*|appointment_time|* to *|appointment_end_time|* (*|time_zone|*) is cancelled. The time is free again.\n\n"
                "Look at that day in the calendar:\n*|calendar_link|*\n\n"
                "You choose in your profile of what you are told by e-mail."
            ),
        ),
        MailKind.STAFF_ASKED: (
            _("Somebody asks to be called back: *|channel_name|*"),
            _(
                "Dear *|person_name|*,\n\n"
                "Somebody has left a request to be called back in *|channel_name|*. You read it at the desk:\n"
                "*|inbox_link|*\n\n"
                "You choose in your profile of what you are told by e-mail."
            ),
        ),
        MailKind.STAFF_CASE: (
            _("Somebody waits in *|channel_name|*"),
            _(
                "Dear *|person_name|*,\n\n"
                "Somebody waits for an answer in *|channel_name|*. You read it at the desk:\n"
                "*|inbox_link|*\n\n"
                "You choose at the desk, beside the channel, how you are told."
            ),
        ),
        MailKind.STAFF_ESCALATED: (
            _("A case in *|channel_name|* comes back again and again"),
            _(
                "Dear *|person_name|*,\n\n"
                "A case in *|channel_name|* has come back to the queue several times because nobody answered in time. "
                "Please see that somebody looks after it:\n"
                "*|inbox_link|*"
            ),
        ),
        MailKind.RUNNING_LATE: (
            _("We are running about *|delay|* late: your appointment at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "We are running about *|delay|* late today. Your appointment with *|practitioner_name|* at *|appointment_time|* will "
                "probably begin at about *|expected_time|*. Your place is kept, and you need not do anything.\n\n"
                "*|visit_how|*\n\n"
                "If you cannot wait so long, please call *|organization_phone|*."
            ),
        ),
        MailKind.CALL_BACK_BOUNCE: (
            _("A patient who waits elsewhere could not be called back: *|department_name|*"),
            _(
                "Dear *|person_name|*,\n\n"
                "A patient of *|department_name|* waits elsewhere and it is nearly their turn, but our mail to them could not be "
                "delivered (*|bounce_time|*). *|bounce_reason|*\n\n"
                "Look in the waiting room whether you can reach them in another way:\n*|desk_link|*"
            ),
        ),
        MailKind.BOUNCE: (
            _("A mail about an appointment came back: *|department_name|*"),
            _(
                "Dear *|person_name|*,\n\n"
                "A mail to a patient of *|department_name|* could not be delivered (*|bounce_time|*). *|bounce_reason|*\n\n"
                "Open the appointment to correct the address and send the mail again:\n*|appointment_link|*"
            ),
        ),
        MailKind.PARTICIPANT: (
            _("You are invited to a conversation at *|organization_name|*"),
            _(
                "Dear *|participant_name|*,\n\n"
                "*|practitioner_name|* invites you to take part in a conversation by video on *|appointment_date|* at "
                "*|appointment_time|* (*|time_zone|*).\n\n"
                "Come in with this link, best with camera and microphone. You can enter once the patient is there:\n"
                "*|participant_link|*\n\n"
                "The link is for you alone. If you cannot come, please call *|organization_phone|*."
            ),
        ),
        MailKind.PARTICIPANT_CHANGE: (
            _("Changed: the conversation at *|organization_name|*"),
            _(
                "Dear *|participant_name|*,\n\n"
                "The conversation that you are invited to has moved. It is now with *|practitioner_name|* on *|appointment_date|* at "
                "*|appointment_time|* (*|time_zone|*).\n\n"
                "Your link stays the same:\n*|participant_link|*\n\n"
                "If you cannot come, please call *|organization_phone|*."
            ),
        ),
        MailKind.PARTICIPANT_CANCELLATION: (
            _("Cancelled: the conversation at *|organization_name|*"),
            _(
                "Dear *|participant_name|*,\n\n"
                "The conversation on *|appointment_date|* at *|appointment_time|* (*|time_zone|*) takes place without you, or not at all. "
                "Your link does not work any more.\n\n"
                "Questions? Call *|organization_phone|*."
            ),
        ),
    }
    return wordings[kind]


def shipped_text(kind: TextKind) -> str:
    """The words of a text message that serve until an organisation writes its own: short, since each part is paid for."""
    wordings = {
        TextKind.REMINDER: _("*|organization_name|*: your appointment is on *|appointment_date|*, *|appointment_time|*. *|consult_deeplink|*"),
        TextKind.INVITATION: _(
            "*|organization_name|*: you have an appointment on *|appointment_date|*, *|appointment_time|*. Keep this link: *|consult_deeplink|*"
        ),
        TextKind.CALL_BACK: _("It is nearly your turn at *|organization_name|*. Back to the waiting room: *|waiting_room_link|*"),
        TextKind.RUNNING_LATE: _(
            "*|organization_name|*: we are about *|delay|* late. Your appointment begins at about *|expected_time|*. *|consult_deeplink|*"
        ),
    }
    return wordings[kind]
