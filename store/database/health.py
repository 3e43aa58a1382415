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


_ROW_SECURITY = sa.text("""
select coalesce((select proleakproof from pg_proc
                 where oid = to_regprocedure('geometry_overlaps(geometry, geometry)')),
                false) as quick,
       (select not rolinherit and not rolsuper and not rolbypassrls from pg_roles
        where rolname = 'gridward_app') as bare,
       not exists (select from pg_class c join pg_policy p on p.polrelid = c.oid
                   where not c.relrowsecurity or not c.relforcerowsecurity) as forced
""")


def row_security(session: Session) -> str:
    """Tell whether row security holds and is quick: ``ok``, ``slow: …`` or ``open: …``."""
    found = session.execute(_ROW_SECURITY).one()
    if not found.forced:
        return "open: a table has its row security switched off"
    if not found.bare:
        return "open: the role gridward_app inherits what it should not"
    if not found.quick:
        return "slow: the box overlap is not leakproof; `gridward db upgrade` as a superuser mends it"
    return "ok"


def worker_seen(session: Session) -> datetime | None:
    """Return when a worker last gave a sign of life."""
    seen: datetime | None = session.scalar(sa.text("select max(last_heartbeat) from procrastinate_workers"))
    return seen


def outbox_size(session: Session) -> int:
    """Return about how many events are kept (the planner's estimate: no scan)."""
    estimate = session.scalar(sa.text("select greatest(reltuples, 0)::bigint from pg_class where relname = 'outbox'"))
    return int(estimate or 0)
