"""Registers as they really come, typed in: loaded with what was refused, measured, and never a figure that is none."""

from __future__ import annotations

import json
import math

import pytest

from tests.api.town import build_town, lonlat

HEAD = "ref,lon,lat,azimuth,hfov,max_range\n"


@pytest.fixture(scope="module")
def town(database):
    return build_town(database, name="Roughby", prefix="990108001")


@pytest.fixture
def load(gridward, town, tmp_path):
    """Function that loads rows of cameras; returns the exit code, the report or problem, and what was said."""

    def call(*rows: str, options: tuple[str, ...] = ()):
        file = tmp_path / "cameras.csv"
        file.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        code, out, err = gridward("load", "cameras", file, "--crs", "wgs84", "--json", *options)
        return code, json.loads(out if code == 0 else err)

    return call


def row(ref: str, at: tuple[float, float], azimuth: object = 0, hfov: object = 60, reach: object = 60) -> str:
    lon, lat = lonlat(*at)
    return f"{ref},{lon:.8f},{lat:.8f},{azimuth},{hfov},{reach}"


def run(gridward) -> dict:
    code, out, err = gridward("coverage", "run", "--json")
    assert code == 0, err
    assert "NaN" not in out
    told = json.loads(out)
    assert all(math.isfinite(number) for number in told.values() if isinstance(number, (int, float)))
    return told


def test_no_heading_no_range_in_a_wall_and_in_a_building_are_loaded_and_measured(gridward, load):
    before = run(gridward)
    rows = [
        row("rough/heading", (300, 100), azimuth=""), row("rough/range", (300, 120), reach=0),
        row("rough/wall", (121, 60)), row("rough/deep", (140, 60)),
    ]  # fmt: skip
    code, report = load(*rows)
    assert code == 0, report
    assert report["counts"]["without_heading"] == 1
    after = run(gridward)
    summary = {name: after[name] - before[name] for name in ("cameras", "cameras_unknown_heading")}
    assert summary == {"cameras": 4, "cameras_unknown_heading": 1}
    assert after["cameras_moved_out"] == before["cameras_moved_out"] + 2


def test_cameras_in_the_sea_and_of_impossible_looks_are_refused_by_row(load):
    code, problem = load(row("rough/sea", (-90_000, -90_000)), row("rough/sound", (310, 100)))
    assert code == 2
    assert [found["line"] for found in problem["rejected"]] == [2]
    for wrong in (
        row("a", (310, 100), hfov=400),
        row("a", (310, 100), reach=-5),
        row("a", (310, 100), azimuth="north"),
    ):
        code, problem = load(wrong)
        assert (code, len(problem["rejected"])) == (2, 1), wrong


def test_seventy_thousand_rows_of_one_camera_are_told_and_saved_once(gridward, load):
    twice = row("rough/same", (310, 100))
    code, told = load(*[twice] * 70_000, options=("--skip-rejected",))
    assert code == 0, told
    code, out, err = gridward("coverage", "run", "--json")
    assert code == 0, err
    before = json.loads(out)["cameras"]
    assert load(twice)[0] == 0
    assert run(gridward)["cameras"] == before


def test_a_status_of_nobody_and_one_out_of_order_are_told(gridward, load, tmp_path):
    assert load(row("rough/told", (320, 100)))[0] == 0
    file = tmp_path / "states.csv"
    head = "camera,online,at\n"
    file.write_text(head + "rough/nobody,no,2026-05-01T00:00:00Z\n", encoding="utf-8")
    code, _, err = gridward("load", "camera-status", file)
    assert code == 2
    assert "rough/nobody" in err
    file.write_text(head + "rough/told,no,2026-05-03T00:00:00Z\n", encoding="utf-8")
    assert gridward("load", "camera-status", file)[0] == 0
    file.write_text(head + "rough/told,yes,2026-05-01T00:00:00Z\n", encoding="utf-8")
    code, out, err = gridward("load", "camera-status", file, "--json")
    assert code == 0, err
    assert json.loads(out)["counts"]["late"] == 1


def test_a_budget_of_zero_is_a_proposal_of_none(gridward, town):
    code, out, err = gridward("coverage", "place", "--budget", 0, "--json")
    assert code == 0, err
    assert (json.loads(out)["cameras"], json.loads(out)["summary"]["cameras"]) == ([], 0)


def test_other_needs_leave_the_standing_figures(gridward, town):
    standing = run(gridward)
    code, out, err = gridward("coverage", "run", "--k", 2, "--status", "all", "--json")
    assert code == 0, err
    assert json.loads(out)["run"] != standing["run"]
    assert run(gridward)["run"] == standing["run"]
