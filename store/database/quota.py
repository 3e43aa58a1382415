"""SQL of the counters at the open doors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

# in one order, so that two requests can't wait for each other in a ring
_TAKE = sa.text("""
insert into intake_quota (bucket, since, taken)
select bucket, :since, 1 from unnest(cast(:buckets as text[])) as b(bucket) order by bucket
on conflict (bucket, since) do update set taken = intake_quota.taken + 1
returning bucket, taken
""")


def take(session: Session, buckets: Sequence[str], *, since: datetime) -> dict[str, int]:
    """Count one more in each bucket; return how many there are now."""
    rows = session.execute(_TAKE, {"buckets": sorted(buckets), "since": since})
    return {row.bucket: row.taken for row in rows}


def forget(session: Session, before: datetime) -> int:
    """Delete the counters of windows that are over."""
    statement = sa.text("delete from intake_quota where since < :before")
    return int(getattr(session.execute(statement, {"before": before}), "rowcount", 0))
