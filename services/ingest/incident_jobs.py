"""Past incidents sent as a file: read by a worker as a job, all rows or none."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from gis.errors import InvalidInputError
from services.ingest.incidents import load_incidents
from services.ingest.rows import LoadOptions, RejectedRowsError
from services.plan_life.upload_errors import UploadTooLargeError
from store.database import jobs as job_sql
from store.database.partition import find_territory
from store.database.work import UnitOfWork

UPLOAD_MB: Final = 50
LISTED: Final = 1000
"""Refused rows that an answer lists; the command writes all of them to a file."""
ENDINGS: Final = (".csv", ".gz", ".xlsx", ".xls", ".txt")


def import_job(work: UnitOfWork, name: str | None, content: bytes, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Refuse at once what is no table, and return the arguments of the job that reads it.

    Parameters
    ----------
    work : UnitOfWork
    name : str or None
        The file's name, whose ending says what it is.
    content : bytes
    asked : mapping
        Options of the load: ``territory``, ``crs``, ``mapping``, ``timezone``, ``sheet``, ``dry_run``,
        ``skip_rejected``, ``swap_axes`` and ``fix_swapped``.

    Raises
    ------
    UploadTooLargeError, InvalidInputError, NotFoundError
    """
    work.actor.require("planner", "intake_officer")
    work.actor.require_everywhere()
    if len(content) > UPLOAD_MB * 2**20:
        raise UploadTooLargeError(f"The file is larger than {UPLOAD_MB} MB; split it.", limit=UPLOAD_MB * 2**20)
    if Path(name or "").suffix.lower() not in ENDINGS:
        raise InvalidInputError("Upload a table: .csv, .csv.gz or .xlsx.", field="file", file=name)
    territory = find_territory(work.session, asked.get("territory"))
    return {**asked, "territory": str(territory.id)}


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
        path = Path(folder) / f"incidents{''.join(Path(name).suffixes[-2:])}"
        path.write_bytes(content)
        try:
            report = load_incidents(work, path, **options)
        except RejectedRowsError as error:
            listed = [asdict(each) for each in error.report.rejected[:LISTED]]
            raise RejectedRowsError(error.message, error.report, **error.fields, rejected=listed) from error
    progress(0.95, "saving")
    report.file = name
    body: dict[str, Any] = orjson.loads(orjson.dumps(report.to_dict(), option=orjson.OPT_SERIALIZE_NUMPY, default=str))
    return body
