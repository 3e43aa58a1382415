"""SQL of the log of edits: append, find what to undo or redo, list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import Account, Edit

_ADD = sa.insert(Edit).returning(Edit.seq, Edit.at)


def add_edit(session: Session, values: Mapping[str, Any]) -> tuple[int, datetime]:
    """Append a row to the log; returns its number and time. Call it while the touched grids are locked."""
    row = session.execute(_ADD.values(**values)).one()
    return int(row[0]), row[1]


def own_edit(session: Session, plan_id: UUID, author_id: UUID | None, state: str) -> Edit | None:
    """Return the edit that an author's next undo (state live) or redo (state undone) is about."""
    live = state == "live"
    return session.scalars(
        sa.select(Edit)
        .where(
            Edit.plan_id == plan_id,
            Edit.author_id.is_(None) if author_id is None else Edit.author_id == author_id,
            Edit.kind.not_in(("undo", "redo")),
            Edit.state == state,
        )
        .order_by(Edit.seq.desc() if live else Edit.seq.asc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def set_state(session: Session, plan_id: UUID, seq: int, state: str) -> None:
    """Mark an edit as undone, or as live again."""
    session.execute(
        sa.update(Edit)
        .where(Edit.plan_id == plan_id, Edit.seq == seq)
        .values(state=state)
        .execution_options(synchronize_session=False)
    )


def drop_undone(session: Session, plan_id: UUID, author_id: UUID | None) -> None:
    """Forget what an author could redo: a new edit was made."""
    session.execute(
        sa.update(Edit)
        .where(
            Edit.plan_id == plan_id,
            Edit.author_id.is_(None) if author_id is None else Edit.author_id == author_id,
            Edit.state == "undone",
        )
        .values(state="dropped")
        .execution_options(synchronize_session=False)
    )


def later_edits(
    session: Session, plan_id: UUID, seq: int, grid_ids: Sequence[UUID]
) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the edits after `seq` that touched any of some grids, with their authors."""
    return session.execute(
        sa.select(Edit.seq, Edit.kind, Edit.at, Edit.author_id, Account.name.label("author"), Edit.grids)
        .outerjoin(Account, Account.id == Edit.author_id)
        .where(Edit.plan_id == plan_id, Edit.seq > seq, Edit.grids.overlap(list(grid_ids)))
        .order_by(Edit.seq)
    ).all()


def latest_edit(session: Session, plan_id: UUID, grid_ids: Sequence[UUID]) -> sa.Row[*tuple[Any, ...]] | None:
    """Return author, time and kind of the newest edit that touched any of some grids."""
    return session.execute(
        sa.select(Edit.kind, Edit.at, Account.name.label("author"))
        .outerjoin(Account, Account.id == Edit.author_id)
        .where(Edit.plan_id == plan_id, Edit.grids.overlap(list(grid_ids)))
        .order_by(Edit.seq.desc())
        .limit(1)
    ).first()


def images_at(session: Session, plan_id: UUID, revisions: Mapping[UUID, int]) -> dict[UUID, dict[str, Any]]:
    """Return grids as they were at some earlier revision of each; those that have not changed since are left out."""
    rows = session.execute(
        sa.text(
            "select c.grid_id, e.image"
            " from unnest(cast(:grids as uuid[]), cast(:revisions as int[])) c(grid_id, revision)"
            " cross join lateral (select e.before -> c.grid_id::text as image from edit e"
            " where e.plan_id = :plan and e.grids @> array[c.grid_id]"
            " and (e.before -> c.grid_id::text ->> 'revision')::int = c.revision order by e.seq limit 1) e"
        ),
        {"plan": plan_id, "grids": list(revisions), "revisions": list(revisions.values())},
    )
    return {grid: dict(image) for grid, image in rows}


def edits_since(session: Session, plan_id: UUID, revisions: Mapping[UUID, int]) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the states before and after of the first edit that changed a grid of such a revision, and of all later."""
    return session.execute(
        sa.text(
            "select e.before, e.after from edit e where e.plan_id = :plan and e.seq >="
            " (select min(f.seq) from unnest(cast(:grids as uuid[]), cast(:revisions as int[])) c(grid_id, revision)"
            " join edit f on f.plan_id = :plan and f.grids @> array[c.grid_id]"
            " and (f.before -> c.grid_id::text ->> 'revision')::int >= c.revision) order by e.seq"
        ),
        {"plan": plan_id, "grids": list(revisions), "revisions": list(revisions.values())},
    ).all()


def list_edits(
    session: Session, plan_id: UUID, before: int | None, limit: int, *, author: UUID | None = None
) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the log, newest first; with `author` that account's lines only."""
    statement = (
        sa.select(
            Edit.seq, Edit.kind, Edit.at, Edit.state, Edit.undoes, Edit.grids, Edit.request,
            Edit.author_id, Account.name.label("author"),
        )
        .outerjoin(Account, Account.id == Edit.author_id)
        .where(Edit.plan_id == plan_id)
        .order_by(Edit.seq.desc())
        .limit(limit)
    )  # fmt: skip
    if before is not None:
        statement = statement.where(Edit.seq < before)
    if author is not None:
        statement = statement.where(Edit.author_id == author)
    return session.execute(statement).all()


def whole_log(session: Session, plan_id: UUID) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the states before and after of every edit, oldest first."""
    return session.execute(
        sa.select(Edit.seq, Edit.before, Edit.after).where(Edit.plan_id == plan_id).order_by(Edit.seq)
    ).all()
