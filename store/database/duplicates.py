"""SQL of duplicates: the open cases around a place and a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from store.database.together import Question

Box = tuple[float, float, float, float]
MOST_NEAR = 200

# the month is local, so a report of the first or last hours may lie in the partition beside
_NEAR = sa.text("""
select i.no, i.revision, i.item, i.item_code, i.description, i.state, i.channel, i.reported_at,
       st_x(i.point) as lon, st_y(i.point) as lat, i.accuracy_m,
       (select metric_srid from territory where id = :territory) as srid
from incident i
where i.point && st_makeenvelope(:w, :s, :e, :n, 4326) and i.territory_id = :territory
  and i.reported_at between :since and :until
  and i.month between date_trunc('month', cast(:since as timestamptz) - interval '1 day')::date
                  and (cast(:until as timestamptz) + interval '1 day')::date
  and i.state = any(:states) and i.no <> :no
order by i.point <-> st_setsrid(st_makepoint(:lon, :lat), 4326) limit :limit
""")


def near_question(
    no: str,
    *,
    territory_id: UUID,
    place: tuple[float, float],
    box: Box,
    span: tuple[datetime, datetime],
    states: Sequence[str],
) -> Question:
    """Return the question for the cases around a report, the nearest first, with the EPSG code they are measured in.

    Parameters
    ----------
    no : str
        The report itself, which is left out.
    territory_id : UUID
    place : tuple of float
        Longitude, latitude.
    box : tuple of float
        West, south, east, north, EPSG:4326.
    span : tuple of datetime
        First and last moment of reporting.
    states : sequence of str
    """
    west, south, east, north = box
    values = {
        "no": no, "territory": territory_id, "lon": place[0], "lat": place[1], "w": west, "s": south, "e": east,
        "n": north, "since": span[0], "until": span[1], "states": list(states), "limit": MOST_NEAR,
    }  # fmt: skip
    return _NEAR, values
