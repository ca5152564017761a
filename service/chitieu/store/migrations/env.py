"""What Alembic runs: migrations on the connection that `chitieu.store.migrate` hands over, within its transaction."""

from __future__ import annotations

from alembic import context

from chitieu.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite cannot alter a column in place
    transactional_ddl=False,  # the caller's transaction is the one
)
context.run_migrations()
