"""Tiles in one file that needs no server: PMTiles, read by MapLibre, GDAL and QGIS."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Written:
    """How many tiles were written, and the bytes of the file."""

    tiles: int
    size: int


def tile_order(z: int, x: int, y: int) -> int:
    """Return the place of a tile in such a file, which goes along a curve that keeps neighbours together."""
    from pmtiles.tile import zxy_to_tileid

    return int(zxy_to_tileid(z, x, y))


def write_pmtiles(
    path: Path, tiles: Iterable[tuple[int, int, int, bytes]], *, box: Box, metadata: dict[str, Any]
) -> Written:
    """Write vector tiles to `path`; a file that holds no tile is not written.

    Parameters
    ----------
    path : Path
    tiles : iterable of (z, x, y, bytes)
        In the order of `tile_order`; empty tiles are left out.
    box : tuple of float
        West, south, east, north in EPSG:4326.
    metadata : dict
        ``name``, ``vector_layers`` and whatever else readers should know.
    """
    from pmtiles.tile import Compression, TileType
    from pmtiles.writer import Writer

    count = 0
    # a reader never meets half a file
    unfinished = path.with_name(path.name + ".part")
    try:
        with unfinished.open("wb") as file:
            writer = Writer(file)  # type: ignore[no-untyped-call]
            for z, x, y, body in tiles:
                if body:
                    writer.write_tile(tile_order(z, x, y), gzip.compress(body, mtime=0))  # type: ignore[no-untyped-call]
                    count += 1
            if not count:
                return Written(0, 0)
            header = {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP, **_places(box)}
            writer.finalize(header, metadata)  # type: ignore[no-untyped-call]
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return Written(count, path.stat().st_size)


def _places(box: Box) -> dict[str, int]:
    west, south, east, north = (round(value * 1e7) for value in box)
    return {
        "min_lon_e7": west, "min_lat_e7": south, "max_lon_e7": east, "max_lat_e7": north,
        "center_zoom": 12, "center_lon_e7": (west + east) // 2, "center_lat_e7": (south + north) // 2,
    }  # fmt: skip
