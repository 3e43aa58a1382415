"""Vector tiles of every collection, and the description of each tile set."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api import problems
from api.compress import accepted_coding
from api.deps import Wired, Wiring, Work, who_asks, wiring_of
from api.ogc_parameters import base_of, known_tags, link, only_parameters, requested_look
from api.tile_matrices import MATRIX_SET, WEB_MERCATOR
from gis.crs import Box
from gis.errors import NotFoundError
from layers.spec import LayerSpec
from layers.tile_json import vector_layer
from services import layers, tiles
from services.layers import Look
from services.tiles import TileAddress, TileCache

MVT = "application/vnd.mapbox-vector-tile"
TILING_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
_VOLATILE = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Authorization, Cookie"}
_LOOKS = ("plan", "territory")
_FOR_GOOD = "private, max-age=31536000, immutable"

_TILE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {MVT: {}}},
    204: {"description": "Nothing is there."},
    304: {"description": "Still true."},
}

router = APIRouter(prefix="/ogc/collections", tags=["tiles"])
Looking = Annotated[Look, Depends(requested_look)]


def _cache_of(wired: Wiring) -> TileCache:
    """Return the process's tile cache, made on first use."""
    made: TileCache | None = wired.parts.get("tiles")
    if made is None:
        made = wired.parts.setdefault("tiles", TileCache(wired.settings.http.tile_cache_mb * 2**20))
    return made


@router.get(
    "/{collection}/tiles/WebMercatorQuad/{z}/{y}/{x}",
    response_class=Response,
    responses=_TILE_ANSWERS,
)
async def get_tile(request: Request, look: Looking, *, collection: str, z: str, y: str, x: str) -> Response:  # noqa: ARG001
    """Return one Mapbox Vector Tile; the tag of its layer lets a client ask again for nothing.

    With the tag as parameter `v` the address stands for this version alone, and the answer may be kept for good.
    """
    return await _answer(request, collection, z, y, x)


class QuickTiles:
    """The quick way to a tile: past FastAPI's dependencies and its walk through every router, which cost as much again.

    It answers what `get_tile` describes, by the same rules; whatever is not simply a tile goes on to the application.

    Parameters
    ----------
    app : ASGIApp
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        named = _named_in(scope)
        if named is None:
            await self.app(scope, receive, send)
            return
        # a plain answer leaves no word of itself: figures, rules and refusals go by its template
        scope["route"] = _TEMPLATE
        request = Request(scope, receive)
        try:
            answer = await _answer(request, *named)
        except Exception as error:  # noqa: BLE001 - the edge: the application's own handlers are not above this
            answer = await problems.answer_to(request, error)
        await answer(scope, receive, send)


class _TEMPLATE:
    path_format = "/ogc/collections/{collection}/tiles/WebMercatorQuad/{z}/{y}/{x}"


def _named_in(scope: Scope) -> tuple[str, str, str, str] | None:
    """Return collection, zoom, row and column of a request for a tile."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or scope.get("root_path"):
        return None
    parts = scope["path"].split("/")
    if len(parts) != 9 or parts[1:3] != ["ogc", "collections"] or parts[4:6] != ["tiles", "WebMercatorQuad"]:
        return None
    if any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"]):
        return None  # a body that nobody asked for
    return parts[3], parts[6], parts[7], parts[8]


async def _answer(request: Request, collection: str, z: str, y: str, x: str) -> Response:
    wired = wiring_of(request)
    who = await who_asks(request)
    only_parameters(request, *_LOOKS, "v")
    read = partial(
        tiles.read_tile,
        cache=_cache_of(wired),
        views=wired.views,
        layer_id=collection,
        address=_address(z, x, y),
        look=await requested_look(request),
        coding=accepted_coding(request.headers.get("accept-encoding", "")),
        known_tags=known_tags(request),
    )
    tile = await wired.database.quick(who.actor, wired.settings.database.tile_timeout_s, read)
    headers = {"ETag": f'W/"{tile.tag}"', **_VOLATILE}
    if request.query_params.get("v") == tile.tag:
        headers["Cache-Control"] = _FOR_GOOD
    if tile.body is None:
        return Response(status_code=304, headers=headers)
    if not tile.body:
        return Response(status_code=204, headers=headers)
    if tile.coding is not None:
        headers["Content-Encoding"] = tile.coding
    return Response(tile.body, media_type=MVT, headers=headers)


def _address(z: str, x: str, y: str) -> TileAddress:
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in (z, x, y)):
        raise NotFoundError("A tile is named by three whole numbers: zoom, row, column.", z=z, x=x, y=y)
    return TileAddress(int(z), int(x), int(y))


def _kept(request: Request) -> str:
    """Return what the addresses of a tile set's tiles keep of a request's parameters, with its question mark."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name in _LOOKS]
    return f"?{urlencode(kept)}" if kept else ""


def _tile_json(spec: LayerSpec, template: str, box: Box | None) -> dict[str, Any]:
    """Return the TileJSON of a collection whose tiles are found at `template`."""
    body: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": spec.title.en,
        "tiles": [template],
        "scheme": "xyz",
        "minzoom": spec.min_zoom,
        "maxzoom": spec.max_zoom,
        "vector_layers": [vector_layer(spec)],
    }
    if box is not None:
        body["bounds"] = [round(value, 7) for value in box]
        body["center"] = [round((box[0] + box[2]) / 2, 7), round((box[1] + box[3]) / 2, 7), spec.min_zoom]
    return body


@router.get("/{collection}/tiles/WebMercatorQuad")
def get_tile_set(request: Request, work: Work, wired: Wired, look: Looking, collection: str) -> Response:
    """Describe a tile set: TileJSON 3 and the OGC tile set metadata in one document."""
    only_parameters(request, *_LOOKS, "f")
    spec = layers.find_layer(collection)
    box = wired.extents.read(work, [spec.id], layers.view_of(work, look))[spec.id]
    address = f"{base_of(request)}/collections/{spec.id}/tiles/WebMercatorQuad"
    query = _kept(request)
    template = f"{address}/{{z}}/{{y}}/{{x}}{query}"
    body = {
        **_tile_json(spec, template, box),
        "title": spec.title.en,
        "dataType": "vector",
        "crs": WEB_MERCATOR,
        "tileMatrixSetURI": MATRIX_SET,
        "links": [
            link("self", f"{address}{query}", "application/json"),
            link(TILING_SCHEME, f"{base_of(request)}/tileMatrixSets/WebMercatorQuad", "application/json"),
            link("item", f"{address}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}{query}", MVT, templated=True),
        ],
    }
    return Response(orjson.dumps(body), media_type="application/json", headers=_VOLATILE)


@router.get("/{collection}/tiles/xyz/metadata.json")
def get_tile_folder(request: Request, work: Work, wired: Wired, collection: str) -> Response:
    """Describe the tiles as a folder of files, z/x/y.pbf, which is how GDAL's MVT driver takes them: TileJSON 3."""
    only_parameters(request)
    spec = layers.find_layer(collection)
    box = wired.extents.read(work, [spec.id], layers.view_of(work, Look()))[spec.id]
    template = f"{base_of(request)}/collections/{spec.id}/tiles/xyz/{{z}}/{{x}}/{{y}}.pbf"
    return Response(orjson.dumps(_tile_json(spec, template, box)), media_type="application/json", headers=_VOLATILE)


@router.get(
    "/{collection}/tiles/xyz/{z}/{x}/{y}.pbf",
    response_class=Response,
    responses=_TILE_ANSWERS,
)
async def get_tile_file(request: Request, look: Looking, *, collection: str, z: str, x: str, y: str) -> Response:  # noqa: ARG001
    """Return the same tile by column before row, for clients that know no other order."""
    return await _answer(request, collection, z, y, x)


@router.get("/{collection}/tiles")
def list_tile_sets(request: Request, collection: str, _work: Work, _look: Looking) -> dict[str, Any]:
    """List the tile sets of a collection: one, in Web Mercator; its links keep the plan that is asked for."""
    only_parameters(request, *_LOOKS, "f")
    spec = layers.find_layer(collection)
    address = f"{base_of(request)}/collections/{spec.id}/tiles"
    query = _kept(request)
    return {
        "links": [link("self", f"{address}{query}", "application/json")],
        "tilesets": [
            {
                "title": spec.title.en,
                "dataType": "vector",
                "crs": WEB_MERCATOR,
                "tileMatrixSetURI": MATRIX_SET,
                "links": [
                    link("self", f"{address}/WebMercatorQuad{query}", "application/json"),
                    link(TILING_SCHEME, f"{base_of(request)}/tileMatrixSets/WebMercatorQuad", "application/json"),
                    link(
                        "item",
                        f"{address}/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}{query}",
                        MVT,
                        templated=True,
                    ),
                ],
            }
        ],
    }
