"""Runs the migrations over one metadata, merged from the domain's and Flask-AppBuilder's."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from app import merged_metadata
from telehealth.database import Instant, OrganizationKey


def plain(kind: str, item: object, _: object) -> str | bool:
    """A migration names no type of ours: those change, migrations do not."""
    if kind == "type" and isinstance(item, OrganizationKey):
        return "sa.Integer()"
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def let_tables_be_made_anew(connection: Connection) -> None:
    """SQLite changes keys by making a table anew, which it refuses while others refer to it."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA foreign_keys=off")


def require_whole(connection: Connection) -> None:
    """Every key leads somewhere, as it did before."""
    if connection.dialect.name == "sqlite":
        loose = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if loose:
            raise RuntimeError(f"rows that refer to nothing: {loose[:5]}")


engine = current_app.extensions["house"].engine
with engine.connect() as connection:
    let_tables_be_made_anew(connection)
    context.configure(
        connection=connection, target_metadata=merged_metadata(), render_as_batch=True, compare_type=True,
        render_item=plain,
    )
    with context.begin_transaction():
        context.run_migrations()
        require_whole(connection)
    connection.commit()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA foreign_keys=on")
