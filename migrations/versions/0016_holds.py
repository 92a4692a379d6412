"""Times are held while somebody books."""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'


def upgrade() -> None:
    op.create_table('hold',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('widget_id', sa.Integer(), nullable=False),
    sa.Column('visitor', sa.String(length=64), nullable=False),
    sa.Column('slot_id', sa.String(length=40), nullable=False),
    sa.Column('practitioner_id', sa.Integer(), nullable=False),
    sa.Column('first_tick', sa.Integer(), nullable=False),
    sa.Column('last_tick', sa.Integer(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_hold_organization_id')),
    sa.ForeignKeyConstraint(['organization_id', 'practitioner_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_hold_organization_id_practitioner_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'widget_id'], ['widget.organization_id', 'widget.id'], name=op.f('fk_hold_organization_id_widget_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hold')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_hold_organization_id_id')),
    sa.UniqueConstraint('uid', name=op.f('uq_hold_uid')),
    sa.UniqueConstraint('widget_id', 'visitor', name=op.f('uq_hold_widget_id_visitor'))
    )
    with op.batch_alter_table('hold', schema=None) as batch_op:
        batch_op.create_index('ix_hold_busy', ['organization_id', 'first_tick'], unique=False)

    with op.batch_alter_table('booked_tick', schema=None) as batch_op:
        batch_op.alter_column('appointment_id', existing_type=sa.Integer(), nullable=True)
        batch_op.add_column(sa.Column('hold_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f('fk_booked_tick_organization_id_hold_id'), 'hold', ['organization_id', 'hold_id'], ['organization_id', 'id'], ondelete='CASCADE')
        batch_op.create_check_constraint('one_of_both', '(appointment_id IS NULL) <> (hold_id IS NULL)')
        batch_op.create_index('ix_booked_tick_hold', ['hold_id'], unique=False)
