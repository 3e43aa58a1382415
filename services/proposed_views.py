"""Views of proposed cameras: what each would see, what it may not look at, and how far to turn it away."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import meridian_convergence, to_lonlat
from gis.errors import InvalidInputError
from grid_coverage import ShedFlag, ViewSheds, Walls, prepare_walls, view_sheds
from grid_coverage.density import useful_range
from grid_coverage.snap import SNAP_REACH
from services.coverage_scene import metric
from services.coverage_spec import CEILING, CoverageSpec
from services.coverage_views import geojson
from services.live_coverage import MARGIN
from services.private_ground import Insight, look_in, near_of, refusal, walls_and_private
from store.database import live_coverage as live_sql
from store.database.models import Territory
from store.database.work import UnitOfWork

MOST_ALONE: Final = 8  # cameras up to which each gets the walls around it; more get those of the box of all
FARTHEST_M: Final = 5000.0
USUAL_HFOV, USUAL_RANGE, USUAL_PX = 60.0, 80.0, 1920
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Proposed:
    """A camera that could be put up, or one that is there and could look elsewhere.

    Attributes
    ----------
    lon, lat : float
        EPSG:4326.
    azimuth : float or None
        Degrees clockwise from true north; not needed for a dome or PTZ.
    hfov, max_range : float or None
        Degrees and metres; left out, `USUAL_HFOV` and `USUAL_RANGE`, or what the camera that is there has.
    sensor_px : int or None
        Pixels across the picture: with the lens they decide how far it tells things apart. Left out, `USUAL_PX`, or
        what the camera that is there has.
    ptz, dome : bool
        Looks all round.
    id : UUID or None
        The camera that it stands for.
    key : str or None
        Given back with the answer.
    """

    lon: float
    lat: float
    azimuth: float | None = None
    hfov: float | None = None
    max_range: float | None = None
    sensor_px: int | None = None
    ptz: bool = False
    dome: bool = False
    id: UUID | None = None
    key: str | None = None

    def check(self, row: int) -> None:
        """Raise InvalidInputError when there is no such camera."""
        rules = (
            ("lon", math.isfinite(self.lon) and abs(self.lon) <= 180),
            ("lat", math.isfinite(self.lat) and abs(self.lat) <= 90),
            ("azimuth", self.azimuth is None or math.isfinite(self.azimuth)),
            ("hfov", self.hfov is None or 0 < self.hfov <= 360),
            ("max_range", self.max_range is None or 0 <= self.max_range <= FARTHEST_M),
            ("sensor_px", self.sensor_px is None or 0 < self.sensor_px <= 100_000),
        )
        for name, fits in rules:
            if not fits:
                raise InvalidInputError(f"Camera {row}: {name} is out of range.", row=row, field=name)

    def completed(self, own: dict[str, Any] | None, spec: CoverageSpec) -> Proposed:
        """Fill in what was left out: as the camera that is there has it, or as is usual."""
        usual: dict[str, Any] = {"hfov": USUAL_HFOV, "max_range": USUAL_RANGE, "sensor_px": USUAL_PX}
        if own is not None:
            assumed = {"hfov": spec.assumed_hfov, "sensor_px": spec.assumed_px}
            usual = {name: assumed.get(name) if value is None else value for name, value in own.items()}
        return replace(self, **{name: value for name, value in usual.items() if getattr(self, name) is None})


@dataclass(frozen=True, slots=True)
class Views:
    """Sheds of proposed cameras.

    Attributes
    ----------
    sheds : ViewSheds
    reach : (n,) float64
        Range that was used, cut to the level of detail, metres.
    looks_in : list of Insight
        What each looks at and may not.
    """

    sheds: ViewSheds
    reach: Floats
    looks_in: list[Insight]


@dataclass(frozen=True, slots=True)
class _Looks:
    """Where (n,) proposed cameras are put and how they look; azimuths from grid north, ranges cut to the detail."""

    eyes: Floats
    azimuth: Floats
    hfov: Floats
    reach: Floats
    near: Floats
    unknown_sensor: npt.NDArray[np.bool_]

    def take(self, rows: npt.NDArray[np.int64]) -> _Looks:
        return _Looks(*(getattr(self, name)[rows] for name in self.__slots__))

    def cast(self, walls: Walls) -> ViewSheds:
        found = view_sheds(self.eyes, walls, azimuth=self.azimuth, hfov=self.hfov, max_range=self.reach)
        return replace(found, known=found.known & ~self.unknown_sensor)


def cast_proposed(work: UnitOfWork, territory: Territory, cameras: Sequence[Proposed], spec: CoverageSpec) -> Views:
    """Cast the views of proposed cameras up to where they keep the level of detail (*Discern* where none is asked).

    One that is there already is cast as a run would: if its sensor is unknown and no level is asked, up to its range.
    """
    looks = _looks_of(work, territory, cameras, spec)
    groups = _neighbours(len(cameras))
    boxes = [_box_of(looks.eyes[own], looks.reach[own] + SNAP_REACH + MARGIN) for own in groups]
    parts, looks_in = [], []
    for own, (walls, ground) in zip(groups, walls_and_private(work, territory, boxes), strict=True):
        mine = looks.take(own)
        sheds = mine.cast(walls)
        parts.append(sheds)
        look = {"azimuth": mine.azimuth, "hfov": mine.hfov, "max_range": mine.reach}
        looks_in += look_in(work, ground, sheds, mine.near, eyes=mine.eyes, look=look, walls=walls)
    return Views(joined(parts), looks.reach, looks_in)


def _looks_of(work: UnitOfWork, territory: Territory, cameras: Sequence[Proposed], spec: CoverageSpec) -> _Looks:
    """Turn proposed cameras into what is cast; what is left out of one that is there is as it has it."""
    srid = territory.metric_srid
    points = np.array([shapely.Point(camera.lon, camera.lat) for camera in cameras], dtype=object)
    known = _own(work, [camera.id for camera in cameras if camera.id is not None])
    told = [camera.completed(known.get(camera.id), spec) for camera in cameras]
    lens, asked = np.array([each.hfov for each in told]), np.array([each.max_range for each in told])
    pixels = np.array([np.nan if each.sensor_px is None else float(each.sensor_px) for each in told])
    reach = useful_range(asked, pixels, lens, level=spec.density or CEILING) if told else asked
    all_round = np.array([each.dome or (each.ptz and spec.ptz == "reachable") for each in told], dtype=bool)
    azimuth = np.array([np.nan if each.azimuth is None else each.azimuth % 360.0 for each in told])
    azimuth = azimuth - meridian_convergence(points, srid) if told else azimuth
    usual = np.where(np.isnan(pixels), USUAL_PX, pixels)
    return _Looks(
        shapely.get_coordinates(metric(points, srid)),
        np.where(all_round, 0.0, azimuth),
        np.where(all_round, 360.0, lens),
        np.asarray(reach, dtype=np.float64),
        near_of(usual, lens, reach) if told else reach,
        np.isnan(pixels) & (spec.density is not None),
    )


def _own(work: UnitOfWork, cameras: Sequence[UUID]) -> dict[UUID | None, dict[str, Any]]:
    """Return what the register says of cameras that are there."""
    if not cameras:
        return {}
    rows = live_sql.cameras_of(work.session, cameras)
    names = ("hfov", "max_range", "sensor_px")
    return {key: {name: rows[name][row] for name in names} for row, key in enumerate(rows["id"])}


def _neighbours(count: int) -> list[npt.NDArray[np.int64]]:
    """Return the rows that share the walls around them: a few cameras may lie far apart."""
    rows = np.arange(count)
    if not count:
        return []
    return [rows] if count == 1 or count > MOST_ALONE else [rows[[row]] for row in range(count)]


def _box_of(eyes: Floats, near: Floats) -> tuple[float, float, float, float]:
    low, high = (eyes - near[:, None]).min(axis=0), (eyes + near[:, None]).max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def joined(parts: Sequence[ViewSheds]) -> ViewSheds:
    """Put view sheds one after the other."""
    if not parts:
        return view_sheds(np.empty((0, 2)), prepare_walls([]), azimuth=[], hfov=[], max_range=[])
    names = ("polygon", "area", "known", "flag", "xy", "moved")
    return ViewSheds(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def told_views(territory: Territory, cameras: Sequence[Proposed], views: Views) -> list[dict[str, Any]]:
    """Return the views of proposed cameras as a map draws them, with what stands in their way."""
    sheds = views.sheds
    if not len(sheds):
        return []
    shapes = to_lonlat(sheds.polygon, territory.metric_srid)
    stands = shapely.get_coordinates(to_lonlat(shapely.points(sheds.xy), territory.metric_srid))
    found = []
    for row, camera in enumerate(cameras):
        flags = [flag.name.lower() for flag in ShedFlag(int(sheds.flag[row])) if flag.name]
        inside = views.looks_in[row]
        why = refusal(inside, camera.azimuth)
        found.append(
            {
                "key": camera.key,
                "id": camera.id,
                "shed": geojson(shapes[row]),
                "area_m2": round(float(sheds.area[row]), 2),
                "known": bool(sheds.known[row]),
                "flags": flags,
                "moved_m": round(float(sheds.moved[row]), 2),
                "range_m": round(float(views.reach[row]), 6),
                "lon": float(stands[row, 0]),
                "lat": float(stands[row, 1]),
                "privacy": inside.zones,
                "homes": inside.homes,
                "turn_deg": inside.turn,
                "allowed": why is None,
                "why_en": why[0] if why else None,
                "why_zh": why[1] if why else None,
            }
        )
    return found
