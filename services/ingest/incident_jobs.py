"""Past incidents sent as a file: read by a worker as a job, all rows or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.ingest.incidents import load_incidents
from services.ingest.uploads import LISTED, body_of, load_sent, require_table
from store.database.partition import find_territory
from store.database.work import UnitOfWork


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
        ``skip_rejected``, ``swap_axes``, ``fix_swapped`` and ``items``.

    Raises
    ------
    UploadTooLargeError, InvalidInputError, NotFoundError
    """
    work.actor.require("planner", "intake_officer")
    work.actor.require_everywhere()
    require_table(name, content)
    territory = find_territory(work.session, asked.get("territory"))
    return {**asked, "territory": str(territory.id)}


def run_import(work: UnitOfWork, args: Mapping[str, Any], progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Load the file that was sent for a job; nothing is saved when rows are refused, but on request the good ones.

    The result lists the first refused and flagged rows and says how many there are; the command writes all of them.
    """
    report = load_sent(work, args, load_incidents, progress)
    progress(0.95, "saving")
    sums = {"rejected_rows": len(report.rejected), "flagged_rows": len(report.flagged)}
    report.rejected, report.flagged = report.rejected[:LISTED], report.flagged[:LISTED]
    return body_of(report) | sums
