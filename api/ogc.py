"""OGC API Features: landing page, conformance, collections and their items as GeoJSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.datastructures import URL
from starlette.responses import Response

from api.deps import Work
from api.ogc_parameters import (
    base_of,
    known_tags,
    link,
    only_parameters,
    requested_box,
    requested_cursor,
    requested_interval,
    requested_limit,
    requested_look,
)
from api.tile_matrices import web_mercator_quad
from gis.errors import NotFoundError
from layers.catalogue import LAYERS
from layers.spec import LayerSpec
from services import layers
from services.layers import ItemQuery, Look

JSON = "application/json"
GEOJSON = "application/geo+json"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CONFORMS_TO = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/landing-page",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
)
_FRESH = {"Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Authorization, Cookie"}

router = APIRouter(prefix="/ogc", tags=["features"])
Looking = Annotated[Look, Depends(requested_look)]


@router.get("", include_in_schema=False)
@router.get("/")
def landing_page(request: Request, _work: Work) -> dict[str, Any]:
    """Return where everything is."""
    only_parameters(request, "f")
    base = base_of(request)
    root = base.removesuffix("/ogc")
    return {
        "title": "Gridward",
        "description": "Grids, cameras, gaps in coverage, incidents and the ground they stand on.",
        "links": [
            link("self", f"{base}/", JSON),
            link("service-desc", f"{root}/openapi.json", "application/vnd.oai.openapi+json;version=3.1"),
            link("conformance", f"{base}/conformance", JSON),
            link("http://www.opengis.net/def/rel/ogc/1.0/conformance", f"{base}/conformance", JSON),
            link("data", f"{base}/collections", JSON),
            link("http://www.opengis.net/def/rel/ogc/1.0/data", f"{base}/collections", JSON),
            link("http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes", f"{base}/tileMatrixSets", JSON),
        ],
    }


@router.get("/conformance")
def conformance(request: Request, _work: Work) -> dict[str, Any]:
    """Return the conformance classes that are fully met."""
    only_parameters(request, "f")
    return {"conformsTo": list(CONFORMS_TO)}


@router.get("/tileMatrixSets")
def list_tile_matrix_sets(request: Request, _work: Work) -> dict[str, Any]:
    """List the tile matrix sets: one."""
    only_parameters(request, "f")
    known = web_mercator_quad()
    address = f"{base_of(request)}/tileMatrixSets"
    listed = {name: known[name] for name in ("id", "title", "uri", "crs")}
    return {"tileMatrixSets": [{**listed, "links": [link("self", f"{address}/WebMercatorQuad", JSON)]}]}


@router.get("/tileMatrixSets/{matrix_set}")
def get_tile_matrix_set(request: Request, _work: Work, matrix_set: str) -> dict[str, Any]:
    """Describe a tile matrix set."""
    only_parameters(request, "f")
    if matrix_set != "WebMercatorQuad":
        raise NotFoundError(f"There is no tile matrix set '{matrix_set[:60]}'; there is: WebMercatorQuad.")
    return web_mercator_quad()


@router.get("/collections")
def list_collections(request: Request, work: Work, look: Looking) -> dict[str, Any]:
    """Return every collection."""
    only_parameters(request, "f", "plan", "territory")
    view = layers.view_of(work, look)
    base = base_of(request)
    return {
        "links": [link("self", f"{base}/collections", JSON)],
        "collections": [_collection(spec, base, view.box) for spec in LAYERS],
    }


@router.get("/collections/{collection}")
def get_collection(request: Request, work: Work, look: Looking, collection: str) -> dict[str, Any]:
    """Return one collection with the extent of its features."""
    only_parameters(request, "f", "plan", "territory")
    spec = layers.find_layer(collection)
    return _collection(spec, base_of(request), layers.read_extent(work, collection, look=look))


def _collection(spec: LayerSpec, base: str, box: tuple[float, ...] | None) -> dict[str, Any]:
    address = f"{base}/collections/{spec.id}"
    described: dict[str, Any] = {
        "id": spec.id,
        "title": spec.title.en,
        "description": f"{spec.title.en} ({spec.title.zh})",
        "itemType": "feature",
        "crs": [CRS84],
        "links": [
            link("self", address, JSON, title=spec.title.en),
            link("items", f"{address}/items", GEOJSON, title=spec.title.en),
            link("http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", f"{address}/tiles", JSON),
        ],
    }
    if box is not None:
        described["extent"] = {"spatial": {"bbox": [[round(value, 7) for value in box]], "crs": CRS84}}
    return described


@router.get(
    "/collections/{collection}/items",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}, 304: {"description": "Still true."}},
)
def list_items(request: Request, work: Work, look: Looking, collection: str) -> Response:
    """Return one page of features as GeoJSON, longitude before latitude, with a link to the next page."""
    only_parameters(request, "bbox", "limit", "cursor", "datetime", "plan", "territory", "f")
    layers.find_layer(collection)
    since, until = requested_interval(request)
    query = ItemQuery(
        requested_limit(request), requested_cursor(request), requested_box(request), since=since, until=until
    )
    page = layers.read_items(work, collection, query, look=look, known_tags=known_tags(request))
    headers = {"ETag": f'W/"{page.tag}"', **_FRESH}
    if page.unchanged:
        return Response(status_code=304, headers=headers)
    address = f"{base_of(request)}/collections/{collection}"
    here = URL(f"{address}/items").replace(query=request.url.query)
    links = [link("self", str(here), GEOJSON), link("collection", address, JSON)]
    if page.next_after is not None:
        links.append(link("next", str(here.include_query_params(cursor=page.next_after)), GEOJSON))
    head = orjson.dumps(
        {
            "type": "FeatureCollection",
            "links": links,
            "numberReturned": len(page.features),
            "timeStamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
    )
    body = b"".join((head[:-1], b',"features":[', ",".join(page.features).encode(), b"]}"))
    return Response(body, media_type=GEOJSON, headers=headers)


@router.get(
    "/collections/{collection}/items/{fid}",
    response_class=Response,
    responses={200: {"content": {GEOJSON: {}}}, 304: {"description": "Still true."}},
)
def get_item(request: Request, work: Work, look: Looking, collection: str, fid: str) -> Response:
    """Return one feature as GeoJSON."""
    only_parameters(request, "plan", "territory", "f")
    layers.find_layer(collection)
    if not (fid.isascii() and fid.isdigit() and len(fid) < 19):
        raise NotFoundError(f"'{collection}' has no feature '{fid[:60]}'.", collection=collection)
    feature, tag = layers.read_item(work, collection, int(fid), look=look)
    headers = {"ETag": f'W/"{tag}"', **_FRESH}
    if tag in known_tags(request):
        return Response(status_code=304, headers=headers)
    address = f"{base_of(request)}/collections/{collection}"
    links = orjson.dumps([link("self", f"{address}/items/{fid}", GEOJSON), link("collection", address, JSON)])
    body = feature[:-1].encode() + b',"links":' + links + b"}"
    return Response(body, media_type=GEOJSON, headers=headers)
