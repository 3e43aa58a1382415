"""Importing drawn grids as a job: what is asked, told and refused before it, and the run itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import orjson

from gis.errors import InvalidInputError
from services.plan_life import downloads
from services.plan_life.import_report import ImportReport
from services.plan_life.importing import ImportOptions, import_plan
from store.database import jobs as job_sql
from store.database import plan_inputs as sql
from store.database.partition import find_territory
from store.database.work import UnitOfWork

#: What is imported while somebody waits: bytes of the file, and doors of the territory that atoms are built around.
AT_ONCE_BYTES: Final = 2**20
AT_ONCE_DOORS: Final = 5000

Progress = Callable[[float, str], None]


def takes_long(work: UnitOfWork, size: int, territory: UUID | None) -> bool:
    """Whether importing a file of `size` bytes keeps a person waiting."""
    if size > AT_ONCE_BYTES:
        return True
    return sql.count_doors(work.session, find_territory(work.session, territory).id) > AT_ONCE_DOORS


def import_job(
    work: UnitOfWork,
    name: str | None,
    content: bytes,
    asked: ImportOptions,
    *,
    territory: UUID | None,
    crs: str | None,
    mapping: Mapping[str, str],
    dry_run: bool,
) -> dict[str, Any]:
    """Refuse at once what is no file of grids at all, and return the arguments of the job that reads it.

    Raises
    ------
    UploadTooLargeError, InvalidInputError, NotFoundError
    """
    work.actor.require("planner")
    find_territory(work.session, territory)
    with downloads.uploaded(name, content):
        pass
    return {
        "asked": asdict(asked),
        "territory": None if territory is None else str(territory),
        "crs": crs,
        "mapping": dict(mapping),
        "dry_run": dry_run,
    }


def run_import(work: UnitOfWork, args: Mapping[str, Any], progress: Progress) -> ImportReport:
    """Import the file that was sent for a job."""
    found = job_sql.read_file(work.session, UUID(args["job"]))
    if found is None:
        raise InvalidInputError("The file of this import is gone; send it again.", field="file")
    territory = args["territory"]
    with downloads.uploaded(*found) as path:
        return import_plan(
            work,
            path,
            ImportOptions(**args["asked"]),
            progress=progress,
            territory=None if territory is None else UUID(territory),
            crs=args["crs"],
            mapping=args["mapping"],
            dry_run=args["dry_run"],
        )


def body_of(report: ImportReport) -> dict[str, Any]:
    """Return a report as the JSON that a request gets."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(report, option=orjson.OPT_SERIALIZE_NUMPY))
    return found
