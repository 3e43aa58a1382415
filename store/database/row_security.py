"""What row security needs of each transaction: the database role to act in, and the areas that it may see.

The login role has rights on the tables and no policy, so a transaction that was opened without a scope sees nothing.
`begin` makes it one of two: ``gridward_all`` for whoever sees the whole territory, whose policies are ``true`` and
cost nothing, or ``gridward_area`` with the ranges of area codes as settings that end with the transaction.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from psycopg.pq import ExecStatus
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from store.database.actor import Actor, Range
from store.database.driver import error_of_result
from store.database.models import (
    Atom,
    Base,
    Camera,
    CameraStatus,
    CoverageGrid,
    Dwelling,
    Facility,
    Gap,
    Grid,
    GridShape,
    GridVersion,
    Incident,
    KeyPlace,
    PrivacyZone,
    RiverReach,
    Staff,
    ViewShed,
)
from store.database.urls import ALL_ROLE, AREA_ROLE

Box = tuple[float, float, float, float]

# one statement each, for reads that open and end their transaction in one round trip
_EYES_ALL = sa.text(
    f"select set_config('role', '{ALL_ROLE}', true), set_config('statement_timeout', :patience, true),"
    " set_config('plan_cache_mode', :planning, true)"
)
_EYES_AREA = sa.text(
    f"select set_config('role', '{AREA_ROLE}', true), set_config('statement_timeout', :patience, true),"
    " set_config('gridward.lo', :lo, true), set_config('gridward.hi', :hi, true),"
    " set_config('gridward.areas', :areas, true), set_config('gridward.above', :above, true),"
    " set_config('gridward.scope', :scope, true)"
)
# every table that is listed by area; those below follow the rows that they hang on
_PLACED: tuple[type[Base], ...] = (
    Dwelling, Atom, Grid, GridVersion, RiverReach, Staff, Camera, KeyPlace, Facility, PrivacyZone, ViewShed,
    CameraStatus, CoverageGrid, GridShape, Gap,
)  # fmt: skip


def begin(driver: Any, actor: Actor, patience_s: float | None = None) -> None:  # noqa: ANN401 - a psycopg connection
    """Open the transaction of a connection with the eyes of `actor`, in one round trip.

    Parameters
    ----------
    driver : psycopg.Connection
        In no transaction; without autocommit.
    actor : Actor
    patience_s : float or None
        Longest single statement of the transaction; that of the connection without it.

    Raises
    ------
    sqlalchemy.exc.DBAPIError
        If the server refuses or is gone.
    """
    patience = "" if patience_s is None else f"; set local statement_timeout = {int(patience_s * 1000)}"
    # several statements as one text: a pipeline of them costs the driver more than the shortest lists take
    answer = driver.pgconn.exec_(f"begin{patience}; {_eyes_text(actor)}".encode())
    if answer.status != ExecStatus.COMMAND_OK:
        raise error_of_result(answer, lost=driver.closed)


@lru_cache(maxsize=1024)
def _eyes_text(actor: Actor) -> str:
    if not actor.is_limited:
        return f"set local role {ALL_ROLE}"
    values = zip(("lo", "hi", "areas", "above", "scope"), scope_settings(actor), strict=True)
    # the values are made of codes and names of rights alone, see `scope_settings`
    settings = (f"set local gridward.{name} = '{value}'" for name, value in values)
    return "; ".join((f"set local role {AREA_ROLE}", *settings))


def eyes_of(actor: Actor, patience_s: float, *, planned_once: bool = False) -> tuple[sa.TextClause, dict[str, str]]:
    """Return the statement that gives a transaction the eyes of `actor`, always the same object, and its values.

    Plans of a limited account hang on its areas, so they are never `planned_once` for all.
    """
    patience = {"patience": str(int(patience_s * 1000))}
    if not actor.is_limited:
        return _EYES_ALL, patience | {"planning": "force_generic_plan" if planned_once else "auto"}
    return _EYES_AREA, patience | dict(zip(("lo", "hi", "areas", "above", "scope"), scope_settings(actor), strict=True))


def scope_settings(actor: Actor) -> tuple[str, str, str, str, str]:
    """Return the values of ``gridward.lo``, ``hi``, ``areas``, ``above`` and ``scope`` for a limited actor.

    Examples
    --------
    >>> scope_settings(Actor(None, "mei", frozenset(), "1", ((5, 9), (20, 21)), (1,)))
    ('5', '21', '{[5,9],[20,21]}', '{[1,1]}', '5-9,20-21!camera_network')
    >>> scope_settings(Actor(None, "mei", frozenset(), "gone", ()))
    ('', '', '', '', 'none!camera_network')
    """
    ranges = actor.areas or ()
    if not ranges:
        return "", "", "", "", actor.scope_key
    several = multirange(ranges) if len(ranges) > 1 else ""
    above = multirange((code, code) for code in actor.above)
    return str(ranges[0][0]), str(ranges[-1][1]), several, above, actor.scope_key


def multirange(ranges: Any) -> str:  # noqa: ANN401 - any iterable of ranges
    """Write ranges as PostgreSQL reads an int8multirange.

    Examples
    --------
    >>> multirange([(1, 2), (5, 5)])
    '{[1,2],[5,5]}'
    """
    return "{" + ",".join(f"[{low},{high}]" for low, high in ranges) + "}"


def limit_selects(session: Session, actor: Actor) -> None:
    """Have each select of mapped tables carry the area as a plain predicate, which an index can answer.

    Row security alone would return the same rows; the planner may use the predicate where it may not use a policy.
    """
    ranges = actor.areas or ()

    def add(state: ORMExecuteState) -> None:
        if session.info.get("everywhere"):
            return
        if state.is_select and not state.is_column_load and not state.is_relationship_load:
            state.statement = state.statement.options(
                *(with_loader_criteria(model, within(model, ranges), include_aliases=True) for model in _PLACED),
                with_loader_criteria(Incident, incident_within(ranges), include_aliases=True),
            )

    sa.event.listen(session, "do_orm_execute", add)


def within(model: Any, ranges: tuple[Range, ...]) -> sa.ColumnElement[bool]:  # noqa: ANN401 - a class with area_code
    """Return the condition that a row of `model` lies in one of `ranges`: the envelope, then each."""
    if not ranges:
        return sa.false()
    inside = model.area_code.between(ranges[0][0], ranges[-1][1])
    if len(ranges) == 1:
        return sa.and_(inside)
    return sa.and_(inside, sa.or_(*(model.area_code.between(low, high) for low, high in ranges)))


def incident_within(ranges: tuple[Range, ...]) -> sa.ColumnElement[bool]:
    """Return the condition on incidents: a town or a county by its own column, whose index is in the order of time."""
    column = time_index_of(ranges)
    if column is None:
        return within(Incident, ranges)
    return sa.and_(getattr(Incident, column) == ranges[0][0], within(Incident, ranges))


def time_index_of(ranges: tuple[Range, ...]) -> str | None:
    """Return the column of incidents that equals the lower end of `ranges` where they are one whole town or county.

    Examples
    --------
    >>> time_index_of(((110001107000, 110001107999),)), time_index_of(((110001000000, 110001999999),))
    ('town_code', 'county_code')
    >>> time_index_of(((110001107001, 110001107001),))
    """
    if len(ranges) == 1:
        low, high = ranges[0]
        for column, size in (("town_code", 1000), ("county_code", 1_000_000)):
            if low % size == 0 and high == low + size - 1:
                return column
    return None


def recode_places(session: Session, territory_id: UUID) -> int:
    """Give every row of a territory the code of the area that it lies in today; after areas changed.

    Returns
    -------
    int
        How many of the larger tables' rows got another code.
    """
    session.flush()
    return int(session.scalar(sa.select(sa.func.recode_places(territory_id))) or 0)


def area_boxes(session: Session, ranges: tuple[Range, ...]) -> list[Box]:
    """Return west, south, east, north in EPSG:4326 of what lies in each of some ranges of area codes today."""
    statement = sa.text(
        "select st_xmin(e), st_ymin(e), st_xmax(e), st_ymax(e) from (select st_extent(geom) as e from area"
        " where area_code between :low and :high and valid @> current_date) x where e is not null"
    )
    found = [session.execute(statement, {"low": low, "high": high}).first() for low, high in ranges]
    return [(row[0], row[1], row[2], row[3]) for row in found if row is not None]
