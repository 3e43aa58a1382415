"""The catalogue of map layers and the map style built from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.deps import Work
from api.jobs import JobAnswer
from layers.spec import TILE_MAX_ZOOM
from layers.style import build_style
from services import jobs, layers, tile_export, tiles
from services.layers import Look

router = APIRouter(prefix="/api/v1", tags=["layers"])


class TilesWanted(BaseModel):
    """Layers to write to a file of tiles."""

    model_config = ConfigDict(extra="forbid")

    collections: Annotated[
        list[Annotated[str, Field(max_length=60)]], Field(max_length=40, description="Ids of layers; none is all.")
    ] = []
    bbox: Annotated[
        tuple[float, float, float, float] | None, Field(description="West, south, east, north in degrees.")
    ] = None
    plan: UUID | None = None
    territory: UUID | None = None
    max_zoom: Annotated[int, Field(ge=0, le=TILE_MAX_ZOOM, description="Deepest zoom.")] = 14


def _query(plan: UUID | None, territory: UUID | None) -> str:
    given = {name: str(value) for name, value in (("plan", plan), ("territory", territory)) if value is not None}
    return f"?{urlencode(given)}" if given else ""


@router.get("/layers")
def list_layers(work: Work, plan: UUID | None = None, territory: UUID | None = None) -> dict[str, Any]:
    """Return every map layer, bottom first, with its legend, its tiles and its revision."""
    states = layers.list_layers(work, Look(plan, territory))
    query = _query(plan, territory)
    return {
        "layers": [
            {
                **state.spec.to_dict(),
                "tiles": f"/ogc/collections/{state.spec.id}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}{query}",
                "revision": state.revision,
                "tag": state.tag,
            }
            for state in states
        ]
    }


@router.get("/style")
def get_style(  # noqa: PLR0917 - each is a query parameter
    work: Work,
    response: Response,
    theme: Annotated[Literal["light", "dark"], Query(description="Palette.")] = "light",
    lang: Annotated[Literal["en", "zh"], Query(description="Language of the map's own words.")] = "en",
    plan: UUID | None = None,
    territory: UUID | None = None,
    tolerance: Annotated[float, Query(gt=0, le=1, description="The plan's: outer breaks of the deviation.")] = 0.10,
) -> dict[str, Any]:
    """Return the MapLibre style: all layers in drawing order, no fonts, sprites or addresses of others."""
    facts = tiles.map_facts(work, Look(plan, territory))
    response.headers["Cache-Control"] = "private, no-cache"
    query = _query(plan, territory)
    style = build_style(theme, lang, attribution=facts.attribution, tolerance=tolerance, query=query)
    style["metadata"]["gridward:stale-with"] = facts.stale_with
    # tiles of a published plan stand at addresses of their version, which a browser need not ask about again
    for layer, tag in facts.tags.items():
        [address] = style["sources"][layer]["tiles"]
        style["sources"][layer]["tiles"] = [f"{address}{'&' if query else '?'}v={tag}"]
    return style


@router.post("/layers/export", status_code=202, operation_id="export_layers")
def export_layers(work: Work, asked: TilesWanted) -> JobAnswer:
    """Write layers to a file of tiles (PMTiles) for use without a network; the job's result names its address."""
    args = tile_export.export_job(
        work, collections=asked.collections, box=asked.bbox, look=Look(asked.plan, asked.territory),
        max_zoom=asked.max_zoom,
    )  # fmt: skip
    return JobAnswer.of(jobs.start_job(work, "tile-export", args, names_itself=True))
