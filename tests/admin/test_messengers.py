"""Accounts at messengers: what each service needs, secrets that nobody is shown; contacts that are one person's, or not."""

from __future__ import annotations

import pytest

from telehealth import clock
from telehealth.contact_point import ContactKind, ContactPoint
from telehealth.messenger import MessengerAccount

TOKEN, SECRET = "token-of-the-clinic", "secret-of-the-clinic"
WHATSAPP = {
    "kind": "whatsapp", "address": "1055500", "token": TOKEN, "secret": SECRET, "template": "answer_waits", "template_locale": "en_GB",
}  # fmt: skip
MAILBOX = {"kind": "email", "address": "a@care.example", "token": TOKEN}


@pytest.fixture
def someone(clinic, administrator):
    return administrator(clinic)


@pytest.fixture
def add(clinic, someone):
    """Fill in the form of a new account."""

    def send(**given):
        form = {"name": "Account", "channel": clinic.channels["open"], "locale": "en", "active": "y"}
        return someone.post("/admin/messengers/add", form | given)

    return send


def accounts_of(clinic):
    with clinic.session() as session:
        return session.query(MessengerAccount).count()


def test_an_account_is_made_sealed_and_its_secrets_are_shown_to_nobody(clinic, someone, add):
    assert add(**WHATSAPP).status_code == 302
    with clinic.session() as session:
        made = session.query(MessengerAccount).one()
        assert (made.token, made.secret, made.template, made.template_locale) == (TOKEN, SECRET, "answer_waits", "en_GB")
        assert TOKEN.encode() not in made.sealed_token
        number = made.id
    for path in (f"show/{number}", f"edit/{number}", "list/"):
        shown = someone.get(f"/admin/messengers/{path}").text
        assert TOKEN not in shown
        assert SECRET not in shown


def test_a_secret_that_is_left_empty_stays_and_the_template_can_be_taken_away(clinic, someone, add):
    add(**WHATSAPP)
    with clinic.session() as session:
        number = session.query(MessengerAccount.id).scalar()
    form = WHATSAPP | {"name": "Renamed", "channel": clinic.channels["open"], "locale": "en", "active": "y"}
    someone.post(f"/admin/messengers/edit/{number}", form | {"token": "", "secret": "", "template": ""})
    with clinic.session() as session:
        made = session.query(MessengerAccount).one()
        assert (made.name, made.token, made.secret, made.template) == ("Renamed", TOKEN, SECRET, "")


@pytest.mark.parametrize(("given", "words"), [
    ({"kind": "whatsapp", "token": TOKEN, "secret": SECRET}, "This is needed."),
    ({"kind": "whatsapp", "address": "1"}, "This is needed."),
    ({"kind": "telegram", "token": TOKEN}, "This is needed."),
    (MAILBOX, "This is needed."),
    (MAILBOX | {"imap_host": "i.example", "imap_port": "none"}, "Enter a number such as 993."),
    ({"kind": "webhook", "secret": SECRET, "url": "ftp://clinic.example"}, "https://"),
])  # fmt: skip
def test_what_a_service_needs_is_asked_for(clinic, add, given, words):
    answer = add(**given)
    assert answer.status_code == 422
    assert words in answer.text
    assert accounts_of(clinic) == 0


def test_patients_cannot_be_led_into_an_internal_channel(clinic, add):
    answer = add(**WHATSAPP, channel=clinic.channels["internal"])
    assert "Choose a channel that patients can write to." in answer.text
    assert accounts_of(clinic) == 0


def test_another_organisations_account_is_not_there(clinic, other, add, administrator):
    add(**WHATSAPP)
    with clinic.session() as session:
        number = session.query(MessengerAccount.id).scalar()
    stranger = administrator(other)
    for path in (f"show/{number}", f"edit/{number}"):
        assert stranger.get(f"/admin/messengers/{path}").status_code == 404
    assert stranger.post(f"/admin/messengers/action/test/{number}").status_code == 404


@pytest.fixture
def contacts(clinic):
    """Three contacts: their numbers."""
    with clinic.session() as session:
        made = [ContactPoint(kind=ContactKind.WEBHOOK, address=f"ida-{n}", name="Ida", created_at=clock.now()) for n in range(3)]
        session.add_all(made)
        session.flush()
        return [one.id for one in made]


def roots(clinic, contacts):
    with clinic.session() as session:
        return [session.get_one(ContactPoint, number).merged_into_id for number in contacts]


def act(someone, name, numbers):
    return someone.post("/admin/contacts/action_post", {"action": name, "rowid": numbers, "confirmed": "yes"})


def test_contacts_are_one_persons_and_somebody_elses_again(clinic, someone, contacts):
    first, second, third = contacts
    act(someone, "merge", contacts)
    assert roots(clinic, contacts) == [None, first, first]
    act(someone, "merge", [first, second])
    assert roots(clinic, contacts) == [None, first, first]
    act(someone, "split", [third])
    assert roots(clinic, contacts) == [None, first, None]


def test_merging_is_asked_first(clinic, someone, contacts):
    asked = someone.post("/admin/contacts/action_post", {"action": "merge", "rowid": contacts})
    assert "it can be undone" in asked.text
    assert roots(clinic, contacts) == [None, None, None]


def test_contacts_of_another_organisation_are_never_merged(clinic, other, administrator, contacts):
    act(administrator(other), "merge", contacts)
    assert roots(clinic, contacts) == [None, None, None]


def test_who_is_blocked_can_be_heard_again(clinic, someone, contacts):
    for name, blocked in [("block", True), ("unblock", False)]:
        act(someone, name, contacts[:1])
        with clinic.session() as session:
            assert session.get_one(ContactPoint, contacts[0]).is_blocked is blocked
