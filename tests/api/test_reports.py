"""Downloading reports."""

from __future__ import annotations

import csv
import io
import re

import pytest
import sqlalchemy as sa

from services.coverage import run_coverage
from store.database.actor import Actor
from store.database.models import Camera, Facility, GridVersion, Report
from tests.api.town import build_town, placed

BEGINS = {
    "html": b"<!DOCTYPE html>",
    "pdf": b"%PDF-",
    "xlsx": b"PK",
    "csv": b"\xef\xbb\xbf",
    "gpkg": b"SQLite format 3",
}


@pytest.fixture(scope="module")
def town(database):
    import shapely

    town = build_town(database, name="Reportby", prefix="990102001")
    with database.work(Actor.system()) as work:
        work.session.add_all(
            Facility(
                territory_id=town.territory, kind="clinic", name="㙦村骉𬭚卫生站", point=placed(shapely.Point(x, 50))
            )
            for x in (50, 450)
        )
        work.session.execute(
            sa.update(GridVersion).where(GridVersion.grid_id == town.grids["g1"]).values(name='=HYPERLINK("x")')
        )
        work.session.execute(
            sa.update(Camera).where(Camera.id == town.cameras["far"]).values(online=False, owner="@SUM(1+1)")
        )
        work.session.flush()
        run_coverage(work, town.plan)
    return town


def fetch(client, town, name, file_format, **more):
    answer = client.get(f"/api/v1/reports/{name}", params={"plan": town.plan, "format": file_format, **more})
    assert answer.status_code == 200, answer.text
    return answer


def test_report_is_one_attachment_without_outside_addresses(client, town):
    answer = client.get(f"/api/v1/reports/coverage?plan={town.plan}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="gridward-coverage.html"'
    assert "Camera coverage: Reportby" in answer.text
    assert 'src="http' not in answer.text
    chinese = client.get(f"/api/v1/reports/coverage?plan={town.plan}&lang=zh")
    assert "摄像机覆盖分析" in chinese.text


@pytest.mark.parametrize("name", ["coverage", "cameras", "facilities"])
@pytest.mark.parametrize("file_format", BEGINS)
def test_every_report_comes_in_every_format_and_once(client, database, town, name, file_format):
    answer = fetch(client, town, name, file_format, lang="zh")
    assert answer.content.startswith(BEGINS[file_format])
    assert answer.headers["content-disposition"] == f'attachment; filename="gridward-{name}.{file_format}"'
    again = fetch(client, town, name, file_format, lang="zh")
    assert again.content == answer.content
    with database.work(Actor.system()) as work:
        kept = sa.select(sa.func.count()).where(Report.name == name, Report.format == file_format)
        assert work.session.scalar(kept.where(Report.content == answer.content)) == 1


def test_a_changed_camera_makes_another_register(client, database, town):
    before = fetch(client, town, "cameras", "csv").content
    url = f"/api/v1/cameras/{town.cameras['fixed']}"
    camera = client.get(url)
    assert client.patch(url, json={"owner": "路灯所"}, headers={"If-Match": camera.headers["etag"]}).status_code == 200
    after = fetch(client, town, "cameras", "csv").content
    assert before != after
    assert "路灯所" in after.decode("utf-8-sig")


def test_codes_are_text_and_formulas_inert_in_a_workbook(client, town):
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(fetch(client, town, "coverage", "xlsx").content))
    assert book.sheetnames == ["grids", "gaps", "key_places", "spare", "about"]
    rows = list(book["grids"].iter_rows(min_row=2))
    codes = [row[0] for row in rows]
    assert {cell.data_type for cell in codes} <= {"s", "inlineStr"}
    assert all(len(cell.value) == 15 for cell in codes)
    assert book["grids"].column_dimensions["A"].width >= 15  # codes are not cut off
    formula = next(row[1] for row in rows if str(row[1].value).startswith("=HYPER"))
    assert formula.data_type != "f"
    assert isinstance(rows[0][2].value, (int, float))


def test_a_workbook_says_what_it_is_of_and_what_its_columns_hold(client, town):
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(fetch(client, town, "coverage", "xlsx").content))
    told = dict(book["about"].iter_rows(values_only=True))
    assert told["seen_m"] == "street that is seen, m"
    assert "Reportby" in book["about"]["B1"].value


@pytest.mark.parametrize("name", ["coverage", "cameras", "facilities"])
def test_a_chinese_workbook_has_chinese_headings_and_says_the_names_of_its_columns(client, town, name):
    from openpyxl import load_workbook

    books = [
        load_workbook(io.BytesIO(fetch(client, town, name, "xlsx", lang=lang).content), data_only=False)
        for lang in ("en", "zh")
    ]
    english, chinese = ([list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets] for book in books)
    assert [len(rows) for rows in chinese[:-1]] == [len(rows) for rows in english[:-1]]
    about = chinese[-1]
    assert books[1].sheetnames[-1] == "说明"
    assert "Reportby" in about[0][1]
    at = about.index(("栏目", "含义", "字段名"))
    names = {(heading, column) for heading, _, column in about[at + 1 :]}
    for ours, theirs in zip(chinese[:-1], english[:-1], strict=True):
        assert all(re.search("[\u4e00-\u9fff]", heading) for heading in ours[0])
        assert len({*ours[0]}) == len(ours[0])
        assert {*zip(ours[0], theirs[0], strict=True)} <= names
        for one, other in zip(ours[1:], theirs[1:], strict=True):
            # codes stay text and figures stay figures
            assert [type(cell) for cell in one] == [type(cell) for cell in other]
    table = list(csv.reader(io.StringIO(fetch(client, town, name, "csv", lang="zh").content.decode("utf-8-sig"))))
    assert tuple(table[0]) == chinese[0][0]
    words = {cell for row in (*chinese[0][1:], *table[1:]) for cell in row}
    assert not words & {"yes", "no", "maybe"}


def test_a_table_has_a_mark_and_harmless_cells(client, town):
    text = fetch(client, town, "coverage", "csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 6
    assert any(row["name"].startswith("'=HYPERLINK") for row in rows)
    cameras = list(csv.DictReader(io.StringIO(fetch(client, town, "cameras", "csv").content.decode("utf-8-sig"))))
    assert any(row["owner"] == "'@SUM(1+1)" for row in cameras)
    assert {row["online"] for row in cameras} == {"yes", "no"}


def test_layers_of_a_geopackage_open_in_a_gis(client, town, tmp_path):
    import geopandas

    path = tmp_path / "report.gpkg"
    path.write_bytes(fetch(client, town, "coverage", "gpkg").content)
    names = set(geopandas.list_layers(path)["name"])
    assert {"grids", "view_sheds", "key_places", "cameras", "street_gaps"} <= names
    grids = geopandas.read_file(path, layer="grids")
    assert grids.crs.to_epsg() == 4326
    assert min(map(len, grids["code"])) == 15
    assert grids["street_m"].sum() > 0


def test_rare_letters_survive_in_every_table(client, town, tmp_path):
    import geopandas
    from openpyxl import load_workbook

    name = "㙦村骉𬭚卫生站"
    assert name in fetch(client, town, "facilities", "csv").content.decode("utf-8-sig")
    book = load_workbook(io.BytesIO(fetch(client, town, "facilities", "xlsx").content))
    assert name in {cell for row in book["facilities"].iter_rows(values_only=True) for cell in row}
    path = tmp_path / "facilities.gpkg"
    path.write_bytes(fetch(client, town, "facilities", "gpkg").content)
    assert set(geopandas.read_file(path, layer="facilities")["name"]) == {name}
    assert name in fetch(client, town, "facilities", "html").text


def test_facilities_tell_who_can_walk_to_one(client, town):
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(fetch(client, town, "facilities", "xlsx").content))
    assert book.sheetnames == ["facilities", "kinds", "areas", "unreached", "about"]
    head, *rows = book["kinds"].iter_rows(values_only=True)
    (clinic,) = [dict(zip(head, row, strict=True)) for row in rows]
    assert (clinic["kind"], clinic["count"], clinic["units_with"], clinic["units"]) == ("clinic", 2, 2, 2)
    assert 0 < clinic["households_within"] <= clinic["households"]
    chinese = fetch(client, town, "facilities", "csv", lang="zh").content.decode("utf-8-sig")
    assert {(row["类型代码"], row["类型"]) for row in csv.DictReader(io.StringIO(chinese))} == {("clinic", "诊所")}
    assert "诊所" in fetch(client, town, "facilities", "html", lang="zh").text
    page = fetch(client, town, "facilities", "html").text
    assert "15-minute walk" in page


def test_a_heading_that_is_unknown_is_an_interval_in_the_register(client, town):
    page = fetch(client, town, "cameras", "html").text
    assert ">0–" in page
    assert "heading unknown" in page


def test_what_makes_no_sense_is_refused(client, town):
    assert client.get(f"/api/v1/reports/coverage?plan={town.plan}&format=docx").status_code == 422
    assert client.get(f"/api/v1/reports/coverage?plan={town.plan}&run={town.territory}").status_code == 404


def test_unknown_report_and_plan_are_problems(client):
    assert client.get("/api/v1/reports/poems").status_code in (404, 422)
    missing = client.get("/api/v1/reports/coverage?plan=00000000-0000-0000-0000-000000000000")
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"


def test_a_report_tells_what_could_go_or_be_turned_with_no_loss(client, town):
    from openpyxl import load_workbook

    told = client.get(f"/api/v1/coverage/redundant?plan={town.plan}").json()
    book = load_workbook(io.BytesIO(fetch(client, town, "coverage", "xlsx").content))
    head, *rows = book["spare"].iter_rows(values_only=True)
    listed = {row["ref"]: row for row in (dict(zip(head, values, strict=True)) for values in rows)}
    assert listed.keys() == {each["ref"] for each in told["removable"]}
    turned = {each["ref"]: each["new_azimuth"] for each in told["turnable"]}
    assert {ref: row["new_azimuth"] for ref, row in listed.items() if row["advice"] == "turn"} == turned
    words = f"{told['count']} cameras could all go with no loss, {len(turned)} of them see something new when turned"
    assert words in fetch(client, town, "coverage", "html").text
