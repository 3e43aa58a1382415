"""Edit features (OGC API Features Part 4): add, replace, change, remove; what was read goes into If-Match."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import Response

from api.deps import Work
from api.ogc.collections import Looking
from api.ogc.formats import FRESH, GEOJSON
from api.ogc.items import feature_id, feature_links, with_links
from api.ogc.parameters import DEFAULT_CRS, crs_named
from api.ogc_parameters import base_of, only_parameters
from api.problems import BadRequestError
from gis.errors import InvalidInputError, RevisionRequiredError
from layers.fields import FIELDS
from services.features import editing
from services.features.editing import EDITORS, Place
from services.features.reading import EDITABLE, Crs, known_systems, read_feature
from services.layers import view_of

MERGE_PATCH: Final = "application/merge-patch+json"
_ONE: Final = ("plan", "territory")

router = APIRouter(prefix="/ogc", tags=["features"])


async def _raw(request: Request) -> bytes:
    """Return the body, whatever its content type says; OWSLib calls GeoJSON text/xml.

    Raises
    ------
    BadRequestError
        It is no JSON.
    """
    raw = await request.body()
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadRequestError(f"The body is not JSON: {error}.") from error
    return raw


async def _seen(
    header: Annotated[
        str | None, Header(alias="If-Match", description='Tag of the feature as it was read, such as "7-…".')
    ] = None,
) -> int:
    """Return the revision that a change is based on: what stands before the hyphen of the feature's tag."""
    if header is None or header.strip() == "*":
        # RFC 9110 lets `*` stand for whatever is there: a change by it would lose another's edit unseen (RFC 6585)
        why = "" if header is None else " '*' would change whatever is there, another's edit included."
        raise RevisionRequiredError(
            f"Send the tag (ETag) of the feature that you are changing in the header If-Match.{why}"
        )
    text = header.strip().removeprefix("W/").strip('"').partition("-")[0]
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidInputError('If-Match holds the tag of one feature, such as "7-…".', field="If-Match")
    return int(text)


async def _content_crs(
    header: Annotated[
        str | None, Header(alias="Content-Crs", description="Reference system of the geometry sent; else CRS84.")
    ] = None,
) -> str | None:
    return header


Raw = Annotated[bytes, Depends(_raw)]
Seen = Annotated[int, Depends(_seen)]
ContentCrs = Annotated[str | None, Depends(_content_crs)]


def _crs(work: Work, look: Looking, told: str | None) -> Crs:
    if told is None:
        return DEFAULT_CRS
    return crs_named(told.strip().strip("<>"), "Content-Crs", lambda: known_systems(work, view_of(work, look)))


def _answer(request: Request, work: Work, look: Looking, collection: str, fid: int, status: int) -> Response:
    feature, tag = read_feature(work, collection, fid, look=look)
    address = f"{base_of(request)}/collections/{collection}/items/{fid}"
    place = {"Location": address} if status == 201 else {"Content-Location": address}
    headers = {**FRESH, **place, "ETag": f'"{tag}"', "Content-Crs": f"<{DEFAULT_CRS.uri}>"}
    body = with_links(feature, feature_links(request, collection, fid))
    return Response(body, status, headers=headers, media_type=GEOJSON)


def _change(request: Request, work: Work, place: Place, raw: bytes, crs: Crs, *, whole: bool) -> Response:
    only_parameters(request, *_ONE)
    fid = editing.change_feature(work, place, raw, now=datetime.now(UTC), crs=crs, whole=whole)
    return _answer(request, work, place.look, place.collection, fid, 200)


def _add_routes(collection: str) -> None:
    """Add the routes that edit a collection: literal ones, so that others answer 405."""
    ways, path = EDITABLE[collection], f"/collections/{collection}/items"
    single = f"{path}/{{fid}}"
    body = _described(collection)

    def add(request: Request, work: Work, look: Looking, raw: Raw, crs: ContentCrs) -> Response:
        """Add a feature; the answer holds it as it was stored."""
        only_parameters(request, "territory")
        sent_in = _crs(work, look, crs)
        fid = editing.add_feature(work, collection, raw, look=look, now=datetime.now(UTC), crs=sent_in)
        return _answer(request, work, look, collection, fid, 201)

    def replace(  # noqa: PLR0917 - each comes from another part of the request
        request: Request, work: Work, look: Looking, fid: str, raw: Raw, revision: Seen, crs: ContentCrs
    ) -> Response:
        """Replace a feature: what is left out gets its default."""
        place = Place(collection, feature_id(collection, fid), revision, look)
        return _change(request, work, place, raw, _crs(work, look, crs), whole=True)

    def change(  # noqa: PLR0917 - each comes from another part of the request
        request: Request, work: Work, look: Looking, fid: str, raw: Raw, revision: Seen, crs: ContentCrs
    ) -> Response:
        """Change a feature: what is left out stays."""
        place = Place(collection, feature_id(collection, fid), revision, look)
        return _change(request, work, place, raw, _crs(work, look, crs), whole=False)

    def remove(request: Request, work: Work, look: Looking, fid: str, revision: Seen) -> Response:
        """Remove a feature."""
        only_parameters(request, *_ONE)
        place = Place(collection, feature_id(collection, fid), revision, look)
        editing.remove_feature(work, place, now=datetime.now(UTC))
        return Response(status_code=204)

    endpoints: dict[str, tuple[str, Callable[..., Response], int]] = {
        "POST": (path, add, 201),
        "PUT": (single, replace, 200),
        "PATCH": (single, change, 200),
        "DELETE": (single, remove, 204),
    }
    for way in ways:
        address, endpoint, status = endpoints[way]
        router.add_api_route(
            address,
            endpoint,
            methods=[way],
            status_code=status,
            response_class=Response,
            operation_id=f"{endpoint.__name__}_{collection}_item",
            openapi_extra=None if way == "DELETE" else body,
            responses={} if way == "DELETE" else {status: {"content": {GEOJSON: {}}}},
        )


def _described(collection: str) -> dict[str, Any]:
    """Describe the feature that is sent."""
    writable = [each for each in FIELDS[collection] if each.editable]
    properties = {each.name: {**each.schema(), "nullable": True} for each in writable}
    feature = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "geometry": {"type": "object"},
            "properties": {"type": "object", "properties": properties, "additionalProperties": False},
        },
    }
    content = {kind: {"schema": feature} for kind in (GEOJSON, MERGE_PATCH)}
    return {"requestBody": {"required": True, "content": content}}


for _collection in EDITORS:
    _add_routes(_collection)
