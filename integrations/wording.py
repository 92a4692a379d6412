"""The words of mails that serve until an organisation writes its own."""

from __future__ import annotations

from flask_babel import gettext as _

from telehealth.outbox import MailKind


def shipped_wording(kind: MailKind) -> tuple[str, str]:
    """Subject and body that serve until an organisation writes its own."""
    wordings = {
        MailKind.CONFIRMATION: (
            _("Your appointment at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "Your appointment with *|practitioner_name|* is on *|appointment_date|* at *|appointment_time|* "
                "(*|time_zone|*).\n\n"
                "Open this link to come to the waiting room. You are welcome from *|appointment_welcome_from|*:\n"
                "*|consult_deeplink|*\n\n"
                "If you cannot come, please call *|organization_phone|*."
            ),
        ),
        MailKind.REMINDER: (
            _("Reminder: your appointment at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "We remind you of your appointment with *|practitioner_name|* on *|appointment_date|* at *|appointment_time|* "
                "(*|time_zone|*).\n\n"
                "Open this link to come to the waiting room. You are welcome from *|appointment_welcome_from|*:\n"
                "*|consult_deeplink|*\n\n"
                "If you cannot come, please call *|organization_phone|*."
            ),
        ),
        MailKind.CHANGE: (
            _("Changed: your appointment at *|organization_name|*"),
            _(
                "Dear *|patient_name|*,\n\n"
                "Your appointment has moved. It is now with *|practitioner_name|* on *|appointment_date|* at "
                "*|appointment_time|* (*|time_zone|*).\n\n"
                "Your link stays the same. You are welcome from *|appointment_welcome_from|*:\n"
                "*|consult_deeplink|*\n\n"
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
        MailKind.BOUNCE: (
            _("A mail about an appointment came back: *|department_name|*"),
            _(
                "Dear *|person_name|*,\n\n"
                "A mail to a patient of *|department_name|* could not be delivered (*|bounce_time|*). *|bounce_reason|*\n\n"
                "Open the appointment to correct the address and send the mail again:\n*|appointment_link|*"
            ),
        ),
    }
    return wordings[kind]
