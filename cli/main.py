"""`gridward`: the table of commands, loaded one at a time, and the way out of each."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cli import failures
from cli.context import CommandContext
from gis.errors import GridwardError

# Name, line of help; cli/<name>.py holds `app`, imported only when it is called: heavy libraries take seconds.
COMMANDS = {
    "demo": "Plan central Helsinki (or an extract of yours), map cameras and gaps, and serve it.",
    "db": "Start, stop, upgrade, back up and restore the database.",
    "account": "Create accounts, tokens and one-time sign-in links.",
    "audit": "Read, check and export the audit trail.",
    "layers": "Take map layers out for use without a network.",
    "privacy": "Erase the names of accounts and of staff who have left.",
    "case": "Show cases, prove their histories, and act on them.",
    "load": "Load map data, dwellings, staff, cameras, incidents from files.",
    "partition": "Divide a territory into grids.",
    "plan": "List, check, compare, publish and exchange plans.",
    "area": "Change areas from a day on; list them as of any day.",
    "catalogue": "Search the catalogue, check who leads, apply new limits.",
    "calendar": "Show and load the work calendar; reckon when a limit is due.",
    "locate": "Say which grid a place is in, who answers for it and what is near.",
    "plates": "Issue codes for the plates of a grid and print them.",
    "staff": "Assign staff to grids and list vacancies.",
    "webhook": "Say who else is told of cases: webhooks, mailboxes, plug-ins.",
    "coverage": "Find what cameras see and where the gaps are.",
    "report": "Write a report that opens offline.",
    "serve": "Serve the map page and the API.",
    "worker": "Run queued jobs.",
}

LONG_RUNNING = frozenset({"serve", "worker"})


class LazyGroup(TyperGroup):
    """The top command; a command's module is imported when the command is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - the parser's classes are private
        """Return the names of all commands."""
        return [name for name in COMMANDS if importlib.util.find_spec(f"cli.{name}") is not None]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - the parser's classes are private
        """Import one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        return _mounted(cmd_name, importlib.import_module(f"cli.{cmd_name}").app)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - see above
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


def _mounted(name: str, inner: typer.Typer) -> Any:  # noqa: ANN401 - the parser's classes are private
    """Give a module's app its name; an app of one command becomes that command."""
    holder = typer.Typer(add_completion=False, rich_markup_mode=None)
    commands = inner.registered_commands
    if len(commands) == 1 and not inner.registered_groups and inner.registered_callback is None:
        commands[0].name = name
        holder.registered_commands = commands
    else:
        holder.add_typer(inner, name=name)
    return typer.main.get_group(holder).commands[name]


app = typer.Typer(
    cls=LazyGroup,
    name="gridward",
    help="Spatial grid management: grids, staff, cameras, incidents and coverage on one map.",
    epilog="Settings are environment variables with the prefix GRIDWARD_; every command has --help and --json.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"gridward {version('gridward')}")
        raise typer.Exit


@app.callback()
def _top(
    ctx: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="Folder for Gridward's files; wins over GRIDWARD_HOME.", show_default=False)
    ] = None,
    version: Annotated[  # noqa: ARG001 - its callback does the work
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    from services.logs import configure_logs

    context = ctx.find_object(CommandContext)
    if context is None:
        return
    context.use_home(home)
    logs = context.settings.logs
    # a person who runs one command wants its answer, an operator of a server wants the facts
    quiet = "log_level" not in logs.model_fields_set and ctx.invoked_subcommand not in LONG_RUNNING
    configure_logs(logs.log_format, "warning" if quiet else logs.log_level)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def run(arguments: Sequence[str]) -> int:
    """Run one command line.

    Parameters
    ----------
    arguments : sequence of str
        Words after ``gridward``.

    Returns
    -------
    int
        0 done, 1 failed, 2 bad input (nothing was changed), 130 interrupted.
    """
    as_json = "--json" in arguments
    context = CommandContext()
    try:
        result = app(args=list(arguments), prog_name="gridward", standalone_mode=False, obj=context)
    except BaseException as error:  # noqa: BLE001 - the edge
        return _tell(error, as_json=as_json)
    finally:
        with contextlib.suppress(KeyboardInterrupt):
            context.close()
    if result == failures.INTERRUPTED:  # the parser takes Ctrl+C itself, without a word
        return _tell(KeyboardInterrupt(), as_json=as_json)
    return result if isinstance(result, int) else failures.OK


def _tell(error: BaseException, *, as_json: bool) -> int:
    """Say what went wrong and return the exit code; what is no failure goes on its way."""
    match error:
        case GridwardError():
            return failures.report(error, as_json=as_json)
        case typer.TyperException():
            return failures.report_usage(error, as_json=as_json)
        case typer.Abort() | KeyboardInterrupt():
            print("interrupted", file=sys.stderr)
            return failures.INTERRUPTED
        case BrokenPipeError():
            # the reader of our output left (`| head`): nothing is wrong, and Python must not complain at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return failures.OK
        case OSError() if (known := failures.of_system(error)) is not None:
            return failures.report(known, as_json=as_json)
        case Exception():
            return failures.report_unexpected(error, as_json=as_json)
    raise error


def main() -> None:
    """Entry point of the ``gridward`` program."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
