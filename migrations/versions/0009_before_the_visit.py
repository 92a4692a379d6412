"""Texts of the link, page and film of the waiting room, looks of widgets, delays, the question for the date of birth."""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'

TEXTS = ('early_text', 'on_time_text', 'late_text', 'over_text', 'film_words')
LABELS = ('page_label', 'film_label')
ADDRESSES = ('page_url', 'film_url', 'film_still_url', 'film_captions_url')


def upgrade() -> None:
    with op.batch_alter_table('department', schema=None) as batch_op:
        for name in TEXTS:
            batch_op.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=''))
        for name in LABELS:
            batch_op.add_column(sa.Column(name, sa.String(length=60), nullable=False, server_default=''))
        for name in ADDRESSES:
            batch_op.add_column(sa.Column(name, sa.String(length=300), nullable=False, server_default=''))

    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('ask_birth_date', sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table('practitioner', schema=None) as batch_op:
        batch_op.add_column(sa.Column('late_minutes', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('late_since', sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table('widget', schema=None) as batch_op:
        for name in ('logo_url', 'background_url'):
            batch_op.add_column(sa.Column(name, sa.String(length=300), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('own_css', sa.Text(), nullable=False, server_default=''))

    with op.batch_alter_table('announcement', schema=None) as batch_op:
        batch_op.add_column(sa.Column('client_id', sa.String(length=40), nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_announcement_organization_id_client_id'), ['organization_id', 'client_id'])
