"""Facilities and staff posts: which villages have one, and who can walk to one along streets.

For an account of some areas: what is there and who lives there. A border between areas stops nobody who walks, so the
nearest one may stand beyond it; it is walked to, and neither counted nor shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from gis.crs import to_lonlat, to_metric
from gis.errors import InvalidInputError
from gis.network import StreetGraph, service_area
from services.coverage_views import geojson
from services.nearest_staff import StreetGraphs
from store.database import coverage_areas as area_sql
from store.database import facilities as sql
from store.database import locate as locate_sql
from store.database import partition as partition_sql
from store.database import plans as plan_sql
from store.database.bulk import Columns
from store.database.models import Territory
from store.database.work import UnitOfWork

if TYPE_CHECKING:
    from grid_coverage.service_area import Reach

OF: Final = ("facility", "post")
PACE: Final = 75.0  # metres a minute of an unhurried walk
MINUTES: Final = 15.0
MOST_MINUTES: Final = 120.0
WORST: Final = 20  # grids listed whose households reach nothing
DEFINITIONS: Final = {
    "units_en": "Units with one: the share of villages (areas without areas below them) in which at least one "
    "stands. This is the official count.",
    "units_zh": "有设施的单元：至少有一处的村（社区）占比，即官方口径。",
    "reach_en": "Within the walk: households behind doors from which the nearest one, in whichever village, is "
    "reached along streets in the time given.",
    "reach_zh": "步行可达：沿道路在给定时间内可到达最近一处（不限本村）的户数。",
}
Ints = npt.NDArray[np.int64]


@dataclass(slots=True)
class _Scene:
    """The ground: `posts` are all that are walked to, `shown` those that whoever asks may see."""

    territory: Territory
    graph: StreetGraph
    grids: Columns
    shapes: npt.NDArray[np.object_]
    posts: Columns
    shown: Columns
    places: npt.NDArray[np.float64]
    doors: npt.NDArray[np.float64]
    households: npt.NDArray[np.float64]
    grid_of_post: Ints
    grid_of_door: Ints


def coverage_of(
    work: UnitOfWork,
    plan_id: UUID,
    graphs: StreetGraphs,
    *,
    of: str = "facility",
    kind: str | None = None,
    minutes: float = MINUTES,
    pace: float = PACE,
) -> dict[str, Any]:
    """Tell which units have a facility or post of each kind, and how many households can walk to one.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
        Its grids and the areas they are in are reported on.
    graphs : StreetGraphs
    of : str
        ``facility`` or ``post``.
    kind : str, optional
        Only this kind.
    minutes, pace : float
        Longest walk, and metres a minute.

    Raises
    ------
    InvalidInputError
        A number is out of range, the plan has no grids, or there is no street to walk.
    """
    from grid_coverage.service_area import reach_by_area  # noqa: PLC0415 - brings in compiled kernels

    _check(of, minutes, pace)
    scene = _read_scene(work, plan_id, graphs, of, kind)
    areas = list(dict.fromkeys(scene.grids["area_id"]))
    area_of_grid = np.array([areas.index(area) for area in scene.grids["area_id"]], dtype=np.int64)
    kinds = np.asarray(scene.posts["kind"], dtype=object)
    numbers: dict[str, Any] = {
        "area_of_door": _through(area_of_grid, scene.grid_of_door), "areas": len(areas), "minutes": minutes,
        "pace": pace,
    }  # fmt: skip

    def reach(rows: Ints) -> Reach:
        own = _through(area_of_grid, scene.grid_of_post[rows])
        return reach_by_area(
            scene.graph, scene.places[rows], scene.doors, scene.households, area_of_post=own, **numbers
        )

    whole = reach(np.arange(len(kinds)))
    told = [_kind(scene, str(name), reach(np.flatnonzero(kinds == name))) for name in dict.fromkeys(kinds)]
    return {
        "of": of,
        "minutes": minutes,
        "pace_m_per_min": pace,
        # a kind that is neither here nor walked to from here is nobody's business here
        "kinds": [each for each in told if each["count"] or each["households_within"] or not work.actor.is_limited],
        "areas": _areas(_seen_tree(work, scene), areas, whole),
        "unreached": _unreached(scene, whole.minutes > minutes),
        "definitions": dict(DEFINITIONS),
    }


def _seen_tree(work: UnitOfWork, scene: _Scene) -> list[Any]:
    """Return the areas that are told of: those above one's own would show too little of what lies in them."""
    tree = area_sql.area_tree(work.session, scene.territory.id)
    return [row for row in tree if work.actor.covers(row.area_code)]


def reach_of(
    work: UnitOfWork,
    plan_id: UUID,
    graphs: StreetGraphs,
    *,
    of: str = "facility",
    kind: str | None = None,
    minutes: float = MINUTES,
    pace: float = PACE,
) -> dict[str, Any]:
    """Return the streets from which a facility or post is reached within a walk, and where they are."""
    _check(of, minutes, pace)
    scene = _read_scene(work, plan_id, graphs, of, kind)
    lines: BaseGeometry = service_area(scene.graph, scene.places, reach=minutes * pace)
    if work.actor.is_limited:
        lines = shapely.intersection(lines, shapely.union_all(scene.shapes))
    shape = to_lonlat(lines, scene.territory.metric_srid) if not lines.is_empty else lines
    rows = zip(scene.shown["kind"], scene.shown["name"], scene.shown["point"], strict=True)
    return {
        "minutes": minutes,
        "geometry": geojson(shape),
        "posts": [{"kind": name, "name": called, "lon": point.x, "lat": point.y} for name, called, point in rows],
    }


def _kind(scene: _Scene, name: str, found: Reach) -> dict[str, Any]:
    from grid_coverage.service_area import weighted_median  # noqa: PLC0415 - brings in compiled kernels

    households, reached = float(found.households.sum()), float(found.reached.sum())
    inside = scene.grid_of_door >= 0
    median = weighted_median(found.minutes[inside], scene.households[inside])
    return {
        "kind": name,
        "count": int((np.asarray(scene.shown["kind"]) == name).sum()),
        "units": len(found.posts),
        "units_with": int((found.posts > 0).sum()),
        "units_share": float((found.posts > 0).mean()),
        "households": households,
        "households_within": reached,
        "share": reached / households if households else None,
        "median_min": round(median, 2) if median is not None and np.isfinite(median) else None,
    }


def _check(of: str, minutes: float, pace: float) -> None:
    if of not in OF:
        raise InvalidInputError("Ask for facilities or for posts.", field="of")
    if not 0 < minutes <= MOST_MINUTES:
        raise InvalidInputError(
            f"A walk takes more than 0 and at most {MOST_MINUTES:.0f} minutes, not {minutes:g}.", field="minutes"
        )
    if not 10 <= pace <= 500:
        raise InvalidInputError("A pace is from 10 to 500 metres a minute.", field="pace")


def _read_scene(work: UnitOfWork, plan_id: UUID, graphs: StreetGraphs, of: str, kind: str | None) -> _Scene:
    plan = plan_sql.get_plan(work.session, plan_id)
    territory = work.session.get_one(Territory, plan.territory_id)
    srid = territory.metric_srid
    grids = plan_sql.grid_shapes(work.session, plan.id)
    if not len(grids["id"]):
        raise InvalidInputError("The plan has no grids.", plan=str(plan.id))
    ground = next(each for each in locate_sql.walked_grounds(work.session) if each.id == territory.id)
    graph = graphs.get(work, territory.id, srid, ground.revision)
    if graph is None:
        raise InvalidInputError("No streets are loaded here that can be walked.", territory=territory.name)
    shapes = np.asarray(to_metric(grids["geom"], srid), dtype=object)
    shown = posts = sql.read_posts(work.session, territory.id, of, kind)
    if work.actor.is_limited:
        with work.everywhere():
            posts = sql.read_posts(work.session, territory.id, of, kind)
    dwellings = partition_sql.read_dwellings(work.session, territory.id)
    places, doors = _xy(posts["point"], srid), _xy(dwellings["point"], srid)
    return _Scene(
        territory, graph, grids, shapes, posts, shown, places, doors,
        np.asarray(dwellings["households"], dtype=np.float64), _home(shapes, places), _home(shapes, doors),
    )  # fmt: skip


def _xy(points: npt.NDArray[Any], srid: int) -> npt.NDArray[np.float64]:
    return shapely.get_coordinates(to_metric(points, srid)) if len(points) else np.empty((0, 2))


def _home(shapes: npt.NDArray[np.object_], xy: npt.NDArray[np.float64]) -> Ints:
    """Row of the grid that holds each point; -1 outside all."""
    home = np.full(len(xy), -1, dtype=np.int64)
    if len(xy):
        point, holder = shapely.STRtree(shapes).query(shapely.points(xy), predicate="intersects")
        order = np.lexsort((-holder, point))
        home[point[order]] = holder[order]
    return home


def _through(area_of_grid: Ints, grid: Ints) -> Ints:
    return np.where(grid >= 0, area_of_grid[grid], -1)


def _areas(tree: Sequence[Any], leaves: list[UUID], found: Reach) -> list[dict[str, Any]]:
    """Roll counts and households up the tree; parents before children."""
    parent = {row.id: row.parent_id for row in tree}
    sums: dict[UUID, list[float]] = {}
    for number, leaf in enumerate(leaves):
        area: UUID | None = leaf
        while area is not None and area in parent:
            mine = sums.setdefault(area, [0.0, 0.0, 0.0])
            for at, column in enumerate((found.posts, found.households, found.reached)):
                mine[at] += float(column[number])
            area = parent[area]
    return [
        {
            "id": row.id,
            "code": row.code,
            "kind": row.kind,
            "name": row.name,
            "parent_id": row.parent_id if row.parent_id in sums else None,
            "count": int(sums[row.id][0]),
            "households": sums[row.id][1],
            "households_within": sums[row.id][2],
            "share": sums[row.id][2] / sums[row.id][1] if sums[row.id][1] else None,
        }
        for row in tree
        if row.id in sums
    ]


def _unreached(scene: _Scene, far: npt.NDArray[np.bool_]) -> list[dict[str, Any]]:
    """List the grids with the most households out of reach."""
    rows = np.flatnonzero(far & (scene.grid_of_door >= 0))
    lost = np.bincount(scene.grid_of_door[rows], weights=scene.households[rows], minlength=len(scene.shapes))
    worst = np.argsort(-lost, kind="stable")[:WORST]
    return [
        {
            "grid_id": scene.grids["id"][grid],
            "code": scene.grids["code"][grid],
            "name": scene.grids["name"][grid],
            "households": float(lost[grid]),
        }
        for grid in worst
        if lost[grid] > 0
    ]
