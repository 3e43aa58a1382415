"""What no proposed camera may look at: privacy zones, and homes from near; and how far to turn one that does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import transform
from gis.errors import InvalidInputError
from grid_coverage import ViewSheds, Walls, prepare_walls, view_sheds
from grid_coverage.candidates import FACADE_M, PRIVATE_M2, Private, homes_in_view
from grid_coverage.density import OODPCVS, range_at_density
from services.coverage_scene import metric
from store.database import placements as sql
from store.database import privacy_zones as zone_sql
from store.database.models import Territory
from store.database.work import UnitOfWork
from store.types import STORAGE_SRID

TURN_STEP: Final = 5.0  # degrees
MOST_TURNED: Final = 20  # cameras of one question that other headings are tried for
Floats = npt.NDArray[np.float64]


class PrivacyError(InvalidInputError):
    """A proposed camera looks into a privacy zone, or from near at a home."""

    code = "privacy"


@dataclass(frozen=True, slots=True)
class PrivateGround:
    """Privacy zones of a territory and the homes in a box.

    Attributes
    ----------
    zones : list of tuple
        Id, kind and reason of each zone.
    shapes : (z,) array of Polygon or MultiPolygon, metric CRS
        Where they are.
    homes : (h,) array of MultiPolygon, metric CRS
        Buildings that people live in.
    home_ids : (h,) array of UUID
    """

    zones: list[tuple[UUID, str, str]]
    shapes: npt.NDArray[np.object_]
    homes: npt.NDArray[np.object_]
    home_ids: npt.NDArray[np.object_]


@dataclass(slots=True)
class Insight:
    """What one camera looks at and may not.

    Attributes
    ----------
    zones : list of dict
        ``zone_id``, ``kind``, ``reason``, ``overlap_m2``.
    homes : list of dict
        ``building_id``, ``kind``, ``address`` (None where no door is known), ``facade_m``; the widest first.
    turn : float or None
        Least turn after which it looks at none of it, degrees clockwise (below 0 to the left); None where it looks at
        nothing of the kind, all round, or every heading does.
    """

    zones: list[dict[str, Any]] = field(default_factory=list)
    homes: list[dict[str, Any]] = field(default_factory=list)
    turn: float | None = None

    @property
    def facade_m(self) -> float:
        """Faces of homes in view, metres."""
        return sum(float(home["facade_m"]) for home in self.homes)

    def __bool__(self) -> bool:
        return bool(self.zones or self.homes)


def private_ground(work: UnitOfWork, territory: Territory) -> PrivateGround:
    """Read the privacy zones and all homes of a territory."""
    homes = sql.read_homes(work.session, territory.id)
    zones, where = _zones(work, territory)
    return PrivateGround(zones, where, metric(homes["geom"], territory.metric_srid), homes["id"])


def walls_and_private(
    work: UnitOfWork, territory: Territory, boxes: Sequence[tuple[float, float, float, float]]
) -> list[tuple[Walls, PrivateGround]]:
    """Read the buildings that meet each of some metric boxes: as walls, and those of them that are homes."""
    srid = territory.metric_srid
    zones, where = _zones(work, territory)
    found = []
    for box in boxes:
        around = transform(shapely.box(*box), srid, STORAGE_SRID).bounds
        near = sql.read_buildings(work.session, territory.id, around)
        shapes, lived_in = metric(near["geom"], srid), np.asarray(near["home"], dtype=bool)
        found.append((prepare_walls(shapes), PrivateGround(zones, where, shapes[lived_in], near["id"][lived_in])))
    return found


def _zones(work: UnitOfWork, territory: Territory) -> tuple[list[tuple[UUID, str, str]], npt.NDArray[np.object_]]:
    zones = zone_sql.zone_shapes(work.session, territory.id)
    shapes = np.array([shapely.from_wkb(row.geom) for row in zones], dtype=object)
    return [(row.id, row.kind, row.reason) for row in zones], metric(shapes, territory.metric_srid)


def near_of(sensor_px: npt.ArrayLike, lens: npt.ArrayLike, reach: npt.ArrayLike) -> Floats:
    """Return up to where a picture would show who is at a window (*Perceive*), within its reach, metres."""
    return np.minimum(range_at_density(sensor_px, lens, OODPCVS["perceive"]), np.asarray(reach, dtype=np.float64))


def look_in(
    work: UnitOfWork,
    ground: PrivateGround,
    sheds: ViewSheds,
    near: Floats,
    *,
    eyes: Floats,
    look: dict[str, Floats],
    walls: Walls,
) -> list[Insight]:
    """Tell what each of (n,) view sheds looks at and may not, and how far to turn it.

    Parameters
    ----------
    work : UnitOfWork
    ground : PrivateGround
    sheds : ViewSheds
    near : (n,) float64
        From `near_of`.
    eyes : (n, 2) float64
        Where the cameras were put, metric.
    look : dict
        ``azimuth`` (from grid north), ``hfov``, ``max_range`` that the sheds were cast with.
    walls : Walls

    Returns
    -------
    list of Insight
    """
    found = [Insight() for _ in range(len(sheds))]
    _note_zones(ground, sheds, found)
    _note_homes(work, ground, sheds, near, found)
    turned = 0
    for row, inside in enumerate(found):
        one = {name: float(column[row]) for name, column in look.items()}
        if inside and one["hfov"] < 360.0 and np.isfinite(one["azimuth"]) and turned < MOST_TURNED:
            private = Private(ground.shapes, ground.homes, float(near[row]))
            inside.turn = least_turn(eyes[row], one, walls, private)
            turned += 1
    return found


def _note_zones(ground: PrivateGround, sheds: ViewSheds, found: list[Insight]) -> None:
    if not len(ground.shapes):
        return
    zone, shed = shapely.STRtree(sheds.polygon).query(ground.shapes, predicate="intersects")
    overlap = shapely.area(shapely.intersection(ground.shapes[zone], sheds.polygon[shed]))
    for k, row, size in zip(zone, shed, overlap, strict=True):
        if size > PRIVATE_M2:
            name, kind, reason = ground.zones[k]
            told = {"zone_id": name, "kind": kind, "reason": reason}
            found[row].zones.append({**told, "overlap_m2": round(float(size), 1)})


def _note_homes(work: UnitOfWork, ground: PrivateGround, sheds: ViewSheds, near: Floats, found: list[Insight]) -> None:
    if not len(ground.homes) or not len(sheds):
        return
    camera, home, width = homes_in_view(sheds, ground.homes, within=near)
    # a corner is let pass: only who sees more than that looks at homes
    too_much = np.bincount(camera, width, minlength=len(sheds))[camera] > FACADE_M
    camera, home, width = camera[too_much], home[too_much], width[too_much]
    if not len(camera):
        return
    names = sql.name_homes(work.session, sorted(set(ground.home_ids[home])))
    for at in np.argsort(-width, kind="stable"):
        told = names[ground.home_ids[home[at]]]
        found[camera[at]].homes.append({**told, "facade_m": round(float(width[at]), 1)})


def least_turn(eye: Floats, look: dict[str, float], walls: Walls, private: Private) -> float | None:
    """Find the least turn of one camera after which it looks at nothing private.

    Parameters
    ----------
    eye : (2,) float64
        Metric.
    look : dict
        ``azimuth``, ``hfov`` and ``max_range``.
    walls : Walls
    private : Private

    Returns
    -------
    float or None
        Degrees clockwise, a multiple of `TURN_STEP`, below 0 to the left; None when every heading looks in.
    """
    steps = np.arange(TURN_STEP, 180.0 + TURN_STEP, TURN_STEP)
    turns = np.column_stack([steps, -steps]).ravel()[:-1]  # half a turn is the same either way
    for some in (turns[:18], turns[18:]):  # most need but a little turn
        sheds = view_sheds(
            np.tile(eye, (len(some), 1)), walls,
            azimuth=look["azimuth"] + some, hfov=look["hfov"], max_range=look["max_range"],
        )  # fmt: skip
        free = np.flatnonzero(private.allows(sheds) & ~shapely.is_empty(sheds.polygon))
        if len(free):
            return float(some[free[0]])
    return None


def refusal(inside: Insight, azimuth: float | None = None) -> tuple[str, str] | None:
    """Say in both languages why a camera may not be proposed and how to turn it; None when it may.

    Parameters
    ----------
    inside : Insight
    azimuth : float, optional
        Its heading, degrees clockwise from true north.
    """
    if not inside:
        return None
    english, chinese = [], []
    if inside.zones:
        worst = max(inside.zones, key=lambda zone: float(zone["overlap_m2"]))
        size = f"{worst['overlap_m2']:,.0f}"
        english.append(f"It looks into a privacy zone ({worst['kind']}: {worst['reason']}), {size} m².")
        chinese.append(f"可见隐私保护区（{worst['reason']}）{size} 平方米。")
    if inside.homes:
        address, more = inside.homes[0]["address"], len(inside.homes) - 1
        others, count_zh = (f" and {more} more", f"等 {more + 1} 处") if more else ("", "")
        where, place = (f" ({address}{others})", f"（{address}{count_zh}）") if address else (others, count_zh)
        english.append(f"It looks from near at a home{where}, {inside.facade_m:.0f} m of its face.")
        chinese.append(f"近距离可见住宅立面{place} {inside.facade_m:.0f} 米。")
    if inside.turn is not None:
        side, side_zh = ("right", "右") if inside.turn > 0 else ("left", "左")
        heading = "" if azimuth is None else f" (heading {(azimuth + inside.turn) % 360:.0f}°)"
        toward = "" if azimuth is None else f"（朝向 {(azimuth + inside.turn) % 360:.0f}°）"
        english.append(f"Turn it {abs(inside.turn):.0f}° to the {side}{heading}.")
        chinese.append(f"请向{side_zh}转动 {abs(inside.turn):.0f}°{toward}。")
    return " ".join(english), "".join(chinese)


def check_private(inside: list[Insight], azimuths: list[float | None]) -> None:
    """Refuse the first camera that looks at what it may not.

    Raises
    ------
    PrivacyError
        With ``row``, the ``zone`` or the ``building``, ``turn_deg`` and the reason in Chinese (``why_zh``).
    """
    for row, (each, azimuth) in enumerate(zip(inside, azimuths, strict=True)):
        why = refusal(each, azimuth)
        if why is not None:
            at = {"zone": str(each.zones[0]["zone_id"])} if each.zones else {}
            home = {"building": str(each.homes[0]["building_id"])} if each.homes else {}
            raise PrivacyError(
                f"Camera {row + 1} can't be proposed. {why[0]}",
                row=row, turn_deg=each.turn, why_zh=f"第 {row + 1} 台摄像机：{why[1]}", **at, **home,
            )  # fmt: skip
