"""What is queued for the night; apart from what then runs, since upkeep should not load the engines."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from store.database import coverage_checks as check_sql
from store.database.jobs import add_job, is_under_way, set_queue_id, take_turn
from store.database.work import UnitOfWork
from store.jobs import add_to_queue

CHECK_JOB: Final = "check-coverage"
HOUR: Final = 2  # local time, when few people look at maps


def queue_checks(work: UnitOfWork, *, now: datetime, time_zone: str = "UTC") -> int:
    """Queue the night's comparisons, one for each plan whose figures are followed; return how many."""
    local = now.astimezone(ZoneInfo(time_zone))
    tonight = local.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    due = tonight if local >= tonight else tonight - timedelta(days=1)
    take_turn(work.session, CHECK_JOB)
    count = 0
    for plan_id in check_sql.plans_to_check(work.session, due):
        args = {"plan": str(plan_id)}
        if not is_under_way(work.session, CHECK_JOB, args):
            job = add_job(work.session, kind=CHECK_JOB, args=args, account_id=None)
            set_queue_id(work.session, job, add_to_queue(work.session, job.id))
            count += 1
    return count
