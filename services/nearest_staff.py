"""Who is near: straight distances from the database, walks along streets from a graph kept in the process."""

from __future__ import annotations

import threading
from typing import Any, Final
from uuid import UUID

import numpy as np
import shapely

from gis.crs import to_metric
from gis.network import StreetGraph, build_street_graph, walking_distances
from services.addresses import Addresses
from store.database import locate as sql
from store.database.work import UnitOfWork

WALKED: Final = 5
"""So many of the nearest are walked to; the others stay straight lines."""
WALK_LIMIT_M: Final = 5000.0
YARD_M: Final = 200.0
"""Streets that hang together for less than this lead nowhere."""
JOIN_M: Final = 3.0
"""A step that walkers make where streets were drawn apart: at the door of a hall, at a kerb."""


class StreetGraphs:
    """Street graphs of the territories, kept in the process until the streets change.

    Attributes
    ----------
    addresses : Addresses
        What else locating keeps in the process.
    """

    def __init__(self) -> None:
        self.addresses = Addresses()
        self._graphs: dict[UUID, tuple[int, StreetGraph | None]] = {}
        self._lock = threading.Lock()

    def get(self, work: UnitOfWork, territory_id: UUID, metric_srid: int, revision: int) -> StreetGraph | None:
        """Return the graph of a territory, built on first use; None when it has no street to walk."""
        known = self._graphs.get(territory_id)
        if known is not None and known[0] == revision:
            return known[1]
        with self._lock:
            known = self._graphs.get(territory_id)
            if known is not None and known[0] == revision:
                return known[1]
            lines = sql.walkable_streets(work.session, territory_id)["geom"]
            shapes = to_metric(lines, metric_srid) if len(lines) else lines
            graph = build_street_graph(shapes, smallest_part=YARD_M, join=JOIN_M) if len(lines) else None
            if graph is not None and not len(graph.length):
                graph = None
            self._graphs[territory_id] = (revision, graph)
            return graph


def warm(work: UnitOfWork, graphs: StreetGraphs) -> int:
    """Read addresses and build the street graphs before anybody waits; returns how many territories there are."""
    graphs.addresses.get(work)
    grounds = sql.walked_grounds(work.session)
    for ground in grounds:
        graphs.get(work, ground.id, ground.metric_srid, ground.revision)
    return len(grounds)


def with_walks(
    work: UnitOfWork, graphs: StreetGraphs, here: dict[str, Any], point: tuple[float, float]
) -> list[dict[str, Any]]:
    """Return the staff around a point, the nearest few with their walk, in the order of who would be there first.

    Parameters
    ----------
    work : UnitOfWork
    graphs : StreetGraphs
    here : dict
        What `store.database.locate.read_here` found.
    point : tuple of float
        Longitude, latitude.
    """
    people = here["staff"] or []
    walks, why = _walks(work, graphs, here, point, people[:WALKED])
    staff = []
    for k, person in enumerate(people):
        walk = walks[k] if k < len(walks) else None
        staff.append(
            {
                "id": person["id"],
                "work_no": person["work_no"],
                "name": person["name"],
                "post": person["post"],
                "lon": person["lon"],
                "lat": person["lat"],
                "straight_m": round(person["straight_m"], 1),
                "walk_m": walk,
                "walk_reason": None if walk is not None else (why if k < WALKED else "not among the nearest"),
                "on_duty": person["on_duty"],
                "reason": "on shift" if person["on_duty"] else "nobody is on shift; nearest post",
            }
        )
    return sorted(staff, key=_order)


def _order(person: dict[str, Any]) -> tuple[int, float]:
    walk = person["walk_m"]
    return (0, walk) if walk is not None else (1, person["straight_m"])


def _walks(
    work: UnitOfWork,
    graphs: StreetGraphs,
    here: dict[str, Any],
    point: tuple[float, float],
    people: list[dict[str, Any]],
) -> tuple[list[float | None], str]:
    if not people:
        return [], "nobody"
    territory = here["territory"]
    srid = territory["metric_srid"]
    graph = graphs.get(work, UUID(territory["id"]), srid, here["streets"] or 0)
    if graph is None:
        return [None] * len(people), "no streets are loaded here"
    places = shapely.points([point, *((each["lon"], each["lat"]) for each in people)])
    xy = shapely.get_coordinates(to_metric(places, srid))
    metres = walking_distances(graph, xy[:1], xy[1:], limit=WALK_LIMIT_M)[0]
    walks = [round(float(each), 1) if np.isfinite(each) else None for each in metres]
    return walks, f"no way along streets within {WALK_LIMIT_M / 1000:.0f} km"
