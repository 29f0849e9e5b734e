"""Alembic's entry: runs the versions on the connection that server/db/schema.py has opened."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
