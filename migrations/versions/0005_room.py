"""Checks of the network, and what an organisation decides about the consultation room."""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'


def upgrade() -> None:
    with op.batch_alter_table('encounter', schema=None) as batch_op:
        batch_op.add_column(sa.Column('network_check', sa.Enum('works', 'direct', 'relay', 'fails', name='networkcheck', native_enum=False, length=40), nullable=True))
        batch_op.add_column(sa.Column('bandwidth', sa.Enum('picture', 'sound', 'writing', name='bandwidth', native_enum=False, length=40), nullable=True))
        batch_op.add_column(sa.Column('browser', sa.String(length=40), nullable=False, server_default=''))

    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('settings_first', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('stop_without_camera', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('allow_resolution_change', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('video_fit', sa.Enum('cover', 'contain', name='videofit', native_enum=False, length=40), nullable=False, server_default='cover'))
        batch_op.add_column(sa.Column('screen_sharing', sa.Boolean(), nullable=False, server_default=sa.false()))
