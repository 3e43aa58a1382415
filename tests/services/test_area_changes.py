"""Change sets of areas: drafts, review by a second person, days to come, withdrawing, retiring, lineage."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import shapely
import sqlalchemy as sa

from gis.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError, StaleRevisionError
from services import access, housekeeping
from services.plan_life import area_changes, area_publishing, area_states
from services.plan_life.area_reckoning import EndsAlreadyError, OpenGroundError
from services.plan_life.area_states import WrongChangeStateError
from services.plan_life.publishing import Publication, TooEarlyError
from services.plan_life.review import SecondPersonError
from store.database.actor import Actor
from store.database.models import Account, Area, Dwelling
from tests.api.town import build_town, lonlat, many

SYSTEM = Actor.system()
TODAY = datetime.now(UTC).date()
SOON = TODAY + timedelta(days=40)
WEST, NORTH, EAST = (0, 0, 400, 200), (0, 200, 400, 400), (400, 0, 600, 400)
SPLIT = (
    ("990101001001", "West Village 西村", WEST),
    ("990101001003", "North 北", NORTH),
    ("990101001004", "East 东", EAST),
)


@pytest.fixture
def database(clone_database):
    from store.database.engine import Database

    urls = clone_database()
    opened = Database(urls.app, urls.owner)
    yield opened
    opened.dispose()


@pytest.fixture
def town(database):
    return build_town(database)


@pytest.fixture
def people(database):
    with database.work(SYSTEM) as work:
        for name, role in (("author", "planner"), ("second", "reviewer")):
            access.create_account(work, name, roles=(role,))
        ids = dict(work.session.execute(sa.select(Account.name, Account.id)).all())
    roles = {"author": "planner", "second": "reviewer"}
    return {name: Actor(ids[name], name, frozenset({role})) for name, role in roles.items()}


@pytest.fixture
def draft(database, tmp_path):
    """Function that drafts a change set as an actor; returns its id."""

    def make(who, name="Decision 1", areas=SPLIT, on=None, **options) -> UUID:
        path = drawn(tmp_path, areas)
        decision = area_changes.Decision(name, on, options.pop("basis", ""), options.pop("replaces", None))
        with database.work(who) as work:
            _report, made = area_changes.draft_areas(work, path, decision, crs="wgs84", **options)
        return made

    return make


def drawn(folder, areas, file="areas.geojson"):
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": name, "kind": "village"},
            "geometry": shapely.geometry.mapping(many(shapely.box(*box))),
        }
        for code, name, box in areas
    ]
    path = folder / file
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def names_on(database, day):
    with database.work(SYSTEM) as work:
        found = sa.select(Area.code).where(Area.valid.contains(day)).order_by(Area.code)
        return [code[-3:] for code in work.session.scalars(found)]


def act(database, who, step, change, **options):
    with database.work(who) as work:
        return step(work, change, **options)


def submitted(database, people, change):
    act(database, people["author"], area_states.submit, change, expected=None)


def published(database, who, change, on=None, basis="Council 7", **options):
    return act(database, who, area_publishing.publish, change, asked=Publication(basis, on), **options)


def test_a_draft_changes_nothing_and_tells_what_it_would_do(database, town, people, draft):
    change = draft(people["author"])
    assert names_on(database, TODAY) == ["001", "002"]
    with database.work(SYSTEM) as work:
        whole = area_changes.whole_change(work, change)
    assert (whole.change.status, whole.change.author, whole.change.revision) == ("draft", "author", 1)
    assert (whole.on, [area["code"][-3:] for area in whole.ended]) == (str(TODAY), ["001", "002"])
    assert [(area.code[-3:], area.area_id) for area in whole.areas] == [("001", None), ("003", None), ("004", None)]
    assert {(row["from_code"][-3:], row["to_code"][-3:], row["kind"]) for row in whole.lineage} == {
        ("001", "001", "keep"), ("001", "003", "split"), ("002", "004", "renumber"),
    }  # fmt: skip
    assert any("grids in force" in warning for warning in whole.warnings)


def test_the_way_from_draft_to_force_takes_two_people(database, town, people, draft):
    change = draft(people["author"])
    with pytest.raises(SecondPersonError):
        published(database, people["author"], change)
    with pytest.raises(WrongChangeStateError, match="draft; send it"):
        published(database, people["second"], change)
    with pytest.raises(WrongChangeStateError):
        act(database, people["second"], area_states.approve, change, expected=None)
    submitted(database, people, change)
    for step in (area_states.approve, area_states.send_back):
        options = {"reason": "No."} if step is area_states.send_back else {}
        with pytest.raises(SecondPersonError):
            act(database, people["author"], step, change, expected=None, **options)
    with pytest.raises(StaleRevisionError) as stale:
        act(database, people["second"], area_states.approve, change, expected=1)
    assert stale.value.fields["current"]["status"] == "review"
    act(database, people["second"], area_states.approve, change, expected=2, note="Fine.")
    with pytest.raises(InvalidInputError, match="rests on"):
        published(database, people["second"], change, basis=" ")
    done = published(database, people["second"], change)
    assert (done.status, done.effective_on, done.basis) == ("published", TODAY, "Council 7")
    assert names_on(database, TODAY) == ["001", "003", "004"]
    assert names_on(database, TODAY - timedelta(days=1)) == ["001", "002"]
    with database.work(SYSTEM) as work:
        steps = area_states.history(work, change)
        doors = work.session.execute(
            sa.select(Area.code, sa.func.count()).join(Dwelling, Dwelling.area_id == Area.id).group_by(Area.code)
        ).all()
        whole = area_changes.whole_change(work, change)
    assert [(step.action, step.actor) for step in steps] == [
        ("draft", "author"), ("submit", "author"), ("approve", "second"), ("publish", "second"),
    ]  # fmt: skip
    assert {code[-3:]: count for code, count in doors} == {"001": 11, "003": 10, "004": 11}
    assert all(area.area_id for area in whole.areas)
    split = [row for row in whole.lineage if row["from_code"].endswith("001")]
    assert sum(row["area_share"] for row in split) == pytest.approx(1)
    assert sum(row["households"] for row in split) == 201
    with pytest.raises(WrongChangeStateError):
        published(database, people["second"], change)


def test_sent_back_it_is_drawn_anew(database, town, people, draft, tmp_path):
    change = draft(people["author"])
    submitted(database, people, change)
    with pytest.raises(WrongChangeStateError):
        act(database, people["author"], area_changes.redraw_areas, change, path=drawn(tmp_path, SPLIT), crs="wgs84")
    said = act(
        database, people["second"], area_states.add_comment, change, text="Too far north.",
        area_code="990101001003", point=lonlat(200, 300),
    )  # fmt: skip
    assert (said.author, said.area_code, said.point) == ("second", "990101001003", lonlat(200, 300))
    with pytest.raises(NotFoundError):
        act(database, people["second"], area_states.add_comment, change, text="What?", area_code="1")
    with pytest.raises(InvalidInputError, match="words"):
        act(database, people["second"], area_states.add_comment, change, text=" ")
    with pytest.raises(InvalidInputError, match="why"):
        act(database, people["second"], area_states.send_back, change, expected=None, reason="")
    act(database, people["second"], area_states.send_back, change, expected=None, reason="See comment.")
    lower = ((*SPLIT[0][:2], (0, 0, 400, 100)), (*SPLIT[1][:2], (0, 100, 400, 400)))
    path = drawn(tmp_path, lower)
    dry = act(database, people["author"], area_changes.redraw_areas, change, path=path, crs="wgs84", dry_run=True)
    assert dry.counts["areas_new"] == 2
    act(database, people["author"], area_changes.redraw_areas, change, path=path, crs="wgs84")
    with database.work(SYSTEM) as work:
        whole = area_changes.whole_change(work, change)
        assert [one.text for one in area_states.comments(work, change)] == ["Too far north."]
    assert [area.code[-3:] for area in whole.areas] == ["001", "003"]
    assert [area["code"][-3:] for area in whole.ended] == ["001"]
    submitted(database, people, change)
    act(database, people["author"], area_states.recall, change, expected=None)
    act(database, people["author"], area_states.delete, change, expected=None)
    with database.work(SYSTEM) as work, pytest.raises(NotFoundError):
        area_states.history(work, change)


def test_a_day_to_come_waits_for_the_timer(database, town, people, draft):
    change = draft(people["author"], on=SOON)
    submitted(database, people, change)
    done = published(database, people["second"], change)
    assert (done.status, done.effective_on) == ("scheduled", SOON)
    assert names_on(database, SOON - timedelta(days=1)) == ["001", "002"]
    assert names_on(database, SOON) == ["001", "003", "004"]
    noon = datetime.combine(SOON, datetime.min.time(), UTC) + timedelta(hours=12)
    with database.work(SYSTEM) as work:
        assert housekeeping.let_take_effect(work, now=noon - timedelta(days=1)) == 0
        assert housekeeping.let_take_effect(work, now=noon) == 1
        assert area_changes.get_change(work, change).status == "published"
        assert area_states.history(work, change)[-1].action == "take_effect"
        assert housekeeping.let_take_effect(work, now=noon) == 0


def test_withdrawn_leaves_everything_as_it_was(database, town, people, draft):
    with database.work(SYSTEM) as work:
        before = work.session.execute(sa.select(Area.id, Area.code, Area.valid).order_by(Area.code)).all()
    change = draft(people["author"], on=SOON)
    submitted(database, people, change)
    with pytest.raises(WrongChangeStateError):
        act(database, people["second"], area_publishing.withdraw, change, expected=None, reason="Not yet.")
    published(database, people["second"], change)
    later = draft(people["author"], "Decision 2", (SPLIT[2],), on=SOON + timedelta(days=9))
    submitted(database, people, later)
    published(database, people["second"], later)
    with pytest.raises(ConflictError, match="'Decision 2' builds on it"):
        act(database, people["second"], area_publishing.withdraw, change, expected=None, reason="No.")
    for one in (later, change):
        done = act(database, people["second"], area_publishing.withdraw, one, expected=None, reason="Not yet.")
        assert (done.status, done.published_at) == ("review", None)
    with database.work(SYSTEM) as work:
        after = work.session.execute(sa.select(Area.id, Area.code, Area.valid).order_by(Area.code)).all()
    assert after == before
    assert published(database, people["second"], change, SOON).status == "scheduled"


def test_what_meanwhile_changed_is_found_on_publishing(database, town, people, draft):
    first, rival = draft(people["author"], on=SOON), draft(people["author"], "Rival", on=SOON - timedelta(days=5))
    for change in (first, rival):
        submitted(database, people, change)
    published(database, people["second"], first)
    with pytest.raises(EndsAlreadyError, match=r"ends on .* by 'Decision 1'"):
        published(database, people["second"], rival)
    with pytest.raises(TooEarlyError):
        published(database, people["second"], rival, SOON)
    with pytest.raises(OpenGroundError):
        draft(people["author"], "Half", SPLIT[:1])
    twice = (SPLIT[0], ("990101001003", "North", (0, 100, 400, 400)), SPLIT[2])
    with pytest.raises(OpenGroundError, match="overlap"):
        draft(people["author"], "Twice", twice)


def test_a_change_set_retires_when_later_ones_took_all_its_ground(database, town, people, draft):
    past, then = TODAY - timedelta(days=60), TODAY - timedelta(days=30)
    first = draft(people["author"], "First", on=past)
    second = draft(people["author"], "Second", (("990101001009", "All of it", (0, 0, 600, 400)),))
    for change, day in ((first, past), (second, then)):
        submitted(database, people, change)
        published(database, people["second"], change, day)
    with database.work(SYSTEM) as work:
        states = {view.name: view.status for view in area_changes.list_sets(work, town.territory)}
        last = area_states.history(work, first)[-1]
    assert states == {"First": "retired", "Second": "published"}
    assert (last.action, last.facts) == ("retire", {"successor": str(second)})
    assert [names_on(database, day) for day in (past, then)] == [["001", "003", "004"], ["009"]]
    with pytest.raises(WrongChangeStateError, match="history"):
        act(database, people["second"], area_states.add_comment, first, text="Late.")


def test_who_may_not_is_told(database, town, people, draft):
    with pytest.raises(NotAllowedError):
        draft(people["second"])
    change = draft(people["author"])
    submitted(database, people, change)
    some = Actor(people["second"].account_id, "some", frozenset({"reviewer"}), "990101001")
    with pytest.raises(NotAllowedError, match="whole territory"):
        published(database, some, change)
    with pytest.raises(ConflictError, match="already"):
        draft(people["author"])
    with pytest.raises(InvalidInputError, match="Kinds"):
        draft(people["author"], "Odd", replaces="planet")
    with pytest.raises(InvalidInputError, match="Name"):
        draft(people["author"], " ")


def test_one_person_publishes_where_settings_let_them(database, town, people, draft):
    change = draft(people["author"])
    asked = Publication("Council 7", single_person=True)
    done = act(database, people["author"], area_publishing.publish, change, asked=asked)
    assert done.status == "published"
