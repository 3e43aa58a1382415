"""Row security by area: who is limited to an area sees and changes nothing outside it, whatever a query forgets.

Also the three administrators kept apart, rights beside roles, narrower tokens, locks and forced changes of password.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# the application's own role has rights and no policy: what is opened without a scope sees nothing
DATABASE_ROLES = """
do $$
declare
    wanted text;
begin
    foreach wanted in array array['gridward_all', 'gridward_area', 'gridward_owner'] loop
        if not exists (select from pg_roles where rolname = wanted) then
            execute format('create role %I nologin', wanted);
        end if;
    end loop;
    if (select rolinherit from pg_roles where rolname = 'gridward_app') then
        alter role gridward_app noinherit;
    end if;
    foreach wanted in array array['gridward_all', 'gridward_area'] loop
        if not pg_has_role('gridward_app', wanted, 'member') then
            execute format('grant %I to gridward_app', wanted);
        end if;
        if not pg_has_role(current_user, wanted, 'member') then
            if current_setting('server_version_num')::int >= 160000 then
                execute format('grant %I to %I with inherit false, set true', wanted, current_user);
            else
                execute format('grant %I to %I', wanted, current_user);
            end if;
        end if;
    end loop;
    if not pg_has_role(current_user, 'gridward_owner', 'usage') then
        execute format('grant gridward_owner to %I', current_user);
    end if;
exception when insufficient_privilege then
    raise exception 'The owner may not make the roles of row security; make them once as an administrator:'
        ' create role gridward_all; create role gridward_area; create role gridward_owner;'
        ' alter role gridward_app noinherit; grant gridward_all, gridward_area to gridward_app;'
        ' grant gridward_all, gridward_area, gridward_owner to %;', current_user;
end $$;
"""

RIGHTS = """
grant usage on schema public to gridward_all, gridward_area;
grant select, insert, update, delete on all tables in schema public to gridward_all, gridward_area;
grant usage, select on all sequences in schema public to gridward_all, gridward_area;
alter default privileges in schema public grant select, insert, update, delete on tables to gridward_all, gridward_area;
alter default privileges in schema public grant usage, select on sequences to gridward_all, gridward_area;
revoke insert, update, delete on spatial_ref_sys, alembic_version from gridward_all, gridward_area;
grant execute on function ensure_incident_month(date) to gridward_all, gridward_area;
do $$ begin
    execute format('grant temporary on database %I to gridward_all, gridward_area', current_database());
exception when insufficient_privilege then
    null;
end $$;
"""

# the one term of every policy: an envelope that the planner can estimate, then the exact set for several areas
# a boolean from the subselect: an equality with its text would be taken to hold for one row in 200
INSIDE = """(case when area_code >= nullif(current_setting('gridward.lo', true), '')::bigint
 then area_code <= nullif(current_setting('gridward.hi', true), '')::bigint else false end
 and ((select current_setting('gridward.areas', true) = '')
 or (select nullif(current_setting('gridward.areas', true), '')::int8multirange) @> area_code))"""

# areas above one's own are named on every page; their codes are single numbers of this set
ABOVE = "(select nullif(current_setting('gridward.above', true), '')::int8multirange) @> area_code"

# how each table learns its area: the function its trigger calls, and the columns that make it call again
BY_AREA = {
    "dwelling": ("point", "area_id"),
    "atom": ("geom", "area_id"),
    "grid_version": ("label_point", "area_id"),
    "river_reach": ("geom", "area_id"),
    "staff": ("duty_point", "area_id"),
}
BY_POINT = {"camera": "point", "key_place": "point", "facility": "point", "component": "point", "privacy_zone": "geom"}
BY_PARENT = {
    "view_shed": ("camera", "camera_id"),
    "camera_status": ("camera", "camera_id"),
    "coverage_grid": ("grid", "grid_id"),
    "grid_shape": ("grid", "grid_id"),
}
OWN_TRIGGER = ("grid", "gap", "comment")
NEW_COLUMNS = (*BY_AREA, *BY_POINT, *BY_PARENT, "grid", "gap")

# rows that are read by way of another row follow it, as row security itself shows it
IN_AREA = f"exists (select from area a where a.id = area_id and {INSIDE})"
FOLLOWS = {
    "atom_past": IN_AREA,
    "assignment": f"exists (select from grid g where g.id = grid_id) or {IN_AREA}",
    "shift": "exists (select from staff s where s.id = staff_id)",
    "camera_heard": "exists (select from camera c where c.id = camera_id)",
    "key_place_coverage": "exists (select from key_place k where k.id = key_place_id)",
    "reach_grid": "exists (select from river_reach r where r.id = reach_id)",
    "reach_area": "exists (select from river_reach r where r.id = reach_id)",
    "river_area": IN_AREA,
    "grid_floor": "exists (select from grid g where g.id = grid_id)",
    "net_share": "exists (select from grid g where g.id = coalesce(net_share.net_grid_id, net_share.grid_id))",
    "lineage": "exists (select from grid g where g.id = to_grid_id)"  # noqa: S608 - constants
    f" or exists (select from area a where a.id = to_area_id and {INSIDE})",
    "responsibility": "grid_id is null or exists (select from grid g where g.id = grid_id)",
    "unit": f"area_id is null or {IN_AREA}",
    "transition": "exists (select from incident i where i.month = transition.month and i.id = incident_id)",
    "edit": "not exists (select from unnest(grids) t(id) where not exists (select from grid g where g.id = t.id))",
    "report": "made_for = current_setting('gridward.scope', true)",
}  # fmt: skip
# whole plans and whole territories: nothing of them for whoever is limited to an area
WHOLE_ONLY = (
    "change_set", "area_draft", "change_step", "change_comment", "placement", "placement_camera", "kept_report",
    "report_schedule", "coverage_check",
)  # fmt: skip
BY_CODE = (*NEW_COLUMNS, "incident")

FUNCTIONS = """
create function area_code_at(place geometry, territory uuid) returns bigint
    language sql stable security definer set search_path = public, pg_temp set gridward.owner = 'on' as $$
    select coalesce((
        select a.area_code from area a
        where a.geom && place and st_covers(a.geom, place) and a.valid @> current_date
          and (territory is null or a.territory_id = territory)
        order by length(a.path) desc, a.code limit 1), 0)
$$;

create function area_code_of(area uuid, place geometry, territory uuid) returns bigint
    language sql stable security definer set search_path = public, pg_temp set gridward.owner = 'on' as $$
    select coalesce(
        (select a.area_code from area a where a.id = area and (a.valid @> current_date or place is null)),
        nullif(area_code_at(place, coalesce(territory, (select a.territory_id from area a where a.id = area))), 0),
        (select a.area_code from area a where a.id = area),
        0)
$$;

create function place_in_area() returns trigger language plpgsql
    security definer set search_path = public, pg_temp set gridward.owner = 'on' as $$
declare
    kind text := tg_argv[0];
begin
    if kind = 'point' then
        new.area_code := area_code_at(new.point, new.territory_id);
    elsif kind = 'zone' then
        new.area_code := area_code_at(st_pointonsurface(new.geom), new.territory_id);
    elsif kind = 'staff' then
        new.area_code := area_code_of(new.area_id, new.duty_point, new.territory_id);
    elsif kind = 'dwelling' then
        new.area_code := area_code_of(new.area_id, new.point, new.territory_id);
    elsif kind = 'camera' then
        new.area_code := coalesce((select c.area_code from camera c where c.id = new.camera_id), 0);
    elsif kind = 'grid' then
        new.area_code := coalesce((select g.area_code from grid g where g.id = new.grid_id), 0);
    elsif kind = 'gap' then
        new.area_code := coalesce((select g.area_code from grid g where g.id = new.grid_id),
                                  (select k.area_code from key_place k where k.id = new.key_place_id), 0);
    elsif kind = 'remark' then
        new.area_code := case
            when new.grid_id is not null then (select g.area_code from grid g where g.id = new.grid_id)
            when new.reply_to_id is not null then (select c.area_code from comment c where c.id = new.reply_to_id)
            when new.point is not null
                then area_code_at(new.point, (select p.territory_id from plan p where p.id = new.plan_id)) end;
    else
        new.area_code := coalesce((select a.area_code from area a where a.id = new.area_id), 0);
    end if;
    return new;
end $$;

create function name_grid_area() returns trigger language plpgsql
    security definer set search_path = public, pg_temp set gridward.owner = 'on' as $$
begin
    -- its first shape says it for sure; until then its code does
    if new.area_code = 0 and new.code ~ '^[0-9]{12}' then
        new.area_code := coalesce((select a.area_code from area a where a.area_code = left(new.code, 12)::bigint limit 1), 0);
    end if;
    return new;
end $$;

create function place_grid() returns trigger language plpgsql
    security definer set search_path = public, pg_temp set gridward.owner = 'on' as $$
begin
    update grid g set area_code = n.area_code from (select distinct on (grid_id) grid_id, area_code from fresh) n
    where g.id = n.grid_id and g.area_code <> n.area_code;
    return null;
end $$;

create function recode_places(territory uuid) returns bigint language plpgsql
    security definer set search_path = public, pg_temp set gridward.owner = 'on' as $$
declare
    done bigint;
    total bigint := 0;
begin
    update dwelling t set area_code = c.code from (
        select id, area_code_of(area_id, point, territory_id) as code from dwelling where territory_id = territory) c
    where t.id = c.id and t.area_code <> c.code;
    get diagnostics done = row_count; total := total + done;
    update grid_version t set area_code = c.code from (
        select v.id, area_code_of(v.area_id, v.label_point, territory) as code
        from grid_version v join plan p on p.id = v.plan_id where p.territory_id = territory) c
    where t.id = c.id and t.area_code <> c.code;
    get diagnostics done = row_count; total := total + done;
    update grid t set area_code = c.code from (
        select distinct on (v.grid_id) v.grid_id, v.area_code as code from grid_version v join plan p on p.id = v.plan_id
        where p.territory_id = territory
        order by v.grid_id, (p.status = 'published') desc, p.created_at desc) c
    where t.id = c.grid_id and t.area_code <> c.code;
    get diagnostics done = row_count; total := total + done;
    update atom t set area_code = c.code from (
        select a.plan_id, a.label,
               case when o.valid @> current_date then o.area_code
                    else area_code_of(a.area_id, st_pointonsurface(a.geom), territory) end as code
        from atom a join area o on o.id = a.area_id where o.territory_id = territory) c
    where t.plan_id = c.plan_id and t.label = c.label and t.area_code <> c.code;
    get diagnostics done = row_count; total := total + done;
    update staff t set area_code = c.code from (
        select id, area_code_of(area_id, duty_point, territory_id) as code from staff where territory_id = territory) c
    where t.id = c.id and t.area_code <> c.code;
    update river_reach t set area_code = c.code from (
        select r.id, area_code_of(r.area_id, st_pointonsurface(r.geom), territory) as code
        from river_reach r where r.territory_id = territory) c
    where t.id = c.id and t.area_code <> c.code;
    update camera t set area_code = c.code from (
        select id, area_code_at(point, territory_id) as code from camera where territory_id = territory) c
    where t.id = c.id and t.area_code <> c.code;
    get diagnostics done = row_count; total := total + done;
    update key_place t set area_code = c.code from (
        select id, area_code_at(point, territory_id) as code from key_place where territory_id = territory) c
    where t.id = c.id and t.area_code <> c.code;
    update facility t set area_code = c.code from (
        select id, area_code_at(point, territory_id) as code from facility where territory_id = territory) c
    where t.id = c.id and t.area_code <> c.code;
    update component t set area_code = c.code from (
        select id, area_code_at(point, territory_id) as code from component where territory_id = territory) c
    where t.id = c.id and t.area_code <> c.code;
    update privacy_zone t set area_code = c.code from (
        select id, area_code_at(st_pointonsurface(geom), territory_id) as code
        from privacy_zone where territory_id = territory) c
    where t.id = c.id and t.area_code <> c.code;
    update view_shed t set area_code = c.area_code from camera c
    where c.id = t.camera_id and c.territory_id = territory and t.area_code <> c.area_code;
    update camera_status t set area_code = c.area_code from camera c
    where c.id = t.camera_id and c.territory_id = territory and t.area_code <> c.area_code;
    update coverage_grid t set area_code = g.area_code from grid g
    where g.id = t.grid_id and g.territory_id = territory and t.area_code <> g.area_code;
    update grid_shape t set area_code = g.area_code from grid g
    where g.id = t.grid_id and g.territory_id = territory and t.area_code <> g.area_code;
    update gap t set area_code = g.area_code from grid g
    where g.id = t.grid_id and g.territory_id = territory and t.area_code <> g.area_code;
    update comment t set area_code = g.area_code from grid g
    where g.id = t.grid_id and g.territory_id = territory and t.area_code is distinct from g.area_code;
    -- a report keeps its place: only where its area has ended does it take the area of today
    update incident t set area_code = c.area_code, town_code = c.town_code, county_code = c.county_code from (
        select i.month, i.id, n.area_code, n.town_code, n.county_code
        from incident i cross join lateral (
            select a.area_code, a.town_code, a.county_code from area a
            where a.geom && i.point and st_covers(a.geom, i.point) and a.valid @> current_date
              and a.territory_id = territory
            order by length(a.path) desc, a.code limit 1) n
        where i.territory_id = territory and i.area_code <> 0
          and not exists (select from area a where a.area_code = i.area_code and a.valid @> current_date)) c
    where t.month = c.month and t.id = c.id;
    get diagnostics done = row_count;
    return total + done;
end $$;
revoke execute on function recode_places(uuid) from public;
grant execute on function recode_places(uuid) to gridward_app, gridward_all;
"""

# a month's table answers only by way of the whole: its own door is shut
MONTHS = """
create or replace function ensure_incident_month(first date) returns void
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    start date := date_trunc('month', first)::date;
    child text := 'incident_p' || to_char(start, 'YYYYMM');
begin
    if start < date '1990-01-01' or start > (now() + interval '2 years')::date then
        raise exception 'month % is out of range', start using errcode = '22008';
    end if;
    if to_regclass(child) is null then
        perform pg_advisory_xact_lock(hashtext('incident partitions'));
        if to_regclass(child) is null then
            execute format('create table if not exists %I partition of incident for values from (%L) to (%L)',
                           child, start, (start + interval '1 month')::date);
            execute format('alter table %I enable row level security', child);
        end if;
    end if;
end $$;
do $$ declare child regclass; begin
    for child in select inhrelid::regclass from pg_inherits where inhparent = 'incident'::regclass loop
        execute format('alter table %s enable row level security', child);
    end loop;
end $$;
"""

ROLES = (
    "planner", "reviewer", "intake_officer", "shift_leader", "dispatcher", "handling_unit", "inspector", "grid_staff",
    "analyst", "camera_administrator", "system_administrator", "security_administrator", "audit_administrator",
)  # fmt: skip
RIGHTS_BESIDE = ("export", "reporter_contact", "camera_network")

# one account, one duty: business, or one of the three administrators
DUTY = """
alter table scope add column duty varchar generated always as (case
    when role in ('system_administrator', 'security_administrator', 'audit_administrator') then role
    else 'business' end) stored;
alter table scope add constraint ex_scope_one_duty
    exclude using gist (account_id with =, duty with <>, valid with &&);
"""


def _driver() -> Any:  # noqa: ANN401 - a psycopg connection
    """Return the plain connection: texts of several statements have no parameters."""
    return op.get_bind().connection.driver_connection


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.execute(sa.text(DATABASE_ROLES))
    op.execute(sa.text(RIGHTS))
    for table in NEW_COLUMNS:
        op.add_column(table, sa.Column("area_code", sa.BigInteger, nullable=False, server_default=sa.text("0")))
    op.add_column("comment", sa.Column("area_code", sa.BigInteger, nullable=True))
    op.add_column(
        "report",
        sa.Column(
            "made_for",
            sa.String,
            nullable=False,
            server_default=sa.text("coalesce(nullif(current_setting('gridward.scope', true), ''), 'all')"),
        ),
    )
    op.drop_constraint(op.f("uq_report_name_format_digest"), "report", type_="unique")
    op.create_unique_constraint(
        op.f("uq_report_name_format_digest_made_for"), "report", ["name", "format", "digest", "made_for"]
    )
    op.create_index("ix_incident_area_time", "incident", ["area_code", "reported_at", "id"])
    driver = _driver()
    driver.execute(FUNCTIONS.encode())
    driver.execute(MONTHS.encode())
    op.execute(sa.text("select recode_places(id) from territory"))
    _triggers()
    _policies()
    _accounts()


def _triggers() -> None:
    kinds = {"dwelling": "dwelling", "staff": "staff", "privacy_zone": "zone"}
    watched = [
        *((table, kinds.get(table, "area"), f"area_id, {place}") for table, (place, _) in BY_AREA.items()),
        *((table, kinds.get(table, "point"), place) for table, place in BY_POINT.items()),
        *((table, parent, key) for table, (parent, key) in BY_PARENT.items()),
        ("gap", "gap", "grid_id, key_place_id"),
        ("comment", "remark", "grid_id, point, reply_to_id"),
    ]
    for table, kind, columns in watched:
        op.execute(
            sa.text(
                f"create trigger place_in_area before insert or update of {columns} on {table}"
                f" for each row execute function place_in_area('{kind}')"
            )
        )
    op.execute(
        sa.text("create trigger name_grid_area before insert on grid for each row execute function name_grid_area()")
    )
    for event in ("insert", "update"):
        op.execute(
            sa.text(
                f"create trigger place_grid_{event} after {event} on grid_version referencing new table as fresh"
                " for each statement execute function place_grid()"
            )
        )


def _policies() -> None:
    everything = [*BY_CODE, "area", "comment", *FOLLOWS, *WHOLE_ONLY]
    for table in everything:
        op.execute(sa.text(f"alter table {table} enable row level security"))
        op.execute(sa.text(f"alter table {table} force row level security"))
        op.execute(sa.text(f"create policy everywhere on {table} to gridward_all using (true)"))
        op.execute(
            sa.text(
                f"create policy upkeep on {table} to gridward_owner"
                " using (current_setting('gridward.owner', true) = 'on')"
            )
        )
    for table in (*BY_CODE, "area"):
        op.execute(sa.text(f"create policy inside on {table} to gridward_area using {INSIDE}"))
    op.execute(sa.text(f"create policy above on area for select to gridward_area using ({ABOVE})"))
    op.execute(sa.text(f"create policy inside on comment to gridward_area using (area_code is null or {INSIDE})"))
    for table, condition in FOLLOWS.items():
        # a report and its first step are one statement, in which the step does not see the report yet; its key does
        check = " with check (true)" if table == "transition" else ""
        op.execute(sa.text(f"create policy inside on {table} to gridward_area using ({condition}){check}"))


def _accounts() -> None:
    op.drop_constraint("role_known", "scope", type_="check")
    listed = ", ".join(f"'{role}'" for role in (*ROLES, *RIGHTS_BESIDE))
    op.create_check_constraint("role_known", "scope", f"role in ({listed})")
    # what accounts could do until now they can still do
    op.execute(
        sa.text(
            "insert into scope (account_id, role, area_path, valid) select distinct s.account_id, r.name, s.area_path,"
            " s.valid from scope s cross join (values ('export'), ('camera_network')) r(name) where s.role in"
            " ('planner', 'reviewer', 'analyst', 'dispatcher', 'camera_administrator')"
        )
    )
    # of an account that mixed duties the business stays; an administrator is named anew
    op.execute(
        sa.text(
            "delete from scope s using scope o where s.account_id = o.account_id and s.role like '%\\_administrator'"
            " and s.role <> 'camera_administrator' and o.role <> s.role and (o.role not in ('system_administrator',"
            " 'security_administrator', 'audit_administrator') or o.role > s.role)"
        )
    )
    _driver().execute(DUTY.encode())
    op.add_column("account", sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("account", sa.Column("locked_at", sa.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("sign_in_link", sa.Column("purpose", sa.String, nullable=False, server_default="sign-in"))
    op.create_check_constraint("purpose_known", "sign_in_link", "purpose in ('sign-in', 'reset')")
    op.add_column("api_token", sa.Column("roles", sa.ARRAY(sa.String), nullable=True))
    op.add_column("api_token", sa.Column("area_paths", sa.ARRAY(sa.String), nullable=True))
    op.add_column("api_token", sa.Column("read_only", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("api_token", sa.Column("used_at", sa.TIMESTAMP(timezone=True), nullable=True))
    op.create_index(
        "ix_audit_refused", "audit", ["target", "at"], postgresql_where=sa.text("action = 'sign-in.refused'")
    )


def downgrade() -> None:
    op.drop_index("ix_audit_refused", table_name="audit")
    for column in ("used_at", "read_only", "area_paths", "roles"):
        op.drop_column("api_token", column)
    op.drop_column("sign_in_link", "purpose")
    op.drop_column("account", "locked_at")
    op.drop_column("account", "must_change")
    op.drop_constraint("ex_scope_one_duty", "scope")
    op.drop_column("scope", "duty")
    op.execute(sa.text("delete from scope where role in ('export', 'reporter_contact', 'camera_network')"))
    op.drop_constraint("role_known", "scope", type_="check")
    op.create_check_constraint("role_known", "scope", "role in ({})".format(", ".join(f"'{role}'" for role in ROLES)))
    for table in (*BY_CODE, "area", "comment", *FOLLOWS, *WHOLE_ONLY):
        for policy in ("everywhere", "upkeep", "inside", "above"):
            op.execute(sa.text(f"drop policy if exists {policy} on {table}"))
        op.execute(sa.text(f"alter table {table} no force row level security"))
        op.execute(sa.text(f"alter table {table} disable row level security"))
    for table in (*BY_AREA, *BY_POINT, *BY_PARENT, "gap", "comment"):
        op.execute(sa.text(f"drop trigger place_in_area on {table}"))
    op.execute(sa.text("drop trigger name_grid_area on grid"))
    for event in ("insert", "update"):
        op.execute(sa.text(f"drop trigger place_grid_{event} on grid_version"))
    op.execute(
        sa.text(
            "do $$ declare child regclass; begin for child in select inhrelid::regclass from pg_inherits"
            " where inhparent = 'incident'::regclass loop"
            " execute format('alter table %s disable row level security', child); end loop; end $$"
        )
    )
    for function in (
        "recode_places(uuid)", "place_grid()", "name_grid_area()", "place_in_area()",
        "area_code_of(uuid, geometry, uuid)", "area_code_at(geometry, uuid)",
    ):  # fmt: skip
        op.execute(sa.text(f"drop function {function}"))
    op.drop_index("ix_incident_area_time", table_name="incident")
    op.drop_constraint(op.f("uq_report_name_format_digest_made_for"), "report", type_="unique")
    op.execute(sa.text("delete from report where made_for <> 'all'"))
    op.create_unique_constraint(op.f("uq_report_name_format_digest"), "report", ["name", "format", "digest"])
    op.drop_column("report", "made_for")
    op.drop_column("comment", "area_code")
    for table in NEW_COLUMNS:
        op.drop_column(table, "area_code")
    # the roles stay: other databases of this server may use them; their rights here go with the tables
    for kind in ("tables", "sequences"):
        op.execute(
            sa.text(f"alter default privileges in schema public revoke all on {kind} from gridward_all, gridward_area")
        )
