"""Codes on plates in the street, for those who put them up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.deps import Work, settings_of
from api.incidents import GridName
from services import plates as service
from services.settings import Settings

router = APIRouter(prefix="/api/v1/plates", tags=["plates"])
Kind = Literal["grid", "place", "camera"]
GridText = Annotated[str, Query(max_length=40, description="Code or id of the grid.")]


class PlateOut(BaseModel):
    """A code and what it stands for."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    kind: Kind
    label: str
    place: str
    lon: float | None
    lat: float | None
    grid: GridName | None
    issued_at: datetime


class PlatesOut(BaseModel):
    """Codes in use: of the grid itself, of places, of cameras."""

    plates: list[PlateOut]


class IssueIn(BaseModel):
    """What to issue codes for; what has one keeps it."""

    model_config = ConfigDict(extra="forbid")

    grid: Annotated[str, Field(max_length=40, description="Code or id of the grid.")]
    kinds: Annotated[list[Kind], Field(min_length=1)] = ["grid", "place", "camera"]


def public_base(request: Request, settings: Annotated[Settings, Depends(settings_of)]) -> str:
    """Return where phones reach the page: the setting, or how this request reached it."""
    return (settings.http.public_url or str(request.base_url)).rstrip("/")


@router.get("", operation_id="list_plates")
def list_plates(work: Work, grid: GridText) -> PlatesOut:
    """Return the codes in use in a grid."""
    return _listed(service.plates_of_grid(work, grid))


@router.post("", status_code=201, operation_id="issue_plates")
def issue_plates(work: Work, asked: IssueIn) -> PlatesOut:
    """Issue codes for a grid and what stands in it; sent again it issues nothing more."""
    return _listed(service.issue(work, asked.grid, asked.kinds))


@router.get("/sheet", operation_id="print_plates", response_class=Response)
def print_plates(
    work: Work, grid: GridText, base: Annotated[str, Depends(public_base)], language: Literal["en", "zh"] = "en"
) -> Response:
    """Return the plates of a grid as PDF (A4), to be cut out."""
    content = service.sheet(work, grid, base_url=base, language=language)
    headers = {"Content-Disposition": 'attachment; filename="gridward-plates.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


@router.get("/{code}", operation_id="get_plate")
def get_plate(work: Work, code: str) -> PlateOut:
    """Return where a code that was scanned stands; 410 for one that is not in use any more."""
    return PlateOut.model_validate(service.get_plate(work, code))


@router.delete("/{code}", status_code=204, operation_id="withdraw_plate")
def withdraw_plate(work: Work, code: str) -> None:
    """Take a code out of use for good."""
    service.withdraw(work, code, now=datetime.now(UTC))


def _listed(found: list[service.PlateView]) -> PlatesOut:
    return PlatesOut(plates=[PlateOut.model_validate(each) for each in found])
