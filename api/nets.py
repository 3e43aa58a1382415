"""Professional nets: taking them from files, what they share with household grids, mapping them anew."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from api.deps import Work, settings_of
from api.plans import PlanOut
from api.problems import BodyTooLargeError
from gis.errors import InvalidInputError
from services import plan_views
from services.settings import Settings

router = APIRouter(prefix="/api/v1", tags=["nets"])

#: Largest file of a net or of floors; bigger ones go through `gridward partition`.
MAX_FILE_MB = 20
#: Files of one upload: a Shapefile is several.
MAX_FILES = 8
#: Refused rows that an answer lists.
MAX_REJECTED = 200
NetKind = Literal["police", "safety", "dedicated"]


class NetShareOut(BaseModel):
    """What a grid of a net and a household grid have in common; either side is null for what lies outside it."""

    model_config = ConfigDict(from_attributes=True)

    net_grid_id: UUID | None
    net_code: str | None
    net_name: str | None
    grid_id: UUID | None
    grid_code: str | None
    grid_name: str | None
    area_m2: float
    share_of_net: float | None
    share_of_grid: float | None
    households: int
    objects: dict[str, int]


class NetSharesOut(BaseModel):
    """The shares of a net."""

    shares: list[NetShareOut]


class GridNetOut(BaseModel):
    """A grid of a net in use that shares a household grid.

    Of water grids, `share_of_net` is a share of the reach, `length_m` its metres in the household grid, and objects are
    not counted.
    """

    model_config = ConfigDict(from_attributes=True)

    kind: str
    plan_id: UUID
    plan_name: str
    id: UUID
    code: str
    name: str
    floor_low: int | None
    floor_high: int | None
    zone: str | None
    area_m2: float
    share_of_grid: float | None
    share_of_net: float | None
    households: int
    objects: dict[str, int]
    length_m: float | None


class GridNetsOut(BaseModel):
    """The nets that share a household grid."""

    nets: list[GridNetOut]


class MappedOut(BaseModel):
    """What came of mapping a net onto the household grids."""

    plan: UUID
    rows: int
    households_outside_net: int
    households_outside_grids: int
    ground_outside_grids_m2: float
    grids_without: int


class NetForm(BaseModel):
    """The fields beside the files of an upload."""

    model_config = ConfigDict(extra="forbid")

    kind: NetKind
    files: list[UploadFile]
    territory: UUID | None = None
    name: Annotated[str | None, Field(max_length=120)] = None
    crs: Annotated[str | None, Field(max_length=40, description="wgs84, cgcs2000, gcj02, bd09 or EPSG:n.")] = None
    code_field: Annotated[str | None, Field(max_length=100, description="Column of the code.")] = None
    name_field: Annotated[str | None, Field(max_length=100, description="Column of the name.")] = None
    target: Annotated[int | None, Field(ge=1, le=1_000_000, description="Companies a dedicated grid.")] = None
    skip_rejected: bool = False
    dry_run: bool = False


class LoadedOut(BaseModel):
    """A plan made from a file, with what there is to say of its rows; without a plan after a dry run."""

    plan: PlanOut | None
    reused: bool
    report: dict[str, Any]


@router.post("/plans/files", status_code=201, operation_id="propose_plan_from_file")
def propose_from_file(
    work: Work, form: Annotated[NetForm, Form()], settings: Annotated[Settings, Depends(settings_of)]
) -> LoadedOut:
    """Make a draft of a police or safety net from polygons, or of dedicated grids from a table of floors.

    Rows that can't be taken are listed in the problem's `rejected`, each with line, column, place, reason and remedy;
    `counted` says what the lines count: ``line`` or ``feature``. Nothing is saved then.
    """
    work.actor.require("planner")
    # brings in the engines, which reading shares does not need
    from services.ingest import RejectedRowsError  # noqa: PLC0415
    from services.partition import PlanSpec, usual_target  # noqa: PLC0415

    spec = PlanSpec(
        kind=form.kind,
        target=form.target or usual_target(form.kind),
        code_pattern=settings.plans.grid_codes.get(form.kind),
    )
    mapping = {"code": form.code_field, "name": form.name_field}
    options = {
        "territory": form.territory,
        "crs": form.crs or None,
        "mapping": {field: column for field, column in mapping.items() if column},
        "skip_rejected": form.skip_rejected,
        "dry_run": form.dry_run,
    }
    with tempfile.TemporaryDirectory(prefix="gridward-net-") as folder:
        path = _stored(form.files, Path(folder))
        try:
            loaded = _load(work, path, spec, form.name, options)
        except RejectedRowsError as error:
            rows = error.report.rejected
            error.fields["rejected"] = [asdict(row) for row in rows[:MAX_REJECTED]]
            error.fields["counted"] = error.report.counted
            raise
        except InvalidInputError as error:
            _forget_folder(error, folder)
            raise
    plan = None
    if loaded.plan_id is not None:
        plan = PlanOut.model_validate(plan_views.get_plan(work, loaded.plan_id))
    return LoadedOut(plan=plan, reused=loaded.reused, report=loaded.report.to_dict())


def _load(work: Work, path: Path, spec: Any, name: str | None, options: dict[str, Any]) -> Any:  # noqa: ANN401
    from services.partition.dedicated import propose_floors  # noqa: PLC0415 - as above
    from services.partition.net_files import load_net  # noqa: PLC0415

    if spec.kind == "dedicated":
        return propose_floors(work, path, spec, name=name, **options)
    return load_net(work, path, spec, name=name, **options)


def _forget_folder(error: InvalidInputError, folder: str) -> None:
    """Take the folder of the upload out of what is said: a file has the name that it came with."""
    error.message = error.message.replace(f"{folder}/", "")
    error.fields |= {
        key: value.replace(f"{folder}/", "") for key, value in error.fields.items() if isinstance(value, str)
    }


def _stored(files: list[UploadFile], folder: Path) -> Path:
    """Write the upload into a folder under its own names and return the file to read (the .shp of a Shapefile)."""
    if not 1 <= len(files) <= MAX_FILES:
        raise InvalidInputError(f"Send one file (a Shapefile's parts together, at most {MAX_FILES}).", field="files")
    if sum(file.size or 0 for file in files) > MAX_FILE_MB * 2**20:
        raise BodyTooLargeError(
            f"The files hold more than {MAX_FILE_MB} MB; use `gridward partition` on the server.", limit=MAX_FILE_MB
        )
    paths = []
    for file in files:
        # only the last part of the name: an upload must not choose where it is written
        called = PurePath((file.filename or "").replace("\\", "/")).name
        if not called or called.startswith(".") or len(called) > 120 or "\0" in called:
            raise InvalidInputError("A file of the upload has no usable name.", field="files")
        paths.append(folder / called)
        with paths[-1].open("wb") as target:
            shutil.copyfileobj(file.file, target)
    return next((path for path in paths if path.suffix.lower() == ".shp"), paths[0])


@router.get("/plans/{plan_id}/shares", operation_id="list_plan_shares")
def list_shares(work: Work, plan_id: UUID, grid: UUID | None = None) -> NetSharesOut:
    """Return what a net shares with the household grids; of one grid of either side when it is named."""
    from services.partition.net_shares import list_shares  # noqa: PLC0415 - as above

    return NetSharesOut(shares=[NetShareOut.model_validate(row) for row in list_shares(work, plan_id, grid)])


@router.post("/plans/{plan_id}/map", operation_id="map_plan")
def map_plan(work: Work, plan_id: UUID) -> dict[Literal["mapped"], MappedOut]:
    """Map a net onto the household grids in use, in the place of what was mapped before."""
    from services.partition.net_shares import map_plan  # noqa: PLC0415 - as above

    return {"mapped": MappedOut.model_validate(map_plan(work, plan_id).facts())}


@router.get("/grids/{grid_id}/nets", operation_id="list_grid_nets")
def list_grid_nets(work: Work, grid_id: UUID) -> GridNetsOut:
    """Return the police, safety, dedicated and water grids in use that share a household grid, with their shares."""
    from services.partition.net_shares import list_nets  # noqa: PLC0415 - as above

    return GridNetsOut(nets=[GridNetOut.model_validate(row) for row in list_nets(work, grid_id)])
