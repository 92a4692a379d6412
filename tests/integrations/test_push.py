"""Pushes: sealed for one browser, signed by this server, sent by the worker, silent about health, never sent inside."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from integrations import outside, push
from telehealth import alert, clock, push_message
from telehealth.alert import PushSubscription
from telehealth.channel import Channel
from telehealth.job import Job, NoLongerWanted, WorkState, work
from telehealth.practitioner import Practitioner, PractitionerRole, Role
from telehealth.waiting_room import Encounter
from tests.clinic import Clinic
from tests.integrations.push_service import Browser, PushService, claims, push_service
from tests.server import free_port
from worker import Worker


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture
def settings(house: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Of the house, which may send to this machine for once."""
    monkeypatch.setattr(house.settings, "push_inside", True)
    return house.settings


@pytest.fixture
def perform(app: Any, house: Any, clinic: Clinic, settings: Any) -> Callable[..., None]:
    """Do this clinic's jobs that are due, as the worker does; `later` moves the clock."""
    worker = Worker(app, house)

    def of_clinic(job: Job) -> None:
        if job.organization_id != clinic.id:
            raise NoLongerWanted("another test's")
        worker._perform(job)

    def run(later: timedelta = timedelta()) -> None:
        with clock.at(clock.now() + later):
            while work(clinic.sessions, Job, of_clinic, clock.now):
                pass

    return run


def sign_on(clinic: Clinic, browser: Browser, endpoint: str, person: str = "doctor") -> int:
    with clinic.session() as session:
        alert.subscribe(session, clinic.staff(person), endpoint, browser.key, browser.secret, clock.now())
        return session.query(PushSubscription).filter_by(endpoint=endpoint).one().id


def arrive(clinic: Clinic) -> int:
    with clinic.session() as session:
        return clinic.arrive(session).id


def pushes(clinic: Clinic) -> list[Job]:
    with clinic.session() as session:
        found = session.query(Job).filter_by(kind=alert.PUSH, organization_id=clinic.id).order_by(Job.id).all()
        session.expunge_all()
        return found


def test_the_standards_own_example_comes_out_byte_for_byte() -> None:
    """RFC 8291, appendix A."""
    own = ec.derive_private_key(
        int.from_bytes(push_message.decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")), ec.SECP256R1()
    )
    sealed = push_message.seal(
        "When I grow up, I want to be a watermelon",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg", salt=push_message.decoded("DGv6ra1nlYgDCS1FRnbzlw"), own=own,
    )  # fmt: skip
    assert push_message.encoded(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_an_arrival_reaches_a_browser_which_alone_can_read_it(
    clinic: Clinic, service: PushService, perform: Any
) -> None:
    browser = Browser()
    sign_on(clinic, browser, f"{service.origin}/one")
    visit_id = arrive(clinic)
    perform()
    [(path, headers, body)] = service.got
    assert path == "/one"
    assert headers["Content-Encoding"] == "aes128gcm"
    assert (headers["Urgency"], headers["Topic"]) == ("high", f"visit-{visit_id}")
    message = json.loads(browser.open(body))
    assert message == {
        "title": "Somebody is waiting", "body": f"General practice {clinic.mark}", "tag": f"visit-{visit_id}"
    }  # fmt: skip
    assert b"waiting" not in body
    with pytest.raises(Exception):  # noqa: B017 (the library's own)
        Browser().open(body)


def test_what_a_patient_wrote_is_told_without_a_word_of_it(clinic: Clinic, service: PushService, perform: Any) -> None:
    browser = Browser()
    sign_on(clinic, browser, f"{service.origin}/one", person="admin")
    with clinic.session() as session:
        session.query(PractitionerRole).filter_by(practitioner_id=clinic.people["admin"]).one().role = Role.WAITING_ROOM_MONITOR
        visit = clinic.arrive(session)
        visit.acknowledge(clinic.staff("doctor"), clock.now())
        alert.patient_wrote(session, visit, clinic.say(session, visit, "Where is my insulin?"), clock.now() - alert.UNREAD)
        visit_id = visit.id
    perform()
    [message] = [json.loads(browser.open(body)) for _path, _headers, body in service.got]
    assert message == {"title": "A waiting patient has written", "body": f"General practice {clinic.mark}", "tag": f"message-{visit_id}"}


def test_the_sender_signs_for_this_push_service_and_no_longer_than_a_day(
    clinic: Clinic, service: PushService, settings: Any, perform: Any
) -> None:
    sign_on(clinic, Browser(), f"{service.origin}/one")
    arrive(clinic)
    perform()
    said = claims(service.got[0][1]["Authorization"])
    assert (said["alg"], said["aud"]) == ("ES256", service.origin)
    assert clock.now().timestamp() < said["exp"] < clock.now().timestamp() + 24 * 3600
    assert said["sub"].startswith("mailto:")
    assert said["key"] == push_message.public_key(settings.vapid_private_key)


def test_a_push_is_written_in_its_persons_language(clinic: Clinic, service: PushService, perform: Any) -> None:
    browser = Browser()
    sign_on(clinic, browser, f"{service.origin}/one")
    with clinic.session() as session:
        session.get_one(Practitioner, clinic.people["doctor"]).locale = "en-XA"
    arrive(clinic)
    perform()
    assert json.loads(browser.open(service.got[0][2]))["title"] not in {"", "Somebody is waiting"}


@pytest.mark.parametrize("gone", [404, 410])
def test_a_browser_that_has_gone_is_forgotten(clinic: Clinic, service: PushService, perform: Any, gone: int) -> None:
    browser_id = sign_on(clinic, Browser(), f"{service.origin}/one")
    service.answer = gone
    arrive(clinic)
    perform()
    with clinic.session() as session:
        assert session.get(PushSubscription, browser_id) is None
    assert [job.state for job in pushes(clinic)] == [WorkState.DROPPED]


@pytest.mark.parametrize("status", [307, 429, 500])
def test_what_the_service_does_not_take_is_tried_again(
    clinic: Clinic, service: PushService, perform: Any, status: int
) -> None:
    sign_on(clinic, Browser(), f"{service.origin}/one")
    service.answer = status
    arrive(clinic)
    perform()
    [job] = pushes(clinic)
    assert (job.state, job.error) == (WorkState.WAITING, f"PushRefused: the push service answered {status}")
    assert [path for path, _, _ in service.got] == ["/one"]
    service.answer = 201
    perform(later=timedelta(minutes=1))
    assert [job.state for job in pushes(clinic)] == [WorkState.DONE]


def test_a_push_that_waited_until_somebody_had_seen_the_patient_is_not_sent(
    clinic: Clinic, service: PushService, perform: Any
) -> None:
    sign_on(clinic, Browser(), f"{service.origin}/one")
    service.answer = 500
    visit_id = arrive(clinic)
    perform()
    with clinic.session() as session:
        session.get_one(Encounter, visit_id).acknowledge(clinic.staff("manager"), clock.now())
    perform(later=timedelta(minutes=1))
    assert len(service.got) == 1
    assert [job.state for job in pushes(clinic)] == [WorkState.DROPPED]


def test_a_browser_with_keys_that_are_none_is_forgotten(clinic: Clinic, service: PushService, perform: Any) -> None:
    browser_id = sign_on(clinic, Browser(), f"{service.origin}/one")
    with clinic.session() as session:
        session.get_one(PushSubscription, browser_id).key = "A" * 87
    arrive(clinic)
    perform()
    assert service.got == []
    with clinic.session() as session:
        assert session.get(PushSubscription, browser_id) is None


def test_an_address_inside_is_neither_asked_nor_kept(
    clinic: Clinic, service: PushService, settings: Any, perform: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "push_inside", False)
    for endpoint in (f"{service.origin}/one", f"{service.origin.replace('http:', 'https:')}/two"):
        sign_on(clinic, Browser(), endpoint)
    arrive(clinic)
    perform()
    assert service.got == []
    with clinic.session() as session:
        assert alert.browsers_of(session, clinic.people["doctor"]) == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "fd00::1", "64:ff9b::7f00:1", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_inside(address: str) -> None:
    assert not outside.is_outside(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111"])
def test_a_public_address_is_outside(address: str) -> None:
    assert outside.is_outside(address)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "[::1]"])
def test_a_name_that_leads_inside_is_refused_before_anything_is_said(host: str) -> None:
    with pytest.raises(outside.Inside):
        outside.post(f"https://{host}:{free_port()}/", b"", {})


def test_a_name_is_refused_when_one_of_its_addresses_is_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", ("8.8.8.8", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    with pytest.raises(outside.Inside):
        outside.post("https://push.example/", b"", {})


def test_what_is_connected_to_is_what_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[Any] = []

    def connect(address: Any, *_: Any) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("8.8.8.8", 443))])
    monkeypatch.setattr("socket.create_connection", connect)
    with pytest.raises(ConnectionRefusedError):
        outside.post("https://push.example/", b"", {})
    assert connected == [("8.8.8.8", 443)]


def test_nobody_seen_in_time_is_told_to_everybody_once_even_when_the_worker_is_killed(
    clinic: Clinic, service: PushService, perform: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_on(clinic, Browser(), f"{service.origin}/admin", "admin")
    visit_id = arrive(clinic)
    perform()
    assert service.got == []
    with monkeypatch.context() as killed, pytest.raises(KeyboardInterrupt):
        killed.setattr(Job, "finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))  # done, and not noted
        perform(later=timedelta(minutes=11))
    perform(later=timedelta(minutes=13))
    assert [path for path, _, _ in service.got] == ["/admin"]
    with clinic.session() as session:
        assert session.get_one(Encounter, visit_id).escalated_at is not None
        jobs = session.query(Job).filter_by(organization_id=clinic.id, kind=alert.ESCALATION).all()
        assert [job.state for job in jobs] == [WorkState.DONE]


def test_a_trial_says_that_it_is_one(clinic: Clinic, service: PushService, perform: Any) -> None:
    browser = Browser()
    sign_on(clinic, browser, f"{service.origin}/one")
    with clinic.session() as session:
        assert alert.try_push(session, clinic.staff("doctor"), clock.now()) == 1
    perform()
    assert json.loads(browser.open(service.got[0][2]))["tag"] == "trial"
    assert int(service.got[0][1]["TTL"]) == push.LIFETIME


def test_somebody_who_waits_in_a_channel_is_told_by_push_without_a_word_of_it(clinic: Clinic, service: PushService, perform: Any) -> None:
    browser = Browser()
    sign_on(clinic, browser, f"{service.origin}/one")
    with clinic.session() as session:
        session.get_one(Channel, clinic.channels["shared"]).choose(
            clinic.staff("doctor"), sound=False, repeat_seconds=0, mail=False, push=True, now=clock.now()
        )
        clinic.conversation(session, "shared")
    perform()
    [told] = [json.loads(browser.open(body)) for _path, _headers, body in service.got]
    assert told["title"] == "Somebody waits for an answer"
    assert told["body"].startswith("Customer service")
    assert "Rossi" not in json.dumps(told)
