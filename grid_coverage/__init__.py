"""Pure coverage engine: view sheds, gaps, placement and staffing."""

from grid_coverage.view_sheds import ShedFlag, ViewSheds, view_sheds
from grid_coverage.walls import Walls, prepare_walls

__all__ = ["ShedFlag", "ViewSheds", "Walls", "prepare_walls", "view_sheds"]
