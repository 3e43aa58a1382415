"""The sweep: clocks that reached a share of their limit speak up once, and what that asks for is done.

Two steps, each in transactions of its own, so that a killed worker loses nothing and repeats nothing: `sweep` writes
down what fired and who is told; `see_to` then escalates or resumes the cases, one by one.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, Final

from gis.errors import GridwardError, UnavailableError
from store.database import clocks as sql
from store.database.actor import Actor
from store.database.engine import Database
from store.database.trail import Doing
from store.database.work import UnitOfWork

BATCH: Final = 2000
TOLD_ONE_BY_ONE: Final = 100
"""Fired clocks of one batch that are announced singly; more than that are one event."""
ACTIONS: Final = {"stage": "escalate", "total": "escalate", "review": "resume"}
_log = logging.getLogger(__name__)


def sweep(database: Database, *, now: datetime) -> int:
    """Fire every clock that is due by `now`.

    Parameters
    ----------
    database : Database
    now : datetime

    Returns
    -------
    int
        How many shares were reached.
    """
    done = 0
    while True:
        with database.work(Actor.system(), Doing("clock sweep", asks=True)) as work:
            found = sweep_batch(work, now=now)
        done += found
        if found < BATCH:
            return done


def sweep_batch(work: UnitOfWork, *, now: datetime) -> int:
    """Fire at most `BATCH` clocks; return how many."""
    rows = sql.sweep(work.session, now, BATCH)
    fresh = [row for row in rows if row.fresh]
    for row in fresh[:TOLD_ONE_BY_ONE]:
        payload = {"no": row.no, "clock": row.kind, "percent": row.percent}
        work.announce("clock", payload, row.territory_id)
    if len(fresh) > TOLD_ONE_BY_ONE:
        for territory_id in {row.territory_id for row in fresh}:
            work.announce("clocks", {"fired": len(fresh)}, territory_id)
    for territory_id in {row.territory_id for row in fresh}:
        work.announce("notification", {"kind": "clock"}, territory_id)
    return len(rows)


def see_to(database: Database, *, now: datetime) -> int:
    """Do what fired clocks ask for: late cases go up a level, suspended ones go on at their day of review.

    A case that can't be seen to keeps nobody else waiting: its event stays open and is tried again at the next sweep.
    Events are taken in the order of their moments, so a case that passed several shares while nobody swept takes the
    steps that it would have taken in time, one level at a time.

    Returns
    -------
    int
        How many events were seen to.
    """
    with database.work(Actor.system(), Doing("clock event", asks=True)) as work:
        waiting = sql.open_events(work.session)
    done = 0
    for event_id in waiting:
        event = None
        try:
            with database.work(Actor.system(), Doing("clock event", asks=True)) as work:
                event = sql.open_event(work.session, event_id)
                if event is None:
                    continue
                sql.close_event(work.session, event.id, _act(work, event, now), now)
        except UnavailableError:
            raise
        except Exception:
            if event is None:
                raise
            _log.exception("clock event failed", extra={"no": event.no, "event": event.id})
            continue
        done += 1
    return done


def _act(work: UnitOfWork, event: Any, now: datetime) -> str:  # noqa: ANN401 - a row
    """Take the step that an event asks for; return what came of it."""
    from services.cases import Asked, act  # noqa: PLC0415 - cases start clocks

    if event.ended_at is not None or (event.since is None and event.kind != "review"):
        return "moved on"
    action = ACTIONS[event.kind]
    asked = Asked(reason=f"{event.kind}-{event.percent}") if action == "escalate" else Asked()
    try:
        with work.session.begin_nested():
            act(work, event.no, action, asked, revision=None, now=now)
    except UnavailableError:
        raise
    except GridwardError as error:
        # the topmost level has nobody above it; a request in between may forbid it too
        _log.info("clock event refused", extra={"no": event.no, "action": action, "code": error.code})
        return f"refused: {error.code}"
    return action
