"""The panel beside a conversation: names for those who see patients, a link only after somebody has said so."""

from __future__ import annotations

import pytest

from telehealth import clock, contact_point, messenger
from telehealth.audit import AuditEvent
from telehealth.channel import Channel
from telehealth.contact_point import ContactKind, ContactPoint
from telehealth.conversation import Conversation
from telehealth.messenger import Incoming, MessengerAccount, Notice, NoticeKind
from telehealth.patient import Patient

NUMBER = "+31612345678"


@pytest.fixture
def thread(clinic):
    """A conversation in which a number was typed, and a nurse who is present there; gives its id."""
    with clinic.session() as session:
        session.get_one(Channel, clinic.channels["open"]).enter(clinic.staff("nurse"), active=True, now=clock.now())
        made = clinic.conversation(session)
        contact_point.claim(session, ContactKind.PHONE, NUMBER, made, clock.now())
        return made.id


def patient(clinic, name, phone=NUMBER):
    with clinic.session() as session:
        made = Patient(initials="A.", last_name=name, phone=phone)
        session.add(made)
        session.flush()
        return made.id


def point(clinic):
    with clinic.session() as session:
        return session.query(ContactPoint.id).scalar()


def test_nobody_is_an_unknown_client(clinic, open_page, thread):
    found = open_page(clinic, "nurse").done("contact", id=thread)
    assert (found["patient"], found["more"], found["confirmed"], found["known"]) == (None, 0, False, 0)


def test_several_with_one_number_are_one_name_and_how_many_more(clinic, open_page, thread):
    for name in ("Bakker", "Jansen", "Visser"):
        patient(clinic, name)
    found = open_page(clinic, "nurse").done("contact", id=thread)
    assert (found["patient"]["name"], found["more"]) == ("A. Bakker", 2)


def test_whoever_is_shown_is_noted(clinic, open_page, thread):
    who = patient(clinic, "Bakker")
    open_page(clinic, "nurse").done("contact", id=thread)
    with clinic.session() as session:
        actor = f"practitioner:{clinic.people['nurse']}"
        assert session.query(AuditEvent).filter_by(entity="patient", entity_id=who, actor=actor).count() == 1


def test_the_chooser_lists_all_with_the_number_and_finds_others_by_name(clinic, open_page, thread):
    patient(clinic, "Bakker")
    patient(clinic, "Elsewhere", "+31687654321")
    page = open_page(clinic, "nurse")
    assert [one["name"] for one in page.done("contact_patients", id=thread)["patients"]] == ["A. Bakker"]
    found = page.done("contact_patients", id=thread, text="elsew")["patients"]
    assert [(one["name"], one["fits"]) for one in found] == [("A. Elsewhere", False)]


def test_confirming_makes_the_conversation_that_patients_and_parting_takes_it_back(clinic, open_page, thread):
    who = patient(clinic, "Bakker")
    page = open_page(clinic, "nurse")
    assert page.done("confirm_patient", id=thread, patient=who)["confirmed"]
    with clinic.session() as session:
        assert session.get_one(Conversation, thread).patient_id == who
    assert not page.done("part_patient", id=thread)["confirmed"]
    with clinic.session() as session:
        assert session.get_one(Conversation, thread).patient_id is None


def test_a_patient_of_next_door_cannot_be_named(clinic, other, open_page, thread):
    theirs = patient(other, "Theirs")
    assert open_page(clinic, "nurse").send("confirm_patient", id=thread, patient=theirs)["error"] == "unknown"


def test_whoever_is_not_present_sees_no_contact(clinic, open_page, thread):
    with clinic.session() as session:
        session.get_one(Channel, clinic.channels["open"]).enter(clinic.staff("nurse"), active=False, now=clock.now())
    page = open_page(clinic, "nurse")
    for event, more in [("contact", {}), ("contact_patients", {}), ("block_contact", {"point": point(clinic), "on": True})]:
        assert page.send(event, id=thread, **more)["error"] == "not_present"


def test_a_contact_of_another_conversation_cannot_be_blocked_from_here(clinic, other, open_page, thread):
    with other.session() as session:
        theirs = contact_point.point(session, ContactKind.PHONE, NUMBER, clock.now()).id
    assert open_page(clinic, "nurse").send("block_contact", id=thread, point=theirs, on=True)["error"] == "unknown"


def test_blocking_and_taking_back(clinic, open_page, thread):
    page, at = open_page(clinic, "nurse"), point(clinic)
    assert page.done("block_contact", id=thread, point=at, on=True)["points"][0]["blocked"]
    assert not page.done("block_contact", id=thread, point=at, on=False)["points"][0]["blocked"]


def test_a_number_is_verified_by_the_code_that_the_patient_tells(clinic, open_page, thread):
    with clinic.session() as session:
        mail = contact_point.claim(session, ContactKind.EMAIL, "a@example.org", session.get_one(Conversation, thread), clock.now()).id
    page = open_page(clinic, "nurse")
    page.done("send_code", id=thread, point=mail)
    with clinic.session() as session:
        code = session.query(Notice).filter_by(kind=NoticeKind.CODE).one().digits
    wrong = "000000" if code != "000000" else "111111"
    assert page.done("try_code", id=thread, point=mail, code=wrong) == {"wrong": 4}
    found = page.done("try_code", id=thread, point=mail, code=code)["panel"]["points"]
    assert [at["verified"] for at in found] == [False, True]


def test_without_a_gateway_no_code_goes_to_a_telephone(clinic, open_page, thread):
    assert open_page(clinic, "nurse").send("send_code", id=thread, point=point(clinic))["error"] == "no_way"


def test_an_answer_writes_one_notice_in_the_same_transaction(clinic, open_page):
    with clinic.session() as session:
        session.get_one(Channel, clinic.channels["open"]).enter(clinic.staff("nurse"), active=True, now=clock.now())
        session.add(bot := MessengerAccount(kind=ContactKind.TELEGRAM, name="Bot", channel_id=clinic.channels["open"]))
        session.flush()
        thread = messenger.receive(session, bot, Incoming("m1", "555", "Ida", "Hello"), clock.now()).id
    page = open_page(clinic, "nurse")
    for number in range(3):
        page.done("post", id=thread, client_id=f"answer-{number}", text="It is fine")
    with clinic.session() as session:
        assert session.query(Notice).filter_by(kind=NoticeKind.ANSWER).count() == 1
    assert page.done("contact", id=thread)["notice"]["fate"] == "waiting"


@pytest.fixture
def two(clinic, open_page, thread):
    """The pages of two colleagues who have the conversation open, and of one who is not present in its channel."""
    with clinic.session() as session:
        channel = session.get_one(Channel, session.get_one(Conversation, thread).channel_id)
        channel.enter(clinic.staff("admin"), active=True, now=clock.now())
        channel.enter(clinic.staff("doctor"), active=False, now=clock.now())
    pages = [open_page(clinic, person) for person in ("nurse", "admin", "doctor")]
    for page in pages[:2]:
        page.done("talk", id=thread)
    return pages


DEEDS = ["confirm", "part", "block", "unblock", "merge", "split", "agree"]


@pytest.mark.parametrize("deed", DEEDS)
def test_what_one_says_of_a_contact_is_told_to_whoever_has_it_open_and_to_nobody_else(clinic, two, thread, deed):
    nurse, admin, doctor = two
    who, at = patient(clinic, "Bakker"), point(clinic)
    with clinic.session() as session:
        mail = contact_point.point(session, ContactKind.EMAIL, "a@example.org", clock.now())
        if deed == "split":
            mail.merge(session.get_one(ContactPoint, at))
    if deed == "part":
        nurse.done("confirm_patient", id=thread, patient=who)
    before = len(admin.events("contact_changed"))
    if deed in {"merge", "split"}:
        with clinic.session() as session:
            mail = session.query(ContactPoint).filter_by(kind=ContactKind.EMAIL).one()
            mail.split() if deed == "split" else mail.merge(session.get_one(ContactPoint, at))
    else:
        name, body = {
            "confirm": ("confirm_patient", {"patient": who}), "part": ("part_patient", {}), "block": ("block_contact", {"point": at, "on": True}),
            "unblock": ("block_contact", {"point": at, "on": False}), "agree": ("agree_contact", {"point": at, "on": True}),
        }[deed]  # fmt: skip
        nurse.done(name, id=thread, **body)
    told = admin.events("contact_changed")[before:]
    assert told and all(body == {"id": thread} for body in told)
    assert doctor.events("contact_changed") == []


def test_a_contact_of_two_conversations_changes_both(clinic, two, thread):
    with clinic.session() as session:
        second = clinic.conversation(session)
        contact_point.claim(session, ContactKind.PHONE, NUMBER, second, clock.now())
        second = second.id
    nurse, admin, _doctor = two
    admin.done("talk", id=second)
    nurse.done("block_contact", id=thread, point=point(clinic), on=True)
    assert sorted(body["id"] for body in admin.events("contact_changed")) == [thread, second]
