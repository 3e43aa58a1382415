"""Forget what nobody needs any more (old events, spent keys, ended sessions, jobs); draw what edits left undrawn."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from functools import partial

from gis.errors import NotAllowedError
from services import (
    access,
    audit,
    clock_sweep,
    deliveries,
    events,
    gazetteer,
    idempotency,
    media,
    nightly,
    notifications,
    quota,
    report_schedules,
)
from services.cases import upkeep as case_upkeep
from services.deliveries import Outbound
from services.reporter_mail import tell_due
from store.database import grid_shapes as shape_sql
from store.database import incident_cells as cell_sql
from store.database import jobs as job_sql
from store.database.actor import Actor
from store.database.engine import Database
from store.database.trail import Doing
from store.database.work import UnitOfWork

EVERY = timedelta(hours=1)
SEAL_EVERY = timedelta(minutes=1)
SWEEP_EVERY = timedelta(seconds=10)
AUDIT_MONTHS = 12
JOBS_KEPT = timedelta(days=30)
OUTPUTS_KEPT = timedelta(days=1)
PLANS_A_ROUND = 4  # it shares the machine with people
_log = logging.getLogger(__name__)


def forget_old_jobs(work: UnitOfWork, *, now: datetime) -> int:
    """Delete jobs that ended long ago, the files of all that ended, and what they made a day ago."""
    job_sql.delete_spent_files(work.session)
    job_sql.delete_old_outputs(work.session, now - OUTPUTS_KEPT)
    return job_sql.delete_old_jobs(work.session, now - JOBS_KEPT)


def draw_missing_shapes(work: UnitOfWork, *, now: datetime) -> int:  # noqa: ARG001 - as all upkeep
    """Draw the simpler shapes that edits left undrawn; return for how many plans."""
    job_sql.take_turn(work.session, "grid shapes")
    missing = shape_sql.plans_without_shapes(work.session, PLANS_A_ROUND)
    if not missing:
        return 0
    from services.grid_shapes import renew_shapes  # noqa: PLC0415 - brings in the engines, which upkeep seldom needs

    return sum(renew_shapes(work, plan_id) for plan_id in missing)


def draw_missing_areas(work: UnitOfWork, *, now: datetime) -> int:  # noqa: ARG001 - as all upkeep
    """Draw the simpler areas that loads and changes left undrawn; return for how many kinds."""
    from services.area_shapes import draw_missing  # noqa: PLC0415 - as above

    return draw_missing(work)


def add_up_incidents(work: UnitOfWork, *, now: datetime) -> int:  # noqa: ARG001 - as all upkeep
    """Add up what reports added to their cells of the map; return how many rows fewer there are."""
    return cell_sql.add_up(work.session)


def let_take_effect(work: UnitOfWork, *, now: datetime, time_zone: str = "UTC") -> int:
    """Note that plans and areas whose day has come are in force; maps and answers go by the date anyway."""
    from services.plan_life import area_publishing, publishing  # noqa: PLC0415 - as above

    return publishing.settle(work, now=now) + area_publishing.settle_areas(work, now=now, time_zone=time_zone)


def check_live_coverage(work: UnitOfWork, *, now: datetime, time_zone: str) -> int:
    """Queue the night's comparisons of live coverage with whole computations."""
    return nightly.queue_checks(work, now=now, time_zone=time_zone)


def queue_due_reports(work: UnitOfWork, *, now: datetime) -> int:
    """Queue the monthly reports that are due."""
    return report_schedules.queue_reports(work, now=now)


def clear_away(
    database: Database, *, now: datetime, time_zone: str = "UTC", audit_months: int = AUDIT_MONTHS
) -> dict[str, int]:
    """Delete what is past its time; each kind in a transaction of its own.

    Parameters
    ----------
    database : Database
    now : datetime
    time_zone : str
        Of the territory: where its days begin, and where the night is that live coverage is checked in.
    audit_months : int
        How long the audit trail is kept.

    Returns
    -------
    dict of int
        How many of each kind went.
    """
    gone = {}
    for kind, forget in (
        ("events", events.forget_old_events),
        ("keys", idempotency.forget_old_keys),
        ("sessions", access.forget_expired),
        ("jobs", forget_old_jobs),
        ("photos", media.forget_loose),
        ("quotas", quota.forget),
        ("names", gazetteer.refresh_changed),
        ("notices", notifications.forget_old),
        ("shapes", draw_missing_shapes),
        ("area_shapes", draw_missing_areas),
        ("incident_cells", add_up_incidents),
        ("in_force", partial(let_take_effect, time_zone=time_zone)),
        ("archived", case_upkeep.archive),
        ("reports", queue_due_reports),
        ("checks", partial(check_live_coverage, time_zone=time_zone)),
    ):
        with database.work(Actor.system(), Doing(f"upkeep {kind}", asks=True)) as work:
            gone[kind] = forget(work, now=now)
    return gone | {"audit": retire_audit(database, months=audit_months, now=now)}


def retire_audit(database: Database, *, months: int, now: datetime) -> int:
    """Cut off what is old of the audit trail where this process may act as the tables' owner; return whether it did."""
    try:
        return int(audit.retire(database, months=months, now=now) is not None)
    except NotAllowedError as error:  # a server that only knows the application's role
        _log.info("the audit trail is left to the tables' owner", extra={"reason": error.message})
        return 0


async def keep_sealed(database: Database) -> None:
    """Add new lines of the audit trail to its chain every minute until cancelled."""
    while True:
        try:
            await asyncio.to_thread(seal_audit, database)
        except Exception:  # noqa: BLE001 - as below
            _log.exception("could not seal the audit trail")
        await asyncio.sleep(SEAL_EVERY.total_seconds())


def seal_audit(database: Database) -> int:
    """Seal the audit trail; the log gets its head, so that a copy of it lies elsewhere."""
    with database.work(Actor.system()) as work:
        done = audit.seal(work)
        head = audit.head(work) if done else None
    if head is not None:
        _log.info("audit sealed", extra={"lines": done, "seq": head.seq, "digest": head.digest})
    return done


async def keep_clocks(database: Database, outbound: Outbound) -> None:
    """Let clocks speak up, cases go on, and notices leave the house, every few seconds until cancelled."""
    while True:
        try:
            await asyncio.to_thread(run_clocks, database, outbound, now=datetime.now(UTC))
        except Exception:  # noqa: BLE001 - as below
            _log.exception("could not sweep the clocks")
        await asyncio.sleep(SWEEP_EVERY.total_seconds())


def run_clocks(database: Database, outbound: Outbound, *, now: datetime) -> dict[str, int]:
    """Sweep the clocks once, do what they ask for, and deliver what is due."""
    done = {"fired": clock_sweep.sweep(database, now=now)}
    done["seen_to"] = clock_sweep.see_to(database, now=now)
    with database.work(Actor.system(), Doing("clock deadlocks", asks=True)) as work:
        done["lifted"] = case_upkeep.lift_deadlocks(work, now=now)
    done["tries"] = deliveries.deliver(database, outbound, now=now)
    done["told"] = 0 if outbound.reporters is None else tell_due(database, outbound.reporters, now=now)
    if any(done.values()):
        _log.info("clocks swept", extra=done)
    return done


async def keep_clear(database: Database, *, time_zone: str = "UTC", audit_months: int = AUDIT_MONTHS) -> None:
    """Clear away every hour until cancelled."""
    while True:
        try:
            gone = await asyncio.to_thread(
                clear_away, database, now=datetime.now(UTC), time_zone=time_zone, audit_months=audit_months
            )
            _log.info("cleared away", extra=gone)
        except Exception:  # noqa: BLE001 - the database may be away for a moment; an hour later it is tried again
            _log.exception("could not clear away")
        await asyncio.sleep(EVERY.total_seconds())
