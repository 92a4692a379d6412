"""Messages with known patients."""

import sqlalchemy as sa
from alembic import op

revision = '0035_patients'
down_revision = '0032_cases'


def upgrade() -> None:
    op.create_table('authorisation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('link', 'code', name='authorisationkind', native_enum=False, length=40), nullable=False),
    sa.Column('patient_id', sa.Integer(), nullable=False),
    sa.Column('department_id', sa.Integer(), nullable=True),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('locale', sa.String(length=20), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'created_by_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_authorisation_organization_id_created_by_id')),
    sa.ForeignKeyConstraint(['organization_id', 'department_id'], ['department.organization_id', 'department.id'], name=op.f('fk_authorisation_organization_id_department_id')),
    sa.ForeignKeyConstraint(['organization_id', 'patient_id'], ['patient.organization_id', 'patient.id'], name=op.f('fk_authorisation_organization_id_patient_id')),
    sa.ForeignKeyConstraint(['organization_id', 'ticket_id'], ['ticket.organization_id', 'ticket.id'], name=op.f('fk_authorisation_organization_id_ticket_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_authorisation_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_authorisation')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_authorisation_organization_id_id')),
    sa.UniqueConstraint('organization_id', 'ticket_id', name=op.f('uq_authorisation_organization_id_ticket_id'))
    )
    op.create_table('correspondence',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('patient_id', sa.Integer(), nullable=False),
    sa.Column('practitioner_id', sa.Integer(), nullable=True),
    sa.Column('department_id', sa.Integer(), nullable=False),
    sa.Column('whom', sa.String(length=40), nullable=False),
    sa.Column('conversation_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('patient_waits_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('patient_told_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('staff_waits_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('staff_told_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'conversation_id'], ['conversation.organization_id', 'conversation.id'], name=op.f('fk_correspondence_organization_id_conversation_id')),
    sa.ForeignKeyConstraint(['organization_id', 'created_by_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_correspondence_organization_id_created_by_id')),
    sa.ForeignKeyConstraint(['organization_id', 'department_id'], ['department.organization_id', 'department.id'], name=op.f('fk_correspondence_organization_id_department_id')),
    sa.ForeignKeyConstraint(['organization_id', 'patient_id'], ['patient.organization_id', 'patient.id'], name=op.f('fk_correspondence_organization_id_patient_id')),
    sa.ForeignKeyConstraint(['organization_id', 'practitioner_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_correspondence_organization_id_practitioner_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_correspondence_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_correspondence')),
    sa.UniqueConstraint('organization_id', 'conversation_id', name=op.f('uq_correspondence_organization_id_conversation_id')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_correspondence_organization_id_id')),
    sa.UniqueConstraint('organization_id', 'patient_id', 'whom', name=op.f('uq_correspondence_organization_id_patient_id_whom'))
    )
    op.create_table('correspondence_member',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('correspondence_id', sa.Integer(), nullable=False),
    sa.Column('practitioner_id', sa.Integer(), nullable=False),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'correspondence_id'], ['correspondence.organization_id', 'correspondence.id'], name=op.f('fk_correspondence_member_organization_id_correspondence_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'practitioner_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_correspondence_member_organization_id_practitioner_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_correspondence_member_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_correspondence_member')),
    sa.UniqueConstraint('correspondence_id', 'practitioner_id', name=op.f('uq_correspondence_member_correspondence_id_practitioner_id')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_correspondence_member_organization_id_id'))
    )
    with op.batch_alter_table('encounter', schema=None) as batch_op:
        batch_op.add_column(sa.Column('continues_from', sa.Integer(), nullable=True))
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('continuous_chat', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('chat_by_appointment', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('share_messages', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('chat_mail_minutes', sa.Integer(), nullable=False, server_default='15'))
    with op.batch_alter_table('patient', schema=None) as batch_op:
        batch_op.add_column(sa.Column('agreed_to_notices', sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table('portal_session', schema=None) as batch_op:
        batch_op.add_column(sa.Column('previous_hash', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('turn', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('authorisation_id', sa.Integer(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_portal_session_previous_hash'), ['previous_hash'])
        batch_op.create_foreign_key(batch_op.f('fk_portal_session_organization_id_authorisation_id'), 'authorisation', ['organization_id', 'authorisation_id'], ['organization_id', 'id'])
    with op.batch_alter_table('practitioner', schema=None) as batch_op:
        batch_op.add_column(sa.Column('mail_messages', sa.Boolean(), nullable=False, server_default=sa.true()))
