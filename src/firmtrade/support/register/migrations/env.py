"""Run by alembic. The connection comes from `migrate`, so that the lock and the password stay there."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
