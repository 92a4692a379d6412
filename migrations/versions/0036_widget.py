"""A website can sign who its visitors are; what is asked before a chat is kept with it, and chats can be rated."""

import sqlalchemy as sa
from alembic import op

revision = '0036_widget'
down_revision = '0031_channels'


def upgrade() -> None:
    op.create_table('widget_secret',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('widget_id', sa.Integer(), nullable=False),
    sa.Column('sealed_secret', sa.LargeBinary(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_widget_secret_organization_id')),
    sa.ForeignKeyConstraint(['organization_id', 'widget_id'], ['widget.organization_id', 'widget.id'], name=op.f('fk_widget_secret_organization_id_widget_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_widget_secret')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_widget_secret_organization_id_id')),
    sa.UniqueConstraint('uid', name=op.f('uq_widget_secret_uid'))
    )
    op.create_table('signed_identity',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('widget_id', sa.Integer(), nullable=False),
    sa.Column('nonce', sa.String(length=64), nullable=False),
    sa.Column('visitor', sa.String(length=64), nullable=False),
    sa.Column('sealed_claims', sa.LargeBinary(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_signed_identity_organization_id')),
    sa.ForeignKeyConstraint(['organization_id', 'widget_id'], ['widget.organization_id', 'widget.id'], name=op.f('fk_signed_identity_organization_id_widget_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_signed_identity')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_signed_identity_organization_id_id')),
    sa.UniqueConstraint('widget_id', 'nonce', name=op.f('uq_signed_identity_widget_id_nonce'))
    )
    with op.batch_alter_table('signed_identity', schema=None) as batch_op:
        batch_op.create_index('ix_signed_identity_visitor', ['organization_id', 'visitor'], unique=False)
    with op.batch_alter_table('widget', schema=None) as batch_op:
        batch_op.add_column(sa.Column('identity', sa.String(length=40), nullable=False, server_default='off'))
        batch_op.add_column(sa.Column('identity_salt', sa.String(length=32), nullable=False, server_default=''))
    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sealed_details', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('verified', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.create_index('ix_conversation_visitor', ['organization_id', 'widget_id', 'visitor'], unique=False)
        batch_op.create_index('ix_conversation_place', ['channel_id', 'state', 'waiting_since'], unique=False)
    with op.batch_alter_table('feedback', schema=None) as batch_op:
        batch_op.alter_column('encounter_id', existing_type=sa.Integer(), nullable=True)
        batch_op.alter_column('department_id', existing_type=sa.Integer(), nullable=True)
        batch_op.add_column(sa.Column('conversation_id', sa.Integer(), nullable=True))
        batch_op.create_unique_constraint(op.f('uq_feedback_conversation_id'), ['conversation_id'])
        batch_op.create_foreign_key(op.f('fk_feedback_organization_id_conversation_id'), 'conversation', ['organization_id', 'conversation_id'], ['organization_id', 'id'], ondelete='CASCADE')
