"""A county of squares for the figures of intake: 1,600 grids, 480,000 addresses, 7,000 cameras, 12,000 staff.

20 towns of 4 by 5 kilometres, each of 20 villages of a square kilometre, each of 4 grids. Every third town has a
village called 胜利村. Made by SQL in one go, from fixed seeds. GRIDWARD_BENCH_INTAKE_HOME may name a home that holds it
from before, to save the minutes that making it takes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from services import access, gazetteer
from services.settings import Settings, database_urls
from store.cluster import ClusterUrls, PrivateCluster
from store.database.actor import Actor
from store.database.engine import Database
from store.database.models.access import BUSINESS, RIGHTS
from store.database.schema import upgrade

ADDRESSES = int(os.environ.get("GRIDWARD_BENCH_ADDRESSES", "480000"))
INCIDENTS = int(os.environ.get("GRIDWARD_BENCH_INTAKE_INCIDENTS", "375000"))
TERRITORY = "00000000-0000-0000-0000-0000000000c0"
PLAN = "00000000-0000-0000-0000-0000000000c1"
SRID = 32650
WEST, SOUTH = 500_000, 3_640_000
SIDE = 20_000
_GROUND = """
create function spot(x float8, y float8) returns geometry language sql immutable as $$
    select st_transform(st_setsrid(st_makepoint({west} + x, {south} + y), {srid}), 4326) $$;
create function square(x float8, y float8, size float8) returns geometry language sql immutable as $$
    select st_transform(st_makeenvelope({west} + x, {south} + y, {west} + x + size, {south} + y + size, {srid}),
                        4326) $$;
create function village_of(x float8, y float8) returns bigint language sql immutable as $$
    select 321281000000 + (100 + floor(y / 4000)::int * 4 + floor(x / 5000)::int)::bigint * 1000
         + floor(y / 1000)::int % 4 * 5 + floor(x / 1000)::int % 5 + 200 $$;
create function word(n int) returns text language sql immutable as $$
    select substr('昭阳戴窑合陈永丰大营安丰海南钓鱼中堡西鲍沙沟周庄荻垛陈堡戴南张郭竹泓林湖缸顾大垛千垛',
                  1 + n * 7 % 40, 2) $$;
insert into territory (id, name, outline, metric_srid)
values ('{territory}', 'Bench county', st_multi(square(0, 0, {side})), {srid});
insert into area (territory_id, code, kind, name, path, area_code, town_code, county_code, geom)
select '{territory}', (321281100 + ty * 4 + tx)::text, 'town', word(ty * 4 + tx) || '镇',
       (321281100 + ty * 4 + tx)::text,
       (321281100 + ty * 4 + tx)::bigint * 1000, (321281100 + ty * 4 + tx)::bigint * 1000, 321281000000,
       st_multi(st_transform(st_makeenvelope({west} + tx * 5000, {south} + ty * 4000, {west} + tx * 5000 + 5000,
                                             {south} + ty * 4000 + 4000, {srid}), 4326))
from generate_series(0, 3) as gx(tx), generate_series(0, 4) as gy(ty);
insert into area (territory_id, code, kind, name, path, area_code, town_code, county_code, geom)
select '{territory}', v::text, 'village',
       case when v % 1000 = 200 and (v / 1000) % 3 = 0 then '胜利村' else word((v % 100000)::int * 3) || '村' end,
       (v / 1000)::text || '.' || v::text, v, v / 1000 * 1000, 321281000000, st_multi(square(x * 1000, y * 1000, 1000))
from generate_series(0, 19) as gx(x), generate_series(0, 19) as gy(y),
     lateral (select village_of(x * 1000, y * 1000) as v) c;
insert into plan (id, territory_id, kind, name, status, spec, spec_digest, quality, basis, published_at)
values ('{plan}', '{territory}', 'household', 'Bench', 'published', '{{}}', 'x', '{{}}', 'bench',
        now() - interval '1 year');
insert into grid (territory_id, kind, code)
select '{territory}', 'household', village_of(x * 500, y * 500)::text || lpad((x % 2 + y % 2 * 2 + 1)::text, 3, '0')
from generate_series(0, 39) as gx(x), generate_series(0, 39) as gy(y);
insert into grid_version (grid_id, plan_id, area_id, name, geom, label_point, households, dwellings, deviation, area_m2,
                          compactness, valid)
select g.id, '{plan}', a.id, '第' || row_number() over (order by g.code) || '网格',
       st_multi(square(x * 500, y * 500, 500)),
       spot(x * 500 + 250, y * 500 + 250), 300, 300, 0, 250000, 0.785, tstzrange(now() - interval '1 year', null)
from generate_series(0, 39) as gx(x) cross join generate_series(0, 39) as gy(y)
cross join lateral (select village_of(x * 500, y * 500) as v) c
join area a on a.code = v::text
join grid g on g.code = v::text || lpad((x % 2 + y % 2 * 2 + 1)::text, 3, '0');
insert into street (territory_id, kind, name, geom)
select '{territory}', 'residential', word(x + y * 3) || (array['路', '街', '巷'])[1 + (x + y) % 3],
       st_makeline(spot(x * 1000 + 500, y * 1000), spot(x * 1000 + 500, y * 1000 + 1000))
from generate_series(0, 19) as gx(x), generate_series(0, 19) as gy(y);
insert into street (territory_id, kind, name, geom)
select '{territory}', 'residential', word(x * 5 + y) || (array['大道', '路'])[1 + (x + y) % 2],
       st_makeline(spot(x * 1000, y * 1000 + 500), spot(x * 1000 + 1000, y * 1000 + 500))
from generate_series(0, 19) as gx(x), generate_series(0, 19) as gy(y);
insert into key_place (territory_id, kind, name, point)
select '{territory}', 'school', word(n) || '中学' || n, spot(n * 131 % {side}, n * 373 % {side})
from generate_series(1, 2000) n;
alter table dwelling disable trigger user;
insert into dwelling (territory_id, area_id, door_code, address, households, point, area_code)
select '{territory}', a.id, 'D' || n, t.name || a.name || word((a.area_code % 1000)::int + n % 4)
       || (array['路', '街', '巷', '新村'])[1 + n % 4] || (n / 400 % 300 + 1) || '号', 1, spot(px, py), a.area_code
from (select n, (n * 7919::bigint % {side})::float8 as px, (n * 104729::bigint % {side})::float8 as py
      from generate_series(1, {addresses}) n) g
join area a on a.area_code = village_of(px, py) and a.kind = 'village'
join area t on t.area_code = a.town_code and t.kind = 'town';
alter table dwelling enable trigger user;
insert into staff (territory_id, work_no, name, post, duty_point)
select '{territory}', 'W' || n, 'Staff ' || n, 'grid worker', spot(n * 577 % {side}, n * 941 % {side})
from generate_series(1, 12000) n;
insert into assignment (staff_id, role, grid_id, is_head, valid)
select s.id, 'grid_head', g.id, true, tstzrange(now() - interval '1 year', null)
from (select id, row_number() over (order by work_no) as k from staff) s
join (select id, row_number() over (order by code) as k from grid) g using (k);
insert into shift (staff_id, period) select id, tstzrange(now() - interval '4 hours', now() + interval '30 days')
from staff where right(work_no, 1) in ('1', '2', '3');
insert into camera (territory_id, gb28181_id, source_ref, point, azimuth, hfov, max_range)
select '{territory}', '32128100001320' || lpad(n::text, 6, '0'), 'cam/' || n, spot(n * 811 % {side}, n * 457 % {side}),
       n % 360, 70, 80 from generate_series(1, 7000) n;
insert into view_shed (camera_id, territory_id, assumed, area_m2, geom, inputs_digest)
select id, territory_id, false, 100, st_multi(st_buffer(point::geography, 60)::geometry), 'x' from camera;
insert into unit (territory_id, code, kind, name) values ('{territory}', 'LAMPS', 'department', '路灯所');
insert into component (territory_id, code16, kind, owner_unit_id, point)
select '{territory}', '321281' || lpad(n::text, 10, '0'), 'lamp', u.id, spot(n * 769 % {side}, n * 1301 % {side})
from generate_series(1, 60000) n, unit u where u.code = 'LAMPS';
select ensure_incident_month((date_trunc('month', now()) - m * interval '1 month')::date) from generate_series(0, 12) m;
alter table incident disable trigger user;
insert into incident (month, id, territory_id, no, channel, item, description, state, reported_at, point, accuracy_m,
                      locate_method, area_code, town_code, county_code)
select date_trunc('month', at)::date, n, '{territory}', 'B' || n, 'bench',
       (array['路灯不亮', '井盖丢失', '积水', '占道经营', '垃圾堆放'])[1 + n % 5], '',
       case when n % 20 = 0 then 'REPORTED' else 'CLOSED' end, at, spot(px, py), 10, 'point', village_of(px, py),
       village_of(px, py) / 1000 * 1000, 321281000000
from (select n, now() - interval '1 hour' - n * interval '84 seconds' as at, (n * 6151::bigint % {side})::float8 as px,
             (n * 15485863::bigint % {side})::float8 as py from generate_series(1, {incidents}) n) g;
insert into intake_key (channel, channel_key, body_sha256, month, incident_id, no)
select 'bench', n::text, 'x', month, id, no from incident, lateral (select id as n) k;
alter table incident enable trigger user;
select setval('incident_id_seq', {incidents}), setval('incident_no_seq', {incidents});
"""


def build_county(urls: ClusterUrls) -> None:
    """Fill a migrated database with the county."""
    text = _GROUND.format(
        west=WEST, south=SOUTH, srid=SRID, side=SIDE, territory=TERRITORY, plan=PLAN, addresses=ADDRESSES,
        incidents=INCIDENTS,
    )  # fmt: skip
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        connection.execute("set gridward.owner = 'on'")
        for statement in text.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
        connection.execute("analyze")


@contextmanager
def county_home() -> Iterator[Path]:
    """Give the home of a running cluster that holds the county, with the names that places go by."""
    given = os.environ.get("GRIDWARD_BENCH_INTAKE_HOME")
    home = Path(given or tempfile.mkdtemp(prefix="gridward-bench-"))
    home.chmod(0o711)
    cluster = PrivateCluster(home, durable=False)
    urls = cluster.ensure()
    upgrade(urls.owner)
    if not given:
        build_county(urls)
        database = Database(urls.app, urls.owner)
        with database.owner_work(Actor.system()) as work:
            gazetteer.refresh(work, UUID(TERRITORY))
        database.dispose()
    try:
        yield home
    finally:
        if not given:
            cluster.stop(force=True)


def account(home: Path, *, area_path: str | None = None) -> str:
    """Return a token of an account with every right, or of a dispatcher of one area."""
    urls = database_urls(Settings.read(home=home).database)
    database = Database(urls.app, urls.owner)
    name = f"bench-{uuid4().hex[:8]}"
    roles = (*BUSINESS, *RIGHTS) if area_path is None else ("dispatcher",)
    with database.work(Actor.system()) as work:
        access.create_account(work, name, roles=roles, area_path=area_path)
        token = access.issue_token(work, name, label="bench", now=datetime.now(UTC))
    database.dispose()
    return token


def _wait_until_it_answers(address: str) -> None:
    """Wait from the printed address to the first answer: it is printed a moment before."""
    for _ in range(240):
        with suppress(OSError), urllib.request.urlopen(f"{address}/health/live", timeout=5):
            return
        time.sleep(0.5)
    raise TimeoutError(address)


@contextmanager
def served(home: Path, *, workers: int = 1) -> Iterator[int]:
    """Serve a home on a free port, which is given, until the block ends."""
    surroundings = os.environ | {
        "GRIDWARD_HOME": str(home), "GRIDWARD_JOBS_IN_SERVER": "0", "GRIDWARD_LOG_LEVEL": "error",
    }  # fmt: skip
    command = [str(Path(sys.executable).with_name("gridward")), "serve", "--port", "0", "--workers", str(workers)]
    process = subprocess.Popen([*command, "--json"], env=surroundings, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["address"]
        _wait_until_it_answers(address)
        # what is kept in the process is read beside the start
        time.sleep(15)
        yield int(address.rsplit(":", 1)[1])
    finally:
        process.terminate()
        process.wait(30)
