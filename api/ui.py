"""The built page: hashed assets that may be kept for ever, and an index that is asked for each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.compress import SMALLEST, Coding, accepted_coding, is_text, pack_well, tell_coding
from gis.errors import UnavailableError

STATIC = Path(__file__).parent / "static"
ASSETS = "assets"  # where Vite puts files whose names hold a hash of their content
FOR_EVER = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"


class Assets(StaticFiles):
    """Static files with one Cache-Control for all, scripts and styles compressed as far as it goes and kept so."""

    def __init__(self, directory: Path, cache_control: str) -> None:
        super().__init__(directory=directory)
        self.cache_control = cache_control
        self._packed: dict[tuple[Path, int, Coding], bytes] = {}

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - passed through to Starlette
        """Answer with one file or 304."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = self.cache_control
        return response

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file, compressed where that is worth it and no part is asked for; 404 for folders too."""
        response = await super().get_response(path, scope)
        asked = Headers(scope=scope)
        coding = accepted_coding(asked.get("accept-encoding", ""))
        if not isinstance(response, FileResponse) or response.stat_result is None or "range" in asked or coding is None:
            return response
        size, changed = response.stat_result.st_size, response.stat_result.st_mtime_ns
        if size < SMALLEST or not is_text(response.media_type or ""):
            return response
        packed = await self._pack(Path(response.path), changed, coding)
        headers = MutableHeaders(raw=response.raw_headers)
        headers["content-length"] = str(len(packed))
        headers.add_vary_header("Accept-Encoding")
        tell_coding(headers, coding)
        answer = Response(b"" if scope["method"] == "HEAD" else packed)
        answer.raw_headers = headers.raw
        return answer

    async def _pack(self, path: Path, changed: int, coding: Coding) -> bytes:
        key = (path, changed, coding)
        if key not in self._packed:
            self._packed[key] = await run_in_threadpool(lambda: pack_well(path.read_bytes(), coding))
        return self._packed[key]


def install(app: FastAPI, static: Path = STATIC) -> None:
    """Serve what `make web` built; without it the page says how to build it.

    Parameters
    ----------
    app : FastAPI
    static : Path
        Folder with ``index.html``.
    """

    async def index(_request: Request) -> Response:
        page = static / "index.html"
        if not page.is_file():
            raise UnavailableError("The page has not been built; run `make web`, then start again.")
        return FileResponse(page, headers={"Cache-Control": ASK_EACH_TIME})

    routes = app.router.routes
    routes.append(Route("/", index, methods=["GET", "HEAD"], name="page"))
    if not static.is_dir():
        return
    for entry in sorted(static.iterdir()):
        if entry.name.startswith(".") or entry.name == "index.html":
            continue
        if entry.is_dir():
            cache_control = FOR_EVER if entry.name == ASSETS else ASK_EACH_TIME
            routes.append(Mount(f"/{entry.name}", Assets(entry, cache_control), name=f"static-{entry.name}"))
        else:
            routes.append(Route(f"/{entry.name}", _file(entry), methods=["GET", "HEAD"], name=f"static-{entry.name}"))


def _file(path: Path) -> Any:  # noqa: ANN401 - an endpoint
    async def endpoint(_request: Request) -> Response:
        return FileResponse(path, headers={"Cache-Control": ASK_EACH_TIME})

    return endpoint
