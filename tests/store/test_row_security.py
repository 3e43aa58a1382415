"""Row security: what each kind of account sees of each table, and that nothing opens by being forgotten."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import psycopg
import pytest
import sqlalchemy as sa

from gis.errors import UnavailableError
from store.database import row_security
from store.database.actor import Actor
from store.database.models import Base
from store.database.urls import ALL_ROLE, AREA_ROLE
from tests.api.town import build_town, lonlat

WEST, EAST = 990101001001, 990101001002
# everybody who signs in sees the ground, and plans by name and state; the rest is no place or belongs to accounts
OPEN = {
    "account", "scope", "session", "api_token", "sign_in_link", "audit", "audit_retired", "outbox", "layer_revision", "idempotency_key",
    "job_progress", "job_file", "role", "territory", "building", "street", "barrier", "waterway", "landcover",
    "compound", "camera_cost", "quality_limit", "plan", "plan_step", "coverage_run", "intake_key",
    # the rules that everybody's cases run by
    "catalogue", "catalogue_item", "time_limit", "area_class", "lead_unit", "calendar", "calendar_day",
}  # fmt: skip


def actor(*ranges: tuple[int, int], above: tuple[int, ...] = ()) -> Actor:
    return Actor(None, "mei", frozenset({"planner"}), "somewhere", ranges, above)


@pytest.fixture(scope="module")
def town(database):
    made = build_town(database)
    lon, lat = lonlat(100, 100)
    with database.work(Actor.system()) as work:
        work.session.execute(sa.text("select ensure_incident_month(current_date)"))
        for number, code in enumerate((WEST, WEST, EAST, 0), start=1):
            work.session.execute(
                sa.text(
                    "insert into incident (month, id, territory_id, no, channel, item, reported_at, point,"
                    " locate_method, area_code, town_code, county_code) select date_trunc('month', now())::date, :id,"
                    " :territory, 'n' || cast(:id as text), 'test', 'x', now(), st_setsrid(st_makepoint(:lon, :lat), 4326), 'point',"
                    " :code, 990101001000, 990101000000"
                ),
                {"id": number, "territory": made.territory, "lon": lon, "lat": lat, "code": code},
            )
    return made


def counts(database, who: Actor) -> dict[str, int]:
    with database.work(who) as work:
        return {
            table.name: work.session.scalar(sa.text(f"select count(*) from {table.name}"))
            for table in Base.metadata.sorted_tables
            if table.name not in ("audit", "audit_retired")
        }


def test_every_table_is_under_row_security_or_known_to_be_open(database):
    with database.work(Actor.system()) as work:
        secured = set(
            work.session.scalars(
                sa.text(
                    "select relname::text from pg_class where relrowsecurity and relforcerowsecurity"
                    " and relnamespace = 'public'::regnamespace"
                )
            )
        )
        policies = set(
            work.session.execute(
                sa.text("select tablename::text from pg_policies where 'gridward_all' = any(roles) and qual = 'true'")
            ).scalars()
        )
    tables = {table.name for table in Base.metadata.sorted_tables}
    assert tables - OPEN == secured == policies


def test_who_sees_two_halves_sees_all_that_lies_in_an_area(database, town):
    whole, west, east = (
        counts(database, Actor.system()),
        *(counts(database, actor((code, code))) for code in (WEST, EAST)),
    )
    with database.owner_work(Actor.system()) as work:
        for table in ("grid", "grid_version", "atom", "camera", "dwelling", "incident", "staff", "key_place", "gap"):
            for code, seen in ((WEST, west), (EAST, east)):
                exact = sa.text(f"select count(*) from {table} where area_code = :code")
                assert seen[table] == work.session.scalar(exact, {"code": code}), (table, code)
            assert whole[table] == work.session.scalar(sa.text(f"select count(*) from {table}")), table
    assert (west["grid"], east["grid"], west["incident"], east["incident"], whole["incident"]) == (4, 2, 2, 1, 4)
    assert west["view_shed"] + east["view_shed"] == whole["view_shed"] > 0
    both = counts(database, actor((WEST, WEST), (EAST, EAST)))
    town_wide = counts(database, actor((990101001000, 990101001999)))
    assert both == town_wide
    assert both["area"] == 2
    apart = counts(database, actor((1, 2), (EAST, EAST)))
    assert apart == east


def test_an_area_that_is_gone_shows_nothing(database, town):
    nowhere = counts(database, actor())
    # the duties and ratio rules that Gridward starts with, and departments without an area, are everybody's
    everybodys = OPEN | {"responsibility", "unit", "ratio_rule"}
    assert all(number == 0 for table, number in nowhere.items() if table not in everybodys)


def test_areas_above_are_named_but_not_changed(database, town):
    with database.work(actor((EAST, EAST), above=(WEST,))) as work:
        assert work.session.scalar(sa.text("select count(*) from area")) == 2
        changed = work.session.execute(sa.text("update area set name = 'mine'"))
        assert changed.rowcount == 1
        work.session.rollback()


def test_nothing_is_seen_without_a_scope(database, database_urls, town):
    with psycopg.connect(database_urls.app) as connection:
        for role in (None, AREA_ROLE):
            if role:
                connection.execute(f"set local role {role}")
            for table in ("grid", "incident", "camera", "staff", "incident_p" + datetime.now(UTC).strftime("%Y%m")):
                assert connection.execute(f"select count(*) from {table}").fetchone() == (0,)
        connection.rollback()
        connection.execute(f"set local role {ALL_ROLE}")
        assert connection.execute("select count(*) from grid").fetchone() == (6,)
        connection.rollback()
        # the next transaction on the same connection starts with nothing
        connection.execute(f"set local role {AREA_ROLE}")
        assert connection.execute("select count(*) from grid").fetchone() == (0,)


def test_a_scope_ends_with_its_transaction(database, town):
    for _ in range(3):
        with database.work(actor((WEST, WEST))) as work:
            assert work.session.scalar(sa.text("select count(*) from grid")) == 4
            work.session.commit()
            assert work.session.scalar(sa.text("select count(*) from grid")) == 4
        with database.app.connect() as connection:
            assert connection.scalar(sa.text("select count(*) from grid")) == 0


def test_a_transaction_has_the_patience_and_the_settings_of_its_actor(database, town):
    names = ("lo", "hi", "areas", "above", "scope")
    asked = "select current_user, " + ", ".join(f"current_setting('gridward.{name}', true)" for name in names)
    who = actor((WEST, WEST), (EAST, EAST), above=(990101001000,))
    with database.work(who, patience_s=7) as work:
        assert work.session.scalar(sa.text("show statement_timeout")) == "7s"
        found = work.session.execute(sa.text(asked)).one()
    both = f"[{WEST},{WEST}]", f"[{EAST},{EAST}]"
    above = "{[990101001000,990101001000]}"
    assert tuple(found) == (AREA_ROLE, str(WEST), str(EAST), f"{{{both[0]},{both[1]}}}", above, who.scope_key)
    with database.work(Actor.system()) as work:
        found = work.session.execute(sa.text(asked)).one()
    assert (found[0], {value or "" for value in found[1:]}) == (ALL_ROLE, {""})


def test_a_lost_connection_is_told_once_and_the_next_transaction_has_another(database, database_urls):
    def server_process() -> int:
        with database.work(actor((WEST, WEST))) as work:
            return work.session.scalar(sa.text("select pg_backend_pid()"))

    lost = server_process()
    with psycopg.connect(database_urls.owner, autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(%s, 5000)", (lost,))
    with pytest.raises(UnavailableError):
        server_process()
    assert server_process() != lost


def test_what_the_server_refuses_to_open_is_an_error_of_the_database(database, database_urls):
    odd = actor((WEST, WEST))
    with psycopg.connect(database_urls.app) as connection, pytest.raises(sa.exc.DataError):
        row_security.begin(connection, odd, patience_s=10**12)
    with database.work(odd) as work:
        assert work.session.scalar(sa.text("select 1")) == 1


def test_every_policy_reads_the_bounds_of_a_scope_once(database):
    """Read row by row they made lists by time take half again."""
    bound = r"(select \()?\(?nullif\(current_setting\('gridward\.(lo|hi)'"
    with database.owner_work(Actor.system()) as work:
        policies = work.session.execute(
            sa.text("select tablename::text, qual, coalesce(with_check, '') as checked from pg_policies")
        ).all()
    found = [(name, bool(m[1])) for name, *texts in policies for m in re.finditer(bound, " ".join(texts).lower())]
    assert len(found) > 40
    assert [name for name, once in found if not once] == []


@pytest.mark.parametrize(
    "statement",
    [
        "insert into camera (territory_id, point, max_range) select territory_id, point, 10 from far",
        "update camera set point = (select point from far)",
        "insert into key_place (territory_id, kind, point) select territory_id, 'school', point from far",
        "update incident set area_code = 990101001002",
        "update staff set area_id = (select area_id from far)",
    ],
)
def test_writing_outside_is_refused_and_changes_nothing(database, town, statement):
    with database.owner_work(Actor.system()) as work:
        before = work.session.execute(sa.text("select id, point, area_code from camera order by id")).all()
    lon, lat = lonlat(500, 100)
    far = (
        "with far as (select cast(:territory as uuid) as territory_id, cast(:area as uuid) as area_id,"
        f" st_setsrid(st_makepoint({lon}, {lat}), 4326) as point) "
    )
    with database.owner_work(Actor.system()) as work:
        area = work.session.scalar(sa.text("select id from area where area_code = :code"), {"code": EAST})
    with pytest.raises(sa.exc.ProgrammingError) as refused, database.work(actor((WEST, WEST))) as work:
        work.session.execute(sa.text(far + statement), {"territory": town.territory, "area": area})
    assert refused.value.orig.sqlstate == "42501"
    with database.owner_work(Actor.system()) as work:
        assert work.session.execute(sa.text("select id, point, area_code from camera order by id")).all() == before


def test_selects_of_mapped_tables_carry_the_area_themselves(database, town):
    from store.database.models import Camera, GridVersion, Incident

    with database.work(actor((990101001000, 990101001999))) as work:
        seen = []
        sa.event.listen(work.session.get_bind(), "before_cursor_execute", lambda _c, _r, text, *_: seen.append(text))
        work.session.scalars(sa.select(Camera)).all()
        work.session.execute(sa.select(GridVersion.id)).all()
        work.session.execute(sa.select(Incident.no)).all()
    assert "camera.area_code BETWEEN" in seen[0]
    assert "grid_version.area_code BETWEEN" in seen[1]
    assert "incident.town_code =" in seen[2]


def test_views_look_with_the_eyes_of_whoever_asks(database):
    with database.owner_work(Actor.system()) as work:
        options = work.session.execute(
            sa.text(
                "select relname::text, reloptions from pg_class c where relkind = 'v'"
                " and relnamespace = 'public'::regnamespace and not exists"
                " (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')"
            )
        ).all()
    assert [name for name, told in options if "security_invoker=true" not in (told or [])] == []


def test_places_are_coded_again_when_areas_change(database, town):
    with database.owner_work(Actor.system()) as work:
        work.session.execute(
            sa.text("update area set area_code = 990101001009 where area_code = :code"), {"code": EAST}
        )
        assert work.session.scalar(sa.text("select recode_places(:t)"), {"t": town.territory}) > 0
        for table in ("grid", "grid_version", "camera", "view_shed", "incident", "atom", "gap", "coverage_grid"):
            left = sa.text(f"select count(*) from {table} where area_code = :code")
            assert work.session.scalar(left, {"code": EAST}) == 0, table
        work.session.rollback()
