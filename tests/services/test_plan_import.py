"""A real plan goes out as a file and comes back identical, to the last of nine decimals."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from loaded_helsinki import SYSTEM, load_helsinki, propose

from gis.errors import InvalidInputError
from services import plan_files
from services.plan_life.importing import ImportOptions, NeedsRepairError, import_plan
from services.plans import check_plan
from store.database.engine import Database
from store.database.models import Plan


@pytest.fixture(scope="module")
def plan(database: Database) -> object:
    load_helsinki(database)
    return propose(database)


@pytest.mark.parametrize("form", ["gpkg", "geojson", "shp"])
def test_export_import_export_is_identical(database: Database, plan: object, tmp_path: Path, form: str) -> None:
    first, second = tmp_path / f"first.{form}", tmp_path / f"second.{form}"
    with database.work(SYSTEM) as work:
        plan_files.export(work, plan, first)  # type: ignore[arg-type]
        report = import_plan(work, first, crs="wgs84")
    assert (report.changes, report.corners_added, report.codes_given) == ([], 0, 0)
    with database.work(SYSTEM) as work:
        assert report.plan_id is not None
        plan_files.export(work, report.plan_id, second)
        problems = check_plan(work, report.plan_id).problems
        assert {problem["kind"] for problem in problems if problem["blocks"]} <= {"no-head"}
        work.session.delete(work.session.get_one(Plan, report.plan_id))
    before, after = (geopandas.read_file(path).sort_values("code") for path in (first, second))
    assert before["code"].tolist() == after["code"].tolist()
    shapes = [shapely.normalize(table.geometry.to_numpy()) for table in (before, after)]
    assert np.all(shapely.equals_exact(*shapes, 0))


def test_borders_of_another_place_get_atoms_and_few_corners(database: Database, plan: object, tmp_path: Path) -> None:
    file = tmp_path / "redrawn.gpkg"
    with database.work(SYSTEM) as work:
        plan_files.export(work, plan, file)  # type: ignore[arg-type]
    table = geopandas.read_file(file)
    table["code"] = [f"x{row}" for row in range(len(table))]
    table.to_file(file, layer="grids")
    with database.work(SYSTEM) as work:
        report = import_plan(work, file, crs="wgs84", dry_run=True)
        assert report.plan_id is None
    # strange codes are numbered anew, and atoms are built inside the borders
    assert report.codes_given == report.grids == len(table)
    assert report.atoms > 10 * report.grids
    table.geometry = table.geometry.translate(xoff=0.002)
    table.to_file(file, layer="grids")
    with pytest.raises((NeedsRepairError, InvalidInputError)), database.work(SYSTEM) as work:
        import_plan(work, file, ImportOptions(kind="castle"), crs="wgs84", dry_run=True)
