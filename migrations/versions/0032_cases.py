"""Cases outlive their threads: fields, reasons, texts, timers and a history."""

import sqlalchemy as sa
from alembic import op

revision = '0032_cases'
down_revision = '0033_words'

MOMENT = sa.DateTime(timezone=True)


def _owned(table: str, *keys: tuple[str, str, str | None]) -> list[sa.Constraint]:
    found: list[sa.Constraint] = [
        sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f(f'fk_{table}_organization_id')),
        sa.PrimaryKeyConstraint('id', name=op.f(f'pk_{table}')),
        sa.UniqueConstraint('organization_id', 'id', name=op.f(f'uq_{table}_organization_id_id')),
    ]
    for column, other, ondelete in keys:
        found.append(sa.ForeignKeyConstraint(
            ['organization_id', column], [f'{other}.organization_id', f'{other}.id'],
            name=op.f(f'fk_{table}_organization_id_{column}'), ondelete=ondelete,
        ))
    return found


def upgrade() -> None:
    with op.batch_alter_table('organization', schema=None) as batch_op:
        batch_op.add_column(sa.Column('reopen_cases_days', sa.Integer(), nullable=False, server_default='7'))
    op.create_table('case_outcome',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    *_owned('case_outcome'),
    sa.UniqueConstraint('organization_id', 'name', name=op.f('uq_case_outcome_organization_id_name')),
    )
    op.create_table('case',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('conversation_id', sa.Integer(), nullable=False),
    sa.Column('patient_id', sa.Integer(), nullable=True),
    sa.Column('opened_at', MOMENT, nullable=False),
    sa.Column('waiting_since', MOMENT, nullable=False),
    sa.Column('assigned_at', MOMENT, nullable=True),
    sa.Column('passed_on', sa.Boolean(), nullable=False),
    sa.Column('returned', sa.Boolean(), nullable=False),
    sa.Column('returns', sa.Integer(), nullable=False),
    sa.Column('non_urgent', sa.Boolean(), nullable=False),
    sa.Column('patient_warned_at', MOMENT, nullable=True),
    sa.Column('operator_warned_at', MOMENT, nullable=True),
    sa.Column('escalated_at', MOMENT, nullable=True),
    sa.Column('sealed_entered', sa.LargeBinary(), nullable=True),
    sa.Column('appointment_id', sa.Integer(), nullable=True),
    sa.Column('outcome_id', sa.Integer(), nullable=True),
    sa.Column('done_at', MOMENT, nullable=True),
    sa.Column('done_by_id', sa.Integer(), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    *_owned('case', ('conversation_id', 'conversation', 'CASCADE'), ('patient_id', 'patient', None), ('outcome_id', 'case_outcome', None),
            ('done_by_id', 'practitioner', None), ('appointment_id', 'appointment', None)),
    sa.UniqueConstraint('uid', name=op.f('uq_case_uid')),
    sa.UniqueConstraint('conversation_id', name=op.f('uq_case_conversation_id')),
    )
    op.create_index('ix_case_open', 'case', ['organization_id', 'done_at', 'conversation_id'])
    states = ('new', 'queued', 'assigned', 'waiting_for_patient', 'returned', 'ended', 'done')
    op.create_table('case_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.Integer(), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.Column('deed', sa.Enum(
        'opened', 'came_back', 'taken', 'assigned', 'transferred', 'handed_over', 'set_aside', 'returned', 'patient_warned',
        'operator_warned', 'escalated', 'ended', 'appointment', 'finished', 'reopened', name='deed', native_enum=False, length=40,
    ), nullable=False),
    sa.Column('before', sa.Enum(*states, name='casestate', native_enum=False, length=40), nullable=True),
    sa.Column('after', sa.Enum(*states, name='casestate', native_enum=False, length=40), nullable=False),
    sa.Column('why', sa.Enum(
        'patient_silent', 'operator_silent', 'abandoned', 'by_staff', 'writes_again', name='reason', native_enum=False, length=40,
    ), nullable=True),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('channel_id', sa.Integer(), nullable=True),
    sa.Column('appointment_id', sa.Integer(), nullable=True),
    sa.Column('sealed_words', sa.LargeBinary(), nullable=True),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    *_owned('case_event', ('case_id', 'case', 'CASCADE'), ('by_id', 'practitioner', None), ('person_id', 'practitioner', None),
            ('channel_id', 'channel', 'CASCADE')),
    )
    op.create_index('ix_case_event_case', 'case_event', ['case_id', 'id'])
    op.create_table('case_field',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=120), nullable=False),
    sa.Column('kind', sa.Enum('text', 'long_text', 'choice', 'date', 'yes_no', 'phone', name='casefieldkind', native_enum=False, length=40), nullable=False),
    sa.Column('choices', sa.String(length=2000), nullable=False),
    sa.Column('required', sa.Boolean(), nullable=False),
    sa.Column('channel_id', sa.Integer(), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    *_owned('case_field', ('channel_id', 'channel', 'CASCADE')),
    )
    op.create_table('case_text',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('occasion', sa.Enum(
        'taken', 'transferred', 'handed_over', 'set_aside', 'returned', 'patient_silent', 'ended_silent', 'ended', 'appointment',
        name='occasion', native_enum=False, length=40,
    ), nullable=False),
    sa.Column('text', sa.String(length=1000), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    *_owned('case_text'),
    sa.UniqueConstraint('organization_id', 'occasion', name=op.f('uq_case_text_organization_id_occasion')),
    )
    op.create_table('case_timer',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('channel_id', sa.Integer(), nullable=False),
    *(sa.Column(name, sa.Integer(), nullable=False)
      for name in ('warn_patient_minutes', 'end_minutes', 'return_minutes', 'abandoned_minutes', 'escalate_after')),
    sa.Column('organization_id', sa.Integer(), nullable=False),
    *_owned('case_timer', ('channel_id', 'channel', 'CASCADE')),
    sa.UniqueConstraint('channel_id', name=op.f('uq_case_timer_channel_id')),
    )
    # Every thread of a channel gets its case; what is closed was finished with it.
    op.execute("""
        INSERT INTO "case" (uid, conversation_id, opened_at, waiting_since, passed_on, returned, returns, non_urgent, done_at,
            organization_id)
        SELECT 'thread-' || CAST(id AS VARCHAR(20)), id, started_at, COALESCE(waiting_since, started_at), false, false, 0, false,
            CASE WHEN state = 'closed' THEN COALESCE(closed_at, last_at) END, organization_id
        FROM conversation WHERE channel_id IS NOT NULL
    """)
