"""`gridward db`: start, stop, status, upgrade, backup, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.context import JsonOption, command_context, show

app = typer.Typer(help="Start, stop, upgrade, back up and restore the database.", no_args_is_help=True)


@app.command()
def start(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Start the private database; create it when there is none yet."""
    from services import upkeep

    facts = upkeep.start(command_context(ctx).settings.database)
    show(facts, lambda: _state_text(facts), as_json=as_json)


@app.command()
def stop(
    ctx: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="Cut off whoever still uses it.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Stop the private database unless another process uses it."""
    from services import upkeep

    stopped = upkeep.stop(command_context(ctx).settings.database, force=force)
    show({"stopped": stopped}, "Stopped." if stopped else "It was not running.", as_json=as_json)


@app.command()
def status(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Show the state of the database; changes nothing."""
    from services import upkeep

    facts = upkeep.state(command_context(ctx).settings.database)
    show(facts, lambda: _state_text(facts), as_json=as_json)


@app.command()
def upgrade(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Bring the database to the newest schema."""
    from services import upkeep

    facts = upkeep.upgrade(command_context(ctx).settings.database)
    changed = facts["before"] != facts["after"]
    text = f"Schema {facts['before'] or 'none'} → {facts['after']}." if changed else f"Schema {facts['after']}: newest."
    show(facts, text, as_json=as_json)


@app.command()
def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="File to write; replaced only when the backup is complete.")],
    as_json: JsonOption = False,
) -> None:
    """Write the whole database to one file."""
    from services import upkeep

    facts = upkeep.save(command_context(ctx).settings.database, file)
    show(facts, f"Wrote {facts['file']} ({facts['bytes'] / 2**20:.1f} MB).", as_json=as_json)


@app.command()
def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="File made by `gridward db backup`.")],
    as_json: JsonOption = False,
) -> None:
    """Fill an empty database from a backup."""
    from services import upkeep

    facts = upkeep.restore(command_context(ctx).settings.database, file)
    show(facts, f"Restored {facts['file']}; schema {facts['schema']}.", as_json=as_json)


def _state_text(facts: dict[str, Any]) -> str:
    words = {
        "absent": "not created yet (gridward db start)",
        "stopped": "stopped (gridward db start)",
        "starting": "starting",
        "running": "running",
        "external": "set by GRIDWARD_DATABASE_URL",
    }
    lines = [f"Database: {words[facts['state']]}"]
    rows = [("folder", facts.get("data")), ("process", facts.get("pid")), ("runs as", facts.get("account"))]
    rows += [("connect", f"psql '{facts['url']}'" if facts.get("url") else None), ("server", facts.get("server"))]
    rows += [("PostGIS", facts.get("postgis"))]
    if "size_bytes" in facts:
        schema = facts["schema"] or "none"
        note = "" if schema == facts["newest_schema"] else f" (newest {facts['newest_schema']}: gridward db upgrade)"
        rows += [("size", f"{facts['size_bytes'] / 2**20:.0f} MB"), ("schema", f"{schema}{note}")]
    return "\n".join(lines + [f"  {name:8} {value}" for name, value in rows if value is not None])
