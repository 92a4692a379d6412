"""Patients come to their own pages with a PIN."""

import sqlalchemy as sa
from alembic import op

revision = '0028_portal'
down_revision = '0027_payment'


def upgrade() -> None:
    op.create_table('pin',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('patient_id', sa.Integer(), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_pin_organization_id')),
    sa.ForeignKeyConstraint(['organization_id', 'patient_id'], ['patient.organization_id', 'patient.id'], name=op.f('fk_pin_organization_id_patient_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pin')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_pin_organization_id_id')),
    sa.UniqueConstraint('uid', name=op.f('uq_pin_uid'))
    )
    with op.batch_alter_table('pin', schema=None) as batch_op:
        batch_op.create_index('ix_pin_patient', ['organization_id', 'patient_id'], unique=False)
    op.create_table('portal_session',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('patient_id', sa.Integer(), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('pin_uid', sa.String(length=32), nullable=False),
    sa.Column('client_id', sa.String(length=40), nullable=False),
    sa.Column('locale', sa.String(length=20), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_portal_session_organization_id')),
    sa.ForeignKeyConstraint(['organization_id', 'patient_id'], ['patient.organization_id', 'patient.id'], name=op.f('fk_portal_session_organization_id_patient_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_portal_session')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_portal_session_organization_id_id')),
    sa.UniqueConstraint('pin_uid', name=op.f('uq_portal_session_pin_uid')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_portal_session_token_hash'))
    )
