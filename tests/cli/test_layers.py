"""`gridward layers pmtiles` and `gridward plan export --format pmtiles`."""

from __future__ import annotations

import json

import pytest
from pmtiles.reader import MemorySource, Reader

from tests.api.town import build_town


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def test_layers_and_plans_are_written_as_tiles(gridward, town, tmp_path):
    file = tmp_path / "town.pmtiles"
    code, out, err = gridward(
        "layers", "pmtiles", "--collections", "grids,streets", "--out", file, "--max-zoom", 13, "--json"
    )
    assert code == 0, err
    assert json.loads(out)["tiles"] > 0
    named = Reader(MemorySource(file.read_bytes())).metadata()["vector_layers"]
    assert [each["id"] for each in named] == ["grids", "streets"]
    plan = tmp_path / "plan.pmtiles"
    code, out, err = gridward("plan", "export", town.plan, plan, "--format", "pmtiles")
    assert code == 0, err
    assert "tiles written" in out
    assert plan.stat().st_size > 0


def test_a_wrong_box_is_told(gridward, town, tmp_path):
    code, _, err = gridward("layers", "pmtiles", "--out", tmp_path / "x.pmtiles", "--bbox", "1,2,3")
    assert code == 2
    assert "four numbers" in err
