"""Tables sent as files: checked when they come, loaded by a worker as a job, all rows or none."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from gis.errors import InvalidInputError
from services.ingest.report import LoadReport
from services.ingest.rows import LoadOptions, RejectedRowsError
from services.plan_life.upload_errors import UploadTooLargeError
from store.database import jobs as job_sql
from store.database.work import UnitOfWork

Loader = Callable[..., LoadReport]
UPLOAD_MB: Final = 50
LISTED: Final = 1000
"""Refused rows that an answer lists; the command writes all of them to a file."""
TABLES: Final = (".csv", ".gz", ".xlsx", ".xls", ".txt")


def require_table(name: str | None, content: bytes, *, more: Collection[str] = ()) -> None:
    """Refuse what is too large, or no table by the ending of its name.

    Raises
    ------
    UploadTooLargeError, InvalidInputError
    """
    if len(content) > UPLOAD_MB * 2**20:
        raise UploadTooLargeError(f"The file is larger than {UPLOAD_MB} MB; split it.", limit=UPLOAD_MB * 2**20)
    if Path(name or "").suffix.lower() not in {*TABLES, *more}:
        raise InvalidInputError("Upload a table: .csv, .csv.gz or .xlsx.", field="file", file=name)


def load_sent(
    work: UnitOfWork, args: Mapping[str, Any], loader: Loader, progress: Callable[[float, str], None]
) -> LoadReport:
    """Load the file that was sent for a job; nothing is saved when rows are refused, but on request the good ones.

    Raises
    ------
    InvalidInputError, RejectedRowsError
    """
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
            report = loader(work, path, **options)
        except RejectedRowsError as error:
            listed = [asdict(each) for each in error.report.rejected[:LISTED]]
            raise RejectedRowsError(
                _named(error.message, path, name), error.report, **error.fields | {"file": name}, rejected=listed
            ) from error
        except InvalidInputError as error:
            # whoever sent the file knows it by its own name, and not where it lies here
            error.message = _named(error.message, path, name)
            error.fields |= {"file": name}
            raise
    report.file = name
    return report


def _named(sentence: str, path: Path, name: str) -> str:
    return sentence.replace(str(path), name).replace(path.name, name)


def body_of(report: LoadReport) -> dict[str, Any]:
    """Return a report as a job's result holds it."""
    body: dict[str, Any] = orjson.loads(orjson.dumps(report.to_dict(), option=orjson.OPT_SERIALIZE_NUMPY, default=str))
    return body
