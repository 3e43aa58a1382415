"""Small tilings that partition tests cut up."""

from __future__ import annotations

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def board(columns, rows, *, side=10.0, origin=(0.0, 0.0)):
    """Squares, row by row from the south-west."""
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    west, south = origin[0] + side * x.ravel(), origin[1] + side * y.ravel()
    return shapely.box(west, south, west + side, south + side)


def voronoi(n, rng, *, side=1000.0, origin=(0.0, 0.0)):
    """Voronoi cells of random points in a square, on the 1 cm grid."""
    frame = shapely.box(0, 0, side, side)
    points = shapely.multipoints(rng.uniform(0, side, (n, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=frame))
    edges = shapely.union_all([*shapely.boundary(cells), shapely.boundary(frame)], grid_size=0.01)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    faces = faces[shapely.contains(frame, shapely.point_on_surface(faces))]
    return shapely.transform(faces, lambda xy: xy + np.asarray(origin))


def pieces_by_brute_force(geometry, labels, *, longer_than=0.5):
    """Count connected pieces by the length of shared boundary: an independent rule of contiguity."""
    geometry, labels = np.asarray(geometry), np.asarray(labels)
    i, j = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    i, j = i[i < j], j[i < j]
    shared = shapely.length(shapely.intersection(shapely.boundary(geometry[i]), shapely.boundary(geometry[j])))
    joined = (shared > longer_than) & (labels[i] == labels[j])
    graph = coo_array((np.ones(joined.sum()), (i[joined], j[joined])), shape=(len(labels),) * 2)
    return connected_components(graph, directed=False)[0]
