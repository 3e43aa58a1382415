"""Coverage of central Helsinki, its report, and what changes it."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from loaded_helsinki import SYSTEM, load_helsinki, propose

from gis.errors import InvalidInputError, NotFoundError, UnavailableError
from services import plan_files, reports
from services.coverage import list_gaps, run_coverage
from services.coverage_spec import CoverageSpec
from store.database import coverage as sql
from store.database.engine import Database
from store.database.models import Camera, CoverageGrid, Gap, KeyPlaceCoverage, ViewShed
from store.database.plans import plan_grids


@pytest.fixture(scope="module")
def plan(database: Database) -> UUID:
    load_helsinki(database)
    return propose(database)


def test_run_tells_an_interval_where_headings_are_unknown(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        run, _ = run_coverage(work, plan)
        summary = run.summary
        rows = sql.coverage_rows(work.session, run.id)
    assert summary["cameras"] == 221
    assert 0 < summary["cameras_unknown_heading"] < 221
    assert 0 < summary["seen_m"] < summary["seen_m_upper"] < summary["streets_m"]
    assert 0 < summary["key_places_seen"] < summary["key_places_seen_upper"] < summary["key_places"]
    figures = [row.CoverageGrid for row in rows]
    assert sum(grid.street_m for grid in figures) == pytest.approx(summary["streets_m"])
    assert sum(grid.places for grid in figures) == summary["key_places"]
    assert all(0 <= grid.seen_m <= grid.seen_m_upper <= grid.street_m + 1e-6 for grid in figures)
    assert all(grid.k2_m <= grid.seen_m + 1e-6 for grid in figures)
    assert all(grid.k3_m <= grid.k3_m_upper <= grid.k2_m_upper <= grid.seen_m_upper + 1e-6 for grid in figures)
    assert all(0 <= grid.gap_score_least <= grid.gap_score + 1e-9 for grid in figures)
    assert summary["k2_m"] < summary["k2_m_upper"] == pytest.approx(sum(grid.k2_m_upper for grid in figures))
    assert sum(grid.gap_score_least for grid in figures) < sum(grid.gap_score for grid in figures)


def test_run_leaves_gaps_sheds_and_places(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        run, _ = run_coverage(work, plan)
        gaps = work.session.scalar(sa.select(sa.func.count()).select_from(Gap).where(Gap.run_id == run.id))
        unseen = work.session.scalars(sa.select(KeyPlaceCoverage.seen).where(KeyPlaceCoverage.run_id == run.id)).all()
        valid = work.session.scalar(sa.select(sa.func.bool_and(sa.func.ST_IsValid(ViewShed.geom))))
        assert gaps == run.summary["gaps"]
        assert unseen.count("yes") == run.summary["key_places_seen"]
        assert valid
        assert list_gaps(work, plan, limit=3)[0]["score"] >= list_gaps(work, plan, limit=3)[2]["score"]
        # a client that looks at the first features alone must see that there are points and lines
        kinds = work.session.scalars(sa.select(Gap.kind).where(Gap.run_id == run.id).order_by(Gap.fid)).all()
        assert set(kinds[:2]) == set(kinds) == {"street", "key_place"}


def test_equal_inputs_return_the_finished_run(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        first, _ = run_coverage(work, plan)
        again, reused = run_coverage(work, plan)
    assert reused
    assert again.id == first.id


def test_camera_that_goes_offline_makes_gaps(database: Database, plan: UUID) -> None:
    with database.work(SYSTEM) as work:
        before, _ = run_coverage(work, plan)
        work.session.execute(sa.update(Camera).values(online=False))
        after, reused = run_coverage(work, plan)
        everyone, _ = run_coverage(work, plan, CoverageSpec(status="all"))
        assert not reused
        assert after.summary["seen_m"] == 0
        assert after.summary["cameras_online"] == 0
        assert everyone.summary["seen_m"] == pytest.approx(before.summary["seen_m"])
        rows = work.session.scalars(sa.select(CoverageGrid).where(CoverageGrid.run_id == after.id)).all()
        assert sum(row.cameras for row in rows) > 0
        assert sum(row.online for row in rows) == 0
        work.session.rollback()


@pytest.mark.parametrize("spec", [CoverageSpec(status="some"), CoverageSpec(assumed_hfov=0), CoverageSpec(k=9)])
def test_spec_that_cannot_be_meant_is_refused(database: Database, plan: UUID, spec: CoverageSpec) -> None:
    with pytest.raises(InvalidInputError), database.work(SYSTEM) as work:
        run_coverage(work, plan, spec)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_report_asks_no_outside_address(database: Database, plan: UUID, lang: str) -> None:
    with database.work(SYSTEM) as work:
        run_coverage(work, plan)
        page = reports.build(work, "coverage", plan, lang=lang).decode()
        again = reports.build(work, "coverage", plan, lang=lang).decode()
        codes = [row.code for row in plan_grids(work.session, plan)]
    assert again == page
    assert all(reports.grouped_code(code) in page for code in codes)
    assert "OpenStreetMap contributors" in page
    assert ("摄像机覆盖分析" in page) == (lang == "zh")
    assert not re.findall(r"""<(?:script|link|img)[^>]+(?:src|href)=["'](?!data:)""", page)
    assert not re.findall(r"""url\(\s*["']?(?:https?:)?//""", page)


def test_report_of_nothing_is_refused(database: Database, plan: UUID) -> None:
    fresh = propose(database, grids=11)
    with database.work(SYSTEM) as work:
        with pytest.raises(NotFoundError, match="coverage run"):
            reports.build(work, "coverage", fresh)
        with pytest.raises(InvalidInputError, match="coverage"):
            reports.build(work, "poems", plan)
        with pytest.raises(InvalidInputError, match="en or zh"):
            reports.build(work, "coverage", plan, lang="fi")


def test_report_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    reports.write(target, b"old")
    with pytest.raises(UnavailableError):
        reports.write(tmp_path / "missing" / "r.html", b"new")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


@pytest.mark.parametrize("ending", ["geojson", "gpkg", "shp", "csv"])
def test_exported_grids_keep_codes_and_borders(database: Database, plan: UUID, tmp_path: Path, ending: str) -> None:
    import geopandas
    import pandas as pd

    target = tmp_path / f"grids.{ending}"
    with database.work(SYSTEM) as work:
        count = plan_files.export(work, plan, target)
        codes = sorted(row.code for row in plan_grids(work.session, plan))
    if ending == "csv":
        table = pd.read_csv(target, dtype=str)
    else:
        table = geopandas.read_file(target)
        assert table.to_crs(32635).geometry.union_all().area == pytest.approx(table.to_crs(32635).area.sum(), rel=1e-9)
    assert count == len(table)
    assert sorted(table["code"]) == codes


def test_export_to_an_unknown_format_is_refused(database: Database, plan: UUID, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"\.gpkg"), database.work(SYSTEM) as work:
        plan_files.export(work, plan, tmp_path / "grids.dwg")
