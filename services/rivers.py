"""Rivers of a water plan: its reaches, and the river chiefs that each river needs at each level."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from services.plan_views import PlanView, get_plan
from store.database import water as sql
from store.database.work import Box, UnitOfWork
from store.files.reaches import write_rivers

#: Level of area → post of the river's chief there: code, English and Chinese.
CHIEFS = {
    "county": ("county_river_chief", "county river chief", "县级河长"),
    "town": ("town_river_chief", "town river chief", "镇级河长"),
    "village": ("village_river_chief", "village river chief", "村级河长"),
}
#: Words of rosters for these posts besides the two above, lower case.
_ALSO = {"county": ("市级河长", "区级河长"), "town": ("乡级河长", "街道河长", "乡镇河长"), "village": ("社区河长",)}


@dataclass(frozen=True, slots=True)
class LandShare:
    """How much of a reach lies in a land grid."""

    id: UUID
    code: str
    length_m: float
    share: float


@dataclass(frozen=True, slots=True)
class AreaShare:
    """How much of a reach or river lies in an area of a level."""

    id: UUID
    code: str
    kind: str
    name: str
    length_m: float
    share: float


@dataclass(frozen=True, slots=True)
class ReachView:
    """A reach with its warden and the land it passes.

    Attributes
    ----------
    deviation : float
        Signed fraction of the length asked for.
    unfit_reason : str
        Why the length is off: ``short-water`` (the whole water is short), ``uneven-water`` (its length is no multiple
        of the one asked for), ``unbalanced``, or empty.
    bbox : tuple of float
        EPSG:4326.
    """

    id: UUID
    fid: int
    plan_id: UUID
    grid_id: UUID
    code: str
    river: str
    area_code: str
    area_name: str
    length_m: float
    deviation: float
    stub: bool
    fits: bool
    unfit_reason: str
    strip_m2: float
    exclave: bool
    head: dict[str, str] | None
    land_grids: list[LandShare]
    bbox: Box


@dataclass(frozen=True, slots=True)
class PlanReaches:
    """A water plan with its reaches, in code order."""

    plan: PlanView
    target_m: float
    tolerance: float
    reaches: list[ReachView]


@dataclass(frozen=True, slots=True)
class ChiefPost:
    """A post to fill: the chief of a river in an area; `holders` are those on the roster who have it.

    Attributes
    ----------
    post : str
        ``county_river_chief``, ``town_river_chief`` or ``village_river_chief``.
    level : str
        Kind of the area.
    holders : list of dict
        Work number and name.
    """

    post: str
    level: str
    area: AreaShare
    holders: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RiverView:
    """A named river across the levels."""

    name: str
    length_m: float
    reaches: int
    posts: list[ChiefPost]


@dataclass(frozen=True, slots=True)
class PlanRivers:
    """The named rivers of a water plan, the longest first, and the waters that have no name."""

    plan: PlanView
    rivers: list[RiverView]
    unnamed_m: float
    unnamed_reaches: int
    posts: int
    filled: int


def plan_reaches(work: UnitOfWork, plan_id: UUID) -> PlanReaches:
    """Return the reaches of a water plan.

    Raises
    ------
    NotFoundError
        No such plan, or not a water plan.
    """
    plan = sql.water_plan(work.session, plan_id)
    reaches = [_reach(row) for row in sql.list_reaches(work.session, plan_id)]
    spec = plan.spec
    return PlanReaches(
        get_plan(work, plan_id), float(spec.get("target") or 0), float(spec.get("tolerance", 0.2)), reaches
    )


def get_reach(work: UnitOfWork, reach_id: UUID) -> tuple[ReachView, list[AreaShare]]:
    """Return one reach and the areas of every level that it passes.

    Raises
    ------
    NotFoundError
        No such reach.
    """
    plan_id = sql.plan_of_reach(work.session, reach_id)
    reach = _reach(sql.list_reaches(work.session, plan_id, reach_id)[0])
    areas = [_area(row) for row in sql.reach_areas(work.session, reach_id)]
    return reach, sorted(areas, key=lambda area: (_rank(area.kind), -area.share))


def plan_rivers(work: UnitOfWork, plan_id: UUID) -> PlanRivers:
    """Return, for each named river of a water plan, the areas it passes at each level and the chiefs it needs there.

    Raises
    ------
    NotFoundError
        No such plan, or not a water plan.
    """
    plan = sql.water_plan(work.session, plan_id)
    holders = _holders(work, plan.territory_id)
    counted = {row.river: row for row in sql.reaches_by_river(work.session, plan_id)}
    posts: dict[str, list[ChiefPost]] = {}
    longest: dict[str, float] = {}
    for row in sql.river_areas(work.session, plan_id):
        if row.kind in CHIEFS:
            found = holders.get((row.kind, row.id), [])
            posts.setdefault(row.river, []).append(ChiefPost(CHIEFS[row.kind][0], row.kind, _area(row), found))
        # the river's own length: a level that covers it whole says it best
        longest[row.river] = max(longest.get(row.river, 0.0), row.length_m / row.share if row.share else 0.0)
    rivers = [
        RiverView(
            name,
            metres,
            counted[name].reaches if name in counted else 0,
            sorted(posts.get(name, []), key=lambda post: (_rank(post.level), -post.area.length_m)),
        )
        for name, metres in longest.items()
    ]
    rivers.sort(key=lambda river: (-river.length_m, river.name))
    every = [post for river in rivers for post in river.posts]
    plain = counted.get("")
    return PlanRivers(
        plan=get_plan(work, plan_id),
        rivers=rivers,
        unnamed_m=float(plain.metres) if plain else 0.0,
        unnamed_reaches=plain.reaches if plain else 0,
        posts=len(every),
        filled=sum(bool(post.holders) for post in every),
    )


def save_rivers(rows: list[tuple[Any, ...]], path: Path) -> None:
    """Write the rivers table (`river_rows`) to a CSV or XLSX file, one row for each post.

    Raises
    ------
    InvalidInputError
        The ending is neither .csv nor .xlsx.
    UnavailableError
        The file can't be written.
    """
    write_rivers(path, ("river", "level", "post", "area_code", "area", "metres", "share", "holders"), rows)


def river_rows(found: PlanRivers) -> list[tuple[Any, ...]]:
    """Return one row for each post of each river, as files and terminals show it."""
    return [
        (
            river.name,
            post.level,
            CHIEFS[post.level][2],
            post.area.code,
            post.area.name,
            round(post.area.length_m, 1),
            round(post.area.share, 4),
            ", ".join(f"{holder['work_no']} {holder['name']}" for holder in post.holders),
        )
        for river in found.rivers
        for post in river.posts
    ]


def _holders(work: UnitOfWork, territory_id: UUID) -> dict[tuple[str, UUID], list[dict[str, str]]]:
    """Return who on the roster is river chief of an area, by level and area."""
    level_of = {words: level for level, (_, en, zh) in CHIEFS.items() for words in (en, zh, *_ALSO.get(level, ()))}
    found: dict[tuple[str, UUID], list[dict[str, str]]] = {}
    for row in sql.chiefs_in(work.session, territory_id, list(level_of)):
        if row.area_id is not None:
            key = (level_of[row.post], row.area_id)
            found.setdefault(key, []).append({"work_no": row.work_no, "name": row.name})
    return found


def _rank(kind: str) -> int:
    order = [*CHIEFS, "group"]
    return order.index(kind) if kind in order else len(order)


def _area(row: Any) -> AreaShare:  # noqa: ANN401 - a database row
    return AreaShare(row.id, row.code, row.kind, row.name, row.length_m, row.share)


def _reach(row: Any) -> ReachView:  # noqa: ANN401 - a database row
    return ReachView(
        row.id,
        row.fid,
        row.plan_id,
        row.grid_id,
        row.code,
        row.river,
        row.area_code,
        row.area_name,
        row.length_m,
        row.deviation,
        row.stub,
        row.fits,
        row.unfit_reason,
        row.area_m2,
        row.exclave,
        {"work_no": row.work_no, "name": row.staff_name} if row.work_no else None,
        [LandShare(UUID(each["id"]), each["code"], each["length_m"], each["share"]) for each in row.land_grids or []],
        (row.west, row.south, row.east, row.north),
    )
