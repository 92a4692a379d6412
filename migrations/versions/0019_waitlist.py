"""People wait for free times."""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'


def upgrade() -> None:
    op.create_table('waitlist_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('widget_id', sa.Integer(), nullable=False),
    sa.Column('department_id', sa.Integer(), nullable=True),
    sa.Column('practitioner_id', sa.Integer(), nullable=True),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('locale', sa.String(length=20), nullable=False),
    sa.Column('until', sa.Date(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('not_before', sa.DateTime(timezone=True), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_waitlist_entry_organization_id')),
    sa.ForeignKeyConstraint(['organization_id', 'department_id'], ['department.organization_id', 'department.id'], name=op.f('fk_waitlist_entry_organization_id_department_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'practitioner_id'], ['practitioner.organization_id', 'practitioner.id'], name=op.f('fk_waitlist_entry_organization_id_practitioner_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id', 'widget_id'], ['widget.organization_id', 'widget.id'], name=op.f('fk_waitlist_entry_organization_id_widget_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_waitlist_entry')),
    sa.UniqueConstraint('organization_id', 'id', name=op.f('uq_waitlist_entry_organization_id_id')),
    sa.UniqueConstraint('widget_id', 'email', name=op.f('uq_waitlist_entry_widget_id_email'))
    )
