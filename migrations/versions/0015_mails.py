"""What came back, at the mail."""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'


def upgrade() -> None:
    with op.batch_alter_table('outgoing_mail', schema=None) as batch_op:
        batch_op.add_column(sa.Column('bounced_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('bounce_status', sa.String(length=12), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('bounce_reason', sa.String(length=300), nullable=False, server_default=''))
        batch_op.create_index(batch_op.f('ix_outgoing_mail_appointment'), ['organization_id', 'appointment_id'])
