"""`gridward locate` answers in words and as JSON, and asks which place is meant."""

from __future__ import annotations

import json

import pytest

from tests.api.town import build_town, lonlat


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def test_a_place_by_coordinates_and_by_words(gridward, town):
    lon, lat = lonlat(190, 100)
    told = gridward("locate", "--at", lon, lat, "--accuracy", "20")[1]
    assert "ambiguous" in told
    assert "990101001001001 Grid 1: 990101001W0 (head of the grid); border 10 m" in told
    assert "990101001001002" in told
    answer = json.loads(gridward("locate", "Main Street 3", "--json")[1])
    assert (answer["located_by"], answer["grids"][0]["code"]) == ("address", "990101001001001")
    which = gridward("locate", "解放路 9 号")[1]
    assert which.startswith("Which of these?")
    assert "West Village" in which
    assert "East Village" in which


def test_what_is_no_place_is_bad_input(gridward, town):
    assert gridward("locate")[0] == 2
    assert gridward("locate", "--door", "nothing")[0] == 2
    assert "stands for 'not known'" in gridward("locate", "--at", "0", "0")[1]
    lon, lat = lonlat(100, 100)
    assert "Turned round it would be:" in gridward("locate", "--at", lat, lon)[1]
