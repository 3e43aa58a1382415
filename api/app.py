"""Build the application: settings, database, routers, middleware. The wiring of the server."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from types import ModuleType

from fastapi import APIRouter, Depends, FastAPI

from api import description, gates, problems, tiles, ui
from api.compress import Compress
from api.deps import Wiring, signed_in
from api.figures import Figures
from api.haste import WallClock
from api.hosts import KnownHosts
from api.methods import LiteralFirst, literal_methods
from api.middleware import MOST_UNASKED, BodyLimit, Crowd, RequestContext
from api.queries import only_known
from api.turns import Turns
from api.unchanged import Unchanged
from services.basemaps import open_basemaps
from services.logs import configure_logs
from services.settings import Settings, database_urls
from store.database.engine import Database

# one router per feature; those that let people in before they are signed in see to that themselves. An address is
# looked for from the first on, a route at a time, so what desks ask all day stands before what others ask now and then
ROUTERS = (
    "locate", "desk", "search", "duplicates", "incident_import", "incidents", "cases", "media", "notifications",
    "events", "jobs", "layers", "ogc", "tiles", "session", "alarms", "open311", "public_reports", "follow",
    "plan_edits", "plan_history", "plan_files", "plan_life", "plan_compare", "plans", "plan_quality", "presence",
    "accounts", "territories", "rivers", "nets", "grids", "coverage", "live_coverage", "coverage_compare", "facilities",
    "siting", "privacy_zones", "buildings", "area_changes", "staffing", "organisation", "organisation_staff",
    "organisation_shifts", "organisation_import", "plates", "cameras", "reports", "catalogue", "calendars",
    "basemaps", "audit", "health",
)  # fmt: skip
# where single photos are sent: a larger body is refused before it is read
PHOTO_DOORS = ("/api/v1/media", "/api/v1/public/")
# where a name and a password are sent, or a word: nobody needs to be signed in to knock
WORD_DOORS = ("/api/v1/session", "/api/v1/account/", "/api/v1/follow/")
OPEN = frozenset({"session", "health", "public_reports", "open311", "follow"})


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; nothing runs before its lifespan starts.

    Parameters
    ----------
    settings : Settings, optional
        Read from the environment when left out (one process of `gridward serve`).
    """
    if settings is None:
        settings = Settings.read()
        configure_logs(settings.logs.log_format, settings.logs.log_level)
    urls = database_urls(settings.database)
    chosen = settings.database
    database = Database(
        urls.app,
        urls.owner,
        pool_size=chosen.pool_size,
        lane_size=chosen.tile_connections,
        statement_timeout_s=chosen.statement_timeout_s,
        time_zone=settings.cases.time_zone,
        # a private cluster is ours to start again when somebody killed it
        revive=None if chosen.database_url else lambda: database_urls(chosen),
    )
    figures = Figures()
    database.on_connections(figures.connections.inc, figures.connections.dec)
    wiring = Wiring(settings, database, figures)
    grounds = wiring.parts["basemaps"] = open_basemaps(settings.maps.basemaps)
    app = FastAPI(
        title="Gridward",
        version=version("gridward"),
        summary="Grids, staff, cameras, incidents and coverage of a city or county.",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        separate_input_output_schemas=False,
    )
    app.state.wiring = wiring
    problems.install(app)
    for module in _modules():
        guard = [] if module.__name__.rpartition(".")[2] in OPEN else [Depends(signed_in)]
        router: APIRouter = module.router
        app.include_router(router, dependencies=[*guard, Depends(only_known)])
    description.install(app)
    ui.install(app)
    _wrap(app, settings, figures, origins=grounds.origins)
    return app


def _wrap(app: FastAPI, settings: Settings, figures: Figures, *, origins: Sequence[str]) -> None:
    """Put around the routes what every request passes through, the innermost first."""
    app.add_middleware(LiteralFirst, methods=literal_methods(app.router.routes))
    app.add_middleware(WallClock, limit_s=settings.http.request_timeout_s)
    app.add_middleware(
        BodyLimit,
        limit=settings.http.max_body_mb * 2**20,
        # room for the words around a photo
        lower=dict.fromkeys(PHOTO_DOORS, settings.http.max_photo_mb * 2**20 + 2**16)
        | dict.fromkeys(WORD_DOORS, MOST_UNASKED)
        | {"/open311/": 4 * MOST_UNASKED},
    )
    app.add_middleware(Turns, free=(*WORD_DOORS, *gates.PUBLIC))
    app.add_middleware(Unchanged)
    app.add_middleware(Compress)
    app.add_middleware(tiles.QuickTiles)
    app.add_middleware(Crowd, most=settings.http.most_requests)
    app.add_middleware(KnownHosts, names=settings.http.server_names)
    app.add_middleware(RequestContext, figures=figures, secure=settings.http.secure, origins=origins)


def _modules() -> list[ModuleType]:
    return [importlib.import_module(f"api.{name}") for name in ROUTERS]


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Start the long-lived parts of each feature that has any (``running`` in its module), and stop them again."""
    wiring: Wiring = app.state.wiring
    async with AsyncExitStack() as stack:
        stack.callback(wiring.database.dispose)
        for module in _modules():
            running = getattr(module, "running", None)
            if running is not None:
                await stack.enter_async_context(running(wiring))
        yield
