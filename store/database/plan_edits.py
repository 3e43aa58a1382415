"""SQL of plan edits: what an edit reads, the rows it locks, and writing one state of some grids over another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from store.database import grid_codes
from store.database.bulk import Columns, read_columns, wkb
from store.database.models import Atom, Dwelling, Edit, Grid, GridVersion
from store.database.plans import count_rows

Image = dict[str, Any]
Box = tuple[float, float, float, float]

#: Degrees within which stored borders count as touching: a tenth of a millimetre.
TOUCH = 1e-9
#: What a grid is at one moment; `deviation` follows from its neighbours, `fid` is the map's own, and both codes are
#: those of the grid and its area, written by triggers: a new grid has not those of the one that it was cut from.
_SHAPES = frozenset({"geom", "label_point"})
_LEFT_OUT = frozenset({"fid", "geom_3857", "deviation", "code", "area_code"})
STATE = tuple(column.name for column in GridVersion.__table__.columns if column.name not in _LEFT_OUT)
# as text: building such a statement anew for each edit takes longer than running it
_VERSIONS = sa.text(
    f"select {', '.join(f'v.{name}::text as {name}' if name in _SHAPES else f'v.{name}' for name in STATE)},"  # noqa: S608
    " g.code as _code, a.code as _area_code from grid_version v"
    " join grid g on g.id = v.grid_id join area a on a.id = v.area_id"
    " where v.plan_id = :plan and v.grid_id = any(:grids) order by v.grid_id"
)
_OPEN = sa.text(
    "select p.id, p.status, p.kind, p.spec, p.territory_id, t.metric_srid"
    " from plan p join territory t on t.id = p.territory_id where p.id = :plan for share of p"
)
_NEIGHBOURS = sa.text(
    "select distinct o.grid_id from grid_version v join grid_version o"
    " on o.geom && st_expand(v.geom, :touch) and o.plan_id = v.plan_id and st_dwithin(v.geom, o.geom, :touch)"
    " where v.plan_id = :plan and v.grid_id = any(:grids)"
)
_PLACE = sa.text(
    "select st_x(label_point), st_y(label_point) from grid_version where grid_id = any(:grids)"
    " order by plan_id <> :plan, array_position(cast(:grids as uuid[]), grid_id), fid desc limit 1"
)
_MIDDLE = sa.text(
    "select st_x(label_point), st_y(label_point) from grid_version where plan_id = :plan order by label_point <->"
    " (select st_setsrid(st_centroid(st_extent(geom)::geometry), 4326) from grid_version where plan_id = :plan) limit 1"
)
_ATOMS = sa.text(
    "select label, grid_id, area_id, demand, dwellings, st_asbinary(geom) as geom from atom"
    " where plan_id = :plan and grid_id = any(:grids) order by label"
)
_LOCK = sa.text(
    "select grid_id, revision from grid_version where plan_id = :plan and grid_id = any(:grids)"
    " order by grid_id for update"
)


def _any(column: Any, values: Iterable[Any]) -> Any:  # noqa: ANN401 - a column expression in, a condition out
    """Compare with a list as one parameter: one prepared statement for lists of every length."""
    return column == sa.any_(sa.bindparam(None, list(values), type_=pg.ARRAY(column.type), unique=True))


def open_for_edit(session: Session, plan_id: UUID) -> sa.Row[*tuple[Any, ...]] | None:
    """Return status, kind, spec, territory and metric CRS of a plan, and keep its status until the transaction ends.

    The lock is shared: edits don't wait for each other, only for somebody who publishes or retires the plan.
    """
    return session.execute(_OPEN, {"plan": plan_id}).first()


def read_versions(session: Session, plan_id: UUID, grid_ids: Iterable[UUID]) -> list[Image]:
    """Return the state of grids in a plan as JSON-able rows, in id order, with code and area code beside them."""
    rows = session.execute(_VERSIONS, {"plan": plan_id, "grids": list(grid_ids)}).mappings()
    return [{key: str(value) if isinstance(value, UUID) else value for key, value in row.items()} for row in rows]


def neighbours_of(session: Session, plan_id: UUID, grid_ids: Iterable[UUID]) -> list[UUID]:
    """Return the grids that touch any of some grids, those included."""
    return list(session.scalars(_NEIGHBOURS, {"plan": plan_id, "grids": list(grid_ids), "touch": TOUCH}))


def grid_ids(session: Session, plan_id: UUID) -> list[UUID]:
    """Return the grids of a plan in code order."""
    return list(
        session.scalars(
            sa.select(GridVersion.grid_id)
            .join(Grid, Grid.id == GridVersion.grid_id)
            .where(GridVersion.plan_id == plan_id)
            .order_by(Grid.code)
        )
    )


def grids_in_sight(session: Session, grid_ids: Iterable[UUID]) -> set[UUID]:
    """Return those of some grids that row security shows, whatever plan they are in."""
    return set(session.scalars(sa.select(Grid.id).where(_any(Grid.id, grid_ids))))


def grids_under(session: Session, plan_id: UUID, shape: object) -> list[UUID]:
    """Return the grids of a plan that a shape (EPSG:4326) touches."""
    drawn = sa.bindparam("drawn", shape, type_=GridVersion.__table__.c.geom.type)
    statement = sa.select(GridVersion.grid_id).where(
        GridVersion.geom.op("&&")(drawn), GridVersion.plan_id == plan_id, sa.func.ST_Intersects(GridVersion.geom, drawn)
    )
    return list(session.scalars(statement))


def place_of_grids(session: Session, plan_id: UUID, grid_ids: Sequence[UUID]) -> list[float] | None:
    """Return a point (lon, lat) inside the first of some grids: in the plan, else where another plan has it."""
    row = session.execute(_PLACE, {"plan": plan_id, "grids": list(grid_ids)}).first()
    return None if row is None else [round(float(each), 9) for each in row]


def place_of_plan(session: Session, plan_id: UUID) -> list[float] | None:
    """Return a point (lon, lat) inside the grid in the middle of a plan."""
    row = session.execute(_MIDDLE, {"plan": plan_id}).first()
    return None if row is None else [round(float(each), 9) for each in row]


def grids_of_atoms(session: Session, plan_id: UUID, labels: Sequence[int]) -> dict[int, UUID]:
    """Return the grid of each atom that there is."""
    rows = session.execute(sa.select(Atom.label, Atom.grid_id).where(Atom.plan_id == plan_id, _any(Atom.label, labels)))
    return {int(label): grid for label, grid in rows if grid is not None}


def read_atoms(session: Session, plan_id: UUID, grid_ids: Iterable[UUID]) -> Columns:
    """Return label, grid, area, demand, dwellings and shape of the atoms of some grids, in label order."""
    return read_columns(session, _ATOMS.bindparams(plan=plan_id, grids=list(grid_ids)), geometry=["geom"])


def count_atoms(session: Session, plan_id: UUID, grid_ids: Iterable[UUID]) -> int:
    """Return of how many atoms some grids consist."""
    statement = sa.select(sa.func.count()).where(Atom.plan_id == plan_id, _any(Atom.grid_id, grid_ids))
    return session.scalars(statement).one()


def labels_of(session: Session, plan_id: UUID, grid_ids: Iterable[UUID]) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return label and grid of every atom of some grids, in label order."""
    return session.execute(
        sa.select(Atom.label, Atom.grid_id)
        .where(Atom.plan_id == plan_id, _any(Atom.grid_id, grid_ids))
        .order_by(Atom.label)
    ).all()


def read_doors(session: Session, territory_id: UUID, box: Box) -> Columns:
    """Return households and point of the dwellings in a box."""
    envelope = sa.func.ST_MakeEnvelope(*box, 4326)
    statement = (
        sa.select(Dwelling.households, wkb(Dwelling.point).label("point"))
        .where(Dwelling.point.op("&&")(envelope), Dwelling.territory_id == territory_id)
        .order_by(Dwelling.fid)
    )
    return read_columns(session, statement, geometry=["point"])


def parent_ground(session: Session, plan_id: UUID, area_id: UUID, parent_grid_id: UUID | None) -> Columns:
    """Return the shapes of all grids of one parent."""
    parent = GridVersion.parent_grid_id
    statement = sa.select(GridVersion.grid_id, wkb(GridVersion.geom).label("geom")).where(
        GridVersion.plan_id == plan_id,
        GridVersion.area_id == area_id,
        parent.is_(None) if parent_grid_id is None else parent == parent_grid_id,
    )
    return read_columns(session, statement, geometry=["geom"])


def grids_gone(session: Session, plan_id: UUID, grid_ids: Sequence[UUID]) -> list[UUID]:
    """Return those of some grids that edits took out of a plan."""
    here = set(
        session.scalars(
            sa.select(GridVersion.grid_id).where(GridVersion.plan_id == plan_id, _any(GridVersion.grid_id, grid_ids))
        )
    )
    touched = session.scalars(
        sa.select(sa.func.unnest(Edit.grids)).where(Edit.plan_id == plan_id, Edit.grids.overlap(list(grid_ids)))
    )
    return sorted(set(touched).intersection(grid_ids) - here)


def lock_versions(session: Session, plan_id: UUID, grid_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Lock the rows of some grids, in id order so that two edits can't wait for each other in a ring.

    Returns
    -------
    dict of UUID to int
        The revision of each that is there.
    """
    rows = session.execute(_LOCK, {"plan": plan_id, "grids": sorted(set(grid_ids))})
    return {grid: int(revision) for grid, revision in rows}


def claim_code(session: Session, plan_id: UUID, stem: str, digits: int, claimed: Collection[str] = ()) -> str | None:
    """Take the next free code of a stem for a plan without waiting for others who are just taking one.

    A number that this edit has `claimed` already is passed over, and so is one held by an unfinished transaction; a
    proposal, which numbers whole areas, is waited for.

    Returns
    -------
    str or None
        None when the stem has no number left.
    """
    session.execute(sa.text("select pg_advisory_xact_lock_shared(hashtext('grid codes'))"))
    lock = sa.text("select pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
    number = grid_codes.highest_serial(session, plan_id, stem, digits) + 1
    while number < 10**digits:
        code = f"{stem}{number:0{digits}d}"
        mine = code not in claimed and session.scalar(lock, {"name": f"code {plan_id} {code}"})
        if mine and not grid_codes.code_is_taken(session, plan_id, code):
            return code
        number += 1
    return None


def add_grids(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert grid identities."""
    if rows:
        session.execute(sa.insert(Grid), list(rows))


def new_labels(session: Session, count: int) -> list[int]:
    """Take labels for atoms that were cut."""
    if not count:
        return []
    return list(
        session.scalars(
            sa.text("select nextval('atom_label_seq')::int from generate_series(1, :count)"), {"count": count}
        )
    )


def write_versions(session: Session, plan_id: UUID, images: Sequence[Image], gone: Sequence[UUID]) -> None:
    """Put grids of a plan into the given states, and take out those that are gone."""
    if gone:
        session.execute(
            sa.delete(GridVersion)
            .where(GridVersion.plan_id == plan_id, _any(GridVersion.grid_id, gone))
            .execution_options(synchronize_session=False)
        )
    if not images:
        return
    names = ", ".join(STATE)
    kept = ", ".join(f"{name} = excluded.{name}" for name in STATE if name not in ("id", "plan_id", "grid_id"))
    session.execute(
        sa.text(
            f"insert into grid_version ({names}, deviation) "  # noqa: S608 - names of our own columns
            f"select {names}, 0 from jsonb_populate_recordset(null::grid_version, cast(:rows as jsonb)) "
            f"on conflict (plan_id, grid_id) do update set {kept}"
        ),
        {"rows": _json([{name: image.get(name) for name in STATE} for image in images])},
    )


def retire_atoms(session: Session, plan_id: UUID, labels: Sequence[int]) -> None:
    """Move atoms out of the plan, keeping them for undo."""
    if labels:
        session.execute(
            sa.text(
                "with gone as (delete from atom where plan_id = :plan and label = any(:labels)"
                " returning plan_id, label, area_id, demand, dwellings, geom)"
                " insert into atom_past (plan_id, label, area_id, demand, dwellings, geom) select * from gone"
            ),
            {"plan": plan_id, "labels": list(labels)},
        )


def restore_atoms(session: Session, plan_id: UUID, grid_of: Mapping[int, UUID]) -> None:
    """Bring atoms back into the plan under the given grids."""
    if grid_of:
        session.execute(
            sa.text(
                "with back as (delete from atom_past where plan_id = :plan and label = any(:labels)"
                " returning plan_id, label, area_id, demand, dwellings, geom)"
                " insert into atom (plan_id, label, grid_id, area_id, demand, dwellings, geom)"
                " select b.plan_id, b.label, t.grid_id, b.area_id, b.demand, b.dwellings, b.geom from back b"
                " join unnest(cast(:labels as int[]), cast(:grids as uuid[])) t(label, grid_id) on t.label = b.label"
            ),
            {"plan": plan_id, "labels": list(grid_of), "grids": list(grid_of.values())},
        )


def copy_past_atoms(session: Session, source: UUID, target: UUID, labels: Sequence[int]) -> None:
    """Copy atoms that a plan once had to those that another can bring back."""
    if labels:
        session.execute(
            sa.text(
                "insert into atom_past (plan_id, label, area_id, demand, dwellings, geom)"
                " select :target, label, area_id, demand, dwellings, geom from atom_past"
                " where plan_id = :source and label = any(:labels)"
            ),
            {"source": source, "target": target, "labels": list(labels)},
        )


def move_atoms(session: Session, plan_id: UUID, grid_of: Mapping[int, UUID]) -> None:
    """Put atoms under other grids."""
    if grid_of:
        session.execute(
            sa.text(
                "update atom a set grid_id = t.grid_id"
                " from unnest(cast(:labels as int[]), cast(:grids as uuid[])) t(label, grid_id)"
                " where a.plan_id = :plan and a.label = t.label"
            ),
            {"plan": plan_id, "labels": list(grid_of), "grids": list(grid_of.values())},
        )


def add_atoms(session: Session, plan_id: UUID, atoms: Sequence[Mapping[str, Any]]) -> None:
    """Insert atoms; each row has label, grid_id, area_id, demand, dwellings and geom (hex EWKB)."""
    if atoms:
        session.execute(
            sa.text(
                "insert into atom (plan_id, label, grid_id, area_id, demand, dwellings, geom)"
                " select plan_id, label, grid_id, area_id, demand, dwellings, geom"
                " from jsonb_populate_recordset(null::atom, cast(:rows as jsonb))"
            ),
            {"rows": _json([{"plan_id": plan_id, **atom} for atom in atoms])},
        )


def renew_deviations(
    session: Session, plan_id: UUID, areas: Sequence[UUID], grid_ids: Sequence[UUID] | None = None
) -> None:
    """Set how far grids are from the mean of their parent.

    Parameters
    ----------
    session : Session
    plan_id : UUID
    areas : sequence of UUID
        Whose grids changed.
    grid_ids : sequence of UUID, optional
        Only these, which must be locked; otherwise all grids of the areas whose mean changed. Those are for the very
        end of a transaction: a lock for each area puts two ends in an order, so that the later one sees what the
        earlier changed, and grids that somebody is just editing are passed over, since that edit ends here, too.
    """
    if grid_ids is None:
        for area in sorted(areas):
            session.execute(
                sa.text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"mean {plan_id} {area}"}
            )
    session.execute(
        sa.text("""
            with mean as (
                select area_id, parent_grid_id, sum(households)::float8 / count(*) as households
                from grid_version where plan_id = :plan and area_id = any(:areas)
                group by area_id, parent_grid_id
            ), figure as (
                select v.id, case when m.households > 0
                    then (v.households - m.households) / m.households else 0 end as deviation
                from grid_version v join mean m
                    on m.area_id = v.area_id and m.parent_grid_id is not distinct from v.parent_grid_id
                where v.plan_id = :plan and v.area_id = any(:areas)
                    and (cast(:grids as uuid[]) is null or v.grid_id = any(:grids))
            ), changed as (
                select v.id from grid_version v join figure f on f.id = v.id
                where v.deviation is distinct from f.deviation
                for update of v skip locked
            )
            update grid_version v set deviation = f.deviation
            from figure f where f.id = v.id and v.id in (select id from changed)
        """),
        {"plan": plan_id, "areas": list(areas), "grids": None if grid_ids is None else list(grid_ids)},
    )


def copy_plan(session: Session, source: UUID, target: UUID) -> None:
    """Copy grids and atoms of a plan under another: same identities, same labels, same shapes to the last bit."""
    names = [name for name in STATE if name not in ("id", "plan_id", "revision", "valid")] + ["deviation"]
    listed = ", ".join(names)
    session.execute(
        sa.text(
            f"insert into grid_version (plan_id, {listed})"  # noqa: S608 - names of our own columns
            f" select :target, {listed} from grid_version where plan_id = :source order by grid_id"
        ),
        {"source": source, "target": target},
    )
    session.execute(
        sa.text(
            # with their area's code: looking it up for each of a county's atoms takes longer than writing them
            "insert into atom (plan_id, label, grid_id, area_id, area_code, demand, dwellings, geom)"
            " select :target, label, grid_id, area_id, area_code, demand, dwellings, geom from atom"
            " where plan_id = :source"
            " order by label"
        ),
        {"source": source, "target": target},
    )
    count_rows(session)


def _json(rows: object) -> str:
    return orjson.dumps(rows, default=str).decode()
