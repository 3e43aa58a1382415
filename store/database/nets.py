"""SQL of professional nets: what they are mapped from, what they share with household grids, whose code is whose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session, aliased

from store.database.bulk import Columns, copy_rows, read_columns, wkb
from store.database.models import (
    Camera,
    Component,
    Dwelling,
    Facility,
    Grid,
    GridVersion,
    KeyPlace,
    NetShare,
    Plan,
)

#: Kinds whose plans are nets beside the household grids: they need not cover the ground.
NET_KINDS = ("police", "safety", "dedicated")
SHARE_COLUMNS = (
    "plan_id", "base_plan_id", "net_grid_id", "grid_id", "area_m2", "share_of_net", "share_of_grid", "households",
    "objects",
)  # fmt: skip
_OBJECTS: dict[str, Any] = {"cameras": Camera, "key_places": KeyPlace, "facilities": Facility, "components": Component}


@dataclass(frozen=True, slots=True)
class KnownCode:
    """A grid code that was given before.

    Attributes
    ----------
    ended : bool
        Whether its grid was in use once and is in no live plan any more.
    """

    grid_id: UUID
    kind: str
    territory_id: UUID
    ended: bool


def known_codes(session: Session, codes: Sequence[str], *, kind: str, territory_id: UUID) -> dict[str, KnownCode]:
    """Return which of these codes are given, and to what; else which drafts of the kind have them, the newest first."""
    published = sa.exists().where(GridVersion.grid_id == Grid.id, GridVersion.valid.is_not(None))
    live = sa.exists().where(
        GridVersion.grid_id == Grid.id,
        Plan.id == GridVersion.plan_id,
        Plan.status.in_(("review", "scheduled", "published")),
    )
    given = Grid.code_given_at.is_not(None)
    statement = (
        sa.select(Grid.code, Grid.id, Grid.kind, Grid.territory_id, sa.and_(published, ~live).label("ended"))
        .where(Grid.code == sa.any_(sa.cast(list(codes), sa.ARRAY(sa.Text))))
        .where(sa.or_(given, sa.and_(Grid.kind == kind, Grid.territory_id == territory_id)))
        .ext(pg.distinct_on(Grid.code))
        .order_by(Grid.code, given.desc(), Grid.created_at.desc(), Grid.fid.desc())
    )
    rows = session.execute(statement)
    return {row.code: KnownCode(row.id, row.kind, row.territory_id, row.ended) for row in rows}


def read_doors(session: Session, territory_id: UUID) -> Columns:
    """Return households and point of every dwelling."""
    statement = sa.select(Dwelling.households, wkb(Dwelling.point).label("point"))
    return read_columns(
        session, statement.where(Dwelling.territory_id == territory_id).order_by(Dwelling.fid), geometry=["point"]
    )


def read_objects(session: Session, territory_id: UUID) -> Columns:
    """Return kind (cameras, key_places, facilities, components) and point of every object that nets are counted by."""
    parts = [
        sa.select(sa.literal(kind).label("kind"), wkb(table.point).label("point")).where(
            table.territory_id == territory_id
        )
        for kind, table in _OBJECTS.items()
    ]
    return read_columns(session, sa.select(sa.union_all(*parts).subquery()), geometry=["point"])


def net_shapes(session: Session, plan_id: UUID) -> Columns:
    """Return id, code, floors, load, households, exclave flag and shape of a net's grids, in code order."""
    statement = (
        sa.select(
            Grid.id, Grid.code, GridVersion.area_id, GridVersion.floor_low, GridVersion.floor_high, GridVersion.zone,
            GridVersion.load, GridVersion.households, GridVersion.exclave, wkb(GridVersion.geom).label("geom"),
        )
        .join(Grid, Grid.id == GridVersion.grid_id)
        .where(GridVersion.plan_id == plan_id)
        .order_by(Grid.code)
    )  # fmt: skip
    return read_columns(session, statement, geometry=["geom"])


def live_net_plans(session: Session, territory_id: UUID) -> list[UUID]:
    """Return the plans of nets of a territory that are not retired."""
    statement = sa.select(Plan.id).where(
        Plan.territory_id == territory_id, Plan.kind.in_(NET_KINDS), Plan.status != "retired"
    )
    return list(session.scalars(statement.order_by(Plan.created_at, Plan.id)))


def replace_shares(session: Session, plan_id: UUID, rows: Iterable[Sequence[Any]]) -> int:
    """Put new shares of a net in the place of the old ones; return how many."""
    session.execute(sa.delete(NetShare).where(NetShare.plan_id == plan_id))
    return copy_rows(session, "net_share", SHARE_COLUMNS, rows)


def read_shares(session: Session, plan_id: UUID, grid_id: UUID | None = None) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return what a net shares with household grids, by the net's code; of one grid of either side when it is named."""
    net, base = aliased(Grid), aliased(Grid)
    mine, theirs = aliased(GridVersion), aliased(GridVersion)
    statement = (
        sa.select(
            NetShare.net_grid_id, net.code.label("net_code"), mine.name.label("net_name"), NetShare.grid_id,
            base.code.label("grid_code"), theirs.name.label("grid_name"), NetShare.area_m2, NetShare.share_of_net,
            NetShare.share_of_grid, NetShare.households, NetShare.objects,
        )
        .outerjoin(net, net.id == NetShare.net_grid_id)
        .outerjoin(mine, sa.and_(mine.grid_id == net.id, mine.plan_id == NetShare.plan_id))
        .outerjoin(base, base.id == NetShare.grid_id)
        .outerjoin(theirs, sa.and_(theirs.grid_id == base.id, theirs.plan_id == NetShare.base_plan_id))
        .where(NetShare.plan_id == plan_id)
        .order_by(net.code.nulls_last(), base.code.nulls_last())
    )  # fmt: skip
    if grid_id is not None:
        statement = statement.where(sa.or_(NetShare.net_grid_id == grid_id, NetShare.grid_id == grid_id))
    return session.execute(statement).all()


def nets_of_grid(session: Session, grid_id: UUID) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the grids of the nets in use that share a household grid, the largest share of each net first.

    Of each kind the published net counts, else the newest draft.
    """
    current = (
        sa.select(Plan.id, Plan.kind, Plan.name)
        .where(Plan.kind.in_(NET_KINDS), Plan.status != "retired")
        .ext(pg.distinct_on(Plan.territory_id, Plan.kind))
        .order_by(Plan.territory_id, Plan.kind, (Plan.status == "published").desc(), Plan.created_at.desc())
        .subquery("current")
    )
    statement = (
        sa.select(
            current.c.kind, current.c.id.label("plan_id"), current.c.name.label("plan_name"), Grid.id, Grid.code,
            GridVersion.name, GridVersion.floor_low, GridVersion.floor_high, GridVersion.zone, NetShare.area_m2,
            NetShare.share_of_grid, NetShare.share_of_net, NetShare.households, NetShare.objects,
        )
        .join(NetShare, NetShare.plan_id == current.c.id)
        .join(Grid, Grid.id == NetShare.net_grid_id)
        .join(GridVersion, sa.and_(GridVersion.grid_id == Grid.id, GridVersion.plan_id == current.c.id))
        .where(NetShare.grid_id == grid_id)
        .order_by(current.c.kind, NetShare.share_of_grid.desc(), Grid.code)
    )  # fmt: skip
    return session.execute(statement).all()
