"""Messages are edited, deleted, noted and carry files; both sides know how far the other has read; texts have codes."""

import sqlalchemy as sa
from alembic import op

revision = '0033_words'
down_revision = '0030_form'


def upgrade() -> None:
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('edit_minutes', sa.Integer(), nullable=False, server_default='15'))
        batch_op.add_column(sa.Column('keep_former_words', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('files_in_visits', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('files_in_walk_ins', sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table('channel', schema=None) as batch_op:
        batch_op.add_column(sa.Column('takes_files', sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table('conversation', schema=None) as batch_op:
        for name in ('staff_has', 'staff_read', 'patient_has', 'patient_read'):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default='0'))
    op.execute(
        'UPDATE conversation SET staff_has = seq, patient_has = seq, '
        'staff_read = CASE WHEN unread_by_staff = 0 THEN seq ELSE 0 END, '
        'patient_read = CASE WHEN unread_by_patient = 0 THEN seq ELSE 0 END'
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.add_column(sa.Column('changed', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('internal', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('file_uid', sa.String(length=32), nullable=True))
    op.execute('UPDATE message SET changed = seq')
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.create_index('ix_message_changed', ['conversation_id', 'changed'], unique=False)
    op.create_table('former_text',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.Integer(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('changed', sa.Integer(), nullable=False),
    sa.Column('sealed_text', sa.LargeBinary(), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'conversation_id'], ['conversation.organization_id', 'conversation.id'], name=op.f('fk_former_text_organization_id_conversation_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_former_text_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_former_text')),
    sa.UniqueConstraint('conversation_id', 'changed', name=op.f('uq_former_text_conversation_id_changed')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_former_text_organization_id_id'))
    )
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.add_column(sa.Column('conversation_id', sa.Integer(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_stored_file_conversation_id_client_id'), ['conversation_id', 'client_id'])
        batch_op.create_foreign_key(batch_op.f('fk_stored_file_organization_id_conversation_id'), 'conversation', ['organization_id', 'conversation_id'], ['organization_id', 'id'], ondelete='CASCADE')
    with op.batch_alter_table('quick_text', schema=None) as batch_op:
        batch_op.add_column(sa.Column('code', sa.String(length=30), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('channel_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_quick_text_organization_id_channel_id'), 'channel', ['organization_id', 'channel_id'], ['organization_id', 'id'])
