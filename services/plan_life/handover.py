"""Handover sheets: what a head takes over with a grid, one page each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from gis.crs import to_metric
from gis.errors import NotFoundError, UnavailableError
from layers.handover import HandoverSheet, MapDrawing, handover_page
from layers.spec import Lang
from services.plan_life import duties
from services.plan_life.comparing import Compared, GridDiff, compare
from services.plan_life.impact import predecessor
from services.plan_life.publishing import open_states
from services.reports.kinds import kind_word
from store.database import handover as sql
from store.database import plan_life as life_sql
from store.database import plans as plan_sql
from store.database import staff as staff_sql
from store.database.models import Plan, Territory
from store.database.work import UnitOfWork

ROWS = 200


def sheet(work: UnitOfWork, plan_id: UUID, grid: str, *, lang: str = "en", now: datetime | None = None) -> str:
    """Return the handover sheet of one grid (id or code) as an HTML page.

    Raises
    ------
    NotFoundError
        No such grid in this plan.
    """
    work.actor.require("planner", "reviewer", "analyst", "shift_leader", "dispatcher", "grid_staff")
    plan = plan_sql.get_plan(work.session, plan_id)
    return _Sheets(work, plan, lang, now or datetime.now(UTC)).page(grid)


def write_sheets(
    work: UnitOfWork,
    plan_id: UUID,
    folder: Path,
    *,
    grids: list[str] | None = None,
    lang: str = "en",
    now: datetime | None = None,
    progress: Callable[[float], None] | None = None,
) -> int:
    """Write the handover sheets of a plan's grids into a folder, one file each; return how many."""
    plan = plan_sql.get_plan(work.session, plan_id)
    sheets = _Sheets(work, plan, lang, now or datetime.now(UTC))
    codes = grids or sql.grid_codes(work.session, plan_id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, code in enumerate(codes, start=1):
            (folder / f"{code}.html").write_text(sheets.page(code), encoding="utf-8")
            if progress is not None:
                progress(number / len(codes))
    except OSError as error:
        raise UnavailableError(f"{folder} can't be written: {error.strerror or error}.", file=str(folder)) from error
    return len(codes)


class _Sheets:
    """What the sheets of one plan share: people, duties, and what came from where."""

    def __init__(self, work: UnitOfWork, plan: Plan, lang: str, now: datetime) -> None:
        self.work, self.plan, self.now = work, plan, now
        self.lang: Lang = "zh" if lang == "zh" else "en"
        self.territory = work.session.get_one(Territory, plan.territory_id)
        before = predecessor(work, plan)
        self.compared: Compared | None = None if before is None else compare(work, before.id, plan.id)
        self.diffs: dict[UUID, GridDiff] = (
            {} if self.compared is None else {grid.id: grid for grid in self.compared.grids}
        )
        self.people: dict[UUID, list[Any]] = {}
        for row in life_sql.people_of(work.session, plan.id, now):
            self.people.setdefault(row.grid_id, []).append(row)
        self.roles = staff_sql.role_names(work.session)

    def page(self, grid: str) -> str:
        """Return the page of one grid."""
        row = sql.find_grid(self.work.session, self.plan.id, grid)
        if row is None:
            raise NotFoundError(f"There is no grid {grid} in this plan.", grid=grid, plan=str(self.plan.id))
        lists = [self._people(row.grid_id), self._duties(row.grid_id), *self._shares(row.grid_id)]
        left_out: dict[str, int] = {}
        for key, what, header in (
            ("doors_list", "doors", ("address", "code", "households")),
            ("cameras", "cameras", ("code", "name")),
            ("places", "places", ("kind", "name")),
            ("cases", "cases", ("code", "duty")),
        ):
            values = {"territory": self.territory.id, "states": open_states()}
            found = sql.inside(self.work.session, what, self.plan.id, row.grid_id, values)
            rows = [[str(cell or "") for cell in each] for each in found[:ROWS]]
            if key == "places":
                rows = [[kind_word(kind, self.lang), name] for kind, name in rows]
            lists.append((key, header, rows))
            left_out[key] = max(0, len(found) - ROWS)
        plan = self.plan
        return handover_page(
            HandoverSheet(
                code=row.code, name=row.name, area=f"{row.area_name} ({row.area_code})", plan=plan.name,
                basis=plan.basis, effective=str(plan.effective_on or ""), kind=plan.kind,
                printed=self.now.strftime("%Y-%m-%d %H:%M UTC"), households=row.households, doors=row.dwellings,
                area_m2=row.area_m2, drawing=self._drawing(row), lists=lists, left_out=left_out,
            ),
            lang=self.lang,
        )  # fmt: skip

    def _people(self, grid_id: UUID) -> tuple[str, tuple[str, ...], list[list[str]]]:
        at = 1 if self.lang == "zh" else 0
        rows = [
            [self.roles.get(row.role, (row.role, row.role))[at], row.name, row.work_no]
            for row in self.people.get(grid_id, [])
        ]
        return ("people", ("role", "name", "work_no"), rows)

    def _duties(self, grid_id: UUID) -> tuple[str, tuple[str, ...], list[list[str]]]:
        at = 1 if self.lang == "zh" else 0
        found = duties.duties_of(self.work, self.territory.id, self.plan.kind, grid_id)
        rows = [
            [
                self.roles.get(duty.role, (duty.role, duty.role))[at],
                duty.duty_zh if self.lang == "zh" else duty.duty_en,
                duty.unit or "",
            ]
            for duty in found.duties
        ]
        return ("duties", ("role", "duty", "lead"), rows)

    def _shares(self, grid_id: UUID) -> list[tuple[str, tuple[str, ...], list[list[str]]]]:
        diff = self.diffs.get(grid_id)
        header = ("code", "households", "size")
        out: list[tuple[str, tuple[str, ...], list[list[str]]]] = []
        for key, shares in (("received", diff.came_from if diff else []), ("given", diff.went_to if diff else [])):
            rows = [
                [share.code, f"{share.households:,}", f"{share.area_m2:,.0f} m²"]
                for share in shares
                if share.id != grid_id
            ]
            out.append((key, header, rows))
        return out

    def _drawing(self, row: Any) -> MapDrawing:  # noqa: ANN401 - a database row
        srid = self.territory.metric_srid
        near, streets, buildings = sql.around(self.work.session, self.plan.id, row.grid_id, self.territory.id)

        def metric(columns: dict[str, Any]) -> Any:  # noqa: ANN401 - array of geometry
            shapes = columns.get("geom", np.empty(0, dtype=object))
            return np.asarray(to_metric(shapes, srid), dtype=object) if len(shapes) else np.empty(0, dtype=object)

        return MapDrawing(
            grid=to_metric(shapely.from_wkb(bytes(row.shape)), srid),
            neighbours=metric(near),
            numbers=[str(int(code[-3:])) if code[-3:].isdigit() else code for code in near["code"]],
            streets=metric(streets),
            street_names=[str(name) for name in streets["name"]],
            buildings=metric(buildings),
        )
