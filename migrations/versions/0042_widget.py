"""What a messenger that takes no key was about to be given is noted first, so that it is not said twice."""

import sqlalchemy as sa
from alembic import op

revision = '0042_widget'
down_revision = '0036_widget'


def upgrade() -> None:
    with op.batch_alter_table('messenger_notice', schema=None) as batch_op:
        batch_op.add_column(sa.Column('handed_at', sa.DateTime(timezone=True), nullable=True))
