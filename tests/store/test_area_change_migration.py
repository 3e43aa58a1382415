"""The step of change sets into a life of their own keeps what was in force, and can be taken back."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import psycopg
from alembic import command

from store.database.urls import connect

SQUARE = "st_multi(st_makeenvelope({}, 60, {}, 61, 4326))"
SETS = (("Past", date(2020, 1, 1), "2020-01-01"), ("To come", date(2999, 1, 1), None))


def _write(connection: psycopg.Connection) -> dict[str, object]:
    territory, old = uuid4(), uuid4()
    ids = {}
    connection.execute(
        f"insert into territory (id, name, outline, metric_srid) values (%s, 'T', {SQUARE.format(20, 22)}, 32634)",
        (territory,),
    )
    for k, (name, day, settled) in enumerate(SETS):
        ids[name] = uuid4()
        area = uuid4()
        for area_id, code in ((old if k == 0 else uuid4(), 990101001001 + k), (area, 990101001011 + k)):
            connection.execute(
                "insert into area (id, territory_id, code, kind, name, path, area_code, town_code, county_code, geom)"
                f" values (%s, %s, %s, 'village', 'A', %s, %s, 990101001, 990101, {SQUARE.format(20, 21)})",
                (area_id, territory, str(code), f"990101.{code}", code),
            )
        connection.execute(
            "insert into change_set (id, territory_id, name, effective_on, settled_at) values (%s, %s, %s, %s, %s)",
            (ids[name], territory, name, day, settled),
        )
        connection.execute(
            "insert into lineage (kind, from_area_id, to_area_id, change_set_id, area_share, household_share, area_m2,"
            " households, effective_at) values ('renumber', %s, %s, %s, 1, 1, 1, 0, %s)",
            (old, area, ids[name], day),
        )
    return ids


def test_change_sets_in_force_stay_in_force_and_drafts_go_with_the_step_back(migrations, fresh_database_urls):
    owner = fresh_database_urls.owner
    command.downgrade(migrations, "0015")
    with connect(owner) as connection:
        ids = _write(connection)
        connection.commit()
    command.upgrade(migrations, "head")
    with connect(owner) as connection:
        states = dict(connection.execute("select name, status from change_set").fetchall())
        drawn = connection.execute("select code, area_id is not null from area_draft order by code").fetchall()
        connection.execute(
            "insert into change_set (territory_id, name) select territory_id, 'Draft' from change_set where id = %s",
            (ids["Past"],),
        )
        connection.commit()
    assert states == {"Past": "published", "To come": "scheduled"}
    assert drawn == [("990101001011", True), ("990101001012", True)]
    command.check(migrations)
    command.downgrade(migrations, "0015")
    with connect(owner) as connection:
        left = connection.execute("select name from change_set order by name").fetchall()
    assert left == [("Past",), ("To come",)]
    command.upgrade(migrations, "head")
