"""What staff are told of by mail, and the words of text messages."""

import sqlalchemy as sa
from alembic import op

revision = '0029_mail'
down_revision = '0028_portal'


def upgrade() -> None:
    with op.batch_alter_table('practitioner', schema=None) as batch_op:
        for name in ('mail_booked', 'mail_changed', 'mail_asked'):
            batch_op.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('booked_told_seq', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('text_invitations', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('send_delays', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('text_delays', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('text_price', sa.Numeric(precision=7, scale=3), nullable=True))
    # What was booked before is no news.
    op.execute(
        "UPDATE organization SET booked_told_seq = COALESCE("
        "(SELECT seq FROM feed WHERE feed.organization_id = organization.id AND feed.name = 'calendar'), 0)"
    )
    op.create_table('text_template',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('reminder', 'invitation', 'call_back', 'running_late', name='textkind', native_enum=False, length=40), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_text_template_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_text_template')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_text_template_organization_id_id')),
    sa.UniqueConstraint('organization_id', 'kind', name=op.f('uq_text_template_organization_id_kind'))
    )
