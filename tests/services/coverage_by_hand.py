"""Figures of a run worked out again without our engine: view sheds by pysovist, everything else by plain shapely."""

from __future__ import annotations

import math
from uuid import UUID

import numpy as np
import pysovist
import pytest
import shapely

from services.coverage_scene import STREET_WEIGHTS, camera_views, cast, read_scene
from services.coverage_spec import CoverageSpec
from store.database import coverage as sql
from store.database import plans as plan_sql
from store.database.work import UnitOfWork

CAMERAS, GRIDS = 30, 12
EDGE = 1e-4  # metres from an edge that is still the edge


def assert_by_hand(work: UnitOfWork, plan_id: UUID) -> None:
    """Compare a sample of cameras and grids of the newest run of a plan."""
    spec = CoverageSpec()
    scene = read_scene(work, plan_sql.get_plan(work.session, plan_id), spec)
    view = cast(scene, spec)
    houses = shapely.union_all(shapely.make_valid(scene.footprints))
    _assert_sheds(scene, view, houses, spec)
    run = sql.newest_run(work.session, plan_id)
    assert run is not None
    stored = {row.CoverageGrid.grid_id: row.CoverageGrid for row in sql.coverage_rows(work.session, run.id)}
    counted = view.sheds.take(np.flatnonzero(scene.times.share(spec.status) > 0))
    known, every = (shapely.union_all(sheds.polygon) for sheds in (counted.take(counted.known), counted))
    assert set(scene.streets["kind"]) <= set(STREET_WEIGHTS)
    busy = np.argsort([-stored[grid].seen_m2_upper for grid in scene.grids["id"]], kind="stable")[:GRIDS]
    for row in busy:
        shape, figures = scene.shapes[row], stored[scene.grids["id"][row]]
        open_m2 = shape.area - shapely.intersection(shape, houses).area
        assert figures.open_m2 == pytest.approx(open_m2, rel=1e-6)
        for name, united in (("seen_m2", known), ("seen_m2_upper", every)):
            assert getattr(figures, name) == pytest.approx(shapely.intersection(shape, united).area, rel=1e-6, abs=1e-3)
    # borders run along streets, which shapely would count on either side: streets are compared as a whole
    inside = shapely.intersection(scene.lines, shapely.union_all(scene.shapes))
    assert run.summary["streets_m"] == pytest.approx(shapely.length(inside).sum(), rel=1e-6)
    for name, united in (("seen_m", known), ("seen_m_upper", every)):
        _assert_streets(run.summary[name], inside, united, houses)


def _assert_streets(figure, inside, united, houses) -> None:
    """A figure of streets against clipping by the union of all views.

    A street that is drawn on the very line of a wall is on the edge of the views before it: neither in nor out, and the
    last digit of a coordinate decides. Only such stretches may make a difference, and only as much as they are long.
    """
    seen = shapely.intersection(inside, united)
    off_edges = shapely.buffer(united, -EDGE, join_style="mitre")
    surely = shapely.length(shapely.intersection(inside, off_edges)).sum()
    at_edge = shapely.get_parts(shapely.difference(seen, off_edges))
    at_edge = at_edge[shapely.length(at_edge) > 0.1]
    along_walls = shapely.covers(shapely.buffer(shapely.boundary(houses), 2 * EDGE), at_edge)
    assert along_walls.all(), shapely.to_wkt(at_edge[~along_walls]).tolist()
    clipped = shapely.length(seen).sum()
    assert clipped - surely == pytest.approx(shapely.length(at_edge).sum(), abs=0.2)
    assert surely - 1e-3 <= figure <= clipped * (1 + 1e-9) + 1e-3


def _assert_sheds(scene, view, houses, spec) -> None:
    """Areas of a sample of view sheds against pysovist, from where the sweep stood."""
    looks = camera_views(scene.cameras, scene.territory.metric_srid, spec)
    coords, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(houses)), return_index=True)
    edges = np.stack([coords[:-1], coords[1:]], axis=1)[ring[1:] == ring[:-1]]
    lines = shapely.linestrings(edges)
    sees = np.flatnonzero(view.sheds.area > 0)
    for row in sees[:: max(1, len(sees) // CAMERAS)]:
        eye, reach = view.sheds.xy[row], float(looks.reach[row])
        near = shapely.dwithin(lines, shapely.Point(eye), reach + 1)
        all_round = looks.hfov[row] >= 360 or not view.sheds.known[row]
        angle = 360.0 if all_round else float(looks.hfov[row])
        expected = math.radians(angle) / 2 * reach**2
        if near.any():
            heading = 0.0 if all_round else (90 - float(looks.azimuth[row])) % 360
            seen = pysovist.isovist(
                edges[near], eye, max_distance=reach, fov=math.radians(angle), direction=math.radians(heading)
            )
            expected = float(seen.area)
        assert view.sheds.area[row] == pytest.approx(expected, rel=1e-5)
