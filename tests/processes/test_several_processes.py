"""What is true in one process is seen in all of them, through the documented proxy, over PostgreSQL and Redis."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import requests
from aiosmtpd.controller import Controller

from tests.patience import until
from tests.clinic import client_id
from tests.fault.people import PATIENT
from tests.page import Page
from tests.processes.cluster import Cluster, cluster
from tests.server import free_port

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]


class Letters:
    """A mail server that keeps whom it got letters for."""

    def __init__(self) -> None:
        self.recipients: list[str] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802 (named by the library)
        self.recipients += envelope.rcpt_tos  # type: ignore[attr-defined]
        return "250 OK"


@pytest.fixture(scope="module")
def letters() -> Iterator[tuple[Letters, int]]:
    handler, port = Letters(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, letters: tuple[Letters, int]) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with cluster(folder, SMTP_HOST="127.0.0.1", SMTP_PORT=str(letters[1])) as found:
        yield found


class Person:
    """Somebody of the clinic in a browser, at the proxy's address."""

    def __init__(self, base: str, email: str) -> None:
        self.base, self.browser = base, requests.Session()
        page = self.browser.get(f"{base}/admin/login/").text
        self.csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]  # type: ignore[index]
        signed_in = self.post("/admin/login/", username=email, password="demo-Konsulto-1")
        assert "/login" not in signed_in.url

    def post(self, path: str, **form: str) -> requests.Response:
        return self.browser.post(self.base + path, data={"csrf_token": self.csrf} | form)

    def desk(self, base: str) -> Page:
        """The desk's connection, straight at one process."""
        asked = self.browser.post(f"{self.base}/desk/token", json={}, headers={"X-CSRFToken": self.csrf})
        return Page(base, "/desk", token=asked.json()["token"])


def patient(base: str, widget: str) -> tuple[str, requests.Session]:
    browser = requests.Session()
    token = browser.post(f"{base}/w/{widget}/session", json={}).json()["token"]
    browser.headers["Authorization"] = f"Bearer {token}"
    return token, browser


def walk_in(base: str) -> str:
    """Somebody enters the waiting room; gives the token of the visit's page."""
    token, browser = patient(base, "demo-walk-in")
    offers = browser.get(f"{base}/w/demo-walk-in/offers").json()["departments"]
    department = next(found["id"] for found in offers if found["practitioners"])
    body = {"client_id": client_id(), "department": department, "patient": PATIENT, "accept_terms": True}
    entered = browser.post(f"{base}/w/demo-walk-in/encounters", json=body)
    assert entered.status_code == 201, entered.text
    return token


def test_an_arrival_at_one_process_is_seen_at_the_other_and_the_call_comes_back(running: Cluster) -> None:
    one, two = (server.base for server in running.live)
    desk = Person(running.base, "manager@demo.example").desk(one)
    waiting = Page(two, "/walk-in", token=walk_in(running.base))
    arrived = desk.heard("arrived")
    desk.ask("admit", id=arrived["id"])
    until(lambda: waiting.heard("state")["status"] == "admitted")
    desk.close()
    waiting.close()


def test_an_announcement_from_the_admin_process_reaches_who_waits(running: Cluster) -> None:
    waiting = Page(running.live[1].base, "/walk-in", token=walk_in(running.base))
    administrator = Person(running.base, "admin@demo.example")
    administrator.post("/admin/announcements/add", text="The lift is out of order", severity="warning", department="")
    assert "lift" in str(waiting.heard("announcements"))
    waiting.close()


def test_rights_that_end_in_the_admin_process_hang_up_elsewhere_at_once(running: Cluster) -> None:
    nurse = Person(running.base, "nurse@demo.example").desk(running.live[0].base)
    administrator = Person(running.base, "admin@demo.example")
    listed = administrator.browser.get(f"{running.base}/admin/people/list/?_flt_0_email=nurse@demo.example").text
    number = re.search(r"/admin/people/(?:show|edit)/(\d+)", listed)[1]  # type: ignore[index]
    administrator.post(f"/admin/people/action/pause/{number}")
    nurse.heard("access_changed")
    until(lambda: not nurse.client.connected, seconds=5)


def test_a_booking_through_the_proxy_is_mailed_by_the_worker(running: Cluster, letters: tuple[Letters, int]) -> None:
    _, browser = patient(running.base, "demo-booking")
    url = f"{running.base}/w/demo-booking"
    month = browser.get(f"{url}/slots", params={"month": next_month()}).json()
    day = next(found["date"] for found in month["days"] if found["free"])
    slot = browser.get(f"{url}/slots", params={"date": day}).json()["slots"][0]["id"]
    mail = f"{client_id()}@example.org"
    body = {"client_id": client_id(), "slot": slot, "patient": PATIENT | {"email": mail}, "accept_terms": True}
    assert browser.post(f"{url}/appointments", json=body).status_code == 201
    until(lambda: mail in letters[0].recipients, seconds=30)


def next_month() -> str:
    from datetime import timedelta

    from telehealth import clock

    return f"{clock.now().date().replace(day=1) + timedelta(days=32):%Y-%m}"


def test_one_organisations_sockets_come_to_one_process_by_websocket_and_by_polling(running: Cluster) -> None:
    token = walk_in(running.base)
    for transport in ("websocket", "polling"):
        page = Page(f"{running.base}/?k=demo", "/walk-in", transport=transport, token=token)
        assert page.ask("beat")["state"]["status"] == "waiting"
        page.close()
