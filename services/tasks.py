"""Which kinds of long work there are: one function each, by name.

A task gets the job's unit of work, its arguments (JSON) and what to call as it goes; it returns JSON. It must be
harmless to run again: its transaction is rolled back when its worker dies, and then another one starts from the top.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from gis.errors import InvalidInputError
from store.database.work import UnitOfWork

T = TypeVar("T")
Report = Callable[[float, str], None]
Task = Callable[[UnitOfWork, dict[str, Any], Report], dict[str, Any] | None]
NEXT = "next"
"""In what a task returns: the arguments that it goes on with, once this part of it is saved."""


def propose_plan(work: UnitOfWork, args: dict[str, Any], progress: Report) -> dict[str, Any]:
    """Divide a territory into grids; arguments are those of `PlanSpec`, with ``territory`` and ``name``."""
    from services.partition import PlanSpec, explain, propose_plan, usual_target  # noqa: PLC0415 - compiles kernels: only workers pay for it

    given = {key: value for key, value in args.items() if key not in ("territory", "name")}
    if given.get("grids") is not None:
        given.setdefault("target", None)
    elif given.get("target") is None:
        given["target"] = usual_target(str(given.get("kind", "household")), given.get("band"))
    spec = _read(PlanSpec, given)
    found = propose_plan(
        work, spec, territory=_id_or_name(args.get("territory")), name=args.get("name"), progress=progress
    )
    return {
        "plan_id": str(found.plan_id),
        "reused": found.reused,
        "infeasible": found.infeasible,
        "explained": explain(found.infeasible, found.quality),
        "moved": found.moved,
    }


def run_coverage(work: UnitOfWork, args: dict[str, Any], progress: Report) -> dict[str, Any]:
    """Compute view sheds and gaps; arguments: ``plan`` (id) and ``needs`` (fields of `CoverageSpec`)."""
    from services.coverage import run_coverage  # noqa: PLC0415 - as above
    from services.coverage_spec import CoverageSpec  # noqa: PLC0415

    spec = _read(CoverageSpec, args.get("needs") or {})
    run, reused = run_coverage(work, _read(UUID, args.get("plan")), spec, progress=progress)
    return {"run_id": str(run.id), "plan_id": str(run.plan_id), "reused": reused}


def compare_coverage(work: UnitOfWork, args: dict[str, Any], progress: Report) -> dict[str, Any]:
    """Compute two coverage runs; arguments: ``a`` and ``b``, each ``run`` (id) or ``plan`` (id) and ``needs``."""
    from services.coverage import run_coverage  # noqa: PLC0415 - as above
    from services.coverage_views import spec_of  # noqa: PLC0415

    found: dict[str, Any] = {}
    for number, side in enumerate(("a", "b")):
        told = args.get(side) or {}
        if told.get("run"):
            found[side] = str(_read(UUID, told["run"]))
            continue

        def tell(done: float, note: str, part: int = number) -> None:
            progress((part + done) / 2, note)

        spec = spec_of(told.get("needs") or {})
        found[side] = str(run_coverage(work, _read(UUID, told.get("plan")), spec, progress=tell)[0].id)
    return found


def propose_cameras(work: UnitOfWork, args: dict[str, Any], progress: Report) -> dict[str, Any]:
    """Propose cameras; arguments: ``plan`` (id), ``name`` and ``spec`` (fields of `PlacementSpec`)."""
    from services.placement_spec import spec_of  # noqa: PLC0415 - as above
    from services.placements import propose  # noqa: PLC0415

    plan, spec = _read(UUID, args.get("plan")), spec_of(args.get("spec") or {})
    made, reused = propose(work, plan, spec, name=args.get("name"), progress=progress)
    return {"placement_id": str(made.id), "plan_id": str(made.plan_id), "reused": reused}


def improve_grids(work: UnitOfWork, args: dict[str, Any], progress: Report) -> dict[str, Any]:
    """Balance some grids of a draft again; arguments are those of `plan_edits.improvement_job`."""
    from services.plan_edits import run_improvement  # noqa: PLC0415 - as above

    return run_improvement(work, args, progress).body()


def import_plan(work: UnitOfWork, args: dict[str, Any], progress: Report) -> dict[str, Any]:
    """Import drawn grids as a draft; arguments are those of `import_jobs.import_job`, the file is the job's own."""
    from services.plan_life import import_jobs  # noqa: PLC0415 - as above

    return import_jobs.body_of(import_jobs.run_import(work, args, progress))


def follow_cameras(work: UnitOfWork, args: dict[str, Any], progress: Report) -> dict[str, Any]:  # noqa: ARG001 - it is short
    """Let live coverage follow what a request left to a job; arguments are those of `live_check.run_live_job`."""
    from services.live_check import run_live_job  # noqa: PLC0415 - as above

    return run_live_job(work, args, now=datetime.now(UTC))


def check_coverage(work: UnitOfWork, args: dict[str, Any], progress: Report) -> dict[str, Any]:  # noqa: ARG001 - one step
    """Put live coverage beside a whole computation; argument: ``plan`` (id)."""
    from services.live_check import check  # noqa: PLC0415 - as above

    found = check(work, _read(UUID, args.get("plan")), now=datetime.now(UTC))
    return {"equal": found.equal, "differences": found.differences, "seconds": found.seconds}


def draw_shapes(work: UnitOfWork, args: dict[str, Any], progress: Report) -> dict[str, Any]:  # noqa: ARG001 - one step
    """Draw the shapes that low zooms show of a plan; argument: ``plan`` (id)."""
    from services.grid_shapes import draw_if_forgotten  # noqa: PLC0415 - as above

    return {"drawn": draw_if_forgotten(work, _read(UUID, args.get("plan")))}


def export_tiles(work: UnitOfWork, args: dict[str, Any], progress: Report) -> dict[str, Any]:
    """Write layers to a file of tiles; arguments are those of `tile_export.export_job`."""
    from services.tile_export import run_export_job  # noqa: PLC0415 - as above

    return run_export_job(work, args, progress)


def write_report(work: UnitOfWork, args: dict[str, Any], progress: Report) -> dict[str, Any]:
    """Write a report and keep it; arguments are those of `services.reports.jobs.run_report_job`."""
    from services.reports.jobs import run_report_job  # noqa: PLC0415 - as above

    return run_report_job(work, args, progress)


def propose_staffing(work: UnitOfWork, args: dict[str, Any], progress: Report) -> dict[str, Any]:
    """Fill posts by the ratio rules, for a look; arguments: ``plan`` (id) and ``rules`` (changes by code)."""
    from services.staff import propose  # noqa: PLC0415 - as above

    plan, changes = _read(UUID, args.get("plan")), args.get("rules") or {}
    made = propose(work, plan, changes=changes, now=datetime.now(UTC), progress=progress)
    return {"staffing_id": str(made.id), "plan_id": str(made.plan_id)}


def reckon_clocks(work: UnitOfWork, args: dict[str, Any], progress: Report) -> dict[str, Any]:
    """Reckon some open clocks of a territory anew, then the next; arguments: ``territory`` (id) and ``reason``."""
    from services.clock_recompute import Course, recompute_some  # noqa: PLC0415 - as above

    place, reason = _read(UUID, args.get("territory")), str(args.get("reason"))
    course = _read(Course, args.get("course") or {})
    course = recompute_some(work, place, reason=reason, now=datetime.now(UTC), course=course, progress=progress)
    if course.last is None:
        return {"clocks_moved": course.moved}
    return {NEXT: {**args, "course": TypeAdapter(Course).dump_python(course, mode="json")}}


def import_table(work: UnitOfWork, args: dict[str, Any], progress: Report) -> dict[str, Any]:
    """Load a table of the organisation or the catalogue; arguments are those of `table_jobs.import_job`."""
    from services.ingest import table_jobs  # noqa: PLC0415 - as above

    return table_jobs.run_import(work, args, progress)


def import_incidents(work: UnitOfWork, args: dict[str, Any], progress: Report) -> dict[str, Any]:
    """Load past reports; arguments are those of `incident_jobs.import_job`, the file is the job's own."""
    from services.ingest import incident_jobs  # noqa: PLC0415 - as above

    return incident_jobs.run_import(work, args, progress)


TASKS: dict[str, Task] = {
    "clocks": reckon_clocks,
    "incident-import": import_incidents,
    "table-import": import_table,
    "staffing": propose_staffing,
    "grid-shapes": draw_shapes,
    "plan-import": import_plan,
    "improve": improve_grids,
    "partition": propose_plan,
    "coverage": run_coverage,
    "coverage-compare": compare_coverage,
    "placement": propose_cameras,
    "live-coverage": follow_cameras,
    "check-coverage": check_coverage,
    "report": write_report,
    "tile-export": export_tiles,
}
# what the system derives by itself: whoever caused it, these see the whole territory
UPKEEP = frozenset({"grid-shapes", "live-coverage", "check-coverage", "clocks"})


def _id_or_name(words: object) -> UUID | str | None:
    """Return an id where the words are one: ids travel as text."""
    try:
        return UUID(str(words)) if words else None
    except ValueError:
        return str(words)


def _read(kind: type[T], value: object) -> T:
    """Build `kind` from a job's JSON arguments."""
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(step) for step in first["loc"])
        raise InvalidInputError(f"An argument of the job does not fit: {field} {first['msg']}.", field=field) from None
