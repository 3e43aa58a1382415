"""What a load did: counts, refused rows, warnings and what the figures rest on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from store.files.report import Finding, RowProblem


@dataclass(slots=True)
class LoadReport:
    """Result of one load.

    Parameters
    ----------
    kind : str
        ``osm``, ``areas``, ``dwellings``, ``units``, ``staff``, ``cameras``, ``camera-status``, ``components``,
        ``incidents``, ``police net``, ``safety net`` or ``floors``.
    file : str
        The file's name.
    territory : str
        Name of the territory.
    territory_id : UUID or None
    accepted : int
        Rows saved.
    rejected : list of RowProblem
        Rows refused, each with line, column, reason and remedy.
    flagged : list of RowProblem
        Rows that were saved although something of them is missing, each with what to do about it.
    warnings : list of str
        Things that were loaded but deserve a look.
    counts : dict
        What was saved, by table.
    findings : list of Finding
        What the reader mended or left out.
    encoding : str or None
        Text encoding; `encoding_guessed` tells whether the file itself says so.
    crs : str or None
        CRS that the coordinates were read in.
    evidence : dict
        Kind of evidence -> share of all households.
    estimator : dict or None
        Name and evidence shares of the household estimator, where figures are estimates.
    dry_run : bool
        Nothing was saved.
    unchanged : bool
        The very same file had been loaded before; nothing was done.
    plan_id : UUID or None
        Plan that the rows became (nets and floors).
    tallies : dict
        What was loaded, counted for a chart: kind of tally -> label -> rows, in order.
    names : dict
        Labels of tallies that are codes -> what these are called.
    counted : str
        What the ``line`` of a refused row counts: ``line`` or ``feature``.
    columns : dict
        Field -> column that it was read from.
    header : list of str
        All columns of the table.
    unmatched : dict
        Words that name no item of the catalogue -> rows, the commonest first.
    """

    kind: str
    file: str
    territory: str = ""
    territory_id: UUID | None = None
    accepted: int = 0
    rejected: list[RowProblem] = field(default_factory=list)
    flagged: list[RowProblem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    encoding: str | None = None
    encoding_guessed: bool = False
    crs: str | None = None
    evidence: dict[str, float] = field(default_factory=dict)
    estimator: dict[str, Any] | None = None
    dry_run: bool = False
    unchanged: bool = False
    plan_id: UUID | None = None
    tallies: dict[str, dict[str, int]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    counted: str = "line"
    columns: dict[str, str] = field(default_factory=dict)
    header: list[str] = field(default_factory=list)
    unmatched: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)
