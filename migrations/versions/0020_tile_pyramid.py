"""Tiles for low zooms: areas drawn simpler, incidents counted by cell; a grid's code beside each of its shapes.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import geoalchemy2
import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# a tile shows a thousand codes; looking each of them up costs a quarter of the tile
CODES = """
create function name_version() returns trigger language plpgsql
    security definer set search_path = public, pg_temp set gridward.owner = 'on' as $$
begin
    new.code := coalesce((select g.code from grid g where g.id = new.grid_id), '');
    return new;
end $$;
create function name_versions() returns trigger language plpgsql
    security definer set search_path = public, pg_temp set gridward.owner = 'on' as $$
begin
    -- a statement on versions has grids look at their area, which comes back here: it ends where no code changed
    if exists (select from new_rows n join old_rows o on o.id = n.id where n.code <> o.code) then
        update grid_version v set code = n.code from new_rows n join old_rows o on o.id = n.id
        where n.code <> o.code and v.grid_id = n.id;
    end if;
    return null;
end $$;
"""

# shapes of one kind of a territory are drawn together, so they go together
FORGET = """
create function forget_area_shapes() returns trigger language plpgsql
    security definer set search_path = public, pg_temp set gridward.owner = 'on' as $$
begin
    if tg_op = 'UPDATE' then
        delete from area_shape s using area a where a.id = s.area_id and (a.territory_id, a.kind) in (
            select n.territory_id, n.kind from new_rows n join old_rows o on o.id = n.id
            where n.geom is distinct from o.geom or n.valid <> o.valid or n.kind <> o.kind
               or n.area_code <> o.area_code);
    elsif tg_op = 'INSERT' then
        delete from area_shape s using area a where a.id = s.area_id and (a.territory_id, a.kind) in (
            select territory_id, kind from new_rows);
    else
        delete from area_shape s using area a where a.id = s.area_id and (a.territory_id, a.kind) in (
            select territory_id, kind from old_rows);
    end if;
    return null;
end $$
"""

# what one incident adds to its cell: an eighth of a tile at zoom 12, in the quad's own columns and rows
CELL_OF = """
select territory_id, area_code,
       floor((st_x(geom_3857) + 20037508.3427892) / 1222.9924525628173)::int as cell_x,
       floor((20037508.3427892 - st_y(geom_3857)) / 1222.9924525628173)::int as cell_y,
       {sign} as incidents,
       {sign} * (state not in ('CLOSED','REJECTED','DUPLICATE','REFERRED','VOIDED','ARCHIVED'))::int as open,
       {sign} * (severity = 'critical')::int as critical,
       {sign} * (severity = 'major')::int as major,
       {sign} * id as ids,
       {sign} * (month - date '2000-01-01') as months,
       {sign} * round(st_x(geom_3857) * 10)::bigint as x_dm,
       {sign} * round(st_y(geom_3857) * 10)::bigint as y_dm
from {rows} where geom_3857 is not null
"""
COLUMNS = "territory_id, area_code, cell_x, cell_y, incidents, open, critical, major, ids, months, x_dm, y_dm"
SUMS = (
    "sum(incidents)::int, sum(open)::int, sum(critical)::int, sum(major)::int, sum(ids)::bigint, sum(months)::int,"
    " sum(x_dm)::bigint, sum(y_dm)::bigint"
)
SOME = (
    "having (sum(incidents), sum(open), sum(critical), sum(major), sum(ids), sum(x_dm), sum(y_dm)) <> (0,0,0,0,0,0,0)"
)

# rows are only ever added, so that two desks taking in reports of one cell never wait; upkeep adds them up
COUNT = f"""
create function count_incidents() returns trigger language plpgsql
    security definer set search_path = public, pg_temp set gridward.owner = 'on' as $$
begin
    if tg_op = 'UPDATE' then
        insert into incident_cell ({COLUMNS})
        select territory_id, area_code, cell_x, cell_y, {SUMS}
        from ({CELL_OF.format(sign=1, rows="new_rows")} union all {CELL_OF.format(sign=-1, rows="old_rows")}) c
        group by 1, 2, 3, 4 {SOME};
    elsif tg_op = 'INSERT' then
        insert into incident_cell ({COLUMNS})
        select territory_id, area_code, cell_x, cell_y, {SUMS} from ({CELL_OF.format(sign=1, rows="new_rows")}) c
        group by 1, 2, 3, 4;
    else
        insert into incident_cell ({COLUMNS})
        select territory_id, area_code, cell_x, cell_y, {SUMS} from ({CELL_OF.format(sign=-1, rows="old_rows")}) c
        group by 1, 2, 3, 4;
    end if;
    return null;
end $$
"""  # noqa: S608 - constants of this file
FILL = f"""
insert into incident_cell ({COLUMNS})
select territory_id, area_code, cell_x, cell_y, {SUMS} from ({CELL_OF.format(sign=1, rows="incident")}) c group by 1, 2, 3, 4
"""  # noqa: S608 - constants of this file
ROWS = {
    "insert": "new table as new_rows",
    "update": "old table as old_rows new table as new_rows",
    "delete": "old table as old_rows",
}


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    _codes()
    _area_shapes()
    _incident_cells()


def _codes() -> None:
    op.add_column("grid_version", sa.Column("code", sa.String(), server_default="", nullable=False))
    # no shape changes, so nothing that hangs on shapes is to be reckoned anew
    op.execute(sa.text("alter table grid_version disable trigger user"))
    op.execute(sa.text("update grid_version v set code = g.code from grid g where g.id = v.grid_id"))
    op.execute(sa.text("alter table grid_version enable trigger user"))
    op.get_bind().connection.driver_connection.execute(CODES.encode())
    op.execute(
        sa.text(
            "create trigger name_version before insert or update of grid_id on grid_version"
            " for each row execute function name_version()"
        )
    )
    op.execute(
        sa.text(
            "create trigger name_versions after update on grid referencing old table as old_rows new table as new_rows"
            " for each statement execute function name_versions()"
        )
    )


def _area_shapes() -> None:
    op.create_table(
        "area_shape",
        sa.Column("area_id", sa.UUID(), nullable=False),
        sa.Column("max_zoom", sa.Integer(), nullable=False),
        sa.Column(
            "geom_3857",
            geoalchemy2.types.Geometry(geometry_type="MULTIPOLYGON", srid=3857, spatial_index=False, nullable=False),
            nullable=False,
        ),
        sa.Column("area_code", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_area_shape_area_id_area"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("area_id", "max_zoom", name=op.f("pk_area_shape")),
    )
    op.execute(sa.text(FORGET))
    for event, tables in ROWS.items():
        op.execute(
            sa.text(
                f"create trigger forget_area_shapes_{event} after {event} on area referencing {tables} "
                "for each statement execute function forget_area_shapes()"
            )
        )
    _secure("area_shape")
    # the areas above one's own are drawn too
    op.execute(
        sa.text(
            "create policy above on area_shape for select to gridward_area using"
            " ((select nullif(current_setting('gridward.above', true), '')::int8multirange) @> area_code)"
        )
    )


def _incident_cells() -> None:
    op.create_table(
        "incident_cell",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("area_code", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("cell_x", "cell_y")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("incidents", "open", "critical", "major")),
        sa.Column("ids", sa.BigInteger(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("x_dm", sa.BigInteger(), nullable=False),
        sa.Column("y_dm", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territory.id"], name=op.f("fk_incident_cell_territory_id_territory"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_cell")),
    )
    op.create_index("ix_incident_cell_place", "incident_cell", ["territory_id", "cell_x", "cell_y"])
    op.execute(sa.text(FILL))
    op.execute(sa.text(COUNT))
    for event, tables in ROWS.items():
        op.execute(
            sa.text(
                f"create trigger count_incidents_{event} after {event} on incident referencing {tables} "
                "for each statement execute function count_incidents()"
            )
        )
    _secure("incident_cell")


def _secure(table: str) -> None:
    for rule in ("enable", "force"):
        op.execute(sa.text(f"alter table {table} {rule} row level security"))
    op.execute(sa.text(f"create policy everywhere on {table} to gridward_all using (true)"))
    op.execute(
        sa.text(
            f"create policy upkeep on {table} to gridward_owner using (current_setting('gridward.owner', true) = 'on')"
        )
    )
    op.execute(
        sa.text(
            f"create policy inside on {table} to gridward_area using ("
            "(case when area_code >= nullif(current_setting('gridward.lo', true), '')::bigint"
            " then area_code <= nullif(current_setting('gridward.hi', true), '')::bigint else false end"
            " and ((select current_setting('gridward.areas', true) = '')"
            " or (select nullif(current_setting('gridward.areas', true), '')::int8multirange) @> area_code)))"
        )
    )


def downgrade() -> None:
    for event in ROWS:
        op.execute(sa.text(f"drop trigger count_incidents_{event} on incident"))
        op.execute(sa.text(f"drop trigger forget_area_shapes_{event} on area"))
    op.drop_table("incident_cell")
    op.drop_table("area_shape")
    op.execute(sa.text("drop trigger name_version on grid_version"))
    op.execute(sa.text("drop trigger name_versions on grid"))
    for function in ("count_incidents", "forget_area_shapes", "name_version", "name_versions"):
        op.execute(sa.text(f"drop function {function}()"))
    op.drop_column("grid_version", "code")
