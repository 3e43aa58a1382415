"""The quality report over HTTP and on disk: figures, verdicts, limits, files."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import openpyxl
import pytest

from cli import main
from gis.errors import InvalidInputError
from services.nearest_staff import StreetGraphs
from services.plan_quality import Parts, QualityCache, parse_limit, report_quality
from services.plan_quality_tables import write_quality
from store.cluster import ClusterUrls
from store.database.actor import Actor
from store.database.engine import Database
from store.database.models import Camera, Plan
from store.files.sheets import Sheet, xlsx_bytes
from tests.api.conftest import Client
from tests.api.town import Town, build_town

WALKS = ("walk_median_min", "walk_p95_min", "walk_max_min")


@pytest.fixture(scope="module")
def town(database: Database) -> Town:
    return build_town(database)


def get(client: Client, plan: UUID, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/api/v1/plans/{plan}/quality{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_every_grid_has_every_figure(client: Client, town: Town) -> None:
    report = get(client, town.plan)
    names = {figure["id"] for figure in report["figures"]}
    assert len(report["grids"]) == 6
    for grid in report["grids"]:
        assert set(grid["values"]) == set(grid["verdicts"]) == names
        low, middle, high = (grid["values"][name] for name in WALKS[:2] + WALKS[2:])
        assert low <= middle <= high
    assert report["totals"]["area_km2"]["value"] == pytest.approx(0.24, rel=0.01)
    assert {one["id"] for one in report["principles"]} == {"population", "service", "resources", "functions"}
    assert sum(report["histogram"]["counts"]) == 6


def test_resources_are_counted_where_they_are(client: Client, town: Town) -> None:
    grids = {grid["id"]: grid for grid in get(client, town.plan)["grids"]}
    first = grids[str(town.grids["g1"])]
    assert first["values"]["heads"] == 1
    assert first["values"]["staff"] == 2
    assert first["values"]["cameras"] == 4
    assert first["values"]["cameras_online"] == 3
    assert first["values"]["places_seen"] == 1.0
    assert first["walk_from"] == "head"
    empty = grids[str(town.grids["g3"])]
    assert empty["values"]["heads"] == 0
    assert empty["verdicts"]["heads"] == "bad"
    assert empty["verdict"] == "bad"
    assert empty["walk_from"] == "households"


def test_grids_outside_the_band_come_with_a_reason(client: Client, town: Town, database: Database) -> None:
    with database.work(Actor.system()) as work:
        plan = work.session.get_one(Plan, town.plan)
        plan.spec = {"tolerance": 0.01}
        plan.revision += 1
    outside = get(client, town.plan)["outside"]
    assert outside
    for row in outside:
        assert (row["beyond"] < 0) == (row["households"] < row["low"])
        assert row["reason"]["en"]
        assert row["reason"]["zh"]


def test_the_partitioner_s_reason_is_told_with_the_grid(client: Client, town: Town, database: Database) -> None:
    report = get(client, town.plan)
    row = report["outside"][0]
    [area] = {each["area_name"] for each in report["grids"] if each["code"] == row["code"]}
    with database.work(Actor.system()) as work:
        plan = work.session.get_one(Plan, town.plan)
        misfit = {"area": area, "kind": "whole units", "households": [row["households"]]}
        plan.quality = (plan.quality or {}) | {"misfits": [misfit | {"text": "units of 30: sums 60 or 90"}]}
        plan.revision += 1
    reason = get(client, town.plan)["outside"][0]["reason"]
    assert reason["en"].endswith(": no sum of whole atoms fits (units of 30: sums 60 or 90)")
    assert "整块地块之和均不在范围内" in reason["zh"]


def test_limits_may_be_asked_for_once_or_kept(client: Client, town: Town, make_account: Any, app: Any) -> None:
    def limit_of(report: dict[str, Any]) -> tuple[float, float, bool]:
        [figure] = [each for each in report["figures"] if each["id"] == "cameras"]
        return figure["ok"], figure["watch"], figure["own"]

    usual = limit_of(get(client, town.plan))
    assert limit_of(get(client, town.plan, "?limit=cameras=9:5")) == (9, 5, False)
    assert limit_of(get(client, town.plan)) == usual
    path = f"/api/v1/plans/{town.plan}/quality/limits"
    kept = client.put(path, json={"limits": {"cameras": {"ok": 4, "watch": 3}}})
    assert kept.status_code == 200
    assert limit_of(kept.json()) == limit_of(get(client, town.plan)) == (4, 3, True)
    with Client(app, headers={"Authorization": f"Bearer {make_account('dispatcher')}"}) as other:
        assert other.put(path, json={"limits": {}}).status_code == 403
    for wrong in ({"cameras": {"ok": 1, "watch": 2}}, {"beauty": {"ok": 1, "watch": 1}}):
        answer = client.put(path, json={"limits": wrong})
        assert answer.status_code == 422
        assert answer.json()["code"] == "invalid-input"
    assert client.put(path, json={"limits": {}}).status_code == 200
    assert limit_of(get(client, town.plan)) == usual


def test_what_can_not_be_asked_is_said(client: Client, town: Town) -> None:
    assert client.get(f"/api/v1/plans/{uuid4()}/quality").status_code == 404
    answer = client.get(f"/api/v1/plans/{town.plan}/quality?limit=cameras")
    assert answer.status_code == 422
    assert "FIGURE=OK:WATCH" in answer.json()["detail"]


def test_a_report_is_kept_until_something_under_it_changes(database: Database, town: Town) -> None:
    parts = Parts(StreetGraphs(), QualityCache())

    def cameras() -> float:
        with database.work(Actor.system()) as work:
            return float(report_quality(work, town.plan, parts=parts)["totals"]["cameras_online"]["value"])

    before = cameras()
    with database.work(Actor.system()) as work:
        work.session.get_one(Camera, town.cameras["fixed"]).online = False
    assert cameras() == before  # nobody said that the cameras changed
    with database.work(Actor.system()) as work:
        work.session.get_one(Camera, town.cameras["turned"]).online = False
        work.touch("cameras", town.territory)
    assert cameras() == before - 2


def test_files_say_what_the_screen_says(database: Database, town: Town, tmp_path: Path) -> None:
    with database.work(Actor.system()) as work:
        report = report_quality(work, town.plan)
    for ending in ("xlsx", "csv", "json"):
        write_quality(tmp_path / f"quality.{ending}", report, lang="zh" if ending == "csv" else "en")
    book = openpyxl.load_workbook(tmp_path / "quality.xlsx")
    assert book.sheetnames == ["grids", "plan", "outside the band"]
    rows = list(book["grids"].values)
    assert [row[0] for row in rows[1:]] == [grid["code"] for grid in report["grids"]]
    assert rows[0][:4] == ("grid", "name", "area", "households")
    text = (tmp_path / "quality.csv").read_text("utf-8-sig")
    table = list(csv.reader(text.splitlines()))
    assert table[0][0] == "网格"
    assert len(table) == 7
    assert json.loads((tmp_path / "quality.json").read_text())["totals"] == report["totals"]
    with pytest.raises(InvalidInputError, match="can be written as"):
        write_quality(tmp_path / "quality.pdf", report)


def test_cells_keep_their_kind_and_odd_signs(tmp_path: Path) -> None:
    rows = [["00123", 1.5, None, "a & <b> \x01"], ["=1+1", -3, "", "网格"]]
    (tmp_path / "t.xlsx").write_bytes(xlsx_bytes([Sheet("a/b:c", ["text", "number", "none", "odd"], rows)]))
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["a-b-c"]
    assert list(book.active.values)[1] == ("00123", 1.5, None, "a & <b> ")
    assert book.active["A3"].value == "=1+1"
    assert book.active["A3"].data_type == "s"
    with pytest.raises(InvalidInputError, match="needs a sheet"):
        xlsx_bytes([])


def test_limits_are_read_from_words() -> None:
    assert parse_limit("cameras=4:2") == ("cameras", (4.0, 2.0))
    assert parse_limit("cameras=4") == ("cameras", (4.0, 4.0))
    for wrong in ("cameras", "cameras=", "cameras=a:b"):
        with pytest.raises(InvalidInputError, match="FIGURE=OK:WATCH"):
            parse_limit(wrong)


def test_the_command_prints_writes_and_keeps(
    town: Town,
    database_urls: ClusterUrls,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GRIDWARD_DATABASE_URL", database_urls.app)
    monkeypatch.setenv("GRIDWARD_DATABASE_OWNER_URL", database_urls.owner)
    monkeypatch.setenv("GRIDWARD_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    words = ["plan", "quality", str(town.plan)]
    assert main.run([*words, "--out", "quality.xlsx"]) == 0
    told = capsys.readouterr().out
    assert "Head's walk, median" in told
    assert "6 grids written" in told
    assert (tmp_path / "quality.xlsx").is_file()
    assert main.run([*words, "--limit", "cameras=9:5", "--keep-limits", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert [each["ok"] for each in figures if each["own"]] == [9.0]
    assert main.run([*words, "--keep-limits"]) == 0
    assert main.run([*words, "--lang", "fr"]) == 2
    assert main.run([*words, "--limit", "cameras=1:5"]) == 2
