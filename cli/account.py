"""`gridward account`: accounts, passwords, API tokens, one-time sign-in links."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from cli.context import JsonOption, command_context, show
from gis.errors import InvalidInputError

if TYPE_CHECKING:
    from services.settings import HttpSettings

app = typer.Typer(help="Create accounts, tokens and one-time sign-in links.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="Name of the account.")]
PasswordOption = Annotated[
    bool, typer.Option("--password", help="Ask for a password (or read one line from standard input).")
]


@app.command()
def create(
    ctx: typer.Context,
    name: NameArgument,
    *,
    role: Annotated[list[str], typer.Option(help="Role to hold; may be given several times.")],
    display: Annotated[str | None, typer.Option(help="Name shown to others.", show_default=False)] = None,
    language: Annotated[str, typer.Option(help="Language of the page: en or zh.")] = "en",
    area: Annotated[
        str | None, typer.Option(help="Path of the area the roles hold for; the whole territory without it.")
    ] = None,
    password: PasswordOption = False,
    as_json: JsonOption = False,
) -> None:
    """Create an account; without a password it gets a one-time sign-in link."""
    from services import access

    context = command_context(ctx)
    secret = _read_password() if password else None
    with context.database.work(context.actor) as work:
        account = access.create_account(
            work, name, roles=role, display=display, password=secret, language=language, area_path=area
        )
        facts: dict[str, object] = {"id": account.id, "name": name, "roles": role, "area": area}
        if secret is None:
            minutes = context.settings.access.link_minutes
            code = access.issue_link(work, name, now=datetime.now(UTC), minutes=minutes)
            facts |= {"link": sign_in_link(context.settings.http, code), "minutes": minutes}
    text = f"Created {name} ({', '.join(role)})."
    if "link" in facts:
        text += f"\nSign in once, within {facts['minutes']:g} minutes: {facts['link']}"
    show(facts, text, as_json=as_json)


@app.command()
def token(
    ctx: typer.Context,
    name: NameArgument,
    label: Annotated[str, typer.Option(help="What the token is for.")] = "command line",
    days: Annotated[float, typer.Option(help="Days until it ends.")] = 90,
    as_json: JsonOption = False,
) -> None:
    """Make an API token; it is shown once."""
    from services import access

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        secret = access.issue_token(work, name, label=label, now=datetime.now(UTC), days=days)
    show({"name": name, "label": label, "days": days, "token": secret}, secret, as_json=as_json)


@app.command()
def link(
    ctx: typer.Context,
    name: NameArgument,
    minutes: Annotated[
        float | None, typer.Option(help="Minutes until it ends; the setting GRIDWARD_LINK_MINUTES without it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a one-time sign-in link."""
    from services import access

    context = command_context(ctx)
    lasts = context.settings.access.link_minutes if minutes is None else minutes
    if not 0 < lasts <= 1440:
        raise InvalidInputError("A link lasts more than 0 and at most 1440 minutes.", minutes=lasts)
    with context.database.work(context.actor) as work:
        code = access.issue_link(work, name, now=datetime.now(UTC), minutes=lasts)
    address = sign_in_link(context.settings.http, code)
    show({"name": name, "link": address, "minutes": lasts}, address, as_json=as_json)


@app.command()
def password(ctx: typer.Context, name: NameArgument, as_json: JsonOption = False) -> None:
    """Set a password and end the account's sessions."""
    from services import access

    context = command_context(ctx)
    secret = _read_password()
    with context.database.work(context.actor) as work:
        access.set_password(work, name, secret)
    show({"name": name, "changed": True}, f"The password of {name} is set; its sessions have ended.", as_json=as_json)


@app.command()
def disable(ctx: typer.Context, name: NameArgument, as_json: JsonOption = False) -> None:
    """Shut an account out at once; its history stays."""
    from services import access

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        access.disable_account(work, name, now=datetime.now(UTC))
    show({"name": name, "disabled": True}, f"Disabled {name}.", as_json=as_json)


def sign_in_link(http: HttpSettings, code: str, *, port: int | None = None) -> str:
    """Return the page address that signs in once with `code`.

    Parameters
    ----------
    http : HttpSettings
        Where the server listens.
    code : str
        From ``services.access.issue_link``.
    port : int, optional
        The real port, when the setting asks for a free one.
    """
    scheme = "https" if http.tls_cert else "http"
    host = "127.0.0.1" if http.host in ("0.0.0.0", "::") else http.host  # noqa: S104 - compared, not bound
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}:{port or http.port}/#/sign-in?code={quote(code)}"


def _read_password() -> str:
    if not sys.stdin.isatty():
        line = sys.stdin.readline().rstrip("\n")
        if not line:
            raise InvalidInputError(
                "No password came on standard input.", remedy="Give one line, or run the command on a terminal."
            )
        return line
    import getpass

    first = getpass.getpass("Password: ", sys.stderr)
    if first != getpass.getpass("Again: ", sys.stderr):
        raise InvalidInputError("The two passwords differ.", remedy="Run the command again.")
    return first
