"""Names that the server answers to: links in answers repeat the name a request came by, so it must be one of ours."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import problem

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Whoever looks after the machine itself always gets through."""


class KnownHosts:
    """Answer 421 to requests that came by a name that is none of the server's; without names every one is taken.

    Parameters
    ----------
    app : ASGIApp
    names : collection of str
        Host names, without ports; ``*.city.lan`` stands for all names below one.
    """

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self.app = app
        self.names = frozenset(name.lower() for name in names)
        self.below = tuple(name[1:] for name in self.names if name.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not self.names or self._is_ours(Headers(scope=scope).get("host", "")):
            await self.app(scope, receive, send)
            return
        answer = problem(
            421, "unknown-host", "This server does not go by that name; GRIDWARD_SERVER_NAMES lists those that it has."
        )
        await answer(scope, receive, send)

    def _is_ours(self, host: str) -> bool:
        name = host.lower()
        if not name.endswith("]"):
            name = name.rpartition(":")[0] or name
        name = name.rstrip(".")
        return name in self.names or name in LOOPBACK or name.endswith(self.below)
