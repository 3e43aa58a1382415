"""The staffing of one role as a problem of arrays: who may serve where, which posts there are, what the rules ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import numpy.typing as npt

from gis.crs import transform_xy
from grid_coverage.staffing import ANYWHERE, Assignment, Minimum, Posts, Rules, Staff, Violation, assign_staff
from grid_coverage.staffing_ratios import people_needed
from services.staff_rules import Rule
from store.database import staff as sql
from store.database.bulk import Columns
from store.types import STORAGE_SRID

# who watches a water; heads of the grids of a water plan before anybody else
WARDEN_POSTS = ("river warden", "village river chief", "巡河员", "护河员", "河道管理员", "河段长", "村级河长")


@dataclass(frozen=True, slots=True)
class Ground:
    """The grids of a plan with their villages and towns.

    Attributes
    ----------
    posts : Columns
        From `store.database.staff.read_posts`.
    villages, towns : dict of str to int
        Paths of areas and their numbers.
    village, town : (g,) int64
        Of each grid.
    xy : (g, 2) float64
        Middles, metric CRS.
    areas : dict of str to (UUID, str)
        Id and code of villages and towns by path.
    groups : dict of UUID to int
        Groups in each village.
    """

    posts: Columns
    villages: dict[str, int]
    towns: dict[str, int]
    village: npt.NDArray[np.int64]
    town: npt.NDArray[np.int64]
    xy: npt.NDArray[np.float64]
    areas: dict[str, tuple[UUID, str]]
    groups: dict[UUID, int]
    srid: int


class Target(NamedTuple):
    """What a post is for: a grid, or an area with its kind."""

    kind: str
    id: UUID
    code: str


@dataclass(slots=True)
class Filled:
    """One role, filled as far as the rules allow.

    Attributes
    ----------
    staff : Columns
    targets : list of Target
        One a post.
    found : Assignment
    violations : list of dict
        ``rule``, ``reason``, ``lacking``, ``places`` (codes).
    """

    role: str
    rules: list[Rule]
    staff: Columns
    targets: list[Target]
    found: Assignment
    violations: list[dict[str, Any]]

    def holders(self, *, grids: bool) -> list[tuple[Target, UUID]]:
        """Return who holds which grid, or which area."""
        return [
            (target, self.staff["id"][who])
            for target, who in zip(self.targets, self.found.holder.tolist(), strict=True)
            if who >= 0 and (target.kind == "grid") == grids
        ]

    @property
    def unplaced(self) -> list[str]:
        """Work numbers of those who got no post because a distance is set and their place is unknown."""
        return [str(self.staff["work_no"][who]) for who in self.found.unplaced]

    @property
    def vacancies(self) -> list[str]:
        """Codes of the grids that have to have a holder and got none."""
        return [self.targets[post].code for post in self.found.vacancies]


@dataclass(slots=True)
class _Rows:
    """Posts as they are laid out."""

    target: list[Target] = field(default_factory=list)
    village: list[int] = field(default_factory=list)
    town: list[int] = field(default_factory=list)
    xy: list[npt.NDArray[np.float64]] = field(default_factory=list)
    load: list[float] = field(default_factory=list)
    required: list[bool] = field(default_factory=list)
    minimums: list[Minimum] = field(default_factory=list)

    def add(self, target: Target, village: int, town: int, xy: npt.NDArray[np.float64]) -> None:
        """Add a post of an area, held only where a rule asks for it."""
        self.target.append(target)
        self.village.append(village)
        self.town.append(town)
        self.xy.append(xy)
        self.load.append(0.0)
        self.required.append(False)


def read_ground(session: Any, plan: Any, srid: int) -> Ground:  # noqa: ANN401 - a Session and a Plan
    """Read the grids of a plan and the areas they lie in."""
    from store.database.organisation_rules import groups_below  # noqa: PLC0415 - one name of it only

    posts = sql.read_posts(session, plan.id)
    paths = [str(path) for path in posts["area_path"]]
    villages = {path: number for number, path in enumerate(sorted(set(paths)))}
    towns = {path: number for number, path in enumerate(sorted({town_of(path) for path in paths}))}
    known = sql.areas_of_paths(session, plan.territory_id, list(towns))
    known |= {
        path: (area, str(code)) for path, area, code in zip(paths, posts["area_id"], posts["area_code"], strict=True)
    }
    return Ground(
        posts,
        villages,
        towns,
        np.array([villages[path] for path in paths], dtype=np.int64),
        np.array([towns[town_of(path)] for path in paths], dtype=np.int64),
        metric_xy(posts, srid),
        known,
        groups_below(session, plan.territory_id),
        srid,
    )


def town_of(path: str) -> str:
    """Return the path of the area above a village; a village without one is its own.

    Examples
    --------
    >>> town_of("360681.360681100.360681100201"), town_of("110101001001")
    ('360681.360681100', '110101001001')
    """
    return path.rpartition(".")[0] or path


def fill(session: Any, ground: Ground, rules: list[Rule], *, territory_id: UUID, kind: str) -> Filled:  # noqa: ANN401 - a Session
    """Fill the posts of one role by its rules; places, capacity and distance are those of the first rule.

    Parameters
    ----------
    session : Session
    ground : Ground
    rules : list of Rule
        All of one role, in order.
    territory_id : UUID
    kind : str
        Kind of grid.
    """
    first = rules[0]
    staff = _eligible(session, rules, territory_id, kind)
    rows = _rows(ground, rules)
    homes = [_home(path, ground) for path in staff["area_path"]]
    most = [first.max_posts if own is None else min(first.max_posts, own) for own in staff["max_posts"]]
    people = Staff.of(
        np.array([home[0] for home in homes], dtype=np.int64),
        town=np.array([home[1] for home in homes], dtype=np.int64),
        xy=metric_xy(staff, ground.srid),
        capacity=np.array(most, dtype=np.int64),
    )
    posts = Posts.of(
        np.array(rows.village, dtype=np.int64),
        town=np.array(rows.town, dtype=np.int64),
        xy=np.array(rows.xy, dtype=np.float64).reshape(-1, 2),
        load=np.array(rows.load),
        required=np.array(rows.required, dtype=np.bool_),
    )
    asked = Rules(
        within_village=first.within == "village",
        within_town=first.within != "anywhere",
        max_distance=first.max_distance_m or np.inf,
        max_load=float(first.max_households or np.inf),
        minimums=tuple(rows.minimums),
    )
    found = assign_staff(people, posts, asked)
    told = [_named(violation, rules, rows.target) for violation in found.violations]
    return Filled(first.role, rules, staff, rows.target, found, _summed(told))


def _eligible(session: Any, rules: list[Rule], territory_id: UUID, kind: str) -> Columns:  # noqa: ANN401 - a Session
    """Return who may hold posts of a role; wardens for the heads of waters, where the roster has any."""
    if kind == "water" and rules[0].role == "grid_head":
        wardens = sql.read_staff(session, territory_id, WARDEN_POSTS)
        if len(wardens["id"]):
            return wardens
    posts = sorted({post for rule in rules for post in rule.posts})
    return sql.read_staff(session, territory_id, posts, rules[0].skill)


def _home(path: str | None, ground: Ground) -> tuple[int, int]:
    """Return village and town of a roster row; a wider area than a town is anywhere, one without grids nowhere."""
    if path is None:
        return ANYWHERE, ANYWHERE
    trimmed = path
    while trimmed:
        if trimmed in ground.villages:
            return ground.villages[trimmed], ground.towns[town_of(trimmed)]
        trimmed = trimmed.rpartition(".")[0]
    if path in ground.towns:
        return ANYWHERE, ground.towns[path]
    if any(town.startswith(f"{path}.") for town in ground.towns):
        return ANYWHERE, ANYWHERE
    return len(ground.villages), len(ground.towns)


def _rows(ground: Ground, rules: list[Rule]) -> _Rows:
    """Lay out the posts of all rules of a role and the minimums that they set."""
    rows = _Rows()
    if any(rule.per_grid for rule in rules):
        posts = ground.posts
        rows.target = [Target("grid", *pair) for pair in zip(posts["id"], map(str, posts["code"]), strict=True)]
        rows.village, rows.town = ground.village.tolist(), ground.town.tolist()
        rows.xy = list(ground.xy)
        rows.load = [float(count or 0) for count in posts["households"]]
        rows.required = [True] * len(rows.target)
    for rule in rules:
        if rule.per_grid:
            continue
        if all(way.per == "town" for way in rule.ways):
            _town_rows(ground, rule, rows)
        else:
            _village_rows(ground, rule, rows)
    return rows


def _town_rows(ground: Ground, rule: Rule, rows: _Rows) -> None:
    """Ask for people in each town."""
    count = min(way.count for way in rule.ways)
    for path, town in ground.towns.items():
        here = np.flatnonzero(ground.town == town)
        place = ground.areas.get(path) or ground.areas[str(ground.posts["area_path"][here[0]])]
        target = Target("town", *place)
        for _ in range(count):
            rows.add(target, len(ground.villages), town, ground.xy[here].mean(axis=0))
        rows.minimums.append(Minimum(f"{rule.code} {place[1]}", ANYWHERE, 0, count, town=town))


def _village_rows(ground: Ground, rule: Rule, rows: _Rows) -> None:
    """Ask for people in each village, or in its town where the rule allows that instead."""
    local = [way for way in rule.ways if way.per != "town"]
    others = [way.count for way in rule.ways if way.per == "town"]
    for path, village in ground.villages.items():
        here = np.flatnonzero(ground.village == village)
        area, code = ground.areas[path]
        households = int(sum(count or 0 for count in ground.posts["households"][here]))
        count = people_needed(local, households=households, groups=ground.groups.get(area, 0))
        if not count:
            continue
        town = int(ground.town[here[0]])
        for _ in range(count):
            rows.add(Target("village", area, code), village, town, ground.xy[here].mean(axis=0))
        name = f"{rule.code} {code}"
        either = tuple(Minimum(name, ANYWHERE, 0, other, town=town) for other in others)
        rows.minimums.append(Minimum(name, village, 0, count, either=either))


def _named(violation: Violation, rules: list[Rule], targets: list[Target]) -> dict[str, Any]:
    """Say which rule of the territory a violation is about, why, and where."""
    code, _, place = violation.rule.partition(" ")
    if place:
        return {"rule": code, "reason": "too-few", "lacking": violation.lacking, "places": [place]}
    grids = next(rule for rule in rules if rule.per_grid)
    places = [targets[post].code for post in violation.posts]
    return {"rule": grids.code, "reason": violation.rule, "lacking": violation.lacking, "places": places}


def _summed(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join violations of one rule with one reason."""
    joined: dict[tuple[str, str], dict[str, Any]] = {}
    for each in told:
        mine = joined.setdefault((each["rule"], each["reason"]), {**each, "lacking": 0, "places": []})
        mine["lacking"] += each["lacking"]
        mine["places"] = [*mine["places"], *each["places"]]
    return list(joined.values())


def metric_xy(columns: Columns, srid: int) -> npt.NDArray[np.float64]:
    """Return lon and lat columns as metres; nan where unknown."""
    lonlat = np.array(
        [
            (np.nan, np.nan) if lon is None else (float(lon), float(lat))
            for lon, lat in zip(columns["lon"], columns["lat"], strict=True)
        ],
        dtype=np.float64,
    ).reshape(-1, 2)
    known = np.isfinite(lonlat).all(axis=1)
    if known.any():
        lonlat[known] = transform_xy(lonlat[known], STORAGE_SRID, srid)
    return lonlat
