"""Visit types with lengths and prices, several patients at the same time, and teams."""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'


def upgrade() -> None:
    op.create_table('visit_type',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('mode', sa.String(length=40), nullable=False),
    sa.Column('length_minutes', sa.Integer(), nullable=True),
    sa.Column('price', sa.Numeric(precision=10, scale=2), nullable=True),
    sa.Column('weekend_price', sa.Numeric(precision=10, scale=2), nullable=True),
    sa.Column('place', sa.String(length=300), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.CheckConstraint('length_minutes IS NULL OR length_minutes > 0', name=op.f('ck_visit_type_length')),
    sa.CheckConstraint('price IS NULL OR price >= 0', name=op.f('ck_visit_type_price')),
    sa.CheckConstraint('weekend_price IS NULL OR weekend_price >= 0', name=op.f('ck_visit_type_weekend_price')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_visit_type_organization_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_type')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_visit_type_organization_id_id'))
    )
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('currency', sa.String(length=3), nullable=False, server_default='EUR'))
    with op.batch_alter_table('practitioner', schema=None) as batch_op:
        batch_op.add_column(sa.Column('is_team', sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table('availability', schema=None) as batch_op:
        batch_op.add_column(sa.Column('capacity', sa.Integer(), nullable=False, server_default='1'))
        batch_op.add_column(sa.Column('visit_types', sa.JSON(), nullable=True))
        batch_op.create_check_constraint('capacity', 'capacity > 0')
    with op.batch_alter_table('appointment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('lane', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('visit_type_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('mode', sa.String(length=40), nullable=False, server_default='video'))
        batch_op.add_column(sa.Column('price', sa.Numeric(precision=10, scale=2), nullable=True))
        batch_op.add_column(sa.Column('currency', sa.String(length=3), nullable=False, server_default='EUR'))
        batch_op.create_foreign_key(op.f('fk_appointment_organization_id_visit_type_id'), 'visit_type', ['organization_id', 'visit_type_id'], ['organization_id', 'id'])
    with op.batch_alter_table('hold', schema=None) as batch_op:
        batch_op.add_column(sa.Column('lane', sa.Integer(), nullable=False, server_default='0'))
    with op.batch_alter_table('waitlist_entry', schema=None) as batch_op:
        batch_op.add_column(sa.Column('visit_type_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f('fk_waitlist_entry_organization_id_visit_type_id'), 'visit_type', ['organization_id', 'visit_type_id'], ['organization_id', 'id'], ondelete='CASCADE')

    with op.batch_alter_table('booked_tick', schema=None) as batch_op:
        batch_op.add_column(sa.Column('lane', sa.Integer(), nullable=False, server_default='0'))
        batch_op.drop_constraint('pk_booked_tick', type_='primary')
        batch_op.create_primary_key('pk_booked_tick', ['practitioner_id', 'tick', 'lane'])
