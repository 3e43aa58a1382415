"""Tables of offices are read as they are sent: encodings, codes as text, formulas, layers, broken files."""

from __future__ import annotations

import gzip
import json
import zipfile

import numpy as np
import openpyxl
import pytest
import shapely

from gis.errors import InvalidInputError, UnavailableError
from store.files.encodings import guess_encoding
from store.files.limits import available_memory_bytes, readable_file, require_disk, require_memory
from store.files.tables import read_table

ROWS = "编码,名称\n001,禄脿镇\n002,旵冲村\n"


@pytest.mark.parametrize(
    ("encoding", "named", "guessed"),
    [
        ("utf-8", "utf-8", True),
        ("utf-8-sig", "utf-8-sig", False),
        ("gb18030", "gb18030", True),
        ("utf-16", "utf-16", False),
    ],
)
def test_text_of_each_encoding_reads_the_same(tmp_path, encoding, named, guessed):
    path = tmp_path / "rows.csv"
    # 㑇 needs four bytes of GB18030: GBK has no such character
    path.write_bytes((ROWS + "003,㑇\n").encode(encoding))
    table = read_table(path)
    assert table.cells["名称"] == ["禄脿镇", "旵冲村", "㑇"]
    assert (table.encoding.name, table.encoding.guessed) == (named, guessed)


def test_gbk_is_told_from_western_text():
    assert guess_encoding(ROWS.encode("gbk")).name == "gbk"
    assert guess_encoding("Straße,Größe\nMünchner Straße,5\n".encode("cp1252")).name == "cp1252"
    assert guess_encoding(b"plain").guessed is False


def test_lines_blank_rows_delimiters_and_excel_text_are_understood(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('code;name;name\n="007";a;x\n\n"00\n8";b;y;surplus\n', encoding="utf-8")
    table = read_table(path)
    assert table.columns == ("code", "name", "name (2)")
    assert table.cells["code"] == ["007", "00\n8"]
    assert table.lines.tolist() == [2, 4]
    assert any("surplus" in note for note in table.notes)


@pytest.mark.parametrize("name", ["rows.csv.gz", "rows.xlsx"])
def test_what_was_packed_to_fill_a_memory_is_refused_before_it_does(tmp_path, name):
    path = tmp_path / name
    nothing = b"0" * (96 * 1024**2)
    if name.endswith("gz"):
        path.write_bytes(gzip.compress(nothing, 6))
    else:
        openpyxl.Workbook().save(path)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/sharedStrings2.xml", nothing)
    with pytest.raises(InvalidInputError, match="unpacks to"):
        read_table(path)


def test_gzipped_csv_is_read_and_a_damaged_one_refused(tmp_path):
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(ROWS.encode()))
    assert len(read_table(path)) == 2
    path.write_bytes(gzip.compress(ROWS.encode())[:20])
    with pytest.raises(InvalidInputError, match="damaged"):
        read_table(path)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_title_above_the_header_is_left_out(tmp_path, mark):
    path = tmp_path / "month.csv"
    path.write_text("Reports of November\n\n" + f"key{mark}item\n1{mark}Lamp\n".replace(",", mark), encoding="utf-8")
    table = read_table(path)
    assert (table.columns, table.cells["item"], table.lines.tolist()) == (("key", "item"), ["Lamp"], [4])
    assert any("Line 3 was read as the header" in note for note in table.notes)


def test_one_column_needs_no_second_one(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("code\n1\n2\n", encoding="utf-8")
    assert read_table(path).cells == {"code": ["1", "2"]}


def test_workbook_that_begins_with_explanations_is_read_from_its_table(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active.append(["How to fill this in"])
    sheet = book.create_sheet("data")
    for row in (["2026年11月 报表"], [], ["key", "item"], [1, "Lamp"]):
        sheet.append(row)
    path = tmp_path / "rows.xlsx"
    book.save(path)
    table = read_table(path)
    assert (table.columns, table.cells["item"], table.lines.tolist()) == (("key", "item"), ["Lamp"], [4])
    assert any("'data' was read; the file also has: 说明" in note for note in table.notes)


def test_workbook_keeps_codes_and_marks_lost_digits(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["code", "count", "sum", "when"])
    sheet.append(["34020000001320000001", 12, "=B2*2", "2026-05-01"])
    sheet.append([34020000001320000001, 0.5, 3, None])
    sheet.append([None, None, None, None])
    sheet.append([340881, 7, 1, None])
    book.create_sheet("notes")
    path = tmp_path / "rows.xlsx"
    book.save(path)
    table = read_table(path)
    assert table.cells["code"][0] == "34020000001320000001"
    assert "E+19" in table.cells["code"][1]
    assert table.cells["code"][2] == "340881"
    assert table.lines.tolist() == [2, 3, 5]
    assert "1 cell holds a formula: the last saved values were read." in table.notes
    assert any("notes" in note for note in table.notes)
    with pytest.raises(InvalidInputError, match="no sheet"):
        read_table(path, sheet="nope")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.xlsx", b"not a workbook", "workbook"),
        ("a.geojson", b"not json", "JSON"),
        ("a.geojson", b'{"type":"FeatureCollection","features":[]}', "features"),
        ("a.gpkg", b"not sqlite", "layer"),
        ("a.csv", b"\x00\x00\x01\x02", "zero bytes"),
        ("a.csv", b"\n\n", "header"),
        ("a.docx", b"x", "not read here"),
        ("a.shp", b"x", "without"),
    ],
)
def test_broken_files_are_refused_by_name_with_the_remedy(tmp_path, name, content, told):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match=told) as caught:
        read_table(path)
    assert name in str(caught.value)


def _layer(path, driver, encoding=None, crs="EPSG:4547"):
    import pyogrio

    points = np.array([shapely.Point(500_000, 3_400_000), shapely.Point(500_100, 3_400_000)], dtype=object)
    names = np.array(["禄脿镇", "旵冲村"], dtype=object)
    pyogrio.raw.write(
        str(path),
        shapely.to_wkb(points),
        [names],
        ["name"],
        driver=driver,
        geometry_type="Point",
        crs=crs,
        encoding=encoding,
    )


def test_geopackage_says_its_crs(tmp_path):
    _layer(tmp_path / "a.gpkg", "GPKG")
    table = read_table(tmp_path / "a.gpkg")
    assert table.crs == "EPSG:4547"
    assert table.cells["name"] == ["禄脿镇", "旵冲村"]


def test_shapefile_in_gbk_without_cpg_is_guessed(tmp_path):
    path = tmp_path / "a.shp"
    _layer(path, "ESRI Shapefile", encoding="GBK")
    (tmp_path / "a.cpg").unlink()
    dbf = bytearray((tmp_path / "a.dbf").read_bytes())
    dbf[29] = 0  # no language driver id either, as old programs leave it
    (tmp_path / "a.dbf").write_bytes(bytes(dbf))
    table = read_table(path)
    assert table.cells["name"] == ["禄脿镇", "旵冲村"]
    assert (table.encoding.name, table.encoding.guessed) == ("gbk", True)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_shapefile_without_prj_says_nothing_of_its_crs(tmp_path):
    _layer(tmp_path / "a.shp", "ESRI Shapefile", crs=None)
    assert read_table(tmp_path / "a.shp").crs is None


def test_geojson_says_its_crs_only_when_it_says_so(tmp_path):
    feature = {"type": "Feature", "properties": {"n": 1}, "geometry": {"type": "Point", "coordinates": [1, 2]}}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert read_table(path).crs is None
    stated = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3826"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": stated, "features": [feature]}))
    assert read_table(path).crs == "EPSG:3826"


def test_geojson_with_a_broken_ring_is_read_and_left_to_the_row_check(tmp_path):
    ring = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}
    rows = [
        {"type": "Feature", "properties": {"n": 1}, "geometry": ring},
        {"type": "Feature", "properties": {"n": 2}, "geometry": None},
    ]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}))
    assert len(read_table(path)) == 2


def test_too_big_for_memory_or_disk_is_said_before_anything_is_read(tmp_path):
    path = tmp_path / "big.csv"
    with path.open("wb") as stream:
        stream.write(b"a,b\n")
        stream.truncate(2 * 1024**3)
    with pytest.raises(InvalidInputError, match="GiB"):
        read_table(path)
    with pytest.raises(UnavailableError, match="free"):
        require_disk(tmp_path, 1 << 60)
    require_disk(tmp_path, 1)
    if available_memory_bytes() is not None:
        with pytest.raises(InvalidInputError, match="memory"):
            require_memory(path, factor=1e6, remedy="Split it.")


def test_unreadable_permissions_are_named(tmp_path):
    path = tmp_path / "locked.csv"
    path.write_text("a\n1\n")
    path.chmod(0)
    try:
        path.read_text()
    except PermissionError:
        with pytest.raises(InvalidInputError, match="permissions"):
            readable_file(path, what="a table", remedy="")
    else:
        pytest.skip("this account reads every file")


@pytest.mark.parametrize("count", [10_000])
def test_many_rows_are_read_quickly_with_their_lines(tmp_path, count):
    path = tmp_path / "many.csv"
    path.write_text("code,name\n" + "".join(f"{i:05d},name {i}\n" for i in range(count)))
    table = read_table(path)
    assert len(table) == count
    assert table.lines[-1] == count + 1


def test_an_unclosed_quote_is_refused_where_it_opens(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('code,name\n1,"a\n2,b\n3,c\n', encoding="utf-8")
    with pytest.raises(InvalidInputError, match=r"line 2.*quote") as caught:
        read_table(path)
    assert caught.value.fields["row"] == 2
    rows = "".join(f"{row},name {row}\n" for row in range(4, 60))
    path.write_text(f'code,name\n1,"two\nlines"\n3,"open\n{rows}60,"last"\n', encoding="utf-8")
    with pytest.raises(InvalidInputError, match=r"line 4.*quote"):
        read_table(path)


def test_texts_of_several_lines_and_quotes_within_them_are_fine(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('code,name\n1,"a ""b""\nc, d"\n2,5" pipe\n3,""\n', encoding="utf-8")
    table = read_table(path)
    assert table.cells["name"] == ['a "b"\nc, d', '5" pipe', ""]
    assert table.lines.tolist() == [2, 4, 5]


def _cut(text, *places):
    data = bytearray(text.encode())
    for place in places:
        data[place] = 0xFF
    return bytes(data)


def test_utf8_with_a_few_broken_bytes_is_refused_with_their_line(tmp_path):
    rows = "编码,名称\n" + "".join(f"{row:03},禄脿镇\n" for row in range(1, 200))
    for text in (rows, rows.replace("禄脿镇", "Straße")):
        spot = text.encode().index(b"117,") + 5
        path = tmp_path / "rows.csv"
        path.write_bytes(_cut(text, spot))
        with pytest.raises(InvalidInputError, match=r"line 118.*UTF-8") as caught:
            read_table(path)
        assert caught.value.fields["row"] == 118


def test_gbk_and_western_text_are_not_taken_for_broken_utf8(tmp_path):
    for text, name in ((ROWS * 50, "gbk"), ("Straße,Größe\nMünchner Straße,5\n" * 50, "cp1252")):
        path = tmp_path / "rows.csv"
        path.write_bytes(text.encode(name))
        assert read_table(path).encoding.name == name
