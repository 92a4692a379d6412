"""Staff make appointments, one or several together."""

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'


def upgrade() -> None:
    with op.batch_alter_table('appointment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sealed_message', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('series', sa.String(length=32), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('made_by_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f('fk_appointment_organization_id_made_by_id'), 'practitioner', ['organization_id', 'made_by_id'], ['organization_id', 'id'])
        batch_op.create_unique_constraint(op.f('uq_appointment_made_by_id_client_id'), ['made_by_id', 'client_id'])
