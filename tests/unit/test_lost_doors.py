"""A door that no proposed grid holds is named with its place, as the gate refuses the plan."""

from types import SimpleNamespace

import numpy as np
import pytest
import shapely

from gis.crs import to_lonlat
from services.partition.drawing import _lost_doors

SRID = 32635


def test_doors_outside_every_grid_are_named():
    points = np.array([[500_010.0, 6_600_010.0], [500_500.0, 6_600_010.0]])
    ground = SimpleNamespace(
        points=points,
        dwellings={"id": ["a", "b"], "households": np.array([3, 4])},
        territory=SimpleNamespace(metric_srid=SRID),
    )
    grids = np.array([shapely.box(500_000, 6_600_000, 500_100, 6_600_100)], dtype=object)
    there = to_lonlat(np.array([shapely.Point(points[1])], dtype=object), SRID)[0]
    (lost,) = _lost_doors(ground, grids)
    assert (lost["door"], lost["households"]) == ("b", 4)
    assert lost["place"] == pytest.approx([there.x, there.y])
    assert _lost_doors(ground, np.array([shapely.box(499_000, 6_599_000, 501_000, 6_601_000)], dtype=object)) == []
