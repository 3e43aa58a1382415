"""SQL of the search box: one statement over everything that has a name."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.addresses import Doors
from store.database.cameras import may_name
from store.database.locate import escaped_like, read_words

# every branch ranks: 0 the whole text, 1 its beginning, 2 anywhere. Addresses come found by their index; the other
# tables are small and read through
_SEARCH = sa.text(r"""
with plans as materialized (
    select distinct on (p.territory_id) p.id from plan p
    where p.kind = 'household' and p.status <> 'retired'
      and (cast(:territory as uuid) is null or p.territory_id = :territory)
    order by p.territory_id, (p.status = 'scheduled' and p.effective_at <= now()) desc,
             p.status = 'published' desc, p.created_at desc
), grids as (
    select 'grid' as kind, 1 as place, g.code as label, nullif(v.name, '') as detail, g.id::text as id,
           v.label_point as p, v.geom as shape,
           case when g.code = :text then 0 when g.code like :prefix or v.name ilike :prefix then 1
                when g.code like :suffix then 1 else 2 end as rank
    from plans join grid_version v on v.plan_id = plans.id join grid g on g.id = v.grid_id
    where g.code ilike :any or v.name ilike :any
    order by rank, g.code limit :limit
), areas as (
    select 'area', 2, a.name, a.code, a.id::text, st_pointonsurface(a.geom), a.geom,
           case when a.name = :text or a.code = :text then 0 when a.name ilike :prefix then 1 else 2 end as rank
    from area a
    where a.valid @> current_date and (a.name ilike :any or a.code = :text)
      and (cast(:territory as uuid) is null or a.territory_id = :territory)
    order by rank, length(a.name), a.code limit :limit
), cameras as (
    select 'camera', 3, coalesce(c.gb28181_id, c.source_ref, c.id::text), nullif(c.source_ref, c.gb28181_id),
           c.id::text, c.point, null::geometry,
           case when :text in (c.gb28181_id, c.source_ref) or c.id = cast(:own_id as uuid) then 0
                when c.gb28181_id like :prefix or c.source_ref ilike :prefix then 1 else 2 end as rank
    from camera c
    where :network and (c.gb28181_id like :any or c.source_ref ilike :any or c.id = cast(:own_id as uuid))
      and (cast(:territory as uuid) is null or c.territory_id = :territory)
    order by rank, c.fid limit :limit
), components as (
    select 'component', 3, c.code16, c.kind, c.id::text, c.point, null::geometry,
           case when c.code16 = :text then 0 else 1 end as rank
    from component c
    -- LIKE would be asked of every row that row security lets through; these two are answered by an index
    where c.code16 ~>=~ :text and c.code16 ~<~ :beyond
      and (cast(:territory as uuid) is null or c.territory_id = :territory)
    order by c.code16 using ~<~ limit :limit
), places as (
    select 'place', 4, coalesce(nullif(k.name, ''), k.kind), k.kind, k.id::text, k.point, null::geometry,
           case when lower(k.name) = lower(:text) then 0 when k.name ilike :prefix then 1 else 2 end as rank
    from key_place k
    where (k.name ilike all(:words) or k.kind = lower(:text))
      and (cast(:territory as uuid) is null or k.territory_id = :territory)
    order by rank, length(k.name), k.fid limit :limit
), street_names as materialized (
    select s.territory_id, s.name,
           case when lower(s.name) = lower(:text) then 0 when s.name ilike :prefix then 1 else 2 end as rank
    from street s
    where s.name <> '' and s.name ilike all(:words)
      and (cast(:territory as uuid) is null or s.territory_id = :territory)
    group by s.territory_id, s.name
    order by rank, length(s.name), s.name limit :limit
), streets as (
    -- a street is many lines: those of the few names that stay are put together
    select 'street', 5, n.name, null::text, min(s.id::text),
           st_pointonsurface((array_agg(s.geom order by s.fid))[1]),
           st_setsrid(st_extent(s.geom)::geometry, 4326), n.rank
    from street_names n join street s on s.territory_id = n.territory_id and s.name = n.name
    group by n.territory_id, n.name, n.rank
), doors as (
    select d.address, d.door_code, d.id, d.point, f.place, f.rank
    from unnest(cast(:doors as bigint[]), cast(:ranks as int[])) with ordinality as f(fid, rank, place)
    join dwelling d on d.fid = f.fid
    union all
    select address, door_code, id, point, 0, 0 from dwelling
    where door_code = :text and (cast(:territory as uuid) is null or territory_id = :territory)
), addresses as (
    select 'address', 6, coalesce(nullif(address, ''), door_code), door_code, id::text, point, null::geometry, rank
    from (select distinct on (id) * from doors order by id, place) d
    order by rank, place limit :limit
), names as (
    select case when g.kind in ('area', 'street') then g.kind else 'place' end, case g.kind when 'area' then 2
                when 'street' then 5 else 4 end, g.official,
           concat_ws(' · ', case when g.name <> g.official then g.name end, nullif(g.within, '')),
           coalesce(g.ref_id, g.id)::text, g.point, null::geometry,
           case when g.sounds = :sounds or plain_name(g.name) = plain_name(:text) then 0
                when g.sounds like :sounds_prefix or g.initials = :sounds
                     or plain_name(g.name) like :plain_prefix then 1 else 2 end as rank
    from gazetteer g
    where (cast(:territory as uuid) is null or g.territory_id = :territory)
      and (g.grams @> cast(:grams as text[]) and plain_name(g.name) like all(:plain_words)
           or cast(:sounds as text) is not null and (g.sounds like :sounds_any or g.initials like :sounds_prefix))
    order by rank, length(g.official), g.official, g.id limit :limit
), hits as (
    select * from grids union all select * from names union all select * from areas union all select * from cameras
    union all select * from components union all select * from places union all select * from streets
    union all select * from addresses
)
select kind, label, detail, id, st_x(p) as lon, st_y(p) as lat, st_xmin(shape) as west, st_ymin(shape) as south,
       st_xmax(shape) as east, st_ymax(shape) as north
-- an area found both by its name and in the list of names is told with its town, not with its code
from hits order by rank, place, length(label), label, id, coalesce(detail ~ '^\d+$', true) limit :limit
""")

_TERRITORIES = sa.text("""
select t.id, t.name, st_xmin(t.outline) as west, st_ymin(t.outline) as south, st_xmax(t.outline) as east,
       st_ymax(t.outline) as north
from territory t where cast(:territory as uuid) is null or t.id = :territory order by t.name
""")


@dataclass(frozen=True, slots=True)
class TerritoryBox:
    """A territory's box in EPSG:4326."""

    name: str
    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float) -> bool:
        """Tell whether a position is in the box."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north


def search(
    session: Session,
    text: str,
    doors: Doors,
    *,
    limit: int,
    territory: UUID | None = None,
    sounds: str | None = None,
) -> list[sa.Row[Any]]:
    """Return what is called `text`, best first: the whole name, its beginning, then anywhere in it.

    Parameters
    ----------
    session : Session
    text : str
    doors : Doors
        Whose address holds the text.
    limit : int
    territory : UUID or None
    sounds : str or None
        Letters of `text` that may be pinyin or initials; None where it has others.
    """
    escaped = escaped_like(text)
    read = read_words(session, text)
    values = {
        "text": text,
        "prefix": f"{escaped}%",
        # greater than all that begins with the text, byte by byte
        "beyond": text + chr(sys.maxunicode),
        "suffix": f"%{escaped}",
        "any": f"%{escaped}%",
        "plain_words": [f"%{escaped_like(word)}%" for word in read.words],
        "plain_prefix": f"{escaped_like(''.join(read.words))}%",
        # signs alone have no gram, and find nothing
        "grams": read.grams or None,
        **doors.parameters(),
        "sounds": sounds,
        "sounds_prefix": None if sounds is None else f"{sounds}%",
        "sounds_any": None if sounds is None else f"%{sounds}%",
        "words": [f"%{escaped_like(word)}%" for word in text.split()],
        "limit": limit,
        "territory": territory,
        # cameras are found by how they are reached on their network
        "network": may_name(session),
        "own_id": _uuid(text),
    }
    return list(session.execute(_SEARCH, values))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def territory_boxes(session: Session, territory: UUID | None = None) -> list[TerritoryBox]:
    """Return the boxes of the territories."""
    rows = session.execute(_TERRITORIES, {"territory": territory})
    return [TerritoryBox(row.name, row.west, row.south, row.east, row.north) for row in rows]
