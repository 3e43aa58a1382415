"""Tables of the organisation and the catalogue sent as files: read by a worker as a job, all rows or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from gis.errors import InvalidInputError
from services.ingest.catalogue import load_area_classes, load_catalogue, load_lead_units
from services.ingest.organisation import load_assignments, load_post_counts, load_shifts
from services.ingest.staff import load_staff, load_units
from services.ingest.uploads import Loader, body_of, load_sent, require_table
from store.database.partition import find_territory
from store.database.work import UnitOfWork

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
        Options of the load: ``territory``, ``crs``, ``mapping``, ``timezone``, ``sheet``, ``dry_run``,
        ``skip_rejected``.

    Raises
    ------
    UploadTooLargeError, InvalidInputError, NotFoundError
    """
    work.actor.require(*(("planner",) if what in _PLANNERS else ROLES))
    work.actor.require_everywhere()
    if what not in LOADERS:
        raise InvalidInputError(f"No table '{what[:40]}' is imported.", field="what", known=sorted(LOADERS))
    require_table(name, content, more=(".json",))
    territory = find_territory(work.session, asked.get("territory"))
    return {**asked, "what": what, "territory": str(territory.id)}


def run_import(work: UnitOfWork, args: Mapping[str, Any], progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Load the file that was sent for a job; nothing is saved when rows are refused, but on request the good ones."""
    report = load_sent(work, args, LOADERS[args["what"]], progress)
    if not report.dry_run:
        work.announce("organisation", {}, UUID(args["territory"]))
    return body_of(report)
