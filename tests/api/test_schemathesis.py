"""Requests made up from the API's own description (schemathesis, all its checks): none fails, none breaks a promise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from store.database.actor import Actor
from store.database.models import CoverageRun
from tests.api.conftest import serving
from tests.api.town import build_town

# a schema can't say that a geometry must lie in town, or which revision is the present one: such refusals are right
CONFIG = """
request-timeout = 60
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 400, 401, 403, 404, 409, 412, 413, 422, 428, 429]
[auth.openapi.token]
bearer = "{token}"
"""
COUNTED = ("streets_m", "seen_m", "seen_m_upper", "key_places", "key_places_seen", "key_places_seen_upper", "cameras",
           "cameras_online", "cameras_unknown_heading", "gaps")  # fmt: skip


@pytest.fixture(scope="module")
def address(app, database):
    town = build_town(database)
    with database.work(Actor.system()) as work:
        work.session.execute(
            sa.update(CoverageRun).where(CoverageRun.id == town.run).values(summary=dict.fromkeys(COUNTED, 7))
        )
    # made when it is first asked for, which on a busy machine takes longer than the client waits
    app.openapi()
    with serving(app) as base:
        yield base


def ask(address: str, token: str, folder: Path, *options: str) -> str:
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG.format(token=token))
    program = Path(sys.executable).with_name("schemathesis")
    ran = subprocess.run(
        [program, "--config-file", config, "run", f"{address}/openapi.json", "--checks", "all", "--no-color", "--seed", "1",
         *options],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        cwd=folder,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-20000:]
    return ran.stdout


def test_the_ogc_api_keeps_what_it_describes(address, token, tmp_path):
    told = ask(
        address, token, tmp_path, "--phases", "examples,coverage,fuzzing", "-n", "2", "--include-path-regex", "^/ogc"
    )
    assert "passed" in told


def test_the_rest_of_the_api_keeps_what_it_describes(address, token, tmp_path):
    told = ask(
        address, token, tmp_path, "--phases", "examples,coverage,fuzzing", "-n", "2", "--max-time", "30",
        "--exclude-path-regex", "^/ogc|^/api/v1/events$|^/api/v1/session$",
    )  # fmt: skip
    assert "passed" in told
