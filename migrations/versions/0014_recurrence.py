"""Availabilities that repeat every few weeks or months, on several weekdays, with dates left out."""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'


def upgrade() -> None:
    with op.batch_alter_table('availability', schema=None) as batch_op:
        batch_op.add_column(sa.Column('more_weekdays', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('every', sa.Integer(), nullable=False, server_default='1'))
        batch_op.add_column(sa.Column('nth', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('except_on', sa.JSON(), nullable=True))
