"""What `deploy/` and `scripts/bundle` promise: installed without a network, with settings and commands that exist."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from typer.main import get_command

from cli.main import app
from cli.serve import STOP_S
from services.settings import GROUPS
from services.settings_group import PREFIX

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
GRIDWARD = "/opt/gridward/current/bin/gridward"


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without settings of ours and without this project on Python's path."""
    ours = ("GRIDWARD_", "PYTHON", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | more


def without_network() -> list[str]:
    """Words before a command that cut it off from every network."""
    words = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-current-user"]
    if shutil.which("unshare") is None or subprocess.run([*words, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine gives no network namespace of its own")
    return words


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    """The unpacked bundle, as carried to another machine."""
    if not (ROOT / "api" / "static" / "index.html").is_file():
        pytest.skip("the page has not been built: make web")
    made = subprocess.run([ROOT / "scripts" / "bundle"], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    carried = tmp_path_factory.mktemp("carried")
    # root's private database gives its rights up and must still get in
    for folder in (carried, carried.parent):
        folder.chmod(0o755)
    subprocess.run(["tar", "-C", carried, "-xf", ROOT / made.stdout.strip()], check=True)
    (folder,) = carried.iterdir()
    return folder


@pytest.mark.timeout(1800)
def test_the_bundle_installs_and_passes_the_demo_without_a_network(bundle, tmp_path):
    alone = without_network()
    target = tmp_path / "installed"
    environment = clean_environment(TMPDIR="/tmp")
    installed = subprocess.run(
        [*alone, bundle / "install", target], env=environment, capture_output=True, text=True, check=False
    )
    assert installed.returncode == 0, installed.stderr
    for folder in (tmp_path, tmp_path.parent):
        folder.chmod(0o755)
    program = target / "current" / "bin" / "gridward"
    try:
        shown = subprocess.run(
            [*alone, program, "demo", "--no-serve", "--summary", target / "demo.json"],
            cwd=target,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert shown.returncode == 0, shown.stdout + shown.stderr
    finally:
        subprocess.run([program, "db", "stop"], cwd=target, env=environment, capture_output=True, check=False)
    summary = json.loads((target / "demo.json").read_text(encoding="utf-8"))
    assert summary["tiling_valid"]
    assert summary["contiguous"]
    assert summary["households_assigned"] > 7000
    # the page and what reports are drawn with came along
    packages = next((target / "current" / "lib").glob("python3*/site-packages"))
    assert (packages / "api" / "static" / "index.html").is_file()
    assert (packages / "layers" / "assets").is_dir()


def test_a_damaged_bundle_is_refused_before_anything_is_installed(bundle, tmp_path):
    changed = bundle / "README.txt"
    before = changed.read_bytes()
    changed.write_bytes(before + b"changed")
    try:
        refused = subprocess.run([bundle / "install", tmp_path / "to"], capture_output=True, text=True, check=False)
    finally:
        changed.write_bytes(before)
    assert refused.returncode == 2
    assert "damaged" in refused.stderr
    assert not (tmp_path / "to").exists()


def test_the_bundle_names_no_place_it_came_from(bundle):
    for file in bundle.rglob("*"):
        if file.is_file() and file.suffix in ("", ".txt", ".sh", ".conf", ".env", ".service", ".yaml", ".lock"):
            assert str(ROOT) not in file.read_text(encoding="utf-8", errors="ignore"), file


def test_scripts_of_the_bundle_are_sound_shell():
    for script in (ROOT / "scripts" / "bundle", ROOT / "deploy" / "install"):
        subprocess.run(["bash", "-n", script], check=True)
        assert os.access(script, os.X_OK)
    refused = subprocess.run([ROOT / "scripts" / "bundle", "--nonsense"], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "--debs" in refused.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_of_systemd_are_sound(unit, tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not on this machine")
    for each in UNITS:
        text = each.read_text(encoding="utf-8").replace(GRIDWARD, shutil.which("true") or "/bin/true")
        (tmp_path / each.name).write_text(text, encoding="utf-8")
    told = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / unit.name], capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_commands_of_the_units_exist(unit):
    lines = re.findall(rf"^Exec\w+={GRIDWARD} (.+)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
    assert lines
    for words in lines:
        answer = CliRunner().invoke(get_command(app), [*words.split(), "--help"])
        assert answer.exit_code == 0, answer.output


def test_settings_named_in_deploy_exist():
    known = {PREFIX + name.upper() for group in GROUPS for name in group.model_fields}
    # the container recipe takes this one from whoever starts it
    known.add("GRIDWARD_DB_PASSWORD")
    named = 0
    for file in (ROOT / "deploy").rglob("*"):
        if file.is_file():
            found = set(re.findall(r"GRIDWARD_[A-Z_]+[A-Z]", file.read_text(encoding="utf-8")))
            assert found <= known, (file, found - known)
            named += len(found)
    assert named > 10


def test_the_proxy_lets_as_much_in_as_the_server_takes():
    proxy = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    (http,) = [group for group in GROUPS if "max_body_mb" in group.model_fields]
    assert f"client_max_body_size {http.model_fields['max_body_mb'].default}m;" in proxy


def test_units_and_recipe_wait_longer_for_the_server_than_it_waits_for_requests():
    unit = (ROOT / "deploy" / "systemd" / "gridward.service").read_text(encoding="utf-8")
    recipe = (ROOT / "deploy" / "container" / "compose.yaml").read_text(encoding="utf-8")
    told = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    web = recipe[recipe.index("\n  web:") : recipe.index("\n  worker:")]
    told += re.findall(r"stop_grace_period: (\d+)s", web)
    assert len(told) == 2
    assert all(int(seconds) > STOP_S for seconds in told)
