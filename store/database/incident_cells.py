"""SQL of incidents counted by cell: adding up what triggers have added."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

# only rows that this transaction sees go, and their sum comes in their place: readers find the same counts before
# and after, and rows that others are adding meanwhile stay
_ADD_UP = sa.text("""
with crowded as materialized (
    select territory_id, area_code, cell_x, cell_y from incident_cell
    group by 1, 2, 3, 4 having count(*) > 1 or sum(incidents) = 0
), gone as (
    delete from incident_cell c using crowded k
    where c.territory_id = k.territory_id and c.area_code = k.area_code and c.cell_x = k.cell_x and c.cell_y = k.cell_y
    returning c.*
), kept as (
    insert into incident_cell (territory_id, area_code, cell_x, cell_y, incidents, open, critical, major, ids, months,
                               x_dm, y_dm)
    select territory_id, area_code, cell_x, cell_y, sum(incidents), sum(open), sum(critical), sum(major), sum(ids),
           sum(months), sum(x_dm), sum(y_dm)
    from gone group by 1, 2, 3, 4 having sum(incidents) <> 0
    returning 1
)
select (select count(*) from gone) - (select count(*) from kept)
""")


def add_up(session: Session) -> int:
    """Put one row in the place of the several of a cell; return how many rows fewer there are."""
    # two at a time would add up the same rows twice
    session.execute(sa.text("select pg_advisory_xact_lock(hashtext('incident cells'))"))
    return int(session.execute(_ADD_UP).scalar_one())
