"""External people in groups, and their places at appointments and quick consultations."""

import sqlalchemy as sa
from alembic import op

revision = '0026_group'
down_revision = '0025_files'


def upgrade() -> None:
    op.create_table('participant_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_participant_group_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_participant_group')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_participant_group_organization_id_id')),
    sa.UniqueConstraint('organization_id', 'name', name=op.f('uq_participant_group_organization_id_name'))
    )
    op.create_table('external_person',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('initials', sa.String(length=20), nullable=False),
    sa.Column('last_name', sa.String(length=120), nullable=False),
    sa.Column('birth_date', sa.Date(), nullable=True),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('locale', sa.String(length=20), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_external_person_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_external_person')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_external_person_organization_id_id'))
    )
    with op.batch_alter_table('external_person', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_external_person_last_name'), ['last_name'], unique=False)
    op.create_table('participant_group_member',
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('participant_group_id', sa.Integer(), nullable=False),
    sa.Column('external_person_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'external_person_id'], ['external_person.organization_id', 'external_person.id'], name=op.f('fk_participant_group_member_organization_id_external_person_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'participant_group_id'], ['participant_group.organization_id', 'participant_group.id'], name=op.f('fk_participant_group_member_organization_id_participant_group_id')),
    sa.PrimaryKeyConstraint('participant_group_id', 'external_person_id', name=op.f('pk_participant_group_member'))
    )
    op.create_table('participant',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('appointment_id', sa.Integer(), nullable=True),
    sa.Column('encounter_id', sa.Integer(), nullable=True),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('locale', sa.String(length=20), nullable=False),
    sa.Column('presence', sa.String(length=40), nullable=False),
    sa.Column('entered_id', sa.Integer(), nullable=True),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('removed_by_id', sa.Integer(), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.CheckConstraint('(appointment_id IS NULL) <> (encounter_id IS NULL)', name=op.f('ck_participant_where')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_participant_organization_id')),
    sa.ForeignKeyConstraint(['organization_id', 'appointment_id'], ['appointment.organization_id', 'appointment.id'], name=op.f('fk_participant_organization_id_appointment_id')),
    sa.ForeignKeyConstraint(['organization_id', 'encounter_id'], ['encounter.organization_id', 'encounter.id'], name=op.f('fk_participant_organization_id_encounter_id')),
    sa.ForeignKeyConstraint(['organization_id', 'entered_id'], ['encounter.organization_id', 'encounter.id'], name=op.f('fk_participant_organization_id_entered_id')),
    sa.ForeignKeyConstraint(['organization_id', 'person_id'], ['external_person.organization_id', 'external_person.id'], name=op.f('fk_participant_organization_id_person_id')),
    sa.ForeignKeyConstraint(['organization_id', 'removed_by_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_participant_organization_id_removed_by_id')),
    sa.ForeignKeyConstraint(['organization_id', 'ticket_id'], ['ticket.organization_id', 'ticket.id'], name=op.f('fk_participant_organization_id_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_participant')),
    sa.UniqueConstraint('appointment_id', 'person_id', name=op.f('uq_participant_appointment_id_person_id')),
    sa.UniqueConstraint('encounter_id', 'person_id', name=op.f('uq_participant_encounter_id_person_id')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_participant_organization_id_id')),
    sa.UniqueConstraint('uid', name=op.f('uq_participant_uid'))
    )
    with op.batch_alter_table('participant', schema=None) as batch_op:
        batch_op.create_index('ix_participant_ticket', ['organization_id', 'ticket_id'], unique=False)
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('call_seats', sa.Integer(), nullable=False, server_default='6'))
