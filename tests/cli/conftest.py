"""The command line as a user types it, on a database of the module's own."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from cli import main
from store.cluster import ClusterUrls


@pytest.fixture
def cli_folder(tmp_path):
    """Folder that commands run in; a module that keeps files between its tests names another."""
    return tmp_path


@pytest.fixture
def cli_settings(monkeypatch: pytest.MonkeyPatch, cli_folder, database_urls: ClusterUrls) -> None:
    """Settings of nobody but the test: its folder and its database."""
    for name in list(os.environ):
        if name.startswith("GRIDWARD_") and not name.startswith("GRIDWARD_TEST"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(cli_folder)
    monkeypatch.setenv("GRIDWARD_DATABASE_URL", database_urls.app)
    monkeypatch.setenv("GRIDWARD_DATABASE_OWNER_URL", database_urls.owner)


@pytest.fixture
def gridward(cli_settings: None, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Function that runs a command; returns its exit code and what it wrote to both streams."""

    def call(*words):
        capsys.readouterr()
        code = main.run([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call
