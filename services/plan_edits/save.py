"""Write an edit: only the rows of touched grids and of atoms that changed, and one row of the log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import shapely

from gis.codes import InvalidCodeError
from gis.crs import to_lonlat
from gis.grid_patterns import pattern_for, serial_digits
from gis.measure import compactness, group_sums
from grid_partition.settle import Settled
from services.plan_edits.scene import OpenPlan, Scene
from services.street_names import name_of_new
from store.database import edit_log as log_sql
from store.database import plan_edits as sql
from store.database.bulk import ewkb_hex
from store.database.plan_edits import Image
from store.database.street_names import names_in_areas
from store.database.work import Box, UnitOfWork

__all__ = ["Change", "LogLine", "announce", "areas_of", "change_of", "next_code", "write_change", "write_states"]


@dataclass(slots=True)
class Change:
    """The states of all touched grids before and after; a grid that is not there has no entry.

    `beyond` are grids out of the account's sight: they get a vertex and give no ground.
    """

    before: dict[UUID, Image]
    after: dict[UUID, Image]
    fresh: list[dict[str, Any]]
    beyond: frozenset[UUID] = frozenset()

    def part(self, *, beyond: bool) -> Change:
        """Return what changes of the grids beyond the account's areas, or of all others."""
        before, after = (
            {grid: image for grid, image in images.items() if (grid in self.beyond) == beyond}
            for images in (self.before, self.after)
        )
        return Change(before, after, [atom for atom in self.fresh if (atom["grid_id"] in self.beyond) == beyond])

    @property
    def grids(self) -> list[UUID]:
        """All touched grids."""
        return sorted({*self.before, *self.after})

    @property
    def removed(self) -> list[UUID]:
        """Grids that are gone."""
        return sorted(self.before.keys() - self.after.keys())


@dataclass(frozen=True, slots=True)
class LogLine:
    """What the log says of a change beside its states."""

    kind: str
    request: dict[str, Any]
    undoes: int | None = None


def change_of(scene: Scene, settled: Settled, name: str = "") -> Change:
    """Give numbers, codes and figures to the outcome of an edit.

    A grid that is cut keeps its identity where most of its households stay; what is new gets a new code.
    """
    work, edited = scene.work, settled.edited
    count = len(scene.ids)
    touched = settled.touched.tolist()
    before = {scene.ids[grid]: scene.images[grid] for grid in touched if grid < count}
    revision = max(int(image["revision"]) for image in before.values()) + 1
    models = {grid: _model(scene, settled, grid) for grid in settled.shapes}
    ids = {grid: scene.ids[grid] if grid < count else uuid4() for grid in settled.shapes}
    _add_identities(work, scene, {grid: models[grid] for grid in sorted(settled.shapes) if grid >= count}, ids)
    labels, fresh = _relabelled(scene, settled, ids)
    figures = _figures(scene.plan, settled)
    titles = _titles(scene, settled, models, name)
    after = {}
    for grid in settled.shapes:
        state = {**models[grid], **figures[grid], "revision": revision}
        state["atoms"] = sorted(labels[edited.grid == grid].tolist())
        if grid >= count:
            state |= {"id": str(uuid4()), "grid_id": str(ids[grid]), "name": titles[grid], "locked": False}
        after[ids[grid]] = state
    return Change(before, after, fresh, scene.beyond.intersection({*before, *after}))


def write_change(work: UnitOfWork, plan: OpenPlan, change: Change, line: LogLine) -> tuple[int, datetime]:
    """Write the states after a change over those before it and log it; the touched rows must be locked.

    Returns
    -------
    (seq, at)
        Of the new line of the log.
    """
    # the account's own grids are written under its own eyes: row security has the last word on them
    write_states(work, plan, change.part(beyond=False))
    with work.everywhere():
        if change.beyond:
            write_states(work, plan, change.part(beyond=True))
        return log_sql.add_edit(work.session, _line(work, plan, change, line))


def write_states(work: UnitOfWork, plan: OpenPlan, change: Change) -> None:
    """Write the states after a change over those before it, and no line of the log."""
    session = work.session
    old = {label: grid for grid, image in change.before.items() for label in image["atoms"]}
    new = {label: grid for grid, image in change.after.items() for label in image["atoms"]}
    made = {atom["label"] for atom in change.fresh}
    sql.write_versions(session, plan.id, list(change.after.values()), change.removed)
    sql.retire_atoms(session, plan.id, [label for label in old if label not in new])
    sql.restore_atoms(session, plan.id, {label: new[label] for label in new if label not in old and label not in made})
    sql.move_atoms(session, plan.id, {label: new[label] for label in new if label in old and new[label] != old[label]})
    sql.add_atoms(session, plan.id, change.fresh)
    if plan.balanced:
        sql.renew_deviations(session, plan.id, sorted(areas_of(change)), sorted(change.after))


def _line(work: UnitOfWork, plan: OpenPlan, change: Change, line: LogLine) -> dict[str, Any]:
    return {
        "plan_id": plan.id,
        "author_id": work.actor.account_id,
        "kind": line.kind,
        "request": line.request,
        "before": {str(grid): _logged(image) for grid, image in change.before.items()},
        "after": {str(grid): _logged(image) for grid, image in change.after.items()},
        "grids": change.grids,
        "undoes": line.undoes,
    }


def announce(work: UnitOfWork, plan: OpenPlan, change: Change) -> None:
    """Tell maps where something changed, and let the grids around follow a changed mean."""
    if plan.balanced and len(change.before) != len(change.after):
        areas = sorted(areas_of(change))
        work.at_last(lambda: sql.renew_deviations(work.session, plan.id, areas))
    box = _box([*change.before.values(), *change.after.values()])
    for layer in ("grids", "grid_labels", "atoms"):
        work.touch(layer, plan.territory_id, box)


def areas_of(change: Change) -> set[UUID]:
    """Return the areas that a change touches."""
    return {UUID(image["area_id"]) for image in (*change.before.values(), *change.after.values())}


def _logged(image: Image) -> Image:
    return {name: image[name] for name in (*sql.STATE, "atoms")}


def _box(images: Iterable[Image]) -> Box:
    west, south, east, north = shapely.total_bounds(shapely.from_wkb([image["geom"] for image in images])).tolist()
    return (west, south, east, north)


def _model(scene: Scene, settled: Settled, grid: int) -> Image:
    """Return what a grid takes over: its own state, or that of the grid that most of a new one's ground came from."""
    if grid < len(scene.ids):
        return scene.images[grid]
    mine = settled.edited.grid == grid
    before = scene.patch.grid[settled.edited.source[mine]]
    load = group_sums(before, shapely.area(settled.edited.geometry[mine]), len(scene.ids))
    return scene.images[int(np.argmax(load))]


def _titles(scene: Scene, settled: Settled, models: Mapping[int, Image], name: str) -> dict[int, str]:
    """Return the names of new grids: as the caller said, else by their streets, where the streets have names."""
    count = len(scene.ids)
    fresh = sorted(grid for grid in settled.shapes if grid >= count)
    if name or not fresh:
        return dict.fromkeys(fresh, name)
    areas = {grid: UUID(models[grid]["area_id"]) for grid in fresh}
    taken = names_in_areas(scene.work.session, scene.plan.id, sorted(set(areas.values())))
    number = {image["grid_id"]: place for place, image in enumerate(scene.images)}
    found = {}
    for grid in fresh:
        old = settled.shapes.get(number[models[grid]["grid_id"]], settled.shapes[grid])
        names = taken[areas[grid]]
        place = (scene.plan.territory_id, scene.plan.srid)
        found[grid] = name_of_new(scene.work, place, settled.shapes[grid], old, sorted(names))
        names.add(found[grid])
    return found


def _add_identities(work: UnitOfWork, scene: Scene, models: Mapping[int, Image], ids: Mapping[int, UUID]) -> None:
    rows: list[dict[str, Any]] = []
    # a code is free when nobody has it, and an identity lies in no area before its first shape
    with work.everywhere():
        for grid, model in models.items():
            code = next_code(work, scene.plan, model, [row["code"] for row in rows])
            rows.append(
                {"id": ids[grid], "territory_id": scene.plan.territory_id, "kind": scene.plan.kind, "code": code}
            )
        sql.add_grids(work.session, rows)


def next_code(work: UnitOfWork, plan: OpenPlan, model: Image, claimed: Collection[str] = ()) -> str:
    """Return the next free code beside that of a grid: what stands before its serial stays.

    Codes that the same edit has `claimed` for others are passed over.
    """
    code = str(model["_code"])
    area = str(model["_area_code"]).ljust(12, "0")
    digits = pattern_for(plan.kind, plan.code_pattern).digits
    if model["parent_grid_id"] is None:
        digits = serial_digits(code, area) or digits
    found = sql.claim_code(work.session, plan.id, code[:-digits], digits, claimed)
    if found is None:
        raise InvalidCodeError(
            f"There is no free number of {digits} digits left after {code[:-digits]}; divide the area first.",
            code=code,
        )
    return found


def _relabelled(scene: Scene, settled: Settled, ids: Mapping[int, UUID]) -> tuple[Any, list[dict[str, Any]]]:
    """Label the atoms: those that kept their shape keep their label, the others are new."""
    edited = settled.edited
    labels = scene.labels[edited.source].copy()
    cut = np.flatnonzero(~edited.kept)
    labels[cut] = sql.new_labels(scene.work.session, len(cut))
    shapes = ewkb_hex(to_lonlat(edited.geometry[cut], scene.plan.srid)) if len(cut) else []
    fresh = [
        {
            "label": int(labels[atom]),
            "grid_id": ids[int(edited.grid[atom])],
            "area_id": scene.areas[int(edited.source[atom])],
            "demand": int(edited.demand[atom]),
            "dwellings": int(edited.dwellings[atom]),
            "geom": shape,
        }
        for atom, shape in zip(cut.tolist(), shapes, strict=True)
    ]
    return labels, fresh


def _figures(plan: OpenPlan, settled: Settled) -> dict[int, Image]:
    """Return shape and figures of each touched grid."""
    numbers = list(settled.shapes)
    metric = np.array([settled.shapes[grid] for grid in numbers], dtype=object)
    many = np.array([shapely.MultiPolygon(list(shapely.get_parts(shape))) for shape in metric], dtype=object)
    shapes = ewkb_hex(to_lonlat(many, plan.srid))
    points = ewkb_hex(to_lonlat(shapely.point_on_surface(metric), plan.srid))
    edited = settled.edited
    households = edited.households()
    dwellings = np.rint(group_sums(edited.grid, edited.dwellings, len(edited.parent))).astype(np.int64)
    area, round_ = shapely.area(metric), compactness(metric)
    return {
        grid: {
            "geom": shapes[place],
            "label_point": points[place],
            "households": int(households[grid]),
            "dwellings": int(dwellings[grid]),
            "area_m2": float(area[place]),
            "compactness": float(round_[place]),
            "exclave": int(shapely.get_num_geometries(many[place])) > 1,
        }
        for place, grid in enumerate(numbers)
    }
