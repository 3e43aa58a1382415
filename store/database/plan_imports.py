"""SQL of importing plans: which grids their codes belong to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.grid_codes import take_turn

_HOLDERS = sa.text("""
select g.code, g.id, g.territory_id, g.kind from grid g
where g.code_given_at is not null and g.code = any(:codes)
""")
# of the drafts, the one that has most of the codes: a file is of one plan, and drafts may share codes
_OF_DRAFT = sa.text("""
with ours as (
    select g.code, g.id, g.territory_id, g.kind, v.plan_id, p.created_at
    from grid g join grid_version v on v.grid_id = g.id join plan p on p.id = v.plan_id
    where g.code = any(:codes) and g.code_given_at is null and g.territory_id = :territory and g.kind = :kind
), best as (
    select plan_id from ours group by plan_id, created_at order by count(*) desc, created_at desc limit 1
)
select code, id, territory_id, kind from ours where plan_id = (select plan_id from best)
""")


def grids_by_code(
    session: Session, codes: Sequence[str], *, territory_id: UUID, kind: str
) -> dict[str, sa.Row[str, UUID, UUID, str]]:
    """Return code, id, territory and kind of the grids that hold `codes`: given for good, else those of one draft."""
    # one writer numbers grids at a time, so nobody takes a code between this look and the save
    take_turn(session)
    values = {"codes": list(codes), "territory": territory_id, "kind": kind}
    found = {row.code: row for row in session.execute(_OF_DRAFT, values)}
    return found | {row.code: row for row in session.execute(_HOLDERS, {"codes": list(codes)})}


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
