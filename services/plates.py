"""Codes on plates in the street: issued for a grid and what stands in it, printed, read by phones, withdrawn."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from casework.plate_codes import LENGTH, SIGNS, read_code, with_check
from gis.errors import GridwardError, InvalidInputError, NotFoundError
from store.database import plates as sql
from store.database.work import UnitOfWork
from store.printing.plates import PlateSign, sheet_bytes

KINDS: Final = ("grid", "place", "camera")


class PlateWithdrawnError(GridwardError):
    """The code was in use once and is not any more (410)."""

    code = "plate-withdrawn"


@dataclass(frozen=True, slots=True)
class PlateView:
    """A code and what it stands for; position in EPSG:4326, None where the grid is in no plan any more."""

    code: str
    kind: str
    label: str
    lon: float | None
    lat: float | None
    grid: dict[str, Any] | None
    area: str | None
    territory_id: UUID
    issued_at: datetime
    withdrawn_at: datetime | None

    @property
    def place(self) -> str:
        """Name the place in words, as it is told to anybody: never a door."""
        grid = (self.grid["name"] or self.grid["code"]) if self.grid else ""
        return " · ".join(part for part in (self.label, grid, self.area or "") if part)


def get_plate(work: UnitOfWork, text: str) -> PlateView:
    """Return what a code stands for.

    Raises
    ------
    NotFoundError
        It was never issued, or is mistyped.
    PlateWithdrawnError
        It was withdrawn.
    """
    code = read_code(text)
    row = sql.find_plate(work.session, code) if code is not None else None
    if row is None:
        raise NotFoundError("There is no plate with this code; check how it was typed.", plate=text[:20])
    if row.withdrawn_at is not None:
        raise PlateWithdrawnError("This plate is not in use any more; report in another way.", plate=row.code)
    return _view(row)


def plates_of_grid(work: UnitOfWork, grid: str) -> list[PlateView]:
    """Return the codes in use in a grid (code or id)."""
    return [_view(row) for row in sql.plates_of_grid(work.session, _grid(work, grid).id)]


def issue(work: UnitOfWork, grid: str, kinds: Sequence[str] = KINDS) -> list[PlateView]:
    """Issue codes for what has none in a grid, and return all in use there.

    Parameters
    ----------
    work : UnitOfWork
    grid : str
        Code or id.
    kinds : sequence of str
        Of ``grid``, ``place`` and ``camera``.

    Raises
    ------
    NotFoundError, InvalidInputError
    """
    work.actor.require("planner", "intake_officer", "dispatcher", "camera_administrator")
    strange = sorted(set(kinds) - set(KINDS))
    if strange:
        raise InvalidInputError(f"There are no plates of the kind {strange[0]}.", field="kinds", known=list(KINDS))
    found = _grid(work, grid)
    rows = [(_new_code(), row.kind, row.id) for row in sql.lacking(work.session, found.id, kinds)]
    if rows:
        sql.add_plates(work.session, found.territory_id, rows)
    return [_view(row) for row in sql.plates_of_grid(work.session, found.id)]


def withdraw(work: UnitOfWork, text: str, *, now: datetime) -> None:
    """Take a code out of use for good: a plate that was torn off or copied to another place."""
    work.actor.require("planner", "intake_officer", "dispatcher", "camera_administrator")
    sql.withdraw(work.session, get_plate(work, text).code, at=now)


def sheet(work: UnitOfWork, grid: str, *, base_url: str, language: str) -> bytes:
    """Return the plates of a grid as PDF, to be cut out.

    Parameters
    ----------
    work : UnitOfWork
    grid : str
        Code or id.
    base_url : str
        Where phones reach the page, without a slash at its end.
    language : str
        ``en`` or ``zh``.

    Raises
    ------
    NotFoundError
        No such grid, or no code was issued in it.
    """
    plates = plates_of_grid(work, grid)
    if not plates:
        raise NotFoundError("No codes are issued in this grid yet.", grid=grid[:40], remedy="Issue them first.")
    signs = [PlateSign(each.code, f"{base_url}/#/r/{each.code}", each.place) for each in plates]
    return sheet_bytes(signs, language=language)


def _grid(work: UnitOfWork, grid: str) -> Any:  # noqa: ANN401 - a database row
    found = sql.find_grid(work.session, grid)
    if found is None:
        raise NotFoundError(f"There is no grid {grid[:40]}.", grid=grid[:40])
    return found


def _new_code() -> str:
    # 31 to the ninth: nobody guesses one, and two alike are refused by the key
    return with_check("".join(secrets.choice(SIGNS) for _ in range(LENGTH - 1)))


def _view(row: Any) -> PlateView:  # noqa: ANN401 - a database row
    grid = {"id": row.grid_id, "code": row.grid_code, "name": row.grid_name} if row.grid_id else None
    return PlateView(
        row.code, row.kind, row.label, row.lon, row.lat, grid, row.area, row.territory_id, row.issued_at,
        row.withdrawn_at,
    )  # fmt: skip
