"""Files at appointments, sealed in the database."""

import sqlalchemy as sa
from alembic import op

revision = '0025_files'
down_revision = '0024'


def upgrade() -> None:
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('attach_files', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('patients_may_attach', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('largest_file_mb', sa.Integer(), nullable=False, server_default='10'))
        batch_op.add_column(sa.Column('files_an_appointment', sa.Integer(), nullable=False, server_default='10'))
    op.create_table('stored_file',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('state', sa.Enum('quarantined', 'clean', 'refused', name='filestate', native_enum=False, length=40), nullable=False),
    sa.Column('sealed_name', sa.LargeBinary(), nullable=False),
    sa.Column('media_type', sa.String(length=60), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('client_id', sa.String(length=40), nullable=False),
    sa.Column('appointment_id', sa.Integer(), nullable=True),
    sa.Column('put_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'appointment_id'], ['appointment.organization_id', 'appointment.id'], name=op.f('fk_stored_file_organization_id_appointment_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'put_by_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_stored_file_organization_id_put_by_id')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_stored_file_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stored_file')),
    sa.UniqueConstraint('appointment_id', 'client_id', name=op.f('uq_stored_file_appointment_id_client_id')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_stored_file_organization_id_id')),
    sa.UniqueConstraint('put_by_id', 'client_id', name=op.f('uq_stored_file_put_by_id_client_id')),
    sa.UniqueConstraint('uid', name=op.f('uq_stored_file_uid'))
    )
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.create_index('ix_stored_file_appointment', ['organization_id', 'appointment_id'], unique=False)
        batch_op.create_index('ix_stored_file_state', ['organization_id', 'state'], unique=False)
    op.create_table('file_chunk',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('file_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('sealed_part', sa.LargeBinary(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id', 'file_id'], ['stored_file.organization_id', 'stored_file.id'], name=op.f('fk_file_chunk_organization_id_file_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_file_chunk_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_file_chunk')),
    sa.UniqueConstraint('file_id', 'number', name=op.f('uq_file_chunk_file_id_number')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_file_chunk_organization_id_id'))
    )
