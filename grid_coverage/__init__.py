"""Pure coverage engine: view sheds, gaps, placement and staffing."""

from grid_coverage.availability import Outages, TimeDepths, time_depths
from grid_coverage.candidates import candidate_views, covered_points, keeps_privacy, street_points
from grid_coverage.demand import KeyPoints, Needs, Streets
from grid_coverage.density import DORI, OODPCVS, range_at_density, useful_range
from grid_coverage.gap_places import GapPlaces, PointCover
from grid_coverage.gaps import GapTable, Reason, gaps_by_grid
from grid_coverage.ground import GroundTable, depth_by_grid, ground_by_grid
from grid_coverage.over_time import SERVICEABLE, TimeTable, gaps_over_time, ground_over_time
from grid_coverage.placement import Candidates, Demand, Placement, place
from grid_coverage.roster import Minimum, Posts, Rules, Staff
from grid_coverage.scaleout import gaps_in_blocks
from grid_coverage.service_area import Reach, reach_by_area
from grid_coverage.set_cover import SetCover, cover_share
from grid_coverage.snap import snap_out
from grid_coverage.staffing import Assignment, Violation, assign_staff
from grid_coverage.view_sheds import ShedFlag, ViewSheds, view_sheds
from grid_coverage.walls import Walls, prepare_walls

__all__ = [
    "DORI",
    "OODPCVS",
    "SERVICEABLE",
    "Assignment",
    "Candidates",
    "Demand",
    "GapPlaces",
    "GapTable",
    "GroundTable",
    "KeyPoints",
    "Minimum",
    "Needs",
    "Outages",
    "Placement",
    "PointCover",
    "Posts",
    "Reach",
    "Reason",
    "Rules",
    "SetCover",
    "ShedFlag",
    "Staff",
    "Streets",
    "TimeDepths",
    "TimeTable",
    "ViewSheds",
    "Violation",
    "Walls",
    "assign_staff",
    "candidate_views",
    "cover_share",
    "covered_points",
    "depth_by_grid",
    "gaps_by_grid",
    "gaps_in_blocks",
    "gaps_over_time",
    "ground_by_grid",
    "ground_over_time",
    "keeps_privacy",
    "place",
    "prepare_walls",
    "range_at_density",
    "reach_by_area",
    "snap_out",
    "street_points",
    "time_depths",
    "useful_range",
    "view_sheds",
]
