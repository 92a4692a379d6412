"""How a visit ends: summaries, follow-up hints, feedback, what becomes of the conversation."""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'

CHAT_AFTER_VISIT = sa.Enum('kept', 'shown', 'deleted', name='chataftervisit', native_enum=False, length=40)


def upgrade() -> None:
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('feedback_enabled', sa.Boolean(), nullable=False, server_default='1'))
        batch_op.add_column(sa.Column('survey_url', sa.String(length=300), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('chat_after_visit', CHAT_AFTER_VISIT, nullable=False, server_default='kept'))
        batch_op.add_column(sa.Column('chat_after_hours', sa.Integer(), nullable=False, server_default='24'))

    with op.batch_alter_table('channel', schema=None) as batch_op:
        batch_op.add_column(sa.Column('after_visits', sa.Boolean(), nullable=False, server_default='0'))

    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table('encounter', schema=None) as batch_op:
        batch_op.add_column(sa.Column('ended_by_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('sealed_summary', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('sealed_follow_up', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('chat_after_visit', CHAT_AFTER_VISIT, nullable=True))
        batch_op.add_column(sa.Column('chat_after_hours', sa.Integer(), nullable=False, server_default='0'))
        batch_op.create_foreign_key(batch_op.f('fk_encounter_organization_id_ended_by_id'), 'practitioner', ['organization_id', 'ended_by_id'], ['organization_id', 'id'])

    op.create_table('follow_up_hint',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('text', sa.String(length=300), nullable=False),
    sa.Column('department_id', sa.Integer(), nullable=True),
    sa.Column('preselected', sa.Boolean(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'department_id'], ['department.organization_id', 'department.id'], name=op.f('fk_follow_up_hint_organization_id_department_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_follow_up_hint_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_follow_up_hint')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_follow_up_hint_organization_id_id'))
    )
    op.create_table('feedback',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('encounter_id', sa.Integer(), nullable=False),
    sa.Column('department_id', sa.Integer(), nullable=False),
    sa.Column('practitioner_id', sa.Integer(), nullable=True),
    sa.Column('rating', sa.Enum('1', '2', '3', '4', '5', name='rating', native_enum=False, length=40), nullable=False),
    sa.Column('sealed_words', sa.LargeBinary(), nullable=True),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'department_id'], ['department.organization_id', 'department.id'], name=op.f('fk_feedback_organization_id_department_id')),
    sa.ForeignKeyConstraint(['organization_id', 'encounter_id'], ['encounter.organization_id', 'encounter.id'], name=op.f('fk_feedback_organization_id_encounter_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'practitioner_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_feedback_organization_id_practitioner_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_feedback_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feedback')),
    sa.UniqueConstraint('encounter_id', name=op.f('uq_feedback_encounter_id')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_feedback_organization_id_id'))
    )
    with op.batch_alter_table('feedback', schema=None) as batch_op:
        batch_op.create_index('ix_feedback_given', ['organization_id', 'given_at'], unique=False)
