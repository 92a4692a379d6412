"""What a messenger that takes no key was about to be given is noted first; patients are found by the end of their numbers."""

import sqlalchemy as sa
from alembic import op

revision = '0042_widget'
down_revision = '0037_cases'


def upgrade() -> None:
    with op.batch_alter_table('messenger_notice', schema=None) as batch_op:
        batch_op.add_column(sa.Column('handed_at', sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table('patient', schema=None) as batch_op:
        batch_op.add_column(sa.Column('phone_ending', sa.String(length=7), nullable=False, server_default=''))
        batch_op.create_index('ix_patient_phone_ending', ['organization_id', 'phone_ending'], unique=False)
    patient = sa.table('patient', sa.column('id', sa.Integer), sa.column('phone', sa.String), sa.column('phone_ending', sa.String))
    connection = op.get_bind()
    for number, phone in connection.execute(sa.select(patient.c.id, patient.c.phone).where(patient.c.phone != '')).all():
        digits = ''.join(character for character in phone if character in '0123456789')
        if len(digits) >= 7:
            connection.execute(patient.update().where(patient.c.id == number).values(phone_ending=digits[-7:]))
