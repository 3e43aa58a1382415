"""The guards of the house can fail: locks, the coverage gate, set-up."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
PIN = "shapely==2.2.0 \\\n    --hash=sha256:00\n"


def load_script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def check_locks() -> ModuleType:
    return load_script("check_locks")


@pytest.fixture(scope="module")
def coverage_gate() -> ModuleType:
    return load_script("coverage_gate")


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (PIN, []),
        ("shapely==2.2.0\n" + PIN, ["x.lock: shapely==2.2.0 has no hash"]),
        (PIN + "# from https://example.org/x.whl\n", ["x.lock:3: holds an address"]),
    ],
)
def test_lock_needs_hashes_and_no_address(check_locks: ModuleType, text: str, faults: list[str]) -> None:
    assert check_locks.faults_of_text("x.lock", text) == faults


def test_lock_that_does_not_answer_the_project_is_told(check_locks: ModuleType) -> None:
    faults = check_locks.faults_of_lock("requirements.lock", PIN, {"shapely": {check_locks.Version("2.1")}})
    assert "requirements.lock: shapely differs from requirements-dev.lock" in faults
    assert [fault for fault in faults if fault.startswith("requirements.lock: nothing answers numpy")]
    assert not [fault for fault in faults if "answers shapely" in fault]


def test_universal_lock_may_hold_two_versions(check_locks: ModuleType) -> None:
    pins = check_locks.read_pins("a-b==1 ; python_full_version < '3.12'\nA_b==2 ; python_full_version >= '3.12'\n")
    assert pins == {"a-b": {check_locks.Version("1"), check_locks.Version("2")}}


def test_coverage_counts_lines_and_branches(coverage_gate: ModuleType) -> None:
    one = {"covered_lines": 8, "num_statements": 10, "covered_branches": 1, "num_branches": 2}
    assert coverage_gate.share([one]) == 9 / 12
    assert coverage_gate.share([]) == 1.0


@pytest.mark.parametrize(("gis", "cli", "holds"), [(95, 80, True), (94, 100, False), (95, 70, False)])
def test_gate_holds_pure_tiers_and_the_whole_to_their_shares(
    coverage_gate: ModuleType, gis: int, cli: int, holds: bool
) -> None:
    def figures(covered: int) -> dict[str, int]:
        return {"covered_lines": covered, "num_statements": 100, "covered_branches": 0, "num_branches": 0}

    lines, answer = coverage_gate.judge({"gis/crs.py": figures(gis), "cli/main.py": figures(cli)})
    assert answer is holds
    assert any("needs" in line for line in lines) is not holds


def test_web_tools_run_on_a_node_that_is_new_enough() -> None:
    done = subprocess.run([SCRIPTS / "with-node", "node", "--version"], capture_output=True, text=True, check=True)
    major, minor = map(int, re.findall(r"\d+", done.stdout)[:2])
    assert (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def test_old_node_gives_way_to_the_wheel(tmp_path: Path) -> None:
    for name, answer in (("node", "v18.0.0"), ("npm", "9.0.0")):
        (tmp_path / name).write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo {answer}\nexit 1\n', encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [SCRIPTS / "with-node", "npm", "--version"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": path},
    )
    assert int(done.stdout.split(".")[0]) >= 11
