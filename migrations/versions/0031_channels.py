"""Channels turn by themselves, with a history; presence ends; conversations are handed out by load, language and skill."""

import sqlalchemy as sa
from alembic import op

revision = '0031_channels'
down_revision = '0034_foreign'

STATE = sa.Enum('open', 'congested', 'closed', native_enum=False, length=40)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        'skill',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('organization_id', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_skill_organization_id_organization')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_skill')),
        sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_skill_organization_id_id')),
        sa.UniqueConstraint('organization_id', 'name', name=op.f('uq_skill_organization_id_name')),
    )
    op.create_table(
        'skill_practitioner',
        sa.Column('organization_id', sa.Integer(), nullable=False),
        sa.Column('skill_id', sa.Integer(), nullable=False),
        sa.Column('practitioner_id', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['organization_id', 'skill_id'], ['skill.organization_id', 'skill.id'], name=op.f('fk_skill_practitioner_organization_id_skill_id_skill'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['organization_id', 'practitioner_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_skill_practitioner_organization_id_practitioner_id_practitioner'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('skill_id', 'practitioner_id', name=op.f('pk_skill_practitioner')),
    )
    with op.batch_alter_table('channel', schema=None) as batch_op:
        batch_op.add_column(sa.Column('switch_until', INSTANT, nullable=True))
        batch_op.add_column(sa.Column('reason', sa.String(length=200), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('busy_from', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('busy_minutes', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('busy', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('closes_when_empty', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('empty_minutes', sa.Integer(), nullable=False, server_default='5'))
        batch_op.add_column(sa.Column('empty_since', INSTANT, nullable=True))
        batch_op.add_column(sa.Column('shown_state', STATE, nullable=True))
        batch_op.add_column(sa.Column('routing', sa.Enum('pick', 'automatic', native_enum=False, length=40), nullable=False, server_default='pick'))
        batch_op.add_column(sa.Column('most_at_once', sa.Integer(), nullable=False, server_default='4'))
        batch_op.add_column(sa.Column('language_minutes', sa.Integer(), nullable=False, server_default='3'))
        batch_op.add_column(sa.Column('skill_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('takes_questions', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.create_foreign_key(batch_op.f('fk_channel_organization_id_skill_id_skill'), 'skill', ['organization_id', 'skill_id'], ['organization_id', 'id'])
    op.create_table(
        'channel_change',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('channel_id', sa.Integer(), nullable=False),
        sa.Column('at', INSTANT, nullable=False),
        sa.Column('state', STATE, nullable=False),
        sa.Column('rule', sa.Enum('hand', 'hours', 'queue', 'presence', native_enum=False, length=40), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('reason', sa.String(length=200), nullable=False),
        sa.Column('organization_id', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_channel_change_organization_id_organization')),
        sa.ForeignKeyConstraint(['organization_id', 'channel_id'], ['channel.organization_id', 'channel.id'], name=op.f('fk_channel_change_organization_id_channel_id_channel'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['organization_id', 'by_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_channel_change_organization_id_by_id_practitioner')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_channel_change')),
        sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_channel_change_organization_id_id')),
    )
    op.create_index('ix_channel_change_at', 'channel_change', ['channel_id', 'at'])
    with op.batch_alter_table('presence', schema=None) as batch_op:
        batch_op.add_column(sa.Column('by_push', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('repeat_seconds', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('expired_at', INSTANT, nullable=True))
        batch_op.add_column(sa.Column('mailed_at', INSTANT, nullable=True))
    with op.batch_alter_table('practitioner', schema=None) as batch_op:
        batch_op.add_column(sa.Column('last_at_desk_at', INSTANT, nullable=True))
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('chat', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('presence_minutes', sa.Integer(), nullable=False, server_default='3'))
    op.create_index('ix_conversation_queue', 'conversation', ['organization_id', 'channel_id', 'state'])
