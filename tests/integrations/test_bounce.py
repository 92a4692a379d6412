"""Mails that cannot be delivered: refused at once by the mail server, or sent back later by the recipient's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from integrations import bounce
from integrations.bounce import NoBounce
from telehealth import bounce as came_back
from telehealth import clock, elsewhere
from telehealth.booking import Appointment
from telehealth.job import WorkState
from telehealth.outbox import Delivery, MailKind, OutgoingMail
from telehealth.waiting_room import CallBackWay
from tests.integrations.conftest import book, read

PATTERN = "bounces+{token}@bounces.care.example"


@pytest.fixture
def by_tokens(settings):
    return settings.model_copy(update={"bounce_address": PATTERN})


def mails(clinic, kind=MailKind.CONFIRMATION):
    with clinic.session() as session:
        found = session.query(OutgoingMail).filter_by(kind=kind).order_by(OutgoingMail.id).all()
        session.expunge_all()
        return found


def notification(to, *, action="failed", status="5.1.1", code="smtp; 550 5.1.1 <m@x.example>: User unknown in table"):
    """As Postfix writes it."""
    return "\r\n".join([
        "Return-Path: <>", f"Delivered-To: {to}", "From: MAILER-DAEMON@mx.example (Mail Delivery System)", f"To: {to}",
        "Subject: Undelivered Mail Returned to Sender", "Auto-Submitted: auto-replied", "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"', "",
        "--b", "Content-Type: text/plain; charset=us-ascii", "", "I'm sorry to have to inform you …".replace("…", "..."), "",
        "--b", "Content-Type: message/delivery-status", "",
        "Reporting-MTA: dns; mx.example", "Arrival-Date: Sun, 22 Nov 2026 10:00:00 +0000", "",
        "Final-Recipient: rfc822; m@x.example", f"Action: {action}", f"Status: {status}", f"Diagnostic-Code: {code}", "",
        "--b", "Content-Type: text/rfc822-headers", "", "Subject: Your appointment", "To: m@x.example", "",
        "--b--", "",
    ]).encode()  # fmt: skip


def test_every_mail_leaves_with_a_sender_of_its_own_that_the_recipient_does_not_read(clinic, inbox, post, by_tokens):
    book(clinic)
    book(clinic, slot=1)
    post(using=by_tokens)
    assert len(set(inbox.senders)) == 2
    for sender, letter in zip(inbox.senders, inbox.letters, strict=True):
        assert sender.startswith("bounces+") and sender.endswith("@bounces.care.example")
        assert len(sender.partition("@")[0]) <= 64
        assert read(letter)["From"] == by_tokens.mail_from
        assert sender not in letter.decode()


def test_without_a_pattern_the_sender_is_the_one_that_is_read(clinic, inbox, post, settings):
    book(clinic)
    post()
    assert inbox.senders == [settings.mail_from]


def test_an_address_that_the_mail_server_refuses_has_come_back_at_once(clinic, inbox, post):
    inbox.unknown[f"m.devries@{clinic.slug}.example"] = "550 5.1.1 No such user here"
    book(clinic)
    post()
    [row] = mails(clinic)
    assert (row.state, row.turn, row.delivery) == (WorkState.DEAD, 1, Delivery.BOUNCED)
    assert (row.bounce_status, row.bounce_reason) == ("5.1.1", "5.1.1 No such user here")
    [notice] = mails(clinic, MailKind.BOUNCE)
    assert (notice.recipient, notice.state) == (clinic.email("manager"), WorkState.DONE)
    post(timedelta(hours=1))
    assert len(mails(clinic, MailKind.BOUNCE)) == 1


def test_a_letter_that_the_mail_server_refuses_for_good_has_come_back_too(clinic, inbox, post):
    inbox.verdict = "554 5.7.1 Message looks like spam"
    book(clinic)
    post()
    assert (mails(clinic)[0].delivery, mails(clinic)[0].bounce_status) == (Delivery.BOUNCED, "5.7.1")


def test_a_code_of_the_old_kind_is_understood(clinic, inbox, post):
    inbox.unknown[f"m.devries@{clinic.slug}.example"] = "550 no"
    book(clinic)
    post()
    assert mails(clinic)[0].bounce_status == "5.0.0"


def test_an_address_that_is_refused_for_now_is_tried_again(clinic, inbox, post):
    inbox.unknown[f"m.devries@{clinic.slug}.example"] = "451 4.2.1 Greylisted"
    book(clinic)
    post()
    assert mails(clinic)[0].delivery is Delivery.WAITING
    inbox.unknown.clear()
    post(timedelta(minutes=1))
    assert mails(clinic)[0].delivery is Delivery.SENT


def test_the_notice_tells_department_moment_reason_and_way_and_nothing_of_the_patient(clinic, inbox, post, settings):
    inbox.unknown[f"m.devries@{clinic.slug}.example"] = "550 5.1.1 No such user here"
    number = book(clinic, answers={"reason": "Dizzy"})
    with clinic.session() as session:
        session.get_one(Appointment, number).department_id = clinic.departments[0]
    post()
    letter = read(inbox.letters[0])
    text = letter.get_body(("plain",)).get_content()
    assert letter["To"] == clinic.email("manager")
    assert f"General practice {clinic.mark}" in letter["Subject"] and f"{clock.now():%Y}" in text
    assert "The address does not exist" in text
    assert f"{settings.base_url}/admin/appointments/show/{number}" in text
    for secret in ("de Vries", "m.devries", "Dizzy", "/visit#", "text/calendar"):
        assert secret not in letter.as_string()


@pytest.mark.parametrize("said", ["Delivered-To", "To"])
def test_a_notification_is_read(said):
    content = notification(PATTERN.replace("{token}", "a" * 45)).replace(
        b"Delivered-To" if said == "To" else b"\r\nTo: b", b"X-Other" if said == "To" else b"\r\nX-Other: b"
    )
    returned = bounce.read(content, PATTERN)
    assert (returned.token, returned.status) == ("a" * 45, "5.1.1")
    assert returned.reason == "550 5.1.1 <m@x.example>: User unknown in table"


def test_an_address_in_capitals_and_a_long_folded_reason_are_read():
    content = notification(PATTERN.replace("{token}", "a" * 45).upper(), code="smtp; 552 5.2.2\r\n    Over\r\n    quota " + "x" * 999, status="5.2.2")
    returned = bounce.read(content, PATTERN)
    assert returned.token == "a" * 45
    assert returned.reason.startswith("552 5.2.2 Over quota xx") and len(returned.reason) == 300


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", ""])
def test_what_does_not_say_that_delivery_has_failed_is_left_alone(action):
    with pytest.raises(NoBounce):
        bounce.read(notification(PATTERN.replace("{token}", "a" * 45), action=action), PATTERN)


@pytest.mark.parametrize("content", [
    b"", b"\xff\xfe\x00", b"To: somebody@care.example\r\n\r\nHello", b"To: bounces+aaaa@bounces.care.example\r\n\r\nI am on holiday",
    notification("bounces@bounces.care.example"), notification("bounces+aaaa@elsewhere.example"),
    b'To: bounces+aaaa@bounces.care.example\r\nContent-Type: multipart/report; boundary="b"\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n',
])  # fmt: skip
def test_what_is_no_bounce_of_ours_is_left_alone(content):
    with pytest.raises(NoBounce):
        bounce.read(content, PATTERN)


@pytest.mark.parametrize(("status", "said"), [
    ("5.1.1", "does not exist"), ("5.2.2", "full"), ("5.2.1", "takes no mails"), ("4.4.7", "could not be reached"),
    ("5.7.1", "refuses"), ("5.0.0", "could not be delivered"), ("", "could not be delivered"),
])  # fmt: skip
def test_every_status_has_words(status, said, app):
    with app.test_request_context("/"):
        assert said in bounce.words_of(status)


@pytest.fixture
def bounce_in(app, house, monkeypatch, by_tokens):
    """Hand a message to the operator's command."""
    monkeypatch.setattr(house, "settings", by_tokens)

    def call(content):
        with app.app_context():
            return app.test_cli_runner().invoke(args=["bounce"], input=content)

    return call


def test_a_mail_server_hands_a_bounce_over_and_doing_so_twice_is_doing_it_once(clinic, inbox, post, by_tokens, bounce_in):
    book(clinic)
    post(using=by_tokens)
    content = notification(inbox.senders[0])
    assert mails(clinic)[0].delivery is Delivery.SENT
    outputs = [bounce_in(content) for _ in range(2)]
    assert [(one.exit_code, one.output) for one in outputs] == [(0, "5.1.1 noted\n"), (0, "known already\n")]
    assert mails(clinic)[0].delivery is Delivery.BOUNCED
    assert len(mails(clinic, MailKind.BOUNCE)) == 1


def test_a_forged_token_changes_nothing_and_begins_no_loop(clinic, inbox, post, by_tokens, bounce_in):
    book(clinic)
    post(using=by_tokens)
    sender = inbox.senders[0]
    forged = sender.replace(sender[10:14], "aaaa" if sender[10:14] != "aaaa" else "bbbb")
    done = bounce_in(notification(forged))
    assert (done.exit_code, done.output) == (0, "left alone: no mail of ours\n")
    assert mails(clinic)[0].delivery is Delivery.SENT


def test_a_database_that_is_busy_lets_the_mail_server_call_again(bounce_in, by_tokens, clinic, inbox, post, monkeypatch):
    from sqlalchemy.exc import OperationalError

    book(clinic)
    post(using=by_tokens)

    def busy(*_):
        raise OperationalError("select", {}, Exception("locked"))

    monkeypatch.setattr(came_back, "note", busy)
    assert bounce_in(notification(inbox.senders[0])).exit_code == 75


def test_without_a_pattern_the_command_says_so_and_the_mail_server_keeps_the_mail(app):
    with app.app_context():
        done = app.test_cli_runner().invoke(args=["bounce"], input=b"")
    assert done.exit_code == 75 and "BOUNCE_ADDRESS is not set" in done.output


@pytest.mark.parametrize("inbox", ["dsn"], indirect=True)
def test_a_server_that_offers_it_is_asked_for_failures_only_and_for_heads_without_words(clinic, inbox, post):
    book(clinic)
    post()
    assert len(inbox.letters) == 1 and inbox.asked == ["RET=HDRS", "NOTIFY=FAILURE"]


def call_back(clinic, inbox, post, *, back=False):
    """The mail to somebody who waits elsewhere is refused."""
    inbox.unknown["away@patient.example"] = "550 5.1.1 No such user here"
    with clinic.session() as session:
        visit = clinic.arrive(session, practitioner_id=clinic.people["doctor"])
        elsewhere.go(session, visit, CallBackWay.MAIL, "away@patient.example", texting=False, now=clock.now())
        visit.call_back(clock.now())
        session.flush()
        if back:
            row = session.query(OutgoingMail).filter_by(kind=MailKind.CALL_BACK).one()
            visit.come_back()
            came_back.note(session, row, "5.1.1", "No such user here", clock.now())
    post()
    return mails(clinic, MailKind.CALL_BACK_BOUNCE)


def test_somebody_hears_that_a_patient_could_not_be_called_back(clinic, inbox, post):
    told = call_back(clinic, inbox, post)
    assert sorted(row.recipient for row in told) == [clinic.email("doctor"), clinic.email("manager")]
    letter = next(letter for content in inbox.letters if (letter := read(content))["To"] == clinic.email("manager"))
    text = letter.get_body(("plain",)).get_content()
    assert "/desk/waiting-room" in text and "does not exist" in text and "Lindqvist" not in str(letter) + text
    assert "away@patient.example" not in text


def test_nobody_is_told_once_the_patient_is_back(clinic, inbox, post):
    assert call_back(clinic, inbox, post, back=True) == []
