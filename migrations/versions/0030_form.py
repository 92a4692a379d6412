"""Answers to questionnaires are deleted after a time, and may be opened once more to be corrected."""

import sqlalchemy as sa
from alembic import op

revision = '0030_form'
down_revision = '0029_mail'


def upgrade() -> None:
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('keep_answers_months', sa.Integer(), nullable=False, server_default='0'))
    with op.batch_alter_table('questionnaire_response', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sealed_sent', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('reopened_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))
