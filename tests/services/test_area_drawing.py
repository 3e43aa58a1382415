"""Change sets made by actions on the present areas, and days that begin at the territory's midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from gis.errors import ConflictError, GridwardError, InvalidInputError, NotFoundError
from services import housekeeping, territories
from services.days import day_begins, local_day
from services.plan_life import area_changes, area_drawing, area_publishing, area_states
from services.plan_life.area_drawing import Action
from services.plan_life.publishing import Publication
from store.database.actor import Actor
from store.database.engine import Database
from store.database.models import Area, Lineage
from tests.api.town import build_town, lonlat

SYSTEM = Actor.system()
ZONE = "Asia/Shanghai"
WEST, EAST = "990101001001", "990101001002"


@pytest.fixture
def urls(clone_database):
    return clone_database()


@pytest.fixture
def database(urls):
    opened = Database(urls.app, urls.owner, time_zone=ZONE)
    yield opened
    opened.dispose()


@pytest.fixture
def town(database):
    return build_town(database)


def line(*points):
    return {"type": "LineString", "coordinates": [list(lonlat(*point)) for point in points]}


def ring(*points):
    return {"type": "Polygon", "coordinates": [[list(lonlat(*point)) for point in (*points, points[0])]]}


def drafted(database, *actions, name="Decision 1", **options):
    with database.work(SYSTEM) as work:
        report, made = area_drawing.draft_actions(work, actions, area_changes.Decision(name), time_zone=ZONE, **options)
    return report, made


def whole(database, change):
    with database.work(SYSTEM) as work:
        return area_changes.whole_change(work, change), area_changes.shapes_of(work, change)


def became(found):
    return {(row["from_code"][-3:], row["to_code"][-3:], row["kind"], round(row["area_share"], 3)) for row in found}


def test_each_action_tells_what_becomes_of_the_areas(database, town):
    cases = {
        "merge": (Action("merge", (WEST, EAST), name="One"), {("001", "001", "rename", 1), ("002", "001", "merge", 1)}),
        "split": (
            Action("split", (WEST,), code="990101001003", name="North", drawn=line((-50, 300), (450, 300))),
            {("001", "001", "keep", 0.75), ("001", "003", "split", 0.25)},
        ),
        "border": (
            Action("transfer", (WEST, EAST), drawn=line((300, -50), (300, 450))),
            {("001", "001", "keep", 0.75), ("001", "002", "transfer", 0.25), ("002", "002", "keep", 1)},
        ),
        "ground": (
            Action("transfer", (WEST, EAST), drawn=ring((300, 300), (500, 300), (500, 500), (300, 500))),
            {("001", "001", "keep", 0.938), ("001", "002", "transfer", 0.062), ("002", "002", "keep", 1)},
        ),
        "rename": (Action("rename", (EAST,), name="Morning"), {("002", "002", "rename", 1)}),
        "renumber": (Action("renumber", (EAST,), code="990101001009"), {("002", "009", "renumber", 1)}),
    }
    for name, (action, wanted) in cases.items():
        _report, change = drafted(database, action, name=name)
        found, shapes = whole(database, change)
        assert became(found.lineage) == wanted, name
        assert [each["kind"] for each in found.actions] == [action.kind]
        roles = [feature["properties"]["role"] for feature in shapes["features"]]
        assert (roles.count("before"), roles.count("after")) == (len(found.ended), len(found.areas))


def test_actions_follow_each_other_and_can_be_drawn_anew(database, town):
    cut = Action("split", (WEST,), code="990101001003", name="North", drawn=line((0, 200), (400, 200)))
    _report, change = drafted(database, cut, Action("merge", ("990101001003", EAST), code=EAST, name="Round"))
    found, _shapes = whole(database, change)
    assert became(found.lineage) == {
        ("001", "001", "keep", 0.5),
        ("001", "002", "transfer", 0.5),
        ("002", "002", "rename", 1),
    }
    with database.work(SYSTEM) as work:
        dry = area_drawing.redraw_actions(work, change, [cut], dry_run=True, time_zone=ZONE)
        assert dry.counts["areas_new"] == 2
        area_drawing.redraw_actions(work, change, [cut], expected=1, time_zone=ZONE)
    found, _shapes = whole(database, change)
    assert [area.code[-3:] for area in found.areas] == ["001", "003"]
    with database.work(SYSTEM) as work:
        assert [step.action for step in area_states.history(work, change)] == ["draft", "redraw"]


@pytest.mark.parametrize(
    ("action", "error", "code"),
    [
        (Action("merge", (WEST,)), InvalidInputError, "invalid-input"),
        (Action("merge", (WEST, "990101001007")), NotFoundError, "not-found"),
        (Action("split", (WEST,), code=EAST, name="x", drawn=line((0, 200), (400, 200))), ConflictError, "conflict"),
        (Action("split", (WEST,), code="990101001003", name="x"), InvalidInputError, "invalid-input"),
        (Action("split", (WEST,), code="990101001003", name="x", drawn=line((600, 0), (700, 9))), InvalidInputError, "line-misses-grid"),
        (Action("split", (WEST,), code="990101001", name="x", drawn=line((0, 200), (400, 200))), InvalidInputError, "invalid-input"),
        (Action("transfer", (WEST, EAST), drawn=ring((0, 0), (90, 0), (90, 90))), InvalidInputError, "areas-do-not-touch"),
        (Action("transfer", (WEST, EAST), drawn=ring((-9, -9), (409, -9), (409, 409), (-9, 409))), InvalidInputError, "nothing-changes"),
        (Action("transfer", (WEST, EAST), drawn={"type": "Point", "coordinates": [1, 2]}), InvalidInputError, "invalid-input"),
        (Action("transfer", (WEST, EAST), drawn={"type": "Polygon", "coordinates": "x"}), InvalidInputError, "invalid-input"),
        (Action("rename", (WEST,), name=" "), InvalidInputError, "invalid-input"),
        (Action("rename", (WEST,), name="West Village 西村"), InvalidInputError, "invalid-input"),
        (Action("renumber", (WEST,), code=WEST), InvalidInputError, "invalid-input"),
        (Action("renumber", (WEST,), code="12"), InvalidInputError, "invalid-code"),
    ],
)  # fmt: skip
def test_an_action_that_does_not_fit_is_refused_by_its_number(database, town, action, error, code):
    with pytest.raises(error) as refused:
        drafted(database, Action("rename", (EAST,), name="Morning"), action)
    assert (refused.value.code, refused.value.fields["action"]) == (code, 1)
    place = refused.value.fields.get("place")
    assert place is None or (20 < place[0] < 30 and 60 < place[1] < 61)


def test_a_set_needs_actions_and_one_kind(database, town):
    with pytest.raises(InvalidInputError, match="actions"):
        drafted(database)
    with database.work(SYSTEM) as work:
        town_code = work.session.scalar(sa.select(Area.code).where(Area.kind == "town"))
    if town_code is not None:
        with pytest.raises(GridwardError, match="one kind"):
            drafted(database, Action("rename", (EAST,), name="a"), Action("rename", (town_code,), name="b"))


def test_a_day_begins_at_the_midnight_of_the_territory():
    late = datetime(2026, 11, 21, 17, tzinfo=UTC)
    assert (local_day(late), local_day(late, ZONE)) == (date(2026, 11, 21), date(2026, 11, 22))
    assert day_begins(date(2026, 11, 22), ZONE) == datetime(2026, 11, 21, 16, tzinfo=UTC)


def test_areas_change_at_local_midnight(database, town, urls):
    """A day ahead of UTC: at 16:00 UTC of the day before, the new areas are in force and the doors are theirs."""
    day = local_day(datetime.now(UTC), ZONE) + timedelta(days=3)
    _report, change = drafted(database, Action("rename", (EAST,), name="Morning"))
    asked = Publication("Council 7", day, single_person=True, time_zone=ZONE)
    with database.work(SYSTEM) as work:
        assert area_publishing.publish(work, change, asked).status == "scheduled"
    begins = day_begins(day, ZONE)
    with database.work(SYSTEM) as work:
        at = work.session.scalar(sa.select(Lineage.effective_at).where(Lineage.change_set_id == change))
        assert at == begins
        assert housekeeping.let_take_effect(work, now=begins - timedelta(minutes=1), time_zone=ZONE) == 0
        assert housekeeping.let_take_effect(work, now=begins, time_zone=ZONE) == 1
    # without a day, the page and the map ask the database what day it is: by the territory's clock
    with database.work(SYSTEM) as work:
        assert work.session.scalar(sa.text("select current_date")) == local_day(datetime.now(UTC), ZONE)
        assert work.session.scalar(sa.text("select current_setting('TimeZone')")) == ZONE
        names = {area.name for area in territories.list_areas(work, None, day)}
        assert "Morning" in names
        assert "Morning" not in {area.name for area in territories.list_areas(work, None, day - timedelta(days=1))}


def test_published_at_once_from_the_local_day(database, town):
    """Shortly after local midnight it is still yesterday in Greenwich; what is published then holds from today here."""
    now = datetime.combine(datetime.now(UTC).date(), datetime.min.time(), UTC) + timedelta(hours=17)
    with database.work(SYSTEM) as work:
        actions = [Action("rename", (EAST,), name="Morning")]
        _told, change = area_drawing.draft_actions(
            work, actions, area_changes.Decision("Night"), time_zone=ZONE, now=now
        )
        asked = Publication("Council 8", single_person=True, time_zone=ZONE)
        done = area_publishing.publish(work, change, asked, now=now)
        assert (done.status, done.effective_on) == ("published", now.date() + timedelta(days=1))
