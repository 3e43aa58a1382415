"""`gridward serve`: the map page and the API."""

from __future__ import annotations

import errno
import os
import signal
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.context import command_context
from gis.errors import InvalidInputError, UnavailableError

if TYPE_CHECKING:
    from services.http_settings import HttpSettings
    from services.settings import Settings

app = typer.Typer()

APPLICATION = "api.app:create_app"
#: A worker silent this long is ended and begun anew. The usual five seconds pass on a busy machine while one imports
#: or an engine is compiled: it would be ended before it ever listened, again and again.
SILENT_S = 60
#: Requests under way may take this long when told to stop: a report in print needs more than a few seconds. Units and
#: recipes in `deploy/` wait longer than this.
STOP_S = 20


@app.command()
def serve(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.", show_default="8000")] = None,
    workers: Annotated[int | None, typer.Option(help="Server processes.", show_default="1")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate chain (PEM).", show_default=False)] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Private key (PEM).", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the address as JSON.")] = False,
) -> None:
    """Serve the map page and the API until interrupted."""
    from services.served import listening_at
    from services.settings import Settings

    context = command_context(ctx)
    chosen = Settings.read(host=host, port=port, workers=workers, tls_cert=tls_cert, tls_key=tls_key)
    # the application reads its settings anew, in processes of its own too: it must know that browsers come by TLS
    for name, path in (("GRIDWARD_TLS_CERT", tls_cert), ("GRIDWARD_TLS_KEY", tls_key)):
        if path is not None:
            os.environ[name] = str(path)
    listener = open_listener(chosen.http)
    with listener:
        # checks the schema before the first request, and counts this process as a user of the database
        _ = context.database
        context.close()
        address = web_address(chosen.http, listener)
        print(f'{{"address": "{address}"}}' if as_json else f"Serving {address} (Ctrl-C stops)", flush=True)
        with listening_at(chosen.database.home, address):
            run_server(chosen, listener)


def open_listener(http: HttpSettings) -> socket.socket:
    """Take the address and port before anything else is started.

    Raises
    ------
    UnavailableError
        Another program has the port.
    InvalidInputError
        The address is not one of this machine, or may not be offered without TLS.
    """
    http.require_safe_binding()
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((http.host.strip("[]"), http.port))
    except OSError as error:
        listener.close()
        raise _refused(error, http) from error
    listener.set_inheritable(True)
    return listener


def _refused(error: OSError, http: HttpSettings) -> UnavailableError | InvalidInputError:
    if error.errno == errno.EADDRINUSE:
        return UnavailableError(
            f"Port {http.port} on {http.host} is taken by another program (perhaps another gridward).",
            host=http.host,
            port=http.port,
            remedy="Stop that program, or choose another port: --port 8001",
        )
    if error.errno == errno.EACCES:
        return InvalidInputError(
            f"Port {http.port} needs administrator rights.", port=http.port, remedy="Choose a port above 1023."
        )
    return InvalidInputError(
        f"Cannot listen on {http.host}: {error.strerror or error}.",
        host=http.host,
        remedy="Give an address of this machine, such as 127.0.0.1.",
    )


def web_address(http: HttpSettings, listener: socket.socket) -> str:
    """Return what to type into a browser on this machine."""
    port = listener.getsockname()[1]
    host = f"[{http.host}]" if ":" in http.host else http.host
    if host in ("0.0.0.0", "[::]"):  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    return f"{'https' if http.tls_cert else 'http'}://{host}:{port}"


def run_server(
    settings: Settings, listener: socket.socket, *, application: str | Callable[[], Any] = APPLICATION
) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    settings : Settings
        Proxy, TLS, workers and log level.
    listener : socket.socket
        From `open_listener`.
    application : str or callable
        Factory of the ASGI application; a name when there are several workers.
    """
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    http = settings.http
    config = uvicorn.Config(
        application,
        factory=True,
        http="api.patience:PatientProtocol",
        workers=http.workers,
        log_config=None,
        log_level=settings.logs.log_level,
        access_log=False,
        proxy_headers=http.behind_proxy,
        forwarded_allow_ips=http.proxy_addresses if http.behind_proxy else None,
        ssl_certfile=str(http.tls_cert) if http.tls_cert else None,
        ssl_keyfile=str(http.tls_key) if http.tls_key else None,
        server_header=False,
        timeout_graceful_shutdown=STOP_S,
        timeout_worker_healthcheck=SILENT_S,
        lifespan="on",
    )
    if http.workers > 1:
        # the workers' figures for Prometheus lie together, or each scrape would show another worker's
        with tempfile.TemporaryDirectory(prefix="gridward-figures-") as folder:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
            Multiprocess(config, sockets=[listener]).run()
        return
    server = uvicorn.Server(config)
    # uvicorn sends itself the signal again after an orderly end: being told to stop is no failure
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _leave)
    server.run(sockets=[listener])
    if not server.started:
        raise typer.Exit(1)


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit(0)
