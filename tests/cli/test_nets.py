"""`gridward partition police --net`, `dedicated --floors`, `plan map` and `plan shares` on a real database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

STREET = 'k="building" v="apartments"/><tag k="building:levels" v="9"'
OFFICE = 'k="building" v="office"/><tag k="building:levels" v="6"'


def _block(first: int, lat: float, lon: float, tags: str) -> str:
    corners = [(lat, lon), (lat, lon + 0.0008), (lat + 0.0004, lon + 0.0008), (lat + 0.0004, lon)]
    nodes = "".join(f'<node id="{first + k}" version="1" lat="{y}" lon="{x}"/>' for k, (y, x) in enumerate(corners))
    refs = "".join(f'<nd ref="{first + k}"/>' for k in (0, 1, 2, 3, 0))
    return f'{nodes}<way id="{first + 1000}" version="1">{refs}<tag {tags}/></way>'


TOWN = (
    '<osm version="0.6"><bounds minlat="60.0" minlon="25.0" maxlat="60.01" maxlon="25.01"/>'
    + _block(1, 60.002, 25.002, STREET)
    + _block(11, 60.007, 25.007, STREET)
    + _block(21, 60.005, 25.004, OFFICE)
    + "</osm>"
)


def _net(path: Path, *boxes: tuple[str, float, float]) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {"beat": code, "called": f"Beat {code}"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[west, 60.0], [east, 60.0], [east, 60.01], [west, 60.01], [west, 60.0]]],
            },
        }
        for code, west, east in boxes
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.fixture
def town(gridward, tmp_path):
    path = tmp_path / "town.osm"
    path.write_text(TOWN, encoding="utf-8")
    code, _, err = gridward("load", "osm", path, "--territory", "Town")
    assert code == 0, err
    code, _, err = gridward("partition", "household", "--target", "20")
    assert code == 0, err


def test_net_of_a_file_is_saved_mapped_and_listed(gridward, town, tmp_path):
    words = ("partition", "police", "--crs", "wgs84", "--code", "beat", "--name-field", "called", "--net")
    path = _net(tmp_path / "net.geojson", ("B1", 25.0, 25.004), ("B2", 25.004, 25.01))
    code, out, err = gridward(*words, path, "--json")
    assert code == 0, err
    plan = json.loads(out)["plan_id"]
    code, out, _ = gridward("plan", "map", plan)
    assert code == 0
    assert "households outside the net    0" in out
    code, out, _ = gridward("plan", "shares", plan)
    assert code == 0
    assert "B1" in out
    for name in ("shares.csv", "shares.xlsx"):
        assert gridward("plan", "shares", plan, "--out", tmp_path / name)[0] == 0
        assert (tmp_path / name).stat().st_size > 100
    rows = json.loads(gridward("plan", "shares", plan, "--grid", "B2", "--json")[1])
    assert {row["net_code"] for row in rows} == {"B2"}
    assert gridward("plan", "check", plan)[0] == 0
    torn = _net(tmp_path / "torn.geojson", ("C1", 25.0, 25.006), ("C2", 25.004, 25.01))
    code, out, err = gridward(*words, torn, "--rejects", tmp_path / "rejects.csv")
    assert (code, out) == (2, "")
    assert "feature 2" in err
    assert "shares" in err
    assert "feature 1" in (tmp_path / "rejects.csv").read_text("utf-8-sig")


def test_floors_of_a_table_and_of_loaded_buildings_become_dedicated_grids(gridward, town, tmp_path):
    code, out, err = gridward("partition", "dedicated")
    assert code == 0, err
    assert "estimated from floor area" in out
    floors = tmp_path / "floors.csv"
    floors.write_text("building,floor,companies\n" + "".join(f"way/1021,{n},30\n" for n in range(1, 7)))
    code, out, err = gridward("partition", "dedicated", "--floors", floors, "--json")
    assert code == 0, err
    plan = json.loads(out)["plan_id"]
    assert json.loads(out)["counts"] == {"grids": 3, "floors": 6}
    assert gridward("plan", "export", plan, tmp_path / "dedicated.csv")[0] == 0
    assert "floor_low" in (tmp_path / "dedicated.csv").read_text("utf-8-sig")
    floors.write_text("building,floor,companies\nway/9,1,30\n")
    code, _, err = gridward("partition", "dedicated", "--floors", floors)
    assert code == 2
    assert "names no loaded building" in err


@pytest.mark.parametrize(
    "words",
    [
        ("partition", "police", "--net", "a.geojson", "--floors", "b.csv"),
        ("partition", "police", "--code", "beat"),
        ("partition", "cell", "--net", "missing.geojson"),
        ("plan", "shares", "00000000-0000-0000-0000-000000000000"),
    ],
)
def test_what_can_not_be_meant_ends_with_2(gridward, town, words):
    code, out, err = gridward(*words)
    assert (code, out) == (2, "")
    assert err.startswith("error:")
