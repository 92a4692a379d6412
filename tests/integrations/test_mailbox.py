"""E-mail as a channel: mails are read once and robustly, machines are not answered, answers find their conversation."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import pytest

from integrations.messenger import accounts, letter
from integrations.messenger.letter import NotForPeople
from telehealth import clock, message, messenger
from telehealth.contact_point import ContactKind
from telehealth.conversation import AuthorKind, Conversation
from telehealth.message import Author
from telehealth.job import Job, NoLongerWanted
from telehealth.messenger import MessengerAccount, Notice, NoticeKind
from tests.clinic import client_id
from tests.messengers import PASSWORD, Imap, serving

OWN = "ask@care.example"


def mail(text="Hello", *, sender="Ida Rossi <ida@home.example>", subject="Question", **headers):
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, OWN, subject
    made["Message-ID"] = headers.pop("message_id", f"<{client_id()}@home.example>")
    for name, value in headers.items():
        if name.replace("_", "-") in made:
            del made[name.replace("_", "-")]
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def text_of(content):
    return letter.read(content if isinstance(content, bytes) else content.as_bytes(), OWN).text


@pytest.fixture
def imap():
    with serving(Imap()) as server:
        yield server


@pytest.fixture
def settings(house, inbox):
    changed = {"messengers_inside": True, "smtp_host": "127.0.0.1", "smtp_port": inbox.port, "base_url": "https://care.example"}
    return house.settings.model_copy(update=changed)


@pytest.fixture
def account(clinic, imap):
    with clinic.session() as session:
        made = MessengerAccount(
            kind=ContactKind.EMAIL, name="Mailbox", address=OWN, channel_id=clinic.channels["open"], mailbox="7",
            options={"imap_host": "127.0.0.1", "imap_port": str(imap.port), "imap_tls": "none"},
        )  # fmt: skip
        session.add(made)
        session.flush()
        made.keep(token=PASSWORD, secret="", now=clock.now())
        return made.id


@pytest.fixture
def look(app, clinic, settings, account):
    def read():
        with app.test_request_context("/"):
            accounts.read_mailbox(clinic.sessions, settings, Job(organization_id=clinic.id, payload={"account": account}))

    return read


def threads(clinic):
    with clinic.session() as session:
        found = session.query(Conversation).order_by(Conversation.id)
        return [[said.text for said in message.messages(session, thread.id)] for thread in found]


def answer(app, clinic, settings):
    who = clinic.staff("nurse")
    with clinic.session() as session:
        thread = session.query(Conversation).order_by(Conversation.id).first()
        by = Author(AuthorKind.STAFF, who.name, practitioner_id=who.practitioner_id)
        message.post(session, thread.id, client_id(), "The result is fine", by=by, now=clock.now())
        messenger.answered(session, thread, clock.now())
        notice = session.query(Notice).filter_by(kind=NoticeKind.ANSWER).order_by(Notice.id.desc()).first()
        session.expunge_all()
    with app.test_request_context("/"):
        accounts.send(clinic.sessions, settings, notice)


def sent_by(inbox):
    return [email.message_from_bytes(content, policy=email.policy.default) for content in inbox.letters]


# What a mail says


@pytest.mark.parametrize(("charset", "words"), [("utf-8", "Grüße €"), ("iso-8859-1", "Grüße"), ("koi8-r", "Привет"), ("iso-2022-jp", "日本")])
def test_every_charset_is_read(charset, words):
    made = mail()
    made.set_content(words, charset=charset)
    assert text_of(made) == words


def test_a_charset_that_does_not_exist_is_no_failure():
    made = mail("Hello there").as_bytes().replace(b'charset="utf-8"', b'charset="x-unheard-of"')
    assert text_of(made) == "Hello there"


def test_html_becomes_text_without_what_runs_or_looks():
    made = mail()
    made.set_content("<style>p{}</style><p>One &amp; two</p><script>alert(1)</script><div>Three<br>four</div>", subtype="html")
    assert text_of(made).split() == ["One", "&", "two", "Three", "four"]


@pytest.mark.parametrize("quote", [
    "On Mon, 3 Feb 2025 at 10:00, Clinic <ask@care.example> wrote:\n> Old", "Op ma 3 feb 2025 om 10:00 schreef Clinic:\n> Old",
    "-----Original Message-----\nFrom: Clinic\nOld", "Am 03.02.25 um 10:00 schrieb Clinic:\n> Old", "--\nIda\nOld",
    "On Mon, 3 Feb 2025 at 10:00, Clinic\n<ask@care.example> wrote:\n\n> Old", "> Old\n> Older",
])  # fmt: skip
def test_only_what_is_new_is_kept(quote):
    assert text_of(mail(f"New words\n\n{quote}")) == "New words"


def test_a_quote_in_html_is_cut():
    made = mail()
    made.set_content('<p>New</p><div class="gmail_quote"><p>Old</p></div>', subtype="html")
    assert text_of(made) == "New"


def test_a_mail_that_only_quotes_keeps_its_words():
    assert "Old" in text_of(mail("> Old"))


@pytest.mark.parametrize("headers", [
    {"Auto_Submitted": "auto-replied"}, {"Auto_Submitted": "auto-generated; x=1"}, {"Precedence": "bulk"}, {"List_Id": "<l.example>"},
    {"sender": "MAILER-DAEMON@home.example"}, {"sender": "noreply@shop.example"}, {"sender": OWN}, {"sender": "ask+abc@care.example"},
    {"Return_Path": "<>"}, {"X_Autoreply": "yes"}, {"sender": "nobody"},
])  # fmt: skip
def test_machines_and_ourselves_are_not_listened_to(headers):
    with pytest.raises(NotForPeople):
        letter.read(mail(**headers).as_bytes(), OWN)


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 50, b"From: a\n", b"Content-Type: multipart/mixed\n\n--x", b"From: =?x?q?=\n\n\xff"])
def test_what_cannot_be_read_is_left(content):
    with pytest.raises(NotForPeople):
        letter.read(content, OWN)


def test_attachments_are_counted_and_not_kept():
    made = mail()
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="report.pdf")
    assert letter.read(made.as_bytes(), OWN).files == 1


# The mailbox


def test_what_lies_there_before_is_left(clinic, imap, account, look):
    with clinic.session() as session:
        session.get_one(MessengerAccount, account).mailbox = ""
    imap.put(mail("Old").as_bytes())
    look()
    imap.put(mail("New").as_bytes())
    look()
    assert threads(clinic) == [["Question\n\nNew"]]


def test_a_mail_is_taken_once_however_often_the_mailbox_is_looked_into(clinic, imap, look):
    imap.put(mail("Hello").as_bytes())
    look()
    look()
    assert threads(clinic) == [["Question\n\nHello"]]
    assert imap.fetched == [1]


def test_a_worker_that_is_killed_between_two_mails_loses_and_doubles_none(clinic, imap, look, monkeypatch):
    for word in ("One", "Two", "Three"):
        imap.put(mail(word, sender="ida@home.example").as_bytes())
    receive, taken = messenger.receive, []

    def killed(session, source, told, now, note=""):
        taken.append(receive(session, source, told, now, note))
        if len(taken) == 2:
            raise KeyboardInterrupt
        return taken[-1]

    monkeypatch.setattr(messenger, "receive", killed)
    with pytest.raises(KeyboardInterrupt):
        look()
    assert [len(said) for said in threads(clinic)] == [1]
    look()
    assert threads(clinic) == [["Question\n\nOne", "Question\n\nTwo", "Question\n\nThree"]]


def test_a_mailbox_that_begins_anew_doubles_nothing(clinic, imap, look):
    imap.put(mail("Hello").as_bytes())
    look()
    imap.validity = 8
    look()
    assert threads(clinic) == [["Question\n\nHello"]]


def test_a_broken_mail_does_not_stop_the_next(clinic, imap, look):
    imap.put(b"\xff\x00 nonsense")
    imap.put(mail("Hello").as_bytes())
    look()
    assert threads(clinic) == [["Question\n\nHello"]]


def test_a_wrong_password_is_said_at_the_account_without_it(clinic, account, look):
    with clinic.session() as session:
        session.get_one(MessengerAccount, account).keep(token="not-the-word", secret="", now=clock.now())
    with pytest.raises(NoLongerWanted):
        look()
    with clinic.session() as session:
        error = session.get_one(MessengerAccount, account).last_error
    assert "refuses" in error
    assert "not-the-word" not in error


def test_a_private_mail_server_is_not_connected_to(app, clinic, settings, account):
    closed = settings.model_copy(update={"messengers_inside": False})
    with app.test_request_context("/"), pytest.raises(NoLongerWanted, match="public internet"):
        accounts.read_mailbox(clinic.sessions, closed, Job(organization_id=clinic.id, payload={"account": account}))


# There and back


def test_the_notice_stands_in_the_thread_and_says_nothing_of_the_answer(app, clinic, settings, inbox, imap, look):
    imap.put(mail("Hello", message_id="<first@home.example>").as_bytes())
    look()
    answer(app, clinic, settings)
    [sent] = sent_by(inbox)
    assert (sent["To"], sent["From"], sent["In-Reply-To"]) == ("ida@home.example", OWN, "<first@home.example>")
    assert sent["Auto-Submitted"] == "auto-replied"
    assert "result" not in sent.get_content()
    assert "https://care.example/continue?lang=en#" in sent.get_content().replace("=\n", "")


@pytest.mark.parametrize("by", ["Message-ID", "address"])
def test_an_answer_to_the_notice_comes_into_its_conversation(app, clinic, settings, inbox, imap, look, by):
    imap.put(mail("Hello").as_bytes())
    look()
    answer(app, clinic, settings)
    [sent] = sent_by(inbox)
    headers = {"In_Reply_To": sent["Message-ID"]} if by == "Message-ID" else {"To": sent["Reply-To"]}
    imap.put(mail("And then?", subject="Re: You have an answer", **headers).as_bytes())
    look()
    [[_first, _answer, last]] = threads(clinic)
    assert "And then?" in last


def test_somebody_else_does_not_come_into_a_conversation_by_knowing_its_address(app, clinic, settings, inbox, imap, look):
    imap.put(mail("Hello").as_bytes())
    look()
    answer(app, clinic, settings)
    imap.put(mail("Let me in", sender="eve@elsewhere.example", To=sent_by(inbox)[0]["Reply-To"]).as_bytes())
    look()
    assert [len(said) for said in threads(clinic)] == [2, 1]
