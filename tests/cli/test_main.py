"""The command line as a whole: help, exit codes, and how errors are told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from cli import failures, main
from cli.context import to_json
from cli.progress import progress_bar
from gis.errors import CancelledError, GridwardError, InvalidInputError, NotFoundError, UnavailableError

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def own_home(monkeypatch, tmp_path):
    for name in ("GRIDWARD_DATABASE_URL", "GRIDWARD_DATABASE_OWNER_URL", "GRIDWARD_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GRIDWARD_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def command(monkeypatch):
    """Mount one function as `gridward probe`."""

    def mount(function):
        module = typer.Typer()
        module.command()(function)
        monkeypatch.setitem(main.COMMANDS, "probe", "Probe.")
        real_import, real_spec = main.importlib.import_module, main.importlib.util.find_spec
        holder = type("Module", (), {"app": module})
        monkeypatch.setattr(
            main.importlib,
            "import_module",
            lambda name, package=None: holder if name == "cli.probe" else real_import(name, package),
        )
        monkeypatch.setattr(
            main.importlib.util,
            "find_spec",
            lambda name, package=None: holder if name == "cli.probe" else real_spec(name, package),
        )

    return mount


def start(*words: str, **options):
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **options,
    )


def test_help_lists_every_command_and_is_quick():
    fastest = 60.0
    for _ in range(3):
        before = os.times()
        answer = start("--help")
        after = os.times()
        # processor time: the clock on the wall also counts what else the machine does
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        fastest = min(fastest, spent)
        assert answer.returncode == 0
    for name in ("db", "account", "serve"):
        assert f"\n  {name} " in answer.stdout
    # 0.2 s on a quiet machine: nothing heavy may be imported for it
    assert fastest < 2.0


def test_help_imports_none_of_the_heavy_libraries():
    program = (
        "import sys; from cli.main import run; run(['--help']);"
        "heavy = ('numpy', 'sqlalchemy', 'pydantic', 'geopandas', 'rich', 'uvicorn');"
        "print([name for name in heavy if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", list(main.COMMANDS))
def test_each_command_that_is_here_explains_itself(name, capsys):
    if main.importlib.util.find_spec(f"cli.{name}") is None:
        pytest.skip(f"cli.{name} is not part of this build")
    assert main.run([name, "--help"]) == 0
    assert f"Usage: gridward {name}" in capsys.readouterr().out


def test_version_is_the_distributions(capsys):
    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("gridward ")


def test_an_unknown_command_or_option_is_bad_input(capsys):
    assert main.run(["bogus"]) == 2
    assert "No such command 'bogus'" in capsys.readouterr().err
    assert main.run(["db", "status", "--bogus"]) == 2
    assert main.run(["db", "status", "--bogus", "--json"]) == 2
    assert json.loads(capsys.readouterr().err.splitlines()[-1])["code"] == "usage"


def test_bad_input_is_told_with_its_fields_and_remedy(command, capsys):
    def fail():
        raise InvalidInputError(
            "Row 7 has no door code.", file="a.csv", row=7, columns=["code", "name"], remedy="Fill it in."
        )

    command(fail)
    assert main.run(["probe"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "error: Row 7 has no door code.\n"
        "  file: a.csv\n"
        "  row: 7\n"
        "  columns:\n"
        "    code\n"
        "    name\n"
        "  remedy: Fill it in.\n"
    )


def test_json_asks_for_the_problem_as_json(command, capsys):
    def fail(as_json: bool = typer.Option(False, "--json")):
        raise NotFoundError("No such plan.", plan="p-1")

    command(fail)
    assert main.run(["probe", "--json"]) == 2
    assert json.loads(capsys.readouterr().err) == {
        "code": "not-found",
        "detail": "No such plan.",
        "exit_code": 2,
        "plan": "p-1",
    }


def test_long_lists_are_cut_for_people_only(command, capsys):
    def fail():
        raise InvalidInputError("Rows were refused.", rows=[{"row": n, "reason": "empty"} for n in range(30)])

    command(fail)
    assert main.run(["probe"]) == 2
    told = capsys.readouterr().err
    assert "    row 19, reason empty\n    … and 10 more\n" in told


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInputError("x"), 2),
        (NotFoundError("x"), 2),
        (UnavailableError("x"), 2),
        (CancelledError("x"), 1),
        (GridwardError("x"), 1),
    ],
)
def test_exit_codes(error, code):
    assert failures.exit_code(error) == code


def test_a_refusal_of_the_system_is_told_with_the_place(command, capsys, tmp_path):
    def fail():
        (tmp_path / "no" / "such" / "folder.html").write_text("x")

    command(fail)
    assert main.run(["probe"]) == 2
    told = capsys.readouterr().err
    assert f"Cannot use {tmp_path}/no/such/folder.html: No such file or directory." in told
    assert "Traceback" not in told


def test_a_full_disk_is_told(command, capsys):
    def fail():
        Path("/dev/full").write_text("x" * 100_000)

    command(fail)
    assert main.run(["probe"]) == 2
    assert "the disk is full" in capsys.readouterr().err


def test_a_bug_is_one_line_for_people_and_a_trace_for_the_log(command, capsys):
    def fail():
        raise ValueError("first line\nsecond line")

    command(fail)
    assert main.run(["probe"]) == 1
    told = capsys.readouterr().err
    assert "error: something unexpected went wrong (ValueError: first line)\n" in told
    assert "Traceback" in told


def test_a_command_may_choose_its_exit_code(command):
    def fail():
        raise typer.Exit(1)

    command(fail)
    assert main.run(["probe"]) == 1


def test_an_interrupt_is_130(command):
    def fail():
        raise KeyboardInterrupt

    command(fail)
    assert main.run(["probe"]) == 130


def test_an_interrupted_process_ends_with_130():
    program = (
        "import sys, time, typer; from cli import main\n"
        "module = typer.Typer()\n"
        "@module.command()\n"
        "def probe(): print('up', flush=True); time.sleep(30)\n"
        "main.COMMANDS['db'] = 'Probe.'; import cli.db; cli.db.app = module\n"
        "sys.exit(main.run(['db']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert "Traceback" not in process.communicate()[1]


def test_a_reader_that_leaves_is_no_error():
    command = f"'{sys.executable}' -m cli.main --help | head -1; exit ${{PIPESTATUS[0]}}"
    answer = subprocess.run(
        ["bash", "-c", command], env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert answer.stderr == ""


def test_the_home_option_wins_over_the_variable(tmp_path, capsys):
    assert main.run(["--home", str(tmp_path / "elsewhere"), "db", "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["home"] == str(tmp_path / "elsewhere")


def test_a_setting_that_does_not_fit_is_bad_input(monkeypatch, capsys):
    monkeypatch.setenv("GRIDWARD_POOL_SIZE", "many")
    assert main.run(["db", "status"]) == 2
    assert "GRIDWARD_POOL_SIZE" in capsys.readouterr().err


def test_progress_stays_silent_where_nobody_watches(capsys):
    with progress_bar("Loading") as report:
        report(0.5, "half")
    assert capsys.readouterr().err == ""


def test_progress_shows_on_a_terminal():
    master, terminal = os.openpty()
    program = (
        "from cli.progress import progress_bar\n"
        "with progress_bar('Loading streets') as report:\n"
        "    report(0.25, 'cutting atoms'); report(7.0); print('done')"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
        check=True,
    )
    os.close(terminal)
    shown = os.read(master, 65536).decode()
    os.close(master)
    assert answer.stdout == "done\n"
    assert "100 %" in shown


def test_json_output_takes_what_results_hold():
    from datetime import UTC, datetime
    from uuid import UUID

    import numpy as np

    row = {"id": UUID(int=1), "at": datetime(2026, 1, 1, tzinfo=UTC), "n": np.int64(3), "path": Path("a"), "x": [1.5]}
    assert json.loads(to_json(row)) == {
        "id": str(UUID(int=1)),
        "at": "2026-01-01T00:00:00+00:00",
        "n": 3,
        "path": "a",
        "x": [1.5],
    }
