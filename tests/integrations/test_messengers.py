"""Services of others, over real HTTP: only signed notices count, answers hold nothing of health, what fails is tried again or said."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from integrations.messenger import MessengerFails, NotReachable, accounts, reminders
from telehealth import clock, contact_point, message, messenger, reminder, text_message
from telehealth.contact_point import ContactKind
from telehealth.conversation import AuthorKind, Conversation
from telehealth.message import Author
from telehealth.job import GivenUp, Job, NoLongerWanted, WorkState
from telehealth.messenger import Arrival, MessengerAccount, Notice, NoticeKind
from telehealth.organization import Organization
from tests.clinic import client_id
from tests.messengers import NUMBER, SECRET, TOKEN, Service, serving, telegram, webhook, whatsapp, whatsapp_text


@pytest.fixture
def service():
    with serving(Service()) as server:
        yield server


@pytest.fixture
def settings(house, service):
    changed = {
        "telegram_api": service.address, "whatsapp_api": service.address, "messengers_inside": True, "base_url": "https://care.example",
    }  # fmt: skip
    return house.settings.model_copy(update=changed)


@pytest.fixture
def account(clinic, service):
    """Makes an account of a kind; gives its uid."""

    def make(kind, **changes):
        with clinic.session() as session:
            given = {"address": NUMBER} if kind is ContactKind.WHATSAPP else {}
            given |= {"url": f"{service.address}/hook"} if kind is ContactKind.WEBHOOK else {}
            made = MessengerAccount(kind=kind, name="Account", channel_id=clinic.channels["open"], **(given | changes))
            session.add(made)
            session.flush()
            made.keep(token=TOKEN, secret=SECRET, now=clock.now())
            return made.uid

    return make


@pytest.fixture
def post(app):
    def send(uid, notice):
        body, headers = notice
        return app.test_client().post(f"/messengers/{uid}", data=body, headers=headers | {"Content-Type": "application/json"})

    return send


def threads(clinic):
    with clinic.session() as session:
        return {
            thread.subject: [said.text for said in message.messages(session, thread.id)] for thread in session.query(Conversation)
        }  # fmt: skip


def notices(clinic, kind=NoticeKind.ANSWER):
    with clinic.session() as session:
        found = session.query(Notice).filter_by(kind=kind).order_by(Notice.id).all()
        session.expunge_all()
        return found


def answer(clinic, text="Your result is fine"):
    who = clinic.staff("nurse")
    with clinic.session() as session:
        thread = session.query(Conversation).one()
        by = Author(AuthorKind.STAFF, who.name, practitioner_id=who.practitioner_id)
        message.post(session, thread.id, client_id(), text, by=by, now=clock.now())
        messenger.answered(session, thread, clock.now())
    return notices(clinic)[-1]


def send(app, clinic, settings, notice):
    with app.test_request_context("/"):
        accounts.send(clinic.sessions, settings, notice)


KINDS = {
    ContactKind.TELEGRAM: lambda: telegram(text="Hello"),
    ContactKind.WHATSAPP: lambda: whatsapp_text("Hello"),
    ContactKind.WEBHOOK: lambda: webhook({"messages": [{"id": "m1", "from": "ida-1", "name": "Ida Rossi", "text": "Hello"}]}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_becomes_a_case_once_however_often_it_is_told(clinic, account, post, kind):
    uid, notice = account(kind), KINDS[kind]()
    assert [post(uid, notice).status_code for _ in range(3)] == [200, 200, 200]
    assert threads(clinic) == {"Ida Rossi": ["Hello"]}


@pytest.mark.parametrize("kind", KINDS)
def test_a_notice_that_is_not_signed_rightly_is_refused(clinic, account, post, kind):
    uid, (body, headers) = account(kind), KINDS[kind]()
    for wrong in (dict.fromkeys(headers, "sha256=0"), {}):
        assert post(uid, (body, wrong)).status_code == 403
    if kind is not ContactKind.TELEGRAM:  # which signs nothing, and says a secret
        assert post(uid, (body.replace(b"Hello", b"Hallo"), headers)).status_code == 403
    assert threads(clinic) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_an_account_without_a_secret_believes_nobody(clinic, account, post, kind):
    uid = account(kind)
    with clinic.session() as session:
        session.query(MessengerAccount).one().sealed_secret = None
    body, headers = KINDS[kind]()
    assert post(uid, (body, headers)).status_code == 403
    assert post(uid, (body, dict.fromkeys(headers, ""))).status_code == 403


@pytest.mark.parametrize("at", [-301, 301])
def test_a_webhooks_notice_counts_five_minutes(clinic, account, post, at):
    notice = webhook({"messages": [{"id": "m1", "from": "x", "text": "Hello"}]}, at=time.time() + at)
    assert post(account(ContactKind.WEBHOOK), notice).status_code == 403


@pytest.mark.parametrize(("kind", "notice"), [
    (ContactKind.TELEGRAM, lambda: telegram(chat="group")),
    (ContactKind.WHATSAPP, lambda: whatsapp(number="999", messages=[{"type": "text"}])),
    (ContactKind.WEBHOOK, lambda: webhook({})),  # signed with the time at which it is sent
    (ContactKind.WHATSAPP, lambda: whatsapp(statuses=[{"id": "not ours", "status": "read"}])),
], ids=["a group", "another number", "nothing", "not ours"])  # fmt: skip
def test_what_is_not_for_us_is_taken_silently(clinic, account, post, kind, notice):
    assert post(account(kind), notice()).status_code == 200
    assert threads(clinic) == {}


def test_nonsense_is_refused_and_never_breaks(account, post):
    uid = account(ContactKind.WEBHOOK)
    for what in ({"messages": 1}, {"messages": [{}]}, {"statuses": [{"id": 1, "state": "eaten"}]}, {"messages": [{"id": "", "from": ""}]}):
        assert post(uid, webhook(what)).status_code == 403


def test_nobodys_address_and_a_paused_accounts_are_unknown(clinic, account, post):
    uid = account(ContactKind.TELEGRAM)
    with clinic.session() as session:
        session.query(MessengerAccount).one().active = False
    assert {post(uid, telegram()).status_code, post("nothing", telegram()).status_code} == {404}


def test_who_writes_too_much_is_told_to_wait_and_nothing_is_lost(clinic, account, post):
    uid = account(ContactKind.TELEGRAM)
    told = [post(uid, telegram(number)).status_code for number in range(messenger.MOST_A_MINUTE + 1)]
    assert told == [200] * messenger.MOST_A_MINUTE + [429]
    with clock.at(clock.now() + messenger.CODE_LIVES):
        assert post(uid, telegram(messenger.MOST_A_MINUTE)).status_code == 200


def test_files_are_not_fetched_but_named(clinic, account, post, service):
    post(account(ContactKind.TELEGRAM), telegram(text="", caption="My rash", photo=[{"file_id": "1"}]))
    [said] = threads(clinic)["Ida Rossi"]
    assert said.startswith("My rash")
    assert "1" in said
    assert service.asked == []


def test_whatsapp_asks_whether_the_address_is_ours(app, clinic, account):
    uid = account(ContactKind.WHATSAPP)
    with clinic.session() as session:
        word = session.query(MessengerAccount).one().verify_word
    ask = lambda given: app.test_client().get(  # noqa: E731
        f"/messengers/{uid}?hub.mode=subscribe&hub.challenge=4711&hub.verify_token={given}"
    )
    assert (ask(word).status_code, ask(word).text) == (200, "4711")
    assert ask("other").status_code == 403


@pytest.mark.parametrize("kind", KINDS)
def test_outside_only_that_there_is_an_answer_is_said(app, clinic, account, post, service, settings, kind):
    post(account(kind), KINDS[kind]())
    notice = answer(clinic)
    send(app, clinic, settings, notice)
    [said] = service.said()
    assert "result" not in said
    assert "Hello" not in said
    assert "https://care.example/continue?lang=en#" in said
    assert notices(clinic)[-1].arrival is Arrival.SENT


def test_each_service_is_asked_as_it_wants_to_be(app, clinic, account, post, service, settings):
    post(account(ContactKind.WHATSAPP), whatsapp_text())
    send(app, clinic, settings, answer(clinic))
    path, headers, body = service.asked[-1]
    assert (path, headers["Authorization"], body["to"], body["type"]) == (f"/{NUMBER}/messages", f"Bearer {TOKEN}", "31612345678", "text")


def test_a_webhooks_notice_is_signed(app, clinic, account, post, service, settings):
    post(account(ContactKind.WEBHOOK), KINDS[ContactKind.WEBHOOK]())
    notice = answer(clinic)
    send(app, clinic, settings, notice)
    _path, headers, body = service.asked[-1]
    assert (body["to"], body["id"]) == ("ida-1", notice.uid)
    assert headers["X-Konsulto-Signature"].startswith("sha256=")


def test_what_whatsapp_says_of_a_notice_is_kept(app, clinic, account, post, service, settings):
    uid = account(ContactKind.WHATSAPP)
    post(uid, whatsapp_text())
    send(app, clinic, settings, answer(clinic))
    external = notices(clinic)[-1].external_id
    for told, arrival in [("delivered", Arrival.DELIVERED), ("read", Arrival.READ), ("sent", Arrival.READ)]:
        post(uid, whatsapp(statuses=[{"id": external, "status": told, "recipient_id": "31612345678"}]))
        assert notices(clinic)[-1].arrival is arrival


@pytest.mark.parametrize(("kind", "said", "failure"), [
    (ContactKind.TELEGRAM, (500, {}), MessengerFails), (ContactKind.TELEGRAM, (429, {"ok": False}), MessengerFails),
    (ContactKind.TELEGRAM, (403, {"ok": False, "description": "Forbidden: bot was blocked by the user"}), NotReachable),
    (ContactKind.WHATSAPP, (500, {}), MessengerFails), (ContactKind.WHATSAPP, (401, {"error": {"code": 190}}), MessengerFails),
    (ContactKind.WHATSAPP, (400, {"error": {"code": 131047, "message": "Re-engagement message"}}), NotReachable),
    (ContactKind.WEBHOOK, (503, {}), MessengerFails), (ContactKind.WEBHOOK, (410, {}), NotReachable),
])  # fmt: skip
def test_what_fails_is_tried_again_and_what_never_works_is_not(app, clinic, account, post, service, settings, kind, said, failure):
    post(account(kind), KINDS[kind]())
    notice = answer(clinic)
    service.answers.append(said)
    with pytest.raises(failure) as why:
        send(app, clinic, settings, notice)
    assert TOKEN not in str(why.value)
    assert SECRET not in str(why.value)
    with clinic.session() as session:
        known = session.query(MessengerAccount).one()
        assert known.last_error == str(why.value)
        assert session.get_one(Notice, notice.id).arrival is (Arrival.FAILED if issubclass(failure, GivenUp) else Arrival.WAITING)
    if failure is MessengerFails:
        send(app, clinic, settings, notice)
        assert notices(clinic)[-1].arrival is Arrival.SENT


def test_an_answer_that_was_read_meanwhile_sends_nothing(app, clinic, account, post, service, settings):
    post(account(ContactKind.TELEGRAM), telegram())
    notice = answer(clinic)
    with clinic.session() as session:
        session.query(Conversation).one().read_by_patient()
    with pytest.raises(NoLongerWanted):
        send(app, clinic, settings, notice)
    assert service.asked == []


def test_a_private_address_is_not_posted_to(app, clinic, account, post, service, settings):
    post(account(ContactKind.WEBHOOK), KINDS[ContactKind.WEBHOOK]())
    with pytest.raises(NotReachable):
        send(app, clinic, settings.model_copy(update={"messengers_inside": False}), answer(clinic))
    assert service.asked == []


def test_a_sandbox_sends_nothing_and_counts_it_as_sent_in_test_organisations_only(app, clinic, account, post, service, settings):
    uid = account(ContactKind.WEBHOOK, url="")
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).is_test = True
    post(uid, KINDS[ContactKind.WEBHOOK]())
    notice = answer(clinic)
    send(app, clinic, settings, notice)
    assert (notices(clinic)[-1].arrival, service.asked) == (Arrival.SENT, [])
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).is_test = False
    with pytest.raises(NotReachable):
        send(app, clinic, settings, notice)


def test_a_blocked_contact_point_is_told_nothing(app, clinic, account, post, service, settings):
    post(account(ContactKind.TELEGRAM), telegram())
    notice = answer(clinic)
    with clinic.session() as session:
        contact_point.points_of(session, session.query(Conversation).one())[0].block(clock.now())
    with pytest.raises(NoLongerWanted):
        send(app, clinic, settings, notice)


def test_what_was_given_up_has_failed_for_whoever_looks(clinic, account, post):
    post(account(ContactKind.TELEGRAM), telegram())
    notice = answer(clinic)
    with clinic.session() as session:
        session.get_one(Notice, notice.id).state = WorkState.DEAD
    assert notices(clinic)[-1].fate is Arrival.FAILED


def test_what_was_handed_over_when_the_process_died_is_not_said_again(app, clinic, account, post, service, settings, monkeypatch):
    post(account(ContactKind.TELEGRAM), telegram())
    notice = answer(clinic)

    def die(*_given, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(accounts, "_note", die)
        with pytest.raises(KeyboardInterrupt):
            send(app, clinic, settings, notice)
    assert len(service.said()) == 1
    assert notices(clinic)[-1].arrival is Arrival.WAITING
    send(app, clinic, settings, notice)
    assert len(service.said()) == 1
    assert notices(clinic)[-1].arrival is Arrival.SENT


def test_a_webhook_that_knows_our_key_is_told_again(app, clinic, account, post, service, settings):
    post(account(ContactKind.WEBHOOK), KINDS[ContactKind.WEBHOOK]())
    notice = answer(clinic)
    service.answers.append((503, {}))
    with pytest.raises(MessengerFails):
        send(app, clinic, settings, notice)
    send(app, clinic, settings, notice)
    assert [body["id"] for _path, _headers, body in service.asked] == [notice.uid, notice.uid]


@pytest.fixture
def long_ago(app, clinic, account, post, settings):
    """Somebody wrote by WhatsApp and is answered 25 hours later; tells it."""

    def tell(**changes):
        post(account(ContactKind.WHATSAPP, **changes), whatsapp_text())
        with clock.at(clock.now() + timedelta(hours=25)):
            send(app, clinic, settings, answer(clinic))

    return tell


def test_after_a_day_whatsapp_is_given_the_approved_template(clinic, service, long_ago):
    long_ago(options={"template": "answer_waits", "template_locale": "en_GB"})
    [(_path, _headers, body)] = service.asked
    assert body["type"] == "template"
    assert body["template"]["name"] == "answer_waits"
    assert body["template"]["language"] == {"code": "en_GB"}
    [name, link] = [blank["text"] for blank in body["template"]["components"][0]["parameters"]]
    assert clinic.mark in name
    assert link.startswith("https://care.example/continue")


def test_after_a_day_without_a_template_nobody_is_asked_and_staff_are_told_why(clinic, service, long_ago):
    with pytest.raises(NotReachable, match="24 hours"):
        long_ago()
    assert service.asked == []
    last = notices(clinic)[-1]
    assert (last.arrival, last.handed_at) == (Arrival.FAILED, None)


def test_within_a_day_whatsapp_is_given_our_own_words_whatever_the_template(app, clinic, account, post, service, settings):
    post(account(ContactKind.WHATSAPP, options={"template": "answer_waits"}), whatsapp_text())
    send(app, clinic, settings, answer(clinic))
    assert service.asked[-1][2]["type"] == "text"


def test_who_sends_files_gets_the_link_to_the_page_that_takes_them_once_an_hour(clinic, account, post):
    uid = account(ContactKind.TELEGRAM)
    post(uid, telegram(1))
    later = clock.now() + timedelta(hours=2)
    for minutes, told in [(0, 1), (1, 1), (90, 2)]:
        with clock.at(later + timedelta(minutes=minutes)):
            post(uid, telegram(10 + minutes, text="", photo=[{"file_id": "1"}]))
        assert len(notices(clinic, NoticeKind.WELCOME)) == 1 + told


def test_telegram_is_told_where_to_send_when_the_account_is_tried(clinic, account, service, settings):
    account(ContactKind.TELEGRAM)
    with clinic.session() as session:
        known = session.query(MessengerAccount).one()
        where = accounts.notices_address(known, settings)
        found = accounts.of(session, known, settings).test(where)
    assert found == "@clinic_bot"
    path, _headers, body = service.asked[-1]
    assert path.endswith("/setWebhook")
    assert (body["url"], body["secret_token"]) == (where, SECRET)
    assert where.startswith("https://care.example/messengers/")


@pytest.mark.parametrize("agreed", [True, False])
def test_whoever_agreed_is_reminded_by_messenger_and_not_by_text_message(app, clinic, account, post, service, settings, agreed):
    post(account(ContactKind.TELEGRAM), telegram())
    with clinic.session() as session:
        own = session.get_one(Organization, clinic.id)
        own.text_reminders, own.texts_a_month = True, 10
        made = clinic.book(session)
        made.patient.phone = "+31612345678"
        thread = session.query(Conversation).one()
        contact_point.confirm(session, thread, made.patient, by=clinic.staff("doctor"), now=clock.now())
        if agreed:
            contact_point.points_of(session, thread)[0].consent(clock.now())
        start = made.start
    with clock.at(start - timedelta(minutes=30)):
        with clinic.session() as session:
            reminder.write_due(session, clock.now(), texting=True)
            reminder.write_due(session, clock.now(), texting=True)
        with clinic.session() as session:
            planned = session.query(Job).filter_by(organization_id=clinic.id).filter(Job.kind.like("reminder_%")).all()
            assert [job.kind for job in planned] == [messenger.REMINDER if agreed else text_message.REMINDER]
            session.expunge_all()
        if not agreed:
            return
        with app.test_request_context("/"):
            reminders.write(clinic.sessions, settings, planned[0])
        send(app, clinic, settings, notices(clinic, NoticeKind.APPOINTMENT)[0])
    [said] = service.said()
    assert "your appointment is on" in said
