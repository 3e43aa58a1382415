"""Query parameters that an address does not take: `?staus=open` is a slip that must not list everything.

Under /ogc the parameters of a collection decide (`api.ogc_parameters`); Open311 clients may send what they like.
"""

from __future__ import annotations

from difflib import get_close_matches

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel

from api.problems import BadRequestError

CHECKED = "/api/v1/"
_declared: dict[str, frozenset[str]] = {}


async def only_known(request: Request) -> None:
    """Refuse parameters in the query that the route does not declare.

    Raises
    ------
    BadRequestError
    """
    if not request.scope["query_string"] or not request.scope["path"].startswith(CHECKED):
        return
    known = declared(request.scope["route"])
    strange = sorted({name for name in request.query_params if name not in known})
    if strange:
        meant = [close for name in strange for close in get_close_matches(name[:60], known, 1)]
        words = f" Did you mean {', '.join(meant)}?" if meant else ""
        raise BadRequestError(
            f"Unknown parameter: {', '.join(name[:60] for name in strange[:10])}.{words}"
            f" This address takes: {', '.join(sorted(known)) or 'none'}.",
            parameters=[name[:60] for name in strange[:10]],
        )


def declared(route: APIRoute) -> frozenset[str]:
    """Return the names of all query parameters of a route and of what it depends on."""
    known = _declared.get(route.unique_id)
    if known is None:
        names: set[str] = set()
        waiting = [route.dependant]
        while waiting:
            each = waiting.pop()
            waiting.extend(each.dependencies)
            for field in each.query_params:
                names.update(_names(field.field_info.annotation, field.alias))
        known = _declared[route.unique_id] = frozenset(names)
    return known


def _names(asked: object, alias: str) -> list[str]:
    """Return the names in one declaration: a model of parameters declares many."""
    if isinstance(asked, type) and issubclass(asked, BaseModel):
        return [field.alias or name for name, field in asked.model_fields.items()]
    return [alias]
