"""Files of units, posts, shifts and counts: every bad row named, nothing half-loaded."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from gis.errors import InvalidInputError, UnknownCrsError
from services import ingest, organisation, staff, staff_rules, staff_vacancies, units
from services.ingest import RejectedRowsError
from store.database.actor import Actor
from tests.api.town import build_town

PREFIX = "990101001"


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def count(database, table: str) -> int:
    with database.work(Actor.system()) as work:
        return work.session.scalar(sa.text(f"select count(*) from {table}"))


def refused(database, loader, path, **options) -> dict[int, str]:
    with pytest.raises(RejectedRowsError) as caught, database.owner_work(Actor.system()) as work:
        loader(work, path, **options)
    return {problem.line: problem.reason for problem in caught.value.report.rejected}


def test_units_in_a_ring_are_refused_by_name(database, town, tmp_path):
    path = tmp_path / "units.csv"
    path.write_text("code,name,parent\nA,One,B\nB,Two,A\nC,Three,\nD,Four,D\n")
    before = count(database, "unit")
    found = refused(database, ingest.load_units, path)
    assert set(found) == {2, 3, 5}
    assert "below this unit itself" in found[5]
    assert count(database, "unit") == before
    path.write_text("code,name,parent\nA,One,\nB,Two,A\n")
    with database.owner_work(Actor.system()) as work:
        ingest.load_units(work, path)
    path.write_text("code,name,parent\nA,One,B\n")
    assert set(refused(database, ingest.load_units, path)) == {2}


def test_units_come_with_the_time_in_which_they_are_there(database, town, tmp_path):
    path = tmp_path / "units.csv"
    path.write_text(
        "机构编码,机构名称,成立日期,撤销日期\nT1,Old works,1986年5月1日,2025-12-31\nT2,New works,2026/1/1,\n"
    )
    with database.owner_work(Actor.system()) as work:
        ingest.load_units(work, path)
    # a file that says nothing of time leaves what is stored, and one that says half of it the other half
    path.write_text("code,name\nT1,Works of old\n")
    with database.owner_work(Actor.system()) as work:
        ingest.load_units(work, path)
    path.write_text("code,name,until\nT2,New works,2030-01-01\n")
    with database.owner_work(Actor.system()) as work:
        ingest.load_units(work, path)
    with database.work(Actor.system()) as work:
        found = {unit.code: unit for unit in units.list_units(work, day=None)}
    assert (found["T1"].name, found["T1"].valid_from, found["T1"].valid_to) == (
        "Works of old", date(1986, 5, 1), date(2025, 12, 31))  # fmt: skip
    assert (found["T2"].valid_from, found["T2"].valid_to) == (date(2026, 1, 1), date(2030, 1, 1))
    path.write_text("code,name,since,until\nT3,Three,2026-02-01,2026-01-01\nT4,Four,2026-02-30,\nT5,Five,,1850-01-01\n")
    assert set(refused(database, ingest.load_units, path)) == {2, 3, 4}


def test_a_roster_brings_skills_and_offices_in_the_system_that_is_said(database, town, tmp_path):
    path = tmp_path / "roster.csv"
    lines = [
        "工号,姓名,职务,技能,经度,纬度",
        '"S-1",Wang,村书记,"急救、so-called ""fire""",24.95,60.17',
        "S-2,Li,网格员,,,",
    ]
    path.write_text("\n".join(lines))
    with pytest.raises(UnknownCrsError), database.owner_work(Actor.system()) as work:
        ingest.load_staff(work, path)
    with database.owner_work(Actor.system()) as work:
        assert ingest.load_staff(work, path, crs="wgs84").counts["inserted"] == 2
    with database.work(Actor.system()) as work:
        skills = sa.text("select work_no, skills from staff where work_no in ('S-1', 'S-2') order by work_no")
        assert [(row.work_no, set(row.skills)) for row in work.session.execute(skills)] == [
            ("S-1", {"急救", 'so-called "fire"'}), ("S-2", set())]  # fmt: skip


@pytest.mark.parametrize(
    "row", ["S-9,11010519491231002X,网格员", "S-9,王芳 13812345678,网格员", "S-9,Wang,call 040-1234567"]
)
def test_of_a_person_no_number_is_kept(database, town, tmp_path, row):
    path = tmp_path / "roster.csv"
    path.write_text(f"工号,姓名,职务\nS-7,Li,\nS-8,Wu,\n{row}\n")
    assert refused(database, ingest.load_staff, path) == {4: "holds an identity or telephone number"}
    now = datetime.now(UTC)
    _, name, post = row.split(",")
    with database.work(Actor.system()) as work:
        with pytest.raises(InvalidInputError, match="only the office is kept"):
            organisation.add_staff(work, {"work_no": "S-9", "name": name, "post": post}, at=now, territory=None)
        kept = organisation.add_staff(
            work, {"work_no": "S-9", "name": "Wang", "post": "网格员"}, at=now, territory=None
        )
        with pytest.raises(InvalidInputError, match="only the office is kept"):
            organisation.change_staff(work, kept["id"], {"name": name, "post": post}, revision=kept["revision"], at=now)
        work.session.rollback()


def test_posts_are_loaded_whole_or_not_at_all(database, town, tmp_path):
    path = tmp_path / "posts.csv"
    head, other = f"{PREFIX}W0", f"{PREFIX}W3"
    east = f"{PREFIX}002"
    lines = ["工号,角色,网格,area,share", f"{other},网格长,{PREFIX}002003,,", f"{other},警员,,{east},0.5"]
    bad = [
        f"{other},网格长,{PREFIX}001001,,",
        "W-none,网格员,,,",
        f"{other},king,,{east},",
        f"{other},网格员,,{east},7",
    ]
    path.write_text("\n".join([*lines, *bad]))
    before = count(database, "assignment")
    found = refused(database, ingest.load_assignments, path)
    assert set(found) == {4, 5, 6, 7}
    assert f"{head} heads this grid" in found[4]
    assert not found[4].endswith("."), "the remedy follows after a semicolon"
    assert count(database, "assignment") == before
    path.write_text("\n".join(lines))
    with database.owner_work(Actor.system()) as work:
        assert ingest.load_assignments(work, path, dry_run=True).counts == {"inserted": 2}
    assert count(database, "assignment") == before
    with database.owner_work(Actor.system()) as work:
        assert ingest.load_assignments(work, path).accepted == 2
    assert count(database, "assignment") == before + 2
    # the same file again, and once more with a row twice in it: nobody holds a post twice
    path.write_text("\n".join([*lines, lines[-1], f"{other},警员,,{PREFIX}001,0.5", f"{other},警员,,{PREFIX}001,0.4"]))
    with database.owner_work(Actor.system()) as work:
        assert ingest.load_assignments(work, path).counts == {"inserted": 1, "kept": 4}
    assert count(database, "assignment") == before + 3


def test_shifts_come_single_or_by_weekday(database, town, tmp_path):
    path = tmp_path / "shifts.csv"
    path.write_text(
        "work_no,since,until,first_day,last_day,weekdays,from,to\n"
        f"{PREFIX}W1,2031-03-03 08:30,2031-03-03 17:30,,,,,\n"
        f"{PREFIX}W1,,,2031-03-01,2031-03-14,一三五,22:00,06:00\n"
    )
    before = count(database, "shift")
    for new in (7, 0):
        with database.owner_work(Actor.system()) as work:
            assert ingest.load_shifts(work, path, timezone="Asia/Shanghai").counts == {"shifts": new}
    assert count(database, "shift") == before + 7
    path.write_text(
        "work_no,since,until,first_day,last_day,weekdays,from,to\n"
        f"{PREFIX}W1,2031-03-03 17:30,2031-03-03 08:30,,,,,\n"
        f"{PREFIX}W1,,,2031-03-01,2031-03-14,someday,22:00,06:00\n"
        f"{PREFIX}W1,,,2031-03-01,,1-5,22:00,25:00\n"
    )
    with pytest.raises(RejectedRowsError) as caught, database.owner_work(Actor.system()) as work:
        ingest.load_shifts(work, path)
    assert {(row.line, row.column, row.value) for row in caught.value.report.rejected} == {
        (2, "until", "2031-03-03 08:30"), (3, "weekdays", "someday"), (4, "to", "25:00")}  # fmt: skip


def test_contacts_are_numbers_and_either_way_meets_the_rule(database, town, tmp_path):
    path = tmp_path / "contacts.csv"
    path.write_text(f"area,role,count\n{PREFIX}001,信息员,9\n{PREFIX}002,contact,1\n")
    with database.owner_work(Actor.system()) as work:
        ingest.load_post_counts(work, path)
    path.write_text(f"area,role,count\n{PREFIX}001,contact,-1\nnowhere,contact,1\n")
    assert set(refused(database, ingest.load_post_counts, path)) == {2, 3}
    now = datetime.now(UTC)
    with database.work(Actor.system()) as work:
        rule = next(rule for rule in staff_rules.list_rules(work) if rule.code == "contacts-by-households")
        staff_rules.put_rule(work, rule.code, {"active": True}, revision=rule.revision)
        found = staff_vacancies.vacancies(work, at=now)
    lacking = {line["code"]: line["lacking"] for line in found["vacancies"] if line["rule"] == rule.code}
    # 48 + 49 + 51 + 52 households in the west and 50 + 53 in the east, one for each 20
    assert lacking == {f"{PREFIX}001": 1, f"{PREFIX}002": 5}
    with database.work(Actor.system()) as work, pytest.raises(InvalidInputError, match="max_posts"):
        staff.propose(work, town.plan, changes={"one-head-per-grid": {"max_posts": 0}}, now=now)


def test_two_proposals_of_one_plan_are_worked_out_beside_each_other(database, town):
    now = datetime.now(UTC)
    with database.work(Actor.system()) as one, database.work(Actor.system()) as other:
        first = staff.propose(one, town.plan, now=now)
        other.session.execute(sa.text("set local lock_timeout = '2s'"))
        second = staff.propose(other, town.plan, now=now)
        assert first.id != second.id
        assert (first.status, second.status) == ("proposed", "proposed")


def test_a_roster_names_areas_by_twelve_digits_and_offices_headings(database, town, tmp_path):
    with database.owner_work(Actor.system()) as work:
        work.session.execute(
            sa.text(
                "insert into area (id, territory_id, code, kind, name, path, area_code, town_code, county_code, geom)"
                " select gen_random_uuid(), territory_id, '990101001', 'town', 'Testby', '990101001', 990101001000,"
                " town_code, county_code, geom from area where code = '990101001001'"
            )
        )
    path = tmp_path / "officers.csv"
    path.write_text("工号,姓名,岗位,区划代码\nP-1,Zhao,民警,990101001000\nP-2,Qian,民警,990101001001\n")
    with database.owner_work(Actor.system()) as work:
        ingest.load_staff(work, path)
    with database.work(Actor.system()) as work:
        found = sa.text(
            "select s.work_no, a.code from staff s join area a on a.id = s.area_id where work_no like 'P-_' order by 1"
        )
        assert [tuple(row) for row in work.session.execute(found)] == [("P-1", "990101001"), ("P-2", "990101001001")]
    for body in ("area,role,count\n990101001000,contact,2\n990101001,民警,1\n", "area,role,count\n990101001,民警,1\n"):
        path.write_text(body)
        with database.owner_work(Actor.system()) as work:
            ingest.load_post_counts(work, path)
    path.write_text("area,role,count\n990101001000,contact,2\n990101001,信息员,1\n")
    assert list(refused(database, ingest.load_post_counts, path)) == [3]
