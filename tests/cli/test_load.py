"""`gridward load` on a real database: what goes in, what is refused, and the exit code of each."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli import main
from cli.load import _rows_text
from services.ingest.report import LoadReport

TOWN = """<osm version="0.6"><bounds minlat="60.0" minlon="25.0" maxlat="60.01" maxlon="25.01"/>
<node id="1" version="1" lat="60.001" lon="25.001"/><node id="2" version="1" lat="60.001" lon="25.0015"/>
<node id="3" version="1" lat="60.0012" lon="25.0015"/><node id="4" version="1" lat="60.0012" lon="25.001"/>
<way id="10" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
<tag k="building" v="apartments"/><tag k="building:levels" v="4"/></way>
</osm>
"""


@pytest.fixture
def town(gridward, tmp_path):
    path = tmp_path / "town.osm"
    path.write_text(TOWN, encoding="utf-8")
    code, _, err = gridward("load", "osm", path, "--territory", "Town")
    assert code == 0, err


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_extract_says_what_it_brought_and_what_households_rest_on(gridward, town, tmp_path):
    path = _write(tmp_path / "other.osm", TOWN.replace('v="4"', 'v="5"'))
    code, out, _ = gridward("load", "osm", path, "--territory", "Other")
    assert code == 0
    assert "households are estimated" in out
    assert "100% levels" in out
    code, out, _ = gridward("load", "osm", path, "--territory", "Other")
    assert "Already loaded" in out


@pytest.mark.parametrize("content", [b"", b"garbage"])
def test_bad_extract_ends_with_2_and_its_name(gridward, tmp_path, content):
    path = tmp_path / "bad.osm.pbf"
    path.write_bytes(content)
    code, out, err = gridward("load", "osm", path)
    assert (code, out) == (2, "")
    assert "bad.osm.pbf" in err
    assert gridward("load", "osm", tmp_path / "missing.osm.pbf")[0] == 2


def test_one_refused_row_is_told_as_one(gridward, town, tmp_path):
    path = _write(tmp_path / "dwellings.csv", "door_code,households,lon,lat\nD1,x,25.001,60.005\nD2,1,25.001,60.005\n")
    options = ("--crs", "wgs84", "--territory", "Town")
    err = gridward("load", "dwellings", path, *options)[2]
    assert "1 of 2 rows was refused, so nothing was saved." in err
    assert "Correct it, or give" in err
    alone = _write(tmp_path / "one.csv", "door_code,households,lon,lat\nD1,x,25.001,60.005\n")
    assert "1 of 1 row was refused" in gridward("load", "dwellings", alone, *options)[2]


def test_rejected_rows_are_listed_twenty_and_all_go_to_the_file(gridward, town, tmp_path):
    rows = "".join(f"D{i},{'x' if i % 100 == 0 else 1},25.001,60.005\n" for i in range(10_000))
    path = _write(tmp_path / "dwellings.csv", "door_code,households,lon,lat\n" + rows)
    rejects = tmp_path / "rejects.csv"
    options = ("--crs", "wgs84", "--territory", "Town", "--rejects", rejects)
    code, out, err = gridward("load", "dwellings", path, *options)
    assert (code, out) == (2, "")
    assert "100 of 10,000 rows were refused" in err
    assert sum(line.startswith("  line ") for line in err.splitlines()) == 20
    assert "and 80 more" in err
    with rejects.open(encoding="utf-8-sig", newline="") as stream:
        listed = list(csv.DictReader(stream))
    assert len(listed) == 100
    assert listed[0]["line"] == "2"
    assert all(row["column"] == "households" and row["reason"] and row["remedy"] for row in listed)


def test_json_answer_carries_every_refused_row(gridward, town, tmp_path):
    path = _write(tmp_path / "cameras.csv", "code,lon,lat\n3.2E+19,25.001,60.005\n")
    mapping = ("--map", "gb28181_id=code", "--territory", "Town", "--crs", "wgs84", "--json")
    code, _, err = gridward("load", "cameras", path, *mapping)
    problem = json.loads(err.splitlines()[-1])
    assert (code, problem["code"], problem["exit_code"]) == (2, "rejected-rows", 2)
    assert problem["rejected"][0]["line"] == 2
    assert "text" in problem["rejected"][0]["remedy"]


def test_dry_run_and_skip_rejected_say_what_they_did(gridward, town, tmp_path):
    path = _write(tmp_path / "staff.csv", "work_no,name\nS-1,Ann\n,Ben\n")
    dry = gridward("load", "staff", path, "--territory", "Town", "--dry-run", "--skip-rejected")
    assert dry[0] == 0
    assert "would be loaded" in dry[1]
    real = gridward("load", "staff", path, "--territory", "Town", "--skip-rejected")
    assert "1 row of staff.csv loaded into Town (1 inserted" in real[1]
    assert "1 row was refused" in real[1]


def test_encoding_guess_and_unloaded_columns_are_reported(gridward, town, tmp_path):
    path = tmp_path / "名册.csv"
    path.write_bytes("工号,姓名,学历\nG-1,王芳,本科\n".encode("gbk"))
    code, out, _ = gridward("load", "staff", path, "--territory", "Town")
    assert code == 0
    assert "gbk (guessed)" in out
    assert "学历" in out


def test_missing_crs_and_unknown_names_end_with_2(gridward, town, tmp_path):
    path = _write(tmp_path / "d.csv", "door_code,lon,lat\nX1,25.001,60.005\n")
    for words, told in (
        ((), "--crs"),
        (("--crs", "mars"), "mars"),
        (("--crs", "wgs84", "--map", "nonsense"), "FIELD=COLUMN"),
        (("--crs", "wgs84", "--map", "floor=lon"), "floor"),
        (("--crs", "wgs84", "--territory", "Nowhere"), "Nowhere"),
    ):
        territory = () if "--territory" in words else ("--territory", "Town")
        code, _, err = gridward("load", "dwellings", path, *territory, *words)
        assert code == 2
        assert told in err


def test_two_loads_at_once_both_end_well(cli_settings, town, tmp_path):
    path = _write(tmp_path / "together.csv", "work_no,name\n" + "".join(f"T-{i},N {i}\n" for i in range(500)))
    command = [sys.executable, "-m", "cli.main", "load", "staff", str(path), "--territory", "Town", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(Path(main.__file__).parents[1])}
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) for _ in range(2)
    ]
    answers = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0, 0], answers
    counts = [json.loads(out)["counts"]["inserted"] for out, _ in answers]
    assert sorted(counts) == [0, 500]


def test_the_same_extract_twice_at_once_makes_one_territory(cli_settings, tmp_path):
    path = _write(tmp_path / "race.osm", TOWN)
    command = [sys.executable, "-m", "cli.main", "load", "osm", str(path), "--territory", "Race", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(Path(main.__file__).parents[1])}
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) for _ in range(2)
    ]
    answers = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0, 0], answers
    assert sorted(json.loads(out)["unchanged"] for out, _ in answers) == [False, True]


def test_refused_features_of_a_layer_are_called_features(gridward, town, tmp_path):
    def feature(code, households):
        point = {"type": "Point", "coordinates": [25.003, 60.002]}
        cells = {"door_code": code, "address": "Kaivokatu 1", "households": households}
        return {"type": "Feature", "geometry": point, "properties": cells}

    features = [feature("D1", 3), feature("D2", "many"), feature("D1", 4)]
    layer = tmp_path / "doors.geojson"
    layer.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    rejects = tmp_path / "rejects.csv"
    code, _, err = gridward("load", "dwellings", layer, "--rejects", rejects, "--territory", "Town", "--crs", "wgs84")
    assert code == 2
    assert "First: feature 2, households" in err
    assert "feature 3, door_code 'D1': repeats feature 1" in err
    assert "line" not in err
    with rejects.open(encoding="utf-8-sig") as stream:
        assert [row["feature"] for row in csv.DictReader(stream)] == ["2", "3"]


def test_charts_have_headings_and_names_beside_codes():
    report = LoadReport("incidents", "year.csv", accepted=3, territory="Town")
    report.tallies = {"items": {"0101": 2, "Sonstiges": 1}, "months": {"2025-01": 3}}
    report.names = {"0101": "Street lamp is dark"}
    lines = _rows_text(report, None).splitlines()
    at = lines.index("  by item:")
    assert lines[at + 1].split() == ["0101", "Street", "lamp", "is", "dark", "2", "█" * 40]
    assert lines[at + 2].split() == ["Sonstiges", "1", "█" * 20]
    assert lines[at + 3 :] == ["  by month:", f"    {'2025-01':<40} {3:>8} {'█' * 40}"]
