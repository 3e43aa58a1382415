"""`gridward audit`: read, check and export the audit trail, and cut off what is old."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.context import JsonOption, command_context, show
from gis.errors import InvalidInputError
from gis.wording import counted

if TYPE_CHECKING:
    from services.audit import Asked, Line, Link

app = typer.Typer(help="Read, check and export the audit trail.", no_args_is_help=True)

WhoOption = Annotated[str | None, typer.Option(help="Account name; system for the system.", show_default=False)]
ActionOption = Annotated[str | None, typer.Option(help="What the action begins with.", show_default=False)]
TargetOption = Annotated[str | None, typer.Option(help="What the target contains.", show_default=False)]
SinceOption = Annotated[datetime | None, typer.Option(help="From this time (UTC) on.", show_default=False)]
UntilOption = Annotated[datetime | None, typer.Option(help="Before this time (UTC).", show_default=False)]


@app.command("list")
def list_lines(
    ctx: typer.Context,
    *,
    who: WhoOption = None,
    action: ActionOption = None,
    target: TargetOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: Annotated[int, typer.Option(min=1, max=10000, help="Newest lines to show.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show lines of the trail, newest first."""
    from services import audit

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        page = audit.read_page(work, _asked(who, action, target, since, until), limit=limit)
    show([asdict(line) for line in page.lines], lambda: "\n".join(map(_text, page.lines)), as_json=as_json)


@app.command()
def verify(
    ctx: typer.Context,
    known: Annotated[
        str | None, typer.Option(help="A place written down earlier, as SEQ:DIGEST.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Seal new lines and prove that none was changed, left out or put in; exit code 1 if one was."""
    from services import audit

    context = command_context(ctx)
    place = _link(known)
    with context.database.work(context.actor) as work:
        audit.seal(work)
    with context.database.work(context.actor) as work:
        found, intact = audit.verify(work, known=place)
    if intact:
        text = f"{counted(found.lines, 'line')}, unchanged since written."
    elif found.broken is not None:
        text = f"Line {found.broken} does not follow from the one before it: the trail was changed."
    else:
        text = "The place that was written down is not in the trail: its end was cut off or it was written anew."
    if found.head is not None:
        text += f"\nWrite down and keep elsewhere: {found.head.seq}:{found.head.digest}"
    show({"intact": intact, **asdict(found)}, text, as_json=as_json)
    if not intact:
        raise typer.Exit(1)


@app.command()
def export(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV file to write.")],
    *,
    who: WhoOption = None,
    action: ActionOption = None,
    target: TargetOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write lines as CSV, oldest first."""
    from services import audit

    context = command_context(ctx)
    wanted = _asked(who, action, target, since, until)
    try:
        with file.open("xb") as stream:
            for chunk in audit.write_csv(context.database, context.actor, wanted):
                stream.write(chunk)
            size = stream.tell()
    except FileExistsError:
        raise InvalidInputError(
            f"There is a file {file} already.", file=str(file), remedy="Choose another name."
        ) from None
    show({"file": str(file), "bytes": size}, f"Wrote {file}.", as_json=as_json)


@app.command()
def retire(
    ctx: typer.Context,
    months: Annotated[
        int | None, typer.Option(help="Months to keep; the setting GRIDWARD_AUDIT_MONTHS without it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Cut off lines that are older; six months always stay."""
    from services import audit

    context = command_context(ctx)
    kept = context.settings.access.audit_months if months is None else months
    last = audit.retire(context.database, months=kept, now=datetime.now(UTC))
    text = f"Cut off through line {last.seq}." if last else f"No line is older than {kept} months."
    show({"months": kept, "through": last.seq if last else None}, text, as_json=as_json)


def _asked(
    who: str | None, action: str | None, target: str | None, since: datetime | None, until: datetime | None
) -> Asked:
    from services.audit import Asked

    first, last = (None if each is None else each.replace(tzinfo=UTC) for each in (since, until))
    return Asked(who, action, target, first, last)


def _link(words: str | None) -> Link | None:
    from services.audit import Link

    if words is None:
        return None
    if not re.fullmatch(r"\d{1,18}:[0-9a-f]{64}", words):
        raise InvalidInputError(
            "A place of the trail looks like 812:9f86d0…, a number and 64 hexadecimal digits.", field="known"
        )
    seq, _, digest = words.partition(":")
    return Link(int(seq), digest)


def _text(line: Line) -> str:
    return f"{line.at:%Y-%m-%d %H:%M:%S}  {line.account:<16} {line.action}  {line.target}".rstrip()
