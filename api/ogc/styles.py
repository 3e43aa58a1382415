"""The look of one collection: a MapLibre style that any map can use by itself."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from api.deps import Work
from api.ogc.collections import Looking
from api.ogc.formats import FRESH, JSON, STYLE
from api.ogc_parameters import base_of, link, only_parameters
from gis.errors import NotFoundError
from layers.palette import THEMES
from layers.style import collection_style
from services.features.reading import find_collection
from services.layers import attribution_of

router = APIRouter(prefix="/ogc", tags=["features"])


@router.get("/collections/{collection}/styles", operation_id="list_styles")
def list_styles(request: Request, _work: Work, collection: str) -> dict[str, Any]:
    """List the styles of a collection."""
    only_parameters(request, "f")
    spec = find_collection(collection)
    address = f"{base_of(request)}/collections/{spec.id}/styles"
    return {
        "links": [link("self", address, JSON)],
        "default": THEMES[0],
        "styles": [
            {
                "id": theme,
                "title": f"{spec.title.en}, {theme}",
                "links": [link("stylesheet", f"{address}/{theme}", STYLE)],
            }
            for theme in THEMES
        ],
    }


@router.get("/collections/{collection}/styles/{style}", response_class=Response, operation_id="get_collection_style",
            responses={200: {"content": {STYLE: {}}}})  # fmt: skip
def get_style(request: Request, work: Work, look: Looking, collection: str, style: str) -> Response:
    """Return the MapLibre style of one collection, light or dark."""
    only_parameters(request, "f", "plan", "territory")
    spec = find_collection(collection)
    theme = next((theme for theme in THEMES if theme == style), None)
    if theme is None:
        raise NotFoundError(f"There is no style '{style[:60]}'; there are: {', '.join(THEMES)}.", known=list(THEMES))
    given = {name: value for name, value in request.query_params.items() if name != "f"}
    query = "?" + "&".join(f"{name}={value}" for name, value in given.items()) if given else ""
    told = collection_style(
        spec, theme, base=base_of(request).removesuffix("/ogc"), attribution=attribution_of(work, look), query=query
    )
    return Response(orjson.dumps(told), media_type=STYLE, headers=FRESH)
