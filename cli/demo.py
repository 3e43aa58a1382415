"""`gridward demo`: from an extract to a map in the browser."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.context import CommandContext, JsonOption, command_context, show
from cli.progress import progress_bar
from gis.errors import ConflictError
from gis.wording import counted

if TYPE_CHECKING:
    from services.settings import Settings

app = typer.Typer()

ACCOUNT = "demo"
ROLES = (
    "planner", "reviewer", "dispatcher", "intake_officer", "shift_leader", "analyst", "camera_administrator", "export",
    "reporter_contact", "camera_network",
)  # fmt: skip


@app.command()
def demo(
    ctx: typer.Context,
    osm: Annotated[Path | None, typer.Option(help="Extract (.osm.pbf, .osm, .osm.gz); Helsinki without it.")] = None,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Stop after the summary.")] = False,
    summary: Annotated[Path | None, typer.Option(help="Summary file; demo.json in GRIDWARD_HOME without it.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to serve on.", show_default="8000")] = None,
    as_json: JsonOption = False,
) -> None:
    """Plan central Helsinki (or an extract of yours), map cameras and gaps, and serve it."""
    from services.settings import Settings

    context = command_context(ctx)
    chosen = Settings.read(port=port)
    target = summary or chosen.database.home / "demo.json"
    if no_serve:
        _run(context, osm, target, as_json=as_json)
        return
    from cli.serve import open_listener, run_server, web_address
    from services.served import listening_at

    # a taken port is said before a minute of work, not after it
    with open_listener(chosen.http) as listener:
        territory = _run(context, osm, target, as_json=as_json)
        address = web_address(chosen.http, listener)
        link = _sign_in_link(context, chosen, address) + f"&territory={territory}"
        context.close()
        print(
            f"\nOpen {link}\nIt signs you in once; `gridward account link {ACCOUNT}` makes another. Ctrl-C stops.\n"
            + "\n".join(_roles_text()),
            flush=True,
        )
        with listening_at(chosen.database.home, address):
            run_server(chosen, listener)


def _run(context: CommandContext, osm: Path | None, target: Path, *, as_json: bool) -> str:
    """Run the demo, write and show its summary; return the territory's id."""
    from services import demo as service

    folder = context.settings.database.home / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    with progress_bar("demo", hidden=as_json) as tell:
        facts = service.run_demo(context.database, folder, osm=osm, tell=tell)
    _account(context)
    service.write_summary(target, facts)
    show(facts, lambda: _text(facts, target), as_json=as_json)
    return str(facts["territory_id"])


def _sign_in_link(context: CommandContext, settings: Settings, address: str) -> str:
    from datetime import UTC, datetime

    from services import access

    with context.database.work(context.actor) as work:
        code = access.issue_link(work, ACCOUNT, now=datetime.now(UTC), minutes=settings.access.link_minutes)
    return f"{address}/#/sign-in?code={code}"


def _account(context: CommandContext) -> None:
    """Make the demo's account where it is not there from an earlier run."""
    from services import access

    with suppress(ConflictError), context.database.work(context.actor) as work:
        access.create_account(work, ACCOUNT, roles=ROLES, display="Demo", demo=True)


def _text(facts: dict[str, Any], target: Path) -> str:
    lines = [
        (
            f"{facts['territory']}: {facts['territory_area_m2'] / 1e6:.2f} km², "
            f"{counted(facts['dwellings'], 'dwelling')}, {counted(facts['households'], 'household')} (estimated)"
        ),
        (
            f"  grids        {facts['grids']}, {facts['share_within_tolerance']:.0%} within ±10 %, "
            f"{'each in one piece' if facts['contiguous'] else 'NOT contiguous'}, "
            f"{counted(facts['exclaves'], 'exclave')}, tiling {'proven' if facts['tiling_valid'] else 'BROKEN'}"
        ),
        (
            f"  staff        {counted(facts['heads'], 'head')} (demo roster of {facts['staff']}), "
            f"{counted(facts['vacancies'], 'vacancy', 'vacancies')}"
        ),
        f"  cameras      {facts['cameras']}, {facts['cameras_without_direction']} of unknown heading",
        (
            f"  key places   {facts['key_places_covered']} of {facts['key_places']} seen "
            f"(at most {facts['key_places_covered_at_most']})"
        ),
        f"  gaps         {facts['gaps']}",
        f"  incidents    {facts['incidents']} (demo)",
        f"  seconds      {sum(facts['seconds'].values()):.1f}",
        f"Summary in {target}",
        f"Sign in: `gridward serve`, and `gridward account link {ACCOUNT}` for a one-time link.",
        *_roles_text(),
    ]
    return "\n".join(lines)


def _roles_text() -> list[str]:
    """Say how to sign in as each role of a case's way."""
    from services.demo_cases import ACCOUNTS

    told = ", ".join(f"{name} ({role.replace('_', ' ')})" for name, (role, _) in ACCOUNTS.items())
    return [f"Cases change hands; sign in as each with `gridward account link NAME`: {told}."]
