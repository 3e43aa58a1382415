"""Reports to take away: one file each, to be opened without a network."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.deps import Work

router = APIRouter(prefix="/api/v1/reports", tags=["reports"])


@router.get("/coverage", operation_id="get_coverage_report", response_class=Response)
def get_coverage_report(
    work: Work,
    plan: UUID | None = None,
    lang: Annotated[Literal["en", "zh"], Query(description="Language of the report.")] = "en",
    format: Annotated[Literal["html"], Query(description="A page with its map.")] = "html",  # noqa: A002 - its name in the contract
) -> Response:
    """Return the coverage report of a plan's newest run as one offline page."""
    from services import reports  # noqa: PLC0415 - folium and the engines take seconds to import
    from services.current_plan import current_plan_id  # noqa: PLC0415 - as above

    page = reports.build(work, "coverage", plan if plan is not None else current_plan_id(work), lang=lang)
    return Response(
        page,
        media_type=f"text/{format}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="gridward-coverage.{format}"'},
    )
