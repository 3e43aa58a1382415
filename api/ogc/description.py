"""The OpenAPI 3.0 description that OGC clients read: literal paths, one parameter for each queryable.

GDAL pushes a filter down only when the path of the very collection lists the attribute as a parameter; FastAPI's own
document (``/openapi.json``) has one templated path for all collections.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from api.deps import Work
from api.ogc import html
from api.ogc.collections import TILED
from api.ogc.formats import FORMATS, FRESH, GEOJSON, HTML, JSON, OPENAPI, SCHEMA, STYLE, page_answer, wanted_format
from api.ogc.landing import TITLE
from api.ogc.parameters import LIMIT_DEFAULT, LIMIT_MAX
from api.ogc.words import ABOUT, language_of, said
from api.ogc_parameters import base_of, only_parameters
from api.problems import MEDIA_TYPE, openapi_schema
from layers.catalogue import COLLECTIONS
from layers.fields import Fields, fields_of
from layers.spec import Lang, LayerSpec
from services.features.reading import EDITABLE

MVT: Final = "application/vnd.mapbox-vector-tile"
_TEXT: Final[dict[str, Any]] = {"type": "string"}
_OBJECT: Final[dict[str, Any]] = {"type": "object"}
_ITEM_PARAMETERS: Final = (
    "limit", "cursor", "bbox", "bbox-crs", "datetime", "crs", "filter", "filter-lang", "filter-crs", "sortby",
    "properties", "skipGeometry", "plan", "territory", "f",
)  # fmt: skip

router = APIRouter(prefix="/ogc", tags=["features"])


@router.get("/api", response_class=Response, operation_id="get_api",
            responses={200: {"content": {OPENAPI: {}, HTML: {}}}})  # fmt: skip
def get_api(request: Request, work: Work) -> Response:
    """Return the description of the OGC API, OpenAPI 3.0."""
    only_parameters(request, "f", formats=FORMATS)
    base = base_of(request)
    told = describe(base, network=work.actor.may("camera_network"))
    if wanted_format(request) == "html":
        lang = language_of(request)
        return page_answer(_page(told, base, lang), lang)
    return Response(orjson.dumps(told), media_type=OPENAPI, headers=FRESH)


def _page(told: Mapping[str, Any], base: str, lang: Lang) -> str:
    rows = [
        (f"<code>{html.value(method.upper())} {html.value(path)}</code>", html.value(said(operation["summary"], lang)))
        for path, operations in told["paths"].items()
        for method, operation in operations.items()
        if method != "parameters"
    ]
    listed = html.table(said("What can be asked", lang), [said("Address", lang), said("What it does", lang)], rows)
    plain = f"<p>{html.anchor(said('The same for programs (OpenAPI 3.0)', lang), f'{base}/api?f=json')}</p>"
    return html.page("API", plain, listed, crumbs=[(TITLE, f"{base}/?f=html")], base=base, lang=lang)


def describe(base: str, *, network: bool = True) -> dict[str, Any]:
    """Return the OpenAPI 3.0 document.

    Parameters
    ----------
    base : str
        Address of the landing page, without a slash at its end.
    network : bool
        Whether to tell of fields about the network of cameras.
    """
    paths = _general()
    for spec in COLLECTIONS:
        paths |= _of_collection(spec, fields_of(spec.id, network=network))
    return {
        "openapi": "3.0.3",
        "info": {"title": f"{TITLE} OGC API", "version": "1.0.0", "description": ABOUT},
        "servers": [{"url": base}],
        "security": [{"token": []}, {"basic": []}],
        "tags": [{"name": spec.id, "description": spec.title.en} for spec in COLLECTIONS],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic", "description": "Any name, and the token as password."},
            },
            "parameters": _parameters(),
            "schemas": {"Problem": _problem(), "Feature": _OBJECT, "FeatureCollection": _OBJECT},
            "responses": {
                "Problem": {
                    "description": "A problem (RFC 9457).",
                    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
            },
        },
    }


def _problem() -> dict[str, Any]:
    return openapi_schema()


def _parameters() -> dict[str, Any]:
    numbers = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
    limit = {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT}
    uri = {"type": "string", "format": "uri"}
    uuid = {"type": "string", "format": "uuid"}
    names = {"type": "array", "items": _TEXT}
    asked = {
        "limit": (limit, "Features a page."),
        "cursor": (_TEXT, "Where the page begins; taken from a `next` link."),
        "bbox": (numbers, "Low corner, high corner; heights are ignored. West above east is across the antimeridian."),
        "bbox-crs": (uri, "Reference system of `bbox`."),
        "datetime": (_TEXT, "A moment, or start/end; `..` is open."),
        "crs": (uri, "Reference system of the answer."),
        "filter": (_TEXT, "A filter in CQL2."),
        "filter-lang": (
            {"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"},
            "Its language.",
        ),
        "filter-crs": (uri, "Reference system of geometries in the filter."),
        "sortby": (names, "Names to sort by; a minus sorts from the top down."),
        "properties": (names, "Names of the attributes to tell."),
        "skipGeometry": ({"type": "boolean", "default": False}, "Leave the geometry out."),
        "plan": (uuid, "Show this plan instead of the one in force."),
        "territory": (uuid, "Show this territory only."),
        "f": ({"type": "string", "enum": ["json", "geojson", "html"]}, "Form of the answer."),
    }
    told = {
        name: {"name": name, "in": "query", "required": False, "description": says, "schema": schema,
               "style": "form", "explode": False}
        for name, (schema, says) in asked.items()
    }  # fmt: skip
    number = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
    match = {"name": "If-Match", "in": "header", "required": True, "schema": _TEXT,
             "description": "The tag of the feature as it was read."}  # fmt: skip
    return {**told, "featureId": number, "If-Match": match}


def _named(*names: str) -> list[dict[str, Any]]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _operation(
    operation_id: str, summary: str, tag: str, media_type: str, *parameters: dict[str, Any]
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation_id,
        "summary": summary,
        "tags": [tag],
        "responses": {
            "200": {"description": "Done.", "content": {media_type: {"schema": _OBJECT}}},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    return {**told, "parameters": list(parameters)} if parameters else told


def _general() -> dict[str, Any]:
    pages = {"/": "Where everything is.", "/conformance": "Conformance classes.", "/collections": "All collections.",
             "/api": "This description.", "/tileMatrixSets": "Tile matrix sets."}  # fmt: skip
    return {
        path: {"get": _operation(f"get{path.replace('/', '_')}", says, "general", OPENAPI if path == "/api" else JSON)}
        for path, says in pages.items()
    } | {
        "/tileMatrixSets/WebMercatorQuad": {
            "get": _operation("get_web_mercator_quad", "The tile matrix set.", "general", JSON)
        }
    }


def _of_collection(spec: LayerSpec, fields: Fields) -> dict[str, Any]:
    root, name = f"/collections/{spec.id}", spec.id
    asked = [
        {"name": each.name, "in": "query", "required": False, "description": each.title.en,
         "schema": {key: value for key, value in each.schema().items() if key != "title"},
         "style": "form", "explode": False}
        for each in fields
    ]  # fmt: skip
    items = _operation(
        f"{name}_items", f"Features: {spec.title.en}.", name, GEOJSON, *_named(*_ITEM_PARAMETERS), *asked
    )
    item = _operation(
        f"{name}_item", "One feature.", name, GEOJSON, *_named("featureId", "crs", "plan", "territory", "f")
    )
    paths: dict[str, Any] = {
        root: {"get": _operation(f"{name}_collection", f"About {spec.title.en}.", name, JSON)},
        f"{root}/items": {"get": items},
        f"{root}/items/{{featureId}}": {"get": item},
        f"{root}/styles": {"get": _operation(f"{name}_styles", "Styles.", name, JSON)},
        f"{root}/styles/light": {"get": _operation(f"{name}_style", "Map style.", name, STYLE)},
    }
    for kind in ("queryables", "sortables", "schema"):
        paths[f"{root}/{kind}"] = {"get": _operation(f"{name}_{kind}", kind.capitalize(), name, SCHEMA)}
    told = _operation(f"{name}_feature_schema", "A feature in GeoJSON, as JSON Schema.", name, SCHEMA)
    paths[f"{root}/schemas/feature"] = {"get": told}
    if name in TILED:
        paths |= _tiles_of(root, name)
    _add_edits(paths, spec)
    return paths


def _tiles_of(root: str, name: str) -> dict[str, Any]:
    """Describe tile sets; the standard says how the operations' names end."""
    number = {"type": "integer", "minimum": 0}
    place = [
        {"name": each, "in": "path", "required": True, "schema": schema}
        for each, schema in (("tileMatrix", _TEXT), ("tileRow", number), ("tileCol", number))
    ]
    shown = _named("plan", "territory")
    tiles = f"{root}/tiles/WebMercatorQuad"
    called = f"{name}.collection.vector"
    told = {
        f"{root}/tiles": _operation(f"{called}.getTileSetsList", "Tile sets.", name, JSON, *shown),
        tiles: _operation(f"{called}.getTileSet", "The tile set, TileJSON 3 too.", name, JSON, *shown),
        f"{tiles}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": _operation(
            f"{called}.getTile", "A vector tile.", name, MVT, *place, *shown
        ),
    }
    return {path: {"get": operation} for path, operation in told.items()}


_SAYS: Final = {"POST": "Add a feature.", "PUT": "Replace a feature.", "PATCH": "Change a feature.",
                "DELETE": "Remove a feature."}  # fmt: skip


def _add_edits(paths: dict[str, Any], spec: LayerSpec) -> None:
    root = f"/collections/{spec.id}/items"
    for method in EDITABLE.get(spec.id, ()):
        path = root if method == "POST" else f"{root}/{{featureId}}"
        parameters = [] if method == "POST" else _named("featureId", "If-Match")
        told = _operation(f"{spec.id}_{method.lower()}", _SAYS[method], spec.id, GEOJSON, *parameters)
        status = {"POST": "201", "DELETE": "204"}.get(method, "200")
        told["responses"] = {status: {"description": "Done."}, "default": told["responses"]["default"]}
        if method != "DELETE":
            kind = "application/merge-patch+json" if method == "PATCH" else GEOJSON
            told["requestBody"] = {
                "required": True,
                "content": {kind: {"schema": {"$ref": "#/components/schemas/Feature"}}},
            }
        paths[path][method.lower()] = told
