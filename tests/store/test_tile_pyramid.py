"""What low zooms are drawn from: counted incidents that always add up, simpler areas, codes beside shapes."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.crs import transform
from services import area_shapes, housekeeping
from store.database import incident_cells, tiles
from store.database.actor import Actor
from store.database.grid_shapes import LEVELS
from store.database.models import Area, AreaShape, Grid, GridVersion
from store.database.tile_statements import MOST_POINTS, WORLD_M
from tests.api.mvt import read_tile
from tests.api.town import build_town, lonlat

SYSTEM = Actor.system()
WEST, EAST = 990101001001, 990101001002
INSERT = sa.text(
    "insert into incident (month, id, territory_id, no, channel, item, reported_at, state, severity, point, locate_method,"
    " area_code, town_code, county_code) select cast(:month as date), :id, :territory, 'n' || cast(:id as text), 'test',"
    " 'lamp', cast(:month as date), :state, :severity, case when cast(:lon as float8) is not null then"
    " st_setsrid(st_makepoint(:lon, :lat), 4326) end, 'point', :code, 990101001000, 990101000000"
)
# every cell as the triggers and upkeep left it, beside the same counted from the incidents themselves
CELLS = sa.text(
    "select territory_id, area_code, cell_x, cell_y, sum(incidents), sum(open), sum(critical), sum(major), sum(ids),"
    " sum(months) from incident_cell group by 1, 2, 3, 4 having sum(incidents) <> 0 order by 1, 2, 3, 4"
)
COUNTED = sa.text(
    f"select territory_id, area_code, floor((st_x(geom_3857) + {WORLD_M / 2}) / {WORLD_M / 2**15})::int,"
    f" floor(({WORLD_M / 2} - st_y(geom_3857)) / {WORLD_M / 2**15})::int, count(*),"
    " sum((state not in ('CLOSED','REJECTED','DUPLICATE','REFERRED','VOIDED','ARCHIVED'))::int),"
    " sum((severity = 'critical')::int), sum((severity = 'major')::int), sum(id), sum(month - date '2000-01-01')"
    " from incident where geom_3857 is not null group by 1, 2, 3, 4 order by 1, 2, 3, 4"
)


@pytest.fixture(scope="module")
def town(database):
    made = build_town(database)
    with database.work(SYSTEM) as work:
        for month in ("2026-01-01", "2026-02-01"):
            work.session.execute(sa.text("select ensure_incident_month(cast(:month as date))"), {"month": month})
    return made


def report(
    work, town, number, *, lon=None, lat=None, code=WEST, month="2026-01-01", state="REPORTED", severity="minor"
):
    values = {"month": month, "id": number, "territory": town.territory, "state": state, "severity": severity}
    work.session.execute(INSERT, values | {"lon": lon, "lat": lat, "code": code})


def rows(work, statement):
    return [tuple(row) for row in work.session.execute(statement)]


STEP = st.one_of(
    st.tuples(st.just("new"), st.floats(0, 3), st.floats(0, 3), st.sampled_from([WEST, EAST, 0]), st.sampled_from(["2026-01-01", "2026-02-01"])),
    st.tuples(st.just("place"), st.integers(0, 30), st.floats(0, 3), st.floats(0, 3)),
    st.tuples(st.just("state"), st.integers(0, 30), st.sampled_from(["REPORTED", "CLOSED", "ARCHIVED"])),
    st.tuples(st.just("severity"), st.integers(0, 30), st.sampled_from(["minor", "major", "critical"])),
    st.tuples(st.just("area"), st.integers(0, 30), st.sampled_from([WEST, EAST])),
    st.tuples(st.just("nowhere"), st.integers(0, 30)),
    st.tuples(st.just("gone"), st.integers(0, 30)),
    st.tuples(st.just("added up")),
)  # fmt: skip


def take(work, town, step, known):
    kind, *what = step
    if kind == "new":
        lon, lat = lonlat(what[0] * 1000, what[1] * 1000)
        known.append(10_000 + len(known))
        report(work, town, known[-1], lon=lon, lat=lat, code=what[2], month=what[3])
        return
    if kind == "added up":
        incident_cells.add_up(work.session)
        return
    values = {"id": 10_000 + what[0]}
    change = {
        "state": "update incident set state = :value where id = :id",
        "severity": "update incident set severity = :value where id = :id",
        "area": "update incident set area_code = :value where id = :id",
        "nowhere": "update incident set point = null where id = :id",
        "gone": "delete from incident where id = :id",
        "place": "update incident set point = st_setsrid(st_makepoint(:lon, :lat), 4326) where id = :id",
    }[kind]
    if kind == "place":
        values["lon"], values["lat"] = lonlat(what[1] * 1000, what[2] * 1000)
    elif len(what) > 1:
        values["value"] = what[1]
    work.session.execute(sa.text(change), values)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=30))
def test_counted_cells_are_what_counting_would_give(database, town, steps):
    with pytest.raises(ZeroDivisionError), database.work(SYSTEM) as work:
        known: list[int] = []
        for step in steps:
            take(work, town, step, known)
        assert rows(work, CELLS) == rows(work, COUNTED)
        incident_cells.add_up(work.session)
        assert rows(work, CELLS) == rows(work, COUNTED)
        several = "select count(*) from (select 1 from incident_cell group by territory_id, area_code, cell_x, cell_y having count(*) > 1) x"
        assert work.session.scalar(sa.text(several)) == 0
        raise ZeroDivisionError


def tile_at(z, x=300.0, y=199.0):
    place = transform(shapely.Point(*lonlat(x, y)), 4326, 3857)
    width = WORLD_M / 2**z
    return z, int((place.x + WORLD_M / 2) // width), int((WORLD_M / 2 - place.y) // width)


def drawn(work, layer, z, **options):
    body = tiles.read_tile(work.session, layer, tiles.read_view(work.session), *tile_at(z), **options)
    return [each["properties"] for each in read_tile(body).get(layer, {"features": []})["features"]] if body else []


def test_low_zooms_show_each_account_the_counts_of_its_areas(database, town):
    lon, lat = lonlat(300, 199)
    with database.work(SYSTEM) as work:
        for number in range(1, 8):
            report(work, town, number, lon=lon, lat=lat, code=WEST if number <= 5 else EAST, severity="major")
    whole = [(10, 7), (12, 7)]
    mei = Actor(None, "mei", frozenset({"planner"}), "west", ((WEST, WEST),), ())
    for who, expected in ((SYSTEM, whole), (mei, [(10, 5), (12, 5)])):
        for z, count in expected:
            with database.work(who) as work:
                [found] = drawn(work, "incidents", z)
                assert (found["count"], found["state"], found["severity"]) == (count, "open", "major")
    with database.work(SYSTEM) as work:
        work.session.execute(sa.text("delete from incident where id between 2 and 7"))
        [alone] = drawn(work, "incidents", 11)
        assert (alone["no"], alone["item"], alone["count"]) == ("n1", "lamp", 1)
        work.session.execute(sa.text("delete from incident"))
        assert drawn(work, "incidents", 11) == []


def test_a_crowded_tile_counts_everybody_in_half_a_megabyte(database, town):
    lon, lat = lonlat(300, 199)
    with pytest.raises(ZeroDivisionError), database.work(SYSTEM) as work:
        work.session.execute(
            sa.text(
                "insert into incident (month, id, territory_id, no, channel, item, reported_at, point, locate_method,"
                " area_code, town_code, county_code) select '2026-01-01', n, :territory, 'n' || n, 'test', 'lamp',"
                " '2026-01-02', st_setsrid(st_makepoint(:lon + 0.01 * random(), :lat + 0.01 * random()), 4326), 'point',"
                " :code, 1, 1 from generate_series(1, 40000) n"
            ),
            {"territory": town.territory, "lon": lon - 0.005, "lat": lat - 0.005, "code": WEST},
        )
        view = tiles.read_view(work.session)
        z, x, y = tile_at(13)
        seen = 0
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                body = tiles.read_tile(work.session, "incidents", view, z, x + dx, y + dy)
                assert len(body) < 500 * 1024
                for each in read_tile(body).get("incidents", {"features": []})["features"] if body else []:
                    seen += each["properties"].get("count", 1)
        assert seen == 40_000  # a point of a tile's margin is drawn by neighbours only where nothing is counted
        sparse = work.session.scalar(sa.text("select count(*) from incident")) > MOST_POINTS
        assert sparse
        raise ZeroDivisionError


def test_a_code_follows_its_grid(database, town):
    with pytest.raises(ZeroDivisionError), database.work(SYSTEM) as work:
        both = sa.select(Grid.code, GridVersion.code).join(GridVersion, GridVersion.grid_id == Grid.id)
        found = rows(work, both)
        assert found
        assert all(one == other for one, other in found)
        work.session.execute(sa.text("update grid set code = code || 'X'"))
        found = rows(work, both)
        assert all(one == other and one.endswith("X") for one, other in found)
        raise ZeroDivisionError


def test_camera_network_data_are_left_out_for_who_may_not_see_them(database, town):
    with database.work(SYSTEM) as work:
        shown = {each["ref"] for each in drawn(work, "cameras", 14)}
        hidden = drawn(work, "cameras", 14, masked=True)
        sheds = drawn(work, "view_sheds", 15, masked=True)
    assert "node/fixed" in shown
    assert len(hidden) == len(shown)
    assert not any("gb28181_id" in each or "node" in each["ref"] for each in hidden)
    assert not any("node" in each["camera"] for each in sheds)


def shapes(work):
    return rows(
        work, sa.select(AreaShape.max_zoom, AreaShape.area_code).order_by(AreaShape.max_zoom, AreaShape.area_code)
    )


def test_areas_are_drawn_simpler_until_one_of_their_kind_changes(database, town):
    with database.work(SYSTEM) as work:
        kinds = rows(work, sa.select(Area.kind, sa.func.count()).group_by(Area.kind))
    done = housekeeping.clear_away(database, now=datetime.now(UTC))["area_shapes"]
    assert done == len(kinds)
    with database.work(SYSTEM) as work:
        assert len(shapes(work)) == len(LEVELS) * sum(count for _, count in kinds)
        villages = work.session.execute(
            sa.select(AreaShape.geom_3857)
            .join(Area, Area.id == AreaShape.area_id)
            .where(Area.kind == "village", AreaShape.max_zoom == LEVELS[0])
        ).scalars()
        assert shapely.coverage_is_valid(np.array(list(villages), dtype=object))
        assert drawn(work, "areas", 8)
    with database.work(SYSTEM) as work:
        one = work.session.scalars(sa.select(Area).where(Area.area_code == WEST)).one()
        one.name = "renamed"
        work.session.flush()
        before = len(shapes(work))
        assert before == len(LEVELS) * sum(count for _, count in kinds)
        one.geom = shapely.MultiPolygon([one.geom.geoms[0].buffer(-1e-5)])
        work.session.flush()
        left = dict(kinds)
        assert len(shapes(work)) == before - len(LEVELS) * left["village"]
        assert drawn(work, "areas", 8)  # exactly, until they are drawn again
        assert area_shapes.draw_missing(work) == 1
        assert len(shapes(work)) == before


def test_who_is_limited_to_an_area_is_drawn_that_area_alone(database, town):
    mei = Actor(None, "mei", frozenset({"planner"}), "west", ((WEST, WEST),), ())
    with database.work(mei) as work:
        assert {code for _, code in shapes(work)} <= {WEST}
        assert {each["code"] for each in drawn(work, "areas", 8)} == {str(WEST)}
