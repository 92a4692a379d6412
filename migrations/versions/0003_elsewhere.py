"""Waiting elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = '0003_elsewhere'
down_revision = '0002'


def upgrade() -> None:
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('elsewhere_minutes', sa.Integer(), nullable=False, server_default='120'))
        batch_op.add_column(sa.Column('call_back_place', sa.Integer(), nullable=False, server_default='2'))
        batch_op.add_column(sa.Column('texts_a_month', sa.Integer(), nullable=False, server_default='0'))

    with op.batch_alter_table('encounter', schema=None) as batch_op:
        batch_op.add_column(sa.Column('elsewhere_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('call_back_way', sa.Enum('mail', 'text', name='callbackway', native_enum=False, length=40), nullable=True))
        batch_op.add_column(sa.Column('call_back_to', sa.String(length=254), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('called_back_at', sa.DateTime(timezone=True), nullable=True))
