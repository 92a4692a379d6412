"""Questionnaires before a visit, and what patients answer."""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'


def upgrade() -> None:
    op.create_table('questionnaire',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=160), nullable=False),
    sa.Column('introduction', sa.Text(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_questionnaire_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_questionnaire')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_questionnaire_organization_id_id'))
    )
    op.create_table('questionnaire_department',
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('questionnaire_id', sa.Integer(), nullable=False),
    sa.Column('department_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'department_id'], ['department.organization_id', 'department.id'], name=op.f('fk_questionnaire_department_organization_id_department_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'questionnaire_id'], ['questionnaire.organization_id', 'questionnaire.id'], name=op.f('fk_questionnaire_department_organization_id_questionnaire_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('questionnaire_id', 'department_id', name=op.f('pk_questionnaire_department'))
    )
    op.create_table('questionnaire_item',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('questionnaire_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.Enum('heading', 'explanation', 'short_text', 'long_text', 'one', 'several', 'yes_no', 'number', 'date', name='itemkind', native_enum=False, length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('help', sa.String(length=300), nullable=False),
    sa.Column('options', sa.Text(), nullable=False),
    sa.Column('required', sa.Boolean(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('condition_id', sa.Integer(), nullable=True),
    sa.Column('condition_answer', sa.String(length=300), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'condition_id'], ['questionnaire_item.organization_id', 'questionnaire_item.id'], name=op.f('fk_questionnaire_item_organization_id_condition_id')),
    sa.ForeignKeyConstraint(['organization_id', 'questionnaire_id'], ['questionnaire.organization_id', 'questionnaire.id'], name=op.f('fk_questionnaire_item_organization_id_questionnaire_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_questionnaire_item_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_questionnaire_item')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_questionnaire_item_organization_id_id')),
    sa.UniqueConstraint('questionnaire_id', 'key', name=op.f('uq_questionnaire_item_questionnaire_id_key'))
    )
    op.create_table('questionnaire_widget',
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('questionnaire_id', sa.Integer(), nullable=False),
    sa.Column('widget_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'questionnaire_id'], ['questionnaire.organization_id', 'questionnaire.id'], name=op.f('fk_questionnaire_widget_organization_id_questionnaire_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'widget_id'], ['widget.organization_id', 'widget.id'], name=op.f('fk_questionnaire_widget_organization_id_widget_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('questionnaire_id', 'widget_id', name=op.f('pk_questionnaire_widget'))
    )
    op.create_table('questionnaire_response',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('status', sa.Enum('new', 'started', 'completed', name='responsestatus', native_enum=False, length=40), nullable=False),
    sa.Column('questionnaire_id', sa.Integer(), nullable=False),
    sa.Column('patient_id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('appointment_id', sa.Integer(), nullable=True),
    sa.Column('encounter_id', sa.Integer(), nullable=True),
    sa.Column('asked_by_id', sa.Integer(), nullable=True),
    sa.Column('client_id', sa.String(length=40), nullable=False),
    sa.Column('locale', sa.String(length=20), nullable=False),
    sa.Column('asked', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('original', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('sealed_answers', sa.LargeBinary(), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('completed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'appointment_id'], ['appointment.organization_id', 'appointment.id'], name=op.f('fk_questionnaire_response_organization_id_appointment_id')),
    sa.ForeignKeyConstraint(['organization_id', 'asked_by_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_questionnaire_response_organization_id_asked_by_id')),
    sa.ForeignKeyConstraint(['organization_id', 'encounter_id'], ['encounter.organization_id', 'encounter.id'], name=op.f('fk_questionnaire_response_organization_id_encounter_id')),
    sa.ForeignKeyConstraint(['organization_id', 'patient_id'], ['patient.organization_id', 'patient.id'], name=op.f('fk_questionnaire_response_organization_id_patient_id')),
    sa.ForeignKeyConstraint(['organization_id', 'questionnaire_id'], ['questionnaire.organization_id', 'questionnaire.id'], name=op.f('fk_questionnaire_response_organization_id_questionnaire_id')),
    sa.ForeignKeyConstraint(['organization_id', 'ticket_id'], ['ticket.organization_id', 'ticket.id'], name=op.f('fk_questionnaire_response_organization_id_ticket_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_questionnaire_response_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_questionnaire_response')),
    sa.UniqueConstraint('appointment_id', 'questionnaire_id', name=op.f('uq_questionnaire_response_appointment_id_questionnaire_id')),
    sa.UniqueConstraint('encounter_id', 'questionnaire_id', name=op.f('uq_questionnaire_response_encounter_id_questionnaire_id')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_questionnaire_response_organization_id_id')),
    sa.UniqueConstraint('uid', name=op.f('uq_questionnaire_response_uid'))
    )
    with op.batch_alter_table('questionnaire_response', schema=None) as batch_op:
        batch_op.create_index('ix_questionnaire_response_ticket', ['organization_id', 'ticket_id'], unique=False)
