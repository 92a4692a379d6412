"""Appointments move."""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'


def upgrade() -> None:
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('patients_may_change', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('change_until_hours', sa.Integer(), nullable=False, server_default='24'))

    with op.batch_alter_table('appointment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('moved_at', sa.DateTime(timezone=True), nullable=True))
