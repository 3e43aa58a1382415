"""Staffing: who heads which grid, by rules that are named when they can't all be kept.

The rules are elastic: a post that nobody may hold stays vacant and a minimum that can't be met is missed, each at a
price far above any distance, so there is always an answer, and what is wrong with it is listed rule by rule.
Without load limits or minimums the problem is a minimum-cost flow, whose linear relaxation is already whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp
from scipy.sparse import coo_array, csr_array
from scipy.spatial.distance import cdist

from gis.errors import UnavailableError
from grid_coverage.roster import ANYWHERE, Minimum, Posts, Rules, Staff

__all__ = ["ANYWHERE", "VACANT", "Assignment", "Minimum", "Posts", "Rules", "Staff", "Violation", "assign_staff"]

VACANT = -1
"""Staff number of a post that nobody holds."""

MOST_SEATS = 20_000_000
"""Largest table (seats times posts) in which the matching that fills most posts is looked for."""

WITHIN_VILLAGE, SKILL, DISTANCE, LOAD, CAPACITY = "within-village", "skill", "max-distance", "max-load", "capacity"


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that could not be kept.

    Attributes
    ----------
    rule : str
        ``within-village``, ``skill``, ``max-distance``, ``max-load``, ``capacity``, or the name of a `Minimum`.
    posts : tuple of int
        The posts that stay vacant by it, or for a minimum the posts of its village.
    lacking : int
        How many more holders it would take.
    """

    rule: str
    posts: tuple[int, ...]
    lacking: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who holds which post.

    Attributes
    ----------
    holder : (m,) int64
        Staff number of each post; `VACANT` (-1) = nobody.
    distance : (m,) float64
        Metres from holder to post; nan where vacant or unknown.
    held : (n,) int64
        How many posts each of the staff holds.
    load : (n,) float64
        Sum of their loads.
    violations : tuple of Violation
        Rules that could not be kept; empty = all kept.
    gap : float
        Proven upper bound on how far the cost is from the best one, as a share of it; 0 = optimal among the
        pairs considered.
    """

    holder: NDArray[np.int64]
    distance: NDArray[np.float64]
    held: NDArray[np.int64]
    load: NDArray[np.float64]
    violations: tuple[Violation, ...]
    gap: float

    @property
    def vacancies(self) -> NDArray[np.int64]:
        """Posts that nobody holds."""
        return np.flatnonzero(self.holder == VACANT)


class _Pairs(NamedTuple):
    """Pairs of staff and post that the rules allow."""

    staff: NDArray[np.int64]
    post: NDArray[np.int64]
    distance: NDArray[np.float64]


def assign_staff(staff: Staff, posts: Posts, rules: Rules) -> Assignment:
    """Give each post one holder: as few vacancies as can be, then missed minimums, then evenly, then near.

    Parameters
    ----------
    staff : Staff
    posts : Posts
    rules : Rules

    Returns
    -------
    Assignment
        Always complete: what the rules make impossible is vacant and named in `Assignment.violations`.

    Raises
    ------
    UnavailableError
        The time limit passed before any answer was found.

    References
    ----------
    Ahuja, R., Magnanti, T. and Orlin, J. (1993), Network Flows, section 14.3 (convex cost by parallel arcs).

    Examples
    --------
    >>> staff = Staff.of([0, 0, 1], xy=[[0, 0], [900, 0], [0, 5000]], capacity=2)
    >>> posts = Posts.of([0, 0, 0, 2], xy=[[10, 0], [890, 0], [450, 0], [0, 4990]])
    >>> found = assign_staff(staff, posts, Rules())
    >>> found.holder[:2].tolist(), found.vacancies.tolist(), found.violations[0].rule
    ([0, 1], [3], 'within-village')
    """
    pairs = _allowed_pairs(staff, posts, rules)
    chosen, missed, gap = _solve(staff, posts, rules, pairs)
    holder = np.full(len(posts.village), VACANT, dtype=np.int64)
    distance = np.full(len(posts.village), np.nan)
    holder[pairs.post[chosen]] = pairs.staff[chosen]
    real = np.hypot(*(posts.xy[pairs.post[chosen]] - staff.xy[pairs.staff[chosen]]).T)
    distance[pairs.post[chosen]] = real
    filled = holder != VACANT
    count = len(staff.village)
    return Assignment(
        holder=holder,
        distance=distance,
        held=np.bincount(holder[filled], minlength=count).astype(np.int64),
        load=np.bincount(holder[filled], weights=posts.load[filled], minlength=count).astype(np.float64),
        violations=(*_vacancy_reasons(staff, posts, rules, holder), *_missed_minimums(posts, rules, missed)),
        gap=gap,
    )


def _allowed(staff: Staff, posts: Posts, rules: Rules, who: NDArray[np.int64], what: NDArray[np.int64]) -> _Pairs:
    """List the pairs among some staff and some posts that skills and distance allow, nearest ones only."""
    distance = cdist(staff.xy[who], posts.xy[what])
    unknown = np.isnan(distance)
    able = (posts.skills[what] & ~staff.skills[who][:, None]) == 0
    able &= unknown | (distance <= rules.max_distance)
    able &= (posts.load[what] <= rules.max_load) & (staff.capacity[who] > 0)[:, None]
    distance[unknown] = float(distance[~unknown].mean()) if (~unknown).any() else 0.0
    ranked = np.where(able, distance, np.inf)
    near = np.zeros(able.shape, dtype=bool)
    for axis in (0, 1):
        width = min(rules.nearest, ranked.shape[axis])
        if width:
            np.put_along_axis(near, np.argsort(ranked, axis=axis, kind="stable").take(range(width), axis), True, axis)
    if min(rules.nearest, *able.shape) < max(able.shape):
        _keep_matching(near, ranked, staff.capacity[who])
    row, column = np.nonzero(near & able)
    return _Pairs(who[row], what[column], distance[row, column])


def _keep_matching(near: NDArray[np.bool_], ranked: NDArray[np.float64], capacity: NDArray[np.int64]) -> None:
    """Also consider the pairs that fill the most posts: a short list of the nearest alone can leave some vacant."""
    seat = np.repeat(np.arange(len(capacity)), np.minimum(capacity, ranked.shape[1]))
    if len(seat) * ranked.shape[1] > MOST_SEATS or not np.isfinite(ranked).any():
        return
    dear = 2.0 * float(ranked[np.isfinite(ranked)].max()) * min(len(seat), ranked.shape[1]) + 1.0
    row, column = linear_sum_assignment(np.where(np.isfinite(ranked), ranked, dear)[seat])
    near[seat[row], column] = True


def _allowed_pairs(staff: Staff, posts: Posts, rules: Rules) -> _Pairs:
    """List all pairs that the rules on single pairs allow, village by village."""
    if not rules.within_village:
        return _allowed(staff, posts, rules, np.arange(len(staff.village)), np.arange(len(posts.village)))
    found = [
        _allowed(
            staff,
            posts,
            rules,
            np.flatnonzero((staff.village == village) | (staff.village == ANYWHERE)),
            np.flatnonzero(posts.village == village),
        )
        for village in np.unique(posts.village)
    ]
    if not found:
        return _Pairs(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))
    return _Pairs(*(np.concatenate(columns) for columns in zip(*found, strict=True)))


def _solve(
    staff: Staff, posts: Posts, rules: Rules, pairs: _Pairs
) -> tuple[NDArray[np.int64], NDArray[np.int64], float]:
    """Solve the elastic assignment; return the chosen pairs, what each minimum misses, and the gap.

    Columns: a pair each; a rung for each post more that one of the staff takes, each dearer than the last; a
    vacancy for each post; a slack for each minimum.
    """
    many, posted = len(pairs.staff), len(posts.village)
    if not posted:
        return np.empty(0, dtype=np.int64), np.array([rule.count for rule in rules.minimums], dtype=np.int64), 0.0
    most = np.minimum(staff.capacity, np.bincount(pairs.staff, minlength=len(staff.village)))
    climber = np.repeat(np.arange(len(most)), most)
    rung = np.arange(len(climber)) - np.repeat(np.cumsum(most) - most, most)
    dear = 10.0 * (pairs.distance.max(initial=1.0) + rules.balance * max(1, int(most.max(initial=0))))
    cost = np.concatenate(
        [pairs.distance, rules.balance * rung, np.full(posted, dear), np.full(len(rules.minimums), dear / 2)]
    )
    column = np.arange(len(cost))
    steps, empty = column[many : many + len(climber)], column[many + len(climber) :][:posted]
    filled = _matrix([(pairs.post, column[:many], 1.0), (np.arange(posted), empty, 1.0)], posted, len(cost))
    climbed = _matrix([(pairs.staff, column[:many], 1.0), (climber, steps, -1.0)], len(most), len(cost))
    constraints = [LinearConstraint(filled, 1, 1), LinearConstraint(climbed, 0, 0)]
    if np.isfinite(rules.max_load):
        loads = _matrix([(pairs.staff, column[:many], posts.load[pairs.post])], len(most), len(cost))
        constraints.append(LinearConstraint(loads, -np.inf, rules.max_load))
    if rules.minimums:
        constraints.append(_minimum_rows(staff, posts, rules, pairs, len(cost)))
    upper = np.ones(len(cost))
    upper[len(cost) - len(rules.minimums) :] = np.inf
    # Rungs and slacks come out whole by themselves once pairs are.
    whole = np.where(column < many, 1, 0)
    result = milp(
        cost,
        integrality=whole,
        bounds=Bounds(0, upper),
        constraints=constraints,
        options={"time_limit": rules.time_limit, "mip_rel_gap": 1e-7},
    )
    if result.x is None:
        raise UnavailableError(f"No assignment was found in {rules.time_limit:g} s; allow more time or fewer pairs.")
    missed = np.rint(result.x[len(cost) - len(rules.minimums) :]).astype(np.int64)
    return np.flatnonzero(result.x[:many] > 0.5), missed, float(result.mip_gap or 0.0)


def _matrix(
    blocks: list[tuple[NDArray[np.int64], NDArray[np.int64], float | NDArray[np.float64]]], rows: int, columns: int
) -> csr_array:
    """Put (row, column, value) blocks into a sparse matrix."""
    row = np.concatenate([block[0] for block in blocks])
    column = np.concatenate([block[1] for block in blocks])
    value = np.concatenate(
        [np.broadcast_to(np.asarray(block[2], dtype=np.float64), block[0].shape) for block in blocks]
    )
    return csr_array(coo_array((value, (row, column)), shape=(rows, columns)))


def _minimum_rows(staff: Staff, posts: Posts, rules: Rules, pairs: _Pairs, columns: int) -> LinearConstraint:
    """State each minimum: pairs of skilled staff in its village plus slack are at least its count."""
    blocks: list[tuple[NDArray[np.int64], NDArray[np.int64], float | NDArray[np.float64]]] = []
    for number, rule in enumerate(rules.minimums):
        skilled = (staff.skills[pairs.staff] & rule.skill) == rule.skill
        there = (posts.village[pairs.post] == rule.village) | (rule.village == ANYWHERE)
        counted = np.flatnonzero(skilled & there)
        blocks.append((np.full(len(counted), number), counted, 1.0))
        blocks.append((np.array([number]), np.array([columns - len(rules.minimums) + number]), 1.0))
    least = np.array([rule.count for rule in rules.minimums], dtype=np.float64)
    return LinearConstraint(_matrix(blocks, len(least), columns), least, np.inf)


def _vacancy_reasons(staff: Staff, posts: Posts, rules: Rules, holder: NDArray[np.int64]) -> list[Violation]:
    """Name for each vacant post the first rule after which nobody is left."""
    blocked: dict[str, list[int]] = {}
    held = np.bincount(holder[holder != VACANT], minlength=len(staff.village))
    for post in np.flatnonzero(holder == VACANT):
        blocked.setdefault(_blocking_rule(staff, posts, rules, held, int(post)), []).append(int(post))
    return [Violation(rule, tuple(rows), len(rows)) for rule, rows in blocked.items()]


def _blocking_rule(staff: Staff, posts: Posts, rules: Rules, held: NDArray[np.int64], post: int) -> str:
    """Apply the rules to one post one after another and return the one that leaves nobody."""
    left = staff.capacity > 0
    if not left.any():
        return CAPACITY
    if rules.within_village:
        left = left & ((staff.village == posts.village[post]) | (staff.village == ANYWHERE))
        if not left.any():
            return WITHIN_VILLAGE
    left = left & ((posts.skills[post] & ~staff.skills) == 0)
    if not left.any():
        return SKILL
    distance = np.hypot(*(staff.xy - posts.xy[post]).T)
    left = left & ~(distance > rules.max_distance)
    if not left.any():
        return DISTANCE
    spare = (left & (held < staff.capacity)).any()
    return LOAD if posts.load[post] > rules.max_load or (spare and np.isfinite(rules.max_load)) else CAPACITY


def _missed_minimums(posts: Posts, rules: Rules, missed: NDArray[np.int64]) -> list[Violation]:
    """List the minimums that are missed, with the posts that could have met them."""
    found = []
    for rule, lacking in zip(rules.minimums, missed, strict=True):
        if lacking > 0:
            rows = np.flatnonzero((posts.village == rule.village) | (rule.village == ANYWHERE))
            found.append(Violation(rule.name, tuple(rows.tolist()), int(lacking)))
    return found
