"""A generated polder: a jittered lattice of channels with gaps, as dense as the water county with 13,000 of them."""

from __future__ import annotations

import numpy as np
import shapely


def polder(channels: int = 13_000, *, spacing: float = 450.0, seed: int = 0) -> np.ndarray:
    """Channels of one town-wide network, one LineString from crossing to crossing, metric."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(channels * 0.56)))
    row, column = np.mgrid[0:side, 0:side]
    node = np.stack([column, row], axis=-1) * spacing + rng.normal(0, 0.15 * spacing, (side, side, 2))
    east = np.stack([node[:, :-1], node[:, 1:]], axis=2).reshape(-1, 2, 2)
    north = np.stack([node[:-1], node[1:]], axis=2).reshape(-1, 2, 2)
    ends = np.r_[east, north]
    ends = ends[np.sort(rng.permutation(len(ends))[:channels])]
    middle = ends.mean(axis=1) + rng.normal(0, 0.04 * spacing, (len(ends), 2))
    return shapely.linestrings(np.round(np.stack([ends[:, 0], middle, ends[:, 1]], axis=1), 2))
