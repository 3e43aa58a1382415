"""Reports to take away: one file each, to be opened without a network."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.deps import Work

router = APIRouter(prefix="/api/v1/reports", tags=["reports"])

Format = Literal["html", "pdf", "xlsx", "csv", "gpkg"]
Language = Annotated[Literal["en", "zh"], Query(description="Language of the report.")]


@router.get("/{name}", operation_id="get_report", response_class=Response)
def get_report(
    work: Work,
    name: Literal["coverage", "cameras", "facilities"],
    plan: Annotated[UUID | None, Query(description="Plan; the one in use when left out.")] = None,
    run: Annotated[UUID | None, Query(description="Coverage run; the newest of how things stand now.")] = None,
    lang: Language = "en",
    format: Annotated[Format, Query(description="Page, A4 sheet, workbook, table, map layers.")] = "html",  # noqa: A002 - its name in the contract
) -> Response:
    """Return a report as one file; equal inputs return the finished one."""
    from services import reports  # noqa: PLC0415 - folium and the engines take seconds to import
    from services.current_plan import current_plan_id  # noqa: PLC0415 - as above

    chosen = plan if plan is not None else current_plan_id(work)
    content = reports.build(work, name, chosen, lang=lang, file_format=format, run_id=run)
    return attachment(content, f"gridward-{name}", format)


def attachment(content: bytes, name: str, file_format: Format) -> Response:
    """Answer with a file to keep."""
    from services.reports import MEDIA  # noqa: PLC0415 - as above

    return Response(
        content,
        media_type=MEDIA[file_format],
        headers={"Content-Disposition": f'attachment; filename="{name}.{file_format}"'},
    )
