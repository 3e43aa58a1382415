"""The made-up part of the demo: a roster and sample incidents with a fixed seed, written as the files offices send.

They go through the same loaders as real files. Every row says *demo*.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from store.database.bulk import Columns

SEED = 2026
GRIDS_A_HEAD = 3

ITEMS = (
    ("Street light out", "minor"),
    ("Overfull litter bin", "minor"),
    ("Pothole", "minor"),
    ("Blocked drain", "major"),
    ("Paving stone loose", "minor"),
    ("Graffiti on wall", "minor"),
    ("Fallen road sign", "major"),
    ("Water main leak", "critical"),
    ("Bollard missing", "minor"),
    ("Broken railing", "major"),
)


UNITS = (
    ("works", "City works", "department"),
    ("environment", "City appearance and environment", "department"),
    ("services", "Community services", "centre"),
    ("safety", "Public safety", "department"),
    ("utilities", "Water, gas and power", "department"),
)
# classes of the open catalogue, and single items that another unit looks after
LEADS = (
    ("01", "works"), ("02", "environment"), ("03", "services"), ("04", "safety"), ("0120", "utilities"),
    ("0121", "utilities"), ("0122", "utilities"), ("0312", "utilities"), ("0313", "utilities"), ("0314", "utilities"),
)  # fmt: skip


def write_units(units: Path, leads: Path, *, label: str) -> None:
    """Write units, and which of them leads for which item of the open catalogue.

    Parameters
    ----------
    units, leads : Path
        CSV to write.
    label : str
        Makes the codes of this territory its own.
    """
    _write(units, ("code", "name", "kind"), [(f"D-{label}-{code}", name, kind) for code, name, kind in UNITS])
    _write(leads, ("item", "unit"), [(item, f"D-{label}-{code}") for item, code in LEADS])


def write_roster(path: Path, posts: Columns) -> int:
    """Write a roster that can head every grid of a plan.

    Parameters
    ----------
    path : Path
        CSV to write.
    posts : dict of str to ndarray
        From `store.database.staff.read_posts`, with ``area_code``.

    Returns
    -------
    int
        Rows written.
    """
    rng = np.random.default_rng(SEED)
    rows: list[tuple[Any, ...]] = []
    for area in sorted({str(code) for code in posts["area_code"]}):
        here = np.flatnonzero(posts["area_code"] == area)
        for post, each in (("grid head", GRIDS_A_HEAD), ("deputy", 2 * GRIDS_A_HEAD)):
            # offices stand near the middles of evenly chosen grids
            chosen = here[np.linspace(0, len(here) - 1, -(-len(here) // each)).round().astype(int)]
            for grid in chosen:
                # two demo territories in one database must not share work numbers
                number = f"{int(area[:6]) % 100:02d}{len(rows) + 1:03d}"
                lon, lat = _near(rng, float(posts["lon"][grid]), float(posts["lat"][grid]), 60.0)
                name = f"Demo {post} {number}"
                rows.append((f"W-{number}", name, post, area, f"{lon:.7f}", f"{lat:.7f}"))
    _write(path, ("work_no", "name", "post", "area_code", "lon", "lat"), rows)
    return len(rows)


def write_incidents(
    path: Path, streets: npt.NDArray[Any], outline: shapely.Geometry, *, label: str, count: int, now: datetime
) -> int:
    """Write sample incidents along streets over the last thirty days.

    Parameters
    ----------
    path : Path
        CSV to write.
    streets : (n,) array of LineString, EPSG:4326
    outline : Polygon or MultiPolygon, EPSG:4326
        Incidents lie inside.
    label : str
        Makes the keys of this territory its own.
    count : int
    now : datetime
        The newest incident is a little older.

    Returns
    -------
    int
        Rows written.
    """
    rng = np.random.default_rng(SEED)
    lines = shapely.intersection(np.asarray(streets, dtype=object), outline)
    length = shapely.length(lines)
    rows: list[tuple[Any, ...]] = []
    while length.sum() > 0 and len(rows) < count:
        line = lines[rng.choice(len(lines), p=length / length.sum())]
        on_line = shapely.line_interpolate_point(shapely.get_geometry(line, 0), rng.random(), normalized=True)
        lon, lat = _near(rng, on_line.x, on_line.y, 8.0)
        if not shapely.contains_xy(outline, lon, lat):
            continue
        item, severity = ITEMS[int(rng.integers(len(ITEMS)))]
        at = now - timedelta(minutes=float(rng.integers(10, 30 * 24 * 60)))
        accuracy = int(rng.choice([3, 5, 10, 30]))
        key = f"demo-{label}-{len(rows) + 1:04d}"
        rows.append((key, f"{at:%Y-%m-%dT%H:%M:00%z}", item, severity, f"{lon:.7f}", f"{lat:.7f}", accuracy, "demo"))
    columns = ("key", "reported_at", "item", "severity", "lon", "lat", "accuracy_m", "description")
    _write(path, columns, rows)
    return len(rows)


def _near(rng: np.random.Generator, lon: float, lat: float, metres: float) -> tuple[float, float]:
    degree = 111_320.0
    east, north = rng.normal(0.0, metres / 2, 2)
    return lon + east / (degree * np.cos(np.radians(lat))), lat + north / degree


def _write(path: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
