"""SQL of renewing the figures of a draft: counts of atoms and grids, whole columns at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import Grid, GridVersion

_ATOMS = sa.text("""
update atom a set demand = n.demand, dwellings = n.doors
from unnest(cast(:label as int[]), cast(:demand as int[]), cast(:doors as int[])) as n(label, demand, doors)
where a.plan_id = :plan and a.label = n.label and (a.demand, a.dwellings) is distinct from (n.demand, n.doors)
""")
_GRIDS = sa.text("""
update grid_version v
set households = n.households, dwellings = n.dwellings, deviation = n.deviation, revision = revision + n.raised
from unnest(cast(:grid as uuid[]), cast(:households as int[]), cast(:dwellings as int[]),
            cast(:deviation as float8[]), cast(:raised as int[])) as n(grid, households, dwellings, deviation, raised)
where v.plan_id = :plan and v.grid_id = n.grid
""")


def grid_figures(session: Session, plan_id: UUID) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the figures of a plan's grids, in code order."""
    statement = (
        sa.select(
            GridVersion.grid_id, Grid.code, GridVersion.area_id, GridVersion.households, GridVersion.dwellings,
            GridVersion.deviation, GridVersion.revision,
        )
        .join(Grid, Grid.id == GridVersion.grid_id)
        .where(GridVersion.plan_id == plan_id)
        .order_by(Grid.code)
    )  # fmt: skip
    return session.execute(statement).all()


def write_atoms(
    session: Session,
    plan_id: UUID,
    label: npt.NDArray[Any],
    demand: npt.NDArray[np.int64],
    doors: npt.NDArray[np.int64],
) -> None:
    """Write households and doors of a plan's atoms; rows that hold them already are left alone."""
    values = {"plan": plan_id, "label": np.asarray(label).tolist(), "demand": demand.tolist(), "doors": doors.tolist()}
    session.execute(_ATOMS, values)


def write_grids(
    session: Session,
    plan_id: UUID,
    grids: Sequence[UUID],
    *,
    households: npt.NDArray[np.int64],
    dwellings: npt.NDArray[np.int64],
    deviation: npt.NDArray[np.float64],
    raised: npt.NDArray[np.bool_],
) -> None:
    """Write the figures of a plan's grids; the revision goes up where `raised`."""
    values = {
        "plan": plan_id, "grid": list(grids), "households": households.tolist(), "dwellings": dwellings.tolist(),
        "deviation": deviation.tolist(), "raised": raised.astype(int).tolist(),
    }  # fmt: skip
    session.execute(_GRIDS, values)
