"""Who may do what to a conversation: every event of the inbox and of talks × everybody and wherever the person stands.

An event that is added to either has to be given a row; so is a standing that the rules tell apart.
"""

from __future__ import annotations

from typing import Any

import pytest

from desk.inbox.cases import Cases
from desk.inbox.introduction import Introductions
from desk.inbox.namespace import Inbox
from desk.namespace import Desk
from desk.talk import Talk
from telehealth import clock
from telehealth.channel import Channel
from telehealth.conversation import Conversation, ConversationState
from telehealth.practitioner import PractitionerRole
from tests.clinic import Clinic, client_id
from tests.desk.wire import Page

# Events that name a conversation, each with the rest of a well-formed body.
NAMING: dict[str, dict[str, Any]] = {
    "talk": {}, "post": {"client_id": "", "text": "Hello"}, "read": {}, "claim": {}, "transfer": {"to": 0}, "close": {},
    "contact_request": {}, "introduction": {}, "received": {}, "typing": {"on": True}, "texts": {}, "write_note": {"client_id": "", "text": "Afraid"},
    "edit": {"seq": 1, "text": "Hello"}, "delete": {"seq": 1}, "erase_talk": {}, "case": {}, "save_case": {},
    "hand_over": {"to": 0}, "take_over": {"reason": "Away"}, "set_aside": {}, "put_back": {}, "end_thread": {}, "reopen_case": {},
}  # fmt: skip
# Those that name none: they answer with what the person may see, or ask about a channel.
LISTING = {
    "inbox", "inbox_of_channel", "channels", "be_present", "ring", "turn", "leave_talk", "be_present_in_all", "come_back", "choose_signs",
    "colleagues", "done_cases",
}  # fmt: skip
# What only those may do who answer for the content, whatever they stand in.
OF_ADMINISTRATORS = {"former_words": {"seq": 1}}
# Where the standing allows it and the conversation does not: another's words, a case that nobody has or that goes on.
NOT_NOW = {"edit": "unknown", "put_back": "case_not_now", "take_over": "case_not_now", "reopen_case": "case_not_now"}
# What a visit's talk, which has no queue, knows of the above.
OF_VISITS = {"talk", "post", "read", "contact_request"}


def _standing_by(clinic: Clinic, person: str, channel: str) -> None:
    with clinic.session() as session:
        session.get_one(Channel, clinic.channels[channel]).enter(clinic.staff(person), active=True, now=clock.now())


def _in_shared(clinic: Clinic) -> int:
    with clinic.session() as session:
        return clinic.conversation(session, "shared").id


def _present(clinic: Clinic) -> int:
    _standing_by(clinic, "doctor", "shared")
    return _in_shared(clinic)


def _absent(clinic: Clinic) -> int:
    return _in_shared(clinic)


def _of_another_department(clinic: Clinic) -> int:
    with clinic.session() as session:
        return clinic.conversation(session, "open").id


def _no_longer_of_the_department(clinic: Clinic) -> int:
    """Present in a channel of a department to which the person belonged."""
    with clinic.session() as session:
        role = session.query(PractitionerRole).filter_by(practitioner_id=clinic.people["doctor"]).one()
        role.department_id = clinic.departments[1]
    _standing_by(clinic, "doctor", "open")
    with clinic.session() as session:
        role = session.query(PractitionerRole).filter_by(practitioner_id=clinic.people["doctor"]).one()
        role.department_id = clinic.departments[0]
        return clinic.conversation(session, "open").id


def _taken_while_present(clinic: Clinic) -> int:
    """The person took it and is no longer present."""
    thread = _present(clinic)
    with clinic.session() as session:
        session.get_one(Conversation, thread).claim(clinic.staff("doctor"))
        session.get_one(Channel, clinic.channels["shared"]).enter(clinic.staff("doctor"), active=False, now=clock.now())
    return thread


def _visit(clinic: Clinic) -> int:
    with clinic.session() as session:
        return clinic.arrive(session).conversation_id


def _visit_elsewhere(clinic: Clinic) -> int:
    with clinic.session() as session:
        return clinic.arrive(session, department_id=clinic.departments[1]).conversation_id


def _nowhere(_clinic: Clinic) -> int:
    return 2**30


# Where the person stands, who that is, and what comes of any event that names the conversation; None: it is done.
STANDINGS: dict[str, tuple[Any, str, str | None]] = {
    "present": (_present, "doctor", None),
    "absent": (_absent, "doctor", "not_present"),
    "absent, of everything": (_absent, "admin", "not_present"),
    "of another department": (_of_another_department, "doctor", "unknown"),
    "no longer of the department": (_no_longer_of_the_department, "doctor", "unknown"),
    "taken while present": (_taken_while_present, "doctor", None),
    "a translator": (_in_shared, "translator", "not_allowed"),
    "nowhere": (_nowhere, "doctor", "unknown"),
}


def _send(page: Page, clinic: Clinic, event: str, thread: int) -> str | None:
    more = dict(NAMING[event])
    if "client_id" in more:
        more["client_id"] = client_id()
    if "to" in more:
        more["to"] = clinic.people["nurse"] if event == "hand_over" else clinic.channels["internal"]
    return page.send(event, id=thread, **more).get("error")


def test_every_event_of_the_inbox_and_of_talks_has_its_row() -> None:
    own = {name for part in (Inbox, Cases, Introductions, Talk) for name in dir(part) if name.startswith("on_")}
    assert {name.removeprefix("on_") for name in own} & set(Desk.events) == set(NAMING) | LISTING | set(OF_ADMINISTRATORS)


@pytest.mark.parametrize("event", sorted(NAMING))
@pytest.mark.parametrize("standing", sorted(STANDINGS))
def test_it_is_done_or_refused_as_the_standing_says(clinic: Clinic, open_page: Any, standing: str, event: str) -> None:
    prepare, person, expected = STANDINGS[standing]
    _standing_by(clinic, "nurse", "open")
    thread = prepare(clinic)
    allowed = {None, NOT_NOW.get(event)} if expected is None else {expected}
    assert _send(open_page(clinic, person), clinic, event, thread) in allowed


@pytest.mark.parametrize("event", sorted(OF_ADMINISTRATORS))
@pytest.mark.parametrize(("person", "expected"), [("doctor", "not_allowed"), ("nurse", "not_allowed"), ("admin", "not_present")])
def test_former_words_are_for_administrators_of_content_who_are_present(
    clinic: Clinic, open_page: Any, person: str, expected: str, event: str
) -> None:
    thread = _present(clinic)
    assert open_page(clinic, person).send(event, id=thread, **OF_ADMINISTRATORS[event])["error"] == expected


@pytest.mark.parametrize("event", sorted(NAMING))
@pytest.mark.parametrize("person", ["admin", "manager", "doctor", "nurse"])
def test_another_organisation_is_not_there_whoever_asks(
    clinic: Clinic, other: Clinic, open_page: Any, person: str, event: str
) -> None:
    for channel in ("shared", "open" if person == "nurse" else "internal"):
        _standing_by(other, person, channel)
    thread = _present(clinic)
    page = open_page(other, person)
    assert _send(page, other, event, thread) == "unknown"
    with clinic.session() as session:
        found = session.get_one(Conversation, thread)
        assert (found.state, found.claimed_by_id, found.seq, found.unread_by_staff) == (ConversationState.NEW, None, 1, 1)


@pytest.mark.parametrize("event", sorted(OF_VISITS))
def test_a_visits_talk_is_seen_with_the_visit(clinic: Clinic, open_page: Any, event: str) -> None:
    page = open_page(clinic, "doctor")
    assert _send(page, clinic, event, _visit(clinic)) is None
    assert _send(page, clinic, event, _visit_elsewhere(clinic)) == "unknown"


@pytest.mark.parametrize("event", sorted(set(NAMING) - OF_VISITS))
def test_a_visits_talk_is_in_no_queue(clinic: Clinic, open_page: Any, event: str) -> None:
    """Whatever the inbox may answer, the talk stays with its visit."""
    thread = _visit(clinic)
    _send(open_page(clinic, "doctor"), clinic, event, thread)
    with clinic.session() as session:
        found = session.get_one(Conversation, thread)
        assert (found.channel_id, found.claimed_by_id) == (None, None)
        assert found.state is not ConversationState.CLOSED
