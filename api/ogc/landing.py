"""Where everything is: landing page, conformance classes, tile matrix sets, and the style sheet of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.deps import Work
from api.ogc import html
from api.ogc.conformance import CONFORMS_TO
from api.ogc.formats import FORMATS, HTML, JSON, OPENAPI, answer, self_links
from api.ogc.words import ABOUT, said
from api.ogc_parameters import base_of, link, only_parameters
from api.tile_matrices import web_mercator_quad
from gis.errors import NotFoundError
from layers.spec import Lang

TITLE = "Gridward"
PAGES: dict[int | str, dict[str, Any]] = {200: {"content": {JSON: {}, HTML: {}}}}

router = APIRouter(prefix="/ogc", tags=["features"])


@router.get("", include_in_schema=False)
@router.get("/", response_class=Response, responses=PAGES, operation_id="get_landing_page")
def landing_page(request: Request, _work: Work) -> Response:
    """Return where everything is."""
    only_parameters(request, "f", formats=FORMATS)
    base = base_of(request)
    relation = "http://www.opengis.net/def/rel/ogc/1.0"
    body = {
        "title": TITLE,
        "description": ABOUT,
        "links": [
            *self_links(request, f"{base}/", JSON),
            link("service-desc", f"{base}/api", OPENAPI, title="Description for programs (OpenAPI 3.0)"),
            link("service-doc", f"{base}/api?f=html", HTML, title="Description for people"),
            link("conformance", f"{base}/conformance", JSON, title="Conformance classes"),
            link(f"{relation}/conformance", f"{base}/conformance", JSON),
            link("data", f"{base}/collections", JSON, title="Collections"),
            link(f"{relation}/data", f"{base}/collections", JSON),
            link(f"{relation}/tiling-schemes", f"{base}/tileMatrixSets", JSON, title="Tile matrix sets"),
        ],
    }

    def draw(told: Mapping[str, Any], lang: Lang) -> str:
        titled = [each for each in told["links"] if "title" in each]
        return html.page(
            TITLE, html.paragraph(said(ABOUT, lang)), html.links(titled, lang), crumbs=(), base=base, lang=lang
        )

    return answer(request, body, draw)


@router.get("/conformance", response_class=Response, responses=PAGES, operation_id="get_conformance")
def conformance(request: Request, _work: Work) -> Response:
    """Return the conformance classes that are fully met."""
    only_parameters(request, "f", formats=FORMATS)
    base = base_of(request)

    def draw(told: Mapping[str, Any], lang: Lang) -> str:
        rows = [(f"<code>{html.value(name)}</code>",) for name in told["conformsTo"]]
        listed = html.table(said("Conformance classes that are fully met", lang), [said("Class", lang)], rows)
        return html.page("Conformance", listed, crumbs=[(TITLE, f"{base}/?f=html")], base=base, lang=lang)

    return answer(request, {"conformsTo": list(CONFORMS_TO)}, draw)


@router.get("/page.css", include_in_schema=False)
def get_style_sheet() -> Response:
    """Return the style sheet of the pages."""
    return Response(html.style_sheet(), media_type="text/css", headers={"Cache-Control": "private, max-age=3600"})


@router.get("/tileMatrixSets", operation_id="list_tile_matrix_sets")
def list_tile_matrix_sets(request: Request, _work: Work) -> dict[str, Any]:
    """List the tile matrix sets: one."""
    only_parameters(request, "f")
    known = web_mercator_quad()
    address = f"{base_of(request)}/tileMatrixSets"
    listed = {name: known[name] for name in ("id", "title", "uri", "crs")}
    return {"tileMatrixSets": [{**listed, "links": [link("self", f"{address}/WebMercatorQuad", JSON)]}]}


@router.get("/tileMatrixSets/{matrix_set}", operation_id="get_tile_matrix_set")
def get_tile_matrix_set(request: Request, _work: Work, matrix_set: str) -> dict[str, Any]:
    """Describe a tile matrix set."""
    only_parameters(request, "f")
    if matrix_set != "WebMercatorQuad":
        raise NotFoundError(f"There is no tile matrix set '{matrix_set[:60]}'; there is: WebMercatorQuad.")
    return web_mercator_quad()
