"""Column types shared by every model: geometry as shapely objects, ids and timestamps."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import shapely
import sqlalchemy as sa
from geoalchemy2 import Geometry
from shapely.geometry.base import BaseGeometry
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import Range as Range  # noqa: PLC0414 - for services, which know no SQL
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator

Row = sa.Row[Any]
STORAGE_SRID = 4326
TILE_SRID = 3857


class ShapelyGeometry(TypeDecorator[BaseGeometry]):
    """A PostGIS geometry that is a shapely geometry in Python, EPSG:4326 unless said otherwise.

    Parameters
    ----------
    kind : str
        PostGIS type name, such as ``"POINT"`` or ``"MULTIPOLYGON"``.
    srid : int
        EPSG code of the stored coordinates.
    """

    impl = Geometry
    cache_ok = True

    def __init__(self, kind: str = "GEOMETRY", srid: int = STORAGE_SRID) -> None:
        super().__init__(kind, srid=srid, spatial_index=False)
        self.kind = kind
        self.srid = srid

    def process_bind_param(self, value: BaseGeometry | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write hex EWKB: exact doubles and the SRID in one literal."""
        if value is None:
            return None
        return str(shapely.to_wkb(shapely.set_srid(value, self.srid), hex=True, include_srid=True))

    def process_result_value(self, value: Any, dialect: Dialect) -> BaseGeometry | None:  # noqa: ANN401, ARG002
        """Read whatever GeoAlchemy2 hands over (WKBElement) back into shapely."""
        if value is None:
            return None
        data = value.data if hasattr(value, "data") else value
        geometry: BaseGeometry = shapely.from_wkb(bytes(data) if isinstance(data, memoryview) else data)
        return geometry


class Xid8(sa.types.UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id; never wraps round."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the SQL name of the type."""
        return "xid8"


def tile_geometry(column: str, kind: str) -> Any:  # noqa: ANN401 - mapped_column's own return type is opaque
    """Build the generated Web Mercator copy of `column` that vector tiles are cut from."""
    return mapped_column(
        Geometry(kind, srid=TILE_SRID, spatial_index=False),
        sa.Computed(f"st_transform({column}, {TILE_SRID})", persisted=True),
        nullable=True,
        deferred=True,
    )


UuidKey = Annotated[
    UUID,
    mapped_column(pg.UUID(as_uuid=True), primary_key=True, default=uuid4, server_default=sa.text("gen_random_uuid()")),
]
FeatureId = Annotated[int, mapped_column(sa.BigInteger, sa.Identity(always=True), unique=True)]
At = Annotated[datetime, mapped_column(sa.TIMESTAMP(timezone=True), server_default=sa.func.now())]
MaybeAt = Annotated[datetime | None, mapped_column(sa.TIMESTAMP(timezone=True))]
Json = Annotated[dict[str, Any], mapped_column(pg.JSONB, server_default=sa.text("'{}'::jsonb"))]
Revision = Annotated[int, mapped_column(sa.BigInteger, server_default=sa.text("1"))]


# reflection meets the outbox's column too
ischema_names.setdefault("xid8", Xid8)
