"""A real plan goes out as a file and comes back identical, to the last of nine decimals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import geopandas
import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from loaded_helsinki import SYSTEM, load_helsinki, propose

from gis.errors import InvalidInputError
from services import plan_files
from services.plan_life.downloads import export_bytes, opened
from services.plan_life.importing import ImportOptions, NeedsRepairError, import_plan
from services.plans import check_plan
from store.cluster import ClusterUrls
from store.database.engine import Database
from store.database.models import Plan
from store.database.plans import atom_shapes
from store.database.work import UnitOfWork
from store.files.atom_borders import read_atom_borders, write_atom_borders


@pytest.fixture(scope="module")
def plan(database: Database) -> object:
    load_helsinki(database)
    return propose(database)


@pytest.mark.parametrize("form", ["gpkg", "geojson", "shp"])
def test_export_import_export_is_identical(database: Database, plan: object, tmp_path: Path, form: str) -> None:
    first, second = tmp_path / f"first.{form}", tmp_path / f"second.{form}"
    with database.work(SYSTEM) as work:
        plan_files.export(work, plan, first)  # type: ignore[arg-type]
        report = import_plan(work, first)  # our own files say in which system their coordinates are
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


def test_zipped_shapefile_is_taken_out_of_its_zip(database: Database, plan: UUID, tmp_path: Path) -> None:
    file = tmp_path / "districts.zip"
    with database.work(SYSTEM) as work:
        file.write_bytes(export_bytes(work, plan, "shp"))
        with opened(file) as layer:
            report = import_plan(work, layer, dry_run=True)
    assert (report.changes, report.codes_given) == ([], 0)
    assert not layer.exists()
    with pytest.raises(InvalidInputError, match=r"empty\.zip"), opened(tmp_path / "empty.zip") as layer:
        import_plan(work, layer, dry_run=True)


def test_borders_of_another_place_get_atoms_and_few_corners(database: Database, plan: object, tmp_path: Path) -> None:
    file = tmp_path / "redrawn.gpkg"
    with database.work(SYSTEM) as work:
        plan_files.export(work, plan, file)  # type: ignore[arg-type]
    table = geopandas.read_file(file, layer="grids")
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


@pytest.fixture(scope="module")
def elsewhere(clone_database: Callable[[], ClusterUrls]) -> Iterator[Database]:
    """Another database with the same ground, and no plan."""
    urls = clone_database()
    other = Database(urls.app, urls.owner)
    load_helsinki(other)
    yield other
    other.dispose()


def exported(database: Database, plan: object, path: Path) -> geopandas.GeoDataFrame:
    with database.work(SYSTEM) as work:
        plan_files.export(work, plan, path)  # type: ignore[arg-type]
    return geopandas.read_file(path, **({"layer": "grids"} if path.suffix == ".gpkg" else {})).sort_values("code")


def atoms_of(database: Database, plan: object) -> list[bytes]:
    with database.work(SYSTEM) as work:
        found = atom_shapes(work.session, plan)  # type: ignore[arg-type]
    return sorted(shapely.to_wkb(shapely.normalize(found["geom"])).tolist())


@pytest.mark.parametrize("form", ["gpkg", "geojson"])
def test_plan_moves_to_a_database_that_never_saw_it(
    database: Database, elsewhere: Database, plan: object, tmp_path: Path, form: str
) -> None:
    before = exported(database, plan, tmp_path / f"first.{form}")
    with elsewhere.work(SYSTEM) as work:
        report = import_plan(work, tmp_path / f"first.{form}", crs="wgs84")
    assert (report.changes, report.corners_added, report.codes_given) == ([], 0, 0)
    assert not any("layer" in warning for warning in report.warnings)
    after = exported(elsewhere, report.plan_id, tmp_path / f"second.{form}")
    assert before["code"].tolist() == after["code"].tolist()
    assert before["households"].tolist() == after["households"].tolist()
    shapes = [shapely.normalize(table.geometry.to_numpy()) for table in (before, after)]
    assert np.all(shapely.equals_identical(*shapes))
    assert atoms_of(elsewhere, report.plan_id) == atoms_of(database, plan)
    with elsewhere.work(SYSTEM) as work:
        assert report.plan_id is not None
        assert {each["kind"] for each in check_plan(work, report.plan_id).problems if each["blocks"]} <= {"no-head"}
        forget_plan(work, report.plan_id)


def forget_plan(work: UnitOfWork, plan: UUID) -> None:
    work.session.delete(work.session.get_one(Plan, plan))
    work.session.flush()
    work.session.execute(sa.text("delete from grid"))


@pytest.mark.parametrize("form", ["gpkg", "geojson"])
def test_lines_that_do_not_fit_the_grids_are_passed_over(
    database: Database, elsewhere: Database, plan: object, tmp_path: Path, form: str
) -> None:
    file = tmp_path / f"spoilt.{form}"
    exported(database, plan, file)
    borders = read_atom_borders(file)
    assert borders
    if form == "geojson":
        file.write_text(file.read_text().replace('"atom_borders": {', '"atom_borders": {"0": 1, '), encoding="utf-8")
    else:
        codes = sorted(borders)
        moved = [borders[code] for code in reversed(codes)]
        write_atom_borders(codes, np.array(moved, dtype=object), file)
    with elsewhere.work(SYSTEM) as work:
        report = import_plan(work, file, crs="wgs84", dry_run=True)
    assert report.atoms > report.grids
