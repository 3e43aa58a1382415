"""Alembic environment: runs as the owner of the tables, on the URL that the caller or the settings give."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context

from store.database.models import Base
from store.database.schema_scope import belongs_to_us

config = context.config


def owner_connection() -> sa.Connection:
    """Return the connection handed over by `db upgrade`, or open one from the settings."""
    given: sa.Connection | None = config.attributes.get("connection")
    if given is not None:
        return given
    url = config.attributes.get("url") or config.get_main_option("sqlalchemy.url")
    if not url:
        from services.settings import owner_url  # noqa: PLC0415 - only for `alembic` run by hand

        url = owner_url()
    from store.database.engine import sqlalchemy_url  # noqa: PLC0415

    return sa.create_engine(sqlalchemy_url(url), poolclass=sa.NullPool).connect()


def run() -> None:
    """Run the migrations in one transaction, giving up a lock that is not free within ten seconds."""
    given = config.attributes.get("connection")
    connection: Any = owner_connection()
    try:
        connection.execute(sa.text("set lock_timeout = '10s'"))
        # an owner that is no superuser sees its own tables only when it says so (row security is forced)
        connection.execute(sa.text("select set_config('gridward.owner', 'on', false)"))
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            include_object=belongs_to_us,
            compare_server_default=False,
            transaction_per_migration=False,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    finally:
        if given is None:
            connection.close()


run()
