"""Publishing change sets of areas: one transaction in which new boundaries take over, today or on a day to come."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from gis import crs
from gis.codes import parse_area_code
from gis.errors import ConflictError, InvalidInputError, NotAllowedError
from services.days import day_begins, local_day
from services.ingest.areas import parent_code
from services.ingest.shapes import multi_hex
from services.plan_life.area_reckoning import Drawn, Reckoning, read_drawn, reckon
from services.plan_life.area_states import WrongChangeStateError, locked, note_step, require_second_person
from services.plan_life.publishing import BASIS_LENGTH, Publication
from services.plan_life.review import required_reason
from store.database import area_changes as sql
from store.database import ingest as ingest_sql
from store.database import plan_life as life_sql
from store.database.models import ChangeSet, Territory
from store.database.row_security import recode_places
from store.database.work import UnitOfWork


def publish(work: UnitOfWork, change_set_id: UUID, asked: Publication, *, now: datetime | None = None) -> ChangeSet:
    """Publish a change set: the areas it covers end on the day, its own begin, and where the ground went is kept.

    What it does is reckoned again on the areas as they are now. One of a day to come is scheduled: the areas are valid
    from and until that day at once, and `settle_areas` lets what hangs on them follow when it has come.

    Parameters
    ----------
    work : UnitOfWork
    change_set_id : UUID
    asked : Publication
        Without a day or a basis those of the draft hold; a day that neither names is today.
    now : datetime or None

    Raises
    ------
    SecondPersonError
        Its author is the one who publishes.
    WrongChangeStateError
        It was not sent to review, or is published already.
    OpenGroundError, EndsAlreadyError, TooEarlyError, ConflictError
        It does not fit the areas (any more); see `reckon`.
    """
    work.actor.require("planner", "reviewer")
    _require_whole_territory(work)
    moment = now or datetime.now(UTC)
    ingest_sql.lock_codes(work.session)
    settle_areas(work, now=moment, time_zone=asked.time_zone)
    change = locked(work, change_set_id, asked.expected, "draft", "review")
    require_second_person(work, change, "publishes", single_person=asked.single_person)
    # as with plans: the machine's owner and offices of one planner have nobody to review
    if change.status == "draft" and not asked.single_person and work.actor.account_id is not None:
        raise WrongChangeStateError(
            "The change set is a draft; send it for review first.", change_set=str(change.id), status=change.status
        )
    basis = asked.basis.strip() or change.basis
    if not basis or len(basis) > BASIS_LENGTH:
        raise InvalidInputError("Say what the change rests on (the decision, minutes or order).", field="basis")
    today = local_day(moment, asked.time_zone)
    day = asked.effective_on or change.effective_on or today
    territory = work.session.get_one(Territory, change.territory_id)
    drawn = read_drawn(work, change.id, territory)
    found = reckon(work, territory, drawn, change.replaces, day)
    change.basis, change.effective_on, change.published_at = basis, day, moment
    change.approver_id = work.actor.account_id
    change.figures, change.report = found.figures, change.report | found.report
    _hand_over(work, change, territory, found, time_zone=asked.time_zone)
    facts = {"effective_on": day.isoformat(), **found.figures}
    if day <= today:
        _take_effect(work, change, moment, note=basis, facts=facts)
    else:
        change.status = "scheduled"
        note_step(work, change, "schedule", basis, at=moment, facts=facts)
    work.touch("areas", territory.id)
    return change


def settle_areas(work: UnitOfWork, *, now: datetime, time_zone: str = "UTC") -> int:
    """Let change sets whose day has come reach what hangs on areas: children, doors, the outline; return how many."""
    due = sql.due_sets(work.session, local_day(now, time_zone))
    for change in due:
        _take_effect(work, change, now, note="", facts={})
    return len(due)


def withdraw(
    work: UnitOfWork,
    change_set_id: UUID,
    *,
    expected: int | None,
    reason: str,
    time_zone: str = "UTC",
    now: datetime | None = None,
) -> ChangeSet:
    """Take back a change set that waits for its day: it is in review again, and the present areas go on.

    Raises
    ------
    WrongChangeStateError
        It does not wait for a day.
    ConflictError
        Another change set, staff or units build on its areas already.
    """
    work.actor.require("planner", "reviewer")
    _require_whole_territory(work)
    moment = now or datetime.now(UTC)
    told = required_reason(reason)
    ingest_sql.lock_codes(work.session)
    settle_areas(work, now=moment, time_zone=time_zone)
    change = locked(work, change_set_id, expected, "scheduled")
    above = sql.built_upon(work.session, change.id)
    if above is not None:
        raise ConflictError(f"'{above}' builds on it; withdraw that one first.", change_set=above)
    work.session.flush()
    sql.take_back(work.session, change.id, [UUID(area["id"]) for area in change.report.get("ended", [])])
    change.status, change.published_at = "review", None
    note_step(work, change, "withdraw", told, at=moment)
    work.touch("areas", change.territory_id)
    return change


def _require_whole_territory(work: UnitOfWork) -> None:
    """Refuse an account whose roles hold for some areas only: children and doors of others follow, too."""
    if work.actor.area_path is not None:
        raise NotAllowedError(
            "Changes of areas are published by an account of the whole territory.", area=work.actor.area_path
        )


def _hand_over(work: UnitOfWork, change: ChangeSet, territory: Territory, found: Reckoning, *, time_zone: str) -> None:
    """End the old areas, write the new ones and the lineage."""
    day = found.on
    sql.end_areas(work.session, found.ended.ids, day)
    _insert(work, territory, found.drawn, day)
    _save_lineage(work, change, found, at=day_begins(day, time_zone))
    work.session.flush()
    sql.name_areas(work.session, change.id)


def _insert(work: UnitOfWork, territory: Territory, drawn: Drawn, day: date) -> None:
    """Write the new areas, each below the closest area that its code names."""
    parents = {**sql.ids_on(work.session, territory.id, day)}
    parents |= {code.code: area for code, area in zip(drawn.codes, drawn.ids, strict=True)}
    lonlat = multi_hex(crs.to_lonlat(drawn.shapes, territory.metric_srid))
    since = f"[{day.isoformat()},)"
    rows = []
    for at, code in enumerate(drawn.codes):
        above = parent_code(code, parents)
        # as the load does: the path of an area in a prefecture begins with it
        prefecture = parent_code(parse_area_code(code.code[:6]), parents)
        rows.append(
            (
                drawn.ids[at], territory.id, code.code, drawn.kinds[at], drawn.names[at],
                parents[above] if above is not None else None,
                code.path if prefecture is None else f"{prefecture}.{code.path}",
                code.number, code.town_number, code.county_number, lonlat[at], since,
            )
        )  # fmt: skip
    sql.insert_areas(work.session, rows)


def _save_lineage(work: UnitOfWork, change: ChangeSet, reckoned: Reckoning, *, at: datetime) -> None:
    found, ended, new = reckoned.found, reckoned.ended.ids, reckoned.drawn.ids
    life_sql.save_lineage(
        work.session,
        [
            (
                str(found.kind[row]), None, None, ended[found.source[row]], new[found.target[row]], None, None,
                change.id, float(found.area_share[row]), float(found.household_share[row]),
                float(found.area[row]), int(found.households[row]), at,
            )
            for row in range(len(found.source))
        ],
    )  # fmt: skip


def _take_effect(work: UnitOfWork, change: ChangeSet, now: datetime, *, note: str, facts: dict[str, object]) -> None:
    """Let children, doors and the outline follow; change sets none of whose areas goes on retire."""
    sql.adopt_children(work.session, change.id)
    reassigned = ingest_sql.assign_dwellings(work.session, change.territory_id)
    ingest_sql.widen_outline(work.session, change.territory_id)
    recode_places(work.session, change.territory_id)
    change.status, change.settled_at = "published", now
    change.figures = {**(change.figures or {}), "dwellings_reassigned": reassigned}
    timer = not note
    action = "take_effect" if timer else "publish"
    note_step(work, change, action, note, at=now, facts={**facts, "dwellings_reassigned": reassigned}, by_timer=timer)
    for before in sql.replaced_sets(work.session, change.territory_id, change.effective_on or now.date()):
        before.status, before.retired_at = "retired", now
        note_step(work, before, "retire", at=now, facts={"successor": str(change.id)}, by_timer=timer)
    work.touch("areas", change.territory_id)
