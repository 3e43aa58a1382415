"""`gridward partition water` and what follows from it, as typed."""

from __future__ import annotations

import csv
import json

import openpyxl
import pyogrio
import pytest

from tests.services.polder_ground import VILLAGES, add_wardens, load_polder


@pytest.fixture(scope="module")
def polder(database):
    territory = load_polder(database)
    add_wardens(database, territory)
    return territory


@pytest.fixture
def plan(gridward, polder):
    code, out, err = gridward("partition", "water", "--json")
    assert code == 0, err
    return json.loads(out)["plan"]


def test_water_plan_is_made_staffed_and_checked(gridward, plan):
    code, out, _ = gridward("partition", "water", "--target", 2000, "--bank", 30)
    assert code == 0
    assert "named rivers" in out
    assert "managed strip" in out
    # a warden of the roster goes before heads of land grids; one is allowed many waters
    code, out, _ = gridward("staff", "assign", "--plan", plan, "--max-grids", 50, "--json")
    assert (code, json.loads(out)["vacancies"]) == (0, [])
    code, out, err = gridward("plan", "check", plan)
    assert code == 0, out + err


def test_what_no_water_allows_is_said_in_words(gridward, polder):
    code, out, err = gridward("partition", "water", "--target", 20_000, "--cut-at", "sluice", "--cut-at", "border")
    assert code == 0, err
    assert "no water is long enough" in out
    assert "of 0" not in out


def test_quality_of_waters_is_told_and_written(gridward, plan, tmp_path):
    code, out, err = gridward("plan", "quality", plan, "--out", tmp_path / "quality.csv")
    assert code == 0, err
    assert "Fit on long waters" in out
    assert " metres: " in out
    assert "households:" not in out
    assert (tmp_path / "quality.csv").exists()
    code, out, _ = gridward("plan", "quality", plan, "--limit", "length_off=0.3:0.6", "--json")
    assert code == 0
    assert json.loads(out)["measure"] == "metres"


def test_rivers_are_listed_and_written(gridward, plan, tmp_path):
    code, out, _ = gridward("plan", "rivers", plan)
    assert code == 0
    assert "1 named river, 4 posts of river chiefs, 1 filled" in out
    assert VILLAGES[1] in out
    code, out, _ = gridward("plan", "rivers", plan, "--json")
    assert json.loads(out)["rivers"][0]["name"] == "长河"
    for ending in ("csv", "xlsx"):
        assert gridward("plan", "rivers", plan, "--out", tmp_path / f"rivers.{ending}")[0] == 0
    with (tmp_path / "rivers.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["level"], row["area_code"]) for row in rows[:2]] == [("county", "321281"), ("town", "321281100")]
    sheet = openpyxl.load_workbook(tmp_path / "rivers.xlsx").active
    assert sheet.max_row == 5


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "csv", "shp"])
def test_export_holds_the_reaches(gridward, plan, tmp_path, ending):
    assert gridward("plan", "export", plan, tmp_path / f"water.{ending}")[0] == 0
    if ending == "gpkg":
        assert {name for name, _ in pyogrio.list_layers(tmp_path / "water.gpkg")} >= {"grids", "river_reaches"}
        reaches = pyogrio.read_dataframe(tmp_path / "water.gpkg", layer="river_reaches")
        grids = pyogrio.read_dataframe(tmp_path / "water.gpkg", layer="grids")
    elif ending == "csv":
        with (tmp_path / "water_reaches.csv").open(encoding="utf-8-sig", newline="") as file:
            assert {row["river"] for row in csv.DictReader(file)} == {"长河", ""}
        return
    else:
        reaches = pyogrio.read_dataframe(tmp_path / f"water_reaches.{ending}")
        grids = pyogrio.read_dataframe(tmp_path / f"water.{ending}")
    assert set(reaches["code"]) == set(grids["code"])
    assert reaches["length_m"].sum() == pytest.approx(9420, abs=5)


@pytest.mark.parametrize(
    "words",
    [
        ("partition", "water", "--bank", "0"),
        ("partition", "water", "--target", "0"),
        ("partition", "water", "--cut-at", "ford"),
        ("partition", "water", "--grids", "4"),
        ("partition", "water", "--within", "999999"),
        ("partition", "household", "--bank", "15"),
    ],
)
def test_what_cannot_be_meant_ends_with_2(gridward, polder, words):
    code, out, err = gridward(*words)
    assert (code, out) == (2, "")
    assert err


def test_rivers_of_another_kind_and_other_endings_are_refused(gridward, plan, tmp_path):
    code, out, _ = gridward("partition", "household", "--target", 45, "--json")
    assert code == 0
    assert gridward("plan", "rivers", json.loads(out)["plan"])[0] == 2
    assert gridward("plan", "rivers", plan, "--out", tmp_path / "rivers.pdf")[0] == 2
