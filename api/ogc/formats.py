"""JSON or a page to read: which of the two a client wants, and the answer in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import orjson
from fastapi import Request
from starlette.datastructures import URL
from starlette.responses import Response

from api.languages import CONTENT_LANGUAGE
from api.ogc.words import language_of
from api.ogc_parameters import link
from layers.spec import Lang

JSON: Final = "application/json"
GEOJSON: Final = "application/geo+json"
SCHEMA: Final = "application/schema+json"
HTML: Final = "text/html"
OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.0"
STYLE: Final = "application/vnd.mapbox.style+json"
FORMATS: Final = ("json", "html")
ITEM_FORMATS: Final = ("json", "geojson", "html")
FRESH: Final = {"Cache-Control": "private, no-cache", "Vary": "Accept, Accept-Encoding, Authorization, Cookie"}


Format = Literal["json", "html"]
Draw = Callable[[Mapping[str, Any], Lang], str]


def wanted_format(request: Request) -> Format:
    """Return what the client wants: by ``f``, else by its Accept header; whoever does not say gets JSON."""
    named = request.query_params.get("f")
    if named is not None:
        return "html" if named == "html" else "json"
    return "html" if _prefers_html(request.headers.get("accept", "")) else "json"


def _prefers_html(accept: str) -> bool:
    """Whether text/html is asked for by name and more than JSON is.

    Examples
    --------
    >>> _prefers_html("text/html,application/xml;q=0.9,*/*;q=0.8"), _prefers_html("*/*")
    (True, False)
    """
    weights: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, *options = (piece.strip() for piece in part.split(";"))
        weight = next((option[2:] for option in options if option.startswith("q=")), "1")
        try:
            weights[name] = float(weight)
        except ValueError:
            weights[name] = 0.0
    plain = max((weights.get(name, 0.0) for name in (JSON, GEOJSON, SCHEMA)), default=0.0)
    return weights.get(HTML, 0.0) > plain


def with_format(request: Request, address: str, form: str) -> str:
    """Return the address of this very page in another form, every other parameter kept."""
    here = URL(address).replace(query=request.url.query)
    return str(here.include_query_params(f=form))


def self_links(request: Request, address: str, media_type: str) -> list[dict[str, Any]]:
    """Return the links to this page as it is, and in its other form."""
    as_html = wanted_format(request) == "html"
    here = str(URL(address).replace(query=request.url.query))
    plain, page = (with_format(request, address, form) for form in FORMATS)
    if as_html:
        return [link("self", here, HTML), link("alternate", plain, media_type, title="JSON")]
    return [link("self", here, media_type), link("alternate", page, HTML, title="HTML")]


def answer(
    request: Request,
    body: Mapping[str, Any],
    draw: Draw,
    *,
    media_type: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer in the form that the client wants.

    Parameters
    ----------
    request : Request
    body : mapping
        The JSON answer.
    draw : callable
        Makes the page of it, in the language that the reader wants.
    media_type : str
        Of the JSON answer.
    headers : mapping, optional
    """
    given = {**FRESH, **(headers or {})}
    if wanted_format(request) == "html":
        lang = language_of(request)
        return page_answer(draw(body, lang), lang, given)
    return Response(orjson.dumps(body), media_type=media_type, headers=given)


def page_answer(page: str, lang: Lang, headers: Mapping[str, str] = FRESH) -> Response:
    """Answer a page to read and say its language."""
    told = {**headers, "Content-Language": CONTENT_LANGUAGE[lang], "Vary": f"{FRESH['Vary']}, Accept-Language"}
    return Response(page, media_type=HTML, headers=told)
