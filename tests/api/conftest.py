"""The whole application on a real database, asked in-process or by a real server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from services import access
from services.settings import Settings
from store.cluster import ClusterUrls
from store.database.actor import Actor
from store.database.engine import Database


class Client(httpx.Client):
    """A plain client whose requests go straight into the application, lifespan included."""

    def __init__(self, app: Any, **options: Any) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._inner = httpx.ASGITransport(app=app, client=("127.0.0.1", 50000))
        super().__init__(transport=_Bridge(self), base_url="http://testserver", **options)

    def run(self, awaitable: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(awaitable, self.loop).result(60)

    def close(self) -> None:
        super().close()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()


class _Bridge(httpx.BaseTransport):
    def __init__(self, client: Client) -> None:
        self.client = client

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def send() -> httpx.Response:
            body = request.read()
            copy = httpx.Request(request.method, request.url, headers=request.headers, content=body)
            answer = await self.client._inner.handle_async_request(copy)
            content = b"".join([part async for part in answer.stream])  # type: ignore[union-attr]
            return httpx.Response(answer.status_code, headers=answer.headers, content=content)

        return self.client.run(send())


def settings_for(urls: ClusterUrls, home: Path, **overrides: object) -> Settings:
    """Settings that name a test database; nothing else of the environment but what a test sets."""
    return Settings.read(home=home, database_url=urls.app, database_owner_url=urls.owner, **overrides)


@pytest.fixture(scope="module")
def settings(database_urls: ClusterUrls, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the module's application."""
    return settings_for(database_urls, tmp_path_factory.mktemp("home"), jobs_in_server=False)


@pytest.fixture(scope="module")
def app(settings: Settings) -> Any:
    """The module's application."""
    from api.app import create_app

    return create_app(settings)


@pytest.fixture(scope="module")
def make_account(database: Database) -> Callable[..., str]:
    """Function that makes an account with the given roles, rights included, and returns a token for it."""
    from store.database.models.access import ADMINISTRATORS, RIGHTS

    made = 0

    def make(*roles: str, name: str | None = None, **options: Any) -> str:
        nonlocal made
        made += 1
        called = name or f"tester-{made}"
        with database.work(Actor.system()) as work:
            rights = () if set(roles) & set(ADMINISTRATORS) else RIGHTS
            access.create_account(work, called, roles=(*(roles or ("planner",)), *rights), **options)
            return access.issue_token(work, called, label="test", now=datetime.now(UTC))

    return make


@pytest.fixture(scope="module")
def token(make_account: Callable[..., str]) -> str:
    """A token of an account that may do all business; administrators are accounts of their own."""
    from store.database.models.access import BUSINESS

    return make_account(*BUSINESS, name="all-rounder")


@pytest.fixture(scope="module")
def anonymous(app: Any) -> Iterator[Client]:
    """A client that is not signed in."""
    with Client(app) as client:
        yield client


@pytest.fixture(scope="module")
def client(app: Any, token: str) -> Iterator[Client]:
    """A client with a token that may do everything."""
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Run a real server on a free port; yields its address."""
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(600):
        if server.started:
            break
        if not thread.is_alive():
            raise RuntimeError("the server did not start")
        threading.Event().wait(0.05)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="module")
def server(app: Any) -> Iterator[str]:
    """Address of a real server of the module's application."""
    with serving(app) as address:
        yield address
