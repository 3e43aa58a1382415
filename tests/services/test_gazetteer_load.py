"""Names that places go by: other names of the extract, landmarks from a file, and what of it is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import geopandas as gpd
import pytest
import shapely

from services import gazetteer, ingest
from services.addresses import Addresses
from services.ingest import RejectedRowsError
from services.locate import Place, locate
from services.nearest_staff import StreetGraphs
from services.search import search
from store.database.actor import Actor

TOWN = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6"><bounds minlat="60.0" minlon="25.0" maxlat="60.01" maxlon="25.01"/>
<node id="1" version="1" lat="60.001" lon="25.001"/><node id="2" version="1" lat="60.001" lon="25.0015"/>
<node id="3" version="1" lat="60.0012" lon="25.0015"/><node id="4" version="1" lat="60.0012" lon="25.001"/>
<node id="5" version="1" lat="60.002" lon="25.001"/><node id="6" version="1" lat="60.002" lon="25.009"/>
<node id="7" version="1" lat="60.003" lon="25.003"><tag k="amenity" v="hospital"/><tag k="name" v="Sairaala"/>
<tag k="name:zh" v="第一医院"/><tag k="official_name" v="Keskussairaala"/></node>
<way id="10" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
<tag k="building" v="apartments"/><tag k="building:levels" v="4"/></way>
<way id="11" version="1"><nd ref="5"/><nd ref="6"/><tag k="highway" v="residential"/><tag k="name" v="Pitkäkatu"/>
<tag k="name:en" v="Long Street"/><tag k="alt_name" v="Pitkis;Langa"/><tag k="old_name" v="Rautatiekatu"/></way>
</osm>
"""


@pytest.fixture(scope="module")
def town(database, tmp_path_factory):
    path = tmp_path_factory.mktemp("town") / "names.osm"
    path.write_text(TOWN, encoding="utf-8")
    with database.owner_work(Actor.system()) as work:
        territory = ingest.load_osm(work, path, territory="Names").territory_id
        gazetteer.refresh(work, territory)
    return territory


def found(database, text):
    with database.work(Actor.system()) as work:
        return [(hit.kind, hit.label) for hit in search(work, Addresses(), text)]


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        *((text, ("street", "Pitkäkatu")) for text in ("Pitkis", "langa", "Long Street", "Rautatie")),
        *((text, ("place", "Sairaala")) for text in ("第一医院", "医院", "dyyy", "diyiyiyuan", "Keskussairaala")),
    ],
)
def test_other_names_of_the_extract_lead_to_the_first(database, town, text, hit):
    assert found(database, text) == [hit]


def test_landmarks_from_a_file(database, town, tmp_path):
    path = tmp_path / "places.csv"
    head = "名称,别名,范围,lon,lat\n"
    good = "老电影院,大众影院；DZ,60,25.004,60.004\n"

    def load(text, **options):
        path.write_text(head + text, encoding="utf-8")
        with database.owner_work(Actor.system()) as work:
            return ingest.load_places(work, path, territory=town, crs="wgs84", **options)

    with pytest.raises(RejectedRowsError) as refused:
        load(good + ",x,1,25.004,60.004\n远处,,1,26,61\n长,%s,1,25.004,60.004\n" % ("长" * 121))
    assert [(each.line, each.column) for each in refused.value.report.rejected] == [
        (3, "名称"),
        (4, "lat"),
        (5, "别名"),
    ]
    assert found(database, "大众影院") == []
    assert load(good).counts == {"names": 3}
    for text in ("电影", "大众", "dzyy", "laodianyingyuan", "DZ"):
        assert found(database, text) == [("place", "老电影院")]
    with database.work(Actor.system()) as work:
        answer = locate(work, StreetGraphs(), Place(address="大众影院"), now=datetime.now(UTC)).answer
    assert (answer["located_by"], answer["point"]["accuracy_m"]) == ("name", 60)
    # the same place again, corrected; another of this name elsewhere stays
    load("老电影院,旧影院,60,25.0041,60.004\n老电影院,,5,25.008,60.008\n")
    assert found(database, "大众") == []
    with database.work(Actor.system()) as work:
        answer = locate(work, StreetGraphs(), Place(address="老电影院"), now=datetime.now(UTC)).answer
    assert (answer["placement"], len(answer["candidates"])) == ("ambiguous", 2)


def test_landmarks_from_a_layer(database, town, tmp_path):
    path = tmp_path / "places.gpkg"
    frame = gpd.GeoDataFrame({"name": ["钟楼"]}, geometry=[shapely.Point(25.006, 60.006)], crs=4326)
    frame.to_file(path, layer="places", engine="pyogrio")
    with database.owner_work(Actor.system()) as work:
        assert ingest.load_places(work, path, territory=town, dry_run=True).counts == {"names": 1}
    assert found(database, "钟楼") == []
    with database.owner_work(Actor.system()) as work:
        ingest.load_places(work, path, territory=town)
    assert found(database, "zl") == [("place", "钟楼")]
