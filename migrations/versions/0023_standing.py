"""Staff note at an appointment that its patient has come, that it is done, or that nobody came."""

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'


def upgrade() -> None:
    with op.batch_alter_table('appointment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('checked_in_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('noted_by_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('noted_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(op.f('fk_appointment_organization_id_noted_by_id'), 'practitioner', ['organization_id', 'noted_by_id'], ['organization_id', 'id'])
