"""Requests to be called back lead to appointments; free times are counted; consultations begin at once."""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'


def upgrade() -> None:
    op.create_table('contact_request',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('conversation_id', sa.Integer(), nullable=False),
    sa.Column('sealed_person', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_by_id', sa.Integer(), nullable=True),
    sa.Column('appointment_id', sa.Integer(), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_contact_request_organization_id')),
    sa.ForeignKeyConstraint(['organization_id', 'answered_by_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_contact_request_organization_id_answered_by_id')),
    sa.ForeignKeyConstraint(['organization_id', 'appointment_id'], ['appointment.organization_id', 'appointment.id'], name=op.f('fk_contact_request_organization_id_appointment_id')),
    sa.ForeignKeyConstraint(['organization_id', 'conversation_id'], ['conversation.organization_id', 'conversation.id'], name=op.f('fk_contact_request_organization_id_conversation_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_request')),
    sa.UniqueConstraint('organization_id', 'conversation_id', name=op.f('uq_contact_request_organization_id_conversation_id')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_contact_request_organization_id_id'))
    )

    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('show_free_times', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('quick_minutes', sa.Integer(), nullable=False, server_default='60'))
