"""What every command gets: settings, the database, and where its answer goes. The wiring of the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from services.settings import Settings
    from store.cluster import ClusterUrls
    from store.database.actor import Actor
    from store.database.engine import Database

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


class CommandContext:
    """Settings and database of one command, opened when first asked for.

    Parameters
    ----------
    home : Path, optional
        Home folder that wins over ``GRIDWARD_HOME``.
    """

    def __init__(self, home: Path | None = None) -> None:
        self.command = "gridward"
        self.use_home(home)

    def use_home(self, home: Path | None) -> None:
        """Choose the home folder; child processes (server workers) see the same one."""
        if home is not None:
            os.environ["GRIDWARD_HOME"] = str(home.expanduser().resolve())

    @cached_property
    def settings(self) -> Settings:
        """All settings, read once."""
        from services.settings import Settings

        return Settings.read()

    @cached_property
    def urls(self) -> ClusterUrls:
        """How to reach the database; the private cluster is running when this returns."""
        from services.settings import database_urls

        return database_urls(self.settings.database)

    @cached_property
    def database(self) -> Database:
        """The opened database at the newest schema.

        An empty private database is migrated on the spot. One with an older schema is left alone: its owner should
        make a backup and run `gridward db upgrade`.
        """
        from services.upkeep import require_schema
        from store.database.engine import Database, Doing

        urls, chosen = self.urls, self.settings.database
        require_schema(urls, may_create=chosen.database_url is None)
        return Database(
            urls.app,
            urls.owner,
            pool_size=chosen.pool_size,
            statement_timeout_s=chosen.statement_timeout_s,
            time_zone=self.settings.cases.time_zone,
            doing=Doing(self.command),
        )

    @property
    def actor(self) -> Actor:
        """Who acts: commands run by the machine's owner act as the system."""
        from store.database.actor import Actor

        return Actor.system()

    def close(self) -> None:
        """Close the database connections that were opened."""
        opened = self.__dict__.pop("database", None)
        if opened is not None:
            opened.dispose()


def command_context(ctx: typer.Context) -> CommandContext:
    """Return the context of a running command."""
    found = ctx.find_object(CommandContext)
    if found is None:
        raise TypeError("commands run through cli.main only")
    found.command = ctx.command_path
    return found


def show(data: Mapping[str, Any] | Iterable[Any], text: str | Callable[[], str], *, as_json: bool) -> None:
    """Print a command's result.

    Parameters
    ----------
    data : mapping or iterable
        What ``--json`` prints.
    text : str or callable
        What a person reads; a callable is only asked when needed.
    as_json : bool
        The command's ``--json``.
    """
    if as_json:
        print(to_json(data))
        return
    words = text if isinstance(text, str) else text()
    if words:
        print(words)


def to_json(data: object) -> str:
    """Return indented JSON; ids, times, paths and numpy values included."""
    import orjson

    options = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(data, default=str, option=options).decode()


def on_terminal() -> bool:
    """Whether a person watches stderr, so that progress bars make sense."""
    return sys.stderr.isatty()
