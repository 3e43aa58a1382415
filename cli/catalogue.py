"""`gridward catalogue`: what is in the catalogue, one item of it, who leads, and new limits for open cases."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import catalogue_item
from cli.context import JsonOption, command_context, show
from gis.wording import counted

if TYPE_CHECKING:
    from services.catalogue import ItemView

app = typer.Typer(help="Search and change the catalogue, check who leads, apply new limits.", no_args_is_help=True)
app.add_typer(catalogue_item.app, name="item")
TerritoryOption = Annotated[str | None, typer.Option("--territory", help="Name, where several are loaded.")]


@app.command()
def versions(ctx: typer.Context, territory: TerritoryOption = None, as_json: JsonOption = False) -> None:
    """List the versions of the catalogue, newest first; the newest holds."""
    from services import catalogue

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = [asdict(row) for row in catalogue.list_versions(work, territory)]
    lines = (
        f"{row['version']:>4}  {counted(row['items'], 'item'):>11} in {counted(row['classes'], 'class', 'classes')}"
        f"  {row['title']}"
        for row in found
    )
    show(found, lambda: "\n".join(lines) or "No catalogue is loaded.", as_json=as_json)


@app.command()
def search(
    ctx: typer.Context,
    words: Annotated[str, typer.Argument(help="Chinese, pinyin, initials, other languages, or a code.")],
    territory: TerritoryOption = None,
    limit: Annotated[int, typer.Option(min=1, max=5000)] = 20,
    as_json: JsonOption = False,
) -> None:
    """Find items by any of their names."""
    from services import catalogue

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = catalogue.list_items(work, words, territory=territory, limit=limit)
    lines = (f"{item.code}  {item.name_zh}  {item.name_en}".rstrip() + f"  ({_limits_told(item)})" for item in found)
    show([asdict(item) for item in found], lambda: "\n".join(lines) or "Nothing fits.", as_json=as_json)


def _limits_told(item: ItemView) -> str:
    """Tell phases apart by commas and classes of areas by semicolons, as a class may have phases of its own."""
    told = []
    for number in sorted({one.area_class for one in item.limits}):
        phases = (one for one in item.limits if one.area_class == number)
        each = ", ".join(f"{one.name} {one.limit}{'' if one.limit.amount == 1 else 's'}".strip() for one in phases)
        told.append(each if number == 1 else f"class {number}: {each}")
    return "; ".join(told)


@app.command()
def check(ctx: typer.Context, territory: TerritoryOption = None, as_json: JsonOption = False) -> None:
    """Check that each item has exactly one lead unit in each area; exit code 1 where not."""
    from services import catalogue

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        report = asdict(catalogue.lead_report(work, territory))
    show(report, lambda: _check_text(report), as_json=as_json)
    if report["holes"] or report["doubles"]:
        raise typer.Exit(1)


def _check_text(report: dict[str, Any]) -> str:
    told = f"{counted(report['items'], 'item')} in {counted(report['areas'], 'area')}"
    lines = [f"{told}: {report['holes']} without a lead unit, {report['doubles']} with several."]
    for kind in ("holes", "doubles"):
        lines += [f"  {kind[:-1]}: item {item}, area {area}" for item, area in report[f"first_{kind}"][:20]]
    return "\n".join(lines)


@app.command("apply-limits")
def apply_limits(ctx: typer.Context, territory: TerritoryOption = None, as_json: JsonOption = False) -> None:
    """Have open cases go by the newest catalogue; the limits they were opened with are kept beside."""
    from services import clock_recompute

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        moved, job = clock_recompute.apply_rules(work, now=datetime.now(UTC), territory=territory)
    words = f"{counted(moved, 'clock')} came to another result." if job is None else f"Job {job} reckons the clocks."
    show({"clocks": moved, "job": job}, words, as_json=as_json)
