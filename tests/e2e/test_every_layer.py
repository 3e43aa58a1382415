"""Every layer of the catalogue drawn by MapLibre from our style documents; maps of others under ours, in their place."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import shapely
import sqlalchemy as sa
from PIL import Image, ImageDraw
from playwright.sync_api import expect
from sqlalchemy.dialects.postgresql import Range

from gis.crs import wgs84_to_gcj02
from layers.catalogue import COLLECTIONS
from services import access
from store.database.actor import Actor
from store.database.models import Facility, Grid, GridVersion, Plan, PrivacyZone, RiverReach
from tests.api import town as made_up
from tests.api.conftest import serving, settings_for
from tests.api.tile_files import picture, write_mbtiles, write_vector_mbtiles
from tests.e2e.conftest import Desk, watch

ZOOM = 17
PLACE = (300.0, 200.0)
HIDDEN = (
    "-grids,-streets,-buildings,-cameras,-view_sheds,-gaps,-key_places,-waterways,-atoms,-dwellings,-cells,-incidents"
)
# a map of our own beside the page's: it knows nothing of ours but the style document
DRAW = """async ([styles, view]) => {
  const Map = window.gridward.map.constructor
  const box = document.body.appendChild(document.createElement('div'))
  box.style.cssText = 'position:fixed;left:0;top:0;width:500px;height:500px;z-index:99'
  const map = new Map({container: box, style: {version: 8, sources: {}, layers: []}, attributionControl: false,
                       fadeDuration: 0, ...view})
  const failed = []
  map.on('error', (event) => failed.push(String(event.error)))
  const drawn = {}
  await map.once('idle')
  for (const [address, zoom] of styles) {
    map.jumpTo({zoom})
    map.setStyle(address, {diff: false})
    for (let k = 0; k < 300 && !drawn[address]; k += 1) {
      await new Promise((done) => setTimeout(done, 30))
      drawn[address] = map.getStyle()?.name?.endsWith(address.split('/').at(-1)) ? map.queryRenderedFeatures().length : 0
    }
  }
  map.remove()
  box.remove()
  return [drawn, failed]
}"""


@pytest.fixture(scope="module")
def town(database) -> Any:
    """The made-up town, moved to Beijing, with a plan of cells, a plan of water, a report, a clinic and a zone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made_up, "SRID", 32650)
        patch.setattr(made_up, "EAST", 448000.0)
        patch.setattr(made_up, "NORTH", 4417000.0)
        found = made_up.build_town(database)
        found.centre = made_up.lonlat(*PLACE)
        with database.work(Actor.system()) as work:
            _add_rest(work.session, found)
    return found


def _add_rest(session: Any, town: Any) -> None:
    area = session.scalar(sa.text("select id from area order by code limit 1"))
    plans = {kind: uuid4() for kind in ("cell", "water")}
    for kind, plan in plans.items():
        session.add(
            Plan(id=plan, territory_id=town.territory, kind=kind, name=kind, status="published", spec={}, spec_digest=kind,
                 quality={}, basis="test", published_at=made_up.LONG_AGO)
        )  # fmt: skip
    session.flush()
    for kind, plan in plans.items():
        grid = Grid(id=uuid4(), territory_id=town.territory, kind=kind, code=f"990101001001{kind[0].upper()}001")
        session.add(grid)
        session.flush()
        square = shapely.box(0, 0, 400, 400)
        session.add(
            GridVersion(grid_id=grid.id, plan_id=plan, area_id=area, name=kind, geom=made_up.many(square), households=9,
                        label_point=made_up.placed(square.centroid), dwellings=5, deviation=0.0, area_m2=160000.0,
                        compactness=0.785, valid=Range(made_up.LONG_AGO, None))
        )  # fmt: skip
        if kind == "water":
            line = made_up.placed(shapely.MultiLineString([[(0, 390), (400, 390)]]))
            session.add(
                RiverReach(territory_id=town.territory, plan_id=plan, grid_id=grid.id, area_id=area, code=grid.code,
                           river="Brook", length_m=400.0, deviation=0.0, fits=True, geom=line)
            )  # fmt: skip
    session.add(
        Facility(
            territory_id=town.territory, kind="clinic", name="Clinic", point=made_up.placed(shapely.Point(300, 300))
        )
    )
    zone = made_up.many(shapely.box(200, 200, 260, 260))
    session.add(PrivacyZone(territory_id=town.territory, kind="school", reason="children", geom=zone))
    lon, lat = made_up.lonlat(250, 150)
    session.execute(sa.text("select ensure_incident_month(current_date)"))
    session.execute(
        sa.text(
            "insert into incident (month, id, territory_id, no, channel, item, reported_at, point, locate_method,"
            " area_code, town_code, county_code) values (date_trunc('month', now())::date, 1, :t, 'N-1', 'test', 'lamp', now(),"
            " st_setsrid(st_makepoint(:lon, :lat), 4326), 'point', 990101001001, 990101001000, 990101000000)"
        ),
        {"t": town.territory, "lon": lon, "lat": lat},
    )
    for layer in ("cells", "river_reaches", "incidents"):
        session.execute(
            sa.text("insert into layer_revision (layer, rev) values (:l, 1) on conflict do nothing"), {"l": layer}
        )


def _pixel(lon: float, lat: float) -> tuple[float, float]:
    side = 256 * 2**ZOOM
    return (lon + 180) / 360 * side, (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side


def _provider(place: tuple[float, float]) -> Iterator[tuple[int, int, int, bytes]]:
    """Green pictures with a red square where a provider of shifted pictures would draw a place."""
    x, y = _pixel(*wgs84_to_gcj02([place])[0])
    for column in range(int(x // 256) - 6, int(x // 256) + 7):
        for row in range(int(y // 256) - 6, int(y // 256) + 7):
            tile = Image.new("RGB", (256, 256), (120, 200, 120))
            left, top = x - column * 256, y - row * 256
            ImageDraw.Draw(tile).rectangle((left - 10, top - 10, left + 10, top + 10), fill=(230, 0, 0))
            body = io.BytesIO()
            tile.save(body, "PNG")
            yield ZOOM, column, row, body.getvalue()


@pytest.fixture(scope="module")
def base(database, database_urls, town, tmp_path_factory) -> Iterator[str]:
    from api.app import create_app

    folder = tmp_path_factory.mktemp("maps")
    write_mbtiles(folder / "shifted.mbtiles", _provider(town.centre))
    write_mbtiles(folder / "plain.mbtiles", [(0, 0, 0, picture((90, 90, 220)))])
    write_vector_mbtiles(folder / "lines.mbtiles", [(0, 0, 0, b"")], "water", "roads")
    maps = [
        {"id": "provider", "name": {"en": "Provider map", "zh": "某地图"}, "kind": "mbtiles", "datum": "gcj02",
         "attribution": "© Provider of pictures", "file": str(folder / "shifted.mbtiles")},
        {"id": "plain", "name": {"en": "Blue ground", "zh": "蓝底"}, "kind": "mbtiles", "datum": "wgs84",
         "attribution": "© Blue office", "file": str(folder / "plain.mbtiles")},
        {"id": "lines", "name": "Lines", "kind": "mbtiles", "datum": "wgs84", "attribution": "© Lines",
         "file": str(folder / "lines.mbtiles")},
    ]  # fmt: skip
    (folder / "maps.json").write_text(json.dumps(maps))
    with database.work(Actor.system()) as work:
        access.create_account(work, "drawer", roles=["planner", "analyst", "dispatcher", "camera_network"])
    chosen = settings_for(
        database_urls, tmp_path_factory.mktemp("home"), jobs_in_server=False, basemaps=str(folder / "maps.json")
    )
    with serving(create_app(chosen)) as at:
        yield at


@pytest.fixture
def desk(browser, base, database) -> Iterator[Desk]:
    with database.work(Actor.system()) as work:
        code = access.issue_link(work, "drawer", now=datetime.now(UTC))
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", reduced_motion="reduce")
    context.set_default_timeout(30_000)
    found = watch(context, base)
    found.page.goto(f"{base}/#/sign-in?code={code}")
    found.page.get_by_role("banner").wait_for()
    yield found
    context.close()


def test_maplibre_draws_every_layer_from_our_style_documents(desk, town):
    desk.open("#/coverage")
    desk.wait_for_map()
    styles = [
        (f"{desk.base}/ogc/collections/{each.id}/styles/{theme}", max(15.2, each.min_zoom + 1.1))
        for each in COLLECTIONS
        for theme in ("light", "dark")
    ]
    drawn, failed = desk.page.evaluate(DRAW, [styles, {"center": list(town.centre), "zoom": 15.2}])
    assert failed == []
    assert {address.split("/")[-3] for address, count in drawn.items() if not count} == set()
    assert len(drawn) == 2 * len(COLLECTIONS)
    assert desk.complaints == []


def test_our_own_style_draws_each_layer_that_it_names(desk, town):
    lon, lat = town.centre
    shown = ",".join(each.id for each in COLLECTIONS if each.id not in ("grid_labels", "facilities", "privacy_zones"))
    for show in ("plain", "deviation", "coverage"):
        desk.open(f"#/coverage?map=15.50/{lat:.5f}/{lon:.5f}&layers={shown}&show={show}")
        desk.page.reload()
        desk.wait_for_map()
        found = desk.page.evaluate(
            "() => [...new Set(window.gridward.map.queryRenderedFeatures().map((each) => each.layer.source))]"
        )
        missing = {each.id for each in COLLECTIONS} - set(found) - {"facilities", "privacy_zones"}
        # plots are drawn while a draft is edited, households from zoom 16 on
        assert missing <= {"atoms", "dwellings"}, (show, missing)
    assert desk.complaints == []


def test_a_map_of_others_lies_under_ours_in_its_right_place(desk, town):
    lon, lat = town.centre
    desk.open(f"#/coverage?map=16.00/{lat:.5f}/{lon:.5f}&layers={HIDDEN}&show=plain")
    desk.wait_for_map()
    page = desk.page
    page.get_by_role("button", name="Layers").focus()
    page.keyboard.press("Enter")
    group = page.get_by_role("group", name="Drawn on")
    expect(group.get_by_role("radio")).to_have_count(4)
    expect(group.get_by_label("Own ground only")).to_be_checked()
    for _ in range(30):
        if group.get_by_label("Provider map").evaluate("(each) => each === document.activeElement"):
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.get_by_text("© Provider of pictures")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_function("() => window.gridward.map.getSource('basemap')?.loaded()")
    desk.wait_for_map()
    assert "base=provider" in page.url
    red = _reds(page.locator("canvas.maplibregl-canvas").screenshot())
    box = page.locator("canvas.maplibregl-canvas").bounding_box()
    x, y = desk.pixel_of(*town.centre)
    assert red == pytest.approx((x - box["x"], y - box["y"]), abs=1.5)
    # the address alone brings it back, in the other language too
    page.goto("about:blank")
    desk.open(f"#/planner?plan={town.plan}&map=16.00/{lat:.5f}/{lon:.5f}&base=plain&lang=zh")
    expect(page.get_by_text("© Blue office")).to_be_visible()
    page.get_by_role("button", name="图层").click()
    expect(page.get_by_role("group", name="底图").get_by_label("蓝底")).to_be_checked()
    page.get_by_role("group", name="底图").get_by_label("Lines").check()
    expect(page.get_by_text("© Lines")).to_be_visible()
    desk.wait_for_map()
    page.get_by_role("group", name="底图").get_by_label("蓝底").check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="导出").click()
    page.get_by_role("button", name="打印").click()
    expect(page.get_by_test_id("print-map")).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("print-sheet").get_by_text("© Blue office")).to_be_visible()
    assert desk.complaints == []


def _reds(shot: bytes) -> tuple[float, float]:
    """Return the middle of all red pixels."""
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    found = [
        (x, y)
        for y in range(image.height)
        for x in range(image.width)
        if (pixel := image.getpixel((x, y)))[0] > 180 and pixel[1] < 70 and pixel[2] < 70
    ]
    assert 200 < len(found) < 1200, len(found)
    return sum(x for x, _ in found) / len(found) + 0.5, sum(y for _, y in found) / len(found) + 0.5
