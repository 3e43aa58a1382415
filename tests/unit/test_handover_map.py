"""The map of a handover sheet."""

import re

import numpy as np
import shapely

from layers.handover import MapDrawing, draw_map


def test_what_lies_outside_the_frame_leaves_no_hole_in_the_drawing():
    grid = shapely.box(0, 0, 100, 100)
    far = shapely.box(9000, 9000, 9010, 9010)
    drawing = MapDrawing(
        grid=grid,
        neighbours=np.array([far, shapely.box(100, 0, 200, 100)], dtype=object),
        numbers=["8", "9"],
        streets=np.array([shapely.LineString([(9000, 0), (9000, 9)]), shapely.LineString([(0, 50), (100, 50)])]),
        buildings=np.array([far, shapely.box(10, 10, 20, 20)], dtype=object),
        street_names=["Far", "Near"],
    )
    paths = re.findall(r' d="([^"]*)"', draw_map(drawing, north="N"))
    # a path is drawn up to the first M that has no place
    assert all(re.fullmatch(r"(M-?\d[^M]*)*", path) for path in paths)
    assert sum(path.startswith("M") for path in paths) >= 6
