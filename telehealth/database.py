"""The session: one organisation's view of the database, and write transactions that suit SQLite and PostgreSQL alike."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from sqlalchemy import (
    DateTime,
    Engine,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Insert,
    Integer,
    MetaData,
    TypeDecorator,
    create_engine,
    event,
    insert,
    orm,
)
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, with_loader_criteria
from sqlalchemy.sql import visitors

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import Dialect

    from telehealth.encryption import Keyring

# column_0_N_name: with column_0_name two composite keys that start with organization_id get the same name
CONVENTION = {"pk": "pk_%(table_name)s"} | {k: k + "_%(table_name)s_%(column_0_N_name)s" for k in ("fk", "uq", "ix")}


class NoOrganization(DontWrapMixin, Exception):
    """An owned row was asked for by a session that belongs to nobody."""


class ForeignOrganization(DontWrapMixin, Exception):
    """A row of another organisation was about to be written."""


class Instant(TypeDecorator[datetime]):
    """A moment in UTC. Refuses naive values; SQLite's naive answers get their zone back."""

    impl, cache_ok = DateTime(timezone=True), True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def one_of(kind: type[StrEnum]) -> Enum:
    """A column type for the values of a StrEnum, stored as their words."""
    return Enum(kind, native_enum=False, length=40, values_callable=lambda words: [word.value for word in words])


class NotScoped(DontWrapMixin, Exception):
    """A statement that asks for owned rows in a form the scope cannot reach, such as `select(exists().where(…))`."""


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Instant()}

    # Which fields are texts of the organisation that have translations: name → "line" | "text" | "html" | "mail".
    __translatable__: ClassVar[dict[str, str]] = {}
    # Which fields keep a history of who changed them.
    __tracked__: ClassVar[tuple[str, ...]] = ()
    # Which columns hold sealed content; `place_of` says what each is bound to.
    __sealed__: ClassVar[tuple[str, ...]] = ()

    def place_of(self, column: str) -> str:
        """The place that sealed content of this row belongs to and opens at."""
        raise NotImplementedError(f"{type(self).__name__}.{column}")


class OrganizationKey(TypeDecorator[int]):
    """An organisation's id; a session stands for the id of its own, looked up when the value is bound."""

    impl, cache_ok = Integer, True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        return value.session.organization_id if isinstance(value, Own) else value


class Own:
    def __init__(self, session: Session) -> None:
        self.session = session


class Owned:
    """Mixed into every model whose rows belong to one organisation."""

    organization_id: Mapped[int] = mapped_column(OrganizationKey, ForeignKey("organization.id"), index=False)


def within_organization(column: str, table: str, **options: Any) -> ForeignKeyConstraint:
    """The key that keeps `column` inside the row's own organisation."""
    return ForeignKeyConstraint(["organization_id", column], [f"{table}.organization_id", f"{table}.id"], **options)


Row = TypeVar("Row", bound=Base)
Organizational = int | Callable[[], int | None] | None


class Session(orm.Session):
    """Reads and writes rows of one organisation only; knows nothing until `enter` was called.

    `keyring` seals and opens health content; `actor` names who acts, for the history of changes.
    """

    def __init__(
        self, *args: Any, organization: Organizational = None, keyring: Keyring | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._organization: Any = organization
        self._keyring = keyring
        self.actor: str | None = None
        self.facts: list[object] = []
        self._marks: dict[Any, int] = {}
        self._committed = False

    @cached_property
    def own_rows(self) -> Any:
        """The condition that every statement about owned rows gets; made when first needed."""
        own = Own(self)
        return with_loader_criteria(
            Owned, lambda model: model.organization_id == own, include_aliases=True, propagate_to_loaders=False
        )

    def enter(self, organization: Organizational) -> None:
        """Belong to an organisation: its id, or a function that is asked at first need."""
        if self._organization != organization:
            self.expunge_all()
        self._organization = organization

    @property
    def organization_id(self) -> int:
        if callable(self._organization):
            self._organization = self._organization() or self._organization
        if self._organization is None or callable(self._organization):
            raise NoOrganization
        return int(self._organization)

    @property
    def keyring(self) -> Keyring:
        if self._keyring is None:
            raise RuntimeError("this session has no keys for sealed content")
        return self._keyring


@cache
def _insert(model: type[Base]) -> Insert:
    return insert(model.__table__)  # type: ignore[arg-type]


def write_row(session: Session, model: type[Base], /, **values: Any) -> int:
    """Insert a row of a hot verb without the unit of work, a quarter of its cost; gives the id."""
    row = values | {"organization_id": session.organization_id}
    key = session.connection().execute(_insert(model), row).inserted_primary_key
    return int(key[0]) if key is not None else 0


def insert_row(session: Session, model: type[Row], /, **values: Any) -> Row:
    """The same, as a row of the session that is read again only for columns which `values` leaves out."""
    row = model(id=write_row(session, model, **values), organization_id=session.organization_id, **values)
    orm.make_transient_to_detached(row)
    session.add(row)
    return row


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """For hot verbs that write past the unit of work: rows that came in inside leave the session when it fails."""
    known = set(session.identity_map.keys())
    try:
        with session.connection().begin_nested():
            yield
    except BaseException:
        for key in set(session.identity_map.keys()) - known:
            session.expunge(session.identity_map[key])
        raise


def session_of(row: object) -> Session:
    """The session a persistent row belongs to."""
    found = orm.object_session(row)
    if not isinstance(found, Session):
        raise TypeError(f"{type(row).__name__} is in no session")
    return found


@event.listens_for(Session, "do_orm_execute")
def see_own_rows_only(state: orm.ORMExecuteState) -> None:
    session = state.session
    everybody = state.execution_options.get("across_organizations")
    if state.is_select and not state.is_orm_statement and not everybody:
        _require_nothing_owned(state.statement)
    if isinstance(session, Session) and state.is_orm_statement and not everybody:
        state.statement = state.statement.options(session.own_rows)
    if getattr(state.statement, "_for_update_arg", None) is not None:
        state.update_execution_options(write=True)


def _require_nothing_owned(statement: Any) -> None:
    """The criteria are added to statements about entities only; inside any other one, owned entities are refused."""
    for part in visitors.iterate(statement):
        entity = getattr(part, "_annotations", {}).get("parententity")
        if entity is not None and issubclass(entity.class_, Owned):
            raise NotScoped(entity.class_.__name__)


@event.listens_for(Session, "before_flush")
def write_own_rows_only(session: Session, context: Any, instances: Any) -> None:
    for row in [*session.new, *session.dirty, *session.deleted]:
        if isinstance(row, Owned):
            _require_own(session, row)


def _require_own(session: Session, row: Owned) -> None:
    if row.organization_id is None and row in session.new:
        row.organization_id = session.organization_id
    before = orm.attributes.get_history(row, "organization_id").deleted or [row.organization_id]
    if {row.organization_id, *before} != {session.organization_id}:
        raise ForeignOrganization(f"{type(row).__name__} of {row.organization_id}")


def connect(url: str, **options: Any) -> Engine:
    """An engine; on PostgreSQL a statement waits at most 30 s for another's lock, on SQLite writers queue."""
    if url.startswith("postgresql"):
        options.setdefault("connect_args", {"options": "-c lock_timeout=30000"})
    engine = create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        begin_immediate_at_first_write(engine)
    return engine


writers: dict[int, Engine] = {}  # thread or greenlet → engine in whose write transaction it is: for a green-switch watch
WRITES = {"INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "DROP", "ALTER"}


class DatabaseBusy(TimeoutError):
    """Another write transaction of this process does not end."""


def begin_immediate_at_first_write(engine: Engine) -> None:
    """Reads stand alone; the first write, savepoint or SELECT … FOR UPDATE begins IMMEDIATE.

    That is PostgreSQL's READ COMMITTED in SQLite's terms. Writers of one process queue at a lock (green under eventlet)
    instead of in SQLite's busy wait, which would stop the whole event loop.
    """
    turns = WriteTurns(engine)
    event.listen(engine, "connect", turns.prepare)
    event.listen(engine, "before_cursor_execute", turns.before_statement)
    event.listen(engine, "savepoint", turns.before_savepoint)
    event.listen(engine, "commit", turns.end)
    event.listen(engine, "rollback", turns.end)


class WriteTurns:
    """Who of this process writes to an SQLite database: one at a time, the others wait for their turn."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.queue = engine, threading.Lock()

    def prepare(self, connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=wal", "synchronous=full", "busy_timeout=5000", "foreign_keys=on"):
            connection.execute(f"pragma {pragma}")

    def before_statement(
        self, connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool
    ) -> None:
        if context.execution_options.get("write") or statement.split(None, 1)[0].upper() in WRITES:
            self.begin(connection)

    def before_savepoint(self, connection: Any, _name: str) -> None:
        self.begin(connection)

    def begin(self, connection: Any) -> None:
        """Raises DatabaseBusy."""
        dbapi = connection.connection.dbapi_connection
        if dbapi.in_transaction:
            return
        if not self.queue.acquire(timeout=10):
            raise DatabaseBusy
        try:
            dbapi.execute("begin immediate")
        except BaseException:
            self.queue.release()
            raise
        connection.info["writer"] = threading.get_ident()
        writers[connection.info["writer"]] = self.engine

    def end(self, connection: Any, *_: Any) -> None:
        if (writer := connection.info.pop("writer", None)) is not None:
            writers.pop(writer, None)
            self.queue.release()
