"""Addresses that are no template's: ``/api/v1/plans/import`` is a place of its own and never the plan "import"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import problem


class LiteralFirst:
    """Answer 405 where an address has a path of its own that does not know the method.

    Without it a template that fits the address, too, would take the request, and complain of a strange id.

    Parameters
    ----------
    app : ASGIApp
    methods : mapping of str to set of str
        Methods by path, of `literal_methods`.
    """

    def __init__(self, app: ASGIApp, methods: Mapping[str, frozenset[str]]) -> None:
        self.app = app
        self.methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        known = self.methods.get(scope["path"]) if scope["type"] == "http" else None
        if known is None or scope["method"] in known:
            await self.app(scope, receive, send)
            return
        answer = problem(
            405,
            "method-not-allowed",
            f"{scope['method']} does not work here.",
            headers={"Allow": ", ".join(sorted(known))},
        )
        await answer(scope, receive, send)


def literal_methods(routes: Iterable[Any], *, below: str = "/api/v1/") -> dict[str, frozenset[str]]:
    """Return the methods of every path without a parameter.

    Parameters
    ----------
    routes : iterable of BaseRoute
        Of an application.
    below : str
        Beginning of the paths: collections of the OGC API share theirs with a template on purpose.
    """
    found: dict[str, set[str]] = {}
    for route in _walk(routes):
        if route.path.startswith(below) and "{" not in route.path:
            found.setdefault(route.path, set()).update(route.methods or ())
    return {path: frozenset(methods) for path, methods in found.items()}


def _walk(routes: Iterable[Any]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        else:
            # an included router, or a mounted application
            inner = getattr(route, "original_router", route)
            yield from _walk(getattr(inner, "routes", None) or [])
