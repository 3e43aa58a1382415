"""`gridward privacy`: take out what names a person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from cli.context import JsonOption, command_context, show

app = typer.Typer(help="Take out what names a person; what they did stays.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Take out what names a person; what they did stays."""


@app.command()
def erase(
    ctx: typer.Context,
    kind: Annotated[Literal["account", "staff"], typer.Argument(help="What to erase the name of.")],
    name: Annotated[str, typer.Argument(help="Account name, or work number of a member of staff.")],
    as_json: JsonOption = False,
) -> None:
    """Erase the name of an account (which is shut for good) or of a member of staff who has left."""
    from services import privacy

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        if kind == "account":
            called = privacy.erase_account(work, name, now=datetime.now(UTC))
        else:
            privacy.erase_staff(work, name)
            called = name
    show({"kind": kind, "called": called}, f"The name is erased; the {kind} is called {called} now.", as_json=as_json)
