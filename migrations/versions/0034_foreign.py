"""Contact points, accounts at services of others, what came in by them and what was said there."""

import sqlalchemy as sa
from alembic import op

revision = '0034_foreign'
down_revision = '0035_patients'


def upgrade() -> None:
    op.create_table('contact_point',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.Enum('phone', 'email', 'telegram', 'whatsapp', 'webhook', name='contactkind', native_enum=False, length=40), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('blocked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('consented_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('merged_into_id', sa.Integer(), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'merged_into_id'], ['contact_point.organization_id', 'contact_point.id'], name=op.f('fk_contact_point_organization_id_merged_into_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_contact_point_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_point')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_contact_point_organization_id_id')),
    sa.UniqueConstraint('organization_id', 'kind', 'address', name=op.f('uq_contact_point_organization_id_kind_address')),
    sa.UniqueConstraint('uid', name=op.f('uq_contact_point_uid'))
    )
    op.create_table('contact_link',
    sa.Column('contact_point_id', sa.Integer(), nullable=False),
    sa.Column('patient_id', sa.Integer(), nullable=False),
    sa.Column('is_right', sa.Boolean(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'by_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_contact_link_organization_id_by_id')),
    sa.ForeignKeyConstraint(['organization_id', 'contact_point_id'], ['contact_point.organization_id', 'contact_point.id'], name=op.f('fk_contact_link_organization_id_contact_point_id')),
    sa.ForeignKeyConstraint(['organization_id', 'patient_id'], ['patient.organization_id', 'patient.id'], name=op.f('fk_contact_link_organization_id_patient_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_contact_link_organization_id')),
    sa.PrimaryKeyConstraint('contact_point_id', 'patient_id', name=op.f('pk_contact_link'))
    )
    with op.batch_alter_table('contact_link', schema=None) as batch_op:
        batch_op.create_index('ix_contact_link_patient', ['organization_id', 'patient_id'], unique=False)

    op.create_table('messenger_account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.Enum('phone', 'email', 'telegram', 'whatsapp', 'webhook', name='contactkind', native_enum=False, length=40), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('channel_id', sa.Integer(), nullable=False),
    sa.Column('locale', sa.String(length=20), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('url', sa.String(length=300), nullable=False),
    sa.Column('options', sa.JSON(), nullable=False),
    sa.Column('sealed_token', sa.LargeBinary(), nullable=True),
    sa.Column('sealed_secret', sa.LargeBinary(), nullable=True),
    sa.Column('secrets_changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('heard_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.String(length=300), nullable=False),
    sa.Column('last_error_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('mailbox', sa.String(length=40), nullable=False),
    sa.Column('mailbox_uid', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'channel_id'], ['channel.organization_id', 'channel.id'], name=op.f('fk_messenger_account_organization_id_channel_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_messenger_account_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_messenger_account')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_messenger_account_organization_id_id')),
    sa.UniqueConstraint('uid', name=op.f('uq_messenger_account_uid'))
    )
    op.create_table('contact_claim',
    sa.Column('conversation_id', sa.Integer(), nullable=False),
    sa.Column('contact_point_id', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'contact_point_id'], ['contact_point.organization_id', 'contact_point.id'], name=op.f('fk_contact_claim_organization_id_contact_point_id')),
    sa.ForeignKeyConstraint(['organization_id', 'conversation_id'], ['conversation.organization_id', 'conversation.id'], name=op.f('fk_contact_claim_organization_id_conversation_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_contact_claim_organization_id')),
    sa.PrimaryKeyConstraint('conversation_id', 'contact_point_id', name=op.f('pk_contact_claim'))
    )
    with op.batch_alter_table('contact_claim', schema=None) as batch_op:
        batch_op.create_index('ix_contact_claim_point', ['organization_id', 'contact_point_id'], unique=False)

    op.create_table('messenger_notice',
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.Enum('welcome', 'answer', 'code', 'appointment', name='noticekind', native_enum=False, length=40), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('contact_point_id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.Integer(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('locale', sa.String(length=20), nullable=False),
    sa.Column('arrival', sa.Enum('waiting', 'sent', 'delivered', 'read', 'failed', name='arrival', native_enum=False, length=40), nullable=False),
    sa.Column('external_id', sa.String(length=200), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'done', 'dead', 'dropped', name='workstate', native_enum=False, length=40), nullable=False),
    sa.Column('turn', sa.Integer(), nullable=False),
    sa.Column('due', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'account_id'], ['messenger_account.organization_id', 'messenger_account.id'], name=op.f('fk_messenger_notice_organization_id_account_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'contact_point_id'], ['contact_point.organization_id', 'contact_point.id'], name=op.f('fk_messenger_notice_organization_id_contact_point_id')),
    sa.ForeignKeyConstraint(['organization_id', 'conversation_id'], ['conversation.organization_id', 'conversation.id'], name=op.f('fk_messenger_notice_organization_id_conversation_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_messenger_notice_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_messenger_notice')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_messenger_notice_organization_id_id')),
    sa.UniqueConstraint('uid', name=op.f('uq_messenger_notice_uid'))
    )
    with op.batch_alter_table('messenger_notice', schema=None) as batch_op:
        batch_op.create_index('ix_messenger_notice_conversation', ['organization_id', 'conversation_id'], unique=False)
        batch_op.create_index(op.f('ix_messenger_notice_due'), ['due'], unique=False)
        batch_op.create_index('ix_messenger_notice_external', ['organization_id', 'account_id', 'external_id'], unique=False)

    op.create_table('received_message',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('contact_point_id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.Integer(), nullable=True),
    sa.Column('reference', sa.String(length=250), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'account_id'], ['messenger_account.organization_id', 'messenger_account.id'], name=op.f('fk_received_message_organization_id_account_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'contact_point_id'], ['contact_point.organization_id', 'contact_point.id'], name=op.f('fk_received_message_organization_id_contact_point_id')),
    sa.ForeignKeyConstraint(['organization_id', 'conversation_id'], ['conversation.organization_id', 'conversation.id'], name=op.f('fk_received_message_organization_id_conversation_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_received_message_organization_id')),
    sa.PrimaryKeyConstraint('account_id', 'key', name=op.f('pk_received_message'))
    )
    with op.batch_alter_table('received_message', schema=None) as batch_op:
        batch_op.create_index('ix_received_message_point', ['organization_id', 'contact_point_id', 'at'], unique=False)

    with op.batch_alter_table('conversation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('patient_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('contact_point_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('account_id', sa.Integer(), nullable=True))
        batch_op.create_index('ix_conversation_contact', ['organization_id', 'contact_point_id'], unique=False)
        batch_op.create_index('ix_conversation_patient', ['organization_id', 'patient_id'], unique=False)
        batch_op.create_foreign_key(op.f('fk_conversation_organization_id_contact_point_id'), 'contact_point', ['organization_id', 'contact_point_id'], ['organization_id', 'id'])
        batch_op.create_foreign_key(op.f('fk_conversation_organization_id_patient_id'), 'patient', ['organization_id', 'patient_id'], ['organization_id', 'id'])
        batch_op.create_foreign_key(op.f('fk_conversation_organization_id_account_id'), 'messenger_account', ['organization_id', 'account_id'], ['organization_id', 'id'])
