"""An account's way to its service, and what is done with it: notices are sent, messages taken, mailboxes read."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from config import Settings
from integrations import sms
from integrations.messenger import Heard, Messenger, MessengerFails, NotReachable, Outgoing, letter, words
from integrations.messenger.mailbox import Mailbox, Place
from integrations.messenger.telegram import Telegram
from integrations.messenger.webhook import Webhook
from integrations.messenger.whatsapp import WhatsApp
from telehealth import clock, job, messenger
from telehealth.contact_point import BadAddress, ContactKind
from telehealth.conversation import Conversation
from telehealth.database import Session
from telehealth.encryption import CannotOpen
from telehealth.job import GivenUp, Job, NoLongerWanted
from telehealth.messenger import Incoming, MessengerAccount, Notice, NoticeKind
from telehealth.organization import Organization
from web import locale

log = logging.getLogger(__name__)
READ = "read_mailbox"  # a kind of job
SECONDS = 60  # between two looks into a mailbox
REPLY = "mail_reply"
TOO_LATE = "the patient wrote more than 24 hours ago: WhatsApp takes only an approved template, and the account names none"
PLUS = re.compile(r"\+([a-z2-7]{45})@")


def messenger_of(account: MessengerAccount, settings: Settings, *, is_test: bool) -> Messenger:
    """Ready to be asked after the session has ended. Raises NotReachable where the account cannot work."""
    inside = settings.messengers_inside
    match account.kind:
        case ContactKind.TELEGRAM:
            return Telegram(account.token, account.secret, settings.telegram_api, inside=inside)
        case ContactKind.WHATSAPP:
            return WhatsApp(account.token, account.secret, account.address, settings.whatsapp_api, inside=inside)
        case ContactKind.EMAIL:
            given = account.options
            place = Place(
                given.get("imap_host", ""), int(given.get("imap_port") or 993), given.get("imap_user") or account.address, account.token,
                tls=not (inside and given.get("imap_tls") == "none"),
            )  # fmt: skip
            return Mailbox(settings, account.address, place, inside=inside)
        case ContactKind.WEBHOOK if account.url or is_test:
            return Webhook(account.url, account.secret, inside=inside)
    raise NotReachable("the account has no address to send to")


def of(session: Session, account: MessengerAccount, settings: Settings) -> Messenger:
    """Raises NotReachable."""
    return messenger_of(account, settings, is_test=session.get_one(Organization, account.organization_id).is_test)


def notices_address(account: MessengerAccount, settings: Settings) -> str:
    """Where the service sends its notices."""
    return f"{settings.base_url}/messengers/{account.uid}"


# Out


def send(sessions: sessionmaker[Session], settings: Settings, notice: Notice) -> None:
    """Say one thing outside, to services that take no key of ours at most once. Raises NoLongerWanted, GivenUp, OSError."""
    with sessions(organization=notice.organization_id) as session, session.begin():
        row = session.get_one(Notice, notice.id)
        if not messenger.is_wanted(session, row):
            raise NoLongerWanted("it was read meanwhile, or the contact point is blocked")
        if row.kind is NoticeKind.CODE and row.is_over(clock.now()):
            raise NoLongerWanted("the code is over")
        if not row.hand(clock.now()):
            return
        what, kind = _outgoing(session, settings, row), row.contact.kind
        way = of(session, row.account, settings) if row.account is not None and row.account.active else None
        may_say = bool(what.template) or messenger.is_free_to_write(session, row.contact, clock.now())
    try:
        if not may_say:
            raise NotReachable(TOO_LATE)
        external = _hand_over(settings, way, kind, what)
    except MessengerFails as error:
        _note(sessions, notice, error=str(error))
        raise
    except GivenUp as error:
        _note(sessions, notice, error=str(error), arrival=messenger.Arrival.FAILED)
        raise
    _note(sessions, notice, external=external)


def _hand_over(settings: Settings, way: Messenger | None, kind: ContactKind, what: Outgoing) -> str:
    if way is not None:
        return way.send(what)
    if kind is ContactKind.PHONE:
        sms.sender_of(settings).send(what.to, what.text, what.key)
        return what.key
    if kind is ContactKind.EMAIL:
        return Mailbox(settings, settings.mail_from, Place("", 0, "", ""), inside=False).send(what)
    raise NotReachable("there is no account for this any more")


def _note(sessions: sessionmaker[Session], notice: Notice, *, external: str = "", error: str = "", arrival: messenger.Arrival | None = None) -> None:
    """What came of it, at the notice and at its account."""
    with sessions(organization=notice.organization_id) as session, session.begin():
        row = session.get_one(Notice, notice.id)
        if external:
            row.sent(external)
        else:
            row.handed_at = None
        if arrival is not None:
            row.came(arrival)
        if row.account is not None and error:
            row.account.failed(error, clock.now())
        elif row.account is not None:
            row.account.works()


def _outgoing(session: Session, settings: Settings, row: Notice) -> Outgoing:
    own = session.get_one(Organization, row.organization_id)
    locale.set_tag(locale.choose([row.locale], [own.locale, *own.locales]))
    thread = session.get(Conversation, row.conversation_id) if row.conversation_id else None
    with_link = row.kind in {NoticeKind.WELCOME, NoticeKind.ANSWER}
    link = f"{settings.base_url}/continue?lang={locale.current_tag()}#{row.link}" if with_link else ""
    code = row.digits if row.kind is NoticeKind.CODE else ""
    return Outgoing(
        row.contact.address, words.text(row.kind, own.name, link=link, code=code, written=row.text), row.uid,
        subject=words.subject(row.kind, own.name), reply_key=_reply_key(session, thread) if row.account_id else "",
        refers_to=messenger.last_reference(session, thread) if thread and with_link else "",
        template=_template(session, row) if with_link else None, blanks=(own.name, link),
    )  # fmt: skip


def _template(session: Session, row: Notice) -> tuple[str, str] | None:
    """What WhatsApp takes when the patient has not written for a day; None while our own words are taken, or where there is none."""
    at = row.account
    if at is None or not at.template or messenger.is_free_to_write(session, row.contact, clock.now()):
        return None
    return at.template, at.template_locale or at.locale.replace("-", "_")


def _reply_key(session: Session, thread: Conversation | None) -> str:
    return session.keyring.disguise(REPLY, thread.organization_id, thread.id) if thread else ""


# In


def take(session: Session, account: MessengerAccount, heard: Heard) -> None:
    """What a service says, in one transaction. Raises TooManyMessages."""
    locale.set_tag(account.locale)
    for one in heard.messages:
        try:
            messenger.receive(session, account, one, clock.now(), words.not_taken(one.refused))
        except BadAddress:
            log.warning("a message of account %s came from no address", account.id)
    for told in heard.statuses:
        messenger.learn(session, account, told)


def hear(session: Session, settings: Settings, account: MessengerAccount, body: bytes, headers: Mapping[str, str]) -> None:
    """Raises BadNotice, NotReachable, TooManyMessages."""
    take(session, account, of(session, account, settings).read(body, headers))


def plan_looks(session: Session) -> None:
    """Look into every mailbox of an organisation once a minute."""
    mine = (MessengerAccount.kind == ContactKind.EMAIL) & MessengerAccount.active
    now = clock.now()
    for number in session.scalars(select(MessengerAccount.id).where(mine)):
        once = f"{number}-{int(now.timestamp()) // SECONDS}"
        job.plan(session, READ, session.organization_id, due=now, payload={"account": number}, once=once)


def read_mailbox(sessions: sessionmaker[Session], settings: Settings, work: Job) -> None:
    """Take over what is new in a mailbox; what fails is tried again at the next look, and said at the account."""
    with sessions(organization=work.organization_id) as session:
        account = session.get(MessengerAccount, work.payload["account"])
        if account is None or not account.active:
            raise NoLongerWanted("the account has gone or is paused")
        way, name, reached = of(session, account, settings), account.mailbox, account.mailbox_uid
    assert isinstance(way, Mailbox)
    try:
        for mailbox, number, content in way.look(name, reached):
            with sessions(organization=work.organization_id) as session, session.begin():
                _take_mail(session, session.get_one(MessengerAccount, work.payload["account"]), mailbox, number, content)
    except MessengerFails as error:
        with sessions(organization=work.organization_id) as session, session.begin():
            session.get_one(MessengerAccount, work.payload["account"]).failed(str(error), clock.now())
        raise NoLongerWanted(str(error)) from None  # the next look comes by itself
    except messenger.TooManyMessages:
        raise NoLongerWanted("somebody writes more than a person does: the rest is read later") from None
    with sessions(organization=work.organization_id) as session, session.begin():
        session.get_one(MessengerAccount, work.payload["account"]).works()


def _take_mail(session: Session, account: MessengerAccount, mailbox: str, number: int, content: bytes) -> None:
    """One mail and how far the mailbox was read, together; two workers take it once."""
    session.refresh(account, with_for_update=True)
    if account.mailbox == mailbox and number <= account.mailbox_uid:
        return
    account.mailbox, account.mailbox_uid = mailbox, number
    if not content:
        return
    try:
        found = letter.read(content, account.address)
    except letter.NotForPeople as why:
        log.info("mail %s of account %s was left: %s", number, account.id, why)
        return
    text = "\n\n".join(part for part in (found.subject, found.text) if part) if not found.refers_to else found.text or found.subject
    told = Incoming(
        found.message_id or f"{mailbox}-{number}", found.sender, found.name or found.sender, text, found.files,
        thread=_answered(session, found), reference=found.message_id,
    )  # fmt: skip
    take(session, account, Heard([told]))


def _answered(session: Session, found: letter.Letter) -> str:
    """The conversation that a mail answers: by our own Message-ID that it names, else by the address it went to."""
    keys = [reference.strip("<>").partition("@")[0] for reference in found.refers_to]
    notice = session.scalar(select(Notice).where(Notice.uid.in_(keys)).order_by(Notice.id.desc()).limit(1)) if keys else None
    number = notice.conversation_id if notice else _named(session, found)
    thread = session.get(Conversation, number) if number else None
    return thread.uid if thread else ""


def _named(session: Session, found: letter.Letter) -> int | None:
    for address in found.recipients:
        if plus := PLUS.search(address):
            try:
                organization, number = session.keyring.reveal(REPLY, plus.group(1))
            except CannotOpen:
                continue
            return number if organization == session.organization_id else None
    return None
