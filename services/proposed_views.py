"""Views of proposed cameras: what each would see, what it may not look at, and how far to turn it away."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import meridian_convergence, to_lonlat, to_metric
from gis.errors import InvalidInputError
from grid_coverage import ShedFlag, ViewSheds, Walls, view_sheds
from grid_coverage.density import useful_range
from grid_coverage.snap import SNAP_REACH
from services.coverage_spec import CEILING, CoverageSpec
from services.coverage_views import geojson
from services.live_coverage import MARGIN, walls_around
from services.private_ground import Insight, look_in, near_of, private_ground, refusal
from store.database.models import Territory
from store.database.work import UnitOfWork

MOST_ALONE: Final = 8  # cameras up to which each gets the walls around it; more get those of the box of all
FARTHEST_M: Final = 5000.0
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
    hfov, max_range : float
        Degrees and metres.
    sensor_px : int
        Pixels across the picture: with the lens they decide how far it tells things apart.
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
    hfov: float = 60.0
    max_range: float = 80.0
    sensor_px: int = 1920
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
            ("hfov", 0 < self.hfov <= 360),
            ("max_range", 0 <= self.max_range <= FARTHEST_M),
            ("sensor_px", 0 < self.sensor_px <= 100_000),
        )
        for name, fits in rules:
            if not fits:
                raise InvalidInputError(f"Camera {row}: {name} is out of range.", row=row, field=name)


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


def cast_proposed(work: UnitOfWork, territory: Territory, cameras: Sequence[Proposed], spec: CoverageSpec) -> Views:
    """Cast the views of proposed cameras up to where they keep the level of detail (*Discern* where none is asked)."""
    srid = territory.metric_srid
    points = shapely.points([(camera.lon, camera.lat) for camera in cameras]) if cameras else np.array([], dtype=object)
    eyes = shapely.get_coordinates(to_metric(points, srid)) if cameras else np.empty((0, 2))
    all_round = np.array([camera.ptz or camera.dome for camera in cameras], dtype=bool)
    lens = np.array([camera.hfov for camera in cameras])
    pixels = np.array([float(each.sensor_px) for each in cameras])
    asked = np.array([camera.max_range for camera in cameras])
    reach = np.asarray(useful_range(asked, pixels, lens, level=spec.density or CEILING), dtype=np.float64)
    azimuth = np.array([np.nan if each.azimuth is None else each.azimuth % 360.0 for each in cameras])
    azimuth = azimuth - meridian_convergence(points, srid) if cameras else azimuth
    look = {"azimuth": np.where(all_round, 0.0, azimuth), "hfov": np.where(all_round, 360.0, lens), "max_range": reach}
    near = near_of(pixels, lens, reach)
    parts, looks_in = [], []
    for own in _neighbours(len(eyes)):
        box = _box_of(eyes[own], reach[own] + SNAP_REACH + MARGIN)
        walls = walls_around(work, territory, box)
        sheds = _cast(eyes[own], walls, {name: column[own] for name, column in look.items()})
        parts.append(sheds)
        ground = private_ground(work, territory, box)
        mine = {name: column[own] for name, column in look.items()}
        looks_in += look_in(work, ground, sheds, near[own], eyes=eyes[own], look=mine, walls=walls)
    return Views(joined(parts), reach, looks_in)


def _neighbours(count: int) -> list[npt.NDArray[np.int64]]:
    """Return the rows that share the walls around them: a few cameras may lie far apart."""
    rows = np.arange(count)
    return [rows] if not 1 < count <= MOST_ALONE else [rows[[row]] for row in range(count)]


def _box_of(eyes: Floats, near: Floats) -> tuple[float, float, float, float]:
    if not len(eyes):
        return 0.0, 0.0, 0.0, 0.0
    low, high = (eyes - near[:, None]).min(axis=0), (eyes + near[:, None]).max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _cast(eyes: Floats, walls: Walls, look: dict[str, Floats]) -> ViewSheds:
    return view_sheds(eyes, walls, azimuth=look["azimuth"], hfov=look["hfov"], max_range=look["max_range"])


def joined(parts: Sequence[ViewSheds]) -> ViewSheds:
    """Put view sheds one after the other."""
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
