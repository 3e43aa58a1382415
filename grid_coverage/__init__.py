"""Pure coverage engine: view sheds, gaps, placement and staffing."""

from grid_coverage.demand import KeyPoints, Needs, Streets
from grid_coverage.gaps import GapPlaces, GapTable, PointCover, Reason, gaps_by_grid
from grid_coverage.staffing import Assignment, Minimum, Posts, Rules, Staff, Violation, assign_staff
from grid_coverage.view_sheds import ShedFlag, ViewSheds, view_sheds
from grid_coverage.walls import Walls, prepare_walls

__all__ = [
    "Assignment",
    "GapPlaces",
    "GapTable",
    "KeyPoints",
    "Minimum",
    "Needs",
    "PointCover",
    "Posts",
    "Reason",
    "Rules",
    "ShedFlag",
    "Staff",
    "Streets",
    "ViewSheds",
    "Violation",
    "Walls",
    "assign_staff",
    "gaps_by_grid",
    "prepare_walls",
    "view_sheds",
]
