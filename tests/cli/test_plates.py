"""`gridward plates` issues what a grid lacks and writes its sheet."""

from __future__ import annotations

import json

import pytest

from tests.api.town import build_town

GRID = "990101001001001"


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def test_a_sheet_is_written_and_issues_nothing_twice(gridward, town, tmp_path):
    out, url = tmp_path / "plates.pdf", "https://grid.example.gov"
    told = json.loads(gridward("plates", GRID, "--out", str(out), "--url", url, "--json")[1])
    assert told["plates"] >= 1
    assert out.read_bytes().startswith(b"%PDF-")
    again = json.loads(gridward("plates", GRID, "--out", str(out), "--url", f"{url}/", "--lang", "zh", "--json")[1])
    assert again["plates"] == told["plates"]


def test_what_cannot_be_printed_is_bad_input(gridward, town, tmp_path):
    out = str(tmp_path / "plates.pdf")
    assert gridward("plates", GRID, "--out", out)[0] == 2
    for words in ((GRID, "--lang", "fr"), (GRID, "--kind", "house"), ("nowhere",)):
        assert gridward("plates", *words, "--out", out, "--url", "https://grid.example.gov")[0] in (1, 2)
