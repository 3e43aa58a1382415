"""What an import of drawn grids did, or would do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

#: Places of a kind that are told one by one.
TOLD: Final = 200


@dataclass(slots=True)
class ImportReport:
    """What an import did, or would do.

    Attributes
    ----------
    plan_id : UUID or None
        None after a dry run.
    file : str
    grids, atoms, households : int
    codes_kept, codes_given : int
    changes : list of dict
        ``kind``, ``place`` (lon, lat), ``area_m2``, ``grids`` (codes or row numbers), ``given_to``.
    corners_added : int
        Corners that the atoms put into borders, each within a centimetre of the line; 0 leaves borders as given.
    crossing : list of dict
        Grids that reach into several areas, with the area they were put into.
    outside : dict
        Doors in no grid: ``dwellings``, ``households``.
    warnings : list of str
    dry_run : bool
    """

    plan_id: UUID | None
    file: str
    grids: int = 0
    atoms: int = 0
    households: int = 0
    codes_kept: int = 0
    codes_given: int = 0
    changes: list[dict[str, Any]] = field(default_factory=list)
    corners_added: int = 0
    crossing: list[dict[str, Any]] = field(default_factory=list)
    outside: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    dry_run: bool = False
