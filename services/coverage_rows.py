"""What a coverage run leaves behind: a row for each grid, gap and key place, and a summary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import orjson
import shapely

from gis.crs import to_lonlat
from grid_coverage import (
    SERVICEABLE,
    GapTable,
    GroundTable,
    KeyPoints,
    Needs,
    ShedFlag,
    Streets,
    ViewSheds,
    gaps_by_grid,
    gaps_over_time,
    ground_by_grid,
    ground_over_time,
)
from services.coverage_scene import STREET_WEIGHTS, Cast, Scene
from services.coverage_spec import TARGETS, CoverageSpec
from services.live_flags import KEPT, unseeing
from store.database.bulk import ewkb_hex

Floats = npt.NDArray[np.float64]
SEES_NOTHING = ShedFlag.BURIED | ShedFlag.NO_RANGE | ShedFlag.HIDDEN
WORST = 50  # cameras below the target that a summary lists


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of a scene.

    Attributes
    ----------
    table : GapTable
        By grid; means where the scene is of a month.
    ground : GroundTable
    seen : (n,) str
        ``yes``, ``maybe`` or ``no`` for each key place.
    share : (n,) float64
        Part of the time in which its need is met.
    """

    table: GapTable
    ground: GroundTable
    seen: npt.NDArray[np.str_]
    share: Floats


def measure(scene: Scene, spec: CoverageSpec, view: Cast) -> Measured:
    """Measure what the cameras that count see."""
    weights = np.array([STREET_WEIGHTS[str(kind)] for kind in scene.streets["kind"]])
    streets = Streets.of(scene.lines, weights if len(weights) else 1.0)
    weight = np.asarray(scene.places["weight"], dtype=np.float64) if len(view.points) else 1.0
    places = KeyPoints.of(view.points, weight, spec.k)
    needs = Needs(street_folds=spec.k, incidents=scene.incidents)
    counted = np.flatnonzero(scene.times.share(spec.status) > 0)
    sheds = view.sheds.take(counted)
    if scene.period is None or scene.period.is_moment or spec.status == "all":
        table = gaps_by_grid(scene.shapes, sheds, streets=streets, key_points=places, needs=needs)
        seen = table.points.seen
        return Measured(table, ground_by_grid(scene.shapes, sheds, view.walls), seen, (seen == "yes").astype(float))
    outages = scene.times.down[spec.status].take(counted)
    mean = gaps_over_time(scene.shapes, sheds, outages, streets=streets, key_points=places, needs=needs)
    ground = ground_over_time(scene.shapes, sheds, outages, view.walls)
    return Measured(mean.table, ground, mean.seen, mean.met)


def sees_ground(sheds: ViewSheds) -> npt.NDArray[np.bool_]:
    """Tell which cameras see any ground at all."""
    return np.asarray(sheds.flag & int(SEES_NOTHING) == 0)


def status_shares(scene: Scene, sheds: ViewSheds) -> dict[str, Floats]:
    """Part of the time in which each camera is networked, online and serviceable."""
    found = {name: scene.times.share(name) for name in TARGETS}
    found["serviceable"] = np.where(sees_ground(sheds), found["serviceable"], 0.0)
    return found


def camera_homes(scene: Scene) -> npt.NDArray[np.int64]:
    """Row of the grid that each camera stands in; -1 outside all."""
    home = np.full(len(scene.eyes), -1, dtype=np.int64)
    if not len(scene.eyes):
        return home
    camera, holder = shapely.STRtree(scene.shapes).query(shapely.points(scene.eyes), predicate="intersects")
    # a camera on a border stands in the grid of the lower number
    order = np.lexsort((-holder, camera))
    home[camera[order]] = holder[order]
    return home


def grid_rows(scene: Scene, run_id: UUID, found: Measured, view: Cast, spec: CoverageSpec) -> Iterator[tuple[Any, ...]]:
    """Yield a row of `store.database.coverage.GRID_COLUMNS` for each grid."""
    table, ground = found.table, found.ground
    home = camera_homes(scene)
    inside = home >= 0
    shares = status_shares(scene, view.sheds)
    count = {
        name: np.bincount(home[inside], weights=share[inside], minlength=len(table)) for name, share in shares.items()
    }
    standing = np.bincount(home[inside], minlength=len(table))
    for i in range(len(table)):
        yield (
            run_id, scene.grids["id"][i], float(table.street_m[i]), float(table.seen_m[i, 0]),
            float(table.seen_m_upper[i, 0]), float(table.seen_m[i, 1]), float(table.seen_m[i, 2]),
            float(ground.open_m2[i]), float(ground.seen_m2[i]), float(ground.seen_m2_upper[i]), int(table.places[i]),
            float(table.places_seen[i]), float(table.places_seen_upper[i]), int(standing[i]),
            float(count["networked"][i]), float(count["online"][i]), float(count["serviceable"][i]),
            int(scene.incidents[i]), float(table.score[i]), orjson.dumps(reasons(table, i, spec)).decode(),
            float(table.seen_m_upper[i, 1]), float(table.seen_m_upper[i, 2]), float(table.score_least[i]),
        )  # fmt: skip


def reasons(table: GapTable, grid: int, spec: CoverageSpec) -> list[dict[str, Any]]:
    """Tell why a grid has its score, in both languages, the largest part first."""
    found = []
    for reason in table.reasons(grid):
        amount = reason.amount
        if reason.kind == "street":
            amount = float(table.street_m[grid] - table.seen_m[grid, spec.k - 1])
        found.append(
            {
                "kind": reason.kind,
                "amount": round(amount, 1),
                "score": round(reason.score, 3),
                **_said(reason.kind, amount, spec.k),
            }
        )
    return found


def _said(kind: str, amount: float, k: int) -> dict[str, str]:
    count = f"{amount:,.0f}" if amount >= 1 else "<1"
    many_en = "not seen" if k == 1 else f"seen by fewer than {k} cameras"
    many_zh = "不可见" if k == 1 else f"可见摄像机不足 {k} 台"
    return {
        "street": {"text_en": f"{count} m of street {many_en}", "text_zh": f"{count} 米街道{many_zh}"},
        "key_place": {"text_en": f"{count} key places {many_en}", "text_zh": f"{count} 处重点部位{many_zh}"},
        "incident": {"text_en": f"{count} incidents a year on unseen ground", "text_zh": f"盲区内每年 {count} 起事件"},
    }[kind]


def gap_rows(scene: Scene, run_id: UUID, found: Measured, spec: CoverageSpec) -> Iterator[tuple[Any, ...]]:
    """Yield a row of `store.database.coverage.GAP_COLUMNS` for each gap."""
    gaps = found.table.gaps
    if not len(gaps):
        return
    shapes = ewkb_hex(to_lonlat(gaps.geometry, scene.territory.metric_srid))
    needs = Needs(street_folds=spec.k)
    for i in _by_turns(gaps.kind):
        kind, source = str(gaps.kind[i]), int(gaps.source[i])
        place = scene.places["id"][source] if kind == "key_place" else None
        reason: dict[str, Any]
        if kind == "key_place":
            reason = {"place": str(scene.places["name"][source]), "place_kind": str(scene.places["kind"][source])}
            unseen = 1.0 - float(found.share[source])
        else:
            weight = STREET_WEIGHTS[str(scene.streets["kind"][source])]
            whole = needs.street_score * weight * float(gaps.length[i])
            reason = {"street": str(scene.streets["name"][source]), "metres": round(float(gaps.length[i]), 1)}
            unseen = 1.0 if scene.period is None or not whole else float(gaps.score[i]) / whole / spec.k
        reason |= {
            "maybe": bool(gaps.maybe[i]),
            "k": spec.k,
            "unseen_share": round(min(1.0, unseen), 6),
            "incidents": int(scene.incidents[gaps.grid[i]]),
        }
        yield (run_id, scene.grids["id"][gaps.grid[i]], place, kind, float(gaps.score[i]), reason, shapes[i])


def _by_turns(kinds: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Return an order in which kinds take turns, so that any beginning of the list shows each of them.

    GDAL and QGIS tell by the first features which geometries a collection has.

    Examples
    --------
    >>> _by_turns(np.array(["place", "place", "place", "street"])).tolist()
    [0, 3, 1, 2]
    """
    turns = np.empty(len(kinds), dtype=np.intp)
    for kind in np.unique(kinds):
        same = np.flatnonzero(kinds == kind)
        turns[same] = np.arange(len(same))
    return np.argsort(turns, kind="stable")


def place_rows(scene: Scene, run_id: UUID, found: Measured, view: Cast) -> Iterator[tuple[Any, ...]]:
    """Yield a row of `store.database.coverage.PLACE_COLUMNS` for each key place in a grid."""
    inside = np.flatnonzero(found.table.points.grid >= 0)
    if not len(inside):
        return
    fronts = ewkb_hex(to_lonlat(shapely.points(view.points[inside]), scene.territory.metric_srid))
    for i, front in zip(inside, fronts, strict=True):
        cameras = int(found.table.points.cameras[i])
        yield (run_id, scene.places["id"][i], str(found.seen[i]), cameras, float(found.share[i]), front)


def shed_rows(scene: Scene, sheds: ViewSheds, inputs: str) -> Iterator[tuple[Any, ...]]:
    """Yield a row of `store.database.coverage.SHED_COLUMNS` for each camera that sees anything."""
    shown = np.flatnonzero(~shapely.is_empty(sheds.polygon))
    if not len(shown):
        return
    shapes = to_lonlat(
        np.array([shapely.MultiPolygon([shape]) for shape in sheds.polygon[shown]]), scene.territory.metric_srid
    )
    swept = shapely.to_wkb(sheds.polygon[shown])
    for i, data, exact in zip(shown, ewkb_hex(shapes), swept, strict=True):
        flags = ",".join(flag.name.lower() for flag in ShedFlag(int(sheds.flag[i])) if flag.name)
        yield (
            scene.cameras["id"][i], scene.territory.id, not sheds.known[i], float(sheds.area[i]), flags, data, inputs,
            exact,
        )  # fmt: skip


def summary(scene: Scene, found: Measured, view: Cast) -> dict[str, Any]:
    """Return the figures of everything together."""
    table, ground, sheds = found.table, found.ground, view.sheds
    inside = table.points.grid >= 0
    shares = status_shares(scene, sheds)
    averaged = scene.period is not None and not scene.period.is_moment
    seen = float(table.places_seen.sum())
    upper = float(table.places_seen_upper.sum())
    counts = {f"cameras_{name}": float(share.sum()) for name, share in shares.items()}
    return {
        "streets_m": float(table.street_m.sum()),
        "seen_m": float(table.seen_m[:, 0].sum()),
        "seen_m_upper": float(table.seen_m_upper[:, 0].sum()),
        "k2_m": float(table.seen_m[:, 1].sum()),
        "k3_m": float(table.seen_m[:, 2].sum()),
        "k2_m_upper": float(table.seen_m_upper[:, 1].sum()),
        "k3_m_upper": float(table.seen_m_upper[:, 2].sum()),
        "open_m2": float(ground.open_m2.sum()),
        "seen_m2": float(ground.seen_m2.sum()),
        "seen_m2_upper": float(ground.seen_m2_upper.sum()),
        "key_places": int(inside.sum()),
        "key_places_seen": seen if averaged else int(seen),
        "key_places_seen_upper": upper if averaged else int(upper),
        "cameras": len(sheds),
        **(counts if averaged else {name: round(value) for name, value in counts.items()}),
        "cameras_unknown_heading": int((sheds.flag & int(ShedFlag.UNKNOWN_HEADING) > 0).sum()),
        "cameras_unknown_sensor": int(view.unknown_sensor.sum()),
        "cameras_moved_out": int((sheds.flag & ShedFlag.SNAPPED > 0).sum()),
        "cameras_inside_buildings": int((sheds.flag & ShedFlag.BURIED > 0).sum()),
        KEPT: unseeing(scene.cameras["id"], sheds),
        "gaps": len(table.gaps),
        "availability": availability(scene) if averaged else None,
    }


def availability(scene: Scene) -> dict[str, Any]:
    """Return how large a part of the period networked cameras were online, and who was below the target."""
    share = scene.times.share("online")
    networked = np.flatnonzero(scene.times.share("networked") > 0)
    worst = networked[np.argsort(share[networked], kind="stable")][:WORST]
    return {
        "mean": float(share[networked].mean()) if len(networked) else None,
        "below": int((share[networked] < SERVICEABLE).sum()),
        "below_target": [
            {
                "camera": str(scene.cameras["id"][row]),
                "ref": str(scene.cameras["name"][row]),
                "availability": round(float(share[row]), 6),
            }
            for row in worst
            if share[row] < SERVICEABLE
        ],
    }
