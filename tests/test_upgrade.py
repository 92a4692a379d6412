"""A database of the first release, with a row in every table, comes through all migrations with nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, Table, create_engine, func, select, types

from tests.postgres import postgres
from tests.server import flask

pytestmark = [pytest.mark.server, pytest.mark.timeout(240)]
FIRST_RELEASE = "0002"
LATER = {"to_minute": 600, "closes_minute": 600, "last_tick": 2}  # what must lie behind its neighbour
VALUES: dict[type, Any] = {
    types.Boolean: True, types.DateTime: datetime(2026, 3, 29, 1, 30, tzinfo=UTC), types.Date: date(2026, 3, 29),
    types.Time: time(1, 30), types.JSON: ["en"], types.LargeBinary: b"sealed", types.Numeric: 1, types.Integer: 1,
}  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/konsulto.db"
    else:
        with postgres() as url:
            yield url


def test_nothing_is_lost_from_the_first_release_to_this_one(database_url: str, tmp_path: Path) -> None:
    flask(tmp_path, "db", "upgrade", FIRST_RELEASE, DATABASE_URL=database_url)
    engine = create_engine(database_url)
    with engine.begin() as connection:
        before = _a_row_in_every_table(connection)
    flask(tmp_path, "db", "upgrade", DATABASE_URL=database_url)
    with engine.connect() as connection:
        assert _rows(connection, before) == before
    engine.dispose()


def _a_row_in_every_table(connection: Connection) -> dict[str, dict[str, Any]]:
    metadata = MetaData()
    metadata.reflect(connection)
    tables = [table for table in metadata.sorted_tables if table.name != "alembic_version"]
    for table in tables:
        if not connection.scalar(select(func.count()).select_from(table)):
            connection.execute(table.insert().values({column.name: _value(column) for column in table.columns}))
    return _rows(connection, {table.name: {column.name: None for column in table.columns} for table in tables})


def _value(column: Any) -> Any:
    """Every key leads to the only row there is, or to none where it may."""
    if column.foreign_keys and column.nullable:
        return None
    if column.name in LATER:
        return LATER[column.name]
    found = next((value for kind, value in VALUES.items() if isinstance(column.type, kind)), None)
    return f"{column.name}"[: column.type.length or 20] if found is None else found


def _rows(connection: Connection, names: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The first row of every table, as far as these columns go."""
    found = {}
    for table_name, columns in names.items():
        table = Table(table_name, MetaData(), autoload_with=connection)
        row = connection.execute(select(*(table.c[name] for name in columns)).order_by(*table.primary_key.columns)).first()
        found[table_name] = dict(row._mapping) if row is not None else {}
    return found
