"""What cases do by themselves: joint calls that nobody settles go up, old cases are archived."""

from __future__ import annotations

from datetime import datetime

from casework.case import ActionRefused
from casework.guards import LEVELS
from casework.machine import machine, window
from casework.notices import Told
from services import notifications
from services.cases.act import act
from services.cases.asked import Asked
from services.cases.standing import standing_of
from store.database import case_reporters as sql
from store.database import case_tasks as task_sql
from store.database.work import UnitOfWork

A_ROUND = 500
UP_TO = "county"


def archive(work: UnitOfWork, *, now: datetime) -> int:
    """Archive cases whose window is over, with what must go: contact, links, what the public wrote, photos."""
    done = 0
    for state in sorted(machine().actions["archive"].sources):
        for no in sql.past_window(work.session, state, now - window(state), A_ROUND - done):
            act(work, no, "archive", Asked(), revision=None, now=now)
            done += 1
    sql.forget_expired_links(work.session, now)
    return done


def lift_deadlocks(work: UnitOfWork, *, now: datetime) -> int:
    """Take cases with a joint call that was not settled in time up to the county, one level at a time."""
    lifted = 0
    for no in task_sql.deadlocked(work.session, now, A_ROUND):
        at = standing_of(work, no, now=now, lock=True)
        if not task_sql.mark_deadlocked(work.session, at.key, now):
            continue  # settled, or seen to by another process, while the case was locked
        lifted += 1
        here = at
        # a critical case goes there at once, and must not go past
        while LEVELS.index(here.case.handling_level) < LEVELS.index(UP_TO):
            try:
                act(work, no, "escalate", Asked(reason="joint call not settled in time"), revision=None, now=now)
            except ActionRefused:
                break  # closed meanwhile
            here = standing_of(work, no, now=now)
        notifications.tell_step(work, at.row, "deadlock", (Told("street_office"), Told("supervisor")), {})
    return lifted
