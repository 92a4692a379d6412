"""Runs the migrations over one metadata, merged from the domain's and Flask-AppBuilder's."""

from alembic import context
from flask import current_app

from app import merged_metadata
from telehealth.database import Instant, OrganizationKey


def plain(kind: str, item: object, _: object) -> str | bool:
    """A migration names no type of ours: those change, migrations do not."""
    if kind == "type" and isinstance(item, OrganizationKey):
        return "sa.Integer()"
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


engine = current_app.extensions["house"].engine
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=merged_metadata(), render_as_batch=True, compare_type=True,
        render_item=plain,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
