"""What a job tells while it is worked on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column."""
    op.add_column("job_data", sa.Column("log", sa.Text(), nullable=True))
