"""Practitioners read their appointments in a calendar of their own."""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'


def upgrade() -> None:
    with op.batch_alter_table('practitioner', schema=None) as batch_op:
        batch_op.add_column(sa.Column('feed_uid', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('feed_hash', sa.String(length=64), nullable=True))
        batch_op.create_unique_constraint(op.f('uq_practitioner_feed_hash'), ['feed_hash'])
