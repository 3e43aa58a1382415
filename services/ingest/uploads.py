"""Tables sent as files: checked when they come, loaded by a worker as a job, all rows or none."""

from __future__ import annotations

import re
import tempfile
import unicodedata
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
LONGEST_NAME: Final = 150
"""Bytes of a file's name that are kept before its ending: file systems take 255."""
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


def sent_name(name: str | None) -> str:
    r"""Return the name that a sent file goes by: the last part of its path, without signs that nobody sees.

    Examples
    --------
    >>> sent_name("C:\\lists\\2026 事项.CSV"), sent_name("../../etc/passwd"), sent_name("\x00..xlsx"), sent_name(None)
    ('2026 事项.CSV', 'passwd', 'table.xlsx', 'table')
    """
    last = re.split(r"[/\\]", name or "")[-1]
    # categories C*: control characters, marks that turn the direction of writing, lone surrogates
    seen = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C").strip()
    ending = "".join(part[:8] for part in Path(f"x{seen}").suffixes[-2:] if len(part) > 1)
    stem = seen[: -len(ending)] if ending and seen.endswith(ending) else seen
    stem = stem.encode()[:LONGEST_NAME].decode(errors="ignore").strip(". ")
    return f"{stem or 'table'}{ending}"


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
        # what is recorded and refused is called by the name that the file came with
        path = Path(folder) / sent_name(name)
        path.write_bytes(content)
        try:
            report = loader(work, path, **options)
        except RejectedRowsError as error:
            listed = [asdict(each) for each in error.report.rejected[:LISTED]]
            raise RejectedRowsError(
                _named(error.message, path), error.report, **error.fields | {"file": path.name}, rejected=listed
            ) from error
        except InvalidInputError as error:
            # whoever sent the file knows it by its own name, and not where it lies here
            error.message = _named(error.message, path)
            error.fields |= {"file": path.name}
            raise
    return report


def _named(sentence: str, path: Path) -> str:
    return sentence.replace(str(path), path.name)


def body_of(report: LoadReport) -> dict[str, Any]:
    """Return a report as a job's result holds it."""
    body: dict[str, Any] = orjson.loads(orjson.dumps(report.to_dict(), option=orjson.OPT_SERIALIZE_NUMPY, default=str))
    return body
