"""SQL of single cameras."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import Camera

NETWORK = "gridward_network"
"""In the facts of a session: whether its actor may know codes and references of cameras."""


def may_name(session: Session) -> bool:
    """Whether whoever acts may know codes and references of cameras; work that nobody in particular asked for may."""
    return bool(session.info.get(NETWORK, True))


@contextmanager
def unnamed(session: Session) -> Iterator[None]:
    """Read without codes and references of cameras, whoever acts: for what is kept for everybody to read."""
    before = may_name(session)
    session.info[NETWORK] = False
    try:
        yield
    finally:
        session.info[NETWORK] = before


def name_of(session: Session) -> sa.ColumnElement[str]:
    """Return what a camera is called: its code, its reference or its id; its id alone to whoever may know no more."""
    plain = sa.cast(Camera.id, sa.Text)
    return sa.func.coalesce(Camera.gb28181_id, Camera.source_ref, plain) if may_name(session) else plain


def name_sql(session: Session, prefix: str = "c.") -> str:
    """Return the same as SQL text, for a camera with this prefix."""
    plain = f"cast({prefix}id as text)"
    return f"coalesce({prefix}gb28181_id, {prefix}source_ref, {plain})" if may_name(session) else plain


def find_camera(session: Session, named: str | UUID, *, lock: bool = False) -> Camera | None:
    """Return a camera by its id, its 20-digit code or its reference in the source."""
    if isinstance(named, UUID):
        condition = Camera.id == named
    else:
        condition = sa.or_(Camera.gb28181_id == named, Camera.source_ref == named)
    statement = sa.select(Camera).where(condition).order_by(Camera.fid).limit(1)
    if lock:
        statement = statement.with_for_update()
    return session.scalars(statement).first()
