"""`gridward plan`: list, show, check, publish and export plans."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import typer

from cli.context import JsonOption, command_context, show
from cli.nets import map_net, shares
from cli.plan_check import check_lines
from cli.plan_edits import draft, log, redo, undo
from cli.plan_life import (
    approve,
    current,
    delete,
    diff,
    handover,
    history,
    impact,
    import_,
    refresh,
    restate,
    retire,
    send_back,
    submit,
    withdraw,
)  # fmt: skip
from cli.plan_quality import quality
from cli.rivers import rivers
from gis.wording import counted

app = typer.Typer(help="List, show, check, publish and export plans.", no_args_is_help=True)
app.command("quality")(quality)
app.command("map")(map_net)
app.command("submit")(submit)
app.command("approve")(approve)
app.command("send-back")(send_back)
app.command("withdraw")(withdraw)
app.command("retire")(retire)
app.command("delete")(delete)
app.command("history")(history)
app.command("current")(current)
app.command("diff")(diff)
app.command("impact")(impact)
app.command("handover")(handover)
app.command("refresh")(refresh)
app.command("restate")(restate)
app.command("import")(import_)
app.command("shares")(shares)
app.command("rivers")(rivers)
for command in (draft, undo, redo, log):
    app.command()(command)
PlanArgument = Annotated[UUID, typer.Argument(help="Id of the plan, from `gridward plan list`.")]


@app.command("list")
def list_(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List plans, newest first."""
    from services import plans

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        rows = plans.list_facts(work)
    show(rows, lambda: _table(rows), as_json=as_json)


@app.command("show")
def show_plan(ctx: typer.Context, plan: PlanArgument, as_json: JsonOption = False) -> None:
    """Show one plan and its grids."""
    from services import plans

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        facts = plans.plan_facts(work, plan)
    show(facts, lambda: _plan_text(facts), as_json=as_json)


@app.command()
def check(ctx: typer.Context, plan: PlanArgument, as_json: JsonOption = False) -> None:
    """Prove a stored plan again: tiling, one piece each, no household lost, a head for each grid."""
    from services import plans

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = plans.check_plan(work, plan)
    facts = {
        "ready": found.ready,
        "tiling_valid": found.tiling_valid,
        "contiguous": found.contiguous,
        "households": found.households,
        "households_in_grids": found.households_in_grids,
        "problems": found.problems,
    }
    lines = [*(["Nothing is open."] if found.ready else []), *check_lines(found.problems)]
    show(facts, "\n".join(lines), as_json=as_json)
    if not found.ready:
        raise typer.Exit(1)


@app.command()
def publish(
    ctx: typer.Context,
    plan: PlanArgument,
    basis: Annotated[str, typer.Option(help="The decision that the plan rests on.")],
    effective_on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day it takes effect.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Publish a plan, today or on a day to come; the one before it of the same kind retires then."""
    from services.plan_life import publishing

    context = command_context(ctx)
    asked = publishing.Publication(
        basis=basis,
        effective_on=effective_on.date() if effective_on else None,
        time_zone=context.settings.cases.time_zone,
    )
    with context.database.work(context.actor) as work:
        done = publishing.publish(work, plan, asked)
        renumbered = publishing.renumbered(work, done)
        facts = {
            "plan": str(done.id),
            "status": done.status,
            "effective_on": str(done.effective_on),
            "renumbered": renumbered,
        }
    verb = "Scheduled for" if facts["status"] == "scheduled" else "Published, effective on"
    lines = [f"{verb} {facts['effective_on']}."]
    if renumbered:
        given = counted(len(renumbered), "grid has", "grids have")
        lines.append(f"{given} a new code, since the old one was given to others meanwhile:")
        lines += [f"    {each['from']} → {each['to']}" for each in renumbered]
    show(facts, "\n".join(lines), as_json=as_json)


@app.command()
def export(
    ctx: typer.Context,
    plan: PlanArgument,
    file: Annotated[
        Path, typer.Argument(help="File to write: .geojson, .gpkg, .shp, .csv or .pmtiles (vector tiles).")
    ],
    simplify: Annotated[
        float | None, typer.Option(help="Metres: fewer vertices, still without gaps and overlaps.", min=0)
    ] = None,
    file_format: Annotated[
        Literal["pmtiles"] | None,
        typer.Option("--format", help="pmtiles: vector tiles for use offline; the file's ending without it."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Export the grids of a plan with their codes as text and 9 decimals."""
    from services import plan_files, tile_export

    context = command_context(ctx)
    if (file_format or file.suffix.lower().lstrip(".")) == "pmtiles":
        with context.database.work(context.actor) as work:
            written = tile_export.export_plan(work, plan, file)
        facts = {"file": str(file), "tiles": written.tiles, "bytes": written.size}
        show(
            facts, f"{counted(written.tiles, 'tile')} written to {file} ({written.size / 1e6:.1f} MB).", as_json=as_json
        )
        return
    with context.database.work(context.actor) as work:
        count = plan_files.export(work, plan, file, simplify=simplify)
    show({"file": str(file), "grids": count}, f"{counted(count, 'grid')} written to {file}.", as_json=as_json)


def _table(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "There is no plan yet; make one with `gridward partition household`."
    lines = [f"{'id':36}  {'kind':15}  {'status':9}  {'grids':>6}  {'households':>10}  name"]
    lines += [
        f"{row['id']}  {row['kind']:15}  {row['status']:9}  {row['quality'].get('grids', 0):>6}  "
        f"{row['quality'].get('households', 0):>10,}  {row['name']}"
        for row in rows
    ]
    return "\n".join(lines)


def _plan_text(facts: dict[str, Any]) -> str:
    lines = [
        f"{facts['name']} ({facts['status']})",
        f"{'grid':18}  {'households':>10}  {'deviation':>9}  {'head':12}  name",
    ]
    lines += [
        f"{grid['code']:18}  {grid['households']:>10,}  {grid['deviation']:>+9.1%}  {grid['head'] or 'none':12}  "
        f"{grid['name']}"
        for grid in facts["grids"]
    ]
    return "\n".join(lines)
