"""Coverage figures as the analyst reads them: a run, its grids, gaps, places and areas."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
import shapely

from gis.errors import InvalidInputError, NotFoundError
from services.coverage_areas import DEFINITIONS, by_area, rates, read_costs, set_costs
from services.coverage_in_area import summary_of
from services.coverage_spec import CEILING, CoverageSpec
from store.database import coverage as sql
from store.database import coverage_areas as area_sql
from store.database import plans as plan_sql
from store.database.models import CoverageRun
from store.database.partition import find_territory
from store.database.work import UnitOfWork

_FIGURES = (
    "grid_id", "street_m", "seen_m", "seen_m_upper", "k2_m", "k3_m", "open_m2", "seen_m2", "seen_m2_upper", "places",
    "places_seen", "places_seen_upper", "cameras", "networked", "online", "serviceable", "gap_score", "incidents",
    "reasons", "k2_m_upper", "k3_m_upper", "gap_score_least",
)  # fmt: skip


class NoRunError(NotFoundError):
    """Nobody has computed the coverage of a plan yet."""

    code = "no-coverage-run"


def newest(work: UnitOfWork, plan_id: UUID | None = None, run_id: UUID | None = None) -> dict[str, Any]:
    """Return run, summary and grids of a run, else of a plan's newest (of the plan in use), worst grids first.

    A plan without a run is an answer, too: no run, and nothing of it.

    Raises
    ------
    NotFoundError
        No such run or plan.
    """
    try:
        run = run_of(work, run_id, plan_id)
    except NoRunError:
        return {"run": None, "summary": {}, "grids": []}
    grids = []
    for row in sql.coverage_rows(work.session, run.id):
        figures = {name: getattr(row.CoverageGrid, name) for name in _FIGURES}
        unseen = max(0.0, figures["street_m"] - figures["seen_m"])
        named = {name: getattr(row, name) for name in ("fid", "code", "name", "area_id", "area_code", "area_name")}
        grids.append({**figures, **named, "unseen_m": unseen})
    return {"run": run_facts(run), "summary": told_summary(work, run), "grids": grids}


def told_summary(work: UnitOfWork, run: CoverageRun) -> dict[str, Any]:
    """Return a run's summary with rates against targets and the definitions of both ways to count."""
    found = {name: value for name, value in summary_of(work, run).items() if name != "unseeing"}
    if run.live and not work.actor.is_limited:
        from services.official_units import units_of_live  # noqa: PLC0415 - brings in compiled kernels

        found["official"] = units_of_live(work, run)
    if "cameras_networked" in found:
        found["rates"] = rates(
            {
                "cameras": found["cameras"],
                **{name: found[f"cameras_{name}"] for name in ("networked", "online", "serviceable")},
            }
        )
    # they see no street and are in no other figure, which a reader would miss them in
    found["cameras_indoor"] = area_sql.count_indoors(work.session, run.plan_id)
    found["definitions"] = dict(DEFINITIONS)
    return found


def run_of(work: UnitOfWork, run_id: UUID | None, plan_id: UUID | None) -> CoverageRun:
    """Return a run by its id, else the newest of a plan, else of the plan in use.

    Raises
    ------
    NotFoundError
        There is none.
    """
    if run_id is not None:
        return sql.get_run(work.session, run_id)
    if plan_id is None:
        territory = find_territory(work.session, None)
        plan = plan_sql.current_plan(work.session, territory.id)
        if plan is None:
            raise NotFoundError(f"{territory.name} has no plan yet.", territory=territory.name)
        plan_id = plan.id
    else:
        plan_sql.get_plan(work.session, plan_id)
    run = sql.newest_run(work.session, plan_id)
    if run is None:
        raise NoRunError("There is no coverage run of this plan yet; start one.", plan=str(plan_id))
    return run


def runs(work: UnitOfWork, plan_id: UUID, limit: int) -> list[dict[str, Any]]:
    """Return the runs of a plan, newest first."""
    plan_sql.get_plan(work.session, plan_id)
    return [run_facts(run) for run in sql.list_runs(work.session, plan_id, limit)]


def gaps(
    work: UnitOfWork,
    run: CoverageRun,
    *,
    grid: UUID | None = None,
    kind: str | None = None,
    limit: int = 200,
) -> list[dict[str, Any]]:
    """Return the gaps of a run, the worst first, with their shapes.

    Raises
    ------
    InvalidInputError
        There is no such kind of gap.
    """
    if kind not in (None, "street", "key_place"):
        raise InvalidInputError("A gap is of the kind street or key_place.", field="kind")
    found = []
    for row in sql.gap_rows(work.session, run.id, limit, grid=grid, kind=kind):
        shape = shapely.from_wkb(row.geom)
        middle = shapely.point_on_surface(shape)
        what = row.place or row.place_kind if row.kind == "key_place" else row.reason.get("street", "")
        found.append(
            {
                "id": row.id,
                "grid_id": row.grid_id,
                "grid_code": row.code,
                "kind": row.kind,
                "score": row.score,
                "what": what or "",
                "reason": row.reason,
                "lon": middle.x,
                "lat": middle.y,
                "geometry": geojson(shape),
            }
        )
    return found


def geojson(shape: shapely.Geometry) -> dict[str, Any]:
    """Return a stored shape as GeoJSON; one that is empty has no coordinates at all (RFC 7946, section 3.1)."""
    found: dict[str, Any] = orjson.loads(shapely.to_geojson(shape))
    if shapely.is_empty(shape):
        found["coordinates"] = []
    return found


def places(work: UnitOfWork, run: CoverageRun) -> list[dict[str, Any]]:
    """Return the key places of a run's grids with whether each is seen."""
    table = sql.place_rows(work.session, run.id)
    names = ("id", "kind", "name", "grid_id", "seen", "cameras", "share")
    return [
        {**{name: table[name][row] for name in names}, "lon": point.x, "lat": point.y}
        for row, point in enumerate(table["point"])
    ]


def areas(work: UnitOfWork, run: CoverageRun) -> dict[str, Any]:
    """Return a run's figures by area, with targets and costs."""
    return {"run": run_facts(run), **by_area(work, run)}


def costs(work: UnitOfWork, territory: UUID | None) -> list[dict[str, Any]]:
    """Return what a camera of each kind costs."""
    return read_costs(work, territory)


def replace_costs(work: UnitOfWork, rows: list[dict[str, Any]], territory: UUID | None) -> list[dict[str, Any]]:
    """Put other prices in the place of those that hold."""
    return set_costs(work, rows, territory)


def levels() -> dict[str, Any]:
    """Return the levels of detail of both editions of the standard, and the ceiling for public ground."""
    from grid_coverage.density import DORI, OODPCVS  # noqa: PLC0415 - brings in compiled kernels

    return {
        "levels": [
            {"name": name, "table": table, "px_per_m": density, "public": density <= CEILING}
            for table, known in (("OODPCVS", OODPCVS), ("DORI", DORI))
            for name, density in known.items()
        ],
        "ceiling_px_per_m": CEILING,
    }


def finished(work: UnitOfWork, plan_id: UUID, needs: dict[str, Any]) -> dict[str, Any] | None:
    """Return the run that equal inputs had already, or None."""
    from services.coverage import finished_run  # noqa: PLC0415 - brings in compiled kernels

    run = finished_run(work, plan_id, spec_of(needs))
    return run_facts(run) if run is not None else None


def spec_of(needs: dict[str, Any]) -> CoverageSpec:
    """Build a spec from JSON values; lists become tuples."""
    return CoverageSpec(**{**needs, "named": tuple(str(each) for each in needs.get("named") or ())})


def run_facts(run: CoverageRun) -> dict[str, Any]:
    """Return what there is to say of a run."""
    return {
        "id": run.id,
        "plan_id": run.plan_id,
        "at": run.created_at.isoformat(),
        "seconds": run.seconds,
        "spec": run.spec,
        "live": run.live,
        "present": run.present,
        "begins_at": run.begins_at.isoformat() if run.begins_at else None,
        "ends_at": run.ends_at.isoformat() if run.ends_at else None,
    }
