"""Who has read a blind annotation before all were done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""

    op.create_table(
        "task_readers",
        sa.Column("task_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["task_seq"], ["tasks.seq"], name=op.f("fk_task_readers_task_seq"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("task_seq", "name", name=op.f("pk_task_readers")),
    )
