"""Map layers as one file of tiles (PMTiles), for vehicles, flood rooms and other places without a network."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from gis.errors import InvalidInputError, NotAllowedError, NotFoundError
from layers.catalogue import LAYERS
from layers.spec import TILE_MAX_ZOOM, LayerSpec
from layers.tile_json import vector_layer
from services.access import record
from services.layers import Look, find_layer, view_of
from services.tiles import tile_tag
from store.database import plans as plan_sql
from store.database import tiles as sql
from store.database.jobs import keep_output
from store.database.layer_sources import SOURCES
from store.database.tiles import Box, View
from store.database.work import UnitOfWork
from store.files.pmtiles import Written, tile_order, write_pmtiles

MOST_TILES: Final = 200_000
MOST_AT_ONCE: Final = 6_000
"""Tiles that one request may ask for; more is work for the command."""
MOST_BYTES: Final = 128 * 2**20
"""Of a file that a job makes: it is kept in the database for a day."""
PMTILES: Final = "application/vnd.pmtiles"
_LAT_MAX: Final = 85.05


def export_layers(
    work: UnitOfWork,
    path: Path,
    *,
    collections: Sequence[str] = (),
    box: Box | None = None,
    look: Look | None = None,
    max_zoom: int = TILE_MAX_ZOOM,
    most: int = MOST_TILES,
    progress: Callable[[float, str], None] | None = None,
) -> Written:
    """Write layers to a PMTiles file, tile for tile what the server sends to the same account.

    Parameters
    ----------
    work : UnitOfWork
    path : Path
    collections : sequence of str
        Ids of layers; all of them without any.
    box : tuple of float or None
        West, south, east, north in EPSG:4326; the territory's without it.
    look : Look or None
        Plan or territory.
    max_zoom : int
        Deepest zoom.
    most : int
        Tiles that may be written.
    progress : callable or None
        Told now and then how far it is; may raise to stop it.

    Raises
    ------
    NotAllowedError
        The account may not take data out.
    InvalidInputError
        A box or zoom that makes no sense, too many tiles, or none at all.
    """
    _require_right(work)
    specs = _tiled(collections)
    view = view_of(work, look or Look())
    wanted = box or view.box
    if wanted is None:
        raise InvalidInputError("Nothing is loaded yet, so there is nothing to write.")
    addresses = _addresses(_checked(wanted), specs, max_zoom, most)
    metadata = {
        "name": "Gridward",
        "type": "overlay",
        "format": "pbf",
        "attribution": " · ".join(sql.read_attributions(work.session, view)),
        "vector_layers": [vector_layer(spec) for spec in specs],
        "gridward:tags": {spec.id: tile_tag(spec.id, view, work.actor) for spec in specs},
    }
    tiles = _told(_tiles(work, view, specs, addresses), len(addresses), progress)
    written = write_pmtiles(path, tiles, box=wanted, metadata=metadata)
    if not written.tiles:
        raise InvalidInputError("There is nothing of these layers in this box.", box=list(wanted))
    return written


def export_plan(work: UnitOfWork, plan_id: UUID, path: Path, *, most: int = MOST_TILES) -> Written:
    """Write the layers that belong to a plan: its grids, their labels and its plots."""
    plan = plan_sql.get_plan(work.session, plan_id)
    own = {"water": ("river_reaches",), "cell": ("cells",)}.get(plan.kind, ("atoms", "grids", "grid_labels"))
    return export_layers(work, path, collections=own, look=Look(plan=plan_id), most=most)


def export_job(
    work: UnitOfWork,
    *,
    collections: Sequence[str],
    box: Box | None = None,
    look: Look | None = None,
    max_zoom: int = TILE_MAX_ZOOM,
) -> dict[str, Any]:
    """Return the arguments of a job that writes such a file; what `export_layers` would refuse is refused at once."""
    _require_right(work)
    specs = _tiled(collections)
    view = view_of(work, look or Look())
    wanted = box or view.box
    if wanted is not None:
        _addresses(_checked(wanted), specs, max_zoom, MOST_TILES)
    named = list(dict.fromkeys(collections))
    record(work, "export.tiles", "layers", {"collections": named, "max_zoom": max_zoom})
    return {
        "collections": named,
        "box": list(box) if box else None,
        "plan": str(look.plan) if look and look.plan else None,
        "territory": str(look.territory) if look and look.territory else None,
        "max_zoom": max_zoom,
    }


def run_export_job(work: UnitOfWork, args: dict[str, Any], progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Write the file of a job and keep it for whoever asked; arguments are those of `export_job` and ``job``.

    Raises
    ------
    InvalidInputError
        The file would be larger than is kept.
    """
    named = {name: UUID(args[name]) if args.get(name) else None for name in ("plan", "territory")}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layers.pmtiles"
        written = export_layers(
            work, path, collections=args["collections"], box=tuple(args["box"]) if args.get("box") else None,
            look=Look(**named), max_zoom=args["max_zoom"], progress=progress,
        )  # fmt: skip
        if written.size > MOST_BYTES:
            raise InvalidInputError(
                f"The file has {written.size // 2**20} MB, more than {MOST_BYTES // 2**20}; choose a smaller box, fewer"
                " layers or a smaller deepest zoom, or write it on the machine: gridward layers pmtiles.",
                bytes=written.size,
            )
        keep_output(work.session, UUID(args["job"]), "gridward.pmtiles", PMTILES, path.read_bytes())
    return {"tiles": written.tiles, "bytes": written.size, "file": f"/api/v1/jobs/{args['job']}/file"}


def _tiled(collections: Sequence[str]) -> list[LayerSpec]:
    specs = [find_layer(name) for name in dict.fromkeys(collections)] or list(LAYERS)
    if not all(SOURCES[spec.id].tile_geom for spec in specs):
        raise InvalidInputError("One of these collections has no tiles.", collections=[spec.id for spec in specs])
    return specs


def _require_right(work: UnitOfWork) -> None:
    work.actor.require("planner", "reviewer", "analyst", "dispatcher", "shift_leader")
    if not work.actor.may("export"):
        raise NotAllowedError("Taking data out in a file needs the right to export.", right="export")


def _told(
    tiles: Iterator[tuple[int, int, int, bytes]], many: int, progress: Callable[[float, str], None] | None
) -> Iterator[tuple[int, int, int, bytes]]:
    for number, tile in enumerate(tiles):
        if progress is not None and number % 50 == 0:
            progress(0.98 * number / many, "cutting tiles")
        yield tile


def _checked(box: Box) -> Box:
    west, south, east, north = box
    if not all(math.isfinite(value) for value in box) or west >= east or south >= north:
        raise InvalidInputError("A box is west,south,east,north in degrees, the smaller first.", box=list(box))
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise InvalidInputError("The box is outside the earth: degrees of longitude, then latitude.", box=list(box))
    return west, max(south, -_LAT_MAX), east, min(north, _LAT_MAX)


def _addresses(box: Box, specs: Sequence[LayerSpec], max_zoom: int, most: int) -> list[tuple[int, int, int]]:
    """Return all tiles of a box in the order of the file, unless they are too many."""
    first = min(spec.min_zoom for spec in specs)
    if not first <= max_zoom <= TILE_MAX_ZOOM:
        raise InvalidInputError(
            f"The deepest zoom is between {first} and {TILE_MAX_ZOOM}, not {max_zoom}.", max_zoom=max_zoom
        )
    found: list[tuple[int, int, int]] = []
    for z in range(first, max_zoom + 1):
        left, top = _tile_at(box[0], box[3], z)
        right, bottom = _tile_at(box[2], box[1], z)
        if len(found) + (right - left + 1) * (bottom - top + 1) > most:
            raise InvalidInputError(
                f"This would be more than {most:,} tiles; choose a smaller box or a smaller deepest zoom.",
                tiles=most,
                max_zoom=max_zoom,
            )
        found += [(z, x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
    return sorted(found, key=lambda tile: tile_order(*tile))


def _tile_at(lon: float, lat: float, z: int) -> tuple[int, int]:
    n = 2**z
    x = int((lon + 180) / 360 * n)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)
    return min(max(x, 0), n - 1), min(max(y, 0), n - 1)


def _tiles(
    work: UnitOfWork, view: View, specs: Sequence[LayerSpec], addresses: Sequence[tuple[int, int, int]]
) -> Iterator[tuple[int, int, int, bytes]]:
    """Cut each tile; the tile of several layers is theirs one after the other."""
    masked = not work.actor.may("camera_network")
    for z, x, y in addresses:
        there = [spec.id for spec in specs if spec.min_zoom <= z <= spec.max_zoom]
        parts = [sql.read_tile(work.session, layer, view, z, x, y, masked=masked) for layer in there]
        yield z, x, y, b"".join(parts)


def parse_box(text: str) -> Box:
    """Read west,south,east,north.

    Raises
    ------
    InvalidInputError

    Examples
    --------
    >>> parse_box("24.9, 60.1, 25, 60.2")
    (24.9, 60.1, 25.0, 60.2)
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InvalidInputError("A box is four numbers: west,south,east,north.", box=text[:80]) from error
    return _checked((west, south, east, north))


def require_collections(text: str) -> list[str]:
    """Read ids of layers separated by commas.

    Raises
    ------
    NotFoundError
        One is no layer.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        known = ", ".join(spec.id for spec in LAYERS)
        raise NotFoundError(f"Name the layers; there are: {known}.")
    return [find_layer(name).id for name in names]
