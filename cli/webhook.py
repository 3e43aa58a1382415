"""`gridward webhook`: who else is told of cases and clocks, and the ledger of what was delivered."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.context import JsonOption, command_context, show

app = typer.Typer(
    help="Say who else is told of cases: webhooks, mailboxes, channels of plug-ins.", no_args_is_help=True
)
IdArgument = Annotated[UUID, typer.Argument(metavar="ID", help="As `gridward webhook list` shows it.")]


@app.command()
def add(
    ctx: typer.Context,
    target: Annotated[str, typer.Argument(help="URL, office mailbox, or what the plug-in takes.")],
    channel: Annotated[str, typer.Option(help="webhook, mail, or a channel of an installed plug-in.")] = "webhook",
    kind: Annotated[list[str] | None, typer.Option("--kind", help="clock or case; every kind without it.")] = None,
    territory: Annotated[UUID | None, typer.Option(help="Only notices of this territory (id).")] = None,
    unit: Annotated[UUID | None, typer.Option(help="Only notices to this unit (id).")] = None,
    as_json: JsonOption = False,
) -> None:
    """Have somewhere else be told from now on; a webhook's secret is shown this once."""
    from services import notifications

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        view, secret = notifications.add_webhook(
            work, channel, target, kinds=kind or (), unit_id=unit, territory_id=territory,
            inside=context.settings.outbound.webhook_hosts,
        )  # fmt: skip
    facts = {**asdict(view), "secret": secret}
    words = f"{view.id}: {view.channel} {view.target} is told from now on."
    show(facts, f"{words}\nIt signs with {secret} (not shown again)." if secret else words, as_json=as_json)


@app.command("list")
def list_places(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List who else is told, and how deliveries stand."""
    from services import notifications

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = notifications.list_webhooks(work)
    lines = [
        f"{one.id}  {one.channel:<8} {one.target}  {', '.join(one.kinds) or 'every kind'}"
        f"  queued {one.queued}, sent {one.sent}, given up {one.given_up}"
        for one in found
    ]
    show({"webhooks": [asdict(one) for one in found]}, "\n".join(lines) or "Nobody else is told.", as_json=as_json)


@app.command()
def remove(ctx: typer.Context, webhook: IdArgument, as_json: JsonOption = False) -> None:
    """Stop telling a place; its ledger goes with it."""
    from services import notifications

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        notifications.remove_webhook(work, webhook)
    show({"removed": str(webhook)}, f"{webhook} is told no more.", as_json=as_json)


@app.command("test")
def try_out(ctx: typer.Context, webhook: IdArgument, as_json: JsonOption = False) -> None:
    """Send a word of no content now, and say how it went."""
    from services import deliveries, notifications

    context = command_context(ctx)
    now = datetime.now(UTC)
    with context.database.work(context.actor) as work:
        queued = notifications.test_webhook(work, webhook, now=now)
    deliveries.deliver(context.database, deliveries.outbound_of(context.settings), now=now)
    with context.database.work(context.actor) as work:
        found = next(each for each in notifications.list_deliveries(work, webhook) if each["id"] == queued)
    show(found, lambda: _line(found), as_json=as_json)
    if found["state"] != "sent":
        raise typer.Exit(1)


@app.command()
def again(ctx: typer.Context, webhook: IdArgument, as_json: JsonOption = False) -> None:
    """Send what was given up for a place once more, at the next round of the server."""
    from services import notifications

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        queued = notifications.send_again(work, webhook, now=datetime.now(UTC))
    show({"queued": queued}, f"{queued} given up are sent again.", as_json=as_json)


@app.command("deliveries")
def list_deliveries(
    ctx: typer.Context,
    webhook: IdArgument,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 100,
    as_json: JsonOption = False,
) -> None:
    """List the newest deliveries to a place with every try."""
    from services import notifications

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = notifications.list_deliveries(work, webhook, limit=limit)
    lines = "\n".join(map(_line, found)) or "Nothing was delivered yet."
    show({"deliveries": found}, lines, as_json=as_json)


def _line(one: dict[str, Any]) -> str:
    tries = "".join(
        f"\n    {each['at'][:19]}  {'ok' if each['ok'] else 'failed'}  {each['status'] or ''} {each['note']}"
        for each in one["tries"]
    )
    return f"{one['created_at']:%Y-%m-%d %H:%M}  {one['kind']:<6} {one['state']}{tries}"
