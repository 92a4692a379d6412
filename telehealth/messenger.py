"""Services of others by which patients write: accounts, what came in, and the notices that go out (X-61, S003-3).

What staff write never leaves this house by them. Outside only "you have an answer: continue here safely" is said, with a link, once
until the patient has seen it; a code; and texts about appointments that hold nothing of health.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import JSON, Index, LargeBinary, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import contact_point, conversation, message
from telehealth.channel import Channel
from telehealth.contact_point import ContactKind, ContactPoint
from telehealth.conversation import AuthorKind, Conversation, ConversationState
from telehealth.message import LONGEST_MESSAGE, Author, Message
from telehealth.database import Base, Owned, Session, one_of, session_of, within_organization
from telehealth.job import Leased, WorkState

REMINDER = "reminder_messenger"  # a kind of job
MOST_A_MINUTE = 20  # messages of one contact point
QUIET = timedelta(seconds=20)  # whoever has the page open reads an answer there, and gets no notice
FRESH = timedelta(days=3)  # so long a link opens without a code
DEVICE_KNOWN = timedelta(days=30)
LED_ON = timedelta(hours=1)  # between two links for files that are not taken
FREE_TO_WRITE = timedelta(hours=24)  # after somebody wrote, WhatsApp takes words of our own; later only a template it has approved
CODE_LIVES = timedelta(minutes=30)
DIGITS, TRIES = 6, 5
CODES_AN_HOUR = 5
WITHOUT_KEY = frozenset({ContactKind.TELEGRAM, ContactKind.WHATSAPP})  # what is said twice there arrives twice
VOUCHED_FOR = frozenset({ContactKind.TELEGRAM, ContactKind.WHATSAPP})  # the service itself says who writes; a mail's sender can be made up


class UnknownAccount(Exception):
    """There is no such account, or it is switched off."""


class TooManyMessages(Exception):
    """This contact point writes more than one person does."""


class CodeNeeded(Exception):
    """The link is old, or was opened on another device: first the code that was sent to the contact point."""


class WrongCode(Exception):
    """That was not it; `left` tries remain."""

    def __init__(self, left: int) -> None:
        self.left = left
        super().__init__(left)


class CodeOver(Exception):
    """No code was asked for, or it has expired, was used or tried too often."""


class NoWay(Exception):
    """There is nothing by which a code could be sent to this contact point."""


class NoticeKind(StrEnum):
    """What is said outside: welcome, that there is an answer, a code, or a text about an appointment."""

    WELCOME = "welcome"
    ANSWER = "answer"
    CODE = "code"
    APPOINTMENT = "appointment"


class Arrival(StrEnum):
    """How far a notice has come, as the service says."""

    WAITING = "waiting"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


ORDER = (Arrival.WAITING, Arrival.SENT, Arrival.DELIVERED, Arrival.READ)


@dataclass(frozen=True)
class Incoming:
    """One message as a service tells it. `external_id` is the service's own name of it; `refused` counts its attachments.

    `thread` names the conversation that a mail answers, by what it refers to; `reference` is its Message-ID.
    """

    external_id: str
    sender: str
    name: str
    text: str
    refused: int = 0
    thread: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Status:
    """What became of something that we sent, by the service's name of it."""

    external_id: str
    arrival: Arrival
    error: str = ""


class MessengerAccount(Owned, Base):
    """The organisation's own account at a service; its secrets are sealed and shown to nobody.

    `address` is its own name there: a mail address, a WhatsApp phone number id, a bot's name. `url` is where a webhook's notices
    go; without one, in a test organisation, nothing leaves. `options` are plain: the mail servers' names and ports.
    """

    __tablename__ = "messenger_account"
    __sealed__ = ("sealed_token", "sealed_secret")
    __tracked__ = ("name", "kind", "channel_id", "active", "address", "url", "secrets_changed_at")
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        within_organization("channel_id", "channel"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: secrets.token_urlsafe(16))
    kind: Mapped[ContactKind] = mapped_column(one_of(ContactKind))
    name: Mapped[str] = mapped_column(String(120))
    channel_id: Mapped[int]
    locale: Mapped[str] = mapped_column(String(20), default="en")
    active: Mapped[bool] = mapped_column(default=True)
    address: Mapped[str] = mapped_column(String(254), default="")
    url: Mapped[str] = mapped_column(String(300), default="")
    options: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    sealed_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    secrets_changed_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(String(300), default="")
    last_error_at: Mapped[datetime | None]
    mailbox: Mapped[str] = mapped_column(String(40), default="")  # UIDVALIDITY of the mailbox that was read
    mailbox_uid: Mapped[int] = mapped_column(default=0)  # and how far
    channel: Mapped[Channel] = relationship(primaryjoin="Channel.id == foreign(MessengerAccount.channel_id)")

    def place_of(self, column: str) -> str:
        return f"{self.organization_id}|messenger_account|{self.uid}|{column.removeprefix('sealed_')}"

    @property
    def token(self) -> str:
        """What we prove ourselves with at the service."""
        return self._opened("sealed_token")

    @property
    def secret(self) -> str:
        """What the service signs with."""
        return self._opened("sealed_secret")

    def _opened(self, column: str) -> str:
        sealed = getattr(self, column)
        return session_of(self).keyring.open(sealed, self.place_of(column)) if sealed else ""

    def keep(self, *, token: str, secret: str, now: datetime) -> None:
        """Take new secrets over; what is empty stays as it was."""
        for column, given in (("sealed_token", token), ("sealed_secret", secret)):
            if given:
                setattr(self, column, session_of(self).keyring.seal(given, self.place_of(column)))
                self.secrets_changed_at = now

    @property
    def imap_host(self) -> str:
        return (self.options or {}).get("imap_host", "")

    @property
    def imap_port(self) -> str:
        return (self.options or {}).get("imap_port", "")

    @property
    def imap_user(self) -> str:
        return (self.options or {}).get("imap_user", "")

    @property
    def template(self) -> str:
        """The message that WhatsApp has approved for this account: its words hold the clinic's name first, then the link."""
        return (self.options or {}).get("template", "")

    @property
    def template_locale(self) -> str:
        return (self.options or {}).get("template_locale", "")

    @property
    def verify_word(self) -> str:
        """What WhatsApp repeats when the address of its notices is entered there."""
        return session_of(self).keyring.token("messenger_verify", f"{self.organization_id}|{self.uid}")[:32]

    def failed(self, error: str, now: datetime) -> None:
        self.last_error, self.last_error_at = error[:300], now

    def works(self) -> None:
        self.last_error, self.last_error_at = "", None

    def __str__(self) -> str:
        return self.name


class ReceivedMessage(Owned, Base):
    """That a message came in, once: services tell the same one again until they are answered. `reference` is a mail's Message-ID."""

    __tablename__ = "received_message"
    __table_args__ = (
        Index("ix_received_message_point", "organization_id", "contact_point_id", "at"),
        within_organization("account_id", "messenger_account", ondelete="CASCADE"),
        within_organization("contact_point_id", "contact_point"),
        within_organization("conversation_id", "conversation"),
    )
    account_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    contact_point_id: Mapped[int]
    conversation_id: Mapped[int | None]
    reference: Mapped[str] = mapped_column(String(250), default="")
    at: Mapped[datetime]


class Notice(Leased, Owned, Base):
    """Something said outside, sent by the worker, retried and at last given up like mails.

    `arrival` is what the service says of it. `text` is empty but for texts about appointments; a link's secret and a code's digits
    are made from the keys, and stand nowhere. `used_at` ends a code, `opened_at` is when its link was first opened.
    `handed_at` is when it was about to be given to a service that takes no key of ours, and is empty again where that refused it.
    """

    __tablename__ = "messenger_notice"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        Index("ix_messenger_notice_external", "organization_id", "account_id", "external_id"),
        Index("ix_messenger_notice_conversation", "organization_id", "conversation_id"),
        within_organization("account_id", "messenger_account", ondelete="CASCADE"),
        within_organization("contact_point_id", "contact_point"),
        within_organization("conversation_id", "conversation", ondelete="CASCADE"),
    )
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: secrets.token_urlsafe(16))
    kind: Mapped[NoticeKind] = mapped_column(one_of(NoticeKind))
    account_id: Mapped[int | None]
    contact_point_id: Mapped[int]
    conversation_id: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text, default="")
    locale: Mapped[str] = mapped_column(String(20), default="en")
    arrival: Mapped[Arrival] = mapped_column(one_of(Arrival), default=Arrival.WAITING)
    external_id: Mapped[str] = mapped_column(String(200), default="")
    written_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    handed_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    contact: Mapped[ContactPoint] = relationship(
        primaryjoin="ContactPoint.id == foreign(Notice.contact_point_id)", viewonly=True
    )
    account: Mapped[MessengerAccount | None] = relationship(
        primaryjoin="MessengerAccount.id == foreign(Notice.account_id)", viewonly=True
    )

    @property
    def link(self) -> str:
        """The secret part of the address that opens the conversation, for its receiver alone."""
        return f"{self.uid}.{_secret(session_of(self), self.uid)}"

    @property
    def digits(self) -> str:
        """A code's digits, told to its receiver alone."""
        made = session_of(self).keyring.token("contact_code", f"{self.organization_id}|{self.uid}")
        return f"{int.from_bytes(hashlib.sha256(made.encode()).digest()) % 10**DIGITS:0{DIGITS}}"

    def hand(self, now: datetime) -> bool:
        """About to be said, which is committed first; False where an attempt that nobody saw the end of may have said it already."""
        if self.handed_at is not None:
            self.came(Arrival.SENT)
            return False
        if self.contact.kind in WITHOUT_KEY:
            self.handed_at = now
        return True

    def sent(self, external_id: str) -> None:
        self.external_id = external_id[:200]
        self.came(Arrival.SENT)

    def came(self, arrival: Arrival) -> None:
        """What the service says; an older word that comes late changes nothing."""
        later = arrival is Arrival.FAILED or (self.arrival in ORDER and ORDER.index(arrival) > ORDER.index(self.arrival))
        if later and self.arrival is not arrival:
            self.arrival = arrival
            _show(self)

    @property
    def fate(self) -> Arrival:
        """How far it came: what was given up has failed, whatever the service says."""
        return Arrival.FAILED if self.state is WorkState.DEAD else self.arrival

    def is_over(self, now: datetime) -> bool:
        return self.used_at is not None or self.tries >= TRIES or now >= self.written_at + CODE_LIVES

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"


def _show(notice: Notice) -> None:
    if notice.conversation_id is not None:
        session_of(notice).get_one(Conversation, notice.conversation_id).tell_again()


def _secret(session: Session, uid: str) -> str:
    return session.keyring.token("safe_link", f"{session.organization_id}|{uid}")


# Accounts


def account(session: Session, uid: str) -> MessengerAccount:
    """The active account that a service calls; the session enters its organisation. Raises UnknownAccount."""
    found = session.execute(
        select(MessengerAccount.organization_id, MessengerAccount.id).where(MessengerAccount.uid == uid, MessengerAccount.active),
        execution_options={"across_organizations": True},
    ).one_or_none()
    if found is None:
        raise UnknownAccount
    session.enter(found.organization_id)
    return session.get_one(MessengerAccount, found.id)


def account_for(session: Session, kind: ContactKind) -> MessengerAccount | None:
    """The account by which somebody of this kind can be written to."""
    mine = select(MessengerAccount).where(MessengerAccount.kind == kind, MessengerAccount.active)
    return session.scalar(mine.order_by(MessengerAccount.id).limit(1))


def kinds_of_notices(session: Session) -> set[ContactKind]:
    """By which messengers appointments can be told: an account must be there. Mails have a way of their own."""
    mine = select(MessengerAccount.kind).where(MessengerAccount.active, MessengerAccount.kind != ContactKind.EMAIL)
    return set(session.scalars(mine))


# In


def key_of(external_id: str) -> str:
    return hashlib.sha256(external_id.encode()).hexdigest()[:40]


def receive(session: Session, source: MessengerAccount, told: Incoming, now: datetime, note: str = "") -> Conversation | None:
    """Take a message over: into the contact point's open conversation, or a new one in the account's channel (S003-4).

    The same message told again is taken once. None when the contact point is blocked. `note` is added in the clinic's words.
    Raises BadAddress, TooManyMessages.
    """
    source.heard_at = now
    at = contact_point.point(session, source.kind, told.sender, now, told.name)
    session.refresh(at, with_for_update=True)  # one after the other: what is told twice at once is found the second time
    at.name = at.name or told.name[:120]
    if source.kind in VOUCHED_FOR and at.verified_at is None:
        at.verify(now)
    key = key_of(told.external_id)
    before = session.get(ReceivedMessage, (source.id, key))
    if before is not None:
        return session.get(Conversation, before.conversation_id) if before.conversation_id else None
    _require_pace(session, at, now)
    thread = None if at.is_blocked else _thread(session, source, at, told, key, now)
    if thread is not None:
        _say(session, thread, at, key, told, note, now)
        if told.refused:
            _lead_on(session, at, thread, now)
    session.add(ReceivedMessage(
        account_id=source.id, key=key, contact_point_id=at.id, conversation_id=thread.id if thread else None, at=now,
        reference=told.reference[:250],
    ))  # fmt: skip
    session.flush()
    return thread


def _require_pace(session: Session, at: ContactPoint, now: datetime) -> None:
    lately = (ReceivedMessage.contact_point_id == at.id) & (ReceivedMessage.at > now - timedelta(minutes=1))
    if (session.scalar(select(func.count()).select_from(ReceivedMessage).where(lately)) or 0) >= MOST_A_MINUTE:
        raise TooManyMessages


def _thread(
    session: Session, source: MessengerAccount, at: ContactPoint, told: Incoming, key: str, now: datetime
) -> Conversation:
    mine = (Conversation.contact_point_id == at.id) & (Conversation.account_id == source.id)
    going_on = select(Conversation).where(mine, Conversation.state != ConversationState.CLOSED).order_by(Conversation.id.desc())
    named = session.scalar(going_on.where(Conversation.uid == told.thread)) if told.thread else None
    if (found := named or session.scalar(going_on.limit(1))) is not None:
        return found
    channel = session.get_one(Channel, source.channel_id)
    made = conversation.start(
        session, channel, client_id=key, widget_id=None, visitor=hashlib.sha256(secrets.token_bytes(32)).hexdigest(),
        subject=at.name, locale=source.locale, now=now, even_closed=True,
    )  # fmt: skip
    made.contact_point_id, made.account_id = at.id, source.id
    session.flush()
    contact_point.claim(session, at.kind, at.address, made, now)
    write(session, NoticeKind.WELCOME, at, made, now)
    return made


def _say(session: Session, thread: Conversation, at: ContactPoint, key: str, told: Incoming, note: str, now: datetime) -> None:
    text = "\n\n".join(part for part in (told.text.strip(), note) if part) or "…"
    by = Author(AuthorKind.PATIENT, at.name, visitor=thread.visitor)
    for number, start in enumerate(range(0, len(text), LONGEST_MESSAGE)):
        piece = text[start : start + LONGEST_MESSAGE]
        if piece.strip():
            message.post(session, thread.id, f"{key[:36]}-{number}", piece, by=by, now=now)


def _lead_on(session: Session, at: ContactPoint, thread: Conversation, now: datetime) -> None:
    """Files are not taken here: their sender gets the link to the page that takes them, once within LED_ON."""
    lately = (Notice.conversation_id == thread.id) & (Notice.kind == NoticeKind.WELCOME) & (Notice.written_at > now - LED_ON)
    if session.scalar(select(Notice.id).where(lately).limit(1)) is None:
        write(session, NoticeKind.WELCOME, at, thread, now)


def is_free_to_write(session: Session, at: ContactPoint, now: datetime) -> bool:
    """Whether somebody wrote lately enough that their service takes words of our own; only WhatsApp counts the hours."""
    if at.kind is not ContactKind.WHATSAPP:
        return True
    lately = (ReceivedMessage.contact_point_id == at.id) & (ReceivedMessage.at > now - FREE_TO_WRITE)
    return session.scalar(select(ReceivedMessage.key).where(lately).limit(1)) is not None


def learn(session: Session, source: MessengerAccount, told: Status) -> None:
    """What became of a notice; of one that is not ours nothing is learnt."""
    mine = (Notice.account_id == source.id) & (Notice.external_id == told.external_id)
    found = session.scalar(select(Notice).where(mine).limit(1))
    if found is not None and told.external_id:
        found.error = told.error[:300] or found.error
        found.came(told.arrival)


def last_reference(session: Session, thread: Conversation) -> str:
    """The Message-ID of the last mail that came in; empty when none did."""
    mine = (ReceivedMessage.conversation_id == thread.id) & (ReceivedMessage.reference != "")
    return session.scalar(select(ReceivedMessage.reference).where(mine).order_by(ReceivedMessage.at.desc()).limit(1)) or ""


# Out


def write(
    session: Session, kind: NoticeKind, at: ContactPoint, thread: Conversation | None, now: datetime, *, text: str = "",
    due: datetime | None = None, locale: str = "",
) -> Notice:  # fmt: skip
    """Say something outside, in the transaction of what it tells about."""
    source = session.get(MessengerAccount, thread.account_id) if thread and thread.account_id else None
    if source is None or source.kind is not at.kind:
        source = account_for(session, at.kind)
    made = Notice(
        kind=kind, account_id=source.id if source else None, contact_point_id=at.id, conversation_id=thread.id if thread else None,
        text=text, locale=locale or (thread.locale if thread else "en"), written_at=now, due=due or now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def answered(session: Session, thread: Conversation, now: datetime) -> None:
    """Staff have written: whoever came from outside is told once that there is an answer, and not what it says (S003-21).

    One that is under way tells of this answer too; one that was sent counts as long as the patient has neither read nor written since.
    """
    if thread.contact_point_id is None:
        return
    session.refresh(thread)
    at = session.get_one(ContactPoint, thread.contact_point_id)
    if not at.is_blocked and not _is_told(session, thread):
        write(session, NoticeKind.ANSWER, at, thread, now, due=now + QUIET)


def _is_told(session: Session, thread: Conversation) -> bool:
    told = select(Notice).where(Notice.conversation_id == thread.id, Notice.kind == NoticeKind.ANSWER).order_by(Notice.id.desc())
    last = session.scalar(told.limit(1))
    if last is None or last.state is WorkState.WAITING:
        return last is not None
    mine = (Message.conversation_id == thread.id) & (Message.author == AuthorKind.PATIENT)
    wrote = session.scalar(select(func.max(Message.at)).where(mine))
    unseen = thread.unread_by_patient > 1 and last.opened_at is None and (wrote is None or wrote <= last.written_at)
    return unseen and last.state is WorkState.DONE and last.arrival is not Arrival.FAILED


def is_wanted(session: Session, notice: Notice) -> bool:
    """Whether it still has something to say when its turn comes."""
    if notice.contact.is_blocked:
        return False
    thread = session.get(Conversation, notice.conversation_id) if notice.conversation_id else None
    if notice.kind is NoticeKind.ANSWER:
        return thread is not None and thread.unread_by_patient > 0 and thread.erased_at is None
    return True


def latest(session: Session, thread: Conversation) -> Notice | None:
    """The last thing that was said outside about a conversation."""
    said = (Notice.conversation_id == thread.id) & (Notice.kind != NoticeKind.CODE)
    return session.scalar(select(Notice).where(said).order_by(Notice.id.desc()).limit(1))


# Codes


def ask_code(session: Session, at: ContactPoint, thread: Conversation | None, now: datetime, *, texting: bool) -> Notice:
    """Send a code to a contact point, which ends every earlier one. `texting`: text messages can be sent.

    Raises NoWay, TooManyMessages.
    """
    by_text = at.kind is ContactKind.PHONE and texting
    if at.is_blocked or not (by_text or at.kind is ContactKind.EMAIL or account_for(session, at.kind)):
        raise NoWay
    lately = (Notice.contact_point_id == at.id) & (Notice.kind == NoticeKind.CODE) & (Notice.written_at > now - timedelta(hours=1))
    if (session.scalar(select(func.count()).select_from(Notice).where(lately)) or 0) >= CODES_AN_HOUR:
        raise TooManyMessages
    return write(session, NoticeKind.CODE, at, thread, now)


def latest_code(session: Session, at: ContactPoint) -> Notice | None:
    """The one that counts, locked: each try is counted."""
    mine = select(Notice).where(Notice.contact_point_id == at.id, Notice.kind == NoticeKind.CODE).order_by(Notice.id.desc())
    return session.scalar(mine.limit(1).with_for_update(of=Notice), execution_options={"populate_existing": True})


def try_code(session: Session, at: ContactPoint, given: str, now: datetime) -> None:
    """One try. Whoever calls keeps what comes of it, also when it is refused. Raises WrongCode, CodeOver."""
    made = latest_code(session, at)
    if made is None or made.is_over(now):
        raise CodeOver
    made.tries += 1
    if not hmac.compare_digest(made.digits.encode(), given.strip().encode()):
        raise WrongCode(TRIES - made.tries) if made.tries < TRIES else CodeOver
    made.used_at = now
    at.verify(now)


# The safe page


def by_link(session: Session, given: str) -> Notice:
    """The notice whose link this is; the session enters its organisation. Raises UnknownAccount."""
    uid, _dot, secret = given.partition(".")
    found = session.execute(
        select(Notice.organization_id, Notice.id).where(Notice.uid == uid, Notice.kind.in_((NoticeKind.WELCOME, NoticeKind.ANSWER))),
        execution_options={"across_organizations": True},
    ).one_or_none()
    if found is None:
        raise UnknownAccount
    session.enter(found.organization_id)
    if not hmac.compare_digest(_secret(session, uid).encode(), secret.encode()):
        raise UnknownAccount
    return session.get_one(Notice, found.id)


def open_link(session: Session, notice: Notice, now: datetime, *, known_device: bool) -> Conversation:
    """The conversation a link opens: at once the first time soon after it was sent or on a known device, else with a code.

    Raises CodeNeeded, UnknownAccount.
    """
    session.refresh(notice, with_for_update=True)
    fresh = notice.opened_at is None and now < notice.written_at + FRESH
    if not (fresh or known_device):
        raise CodeNeeded
    notice.opened_at = notice.opened_at or now
    at = session.get_one(ContactPoint, notice.contact_point_id)
    if at.verified_at is None and fresh:  # only there did the link stand
        at.verify(now)
    return thread_of(session, notice)


def thread_of(session: Session, notice: Notice) -> Conversation:
    """Raises UnknownAccount."""
    found = session.get(Conversation, notice.conversation_id) if notice.conversation_id else None
    if found is None:
        raise UnknownAccount
    return found
