"""Single grids: name and lock."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from api.deps import Work
from api.plans import GridOut
from services import plan_views

router = APIRouter(prefix="/api/v1/grids", tags=["grids"])


class GridChange(BaseModel):
    """What to change, and the revision that the caller saw."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str | None, Field(max_length=plan_views.NAME_LENGTH)] = None
    locked: StrictBool | None = None
    expected: dict[UUID, int] | None = None


@router.patch("/{grid_id}", operation_id="change_grid")
def change_grid(work: Work, grid_id: UUID, change: GridChange) -> dict[Literal["grid"], GridOut]:
    """Rename a grid or lock it; 412 with the present version when somebody else was faster."""
    view = plan_views.change_grid(work, grid_id, expected=change.expected, name=change.name, locked=change.locked)
    return {"grid": GridOut.model_validate(view)}
