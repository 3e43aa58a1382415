"""Proposals: where cameras help most within a budget or how few see enough, what they may not look at; kept."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
import orjson
import shapely

from gis.crs import meridian_convergence, to_lonlat
from gis.errors import InvalidInputError
from grid_coverage import (
    Candidates,
    Demand,
    GapTable,
    KeyPoints,
    Needs,
    SetCover,
    Streets,
    ViewSheds,
    cover_share,
    covered_points,
    gaps_by_grid,
    place,
)
from grid_coverage import Placement as Choice
from grid_coverage.siting import refine_headings
from services.coverage_scene import STREET_WEIGHTS, Cast, Scene, cast, digest, read_scene
from services.coverage_spec import CEILING
from services.placement_site import Site, find_site, rows_of, street_lines
from services.placement_spec import PROHIBITED, PlacementSpec
from services.proposed_views import joined
from store.database import coverage_areas as area_sql
from store.database import placements as sql
from store.database import plans as plan_sql
from store.database import privacy_zones as zone_sql
from store.database.bulk import ewkb_hex
from store.database.models import Placement
from store.database.work import UnitOfWork

Progress = Callable[[float, str], None]
Floats = npt.NDArray[np.float64]


def finished(work: UnitOfWork, plan_id: UUID, spec: PlacementSpec) -> Placement | None:
    """Return the proposal that equal inputs had already, unless somebody changed it since."""
    spec.check()
    scene = read_scene(work, plan_sql.get_plan(work.session, plan_id), spec.coverage)
    return sql.find_equal(work.session, plan_id, _digest(work, spec, scene))


def propose(
    work: UnitOfWork,
    plan_id: UUID,
    spec: PlacementSpec,
    *,
    name: str | None = None,
    progress: Progress | None = None,
) -> tuple[Placement, bool]:
    """Choose where cameras would help most and keep the proposal; equal inputs return the one already there.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
    spec : PlacementSpec
    name : str, optional
        What the proposal is called.
    progress : callable, optional

    Returns
    -------
    Placement
    bool
        True when it was there already.

    Raises
    ------
    InvalidInputError
        The spec can't be meant, no price is known, an area of a minimum has no grid, or nothing here is of a kind
        that is to be kept away from.
    """
    work.actor.require("analyst", "planner", "camera_administrator")
    spec.check()
    tell = progress or (lambda _done, _note: None)
    tell(0.02, "reading cameras and streets")
    scene = read_scene(work, plan_sql.get_plan(work.session, plan_id), spec.coverage)
    _check_kinds(work, spec, scene)
    inputs = _digest(work, spec, scene)
    known = sql.find_equal(work.session, plan_id, inputs)
    if known is not None:
        return known, True
    return _search(work, plan_id, spec, _Asked(scene, inputs, name), tell), False


def _check_kinds(work: UnitOfWork, spec: PlacementSpec, scene: Scene) -> None:
    """Refuse kinds that nothing here is of: a slip of the pen would let cameras hang where they must not."""
    named = [kind for kind in spec.prohibited if kind not in PROHIBITED]
    known = sql.kinds_of_places(work.session, scene.territory.id) if named else []
    unknown = [kind for kind in named if kind not in known]
    if unknown:
        raise InvalidInputError(
            f"No building, key place or facility here is of the kind {unknown[0][:40]}.",
            field="prohibited",
            known=known,
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A search that is asked for: the ground, the digest of its inputs, and what the proposal is to be called."""

    scene: Scene
    inputs: str
    name: str | None


def _search(work: UnitOfWork, plan_id: UUID, spec: PlacementSpec, asked: _Asked, tell: Progress) -> Placement:
    """Look for the places that help most and keep them as a proposal."""
    scene = asked.scene
    price, currency = _price(work, spec, scene)
    tell(0.1, "casting view sheds")
    view = cast(scene, spec.coverage)
    tell(0.25, "looking for places to hang cameras")
    site = find_site(work, scene, view, spec)
    tell(0.6, "choosing")
    choice, cover = _chosen(site, spec, price)
    sheds, azimuth, gain = _turned(site, view, spec, choice)
    tell(0.9, "saving")
    summary = _summary(scene, view, spec, site, choice, (sheds, gain)) | _cover_told(cover, float(gain.sum()))
    placement = Placement(
        id=uuid4(),
        plan_id=plan_id,
        digest=asked.inputs,
        name=(asked.name or "").strip() or f"{len(choice.chosen)} cameras",
        spec=asdict(spec),
        summary={**summary, "currency": currency, "minima": _minima(work, scene, spec, site, choice)},
        author_id=work.actor.account_id,
    )
    sql.add_placement(work.session, placement)
    rows = _camera_rows(scene, placement.id, spec, site, choice, (sheds, azimuth, gain, price))
    sql.replace_cameras(work.session, placement.id, rows)
    tell(1.0, "proposal saved")
    return placement


def _digest(work: UnitOfWork, spec: PlacementSpec, scene: Scene) -> str:
    """Return what tells equal inputs from others: also prices, poles, zones and prohibited places."""
    parts = hashlib.sha256(orjson.dumps([digest(spec.coverage, scene), asdict(spec)]))
    for _, kind, _, shape in zone_sql.zone_shapes(work.session, scene.territory.id):
        parts.update(kind.encode())
        parts.update(shape)
    territory = scene.territory.id
    for shapes in (
        sql.read_poles(work.session, territory)["point"],
        sql.read_prohibited(work.session, territory, spec.kept_away)["geom"],
        sql.read_homes(work.session, territory)["geom"],
    ):
        parts.update(b"".join(shapely.to_wkb(shapes)))
    if spec.named:  # streets are no part of the scene then, but cameras hang along them
        parts.update(b"".join(shapely.to_wkb(street_lines(work, scene, spec))))
    prices = [[cost.kind, cost.purchase] for cost in area_sql.read_costs(work.session, territory)]
    parts.update(orjson.dumps(prices))
    return parts.hexdigest()


def _price(work: UnitOfWork, spec: PlacementSpec, scene: Scene) -> tuple[float, str | None]:
    """Return what one camera takes of the budget, and in which currency."""
    if spec.unit == "cameras":
        return 1.0, None
    for cost in area_sql.read_costs(work.session, scene.territory.id):
        if cost.kind == spec.camera.kind:
            return cost.purchase, cost.currency
    raise InvalidInputError(
        f"What a camera of the kind {spec.camera.kind} costs here is not known; set its price first.",
        field="camera.kind",
        remedy="gridward coverage costs --set KIND=PRICE",
    )


def _chosen(site: Site, spec: PlacementSpec, price: float) -> tuple[Choice, SetCover | None]:
    """Choose candidates: the most within a budget, or the least that covers a share."""
    candidates = Candidates.of(
        covered_points(site.sheds, site.points),
        cost=price,
        group=site.place,
        per_group=spec.per_place,
        allowed=site.allowed,
        area=site.town,
    )
    least = [0, *(minimum.least for minimum in spec.minima)]
    budget = math.inf if spec.budget is None else spec.budget
    if spec.cover is None:
        return place(candidates, site.demand, budget=budget, minimum=least, certify=spec.certify), None
    found = cover_share(
        candidates, site.demand, share=spec.cover, budget=budget, minimum=least if spec.minima else None,
        certify=spec.certify,
    )  # fmt: skip
    return found.placement, found


def _turned(site: Site, view: Cast, spec: PlacementSpec, choice: Choice) -> tuple[ViewSheds, Floats, Floats]:
    """Turn the chosen once more, and return their views, grid headings and gains."""
    rows = choice.chosen
    if not spec.refine or not len(rows) or site.lens.hfov >= 360:
        return site.sheds.take(rows), site.azimuth[rows], choice.gain
    turned = refine_headings(
        site.xy[rows], site.azimuth[rows], site.lens, view.walls,
        points=site.points, demand=site.demand, private=site.private, step=360.0 / spec.headings,
    )  # fmt: skip
    return turned.sheds, turned.azimuth, turned.gain


def _cover_told(found: SetCover | None, covered: float) -> dict[str, Any]:
    """Tell whether the share that was asked for is covered, and with how little it could be at best."""
    if found is None:
        return {"cover": None, "target": None, "reached": None, "least_cost": None}
    # turned cameras see as much or more, so that what was reached stays so
    reached = found.reached or covered >= found.target
    return {
        "cover": min(1.0, covered / found.placement.reachable) if found.placement.reachable > 0 else 1.0,
        "target": found.target, "reached": reached, "least_cost": found.least_cost,
    }  # fmt: skip


def _summary(
    scene: Scene, view: Cast, spec: PlacementSpec, site: Site, choice: Choice, found: tuple[ViewSheds, Floats]
) -> dict[str, Any]:
    sheds, gain = found
    before, after = measure_with(scene, spec, view), measure_with(scene, spec, view, sheds)
    covered = float(gain.sum())
    density = spec.coverage.density or CEILING
    bound = choice.bound
    return {
        "budget": spec.budget,
        "unit": spec.unit,
        "cameras": len(choice.chosen),
        "cost": choice.cost,
        "covered": covered,
        "reachable": choice.reachable,
        "bound": bound,
        # turned cameras may even pass the bound, which is of the headings that were tried
        "gap": None if bound is None else max(0.0, 1.0 - covered / bound) if bound > 0 else 0.0,
        "demand": float((site.demand.weight * site.demand.need).sum()),
        "seen_m_before": float(before.seen_m[:, 0].sum()),
        "seen_m_after": float(after.seen_m[:, 0].sum()),
        "seen_m_upper_before": float(before.seen_m_upper[:, 0].sum()),
        "seen_m_upper_after": float(after.seen_m_upper[:, 0].sum()),
        "places_seen_before": float(before.places_seen.sum()),
        "places_seen_after": float(after.places_seen.sum()),
        "places_seen_upper_before": float(before.places_seen_upper.sum()),
        "places_seen_upper_after": float(after.places_seen_upper.sum()),
        "candidates": len(site.xy),
        "refused": site.refused,
        "note_en": f"Views are cut where they fall below {density:.0f} pixels a metre "
        f"({site.lens.max_range:.1f} m with this lens); none looks into a privacy zone or, from near, at a home.",
        "note_zh": f"视域截至每米 {density:.0f} 像素（该镜头为 {site.lens.max_range:.1f} 米）；"
        "均不可见隐私保护区，也不近距离拍摄住宅立面。",
    }


def added_weight(sheds: ViewSheds, points: Floats, demand: Demand) -> Floats:
    """Weight of demand that each camera adds to those before it."""
    covers = covered_points(sheds, points)
    gain, count = np.zeros(len(sheds)), np.zeros(len(points), dtype=np.int64)
    for row in range(len(sheds)):
        own = covers.indices[covers.indptr[row] : covers.indptr[row + 1]]
        gain[row] = demand.weight[own[count[own] < demand.need[own]]].sum()
        count[own] += 1
    return gain


def measure_with(scene: Scene, spec: PlacementSpec, view: Cast, sheds: ViewSheds | None = None) -> GapTable:
    """Measure a plan with the cameras that are online and further ones."""
    weights = np.array([STREET_WEIGHTS[str(kind)] for kind in scene.streets["kind"]])
    weight = np.asarray(scene.places["weight"], dtype=np.float64) if len(view.points) else 1.0
    up = view.sheds.take(np.flatnonzero(scene.times.share("online") > 0))
    return gaps_by_grid(
        scene.shapes,
        up if sheds is None else joined([up, sheds]),
        streets=Streets.of(scene.lines, weights if len(weights) else 1.0),
        key_points=KeyPoints.of(view.points, weight, spec.k),
        needs=Needs(street_folds=spec.k, incidents=scene.incidents),
    )


def _minima(work: UnitOfWork, scene: Scene, spec: PlacementSpec, site: Site, choice: Choice) -> list[dict[str, Any]]:
    """Tell how many cameras each area with a minimum got."""
    names = {row.id: row.name for row in area_sql.area_tree(work.session, scene.territory.id)}
    placed = np.bincount(site.town[choice.chosen], minlength=len(spec.minima) + 1)
    return [
        {
            "area": minimum.area,
            "name": names.get(UUID(minimum.area), ""),
            "least": minimum.least,
            "placed": int(placed[number]),
        }
        for number, minimum in enumerate(spec.minima, start=1)
    ]


def _camera_rows(
    scene: Scene,
    placement_id: UUID,
    spec: PlacementSpec,
    site: Site,
    choice: Choice,
    found: tuple[ViewSheds, Floats, Floats, float],
) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each camera, those that help most first."""
    sheds, azimuth, gain, price = found
    if not len(sheds):
        return
    srid = scene.territory.metric_srid
    points = to_lonlat(shapely.points(sheds.xy), srid)
    heading = (azimuth + meridian_convergence(points, srid)) % 360.0
    shapes = ewkb_hex(to_lonlat(np.array([shapely.MultiPolygon([shape]) for shape in sheds.polygon]), srid))
    home = rows_of(scene.shapes, sheds.xy)
    for row, (point, shape) in enumerate(zip(ewkb_hex(points), shapes, strict=True)):
        grid = scene.grids["id"][home[row]] if home[row] >= 0 else None
        yield (
            placement_id, row + 1, point, round(float(heading[row]), 3) % 360.0, spec.camera.hfov,
            spec.camera.max_range, spec.camera.sensor_px, False, False, str(site.mount[choice.chosen[row]]),
            float(gain[row]), price if spec.unit == "money" else 0.0, grid, shape,
        )  # fmt: skip
