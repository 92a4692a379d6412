"""Mails that came in, read robustly: who wrote, what is new in it, which conversation it answers. Machines are not answered."""

from __future__ import annotations

import email
import email.policy
import email.utils
import re
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from html import unescape

import nh3

LARGEST = 2_000_000  # bytes of a mail that are read
LONGEST = 30_000  # characters of its text that are kept
BLOCK = re.compile(r"<\s*(?:br|/p|/div|/li|/tr|/h\d|/blockquote)\b[^>]*>", re.IGNORECASE)
QUOTED = re.compile(r"<(blockquote|div[^>]+(?:gmail_quote|yahoo_quoted|moz-cite-prefix|divRplyFwdMsg)[^>]*)\b.*", re.IGNORECASE | re.DOTALL)
INTRODUCTION = re.compile(
    r"^\s*(?:-{2,}\s*(?:original message|oorspronkelijk bericht|ursprüngliche nachricht|message d.origine|alkuperäinen viesti)\s*-{2,}"
    r"|_{10,}|(?:on|op|am|le|el|il|em|den|kl\.?)\b.{5,200}(?:wrote|schreef(?:\s.*)?|schrieb(?:\s.*)?|a écrit|escribió|ha scritto|escreveu|skrev(?:\s.*)?)\s*:?)\s*$",
    re.IGNORECASE,
)
TWO_LINES = 2  # an introduction may be broken once


class NotForPeople(ValueError):
    """An answer by a machine, a bounce, a list, our own mail, or nothing that can be read."""


@dataclass(frozen=True)
class Letter:
    """`refers_to` are the Message-IDs that it answers, `recipients` every address it went to; `files` counts what is attached."""

    message_id: str
    sender: str
    name: str
    subject: str
    text: str
    files: int
    refers_to: tuple[str, ...]
    recipients: tuple[str, ...]


def read(content: bytes, own: str) -> Letter:
    """A mail to the address `own`. Raises NotForPeople."""
    try:
        message = email.message_from_bytes(content[:LARGEST], policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        name, sender = email.utils.parseaddr(_line(message, "From"))
        _require_person(message, sender, own)
        text, files = _body(message)
    except (MessageError, ValueError, LookupError, AttributeError, IndexError, TypeError, RecursionError) as error:
        raise NotForPeople(type(error).__name__ if not isinstance(error, NotForPeople) else str(error)) from None
    refers = tuple(re.findall(r"<[^<>\s]{3,250}>", f"{_line(message, 'In-Reply-To')} {_line(message, 'References')}"))
    to = [_line(message, header) for header in ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")]
    recipients = tuple(address.lower() for _name, address in email.utils.getaddresses(to))
    found = re.search(r"<[^<>\s]{3,250}>", _line(message, "Message-ID"))
    return Letter(found.group() if found else "", sender.lower(), name[:120], _line(message, "Subject")[:200], text, files, refers, recipients)


def _line(message: EmailMessage, header: str) -> str:
    """A header as one line, even where it is broken."""
    try:
        return " ".join(str(message.get(header, "")).split())
    except (MessageError, ValueError, LookupError, AttributeError, IndexError, TypeError):
        raw = next((str(value) for name, value in message.raw_items() if name.lower() == header.lower()), "")
        return " ".join(raw.split())


def _require_person(message: EmailMessage, sender: str, own: str) -> None:
    """Raises NotForPeople: two machines that answer each other never stop (RFC 3834)."""
    by_machine = (
        _line(message, "Auto-Submitted").partition(";")[0].strip().lower() not in {"", "no"},
        _line(message, "Precedence").lower() in {"bulk", "junk", "list", "auto_reply"},
        any(message.get(header) is not None for header in ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond")),
        _line(message, "X-Auto-Response-Suppress") != "" and "X-Autoreply" in message,
        _line(message, "Return-Path") == "<>",
        message.get_content_type() in {"multipart/report", "message/delivery-status"},
        sender.partition("@")[0].lower() in {"mailer-daemon", "postmaster", "no-reply", "noreply"},
    )
    if any(by_machine):
        raise NotForPeople("written by a machine")
    if "@" not in sender or _plain(sender) == _plain(own):
        raise NotForPeople("from nobody, or from ourselves")


def _plain(address: str) -> str:
    """Without what stands after a plus."""
    local, _at, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _body(message: EmailMessage) -> tuple[str, int]:
    files = sum(1 for _ in message.iter_attachments()) if message.is_multipart() else 0
    part = message.get_body(("plain", "html"))
    if part is None:
        return "", max(files, 1)
    words = _words(part)
    text = text_of(words) if part.get_content_type() == "text/html" else words
    return without_quote(text)[:LONGEST], files


def _words(part: MIMEPart) -> str:
    """A part's text whatever its charset claims."""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError, KeyError, ValueError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def text_of(html: str) -> str:
    """The text of HTML, with its line breaks and without what it quotes at its end."""
    lines = BLOCK.sub("\n", QUOTED.sub("", html) or html)
    return unescape(nh3.clean(lines, tags=set(), clean_content_tags={"script", "style", "head", "title"})).replace("\xa0", " ")


def without_quote(text: str) -> str:
    """What is new: without the mail that it answers, and without the signature of telephones."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    kept = lines[: _begin_of_quote(lines)]
    while kept and (not kept[-1] or kept[-1].startswith(">")):
        kept.pop()
    said = "\n".join(line for line in kept if not line.startswith(">")).strip()
    return re.sub(r"\n{3,}", "\n\n", said or "\n".join(lines).strip())


def _begin_of_quote(lines: list[str]) -> int:
    for number, line in enumerate(lines):
        if number and line == "--":
            return number
        for length in range(1, TWO_LINES + 1):
            if INTRODUCTION.match(" ".join(part.strip() for part in lines[number : number + length])) and line.strip():
                return number
    return len(lines)
