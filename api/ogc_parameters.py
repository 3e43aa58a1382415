"""Parameters and links of the OGC API: what is unknown or makes no sense is a 400, never ignored."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from fastapi import Request

from api.problems import BadRequestError
from services.layers import Look

Box = tuple[float, float, float, float]

LIMIT_DEFAULT: Final = 100
LIMIT_MAX: Final = 10_000
_LARGEST_ID: Final = 2**63 - 1


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


def only_parameters(request: Request, *known: str) -> None:
    """Refuse parameters that this address does not know, or that come twice.

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
    if request.query_params.get("f", "json") not in ("json", "geojson"):
        raise BadRequestError("The only format is JSON: leave out `f`, or send f=json.", parameter="f")


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
    header = request.headers.get("if-none-match", "")
    return frozenset(part.strip().removeprefix("W/").strip('"') for part in header.split(",") if part.strip())


def requested_limit(request: Request, default: int = LIMIT_DEFAULT) -> int:
    """Read ``limit``: a whole number from 1 to the maximum."""
    text = request.query_params.get("limit")
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= LIMIT_MAX):
        raise BadRequestError(f"'limit' is a whole number from 1 to {LIMIT_MAX}, not '{text[:60]}'.", parameter="limit")
    return int(text)


def requested_cursor(request: Request) -> int | None:
    """Read ``cursor``, the id after which the page begins."""
    text = request.query_params.get("cursor")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= _LARGEST_ID):
        raise BadRequestError("'cursor' is taken from a `next` link, not made up.", parameter="cursor")
    return int(text)


def requested_box(request: Request) -> Box | None:
    """Read ``bbox``: west, south, east, north in degrees; of six numbers the heights are ignored."""
    text = request.query_params.get("bbox")
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise BadRequestError("'bbox' is four numbers: west,south,east,north.", parameter="bbox") from error
    if len(numbers) not in (4, 6) or not all(math.isfinite(number) for number in numbers):
        raise BadRequestError("'bbox' is four finite numbers: west,south,east,north.", parameter="bbox")
    half = len(numbers) // 2
    west, south, east, north = numbers[0], numbers[1], numbers[half], numbers[half + 1]
    if west > east or south > north:
        raise BadRequestError("'bbox' is inverted: it is west,south,east,north.", parameter="bbox")
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        raise BadRequestError("'bbox' is outside the earth: degrees of longitude, then latitude.", parameter="bbox")
    return west, south, east, north


def requested_interval(request: Request) -> tuple[datetime | None, datetime | None]:
    """Read ``datetime``: an instant, or two separated by a slash where ``..`` or nothing is open."""
    text = request.query_params.get("datetime")
    if text is None:
        return None, None
    start, slash, end = text.partition("/")
    if not slash:
        moment = _instant(text)
        return moment, moment
    since, until = (None if part in ("", "..") else _instant(part) for part in (start, end))
    if (since is None and until is None) or (since is not None and until is not None and since > until):
        raise BadRequestError("'datetime' is an instant, or start/end with the start first.", parameter="datetime")
    return since, until


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequestError(
            "'datetime' is an RFC 3339 instant such as 2026-01-31T08:00:00Z, or two with a slash.", parameter="datetime"
        ) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
