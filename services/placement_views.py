"""Proposals as people see and change them: list, one with its cameras, other cameras in their place, removal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import shapely

from gis.errors import InvalidInputError, NotFoundError, StaleRevisionError
from services.coverage_views import geojson
from services.placement_spec import Minimum
from store.database import coverage_areas as area_sql
from store.database import placements as sql
from store.database import plans as plan_sql
from store.database.work import UnitOfWork

_ROLES = ("analyst", "planner", "camera_administrator")


def list_placements(work: UnitOfWork, plan_id: UUID) -> list[dict[str, Any]]:
    """Return the proposals of a plan, newest first, without their cameras."""
    plan_sql.get_plan(work.session, plan_id)
    return sql.list_placements(work.session, plan_id=plan_id)


def get_placement(work: UnitOfWork, placement_id: UUID) -> dict[str, Any]:
    """Return a proposal with its cameras.

    Raises
    ------
    NotFoundError
        There is none.
    """
    sql.get_placement(work.session, placement_id)
    told = sql.list_placements(work.session, placement_id=placement_id)[0]
    cameras = sql.read_cameras(work.session, placement_id)
    for camera in cameras:
        camera["shed"] = geojson(shapely.from_wkb(bytes(camera.pop("geom"))))
    return {**told, "cameras": cameras}


def area_id(work: UnitOfWork, plan_id: UUID, code: str) -> str:
    """Return the id of an area of a plan's territory by its code.

    Raises
    ------
    NotFoundError
        There is none.
    """
    territory = plan_sql.get_plan(work.session, plan_id).territory_id
    for row in area_sql.area_tree(work.session, territory):
        if row.code == code:
            return str(row.id)
    raise NotFoundError(f"There is no area {code[:40]}.", area=code[:40])


def read_minima(work: UnitOfWork, plan_id: UUID, told: Sequence[str]) -> tuple[Minimum, ...]:
    """Read minima written as CODE=COUNT.

    Raises
    ------
    InvalidInputError
        One is written otherwise.
    """
    found = []
    for text in told:
        code, equals, count = text.partition("=")
        if not equals or not count.isascii() or not count.isdigit():
            raise InvalidInputError("A minimum is written CODE=COUNT.", field="minimum", given=text[:40])
        found.append(Minimum(area_id(work, plan_id, code), int(count)))
    return tuple(found)


def remove_placement(work: UnitOfWork, placement_id: UUID) -> None:
    """Remove a proposal."""
    work.actor.require(*_ROLES)
    work.session.delete(sql.get_placement(work.session, placement_id, lock=True))
    work.session.flush()


def change_placement(
    work: UnitOfWork,
    placement_id: UUID,
    *,
    revision: int,
    name: str | None = None,
    cameras: Sequence[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Rename a proposal, or put other cameras in the place of its own; their views and gains are computed again.

    Parameters
    ----------
    work : UnitOfWork
    placement_id : UUID
    revision : int
        Revision that the caller saw.
    name : str, optional
    cameras : sequence of dict, optional
        Fields of `services.proposed_views.Proposed`, with ``mount`` where it is known.

    Raises
    ------
    StaleRevisionError
        Somebody else was faster; the present version rides along in ``current``.
    PrivacyError
        One of the cameras looks into a privacy zone, or from near at a home.
    InvalidInputError
        A camera is out of range, or the name is empty.
    """
    work.actor.require(*_ROLES)
    placement = sql.get_placement(work.session, placement_id, lock=True)
    if placement.revision != revision:
        raise StaleRevisionError(
            "The proposal was changed since you read it; look at the present version first.",
            current=get_placement(work, placement_id),
        )
    if name is not None:
        if not name.strip():
            raise InvalidInputError("A proposal needs a name.", field="name")
        placement.name = name.strip()
    if cameras is not None:
        from services.hand_made import replace_cameras  # noqa: PLC0415 - brings in compiled kernels

        replace_cameras(work, placement, cameras)
    placement.revision += 1
    work.session.flush()
    return get_placement(work, placement_id)
