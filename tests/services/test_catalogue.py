"""Catalogues go in whole or not at all, are found by any name, and say who leads where."""

from __future__ import annotations

import json
from importlib import resources

import pytest
import sqlalchemy as sa

from gis.errors import InvalidInputError, NotFoundError
from services import catalogue, ingest
from services.ingest import RejectedRowsError
from store.database.actor import Actor
from store.files.sheets import Sheet, csv_bytes, xlsx_bytes
from tests.api.town import build_town

SYSTEM = Actor.system()
HEADER = ("小类代码", "大类代码", "大类名称", "小类名称", "严重程度", "紧急", "处置时限", "三类区域", "同义词")


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@pytest.fixture
def load(database, town, tmp_path):
    def run(loader, content, name="catalogue.csv", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with database.owner_work(SYSTEM) as work:
            return loader(work, path, territory=town.territory, **options)

    return run


@pytest.fixture
def ask(database, town):
    def run(function, *args, **options):
        with database.work(SYSTEM) as work:
            return function(work, *args, territory=town.territory, **options)

    return run


def rows(classes, items):
    """A list of `items` items in `classes` classes, as an office would send it."""
    return [
        (
            f"{number % classes + 1:02d}-{number // classes:04d}", f"{number % classes + 1:02d}",
            f"第{number % classes + 1}大类", f"事项{number}号", ("小事", "大事", "重大")[number % 3],
            "是" if number % 7 == 0 else "否", "抢险 3 紧急工作时；修复 5 工作日" if number % 5 == 0 else "4 工作时",
            "2 工作日", f"别名{number}、alias {number}",
        )
        for number in range(items)
    ]  # fmt: skip


def test_the_open_catalogue_has_four_classes_and_113_items(database, load, ask, town):
    with resources.as_file(resources.files("casework") / "open_catalogue.csv") as path:
        report = load(ingest.load_catalogue, path.read_bytes(), "open_catalogue.csv")
    assert (report.counts["items"], report.counts["classes"], report.rejected) == (113, 4, [])
    items = ask(catalogue.list_items)
    assert len({item.name_zh for item in items}) == len({item.name_en for item in items}) == 113
    for item in items:
        assert all((item.name_en, item.filing_zh, item.filing_en, item.closing_zh, item.closing_en, item.synonyms))
        assert catalogue.limits_of(item, 1)[0].seq == 1
        assert catalogue.limits_of(item, 3)[0].area_class in (1, 2, 3)
        assert not (item.self_handling and item.severity == "critical")
    assert [item.name_en for item in ask(catalogue.list_items, "jgps")] == ["Damaged manhole cover"]
    assert ask(catalogue.list_items, "爆管")[0].name_en == "Burst water main"
    assert ask(catalogue.list_items, "lj", limit=3)[0].class_code == "02"
    assert {item.public for item in ask(catalogue.list_items, public=True)} == {True}
    assert {item.class_code for item in ask(catalogue.list_items, class_code="04")} == {"04"}
    with database.work(SYSTEM) as work:
        found = catalogue.code_of(work, ["Pothole", "路口井盖破损了", "0101", "nothing of it", ""], town.territory)
        assert found == ["0106", "0102", "0101", None, None]
        assert catalogue.recognise_item(work, "垃圾箱满", town.territory) == "0202"
    assert load(ingest.load_catalogue, path.read_bytes(), "again.csv").unchanged
    assert ask(catalogue.item, "0106").name_en == "Pothole"
    with pytest.raises(NotFoundError):
        ask(catalogue.item, "9999")


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_fifteen_classes_and_1167_items_load_in_one_go(load, ask, kind):
    table = rows(15, 1167)
    if kind == "json":
        body = json.dumps({"items": [dict(zip(HEADER, row, strict=True)) for row in table]}).encode()
    else:
        sheet = Sheet("清单", HEADER, table)
        body = xlsx_bytes([sheet]) if kind == "xlsx" else csv_bytes(sheet).decode("utf-8-sig").encode("gb18030")
    report = load(ingest.load_catalogue, body, f"list.{kind}")
    if not report.unchanged:
        assert (report.counts["items"], report.counts["classes"]) == (1167, 15)
    items = ask(catalogue.list_items)
    assert len(items) == 1167
    first = ask(catalogue.item, "01-0000")
    assert [(one.name, str(one.limit)) for one in catalogue.limits_of(first, 1)] == [
        ("抢险", "3 emergency hour"), ("修复", "5 work day")]  # fmt: skip
    assert str(catalogue.limits_of(first, 3)[0].limit) == "2 work day"
    assert (first.severity, first.urgent, first.synonyms) == ("minor", True, ("别名0", "alias 0"))
    assert ask(catalogue.list_items, "alias 77")[0].name_zh == "事项77号"


def test_refused_rows_are_listed_and_nothing_is_half_loaded(load, ask, database):
    with database.work(SYSTEM) as work:
        before = work.session.scalar(sa.text("select count(*) from catalogue_item"))
    table = rows(3, 30)
    table[4] = (*table[4][:6], "soon", *table[4][7:])
    table[5] = (table[3][0], *table[5][1:])
    table[6] = (*table[6][:4], "bad", *table[6][5:])
    table[7] = (*table[7][:2], "another name", *table[7][3:])
    table[8] = ("01", *table[8][1:])
    table[9] = (*table[9][:3], "", *table[9][4:])
    body = csv_bytes(Sheet("x", HEADER, table))
    with pytest.raises(RejectedRowsError) as refused:
        load(ingest.load_catalogue, body)
    told = {problem.line: (problem.column, problem.reason) for problem in refused.value.report.rejected}
    assert set(told) == {6, 7, 8, 9, 10, 11}
    assert told[6][0] == "处置时限"
    assert told[7][1].startswith("repeats")
    assert told[9][1].startswith("names class 02")
    assert told[10][1] == "is the code of a class, too"
    with database.work(SYSTEM) as work:
        assert work.session.scalar(sa.text("select count(*) from catalogue_item")) == before
    kept = load(ingest.load_catalogue, body, skip_rejected=True, dry_run=True)
    assert (kept.counts["items"], kept.dry_run) == (24, True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", b"{"),
        ("a.json", b'{"items": 3}'),
        ("a.json", b"[1]"),
        ("a.csv", b"code,name_zh\n1,x\n"),
        ("a.csv", b""),
    ],
)
def test_files_that_are_no_catalogue_are_refused(load, name, content):
    with pytest.raises(InvalidInputError):
        load(ingest.load_catalogue, content, name)


def test_each_item_has_one_lead_unit_in_each_area_or_it_is_listed(load, ask, database, town):
    load(ingest.load_catalogue, csv_bytes(Sheet("x", HEADER, rows(2, 6))), "six.csv")
    load(ingest.load_units, "code,name\nL1,Works\nL2,Parks\nL3,Water\n")
    first, second = 990101001001, 990101001002
    report = load(
        ingest.load_lead_units, f"item,area,unit\n,,L1\n02,,L2\n01-0000,{first},L3\n01-0001,,L1\n01-0001,,L2\n"
    )
    assert report.counts["rules"] == 5
    checked = ask(catalogue.lead_report)
    assert (checked.items, checked.areas, checked.holes, checked.doubles) == (6, 2, 0, 2)
    assert checked.first_doubles[0][0] == "01-0001"
    with database.work(SYSTEM) as work:

        def leader(item, area):
            found = catalogue.lead_unit(work, item, area, town.territory)
            return found and found.name

        assert leader("01-0000", first) == "Water"
        assert leader("01-0000", second) == "Works"
        assert leader("02-0000", 0) == "Parks", "outside every area the rule for everywhere holds"
        assert leader("01-0001", first) is None
        assert leader("99", first) is None
    # offices write an area's name, too; the rule holds there as if they had written its code
    load(ingest.load_lead_units, "item,area,unit\n,West Village 西村,L3\n,,L1\n")
    with database.work(SYSTEM) as work:
        assert catalogue.lead_unit(work, "02-0000", first, town.territory).name == "Water"
        assert catalogue.lead_unit(work, "02-0000", second, town.territory).name == "Works"
    load(ingest.load_lead_units, "item,unit\n02,L2\n")
    assert ask(catalogue.lead_report).holes == 6
    with pytest.raises(RejectedRowsError) as refused:
        load(ingest.load_lead_units, "item,area,unit\nnope,,L1\n,nowhere,L1\n,,L9\n")
    assert [problem.column for problem in refused.value.report.rejected] == ["item", "area", "unit"]
    assert len(ask(catalogue.lead_rules)) == 1, "nothing was half loaded"


def test_areas_have_classes(load, database, town):
    load(ingest.load_area_classes, "area,area_class\n*,2\n990101001001,3\n")
    with database.work(SYSTEM) as work:
        assert catalogue.class_of(work, town.territory, 990101001001) == 3
        assert catalogue.class_of(work, town.territory, 990101001002) == 2
        assert catalogue.class_of(work, town.territory, 0) == 2
    with pytest.raises(RejectedRowsError):
        load(ingest.load_area_classes, "area,area_class\nnowhere,1\n990101001001,9\n")


def test_a_class_holds_for_an_area_that_is_named_or_whose_code_is_filled_up(load, ask, database, town):
    with database.owner_work(SYSTEM) as work:
        work.session.execute(
            sa.text(
                "insert into area (id, territory_id, code, kind, name, path, area_code, town_code, county_code, geom)"
                " select gen_random_uuid(), territory_id, '990101001', 'town', 'Testby', '990101001', 990101001000,"
                " town_code, county_code, geom from area where code = '990101001001'"
            )
        )
    load(ingest.load_area_classes, "区划代码,类别\n990101001000,3\nWest Village 西村,2\n")
    with database.work(SYSTEM) as work:
        classes = work.session.execute(sa.text("select area, area_class from area_class order by area")).all()
    assert [tuple(row) for row in classes] == [("990101001", 3), ("990101001001", 2)]
    with pytest.raises(RejectedRowsError) as refused:
        load(ingest.load_area_classes, "area,class\n990101001,3\n990101001000,2\n")
    assert refused.value.report.rejected[0].reason.startswith("repeats")
