"""What every test may ask for: a database, clinics, the application, people who are signed in, a real server."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import sessionmaker

import telehealth  # noqa: F401 (maps every part)
from telehealth.database import Base, Session, connect
from tests.clinic import KEYRING, PASSWORD, Clinic, make_clinic
from tests.postgres import postgres
from tests.server import Server, prepared_data

pytest_plugins = ["tests.browser.kit.fixtures"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgresql", action="store_true", help="use a private PostgreSQL instead of SQLite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What a test asks for says what it needs."""
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if asked & {"new_page", "chromium", "playwright"}:
            item.add_marker("browser")
        if asked & {"server", "own_server", "demo_data"}:
            item.add_marker("server")


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    """SQLite in a file of its own; with --postgresql a database of a server started for the tests."""
    if request.config.getoption("--postgresql"):
        with postgres() as url:
            yield url
    else:
        yield f"sqlite:///{tmp_path_factory.mktemp('database')}/test.db"


@pytest.fixture(scope="session")
def sessions(database_url: str) -> sessionmaker[Session]:
    """Sessions of the domain alone, without a web application."""
    engine = connect(database_url)
    Base.metadata.create_all(engine)
    return sessionmaker(engine, class_=Session, keyring=KEYRING)


@pytest.fixture
def clinic(sessions: sessionmaker[Session]) -> Clinic:
    return make_clinic(sessions)


@pytest.fixture
def other(sessions: sessionmaker[Session]) -> Clinic:
    """The clinic next door, of which nobody may see anything."""
    return make_clinic(sessions)


@pytest.fixture
def session(clinic: Clinic) -> Iterator[Session]:
    """A session of the clinic; commit when it matters."""
    with clinic.sessions(organization=clinic.id) as opened:
        yield opened


@pytest.fixture(scope="session")
def app(database_url: str, sessions: sessionmaker[Session], tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application in the test's own process, with threads instead of green ones."""
    import admin
    from app import create_app, merged_metadata
    from config import Settings

    settings = Settings(
        konsulto_env="test", konsulto_data=tmp_path_factory.mktemp("data"), database_url=database_url,
        async_mode="threading", secret_key="s" * 40 + "0123456789", base_url="http://localhost", log_level="ERROR",
        encryption_keys="test:" + base64.b64encode(b"k" * 32).decode(), sign_ins_per_minute=10_000, new_sessions_per_minute=100_000,
        inline_worker=False,
    )  # fmt: skip
    made = create_app(settings)
    made.testing = True
    merged_metadata().create_all(made.extensions["house"].engine)
    with made.app_context():
        admin.prepare(made.appbuilder)
    return made


@pytest.fixture(scope="session")
def house(app: Flask) -> Any:
    return app.extensions["house"]


class SignedIn:
    """A browser session of staff: a client with its cookie, and the CSRF token that its pages carry."""

    def __init__(self, app: Flask, email: str) -> None:
        self.client: FlaskClient = app.test_client()
        page = self.client.get("/admin/login/").text
        form = {"username": email, "password": PASSWORD, "csrf_token": csrf_of(page)}
        answer = self.client.post("/admin/login/", data=form)
        assert answer.status_code == 302 and "login" not in answer.location, answer.text[:500]
        self.csrf = csrf_of(page)

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> Any:
        """A form, with its CSRF token."""
        return self.client.post(path, data={"csrf_token": self.csrf} | (data or {}), **options)

    def send(self, path: str, json: dict[str, Any] | None = None, method: str = "POST") -> Any:
        """JSON, with the CSRF token in its header."""
        return self.client.open(path, method=method, json=json or {}, headers={"X-CSRFToken": self.csrf})


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf[_-]token"[^>]*(?:value|content)="([^"]+)"', page)
    assert found, "the page carries no CSRF token"
    return found.group(1)


_hash: list[str] = []


@pytest.fixture
def staff(app: Flask) -> Callable[[Clinic, str], SignedIn]:
    """Sign somebody of a clinic in: `staff(clinic, "doctor")`."""
    from admin import sign_in
    from telehealth.practitioner import Practitioner

    def sign(clinic: Clinic, person: str) -> SignedIn:
        _hash[:] = _hash or [sign_in.hasher.hash(PASSWORD)]  # hashing is slow on purpose: once is enough
        with clinic.session() as session:
            row = session.get_one(Practitioner, clinic.people[person])
            if not session.query(sign_in.SignIn).filter_by(practitioner_id=row.id, organization_id=clinic.id).count():
                sign_in.create_user(session, row, PASSWORD, lambda *_: _hash[0])
        return SignedIn(app, clinic.email(person))

    return sign


class VisitorClient:
    """A patient's page: a client that bears its session's token."""

    def __init__(self, app: Flask, widget: str, **body: Any) -> None:
        self.client, self.widget = app.test_client(), widget
        answer = self.client.post(f"/w/{widget}/session", json=body)
        assert answer.status_code == 201, answer.text
        self.token: str = answer.json["token"]
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(f"/w/{self.widget}{path}", headers=self.headers, **options)

    def post(self, path: str, json: dict[str, Any] | None = None) -> Any:
        return self.client.post(f"/w/{self.widget}{path}", headers=self.headers, json=json or {})

    def delete(self, path: str) -> Any:
        return self.client.delete(f"/w/{self.widget}{path}", headers=self.headers)


@pytest.fixture
def visitor(app: Flask) -> Callable[..., VisitorClient]:
    """Open a widget as a new visitor: `visitor(clinic.widgets["walk_in"])`."""
    return lambda widget, **body: VisitorClient(app, widget, **body)


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo clinic in it; copy it, do not use it."""
    return prepared_data(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def server(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server with the demo clinic, shared by tests that do not stop it."""
    with Server.with_demo(demo_data, tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def own_server(demo_data: Path, tmp_path: Path) -> Iterator[Server]:
    """A real server of the test's own, which it may kill and start again."""
    with Server.with_demo(demo_data, tmp_path) as running:
        yield running
