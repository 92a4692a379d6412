"""Visits can be paid online."""

import sqlalchemy as sa
from alembic import op

revision = '0027_payment'
down_revision = '0026_group'

STATES = sa.Enum('due', 'started', 'paid', 'refunding', 'refunded', 'released', 'waived', name='paymentstate', native_enum=False, length=40)
PROVIDERS = sa.Enum('sandbox', 'stripe', name='paymentprovider', native_enum=False, length=40)


def upgrade() -> None:
    op.create_table('payment_account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sealed_key', sa.LargeBinary(), nullable=True),
    sa.Column('sealed_secret', sa.LargeBinary(), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_payment_account_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_account')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_payment_account_organization_id_id')),
    sa.UniqueConstraint('organization_id', name=op.f('uq_payment_account_organization_id'))
    )
    op.create_table('payment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('appointment_id', sa.Integer(), nullable=False),
    sa.Column('amount', sa.Numeric(precision=10, scale=2), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('state', STATES, nullable=False),
    sa.Column('provider', PROVIDERS, nullable=True),
    sa.Column('reference', sa.String(length=200), nullable=False),
    sa.Column('turn', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('held_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('paid_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('refunded_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.CheckConstraint('amount > 0', name=op.f('ck_payment_amount')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_payment_organization_id')),
    sa.ForeignKeyConstraint(['organization_id', 'appointment_id'], ['appointment.organization_id', 'appointment.id'], name=op.f('fk_payment_organization_id_appointment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_payment_organization_id_id')),
    sa.UniqueConstraint('appointment_id', name=op.f('uq_payment_appointment_id')),
    sa.UniqueConstraint('uid', name=op.f('uq_payment_uid'))
    )
    with op.batch_alter_table('payment', schema=None) as batch_op:
        batch_op.create_index('ix_payment_held', ['organization_id', 'held_until'], unique=False)
        batch_op.create_index('ix_payment_reference', ['organization_id', 'reference'], unique=False)

    with op.batch_alter_table('appointment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('payment_state', STATES, nullable=True))

    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('pay_online', sa.Enum('off', 'offered', 'before_entry', 'before_booking', name='payonline', native_enum=False, length=40), nullable=False, server_default='off'))
        batch_op.add_column(sa.Column('payment_provider', PROVIDERS, nullable=True))
        batch_op.add_column(sa.Column('pay_minutes', sa.Integer(), nullable=False, server_default='10'))
        batch_op.add_column(sa.Column('refund_until_hours', sa.Integer(), nullable=False, server_default='24'))
