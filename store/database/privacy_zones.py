"""SQL of privacy zones: ground that no proposed camera may look at, and cameras that look there today."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import wkb
from store.database.cameras import name_sql
from store.database.models import PrivacyZone

_LOOKING_IN = """
select c.id, {name} as ref,
       st_area(st_intersection(z.geom, s.geom)::geography) as overlap_m2, s.assumed
from privacy_zone z join view_shed s on s.geom && z.geom and st_intersects(s.geom, z.geom)
join camera c on c.id = s.camera_id
where z.id = :zone and s.territory_id = z.territory_id
order by overlap_m2 desc, c.fid
"""
_LISTED = sa.text("""
select z.id, z.kind, z.reason, st_asbinary(z.geom) as geom, st_area(z.geom::geography) as area_m2, a.display as author,
       z.created_at, z.revision,
       (select count(*) from view_shed s
        where s.geom && z.geom and s.territory_id = z.territory_id and st_intersects(s.geom, z.geom)) as cameras
from privacy_zone z left join account a on a.id = z.author_id
where z.territory_id = :territory and (cast(:zone as uuid) is null or z.id = :zone)
order by z.created_at desc, z.id
""")


def list_zones(session: Session, territory_id: UUID, zone_id: UUID | None = None) -> list[dict[str, Any]]:
    """Return the zones of a territory (or one of them), newest first, with how many cameras look in today."""
    rows = session.execute(_LISTED, {"territory": territory_id, "zone": zone_id}).mappings()
    return [dict(row) for row in rows]


def cameras_looking_in(session: Session, zone_id: UUID) -> list[dict[str, Any]]:
    """Return the cameras whose stored view reaches into a zone, the one that sees most of it first."""
    statement = sa.text(_LOOKING_IN.format(name=name_sql(session)))
    return [dict(row) for row in session.execute(statement, {"zone": zone_id}).mappings()]


def find_zone(session: Session, zone_id: UUID, *, lock: bool = False) -> PrivacyZone | None:
    """Return a zone by its id."""
    statement = sa.select(PrivacyZone).where(PrivacyZone.id == zone_id)
    return session.scalars(statement.with_for_update() if lock else statement).first()


def zone_shapes(session: Session, territory_id: UUID) -> list[sa.Row[UUID, str, str, bytes]]:
    """Return id, kind, reason and WKB of each zone of a territory, in a fixed order."""
    statement = (
        sa.select(PrivacyZone.id, PrivacyZone.kind, PrivacyZone.reason, wkb(PrivacyZone.geom).label("geom"))
        .where(PrivacyZone.territory_id == territory_id)
        .order_by(PrivacyZone.created_at, PrivacyZone.id)
    )
    return list(session.execute(statement).all())
