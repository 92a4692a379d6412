"""Socket events, straight on python-socketio: each declared with shape and permission, one session, answered after commit."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import Flask
from pydantic import BaseModel
from socketio import Namespace
from socketio.exceptions import ConnectionRefusedError as Refused

from telehealth.database import Session
from telehealth.practitioner import Permission
from web import locale
from web.errors import Refusal, refusal_of
from web.house import House
from web.schema import check


@dataclass(frozen=True)
class Event:
    name: str
    shape: type[BaseModel]
    permission: Permission | None
    handler: Callable[..., Any]


def event(shape: type[BaseModel], permission: Permission | None = None) -> Callable[[Callable[..., Any]], Any]:
    """Declare a method as the handler of the event of its name.

    It is called with (session, connection, data) in a transaction; what it returns is the acknowledgement after commit.
    """

    def declare(handler: Callable[..., Any]) -> Callable[..., Any]:
        handler.event = Event(handler.__name__.removeprefix("on_"), shape, permission, handler)  # type: ignore[attr-defined]
        return handler

    return declare


@dataclass
class Connection:
    """One connected page: `who` is a Staff or a Visitor, judged anew for every event; `call` what it takes part in."""

    sid: str
    organization_id: int
    tag: str
    key: Any
    opened: float
    budget: int
    who: Any = None
    call: tuple[str, str, str] | None = None


class LiveNamespace(Namespace):
    """Base of every namespace. Subclasses say who may connect (`admit`) and what each event does."""

    events: ClassVar[dict[str, Event]]
    everywhere: ClassVar[list[type[LiveNamespace]]] = []

    def __init_subclass__(cls) -> None:
        found = [getattr(cls, name).event for name in dir(cls) if hasattr(getattr(cls, name), "event")]
        cls.events = {declared.name: declared for declared in found}
        cls.everywhere.append(cls)

    def __init__(self, path: str, app: Flask, house: House) -> None:
        super().__init__(path)
        self.app, self.house = app, house

    def admit(self, session: Session, sid: str, auth: dict[str, Any]) -> Connection:
        """The connection of these credentials; join its rooms here. Raises Refusal."""
        raise NotImplementedError

    def judge(self, session: Session, connection: Connection) -> Any:
        """Who it is at this moment. Raises Refusal when the right to be here has gone."""
        raise NotImplementedError

    def left(self, session: Session, connection: Connection) -> None:
        """The page has gone."""

    def trigger_event(self, event: str, sid: str, *args: Any) -> Any:
        if event == "connect":
            return self._connect(sid, args[-1] if isinstance(args[-1], dict) else {})
        if event == "disconnect":
            return self._disconnect(sid)
        return self._handle(event, sid, args[0] if args else {})

    def _connect(self, sid: str, auth: dict[str, Any]) -> Any:
        try:
            with self._transaction(None) as session:
                connection = self.admit(session, sid, auth)
            self.server.save_session(sid, {"connection": connection}, namespace=self.namespace)
        except Exception as error:
            words = self._words(error, str(auth.get("locale", "en")))
            raise Refused(words["message"], words) from None
        return None

    def _disconnect(self, sid: str) -> None:
        connection = self.server.get_session(sid, namespace=self.namespace).get("connection")
        if connection is not None:
            with self._transaction(connection.organization_id) as session:
                self.left(session, connection)

    def _handle(self, name: str, sid: str, data: Any) -> Any:
        connection: Connection = self.server.get_session(sid, namespace=self.namespace)["connection"]
        try:
            declared = self.events.get(name)
            if declared is None:
                raise Refusal("unknown_event", 404)
            self._spend(connection)
            return self._perform(declared, connection, data)
        except Exception as error:
            return self._words(error, connection.tag)

    def _perform(self, declared: Event, connection: Connection, data: Any) -> Any:
        shape = check(declared.shape, data)
        with self._transaction(connection.organization_id) as session:
            connection.who = self.judge(session, connection)
            if declared.permission is not None and not connection.who.may(declared.permission):
                raise Refusal("not_allowed", 403)
            answer = declared.handler(self, session, connection, shape)
        return answer if answer is not None else {}

    def _spend(self, connection: Connection) -> None:
        """Ten seconds' worth of events at once, then as fast as they are earned back."""
        now, full = time.monotonic(), self.house.settings.events_per_10_seconds
        connection.budget = min(full, connection.budget + int((now - connection.opened) * full / 10))
        connection.opened = now if connection.budget < full else connection.opened
        if connection.budget <= 0:
            raise Refusal("too_many", 429)
        connection.budget -= 1

    def _transaction(self, organization_id: int | None) -> Any:
        return _Transaction(self.house, organization_id)

    def _words(self, error: Exception, tag: str) -> dict[str, Any]:
        with self.app.test_request_context("/"):
            locale.set_tag(tag)
            return refusal_of(error).body()


class _Transaction:
    """A session of its own, committed on leaving, closed in any case."""

    def __init__(self, house: House, organization_id: int | None) -> None:
        self.session = house.sessions(organization=organization_id)

    def __enter__(self) -> Session:
        return self.session

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.session.commit()
        finally:
            self.session.close()
