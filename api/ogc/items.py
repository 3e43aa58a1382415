"""Features: pages and single ones, as GeoJSON or as a page to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Final

import orjson
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import URL
from starlette.responses import Response

from api.deps import Who, Wired, Work, work_for
from api.haste import patience_of
from api.middleware import route_of
from api.ogc import html
from api.ogc.collections import RELATION, Looking, crumbs
from api.ogc.formats import (
    FRESH,
    GEOJSON,
    HTML,
    ITEM_FORMATS,
    JSON,
    SCHEMA,
    page_answer,
    self_links,
    wanted_format,
    with_format,
)
from api.ogc.parameters import (
    COMMON,
    DEFAULT_CRS,
    LARGEST_ID,
    cursor_text,
    output_of,
    parameters_of,
    requested_crs,
    requested_query,
)
from api.ogc.words import language_of, said
from api.ogc_parameters import base_of, known_tags, link, only_parameters
from api.turns import step_aside
from gis.errors import NotFoundError
from layers.fields import FIELDS
from layers.spec import Lang, LayerSpec
from services.access import SignedIn
from services.features.reading import (
    EDITABLE,
    Crs,
    ItemPage,
    find_collection,
    known_systems,
    read_feature,
    read_page,
    read_page_quickly,
    visible_fields,
)
from services.layers import Look, view_of

ONE: Final = ("crs", *COMMON)
# what one statement answers without asking anything before
_SIMPLE: Final = frozenset({"bbox", "limit", "cursor", "datetime", "sortby", "properties", "skipGeometry", *COMMON})
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {GEOJSON: {}, HTML: {}}, "headers": {"Content-Crs": {"schema": {"type": "string"}}}},
    304: {"description": "Still true."},
}
_TEXT: Final = {"type": "string"}


def _asked(name: str, says: str, schema: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": says, "schema": dict(schema or _TEXT)}


@cache
def _described() -> list[dict[str, Any]]:
    """Return the parameters of items that are the same for every collection; `/ogc/api` has those of each."""
    number = {"type": "number"}
    return [
        _asked("bbox", "West, south, east, north.", {"type": "array", "items": number, "minItems": 4, "maxItems": 6})
        | {"style": "form", "explode": False},
        _asked("limit", "Features a page.", {"type": "integer", "minimum": 1, "default": 100}),
        _asked("datetime", "A moment, or start/end."),
        _asked("filter", "CQL2."),
        _asked("filter-lang", "Its language.", {"type": "string", "enum": ["cql2-text", "cql2-json"]}),
        _asked("sortby", "Names, with a minus for descending."),
        _asked("properties", "Names of the attributes to tell."),
        _asked("skipGeometry", "Leave the geometry out.", {"type": "boolean"}),
        *_common(),
    ]


@cache
def _common() -> list[dict[str, Any]]:
    uuid = {"type": "string", "format": "uuid"}
    return [
        _asked("crs", "Address of the reference system of the answer."),
        _asked("plan", "Show this plan.", uuid),
        _asked("territory", "Show this territory.", uuid),
        _asked("f", "Form of the answer.", {"type": "string", "enum": [*ITEM_FORMATS]}),
    ]


router = APIRouter(prefix="/ogc", tags=["features"])


@router.get(
    "/collections/{collection}/items",
    response_class=Response,
    responses=_ANSWERS,
    operation_id="list_items",
    openapi_extra={"parameters": _described()},
)
async def list_items(request: Request, who: Who, wired: Wired, look: Looking, collection: str) -> Response:
    """Return one page of features with a link to the next page."""
    fields = visible_fields(who.actor, collection)
    only_parameters(request, *parameters_of(fields), formats=ITEM_FORMATS)
    if wanted_format(request) == "json" and _SIMPLE.issuperset(request.query_params):
        query, crs = requested_query(request, fields, list)
        if not query.wanted:  # `plan` is an attribute of some features, too
            step_aside(request.scope)
            tags = known_tags(request)
            read = partial(read_page_quickly, views=wired.views, collection=collection, query=query, look=look)
            patience_s = patience_of(request.method, route_of(request.scope), wired.settings.database)
            found = await wired.database.quick(who.actor, patience_s, partial(read, known_tags=tags))
            return _listed(request, collection, found, crs)
    return await run_in_threadpool(_list_by_work, request, who, look, collection)


def _list_by_work(request: Request, who: SignedIn, look: Look, collection: str) -> Response:
    """Answer what takes more than one statement, or is a page to read."""
    with work_for(request, who) as work:
        query, crs = requested_query(request, visible_fields(who.actor, collection), partial(_systems, work, look))
        as_page = wanted_format(request) == "html"
        tags = frozenset() if as_page else known_tags(request)
        found = read_page(work, collection, query, look=look, known_tags=tags)
    if not as_page:
        return _listed(request, collection, found, crs)
    base = base_of(request)
    told = _collection_of(request, f"{base}/collections/{collection}", found)
    told["features"] = orjson.loads(b"[%b]" % found.features)
    lang = language_of(request)
    label = said("Map of the features: {name}", lang).format(name=getattr(find_collection(collection).title, lang))
    drawn = ""
    if query.geometry and told["features"]:
        drawn = _map(request, f"{base}/collections/{collection}/items", told["features"], crs, label)
    page = _page(told, collection, base, lang, drawn)
    return page_answer(page, lang, _headers(request, collection, crs))


def _map(request: Request, address: str, features: Sequence[Mapping[str, Any]], crs: Crs, label: str) -> str:
    """Return a map of what a page shows, which gets the same as GeoJSON in longitude and latitude."""
    shown = str(URL(with_format(request, address, "json")).remove_query_params(["crs", "properties"]))
    return html.map_of(features if crs == DEFAULT_CRS else (), shown, label, language_of(request))


def _headers(request: Request, collection: str, crs: Crs) -> dict[str, str]:
    """Return the headers of a page of features: its reference system, and what may be asked by."""
    asked_by = f"{base_of(request)}/collections/{collection}/queryables"
    told = f'<{asked_by}>; rel="{RELATION}/queryables"; type="{SCHEMA}"'
    return {**FRESH, "Content-Crs": f"<{crs.uri}>", "Link": told}


def _listed(request: Request, collection: str, found: ItemPage, crs: Crs) -> Response:
    headers = {**_headers(request, collection, crs), "ETag": f'W/"{found.tag}"'}
    if found.unchanged:
        return Response(status_code=304, headers=headers)
    head = orjson.dumps(_collection_of(request, f"{base_of(request)}/collections/{collection}", found))
    body = b"".join((head[:-1], b',"features":[', found.features, b"]}"))
    return Response(body, media_type=GEOJSON, headers=headers)


def _systems(work: Work, look: Look) -> list[Crs]:
    return known_systems(work, view_of(work, look))


def _collection_of(request: Request, address: str, found: ItemPage) -> dict[str, Any]:
    here = URL(f"{address}/items").replace(query=request.url.query)
    links = [*self_links(request, f"{address}/items", GEOJSON), link("collection", address, JSON)]
    if found.following is not None:
        following = str(here.include_query_params(cursor=cursor_text(found.following)))
        links.append(link("next", following, HTML if wanted_format(request) == "html" else GEOJSON))
    told: dict[str, Any] = {
        "type": "FeatureCollection",
        "links": links,
        "numberReturned": found.count,
        "timeStamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    if found.following is None and "cursor" not in request.query_params:
        # the only page: here the number costs nothing
        told["numberMatched"] = found.count
    return told


def _page(told: Mapping[str, Any], collection: str, base: str, lang: Lang, drawn: str) -> str:
    spec = find_collection(collection)
    features = told["features"]
    names = [each.name for each in FIELDS[collection] if any(each.name in f["properties"] for f in features)]
    address = f"{base}/collections/{collection}/items"
    rows = [
        (
            html.anchor(each["id"], f"{address}/{each['id']}?f=html"),
            *(html.value(each["properties"].get(n), lang) for n in names),
        )
        for each in features
    ]
    onward = [{**each, "title": "Next page"} for each in told["links"] if each["rel"] == "next"]
    others = [each for each in told["links"] if each["rel"] == "alternate"]
    # names as in queries and in JSON; who reads Chinese is told what they mean
    heads = names if lang == "en" else [each.title.zh for each in FIELDS[collection] if each.name in names]
    name = getattr(spec.title, lang)
    parts = (
        html.paragraph(said("{n} features on this page.", lang).format(n=told["numberReturned"])),
        drawn,
        html.table(name, [said("Feature", lang), *heads], rows),
        html.links([*onward, *others], lang),
    )
    return html.page("Features", *parts, crumbs=crumbs(base, spec), base=base, lang=lang, drawn=bool(drawn))


@router.get(
    "/collections/{collection}/items/{fid}",
    response_class=Response,
    responses=_ANSWERS,
    operation_id="get_item",
    openapi_extra={"parameters": _common()},
)
def get_item(request: Request, work: Work, look: Looking, collection: str, fid: str) -> Response:
    """Return one feature; the tag of one that can be edited goes into If-Match."""
    spec = find_collection(collection)
    only_parameters(request, *ONE, formats=ITEM_FORMATS)
    crs = requested_crs(request, "crs", partial(_systems, work, look))
    feature, tag = read_feature(work, collection, feature_id(collection, fid), look=look, crs=output_of(crs))
    as_page = wanted_format(request) == "html"
    headers = {**FRESH, "Content-Crs": f"<{crs.uri}>"}
    if not as_page:
        # If-Match wants a strong tag; that of a feature that can be edited holds its revision
        headers["ETag"] = f'"{tag}"' if collection in EDITABLE else f'W/"{tag}"'
        if tag in known_tags(request):
            return Response(status_code=304, headers=headers)
        return Response(
            with_links(feature, feature_links(request, collection, fid)), media_type=GEOJSON, headers=headers
        )
    told, label = orjson.loads(feature), said("Map of feature {fid}", language_of(request)).format(fid=fid)
    address = f"{base_of(request)}/collections/{collection}/items/{fid}"
    drawn = _map(request, address, [told], crs, label) if told["geometry"] else ""
    return _feature_page(request, spec, told, drawn, headers)


def _feature_page(
    request: Request, spec: LayerSpec, told: Mapping[str, Any], drawn: str, headers: Mapping[str, str]
) -> Response:
    base, lang, fid = base_of(request), language_of(request), told["id"]
    address = f"{base}/collections/{spec.id}/items"
    titles = {each.name: getattr(each.title, lang) for each in FIELDS[spec.id]}
    rows = [(html.value(titles[name]), html.value(each, lang)) for name, each in told["properties"].items()]
    others = [each for each in feature_links(request, spec.id, fid) if each["rel"] == "alternate"]
    parts = (
        drawn,
        html.table(said("Attributes", lang), [said("Name", lang), said("Value", lang)], rows),
        html.links(others, lang),
    )
    way = [*crumbs(base, spec), ("Features", f"{address}?f=html")]
    title = said("Feature {fid}", lang).format(fid=fid)
    return page_answer(html.page(title, *parts, crumbs=way, base=base, lang=lang, drawn=bool(drawn)), lang, headers)


def feature_links(request: Request, collection: str, fid: int | str) -> list[dict[str, Any]]:
    """Return the links of one feature."""
    address = f"{base_of(request)}/collections/{collection}"
    return [*self_links(request, f"{address}/items/{fid}", GEOJSON), link("collection", address, JSON)]


def with_links(feature: str, links: Sequence[Mapping[str, Any]]) -> bytes:
    """Return a feature's text with its links."""
    return feature[:-1].encode() + b',"links":' + orjson.dumps(links) + b"}"


def feature_id(collection: str, fid: str) -> int:
    """Read the id of a feature.

    Raises
    ------
    NotFoundError
        It is no number: no feature has such an id.
    """
    if not (fid.isascii() and fid.isdigit() and len(fid) < 20 and int(fid) <= LARGEST_ID):
        raise NotFoundError(f"'{collection}' has no feature '{fid[:60]}'.", collection=collection)
    return int(fid)


@router.options("/collections/{collection}/items", operation_id="items_options", status_code=204)
def items_options(request: Request, _work: Work, collection: str) -> Response:
    """Tell what can be done with the features of a collection."""
    only_parameters(request)
    return _allowing("GET", *(way for way in EDITABLE.get(find_collection(collection).id, ()) if way == "POST"))


@router.options("/collections/{collection}/items/{fid}", operation_id="item_options", status_code=204)
def item_options(request: Request, _work: Work, collection: str, fid: str) -> Response:
    """Tell what can be done with one feature."""
    only_parameters(request)
    feature_id(collection, fid)
    return _allowing("GET", *(way for way in EDITABLE.get(find_collection(collection).id, ()) if way != "POST"))


def _allowing(*methods: str) -> Response:
    return Response(status_code=204, headers={"Allow": ", ".join([*methods, "OPTIONS"])})
