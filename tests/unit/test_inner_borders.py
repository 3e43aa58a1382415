"""A plan's atoms come back from its grids and the lines between the atoms."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.overlay import dissolve
from grid_partition.inner_borders import atoms_between, inner_borders


def rings() -> tuple[np.ndarray, np.ndarray]:
    """A square with a square inside it, both atoms of one grid, beside a grid with a hole that is another's."""
    outer, inner = shapely.box(0, 0, 10, 10), shapely.box(3, 3, 6, 6)
    frame, core = shapely.box(10, 0, 20, 10), shapely.box(13, 3, 16, 6)
    atoms = [outer.difference(inner), inner, frame.difference(core), core]
    return np.array(atoms, dtype=object), np.array([0, 0, 1, 2])


def assert_brought_back(atoms: np.ndarray, grid: np.ndarray) -> None:
    k = int(grid.max()) + 1
    grids = dissolve(atoms, grid, k)
    found = atoms_between(grids, inner_borders(atoms, grid, k))
    assert found is not None
    given_, made = (shapely.normalize(shapes) for shapes in (atoms, found[0]))
    order, other = np.argsort(shapely.to_wkt(given_)), np.argsort(shapely.to_wkt(made))
    assert shapely.equals_identical(given_[order], made[other]).all()
    assert (grid[order] == found[1][other]).all()


def test_nested_atoms_and_grids_with_holes_come_back() -> None:
    atoms, grid = rings()
    assert_brought_back(atoms, grid)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31), cells=st.integers(2, 60), k=st.integers(1, 9))
def test_any_labelling_of_any_tiling_comes_back(seed: int, cells: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    ground = shapely.box(0, 0, 600, 400)
    seeds = shapely.multipoints(rng.uniform((0, 0), (600, 400), (cells, 2)))
    faces = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=ground)), ground)
    lines = shapely.union_all(shapely.boundary(faces), grid_size=0.01)
    atoms = np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(lines))), dtype=object)
    _, label = np.unique(rng.integers(0, k, len(atoms)), return_inverse=True)
    assert_brought_back(atoms, label.ravel().astype(np.int64))


def test_lines_of_other_grids_are_not_taken() -> None:
    square = shapely.Polygon([(0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1)])
    halves = shapely.MultiLineString([[(1, 0), (1, 1)]])
    found = atoms_between([square], [halves])
    assert found is not None
    assert len(found[0]) == 2
    for cuts in (
        shapely.MultiLineString([[(1, 0), (1, 0.5)]]),
        shapely.MultiLineString([[(0, 0), (2, 1)], [(2, 0), (0, 1)]]),
        shapely.MultiLineString([[(0.5, 0), (0.5, 1)]]),
    ):
        assert atoms_between([square], [cuts]) is None
    far = shapely.MultiLineString([[(5, 5), (6, 5), (6, 6), (5, 5)]])
    found = atoms_between([square], [far])
    assert found is not None
    assert shapely.equals_identical(*shapely.normalize([found[0][0], square]))
