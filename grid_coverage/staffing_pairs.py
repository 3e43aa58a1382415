"""Pairs of staff and post that the rules on single pairs allow, and the parts they fall into."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist

from grid_coverage.roster import ANYWHERE, Posts, Rules, Staff

MOST_PAIRS = 12_000_000
"""Pairs that are kept; of more, the nearest ones are."""
BATCH_PAIRS = 20_000
"""Parts smaller than this are solved together: each call of the solver has a price of its own."""


class Pairs(NamedTuple):
    """Pairs of staff and post, in the order of posts and then of staff.

    Attributes
    ----------
    staff, post : (k,) int64
    distance : (k,) float64
        Metres; the mean of the others where a position is unknown.
    """

    staff: NDArray[np.int64]
    post: NDArray[np.int64]
    distance: NDArray[np.float64]

    def of(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Pairs:
        """Take some of the pairs."""
        return Pairs(self.staff[rows], self.post[rows], self.distance[rows])


def allowed_pairs(staff: Staff, posts: Posts, rules: Rules) -> Pairs:
    """List all pairs that place, skill, distance and load allow.

    Parameters
    ----------
    staff : Staff
    posts : Posts
    rules : Rules

    Returns
    -------
    Pairs
    """
    village = posts.village if rules.within_village else np.full(len(posts.village), ANYWHERE)
    town = posts.town if rules.within_town else np.full(len(posts.town), ANYWHERE)
    places, place_of = np.unique(np.column_stack((village, town)), axis=0, return_inverse=True)
    order = np.argsort(place_of.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(place_of.ravel(), minlength=len(places)))
    found = []
    for place, what in zip(places, np.split(order, ends)[: len(places)], strict=True):
        who = np.flatnonzero(serves(staff, rules, int(place[0]), int(place[1])) & (staff.capacity > 0))
        if len(who) and len(what):
            found.append(_allowed(staff, posts, rules, who, what))
    if not found:
        return Pairs(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))
    pairs = Pairs(*(np.concatenate(columns) for columns in zip(*found, strict=True)))
    return pairs.of(np.lexsort((pairs.staff, pairs.post)))


def serves(staff: Staff, rules: Rules, village: int, town: int) -> NDArray[np.bool_]:
    """Tell who may hold posts in a village of a town; a mask of shape (n,)."""
    able = np.ones(len(staff.village), dtype=np.bool_)
    if rules.within_village:
        able &= (staff.village == village) | (staff.village == ANYWHERE)
    if rules.within_town:
        able &= (staff.town == town) | (staff.town == ANYWHERE) | (town == ANYWHERE)
    return able


def _allowed(staff: Staff, posts: Posts, rules: Rules, who: NDArray[np.int64], what: NDArray[np.int64]) -> Pairs:
    """List the pairs among some staff and some posts that skills, distance and load allow."""
    distance = cdist(staff.xy[who], posts.xy[what])
    unknown = np.isnan(distance)
    able = (posts.skills[what] & ~staff.skills[who][:, None]) == 0
    able &= (distance <= rules.max_distance) | (unknown & np.isinf(rules.max_distance))
    able &= posts.load[what] <= rules.max_load
    distance[unknown] = float(distance[~unknown].mean()) if (~unknown).any() else 0.0
    if np.count_nonzero(able) > MOST_PAIRS:
        width = max(1, MOST_PAIRS // len(what))
        ranked = np.where(able, distance, np.inf)
        kept = np.argpartition(ranked, width, axis=0)[:width]
        near = np.zeros_like(able)
        np.put_along_axis(near, kept, True, axis=0)
        able &= near
    row, column = np.nonzero(able)
    return Pairs(who[row], what[column], distance[row, column])


def nearest_pairs(pairs: Pairs, width: int) -> NDArray[np.bool_]:
    """Mark the `width` nearest pairs of each post and of each of the staff; a mask of shape (k,).

    Among equally near ones each post takes others: a roster without places is equally far from everything, and posts
    that all reach for the same few people would have the solver find the rest a few at a time.
    """
    near = np.zeros(len(pairs.staff), dtype=np.bool_)
    for key in (pairs.post, pairs.staff):
        order = np.argsort(key, kind="stable")
        starts = np.concatenate(([0], np.flatnonzero(np.diff(key[order])) + 1, [len(key)]))
        for turn, (low, high) in enumerate(itertools.pairwise(starts)):
            rows = order[low:high]
            if high - low > width:
                rows = _nearest(rows, pairs.distance[rows], width, turn)
            near[rows] = True
    return near


def _nearest(rows: NDArray[np.int64], distance: NDArray[np.float64], width: int, turn: int) -> NDArray[np.int64]:
    """Return the `width` nearest rows; which of equal ones depends on whose turn it is."""
    limit = np.partition(distance, width - 1)[width - 1]
    nearer, equal = rows[distance < limit], rows[distance == limit]
    return np.concatenate((nearer, np.roll(equal, -turn * width)[: width - len(nearer)]))


def independent_parts(
    pairs: Pairs, staff_count: int, post_count: int, scopes: list[NDArray[np.int64]]
) -> list[NDArray[np.int64]]:
    """Split the posts into parts that share neither staff nor a minimum; small parts are joined into batches.

    Parameters
    ----------
    pairs : Pairs
    staff_count, post_count : int
    scopes : list of (p,) int64
        Posts that each minimum looks at.

    Returns
    -------
    list of (p,) int64
        Posts of each batch, in order.
    """
    ruled = [np.full(len(scope), staff_count + post_count + number) for number, scope in enumerate(scopes)]
    one = np.concatenate([pairs.staff, *ruled]).astype(np.int64)
    other = np.concatenate([pairs.post, *scopes]).astype(np.int64) + staff_count
    nodes = staff_count + post_count + len(scopes)
    graph = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(nodes, nodes))
    _, label = connected_components(graph, directed=False)
    part = label[staff_count : staff_count + post_count]
    weight = np.bincount(part[pairs.post], minlength=int(label.max(initial=0)) + 1)
    # parts in the order of their first post, so that the answer does not hang on how they are numbered
    _, first = np.unique(part, return_index=True)
    batches: list[list[int]] = [[]]
    size = 0
    for number in part[np.sort(first)]:
        if size and size + weight[number] > BATCH_PAIRS:
            batches.append([])
            size = 0
        batches[-1].append(int(number))
        size += int(weight[number])
    return [np.flatnonzero(np.isin(part, numbers)) for numbers in batches if numbers]
