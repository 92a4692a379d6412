"""What is said outside: that there is an answer and where, a code, nothing of health. In the conversation's language."""

from __future__ import annotations

from flask_babel import gettext as _

from telehealth.messenger import NoticeKind


def text(kind: NoticeKind, clinic: str, *, link: str = "", code: str = "", written: str = "") -> str:
    match kind:
        case NoticeKind.WELCOME:
            return _(
                "%(clinic)s has your message. Please write nothing about your health here: continue safely on our own page.\n%(link)s",
                clinic=clinic, link=link,
            )  # fmt: skip
        case NoticeKind.ANSWER:
            return _("%(clinic)s: you have an answer. Continue here safely:\n%(link)s", clinic=clinic, link=link)
        case NoticeKind.CODE:
            return _(
                "%(clinic)s: your code is %(code)s. It works for 30 minutes. Nobody will ask you for it by telephone.", clinic=clinic, code=code
            )
        case NoticeKind.APPOINTMENT:
            return written


def subject(kind: NoticeKind, clinic: str) -> str:
    match kind:
        case NoticeKind.WELCOME:
            return _("%(clinic)s has your message", clinic=clinic)
        case NoticeKind.ANSWER:
            return _("You have an answer from %(clinic)s", clinic=clinic)
        case NoticeKind.CODE:
            return _("Your code for %(clinic)s", clinic=clinic)
        case NoticeKind.APPOINTMENT:
            return _("Your appointment at %(clinic)s", clinic=clinic)


def not_taken(count: int) -> str:
    """What stands in the conversation in place of attachments."""
    return _("(Attachments were not taken over: %(count)s. They can be sent safely on our own page.)", count=count) if count else ""
