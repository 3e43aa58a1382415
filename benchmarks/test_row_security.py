"""What row security costs: the policies as migrated, beside the same query with an explicit WHERE by the owner.

GRIDWARD_BENCH_INCIDENTS sets how many incidents there are (1.9 million without it) and GRIDWARD_BENCH_ROUNDS how often
each query is asked at least; short ones are asked for two seconds. Both sides take turns, each first in every second
round, on one connection each, statements in one round trip.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from store.cluster import PrivateCluster
from store.cluster.private import ClusterUrls
from store.database import row_security
from store.database.actor import Actor
from store.database.schema import upgrade

INCIDENTS = int(os.environ.get("GRIDWARD_BENCH_INCIDENTS", "1900000"))
ROUNDS = int(os.environ.get("GRIDWARD_BENCH_ROUNDS", "15"))
SECONDS = 2.0
MONTHS = 12
# 1,200 villages of 1 km in 48 towns (5 x 5) in 4 counties (3 x 4 towns): 30 columns, 40 rows
GROUND = """
create function village_of(x int, y int) returns bigint language sql immutable as $$
    select 110000000000::bigint + (y / 20 * 2 + x / 15 + 1) * 1000000
         + (y % 20 / 5 * 3 + x % 15 / 5 + 100) * 1000 + (y % 5 * 5 + x % 5 + 1) $$;
insert into territory (id, name, outline, metric_srid) values ('00000000-0000-0000-0000-000000000001', 'Bench',
    st_multi(st_transform(st_makeenvelope(12900000, 4800000, 12930000, 4840000, 3857), 4326)), 32650);
insert into area (territory_id, code, kind, name, path, area_code, town_code, county_code, geom)
select '00000000-0000-0000-0000-000000000001', village_of(x, y)::text, 'village', 'v', village_of(x, y)::text,
       village_of(x, y), village_of(x, y) / 1000 * 1000, village_of(x, y) / 1000000 * 1000000,
       st_multi(st_transform(st_makeenvelope(12900000 + x * 1000, 4800000 + y * 1000, 12901000 + x * 1000,
                                             4801000 + y * 1000, 3857), 4326))
from generate_series(0, 29) x, generate_series(0, 39) y;
select ensure_incident_month((date '2026-01-01' + m * interval '1 month')::date)
from generate_series(0, %(months)s - 1) m;
alter table incident disable trigger user;
select setseed(0.5);
insert into incident (month, id, territory_id, no, channel, item, state, reported_at, point, locate_method, area_code,
                      town_code, county_code)
select date_trunc('month', at)::date, n, '00000000-0000-0000-0000-000000000001', n::text, 'bench', 'lamp',
       case when n % 40 = 0 then 'REPORTED' else 'CLOSED' end, at,
       st_transform(st_setsrid(st_makepoint(12900000 + px, 4800000 + py), 3857), 4326), 'point',
       village_of((px / 1000)::int, (py / 1000)::int), village_of((px / 1000)::int, (py / 1000)::int) / 1000 * 1000,
       village_of((px / 1000)::int, (py / 1000)::int) / 1000000 * 1000000
from (select n, timestamptz '2026-01-01' + (n % (30 * %(months)s)) * interval '1 day' + n * interval '1 ms' as at,
             floor(random() * 29999) as px, floor(random() * 39999) as py
      from generate_series(1, %(incidents)s) n) g;
alter table incident enable trigger user;
"""
SCOPES: dict[str, tuple[int, int]] = {
    "town": (110001107000, 110001107999), "county": (110001000000, 110001999999), "city": (110000000000, 119999999999),
}  # fmt: skip
_MIDDLE = {"town": (12907500, 4812500), "county": (12907500, 4810000), "city": (12915000, 4820000)}
_ENVELOPE = "st_makeenvelope({w}, {s}, {e}, {n}, 3857)"
_TILE = (
    "select st_asmvt(f, 'incidents', 4096, 'geom', 'id') from (select id, state, severity,"
    " st_asmvtgeom(geom_3857, {box}, 4096, 64, true) as geom from incident"
    " where geom_3857 && {box}{where} order by id) f"
)
_BBOX = (
    "with m as materialized (select id, no, state, point from incident where geom_3857 && {box}{where}"
    " order by id limit 1000) select * from m"
)
_OPEN = "select id, no from incident where state = 'REPORTED'{where} order by reported_at desc, id desc limit 100"
_TIME = "select id, no from incident where true{where} order by reported_at desc, id desc limit 1000"
_COUNT = "select count(*) from incident where geom_3857 && {box}{where}"
Ask = Callable[[], tuple[float, list[Any]]]
# text, width of its box in metres, and how many times the explicit WHERE it may cost
QUERIES: dict[str, tuple[str, int, float]] = {
    "tile z15": (_TILE, 1223, 1.3),
    "tile z14": (_TILE, 2446, 1.3),
    "tile z13": (_TILE, 4892, 1.3),
    "bbox list 1000": (_BBOX, 2446, 1.3),
    "open list 100": (_OPEN, 0, 1.3),
    "time list 1000": (_TIME, 0, 1.6),
    "count in tile z14": (_COUNT, 2446, 1.6),
}


@pytest.fixture(scope="module")
def urls() -> Iterator[ClusterUrls]:
    home = Path(tempfile.mkdtemp(prefix="gridward-bench-"))
    home.chmod(0o711)
    cluster = PrivateCluster(home, durable=False)
    try:
        made = cluster.ensure()
        upgrade(made.owner)
        with psycopg.connect(made.owner, autocommit=True) as connection:
            filled = GROUND.replace("%(months)s", str(MONTHS)).replace("%(incidents)s", str(INCIDENTS))
            connection.execute(filled.encode())
            connection.execute("vacuum analyze incident")
        yield made
    finally:
        cluster.stop(force=True)
        shutil.rmtree(home, ignore_errors=True)


def _limits(connection: psycopg.Connection[Any]) -> None:
    for setting in ("jit = off", "max_parallel_workers_per_gather = 0", "plan_cache_mode = force_custom_plan"):
        connection.execute(f"set {setting}")


def _ask(connection: psycopg.Connection[Any], statement: str, actor: Actor | None) -> tuple[float, list[Any]]:
    """Ask as the services do: the scope goes in the round trip that opens the transaction, which both sides pay."""
    begun = time.perf_counter()
    if actor is not None:
        row_security.begin(connection, actor)
    rows = connection.execute(statement).fetchall()
    connection.commit()
    return (time.perf_counter() - begun) * 1000, rows


def _beside(plain: Ask, secured: Ask) -> tuple[float, float]:
    """Return the median milliseconds of two ways to ask the same, after seeing that both find the same rows."""
    assert plain()[1] == secured()[1]
    took: tuple[list[float], list[float]] = ([], [])
    until = time.perf_counter() + SECONDS
    while len(took[0]) < ROUNDS or time.perf_counter() < until:
        sides = ((plain, took[0]), (secured, took[1]))
        for ask, kept in sides if len(took[0]) % 2 else reversed(sides):
            kept.append(ask()[0])
    return statistics.median(took[0]), statistics.median(took[1])


def test_row_security_costs_no_more_than_it_may(urls: ClusterUrls) -> None:
    slow = []
    with psycopg.connect(urls.owner) as owner, psycopg.connect(urls.app) as app:
        for connection in (owner, app):
            _limits(connection)
            connection.commit()
        print(f"\n{INCIDENTS:,} incidents; p50 ms of {ROUNDS} rounds or more")
        print("scope   query                 WHERE     RLS   ratio")
        for scope, (low, high) in SCOPES.items():
            everywhere = scope == "city"
            actor = Actor(None, scope, areas=None if everywhere else ((low, high),))
            x, y = _MIDDLE[scope]
            for name, (text, width, most) in QUERIES.items():
                box = _ENVELOPE.format(w=x - width / 2, s=y - width / 2, e=x + width / 2, n=y + width / 2)
                column = {"town": f" and town_code = {low}", "county": f" and county_code = {low}", "city": ""}[scope]
                between = f" and area_code between {low} and {high}"
                explicit = text.format(box=box, where=between + column)
                # lists carry the area themselves, as the services do; tiles leave it to row security
                secured = text.format(box=box, where="" if "tile" in name or everywhere else between + column)
                plain, safe = _beside(partial(_ask, owner, explicit, None), partial(_ask, app, secured, actor))
                print(f"{scope:7} {name:20} {plain:7.1f} {safe:7.1f} {safe / plain:7.2f}")
                if safe - plain > 60 or (safe > plain * most and safe - plain > 2):
                    slow.append(f"{scope} {name}: {plain:.1f} -> {safe:.1f} ms")
    assert slow == []
