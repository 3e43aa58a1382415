"""Collections: what there is, in which reference systems, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.deps import Wired, Work
from api.ogc import html
from api.ogc.formats import FORMATS, FRESH, GEOJSON, HTML, JSON, SCHEMA, STYLE, answer, self_links
from api.ogc.landing import PAGES, TITLE
from api.ogc.words import said
from api.ogc_parameters import base_of, link, only_parameters, requested_look
from layers.catalogue import COLLECTIONS, LAYERS
from layers.fields import PLACE, feature_schema_of, schema_of
from layers.spec import Group, Lang, LayerSpec
from services.features.reading import CRS84, Crs, find_collection, known_systems, visible_fields
from services.layers import Look, view_of

RELATION: Final = "http://www.opengis.net/def/rel/ogc/1.0"
TILED: Final = frozenset(spec.id for spec in LAYERS)
_COLUMNS: Final = ("Name", "Type", "What it is")
_DESKS: Final[dict[Group, str]] = {
    "base": "coverage", "grids": "planner", "cameras": "coverage", "incidents": "dispatch",
}  # fmt: skip

router = APIRouter(prefix="/ogc", tags=["features"])
Looking = Annotated[Look, Depends(requested_look)]


@router.get("/collections", response_class=Response, responses=PAGES, operation_id="list_collections")
def list_collections(request: Request, work: Work, wired: Wired, look: Looking) -> Response:
    """Return every collection."""
    only_parameters(request, "f", "plan", "territory", formats=FORMATS)
    view = view_of(work, look)
    base = base_of(request)
    systems = known_systems(work, view)
    boxes = wired.extents.read(work, [spec.id for spec in COLLECTIONS], view)
    body = {
        "links": self_links(request, f"{base}/collections", JSON),
        "crs": [each.uri for each in systems],
        "collections": [described(spec, base, boxes[spec.id], systems) for spec in COLLECTIONS],
    }

    def draw(told: Mapping[str, Any], lang: Lang) -> str:
        rows = [
            (
                html.anchor(said(each["title"], lang), f"{base}/collections/{each['id']}?f=html"),
                html.value(each["description"]),
            )
            for each in told["collections"]
        ]
        listed = html.table(said("Collections", lang), [said("Name", lang), said("What it is", lang)], rows)
        return html.page("Collections", listed, crumbs=[(TITLE, f"{base}/?f=html")], base=base, lang=lang)

    return answer(request, body, draw)


@router.get("/collections/{collection}", response_class=Response, responses=PAGES, operation_id="get_collection")
def get_collection(request: Request, work: Work, wired: Wired, look: Looking, collection: str) -> Response:
    """Return one collection with the extent of its features."""
    only_parameters(request, "f", "plan", "territory", formats=FORMATS)
    spec = find_collection(collection)
    base = base_of(request)
    address = f"{base}/collections/{spec.id}"
    view = view_of(work, look)
    box = wired.extents.read(work, [spec.id], view)[spec.id]
    body = described(spec, base, box, known_systems(work, view))
    body["links"] = [*self_links(request, address, JSON), *body["links"][1:]]

    def draw(told: Mapping[str, Any], lang: Lang) -> str:
        fields = [
            (html.value(each.name), said(each.kind, lang), html.value(getattr(each.title, lang)))
            for each in visible_fields(work.actor, collection)
        ]
        parts = (
            html.paragraph(told["description"]),
            f"<p>{html.anchor(said('Features', lang), f'{address}/items?f=html')}</p>",
            _on_the_desk(spec, base, box, lang),
            html.table(said("What can be asked by", lang), [said(each, lang) for each in _COLUMNS], fields),
            html.links(told["links"], lang),
        )
        return html.page(spec.title.en, *parts, crumbs=crumbs(base), base=base, lang=lang)

    return answer(request, body, draw)


def _on_the_desk(spec: LayerSpec, base: str, box: tuple[float, ...] | None, lang: Lang) -> str:
    """Return a link to the map desk with this layer on it, as near as its marks need; empty where it is on no map."""
    if spec.id not in TILED or box is None:
        return ""
    shown = "grids" if spec.id == "grid_labels" else spec.id
    place = f"{spec.min_zoom + 1}/{(box[1] + box[3]) / 2:.5f}/{(box[0] + box[2]) / 2:.5f}"
    address = f"{base.removesuffix('/ogc')}/#/{_DESKS[spec.group]}?map={place}&layers={shown}"
    return f"<p>{html.anchor(said('Show on the map desk', lang), address)}</p>"


def crumbs(base: str, spec: LayerSpec | None = None) -> list[html.Crumb]:
    """Return the way from the landing page to the list of collections, or on to one of them."""
    way = [(TITLE, f"{base}/?f=html"), ("Collections", f"{base}/collections?f=html")]
    return way if spec is None else [*way, (spec.title.en, f"{base}/collections/{spec.id}?f=html")]


def described(spec: LayerSpec, base: str, box: tuple[float, ...] | None, systems: Sequence[Crs]) -> dict[str, Any]:
    """Describe a collection."""
    address = f"{base}/collections/{spec.id}"
    told: dict[str, Any] = {
        "id": spec.id,
        "title": spec.title.en,
        "description": f"{spec.title.en} ({spec.title.zh})",
        "itemType": "feature",
        "crs": [each.uri for each in systems],
        "storageCrs": CRS84,
        "links": [
            link("self", address, JSON, title=spec.title.en),
            link("items", f"{address}/items", GEOJSON, title=spec.title.en),
            link("items", f"{address}/items?f=html", HTML, title=f"{spec.title.en} as a page"),
            link(f"{RELATION}/queryables", f"{address}/queryables", SCHEMA, title="What can be asked by"),
            link(f"{RELATION}/sortables", f"{address}/sortables", SCHEMA, title="What can be sorted by"),
            link(f"{RELATION}/schema", f"{address}/schema", SCHEMA, title="What a feature holds"),
            # names of relations know no case (RFC 8288), but GDAL does
            link("describedBy", f"{address}/schemas/feature", SCHEMA, title="A feature in GeoJSON"),
            link(f"{RELATION}/styles", f"{address}/styles", JSON, title="Styles"),
            link("stylesheet", f"{address}/styles/light", STYLE, title="Map style (MapLibre)"),
        ],
    }
    if spec.id in TILED:
        told["links"] += [
            link(f"{RELATION}/tilesets-vector", f"{address}/tiles", JSON, title="Vector tiles"),
            link("describedby", f"{address}/tiles/WebMercatorQuad", JSON, title="TileJSON"),
        ]
    if box is not None:
        told["extent"] = {"spatial": {"bbox": [[round(side, 7) for side in box]], "crs": CRS84}}
    return told


@router.get("/collections/{collection}/queryables", response_class=Response, operation_id="get_queryables",
            responses={200: {"content": {SCHEMA: {}, HTML: {}}}})  # fmt: skip
def get_queryables(request: Request, work: Work, collection: str) -> Response:
    """Return what the features of a collection can be asked by, as JSON Schema."""
    return _schema(request, work, collection, "queryables", queryables=True)


@router.get("/collections/{collection}/sortables", response_class=Response, operation_id="get_sortables",
            responses={200: {"content": {SCHEMA: {}, HTML: {}}}})  # fmt: skip
def get_sortables(request: Request, work: Work, collection: str) -> Response:
    """Return what the features of a collection can be sorted by, as JSON Schema."""
    return _schema(request, work, collection, "sortables", queryables=True)


@router.get("/collections/{collection}/schema", response_class=Response, operation_id="get_schema",
            responses={200: {"content": {SCHEMA: {}, HTML: {}}}})  # fmt: skip
def get_schema(request: Request, work: Work, collection: str) -> Response:
    """Return what a feature of a collection holds, as JSON Schema."""
    return _schema(request, work, collection, "schema", queryables=False)


@router.get("/collections/{collection}/schemas/feature", response_class=Response, operation_id="get_feature_schema",
            responses={200: {"content": {SCHEMA: {}}}})  # fmt: skip
def get_feature_schema(request: Request, work: Work, collection: str) -> Response:
    """Return what a feature of a collection looks like in GeoJSON, as JSON Schema."""
    only_parameters(request, "f")
    spec = find_collection(collection)
    address = f"{base_of(request)}/collections/{spec.id}/schemas/feature"
    body = feature_schema_of(spec, visible_fields(work.actor, collection), address)
    return Response(orjson.dumps(body), media_type=SCHEMA, headers=FRESH)


def _schema(request: Request, work: Work, collection: str, kind: str, *, queryables: bool) -> Response:
    only_parameters(request, "f", formats=FORMATS)
    spec = find_collection(collection)
    base = base_of(request)
    fields = visible_fields(work.actor, collection)
    body = schema_of(spec, fields, f"{base}/collections/{spec.id}/{kind}", queryables=queryables)
    if kind == "sortables":
        body["properties"].pop(PLACE)
    titles = {each.name: each.title for each in fields}

    def draw(told: Mapping[str, Any], lang: Lang) -> str:
        rows = [
            (
                html.value(name),
                said(each.get("type", each.get("format")), lang),
                html.value(getattr(titles[name], lang) if name in titles else said(each["title"], lang)),
            )
            for name, each in told["properties"].items()
        ]
        named = kind.capitalize()
        caption = f"{getattr(spec.title, lang)} · {said(named, lang)}"
        listed = html.table(caption, [said(each, lang) for each in _COLUMNS], rows)
        return html.page(named, listed, crumbs=crumbs(base, spec), base=base, lang=lang)

    return answer(request, body, draw, media_type=SCHEMA)
