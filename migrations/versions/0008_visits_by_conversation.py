"""Visits are found by their conversation."""

from alembic import op

revision = '0008'
down_revision = '0007'


def upgrade() -> None:
    op.create_index('ix_encounter_conversation', 'encounter', ['organization_id', 'conversation_id'])
