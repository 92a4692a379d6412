"""From when up to how far ahead patients book."""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'


def upgrade() -> None:
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('book_lead_minutes', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('book_ahead_days', sa.Integer(), nullable=False, server_default='180'))
