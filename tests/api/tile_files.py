"""Files of tiles as others make them, small enough to know every tile."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from PIL import Image

Tiles = Iterable[tuple[int, int, int, bytes]]


def picture(colour: tuple[int, int, int], size: int = 256) -> bytes:
    """A PNG of one colour."""
    made = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(made, "PNG")
    return made.getvalue()


def write_mbtiles(path: Path, tiles: Tiles, **metadata: Any) -> Path:
    """Write tiles (z, x, y from the north, bytes) to SQLite."""
    with sqlite3.connect(path) as file:
        file.execute("create table metadata (name text, value text)")
        file.execute("create table tiles (zoom_level int, tile_column int, tile_row int, tile_data blob)")
        told = {"format": "png", **metadata}
        file.executemany("insert into metadata values (?, ?)", told.items())
        file.executemany(
            "insert into tiles values (?, ?, ?, ?)", [(z, x, 2**z - 1 - y, body) for z, x, y, body in tiles]
        )
    file.close()
    return path


def write_vector_mbtiles(path: Path, tiles: Tiles, *layers: str) -> Path:
    """The same of vector tiles with these layers."""
    told = json.dumps({"vector_layers": [{"id": name, "fields": {}} for name in layers]})
    return write_mbtiles(path, tiles, format="pbf", json=told)


def write_pmtiles_of_pictures(path: Path, tiles: Tiles, box: tuple[float, float, float, float]) -> Path:
    """Write pictures along the curve."""
    from pmtiles.tile import Compression, TileType, zxy_to_tileid
    from pmtiles.writer import Writer

    order: Callable[[tuple[int, int, int, bytes]], int] = lambda tile: zxy_to_tileid(*tile[:3])  # noqa: E731 - a sort key
    with path.open("wb") as file:
        writer: Any = Writer(file)  # type: ignore[no-untyped-call]
        for z, x, y, body in sorted(tiles, key=order):
            writer.write_tile(zxy_to_tileid(z, x, y), body)
        west, south, east, north = (round(value * 1e7) for value in box)
        places = {"min_lon_e7": west, "min_lat_e7": south, "max_lon_e7": east, "max_lat_e7": north,
                  "center_zoom": 1, "center_lon_e7": west, "center_lat_e7": south}  # fmt: skip
        writer.finalize({"tile_type": TileType.PNG, "tile_compression": Compression.NONE, **places}, {})
    return path
