"""What nets and floors from files add to `gridward partition`, and `gridward plan map` and `shares`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.context import CommandContext, JsonOption, command_context, show
from gis.errors import InvalidInputError
from gis.wording import counted

if TYPE_CHECKING:
    from services.ingest import LoadReport
    from services.partition import PlanSpec
    from store.database.work import UnitOfWork

PlanArgument = Annotated[UUID, typer.Argument(help="Id of the net's plan, from `gridward plan list`.")]
SHOWN_SHARES = 40

NetOption = Annotated[
    Path | None, typer.Option("--net", help="Polygons to take as a police or safety net: .geojson, .gpkg, .shp.")
]
FloorsOption = Annotated[
    Path | None, typer.Option("--floors", help="Table of floors for dedicated grids: .csv, .xlsx.")
]
CodeOption = Annotated[str | None, typer.Option("--code", help="With --net: column of the code; new codes without it.")]
NameFieldOption = Annotated[str | None, typer.Option("--name-field", help="With --net: column of the name.")]
CrsOption = Annotated[
    str | None, typer.Option("--crs", help="With a file: wgs84, cgcs2000, gcj02, bd09 or EPSG:<number>.")
]
SheetOption = Annotated[str | None, typer.Option("--sheet", help="With a file: sheet or layer; the first without it.")]
RejectsOption = Annotated[
    Path | None, typer.Option("--rejects", metavar="CSV", help="Write every refused row with its reason to this file.")
]
SkipOption = Annotated[bool, typer.Option("--skip-rejected", help="Save the good rows although others were refused.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="With a file: check everything, save nothing.")]


@dataclass(frozen=True, slots=True)
class NetFile:
    """A file that a plan is taken from, and how it is read.

    Attributes
    ----------
    net, floors : Path or None
        Polygons of a police or safety net; a table of floors. One of them at most.
    code, name_field : str or None
        Columns of code and name.
    """

    net: Path | None
    floors: Path | None
    code: str | None
    name_field: str | None
    crs: str | None
    sheet: str | None
    rejects: Path | None
    skip_rejected: bool
    dry_run: bool

    @property
    def path(self) -> Path | None:
        """The file; None when the plan is made from what is loaded.

        Raises
        ------
        InvalidInputError
            Two files, or options of a file without one.
        """
        if self.net is not None and self.floors is not None:
            raise InvalidInputError("Give either --net or --floors, not both.", field="net")
        path = self.net or self.floors
        if path is None and (self.code or self.name_field or self.crs or self.sheet or self.dry_run):
            raise InvalidInputError("--code, --name-field, --crs, --sheet and --dry-run go with --net or --floors.")
        return path


def partition_file(
    context: CommandContext, spec: PlanSpec, given: NetFile, *, territory: str | None, name: str | None, as_json: bool
) -> None:
    """Read a net or floors from a file into a draft plan, and show what came of it.

    Raises
    ------
    typer.Exit
        With code 2, after the refused rows were listed.
    """
    from cli import load

    def loader(work: UnitOfWork, file: Path, **options: Any) -> LoadReport:  # noqa: ANN401 - as LoadOptions
        if given.net is not None:
            from services.partition.net_files import load_net

            return load_net(work, file, spec, name=name, **options).report
        from services.partition.dedicated import propose_floors

        return propose_floors(work, file, spec, name=name, **options).report

    columns = {"code": given.code, "name": given.name_field}
    options = {
        "territory": territory,
        "crs": given.crs,
        "sheet": given.sheet,
        "mapping": {field: column for field, column in columns.items() if column},
        "skip_rejected": given.skip_rejected,
        "dry_run": given.dry_run,
    }
    path = given.path
    if path is not None:
        load.run(context, loader, path, options, rejects=given.rejects, as_json=as_json)


def map_net(ctx: typer.Context, plan: PlanArgument, as_json: JsonOption = False) -> None:
    """Map a police, safety or dedicated plan onto the household grids in use, with shares."""
    from services.partition.net_shares import map_plan

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        mapped = map_plan(work, plan)
    facts = mapped.facts()
    show(facts, lambda: _mapped_text(facts), as_json=as_json)


def shares(
    ctx: typer.Context,
    plan: PlanArgument,
    grid: Annotated[str | None, typer.Option(help="Code of one grid, of the net or a household grid.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write: .csv or .xlsx.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List what each grid of a net shares with the household grids: ground, households, objects."""
    from services.partition.net_shares import export_shares, list_shares, shares_about

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        if out is not None:
            count = export_shares(work, plan, out, code=grid)
            show({"file": str(out), "rows": count}, f"{counted(count, 'row')} written to {out}.", as_json=as_json)
            return
        rows = [asdict(row) for row in shares_about(list_shares(work, plan), grid)]
    show(rows, lambda: _shares_text(rows), as_json=as_json)


def dedicated_text(facts: dict[str, Any]) -> str:
    """Say what a plan of dedicated grids holds."""
    quality = facts["quality"]
    reused = " (equal inputs: the plan that was there)" if facts["reused"] else " saved as a draft"
    guessed = " (estimated from floor area)" if quality["load_estimated"] else ""
    lines = [
        f"Plan {facts['plan']}{reused}",
        f"  grids                 {quality['grids']} in {counted(quality['zones'], 'zone')}",
        f"  floors                {quality['floors']:,} of {counted(quality['buildings'], 'building')}",
        f"  {quality.get('load_unit', 'companies'):<20}  {quality['load']:,.0f}{guessed}",
        f"  inside the band       {quality['share_within']:.1%}",
    ]
    lines += [f"    {item['grid']}: {item['why']}" for item in quality["outside_band"][:10]]
    lines += [f"  {sentence}" for sentence in quality["left_out"]]
    return "\n".join(lines)


def _mapped_text(facts: dict[str, Any]) -> str:
    return "\n".join(
        (
            f"Mapped onto plan {facts['plan']}: {counted(facts['rows'], 'row')}.",
            f"  households outside the net    {facts['households_outside_net']:,}",
            f"  households outside the grids  {facts['households_outside_grids']:,}",
            f"  ground outside the grids      {facts['ground_outside_grids_m2']:,.0f} m²",
            f"  grids that the net leaves out {facts['grids_without']:,}",
        )
    )


def _shares_text(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "Nothing is mapped; run `gridward plan map PLAN` once there is a household plan."
    lines = [f"{'net grid':24}  {'household grid':18}  {'m²':>12}  {'of net':>7}  {'of grid':>7}  {'households':>10}"]
    for row in rows[:SHOWN_SHARES]:
        of_net, of_grid = (_percent(row[key]) for key in ("share_of_net", "share_of_grid"))
        lines.append(
            f"{row['net_code'] or 'outside the net':24}  {row['grid_code'] or 'outside grids':18}  "
            f"{row['area_m2']:>12,.0f}  {of_net:>7}  {of_grid:>7}  {row['households']:>10,}"
        )
    if len(rows) > SHOWN_SHARES:
        lines.append(f"… and {len(rows) - SHOWN_SHARES:,} more; --out FILE writes all of them.")
    return "\n".join(lines)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
