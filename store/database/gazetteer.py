"""SQL of the gazetteer: names and where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import copy_rows

# what a name is within tells two of the same name apart: the town of a village, the village of a street
_SOURCES = sa.text("""
with today as materialized (
    select id, name, names, path, geom, area_code from area
    where territory_id = :territory and valid @> current_date and name <> ''
), leaf as materialized (
    select a.* from today a where not exists (select from today c where c.path like a.path || '.%')
)
select 'area' as kind, a.id as ref_id, a.name, a.names,
       coalesce((select p.name from today p where p.path = regexp_replace(a.path, '\\.[^.]*$', '') and p.path <> a.path
                 limit 1), '') as within,
       st_pointonsurface(a.geom) as at, sqrt(st_area(a.geom::geography) / pi()) as reach, a.area_code
from today a
union all
select 'street', (array_agg(s.id order by s.fid))[1], s.name, jsonb_object_agg(n.name, n.name)
           filter (where n.name is not null), coalesce(l.name, ''),
       st_pointonsurface((array_agg(s.geom order by s.fid))[1]),
       least(2000, st_length(st_boundingdiagonal(st_extent(s.geom)::geometry)::geography) / 2), coalesce(l.area_code, 0)
from street s left join lateral (
    select l.name, l.area_code from leaf l
    where l.geom && st_centroid(s.geom) and st_covers(l.geom, st_centroid(s.geom)) limit 1) l on true
left join lateral jsonb_each_text(s.names) n(said, name) on true
where s.territory_id = :territory and s.name <> '' group by s.name, l.name, l.area_code
union all
select 'place', k.id, k.name, k.names, coalesce(l.name, ''), k.point, 0, k.area_code
from key_place k left join leaf l on l.area_code = k.area_code
where k.territory_id = :territory and k.name <> ''
union all
select 'place', f.id, f.name, f.names, coalesce(l.name, ''), f.point, 0, f.area_code
from facility f left join leaf l on l.area_code = f.area_code
where f.territory_id = :territory and f.name <> ''
""")

_DIGEST = sa.text("""
select coalesce(string_agg(layer || ':' || rev, ' ' order by layer), '') from layer_revision
where layer in ('areas', 'streets', 'key_places', 'facilities')
""")

CLOSE_DEG = 0.001
"""A place of the same name that is so near is the same place."""
_NAMED = sa.text("""
select distinct on (g.official, st_snaptogrid(g.point, 0.0005)) g.kind, g.official as label, g.within as detail,
       coalesce(g.ref_id, g.id) as id, st_x(g.point) as lon, st_y(g.point) as lat, g.reach_m, g.name
from gazetteer g
where (cast(:territory as uuid) is null or g.territory_id = :territory)
  and (g.grams @> name_grams(:text) and plain_name(g.name) = plain_name(:text)
       or cast(:sounds as text) is not null and g.sounds = :sounds)
order by g.official, st_snaptogrid(g.point, 0.0005), g.id limit :limit
""")
# "连然镇胜利村": the text is cut wherever what comes before may end in a town's name
_WITHIN = sa.text("""
select distinct on (g.official, st_snaptogrid(g.point, 0.0005)) g.kind, g.official as label, g.within as detail,
       coalesce(g.ref_id, g.id) as id, st_x(g.point) as lon, st_y(g.point) as lat, g.reach_m, g.name
from (select spaced_name(:text) as said) t, generate_series(1, char_length(t.said) - 2) cut, gazetteer g,
     lateral (select plain_name(regexp_replace(g.within, '^.* · ', '')) as town) w  -- an alias stands before its town
where (cast(:territory as uuid) is null or g.territory_id = :territory)
  and g.grams @> name_grams(substr(t.said, cut + 1)) and plain_name(g.name) = plain_name(substr(t.said, cut + 1))
  and w.town <> '' and right(plain_name(left(t.said, cut)), char_length(w.town)) = w.town
order by g.official, st_snaptogrid(g.point, 0.0005), g.id limit :limit
""")
_BEGUN = sa.text("""
select * from (
    select distinct on (g.official, st_snaptogrid(g.point, 0.0005)) g.kind, g.official as label, g.within as detail,
           coalesce(g.ref_id, g.id) as id, st_x(g.point) as lon, st_y(g.point) as lat, g.reach_m, g.name
    from gazetteer g
    where (cast(:territory as uuid) is null or g.territory_id = :territory)
      and (plain_name(:text) <> '' and g.grams @> name_grams(:text)
           and starts_with(plain_name(g.name), plain_name(:text))
           or cast(:sounds as text) is not null and (g.initials = :sounds or starts_with(g.sounds, :sounds)))
    order by g.official, st_snaptogrid(g.point, 0.0005), g.id
) found order by char_length(label), label, id limit :limit
""")


def read_sources(session: Session, territory_id: UUID) -> list[sa.Row[Any]]:
    """Return what has a name in a territory: kind, names, what it is within, point, reach and area."""
    return list(session.execute(_SOURCES, {"territory": territory_id}))


def source_digest(session: Session) -> str:
    """Return a text that changes with the layers that names come from."""
    return str(session.scalar(_DIGEST))


def known_digest(session: Session, territory_id: UUID) -> str | None:
    """Return what the derived names of a territory were made from, None where they never were."""
    found: str | None = session.scalar(
        sa.text("select digest from gazetteer_state where territory_id = :territory"), {"territory": territory_id}
    )
    return found


def territories(session: Session) -> list[UUID]:
    """Return the ids of all territories."""
    return list(session.scalars(sa.text("select id from territory order by id")))


def replace_names(
    session: Session, territory_id: UUID, source: str, rows: Iterable[Sequence[Any]], *, digest: str | None = None
) -> int:
    """Put names of one source in the place of those before.

    Parameters
    ----------
    session : Session
    territory_id : UUID
    source : str
        ``derived``, ``osm`` or ``file``.
    rows : iterable of sequence
        kind, ref_id, name, official, within, sounds, initials, point (hex EWKB), reach_m, area_code.
    digest : str or None
        What derived names were made from.
    """
    session.execute(
        sa.text("delete from gazetteer where territory_id = :territory and source = :source"),
        {"territory": territory_id, "source": source},
    )
    count = add_names(session, territory_id, source, rows)
    if digest is not None:
        session.execute(
            sa.text(
                "insert into gazetteer_state (territory_id, digest) values (:territory, :digest)"
                " on conflict (territory_id) do update set digest = excluded.digest, at = now()"
            ),
            {"territory": territory_id, "digest": digest},
        )
    return count


def add_names(session: Session, territory_id: UUID, source: str, rows: Iterable[Sequence[Any]]) -> int:
    """Add names, in the place of those of the same source for a place so called close by.

    Their n-grams are made where they are searched.
    """
    session.execute(sa.text("drop table if exists name_stage"))
    session.execute(
        sa.text(
            "create temp table name_stage (kind text, ref_id uuid, name text, official text, within text, sounds text,"
            " initials text, point geometry(Point, 4326), reach_m float8, area_code bigint) on commit drop"
        )
    )
    columns = ("kind", "ref_id", "name", "official", "within", "sounds", "initials", "point", "reach_m", "area_code")
    count = copy_rows(session, "name_stage", columns, rows)
    session.execute(
        sa.text(
            "delete from gazetteer g using name_stage n where g.territory_id = :territory and g.source = :source"
            " and g.official = n.official and st_expand(n.point, :close) && g.point"
        ),
        {"territory": territory_id, "source": source, "close": CLOSE_DEG},
    )
    session.execute(
        sa.text(
            f"insert into gazetteer (territory_id, source, {', '.join(columns)}, grams)"  # noqa: S608 - constants
            f" select :territory, :source, {', '.join(columns)}, name_grams(name) from name_stage"
        ),
        {"territory": territory_id, "source": source},
    )
    session.execute(sa.text("drop table name_stage"))
    return count


def find_named(
    session: Session, text: str, *, sounds: str | None, territory: UUID | None = None, limit: int = 11
) -> list[sa.Row[Any]]:
    """Return places that bear a name exactly, officially or as an alias, or sound like it; else after their town's."""
    values = {"text": text, "sounds": sounds, "territory": territory, "limit": limit}
    return list(session.execute(_NAMED, values)) or find_within(session, text, territory=territory, limit=limit)


def find_within(session: Session, text: str, *, territory: UUID | None = None, limit: int = 11) -> list[sa.Row[Any]]:
    """Return places that are called by their town's name and their own behind it."""
    return list(session.execute(_WITHIN, {"text": text, "territory": territory, "limit": limit}))


def find_begun(
    session: Session, text: str, *, sounds: str | None, territory: UUID | None = None, limit: int = 6
) -> list[sa.Row[Any]]:
    """Return places whose name begins so, in signs or in sounds, or has these initials; the shortest names first."""
    values = {"text": text, "sounds": sounds, "territory": territory, "limit": limit}
    return list(session.execute(_BEGUN, values))
