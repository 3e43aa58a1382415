"""Staffing: who holds which post, by rules that are named when they can't all be kept.

The rules are elastic: a post that nobody may hold stays vacant and a minimum that can't be met is missed, so there is
always an answer, and what is wrong with it is listed rule by rule. First as little as possible is missed, then the
cost is least among the answers that miss no more. Posts that share neither staff nor a rule are solved apart; pairs
come in as they are needed, and the bound holds for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from grid_coverage.roster import ANYWHERE, Minimum, Posts, Rules, Staff
from grid_coverage.staffing_model import Model
from grid_coverage.staffing_pairs import Pairs, allowed_pairs, independent_parts, serves
from grid_coverage.staffing_solve import Solved, solve

__all__ = ["ANYWHERE", "VACANT", "Assignment", "Minimum", "Posts", "Rules", "Staff", "Violation", "assign_staff"]

VACANT = -1
"""Staff number of a post that nobody holds."""

IDLE = 1.0
"""Metres that holding a post nobody has to hold costs beside the way, so that it is held for a rule's sake only."""

WITHIN_VILLAGE, WITHIN_TOWN, SKILL = "within-village", "within-town", "skill"
DISTANCE, UNPLACED, LOAD, CAPACITY = "max-distance", "unknown-place", "max-load", "capacity"


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that could not be kept.

    Attributes
    ----------
    rule : str
        ``within-village``, ``within-town``, ``skill``, ``max-distance``, ``unknown-place`` (who might be near enough
        has no place), ``max-load``, ``capacity``, or the name of a `Minimum`.
    posts : tuple of int
        The posts that stay vacant by it, or for a minimum the posts in its place that nobody who counts holds.
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
    required : (m,) bool
        Which posts are missed when vacant.
    violations : tuple of Violation
        Rules that could not be kept; empty = all kept.
    unplaced : (u,) int64
        Staff who hold nothing because a distance is set and nobody knows where they are.
    gap : float
        Proven upper bound on how far the answer is from the best one, as a share of it: of what is missed, or of
        the cost where nothing more is missed than must be; 0 = optimal.
    """

    holder: NDArray[np.int64]
    distance: NDArray[np.float64]
    held: NDArray[np.int64]
    load: NDArray[np.float64]
    required: NDArray[np.bool_]
    violations: tuple[Violation, ...]
    unplaced: NDArray[np.int64]
    gap: float

    @property
    def vacancies(self) -> NDArray[np.int64]:
        """Required posts that nobody holds."""
        return np.flatnonzero((self.holder == VACANT) & self.required)


def assign_staff(staff: Staff, posts: Posts, rules: Rules) -> Assignment:
    """Give each post one holder: as few vacancies as can be, then missed minimums, then evenly and near.

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
    pairs = allowed_pairs(staff, posts, rules)
    scopes = [_scope(rule, posts) for rule in rules.minimums]
    holder = np.full(len(posts.village), VACANT, dtype=np.int64)
    answers = []
    for part in independent_parts(pairs, len(staff.village), len(posts.village), scopes):
        model, who = _model(staff, posts, replace(rules, minimums=_of_part(rules, scopes, part)), pairs, part)
        solved = solve(model)
        holder[part[model.pairs.post[solved.chosen]]] = who[model.pairs.staff[solved.chosen]]
        answers.append(solved)
    filled = holder != VACANT
    distance = np.full(len(holder), np.nan)
    distance[filled] = np.hypot(*(posts.xy[filled] - staff.xy[holder[filled]]).T)
    count = len(staff.village)
    return Assignment(
        holder=holder,
        distance=distance,
        held=np.bincount(holder[filled], minlength=count).astype(np.int64),
        load=np.bincount(holder[filled], weights=posts.load[filled], minlength=count).astype(np.float64),
        required=posts.required,
        violations=(*_vacancy_reasons(staff, posts, rules, holder), *_missed_minimums(staff, posts, rules, holder)),
        unplaced=np.flatnonzero(_unplaced(staff, rules)),
        gap=_gap(answers),
    )


def _unplaced(staff: Staff, rules: Rules) -> NDArray[np.bool_]:
    """Tell who is left out because a distance is set and the place is unknown; a mask of shape (n,)."""
    unknown: NDArray[np.bool_] = np.isnan(staff.xy).any(axis=1) & (staff.capacity > 0)
    return unknown if np.isfinite(rules.max_distance) else np.zeros_like(unknown)


def _scope(rule: Minimum, posts: Posts) -> NDArray[np.int64]:
    """Return the posts that a minimum looks at, by whichever way it may be met."""
    return np.unique(np.concatenate([way.held_by(posts) for way in rule.ways]))


def _of_part(rules: Rules, scopes: list[NDArray[np.int64]], part: NDArray[np.int64]) -> tuple[Minimum, ...]:
    """Return the minimums of one part; those that look at no post are nowhere."""
    return tuple(
        rule for rule, scope in zip(rules.minimums, scopes, strict=True) if len(scope) and np.isin(scope[0], part)
    )


def _model(
    staff: Staff, posts: Posts, rules: Rules, pairs: Pairs, part: NDArray[np.int64]
) -> tuple[Model, NDArray[np.int64]]:
    """Build the model of the posts of one part; return it with who takes part."""
    here = np.zeros(len(posts.village), dtype=np.bool_)
    here[part] = True
    own = pairs.of(here[pairs.post])
    who, staff_row = np.unique(own.staff, return_inverse=True)
    seats = np.minimum(staff.capacity[who], np.bincount(staff_row, minlength=len(who)))
    model = Model(
        Staff(staff.xy[who], staff.village[who], staff.town[who], seats, staff.skills[who]),
        Posts(*(getattr(posts, name)[part] for name in ("xy", "village", "town", "skills", "load", "required"))),
        rules,
        Pairs(
            staff_row.astype(np.int64), np.searchsorted(part, own.post), own.distance + IDLE * ~posts.required[own.post]
        ),
    )
    return model, who


def _gap(answers: list[Solved]) -> float:
    """Return the larger share that is unproven: of what is missed, and of the cost."""
    shares = [0.0]
    for value, bound in (("missed", "missed_bound"), ("cost", "cost_bound")):
        total = sum(getattr(answer, value) for answer in answers)
        open_ = sum(max(0.0, getattr(answer, value) - getattr(answer, bound)) for answer in answers)
        if open_ > 1e-6 * max(1.0, total):
            shares.append(open_ / total)
    return max(shares)


def _vacancy_reasons(staff: Staff, posts: Posts, rules: Rules, holder: NDArray[np.int64]) -> list[Violation]:
    """Name for each vacant post the first rule after which nobody is left."""
    blocked: dict[str, list[int]] = {}
    held = np.bincount(holder[holder != VACANT], minlength=len(staff.village))
    for post in np.flatnonzero((holder == VACANT) & posts.required):
        blocked.setdefault(_blocking_rule(staff, posts, rules, held, int(post)), []).append(int(post))
    return [Violation(rule, tuple(rows), len(rows)) for rule, rows in blocked.items()]


def _blocking_rule(staff: Staff, posts: Posts, rules: Rules, held: NDArray[np.int64], post: int) -> str:
    """Apply the rules to one post one after another and return the one that leaves nobody."""
    left = staff.capacity > 0
    if not left.any():
        return CAPACITY
    village, town = int(posts.village[post]), int(posts.town[post])
    for name, part in (
        (WITHIN_VILLAGE, replace(rules, within_town=False)),
        (WITHIN_TOWN, replace(rules, within_village=False)),
    ):
        left = left & serves(staff, part, village, town)
        if not left.any():
            return name
    left = left & ((posts.skills[post] & ~staff.skills) == 0)
    if not left.any():
        return SKILL
    distance = np.hypot(*(staff.xy - posts.xy[post]).T)
    near = left & ~(distance > rules.max_distance)
    left = near & ~_unplaced(staff, rules)
    if not left.any():
        return UNPLACED if near.any() else DISTANCE
    spare = (left & (held < staff.capacity)).any()
    return LOAD if posts.load[post] > rules.max_load or (spare and np.isfinite(rules.max_load)) else CAPACITY


def _missed_minimums(staff: Staff, posts: Posts, rules: Rules, holder: NDArray[np.int64]) -> list[Violation]:
    """List the minimums that are missed, by the way that lacks fewest, with the posts that could still meet them."""
    found = []
    for rule in rules.minimums:
        lacking, vacant = min(
            (_lacking(way, staff, posts, holder) for way in rule.ways), key=lambda way: (way[0], len(way[1]))
        )
        if lacking > 0:
            found.append(Violation(rule.name, tuple(vacant.tolist()), lacking))
    return found


def _lacking(way: Minimum, staff: Staff, posts: Posts, holder: NDArray[np.int64]) -> tuple[int, NDArray[np.int64]]:
    """Return how many people one way to meet a minimum lacks, and the posts there that nobody who counts holds."""
    there = way.held_by(posts)
    held = holder[there]
    counts = (held != VACANT) & ((staff.skills[held] & way.skill) == way.skill) if len(staff.skills) else held < VACANT
    return way.count - len(np.unique(held[counts])), there[~counts]
