"""SQL of the addresses: what the index of the process is made of, and the doors that it leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.bulk import Columns, read_columns

SAME_SPOT_DEG = 0.0005
"""Doors of one address in one such square are one place; a block of flats has hundreds."""

_REVISIONS = sa.text("""
select coalesce(max(rev) filter (where layer = 'dwellings'), 0) as doors,
       coalesce(max(rev) filter (where layer = 'areas'), 0) as areas
from layer_revision where layer in ('dwellings', 'areas')
""")
_ADDRESSES = sa.text(f"""
select min(fid) as fid, address from dwelling where territory_id = :territory and address <> ''
group by address, st_snaptogrid(point, {SAME_SPOT_DEG}) order by 1
""")  # noqa: S608 - a constant
_CODES = sa.text("select fid, area_code from dwelling where address <> '' order by fid")
_PLACES = sa.text("""
select 'address' as kind, d.address as label, concat_ws(' · ', a.name, d.door_code) as detail, d.id,
       st_x(d.point) as lon, st_y(d.point) as lat, f.rank = 0 as exact
from unnest(cast(:doors as bigint[]), cast(:ranks as int[])) with ordinality as f(fid, rank, place)
join dwelling d on d.fid = f.fid left join area a on a.id = d.area_id order by f.place
""")


@dataclass(frozen=True, slots=True)
class Doors:
    """Doors found, the best first.

    Attributes
    ----------
    numbers : (k,) array of int64
        `fid` of each.
    ranks : (k,) array of int64
        0 where a text is the whole address, 1 its beginning, 2 anywhere in it.
    """

    numbers: npt.NDArray[np.int64]
    ranks: npt.NDArray[np.int64]

    def parameters(self) -> dict[str, list[int]]:
        """Return the arrays as a statement takes them."""
        return {"doors": self.numbers.tolist(), "ranks": self.ranks.tolist()}


def revisions(session: Session) -> tuple[int, int]:
    """Return the revisions of the doors and of the areas that they lie in."""
    row = session.execute(_REVISIONS).one()
    return row.doors, row.areas


def read_addresses(session: Session, territory_id: UUID) -> Columns:
    """Return the addresses of a territory with the first door of each place, in the order of those doors."""
    return read_columns(session, _ADDRESSES.bindparams(territory=territory_id))


def read_area_codes(session: Session) -> Columns:
    """Return the area of each door that has an address, in the order of the doors."""
    return read_columns(session, _CODES)


def read_doors(session: Session, doors: Doors) -> list[sa.Row[Any]]:
    """Return the places of some doors as far as they may be seen, in the order given."""
    return list(session.execute(_PLACES, doors.parameters()))
