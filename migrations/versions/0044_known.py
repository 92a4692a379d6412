"""Files in messages with known patients, where the organisation wants them."""

import sqlalchemy as sa
from alembic import op

revision = '0044_known'
down_revision = '0043_chat_groups'


def upgrade() -> None:
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('files_in_messages', sa.Boolean(), nullable=False, server_default=sa.false()))
