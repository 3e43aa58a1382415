"""Queries on the state of the database itself."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session


def schema_revision(session: Session) -> str | None:
    """Return the revision that the schema is at; None for an empty database."""
    if not session.scalar(sa.text("select to_regclass('alembic_version') is not null")):
        return None
    revision: str | None = session.scalar(sa.text("select version_num from alembic_version"))
    return revision


def worker_seen(session: Session) -> datetime | None:
    """Return when a worker last gave a sign of life."""
    seen: datetime | None = session.scalar(sa.text("select max(last_heartbeat) from procrastinate_workers"))
    return seen


def outbox_size(session: Session) -> int:
    """Return about how many events are kept (the planner's estimate: no scan)."""
    estimate = session.scalar(sa.text("select greatest(reltuples, 0)::bigint from pg_class where relname = 'outbox'"))
    return int(estimate or 0)
