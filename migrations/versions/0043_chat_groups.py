"""Groups of patients who write to each other, with moderators, reports and talks of two."""

import sqlalchemy as sa
from alembic import op

revision = '0043_chat_groups'
down_revision = '0042_widget'


def upgrade() -> None:
    op.create_table('chat_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('description', sa.String(length=1000), nullable=False),
    sa.Column('rules', sa.String(length=2000), nullable=False),
    sa.Column('department_id', sa.Integer(), nullable=True),
    sa.Column('conversation_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('open', 'paused', 'closed', name='groupstate', native_enum=False, length=40), nullable=False),
    sa.Column('names', sa.Enum('nickname', 'choice', name='groupnames', native_enum=False, length=40), nullable=False),
    sa.Column('most', sa.Integer(), nullable=False),
    sa.Column('private_talks', sa.Boolean(), nullable=False),
    sa.Column('days_kept', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'conversation_id'], ['conversation.organization_id', 'conversation.id'], name=op.f('fk_chat_group_organization_id_conversation_id')),
    sa.ForeignKeyConstraint(['organization_id', 'department_id'], ['department.organization_id', 'department.id'], name=op.f('fk_chat_group_organization_id_department_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_chat_group_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chat_group')),
    sa.UniqueConstraint('organization_id', 'conversation_id', name=op.f('uq_chat_group_organization_id_conversation_id')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_chat_group_organization_id_id')),
    sa.UniqueConstraint('organization_id', 'name', name=op.f('uq_chat_group_organization_id_name'))
    )
    op.create_table('chat_group_member',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('patient_id', sa.Integer(), nullable=False),
    sa.Column('nickname', sa.String(length=40), nullable=False),
    sa.Column('name_key', sa.String(length=160), nullable=True),
    sa.Column('state', sa.Enum('invited', 'in', 'paused', 'declined', 'left', 'removed', name='memberstate', native_enum=False, length=40), nullable=False),
    sa.Column('invited_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('invited_by_id', sa.Integer(), nullable=True),
    sa.Column('agreed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('read', sa.Integer(), nullable=False),
    sa.Column('muted', sa.Boolean(), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'group_id'], ['chat_group.organization_id', 'chat_group.id'], name=op.f('fk_chat_group_member_organization_id_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'invited_by_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_chat_group_member_organization_id_invited_by_id')),
    sa.ForeignKeyConstraint(['organization_id', 'patient_id'], ['patient.organization_id', 'patient.id'], name=op.f('fk_chat_group_member_organization_id_patient_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_chat_group_member_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chat_group_member')),
    sa.UniqueConstraint('group_id', 'name_key', name=op.f('uq_chat_group_member_group_id_name_key')),
    sa.UniqueConstraint('group_id', 'patient_id', name=op.f('uq_chat_group_member_group_id_patient_id')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_chat_group_member_organization_id_id')),
    sa.UniqueConstraint('organization_id', 'uid', name=op.f('uq_chat_group_member_organization_id_uid'))
    )
    op.create_table('chat_group_moderator',
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('practitioner_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'group_id'], ['chat_group.organization_id', 'chat_group.id'], name=op.f('fk_chat_group_moderator_organization_id_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'practitioner_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_chat_group_moderator_organization_id_practitioner_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('group_id', 'practitioner_id', name=op.f('pk_chat_group_moderator'))
    )
    op.create_table('chat_group_notice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('message_removed', 'paused', 'resumed', 'removed', name='noticekind', native_enum=False, length=40), nullable=False),
    sa.Column('sealed_words', sa.LargeBinary(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'by_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_chat_group_notice_organization_id_by_id')),
    sa.ForeignKeyConstraint(['organization_id', 'member_id'], ['chat_group_member.organization_id', 'chat_group_member.id'], name=op.f('fk_chat_group_notice_organization_id_member_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_chat_group_notice_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chat_group_notice')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_chat_group_notice_organization_id_id')),
    sa.UniqueConstraint('organization_id', 'uid', name=op.f('uq_chat_group_notice_organization_id_uid'))
    )
    op.create_table('chat_group_private_talk',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.Integer(), nullable=False),
    sa.Column('asker_id', sa.Integer(), nullable=False),
    sa.Column('asked_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('asked', 'on', 'declined', 'ended', name='privatestate', native_enum=False, length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('asker_read', sa.Integer(), nullable=False),
    sa.Column('asked_read', sa.Integer(), nullable=False),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'asked_id'], ['chat_group_member.organization_id', 'chat_group_member.id'], name=op.f('fk_chat_group_private_talk_organization_id_asked_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'asker_id'], ['chat_group_member.organization_id', 'chat_group_member.id'], name=op.f('fk_chat_group_private_talk_organization_id_asker_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'conversation_id'], ['conversation.organization_id', 'conversation.id'], name=op.f('fk_chat_group_private_talk_organization_id_conversation_id')),
    sa.ForeignKeyConstraint(['organization_id', 'group_id'], ['chat_group.organization_id', 'chat_group.id'], name=op.f('fk_chat_group_private_talk_organization_id_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_chat_group_private_talk_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chat_group_private_talk')),
    sa.UniqueConstraint('organization_id', 'conversation_id', name=op.f('uq_chat_group_private_talk_organization_id_conversation_id')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_chat_group_private_talk_organization_id_id'))
    )
    op.create_table('chat_group_report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.Integer(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('sealed_words', sa.LargeBinary(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('settled_by_id', sa.Integer(), nullable=True),
    sa.Column('removed', sa.Boolean(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'conversation_id'], ['conversation.organization_id', 'conversation.id'], name=op.f('fk_chat_group_report_organization_id_conversation_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'group_id'], ['chat_group.organization_id', 'chat_group.id'], name=op.f('fk_chat_group_report_organization_id_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'member_id'], ['chat_group_member.organization_id', 'chat_group_member.id'], name=op.f('fk_chat_group_report_organization_id_member_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'settled_by_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_chat_group_report_organization_id_settled_by_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_chat_group_report_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chat_group_report')),
    sa.UniqueConstraint('conversation_id', 'seq', 'member_id', name=op.f('uq_chat_group_report_conversation_id_seq_member_id')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_chat_group_report_organization_id_id')),
    sa.UniqueConstraint('organization_id', 'uid', name=op.f('uq_chat_group_report_organization_id_uid'))
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.add_column(sa.Column('member_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_message_organization_id_member_id'), 'chat_group_member', ['organization_id', 'member_id'], ['organization_id', 'id'])
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('chat_groups', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('group_words_stay', sa.Boolean(), nullable=False, server_default=sa.false()))
