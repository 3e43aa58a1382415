"""`gridward load`: bring files in. Bad input ends with exit code 2 and nothing saved."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.context import CommandContext, JsonOption, command_context, show
from cli.failures import BAD_INPUT
from cli.progress import progress_bar
from gis.wording import counted

if TYPE_CHECKING:
    from services.ingest import LoadReport

app = typer.Typer(help="Load map data, dwellings, staff, cameras, incidents from files.", no_args_is_help=True)

SHOWN_REJECTS = 20

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The file to load.", show_default=False)]
CrsOption = Annotated[
    str | None,
    typer.Option("--crs", help="wgs84, cgcs2000, gcj02, bd09 or EPSG:<number>; wins over what the file says."),
]
MapOption = Annotated[
    list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Which column gives a field; repeat it.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Check everything, save nothing.")]
TerritoryOption = Annotated[str | None, typer.Option("--territory", help="Name, where several are loaded.")]
RejectsOption = Annotated[
    Path | None,
    typer.Option("--rejects", metavar="CSV", help="Write every refused or flagged row with its reason to this file."),
]
SkipOption = Annotated[bool, typer.Option("--skip-rejected", help="Save the good rows although others were refused.")]
SwapOption = Annotated[bool, typer.Option("--swap-axes", help="The first coordinate is the latitude (northing).")]
SheetOption = Annotated[str | None, typer.Option("--sheet", help="Sheet or layer; the first without it.")]
ZoneOption = Annotated[
    str | None, typer.Option("--timezone", help="Zone of times without offset, such as Asia/Shanghai; UTC without it.")
]
ReplaceEstimatesOption = Annotated[
    bool, typer.Option("--replace-estimates", help="Dwellings only: counted households take the place of estimates.")
]


@app.command()
def osm(
    ctx: typer.Context,
    file: FileArgument,
    territory: Annotated[str | None, typer.Option(help="Name of the territory; the file's name without it.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Load the ground of a known territory anew.")] = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Load an OpenStreetMap extract (.osm.pbf, .osm, .osm.gz) as a territory with its ground."""
    from services import ingest

    context = command_context(ctx)
    with progress_bar(f"loading {file.name}", hidden=as_json) as tell, _owner_work(context, file) as work:
        report = ingest.load_osm(
            work,
            file,
            territory=territory,
            replace=replace,
            dry_run=dry_run,
            progress=tell,
        )
    show(report.to_dict(), lambda: _osm_text(report), as_json=as_json)


def _owner_work(context: CommandContext, file: Path) -> Any:  # noqa: ANN401 - a context manager of the unit of work
    """Open a unit of work of the owner, once file and disk are known to be fit."""
    from services.ingest.preflight import preflight

    chosen = context.settings.database
    preflight(file, database_folder=chosen.home if chosen.database_url is None else None)
    return context.database.owner_work(context.actor)


def _rows_command(name: str, loader: str, summary: str) -> None:
    """Register a command that loads a table or layer."""

    def command(
        ctx: typer.Context,
        file: FileArgument,
        crs: CrsOption = None,
        mapping: MapOption = None,
        territory: TerritoryOption = None,
        dry_run: DryRunOption = False,
        skip_rejected: SkipOption = False,
        swap_axes: SwapOption = False,
        rejects: RejectsOption = None,
        sheet: SheetOption = None,
        timezone: ZoneOption = None,
        replace_estimates: ReplaceEstimatesOption = False,
        as_json: JsonOption = False,
    ) -> None:
        from services import ingest

        if replace_estimates and name != "dwellings":
            raise typer.BadParameter("only dwellings are estimated.", param_hint="--replace-estimates")
        options = {
            "territory": territory,
            "crs": crs,
            "mapping": read_mapping(mapping or []),
            "dry_run": dry_run,
            "skip_rejected": skip_rejected,
            "swap_axes": swap_axes,
            "sheet": sheet,
            "timezone": timezone,
            "replace_estimates": replace_estimates,
        }
        run(command_context(ctx), getattr(ingest, loader), file, options, rejects=rejects, as_json=as_json)

    command.__doc__ = summary
    app.command(name)(command)


@app.command("camera-status")
def camera_status(
    ctx: typer.Context,
    file: FileArgument,
    signature: Annotated[
        Path | None, typer.Option(help="Detached signature; FILE.sig where GRIDWARD_STATUS_KEY_FILE is set.")
    ] = None,
    mapping: MapOption = None,
    territory: TerritoryOption = None,
    dry_run: DryRunOption = False,
    skip_rejected: SkipOption = False,
    rejects: RejectsOption = None,
    sheet: SheetOption = None,
    timezone: ZoneOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load which cameras are online, networked and serviceable, and since when; checks the file's signature."""
    from services.ingest.camera_status import load_camera_status, load_signed_status
    from services.signatures import read_key

    context = command_context(ctx)
    options: dict[str, Any] = {
        "territory": territory,
        "mapping": read_mapping(mapping or []),
        "dry_run": dry_run,
        "skip_rejected": skip_rejected,
        "sheet": sheet,
        "timezone": timezone,
    }
    key_file = context.settings.cameras.status_key_file
    loader: Callable[..., LoadReport] = load_camera_status
    if key_file is not None:
        options |= {"signature": signature or file.with_name(f"{file.name}.sig"), "key": read_key(key_file)}
        loader = load_signed_status
    elif signature is not None:
        raise typer.BadParameter(
            "set GRIDWARD_STATUS_KEY_FILE to the key that it was made with.", param_hint="--signature"
        )
    run(context, loader, file, options, rejects=rejects, as_json=as_json)


def run(
    context: CommandContext,
    loader: Callable[..., LoadReport],
    file: Path,
    options: dict[str, Any],
    *,
    rejects: Path | None,
    as_json: bool,
) -> None:
    """Run one load and show what came of it.

    Raises
    ------
    typer.Exit
        With code 2, after the refused rows were listed.
    """
    from services.ingest import RejectedRowsError

    try:
        with progress_bar(f"loading {file.name}", hidden=as_json) as tell, _owner_work(context, file) as work:
            tell(0.1)
            report = loader(work, file, **options)
            tell(1.0)
    except RejectedRowsError as error:
        _write_rejects(error.report, rejects)
        if as_json:
            problem = {"code": error.code, "detail": error.message, "exit_code": BAD_INPUT, **error.report.to_dict()}
            print(json.dumps(problem, ensure_ascii=False, default=str), file=sys.stderr)
        else:
            print(f"error: {error.message}", file=sys.stderr)
            print(_rejects_text(error.report, rejects), file=sys.stderr)
            print(_warnings_text(error.report), end="", file=sys.stderr)
        raise typer.Exit(BAD_INPUT) from error
    _write_rejects(report, rejects)
    show(report.to_dict(), lambda: _rows_text(report, rejects), as_json=as_json)


def read_mapping(pairs: list[str]) -> dict[str, str]:
    """Read FIELD=COLUMN pairs of ``--map``."""
    found = {}
    for pair in pairs:
        field, sign, column = pair.partition("=")
        if not sign or not field.strip() or not column.strip():
            raise typer.BadParameter(f"'{pair}' is not FIELD=COLUMN.", param_hint="--map")
        found[field.strip()] = column.strip()
    return found


def _write_rejects(report: LoadReport, path: Path | None) -> None:
    if path is None:
        return
    with path.open("w", newline="", encoding="utf-8-sig") as stream:
        writer = csv.writer(stream)
        writer.writerow((report.counted, "column", "value", "reason", "remedy"))
        for problem in (*report.rejected, *report.flagged):
            # a value that a spreadsheet would compute is made inert
            value = f"'{problem.value}" if problem.value[:1] in "=+-@" and problem.value else problem.value
            writer.writerow((problem.line, problem.column, value, problem.reason, problem.remedy))


def _rejects_text(report: LoadReport, written: Path | None) -> str:
    lines = []
    for problem in report.rejected[:SHOWN_REJECTS]:
        value = f" '{problem.value}'" if problem.value else ""
        where = f"{report.counted} {problem.line}, {problem.column or 'row'}{value}"
        lines.append(f"  {where}: {problem.reason}; {problem.remedy}")
    more = len(report.rejected) - SHOWN_REJECTS
    if more > 0:
        where = f"all of them are in {written}" if written else "give --rejects FILE for all of them"
        lines.append(f"  … and {more} more; {where}")
    return "\n".join(lines)


def _warnings_text(report: LoadReport) -> str:
    return "".join(f"  warning: {warning}\n" for warning in report.warnings)


def _rows_text(report: LoadReport, written: Path | None) -> str:
    verb = "would be loaded" if report.dry_run else "loaded"
    # a version is a number, not how many there are
    counts = ", ".join(
        f"version {count}" if name == "version" else f"{count:,} {name.replace('_', ' ')}"
        for name, count in report.counts.items()
    )
    lines = [
        f"{counted(report.accepted, 'row')} of {report.file} {verb} into {report.territory}"
        + (f" ({counts})." if counts else ".")
    ]
    if report.encoding is not None and report.encoding_guessed:
        lines.append(f"  encoding: {report.encoding} (guessed)")
    elif report.encoding is not None:
        lines.append(f"  encoding: {report.encoding}")
    if report.crs is not None:
        lines.append(f"  coordinates: {report.crs}")
    for finding in report.findings:
        examples = f" ({', '.join(finding.examples[:3])})" if finding.examples else ""
        lines.append(f"  {finding.count:,} × {finding.sentence}{examples}")
    for reason, count in Counter(problem.reason for problem in report.flagged).most_common():
        lines.append(f"  {count:,} × {reason}")
    if report.rejected:
        lines.append(f"  {counted(len(report.rejected), 'row was', 'rows were')} refused:")
        lines.append(_rejects_text(report, written))
    for kind, tally in report.tallies.items():
        lines += [f"  by {kind.removesuffix('s')}:", *_chart(tally, report.names)]
    return "\n".join(lines) + ("\n" + _warnings_text(report).rstrip("\n") if report.warnings else "")


def _chart(tally: dict[str, int], names: dict[str, str]) -> list[str]:
    """Return one bar a line, codes with what they are called; the last ones where there are many."""
    shown = list(tally.items())[-24:]
    most = max((count for _, count in shown), default=0)
    told = [(f"{label} {names.get(label, '')}".strip()[:40], count) for label, count in shown]
    return [f"    {label:<40} {count:>8,} {'█' * max(1, round(40 * count / most))}" for label, count in told]


def _osm_text(report: LoadReport) -> str:
    verb = "Would load" if report.dry_run else "Already loaded" if report.unchanged else "Loaded"
    lines = [f"{verb} {report.file} as {report.territory}:"]
    lines += [f"  {name.replace('_', ' '):<12} {count:>9,}" for name, count in report.counts.items()]
    if report.evidence:
        shares = ", ".join(f"{share:.0%} {name}" for name, share in report.evidence.items() if share)
        lines.append(f"  households are estimated; they rest on: {shares}")
    for finding in report.findings:
        examples = f" ({', '.join(finding.examples[:3])})" if finding.examples else ""
        lines.append(f"  {finding.count:,} × {finding.sentence}{examples}")
    return "\n".join(lines) + ("\n" + _warnings_text(report).rstrip("\n") if report.warnings else "")


_rows_command("areas", "load_areas", "Load administrative areas (polygons with code and name).")
_rows_command("dwellings", "load_dwellings", "Load doors with their counts of households.")
_rows_command("units", "load_units", "Load departments, centres and teams.")
_rows_command("staff", "load_staff", "Load a roster: work number, name, post. Identity numbers are refused.")
_rows_command("cameras", "load_cameras", "Load cameras: position, heading, field of view, range.")
_rows_command("places", "load_places", "Load landmarks and other names of places (name, aliases, position).")
_rows_command("components", "load_components", "Load city components with the unit that owns them.")


@app.command()
def incidents(
    ctx: typer.Context,
    file: FileArgument,
    crs: CrsOption = None,
    mapping: MapOption = None,
    territory: TerritoryOption = None,
    dry_run: DryRunOption = False,
    skip_rejected: SkipOption = False,
    swap_axes: SwapOption = False,
    fix_swapped: Annotated[
        bool, typer.Option("--fix-swapped", help="Turn single rows round whose longitude and latitude changed places.")
    ] = False,
    items: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Two columns: words of the file's items, and their code in the catalogue."),
    ] = None,
    rejects: RejectsOption = None,
    sheet: SheetOption = None,
    timezone: ZoneOption = None,
    as_json: JsonOption = False,
) -> None:
    """Load past incidents; a row loaded before is skipped, one without a place is kept and flagged."""
    from services import ingest

    options: dict[str, Any] = {
        "territory": territory,
        "crs": crs,
        "mapping": read_mapping(mapping or []),
        "dry_run": dry_run,
        "skip_rejected": skip_rejected,
        "swap_axes": swap_axes,
        "fix_swapped": fix_swapped,
        "items": items,
        "sheet": sheet,
        "timezone": timezone,
    }
    run(command_context(ctx), ingest.load_incidents, file, options, rejects=rejects, as_json=as_json)


_rows_command("catalogue", "load_catalogue", "Load a catalogue (CSV, XLSX, JSON) as a new version.")
_rows_command("lead-units", "load_lead_units", "Load which unit leads for which item in which area.")
_rows_command("area-classes", "load_area_classes", "Load how busy areas are, which decides their limits.")
_rows_command("assignments", "load_assignments", "Load who holds which role for which grid or area.")
_rows_command("shifts", "load_shifts", "Load shifts: single ones, or by weekday from a first to a last day.")
_rows_command("post-counts", "load_post_counts", "Load how many holders of a role villages have, as numbers alone.")
