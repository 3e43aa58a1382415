"""Tables of the organisation and the catalogue sent as files: read by a worker as a job, all rows or none."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from gis.errors import InvalidInputError
from services.ingest.catalogue import load_area_classes, load_catalogue, load_lead_units
from services.ingest.incident_jobs import LISTED, UPLOAD_MB
from services.ingest.organisation import load_assignments, load_post_counts, load_shifts
from services.ingest.report import LoadReport
from services.ingest.rows import LoadOptions, RejectedRowsError
from services.ingest.staff import load_staff, load_units
from services.plan_life.upload_errors import UploadTooLargeError
from store.database import jobs as job_sql
from store.database.partition import find_territory
from store.database.work import UnitOfWork

Loader = Callable[..., LoadReport]
LOADERS: Final[Mapping[str, Loader]] = {
    "units": load_units,
    "staff": load_staff,
    "assignments": load_assignments,
    "shifts": load_shifts,
    "post-counts": load_post_counts,
    "catalogue": load_catalogue,
    "lead-units": load_lead_units,
    "area-classes": load_area_classes,
}
ROLES: Final = ("planner", "shift_leader")
_PLANNERS: Final = frozenset({"units", "staff"})
ENDINGS: Final = (".csv", ".gz", ".xlsx", ".xls", ".txt", ".json")


def import_job(
    work: UnitOfWork, what: str, name: str | None, content: bytes, asked: Mapping[str, Any]
) -> dict[str, Any]:
    """Refuse at once what is no table, and return the arguments of the job that reads it.

    Parameters
    ----------
    work : UnitOfWork
    what : str
        A name in `LOADERS`.
    name : str or None
        The file's name, whose ending says what it is.
    content : bytes
    asked : mapping
        Options of the load: ``territory``, ``mapping``, ``timezone``, ``sheet``, ``dry_run`` and ``skip_rejected``.

    Raises
    ------
    UploadTooLargeError, InvalidInputError, NotFoundError
    """
    work.actor.require(*(("planner",) if what in _PLANNERS else ROLES))
    work.actor.require_everywhere()
    if what not in LOADERS:
        raise InvalidInputError(f"No table '{what[:40]}' is imported.", field="what", known=sorted(LOADERS))
    if len(content) > UPLOAD_MB * 2**20:
        raise UploadTooLargeError(f"The file is larger than {UPLOAD_MB} MB; split it.", limit=UPLOAD_MB * 2**20)
    if Path(name or "").suffix.lower() not in ENDINGS:
        raise InvalidInputError("Upload a table: .csv, .csv.gz or .xlsx.", field="file", file=name)
    territory = find_territory(work.session, asked.get("territory"))
    return {**asked, "what": what, "territory": str(territory.id)}


def run_import(work: UnitOfWork, args: Mapping[str, Any], progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Load the file that was sent for a job; nothing is saved when rows are refused, but on request the good ones."""
    found = job_sql.read_file(work.session, UUID(args["job"]))
    if found is None:
        raise InvalidInputError("The file of this import is gone; send it again.", field="file")
    name, content = found
    options: LoadOptions = {key: value for key, value in args.items() if key in LoadOptions.__annotations__}  # type: ignore[assignment]
    options["territory"] = UUID(args["territory"])
    progress(0.1, "reading")
    with tempfile.TemporaryDirectory() as folder:
        # the name was checked for its ending only; nothing else of it reaches the disk
        path = Path(folder) / f"table{''.join(Path(name).suffixes[-2:])}"
        path.write_bytes(content)
        try:
            report = LOADERS[args["what"]](work, path, **options)
        except RejectedRowsError as error:
            listed = [asdict(each) for each in error.report.rejected[:LISTED]]
            raise RejectedRowsError(error.message, error.report, **error.fields, rejected=listed) from error
    if not report.dry_run:
        work.announce("organisation", {}, UUID(args["territory"]))
    report.file = name
    body: dict[str, Any] = orjson.loads(orjson.dumps(report.to_dict(), option=orjson.OPT_SERIALIZE_NUMPY, default=str))
    return body
