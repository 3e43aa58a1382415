"""SQL of facilities and staff posts: where they are, and which there are."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import Columns, read_columns

_OF = {
    "facility": sa.text("""
select kind, name, st_asbinary(point) as point from facility
where territory_id = :territory and (cast(:kind as text) is null or kind = :kind) order by kind, fid
"""),
    # a post is a place of duty: whoever holds it stays out of it
    "post": sa.text("""
select post as kind, '' as name, st_asbinary(duty_point) as point from staff
where territory_id = :territory and active and duty_point is not null
  and (cast(:kind as text) is null or post = :kind)
order by post, work_no
"""),
}


def read_posts(session: Session, territory_id: UUID, of: str, kind: str | None) -> Columns:
    """Return kind, name and point of facilities or of staff posts, of one kind or of all."""
    return read_columns(session, _OF[of].bindparams(territory=territory_id, kind=kind), geometry=["point"])
