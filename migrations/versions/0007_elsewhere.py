"""Waiting elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'


def upgrade() -> None:
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('elsewhere_minutes', sa.Integer(), nullable=False, server_default='120'))
        batch_op.add_column(sa.Column('call_back_place', sa.Integer(), nullable=False, server_default='2'))
        batch_op.add_column(sa.Column('texts_a_month', sa.Integer(), nullable=False, server_default='0'))

    with op.batch_alter_table('encounter', schema=None) as batch_op:
        batch_op.add_column(sa.Column('elsewhere_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('call_back_way', sa.Enum('mail', 'text', name='callbackway', native_enum=False, length=40), nullable=True))
        batch_op.add_column(sa.Column('call_back_to', sa.String(length=254), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('called_back_at', sa.DateTime(timezone=True), nullable=True))

    op.create_table('closed_day',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_closed_day_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_closed_day')),
    sa.UniqueConstraint('organization_id', 'day', name=op.f('uq_closed_day_organization_id_day')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_closed_day_organization_id_id'))
    )

    with op.batch_alter_table('widget', schema=None) as batch_op:
        batch_op.add_column(sa.Column('contact_requests', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('contact_channel_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_widget_organization_id_contact_channel_id'), 'channel', ['organization_id', 'contact_channel_id'], ['organization_id', 'id'])
        batch_op.add_column(sa.Column('busy_from', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('busy', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('busy_text', sa.String(length=300), nullable=False, server_default=''))
