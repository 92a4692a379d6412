"""E-mail as a channel: a mailbox is read by IMAP, notices leave by the server's own mail server in the same thread (X-61).

How far a mailbox was read stands with what was read, in one transaction: a worker that is killed neither loses nor doubles a mail.
"""

from __future__ import annotations

import imaplib
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime

from config import Settings
from integrations import bounce, mail, outside
from integrations.messenger import BadNotice, Heard, MessengerFails, NotReachable, Outgoing
from integrations.messenger.letter import LARGEST
from telehealth import clock

AT_ONCE = 20  # mails of one look


@dataclass(frozen=True)
class Place:
    """Where a mailbox is. `tls` is false only for tests."""

    host: str
    port: int
    user: str
    password: str
    tls: bool = True


class _Connected(imaplib.IMAP4):
    """IMAP over a connection that was judged: an administrator's word leads to the public internet only."""

    def __init__(self, place: Place, *, inside: bool) -> None:
        self.place, self.inside = place, inside
        super().__init__(place.host, place.port, outside.PATIENCE)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        made = outside.connect(self.place.host, self.place.port, inside=self.inside)
        made.settimeout(timeout)
        if not self.place.tls:
            return made
        return ssl.create_default_context().wrap_socket(made, server_hostname=self.place.host)


class Mailbox:
    """An account's mailbox and its way out. Errors never name the password."""

    def __init__(self, settings: Settings, address: str, place: Place, *, inside: bool) -> None:
        self.settings, self.address, self.place, self.inside = settings, address, place, inside

    def read(self, body: bytes, headers: Mapping[str, str]) -> Heard:
        raise BadNotice("mails are fetched")

    def send(self, message: Outgoing) -> str:
        if not self.settings.smtp_host:
            raise NotReachable("SMTP_HOST is not set")
        try:
            mail.deliver(self.settings, self._message(message), self.address)
        except smtplib.SMTPException as error:
            refused = bounce.refusal_of(error)
            why = f"the mail server refuses: {refused.status if refused else type(error).__name__}"
            raise (NotReachable if refused else MessengerFails)(why) from None
        return _id(message.key, self.address)

    def _message(self, what: Outgoing) -> EmailMessage:
        made = EmailMessage()
        made["From"], made["To"], made["Subject"] = self.address, what.to, what.subject
        made["Message-ID"], made["Date"] = _id(what.key, self.address), format_datetime(clock.now())
        made["Auto-Submitted"] = "auto-replied" if what.refers_to else "auto-generated"
        if what.reply_key:
            local, _at, domain = self.address.rpartition("@")
            made["Reply-To"] = f"{local}+{what.reply_key}@{domain}"
        if what.refers_to:
            made["In-Reply-To"] = made["References"] = what.refers_to
        made.set_content(what.text)
        return made

    def test(self, notices: str) -> str:
        with self._opened():
            return self.address

    def look(self, mailbox: str, reached: int) -> Iterator[tuple[str, int, bytes]]:
        """Mails after those that were read: the mailbox's own name for its numbers, a mail's number, its content.

        Another `mailbox` than before begins anew; before the first look only the last number is told, without a mail.
        Raises MessengerFails.
        """
        with self._opened() as server:
            validity = (server.response("UIDVALIDITY")[1] or [b""])[0] or b""
            name = validity.decode("ascii", "replace")
            numbers = _numbers(server, reached if mailbox == name else 0)
            if not mailbox:
                yield name, max(numbers, default=0), b""
                return
            for number in numbers[:AT_ONCE]:
                yield name, number, _fetch(server, number)

    @contextmanager
    def _opened(self) -> Iterator[imaplib.IMAP4]:
        server: imaplib.IMAP4 | None = None
        try:
            server = _Connected(self.place, inside=self.inside)
            server.login(self.place.user, self.place.password)
            server.select("INBOX", readonly=True)
            yield server
        except outside.Inside:
            raise MessengerFails("the mail server is not on the public internet") from None
        except imaplib.IMAP4.error as error:
            raise MessengerFails(f"the mail server refuses: {_said(error)}") from None
        except OSError as error:
            raise MessengerFails(f"the mail server cannot be reached: {type(error).__name__}") from None
        finally:
            if server is not None:
                with suppress(OSError, imaplib.IMAP4.error):
                    server.logout()


def _said(error: Exception) -> str:
    told = error.args[0] if error.args else ""
    return (told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told))[:120]


def _id(key: str, address: str) -> str:
    return f"<{key}@{address.rpartition('@')[2] or 'localhost'}>"


def _ask(answer: tuple[str, list[bytes | None] | list[bytes]]) -> list[object]:
    """Raises IMAP4.error."""
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(str(answer[0]))
    return list(answer[1])


def _numbers(server: imaplib.IMAP4, reached: int) -> list[int]:
    found = _ask(server.uid("SEARCH", f"UID {reached + 1}:*"))  # `*` alone names the last one, even when it was read
    numbers = {int(word) for line in found if isinstance(line, bytes) for word in line.split()}
    return sorted(number for number in numbers if number > reached)


def _fetch(server: imaplib.IMAP4, number: int) -> bytes:
    found = _ask(server.uid("FETCH", str(number), f"(UID BODY.PEEK[]<0.{LARGEST}>)"))
    return next((part[1] for part in found if isinstance(part, tuple) and isinstance(part[1], bytes)), b"")


