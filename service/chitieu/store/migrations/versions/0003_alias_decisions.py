"""Decisions on names that annotators propose for entries of the catalogue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""

    op.create_table(
        "alias_decisions",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("proposal", sa.String(length=32), nullable=False),
        sa.Column("entry", sa.String(length=200), nullable=False),
        sa.Column("alias", sa.String(length=300), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("alone", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("decision IN ('accepted', 'refused')", name=op.f("ck_alias_decisions_decision")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_alias_decisions")),
    )
    op.create_index("ix_alias_decisions_proposal", "alias_decisions", ["proposal"], unique=False)
