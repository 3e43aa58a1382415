"""SQL of importing plans: which grids their codes belong to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import Grid


def grids_by_code(session: Session, codes: Sequence[str]) -> dict[str, sa.Row[str, UUID, UUID, str]]:
    """Return code, id, territory and kind of every grid that holds one of `codes`."""
    # one writer numbers grids at a time, so nobody takes a code between this look and the save
    session.execute(sa.text("select pg_advisory_xact_lock(hashtext('grid codes'))"))
    statement = sa.select(Grid.code, Grid.id, Grid.territory_id, Grid.kind).where(Grid.code.in_(codes))
    return {row.code: row for row in session.execute(statement)}


def plans_with_grids(session: Session, territory_id: UUID, codes: Sequence[str], *, most: int = 8) -> list[UUID]:
    """Return the newest plans that have a grid for each of `codes`, and no other; drafts of a plan share its codes."""
    statement = sa.text("""
        select v.plan_id from grid_version v join grid g on g.id = v.grid_id join plan p on p.id = v.plan_id
        where g.territory_id = :territory
        group by v.plan_id, p.created_at
        having count(*) = :count and count(*) filter (where g.code = any(:codes)) = :count
        order by p.created_at desc limit :most
    """)
    values = {"territory": territory_id, "codes": list(codes), "count": len(codes), "most": most}
    return list(session.scalars(statement, values))


def now(session: Session) -> datetime:
    """Return the moment of the transaction."""
    moment: datetime = session.execute(sa.select(sa.func.now())).scalar_one()
    return moment
