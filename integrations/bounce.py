"""Bounces: mails leave with a sender of their own, and what comes back to it names the mail (RFC 3464, RFC 3463)."""

from __future__ import annotations

import email
import email.policy
import re
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from flask_babel import gettext as _

from config import Settings
from telehealth import bounce
from telehealth.encryption import Keyring
from telehealth.outbox import OutgoingMail

STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
LARGEST = 2_000_000  # bytes of a message that are read


class NoBounce(Exception):
    """Not a report that a mail of ours could not be delivered: a delay, an answer by a machine, or not for us."""


@dataclass(frozen=True)
class Returned:
    """`token` names the mail, `status` is an enhanced status code such as 5.1.1, `reason` one line of the server's."""

    token: str
    status: str
    reason: str


def envelope_sender(settings: Settings, keyring: Keyring, mail: OutgoingMail) -> str:
    """Where this mail comes back to; empty where no pattern is set: then it is the sender that the recipient sees."""
    pattern = settings.bounce_address
    return pattern.replace("{token}", bounce.token_of(keyring, mail)) if pattern else ""


def read(content: bytes, pattern: str) -> Returned:
    """What a delivery status notification says. Raises NoBounce."""
    message = email.message_from_bytes(content[:LARGEST], policy=email.policy.default)
    token = _token(message, pattern)
    failed = next((block for block in _blocks(message) if _word(block, "Action") == "failed"), None)
    if failed is None:
        raise NoBounce("it does not say that delivery has failed")
    told = _line(str(failed.get("Diagnostic-Code", "")).partition(";")[2])
    return Returned(token, _status(str(failed.get("Status", "")) or told, "5.0.0"), told)


def _token(message: Message, pattern: str) -> str:
    before, _mark, after = pattern.partition("{token}")
    named = re.compile(f"{re.escape(before)}([a-z2-7]+){re.escape(after)}", re.IGNORECASE)
    for name in RECIPIENT_HEADERS:
        for value in message.get_all(name, []):
            if found := named.search(str(value)):
                return found.group(1).lower()
    raise NoBounce("it is addressed to no mail of ours")


def _blocks(message: Message) -> Iterator[Message]:
    """The parts of the report that tell of one recipient each."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            yield from part.get_payload()  # type: ignore[misc]


def _word(block: Message, name: str) -> str:
    return str(block.get(name, "")).strip().lower()


def _status(text: str, otherwise: str) -> str:
    found = STATUS.search(text)
    return found.group(1) if found else otherwise


def _line(text: str) -> str:
    return " ".join(text.split())[:300]


def refusal_of(error: smtplib.SMTPException) -> Returned | None:
    """What a mail server refused for good at sending time; None when it may take the mail later."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, said = error.smtp_code, error.smtp_error
    else:
        return None
    if not 500 <= code < 600:
        return None
    told = _line(said.decode(errors="replace") if isinstance(said, bytes) else said)
    return Returned("", _status(told, "5.0.0"), told)


def words_of(status: str) -> str:
    """Why a mail came back, in words that somebody who can correct the address understands."""
    subject, _dot, detail = status.partition(".")[2].partition(".")
    if subject == "1":
        return _("The address does not exist or is not written correctly.")
    if (subject, detail) == ("2", "2"):
        return _("The mailbox is full.")
    if subject == "2":
        return _("The mailbox takes no mails.")
    if subject == "4":
        return _("The recipient’s mail server could not be reached for days.")
    if subject == "7":
        return _("The recipient’s mail server refuses our mails.")
    return _("It could not be delivered.")

