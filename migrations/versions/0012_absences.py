"""Absences."""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'


def upgrade() -> None:
    op.create_table('absence',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('client_id', sa.String(length=40), nullable=True),
    sa.Column('practitioner_id', sa.Integer(), nullable=False),
    sa.Column('start', sa.DateTime(timezone=True), nullable=False),
    sa.Column('end', sa.DateTime(timezone=True), nullable=False),
    sa.Column('first_tick', sa.Integer(), nullable=False),
    sa.Column('last_tick', sa.Integer(), nullable=False),
    sa.Column('note', sa.String(length=120), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.CheckConstraint('first_tick < last_tick', name=op.f('ck_absence_ordered')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_absence_organization_id')),
    sa.ForeignKeyConstraint(['organization_id', 'practitioner_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_absence_organization_id_practitioner_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_absence')),
    sa.UniqueConstraint('organization_id', 'client_id', name=op.f('uq_absence_organization_id_client_id')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_absence_organization_id_id'))
    )
    with op.batch_alter_table('absence', schema=None) as batch_op:
        batch_op.create_index('ix_absence_ticks', ['organization_id', 'first_tick'], unique=False)
