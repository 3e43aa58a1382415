"""Counts of what was done to cameras (no heading, moved out of a wall, in a building), kept while cameras change.

A camera that sees nothing has no view shed, so the live run itself remembers what was found of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import numpy as np
import shapely

from grid_coverage import ShedFlag, ViewSheds
from store.database.models import CoverageRun

KEPT: Final = "unseeing"
COUNTS: Final = {
    "cameras_unknown_heading": ShedFlag.UNKNOWN_HEADING,
    "cameras_moved_out": ShedFlag.SNAPPED,
    "cameras_inside_buildings": ShedFlag.BURIED,
}


def is_of_this_version(run: CoverageRun) -> bool:
    """Tell whether a run holds all that live figures go on from, measured as it is now.

    Those of older versions lack what unknown headings would see twice, or saw farther than in detail; a job measures
    them anew.
    """
    return KEPT in run.summary and "k2_m_upper" in run.summary


def unseeing(cameras: np.ndarray[Any, np.dtype[Any]], sheds: ViewSheds) -> dict[str, int]:
    """Return the flags of the cameras that see nothing, by id, for a live run to keep."""
    blind = np.flatnonzero(shapely.is_empty(sheds.polygon))
    return {str(cameras[row]): int(sheds.flag[row]) for row in blind}


def follow_flags(
    run: CoverageRun, views: list[UUID], stored: Mapping[UUID, int], cast: Mapping[UUID, tuple[int, bool]]
) -> None:
    """Let the counts of a live run follow cameras whose view was cast again.

    Parameters
    ----------
    run : CoverageRun
    views : list of UUID
        The cameras.
    stored : mapping of UUID to int
        Flags of those that saw something before.
    cast : mapping of UUID to (int, bool)
        Flags now and whether anything is seen; a camera that counts no longer (it hangs indoors) is left out.
    """
    if KEPT not in run.summary:
        return
    kept = dict(run.summary[KEPT])
    sums = dict(run.summary)
    for camera in views:
        before = kept.pop(str(camera), stored.get(camera, 0))
        now, sees = cast.get(camera, (0, True))
        if not sees:
            kept[str(camera)] = now
        for name, bit in COUNTS.items():
            sums[name] = sums.get(name, 0) + bool(now & bit) - bool(before & bit)
    run.summary = {**sums, KEPT: kept}
