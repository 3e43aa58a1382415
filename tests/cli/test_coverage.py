"""`gridward coverage` as typed: days, comparisons, proposals, prices, facilities, and words that are none."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from cli.coverage_text import availability_lines, gap_text, rate_lines
from store.database.actor import Actor
from store.database.models import KeyPlace
from tests.api.town import build_town


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def answer(gridward, *words):
    code, out, err = gridward("coverage", *words, "--json")
    assert code == 0, err
    return json.loads(out)


def test_runs_of_now_and_of_a_day(gridward, town):
    code, out, _ = gridward("coverage", "run")
    assert code == 0
    assert "Streets seen" in out
    assert "official count" in out
    day = answer(gridward, "run", "--on", "2026-01-05", "--status", "all", "--k", 2)
    assert not day["reused"]
    assert answer(gridward, "run", "--on", "2026-01-05", "--status", "all", "--k", 2)["reused"]
    month = answer(gridward, "run", "--month", "2026-01")
    assert 0 < month["availability"]["mean"] <= 1
    code, out, _ = gridward("coverage", "gaps", "--limit", 3)
    assert code == 0
    assert len(out.splitlines()) == 3
    assert "not seen" in out
    assert gridward("coverage", "gaps", "--run", month["run"])[0] == 0
    twice = answer(gridward, "run", "--k", 2)
    code, out, _ = gridward("coverage", "gaps", "--run", twice["run"])
    assert (code, "seen by fewer than 2 cameras" in out) == (0, True)
    found = answer(gridward, "areas", "--run", twice["run"])
    assert found["run"]["id"] == twice["run"]
    assert found["areas"][0]["seen_m_upper"] == pytest.approx(twice["seen_m_upper"])
    code, out, _ = gridward("coverage", "areas")
    assert (code, "Targets: networked 100%, online 100%, serviceable 98%" in out) == (0, True)


def test_detail_above_discern_is_for_named_places_with_a_reason(gridward, database, town):
    with database.work(Actor.system()) as work:
        place = str(work.session.scalars(sa.select(KeyPlace.id).order_by(KeyPlace.fid)).first())
    code, _, err = gridward("coverage", "place", "--budget", 1, "--level", "identify", "--named", place)
    assert (code, "written reason" in err) == (2, True)
    words = ("--level", "identify", "--named", place, "--reason", "Number plates at this gate")
    made = answer(gridward, "place", "--budget", 1, *words)
    assert made["spec"]["named"] == [place]


def test_two_days_are_compared(gridward, town):
    found = answer(gridward, "compare", "2026-01-05", "2026-01-06")
    assert found["same_grids"]
    assert all(row["change"] == 0 for row in found["summary"])
    code, out, _ = gridward("coverage", "compare", "2026-01-05", "now")
    assert code == 0
    assert "seen_m" in out


def test_cameras_are_proposed_and_priced(gridward, town):
    found = answer(gridward, "place", "--budget", 2, "--sensor-px", 8000, "--certify", "--name", "Two")
    assert (found["name"], len(found["cameras"])) == ("Two", 2)
    assert found["summary"]["gap"] is not None
    code, out, _ = gridward("coverage", "place", "--budget", 2, "--sensor-px", 8000, "--on", "junction")
    assert code == 0
    assert "junction" in out
    enough = answer(gridward, "place", "--cover", 0.5, "--sensor-px", 8000, "--certify")["summary"]
    assert (enough["reached"], enough["cover"] >= 0.5) == (True, True)
    assert 1 <= enough["least_cost"] <= enough["cameras"]
    code, out, _ = gridward("coverage", "place", "--cover", 0.5, "--sensor-px", 8000, "--certify")
    assert "of what new cameras could add" in out
    assert "(proven)" in out
    code, _, err = gridward("coverage", "place", "--sensor-px", 8000)
    assert (code, "budget, or the share to cover" in err) == (2, True)
    code, _, err = gridward("coverage", "place", "--budget", 1000, "--unit", "money")
    assert code == 2
    assert "price" in err
    prices = answer(gridward, "costs", "--set", "fixed=400,10,EUR")
    assert prices[0]["purchase"] == 400
    paid = answer(gridward, "place", "--budget", 1000, "--unit", "money", "--sensor-px", 8000)
    assert (paid["summary"]["cameras"], paid["summary"]["cost"]) == (2, 800)
    least = answer(gridward, "place", "--budget", 2, "--sensor-px", 8000, "--minimum", "990101001002=1")
    assert least["summary"]["minima"][0]["placed"] >= 1
    code, out, _ = gridward("coverage", "costs")
    assert (code, "EUR" in out) == (0, True)


def test_facilities_and_redundant_cameras_are_told(gridward, town):
    assert answer(gridward, "facilities", "--of", "post", "--minutes", 10)["kinds"]
    code, out, _ = gridward("coverage", "facilities")
    assert (code, out.strip()) == (0, "There is none.")
    code, out, _ = gridward("coverage", "facilities", "--of", "post")
    assert (code, "grid worker" in out) == (0, True)
    answer(gridward, "run")
    code, out, _ = gridward("coverage", "redundant")
    assert (code, "with no loss" in out) == (0, True)


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--on", "yesterday"),
        ("run", "--month", "2026-13"),
        ("run", "--status", "some"),
        ("run", "--level", "hd"),
        ("run", "--level", "identify"),
        ("run", "--on", "2026-01-01", "--month", "2026-01"),
        ("compare", "then", "now"),
        ("place", "--budget", -1),
        ("place", "--budget", 1, "--on", "roof"),
        ("place", "--budget", 1, "--minimum", "many"),
        ("costs", "--set", "fixed=cheap"),
        ("facilities", "--minutes", 0),
        ("facilities", "--of", "shop"),
    ],
)
def test_words_that_are_none_are_refused(gridward, town, words):
    code, _, err = gridward("coverage", *words)
    assert code == 2
    assert err.strip()


def test_a_walk_that_none_is_of_is_refused_in_words(gridward, town, tmp_path):
    out = tmp_path / "posts.csv"
    for minutes in ("0", "-5", "nan", "121"):
        for words in (("coverage", "facilities"), ("report", "facilities", "--out", out)):
            code, _, err = gridward(*words, f"--minutes={minutes}")
            assert code == 2, (words, minutes)
            assert f"more than 0 and at most 120 minutes, not {minutes}" in err
    assert not out.exists()
    code, _, err = gridward("report", "cameras", "--out", out, "--minutes", 10)
    assert (code, "cameras is of no walk" in err) == (2, True)


def test_a_rate_that_misses_its_target_does_not_read_as_met():
    told = rate_lines({"online": {"rate": 0.99984, "of": 221, "target": 1.0, "met": False}})
    assert told == ["Online            99.98 % of 221 cameras (target 100%: missed)"]


def test_one_incident_is_one():
    gap = {"score": 1.0, "grid": "1", "kind": "street", "what": "Quay", "lon": 24.9, "lat": 60.1}
    one, two = (gap_text([{**gap, "reason": {"metres": 20.0, "incidents": count}}]) for count in (1, 2))
    assert "; 1 incident a year in this grid" in one
    assert "; 2 incidents a year in this grid" in two


def test_cameras_below_the_target_of_a_month_are_named():
    worst = [{"camera": "c1", "ref": "node/1", "availability": 0.95}]
    lines = availability_lines({"mean": 0.99998, "below": 1, "below_target": worst})
    assert lines == ["Availability      99.99% on average, 1 below 98%", "   95.0%  node/1"]
    assert availability_lines({"mean": 0.9, "below": 2, "below_target": worst})[-1] == "  … and 1 more"
    assert availability_lines({"mean": None, "below": 0, "below_target": []}) == availability_lines(None) == []
