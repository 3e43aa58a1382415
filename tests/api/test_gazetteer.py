"""Names by Chinese signs, pinyin, initials and Latin; a village that exists twice asks which; addresses by n-grams."""

from __future__ import annotations

from uuid import uuid4

import pytest
import shapely
import sqlalchemy as sa

from services import gazetteer
from store.database.actor import Actor
from store.database.models import Area, Dwelling
from tests.api.town import build_town, lonlat, many, placed


@pytest.fixture(scope="module")
def town(database):
    """Two towns beside the two villages, each with a village 胜利村; a street that is typed by its sounds."""
    town = build_town(database)
    with database.work(Actor.system()) as work:
        for k, (name, west) in enumerate((("戴窑镇", 0), ("安丰镇", 300)), start=7):
            path = f"99010100{k}"
            for code, called, shape in (
                (f"{path}000", name, shapely.box(west, 0, west + 300, 400)),
                (f"{path}001", "胜利村", shapely.box(west + 20, 20, west + 80, 80)),
            ):
                work.session.add(
                    Area(
                        id=uuid4(), territory_id=town.territory, code=code if called == "胜利村" else path, kind="village",
                        name=called, path=f"{path}.{code}" if called == "胜利村" else path, area_code=int(code),
                        names={"alias": f"Victory {k}"} if called == "胜利村" else {},
                        town_code=int(path) * 1000, county_code=990101000000, geom=many(shape),
                    )
                )  # fmt: skip
        for address, x in (
            ("兴化市昭阳镇大营路12号", 120),
            ("兴化市昭阳镇大营路１３号", 140),
            ("禄脿街道后山崀1号", 160),
        ):
            work.session.add(
                Dwelling(
                    territory_id=town.territory, address=address, households=1, point=placed(shapely.Point(x, 150))
                )
            )
        work.touch("dwellings", town.territory)
        work.session.flush()
        assert gazetteer.refresh(work, town.territory) > 5
    return town


def find(client, q):
    answer = client.get("/api/v1/search", params={"q": q})
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


def locate(client, address):
    answer = client.post("/api/v1/locate", json={"address": address})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("q", ["胜", "胜利", "利村", "胜利村", "slc", "SLC", "shenglicun", "shengli", "sheng li cun"])
def test_village_is_found_however_it_is_typed(client, town, q):
    found = [hit for hit in find(client, q) if hit["label"] == "胜利村"]
    assert len(found) == 2
    assert {hit["kind"] for hit in found} == {"area"}
    assert {hit["detail"] for hit in found} == {"戴窑镇", "安丰镇"}


def test_alias_leads_to_the_official_name(client, town):
    (hit,) = [hit for hit in find(client, "Victory 7") if hit["label"] == "胜利村"]
    assert hit["detail"] == "Victory 7 · 戴窑镇"


@pytest.mark.parametrize("q", ["大营", "大营路12号", "大营路 12 号", "昭阳镇 12", "营路12"])
def test_address_by_any_part_of_it(client, town, q):
    assert "兴化市昭阳镇大营路12号" in [hit["label"] for hit in find(client, q)]


def test_full_width_digits_and_rare_signs(client, town):
    assert find(client, "大营路13号")[0]["label"] == "兴化市昭阳镇大营路１３号"
    for q in ("脿", "禄脿", "崀1号"):
        assert find(client, q)[0]["label"] == "禄脿街道后山崀1号"


def test_street_by_its_sounds_leads_to_its_doors(client, town, database):
    labels = [hit["label"] for hit in find(client, "Main Street 3")]
    assert labels[0] == "Main Street 3"
    assert [hit["label"] for hit in find(client, "zzxq 9")] == []
    assert {hit["label"] for hit in find(client, "mainstreet解放路")} <= {"Main Street 解放路"}


def test_name_that_two_towns_have_asks_which(client, town):
    found = locate(client, "胜利村")
    assert (found["placement"], found["point"], found["located_by"]) == ("ambiguous", None, "name")
    assert sorted(each["detail"] for each in found["candidates"]) == ["安丰镇", "戴窑镇"]
    assert sorted(each["detail"] for each in locate(client, "shenglicun")["candidates"]) == ["安丰镇", "戴窑镇"]


@pytest.mark.parametrize("said", ["戴窑镇胜利村", "戴窑镇 胜利村", "兴化市戴窑镇胜利村", "戴窑镇Victory 7"])
def test_name_after_its_towns_is_the_one_there(client, town, said):
    found = locate(client, said)
    assert (found["located_by"], found["candidates"], found["grids"][0]["code"][-1]) == ("name", [], "1")


@pytest.mark.parametrize("said", ["戴窑镇胜利村", "兴化市戴窑镇胜利村"])
def test_search_finds_a_name_after_its_towns_before_doors(client, town, said):
    answer = client.get("/api/v1/search", params={"q": said})
    assert answer.status_code == 200, answer.text
    first = answer.json()["results"][0]
    assert (first["kind"], first["label"]) == ("area", "胜利村")
    assert "戴窑镇" in first["detail"]


@pytest.mark.parametrize("said", ["胜", "胜利", "slc", "SLC", "shengli"])
def test_beginning_of_a_name_is_offered_wherever_a_place_is_said(client, town, said):
    found = locate(client, said)
    assert [each["label"] for each in found["candidates"]] == ["胜利村", "胜利村"]


def test_names_that_begin_so_come_before_doors(client, town):
    found = locate(client, "Main Stre")["candidates"]
    assert found[0]["kind"] == "street"
    assert {each["kind"] for each in found[1:]} == {"address"}


def test_name_of_one_place_is_as_unsure_as_it_is_large(client, town):
    found = locate(client, "Victory 7")
    assert (found["located_by"], found["candidates"]) == ("name", [])
    assert found["point"]["accuracy_m"] == pytest.approx(33.9, abs=0.5)  # a square of 60 m
    assert found["grids"][0]["code"].endswith("001001001")


def test_border_names_both_heads_or_one(client, town):
    lon, lat = lonlat(192, 100)
    wide = client.post("/api/v1/locate", json={"lon": lon, "lat": lat, "accuracy_m": 30}).json()
    assert wide["placement"] == "ambiguous"
    assert [(grid["code"][-1], grid["head"]["work_no"][-2:]) for grid in wide["grids"]] == [("1", "W0"), ("2", "W1")]
    sure = client.post("/api/v1/locate", json={"lon": lon, "lat": lat, "accuracy_m": 3}).json()
    assert (sure["placement"], [grid["code"][-1] for grid in sure["grids"]]) == ("inside", ["1"])
    assert sure["head"] == sure["grids"][0]["head"]
    assert (sure["head"]["work_no"][-2:], sure["head"]["reason"]) == ("W0", "head of the grid")


def test_names_are_made_anew_after_a_change(client, database, town):
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    with database.work(Actor.system()) as work:
        gazetteer.refresh_changed(work, now=now)
        assert gazetteer.refresh_changed(work, now=now) == 0
        work.session.execute(sa.text("update street set name = '朝阳街' where name = 'Cross Road'"))
        work.touch("streets", town.territory)
    with database.work(Actor.system()) as work:
        assert gazetteer.refresh_changed(work, now=now) == 1
    assert find(client, "zyj")[0]["label"] == "朝阳街"
