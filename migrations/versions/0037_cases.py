"""What becomes of a case whose patient left before an answer can be chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0037_cases"
down_revision = "0036_widget"


def upgrade() -> None:
    with op.batch_alter_table("case_timer") as batch:
        batch.add_column(sa.Column("abandoned_ends", sa.Boolean(), nullable=False, server_default=sa.false()))

