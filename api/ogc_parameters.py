"""Parameters and links of the OGC API: what is unknown or makes no sense is a 400, never ignored."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.datastructures import Headers

from api.problems import BadRequestError
from services.layers import Look


def base_of(request: Request) -> str:
    """Return the address of the landing page, without a slash at its end."""
    return f"{str(request.base_url).rstrip('/')}/ogc"


def link(relation: str, href: str, media_type: str, *, title: str = "", templated: bool = False) -> dict[str, Any]:
    """Build one link."""
    made: dict[str, Any] = {"rel": relation, "href": href, "type": media_type}
    if title:
        made["title"] = title
    if templated:
        made["templated"] = True
    return made


def only_parameters(request: Request, *known: str, formats: tuple[str, ...] = ("json",)) -> None:
    """Refuse parameters that this address does not know, or that come twice, and formats that it does not write.

    Raises
    ------
    BadRequestError
    """
    given = [name for name, _ in request.query_params.multi_items()]
    strange = sorted({name for name in given if name not in known})
    if strange:
        raise BadRequestError(
            f"Unknown parameter: {', '.join(strange)}. This address takes: {', '.join(known) or 'none'}.",
            parameters=strange,
        )
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        raise BadRequestError(f"Parameter given more than once: {', '.join(twice)}.", parameters=twice)
    if request.query_params.get("f", formats[0]) not in formats:
        raise BadRequestError(f"'f' is one of {', '.join(formats)}.", parameter="f")


async def requested_look(request: Request) -> Look:
    """Read ``plan`` and ``territory``."""
    return Look(_uuid(request, "plan"), _uuid(request, "territory"))


def _uuid(request: Request, name: str) -> UUID | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise BadRequestError(f"'{name}' is a UUID, not '{text[:60]}'.", parameter=name) from error


def known_tags(request: Request) -> frozenset[str]:
    """Return the tags of If-None-Match, without marks of weakness."""
    return tags_in(request.headers)


def tags_in(headers: Headers) -> frozenset[str]:
    """Return the tags of If-None-Match, without marks of weakness.

    Examples
    --------
    >>> sorted(tags_in(Headers({"if-none-match": 'W/"7-ab", "8"'})))
    ['7-ab', '8']
    """
    parts = (part.strip() for header in headers.getlist("if-none-match") for part in header.split(","))
    return frozenset(part.removeprefix("W/").strip('"') for part in parts if part)
