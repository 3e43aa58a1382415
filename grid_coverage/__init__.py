"""Pure coverage engine: view sheds, gaps, placement and staffing."""

from grid_coverage.demand import KeyPoints, Needs, Streets
from grid_coverage.gaps import GapPlaces, GapTable, PointCover, Reason, gaps_by_grid
from grid_coverage.view_sheds import ShedFlag, ViewSheds, view_sheds
from grid_coverage.walls import Walls, prepare_walls

__all__ = [
    "GapPlaces",
    "GapTable",
    "KeyPoints",
    "Needs",
    "PointCover",
    "Reason",
    "ShedFlag",
    "Streets",
    "ViewSheds",
    "Walls",
    "gaps_by_grid",
    "prepare_walls",
    "view_sheds",
]
