"""Maps of others under ours: which there are, and the tiles of those in files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query
from pydantic import BaseModel
from starlette.responses import Response

from api.deps import Wired, Wiring, Work
from services.basemaps import DEEPEST, MEDIA_TYPES, Basemaps, Name

router = APIRouter(prefix="/api/v1/basemaps", tags=["layers"])
_DAY = "private, max-age=86400"
_FOR_GOOD = "private, max-age=31536000, immutable"
Number = Annotated[int, Path(ge=0, le=2**DEEPEST)]


class BasemapOut(BaseModel):
    """A map to draw on; `address` has places for z, x and y, `shifted` says that pictures lie beside their place."""

    id: str
    name: Name
    kind: Literal["xyz", "wmts", "mbtiles", "pmtiles"]
    form: Literal["picture", "vector"]
    datum: Literal["wgs84", "gcj02"]
    shifted: bool
    attribution: str
    address: str
    min_zoom: int
    max_zoom: int
    tile_size: int
    box: tuple[float, float, float, float] | None
    layers: list[str]
    default: bool


class BasemapsOut(BaseModel):
    """Every map to draw on."""

    basemaps: list[BasemapOut]


@router.get("", operation_id="list_basemaps")
def list_basemaps(work: Work, wiring: Wired) -> BasemapsOut:
    """Return the maps that the setting names."""
    return BasemapsOut(basemaps=[BasemapOut.model_validate(each) for each in _of(wiring).listed(work)])


@router.get(
    "/{basemap}/{z}/{x}/{y}",
    operation_id="get_basemap_tile",
    response_class=Response,
    responses={
        200: {"content": {kind: {} for kind in MEDIA_TYPES.values()}},
        204: {"description": "Nothing is there (vector tiles)."},
        304: {"description": "Still true."},
    },
)
def get_basemap_tile(  # noqa: PLR0917 - each is a part of the address or a header
    wiring: Wired,
    basemap: Annotated[str, Path(max_length=31)],
    z: Annotated[int, Path(ge=0, le=DEEPEST)],
    x: Number,
    y: Number,
    v: Annotated[str | None, Query(max_length=40, description="Version of the file, as its address has it.")] = None,
    if_none_match: Annotated[str | None, Header()] = None,
    accept_encoding: Annotated[str, Header()] = "",
) -> Response:
    """Return a tile of a local file, rows counted from the north; where it has no picture, a clear one."""
    tile = _of(wiring).tile(basemap, (z, x, y), packed="gzip" in accept_encoding)
    headers = {
        "ETag": f'"{tile.tag}"',
        "Cache-Control": _FOR_GOOD if v == tile.tag else _DAY,
        "Vary": "Accept-Encoding",
    }
    if if_none_match is not None and f'"{tile.tag}"' in if_none_match:
        return Response(status_code=304, headers=headers)
    if not tile.content:
        return Response(status_code=204, headers=headers)
    if tile.packed:
        headers["Content-Encoding"] = "gzip"
    return Response(tile.content, media_type=tile.media_type, headers=headers)


@asynccontextmanager
async def running(wiring: Wiring) -> AsyncIterator[None]:
    """Let go of the files when the server ends."""
    try:
        yield
    finally:
        _of(wiring).close()


def _of(wiring: Wiring) -> Basemaps:
    found: Any = wiring.parts["basemaps"]
    assert isinstance(found, Basemaps)  # noqa: S101 - put there when the application was built
    return found
