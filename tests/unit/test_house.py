"""The house stands as designed: folders, arrows, locks, documentation, what is in the wheel."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PURE_TIERS = ("gis", "grid_partition", "grid_coverage", "casework", "layers")
PACKAGES = (*PURE_TIERS, "store", "services", "api", "cli", "migrations")
FOLDERS = (*PACKAGES, "web", "tests", "benchmarks", "docs", "scripts", "changelog.d")


def tracked_files() -> list[Path]:
    """Every file of the checkout that git keeps or would keep; without git, every file outside ignored folders."""
    listing = subprocess.run(
        # a checkout may belong to another user than the one who runs the tests
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode == 0:
        names = [ROOT / name.decode() for name in listing.stdout.split(b"\0") if name]
    else:
        ignored = {".venv", "node_modules", "site", "dist", ".gridward", "static"}
        names = [path for path in ROOT.rglob("*") if not ignored & set(path.relative_to(ROOT).parts)]
    return [path for path in names if path.is_file()]


def python_files(*packages: str) -> list[Path]:
    return [path for name in packages for path in sorted((ROOT / name).rglob("*.py"))]


def settings_of_project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def reference_pages() -> ModuleType:
    """The script that makes pages from the code; scripts are no package."""
    spec = importlib.util.spec_from_file_location("reference_pages", ROOT / "scripts" / "reference_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]


# ---- folders, licence, commands -------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", FOLDERS)
def test_folder_exists_and_contributing_explains_it(folder: str) -> None:
    assert (ROOT / folder).is_dir()
    assert f"`{folder}/`" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_licence_is_apache_everywhere() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    project = settings_of_project()["project"]
    assert isinstance(project, dict)
    assert project["license"] == "Apache-2.0"
    assert '"license": "Apache-2.0"' in (ROOT / "web" / "package.json").read_text(encoding="utf-8")


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_make_has_every_command_of_the_design() -> None:
    wanted = {"help", "setup", "check", "test", "e2e", "bench", "demo", "web", "docs", "bless", "clean"}
    assert wanted <= make_targets()


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_command_in_a_page_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([a-z0-9-]+)|^\s*make ([a-z0-9-]+)", text, re.MULTILINE))
    assert {first or second for first, second in named} <= make_targets()


def test_readme_is_one_screen_with_a_real_picture() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).stat().st_size > 20_000


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    made_while_building = {"commands.md", "http-api.md"}
    for link in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if not link.startswith(("http", "mailto:")) and Path(link).name not in made_while_building:
            assert (page.parent / link).exists(), f"{page.name}: {link}"


# ---- nothing that belongs to one machine or one registry ---------------------------------------------------------


def test_no_package_address_is_committed() -> None:
    address = re.compile(
        r'"resolved"\s*:|--?(?:extra-)?index[-_]url|^registry\s*=|find-links|https?://[^ "]*/simple', re.MULTILINE
    )
    guilty = []
    for path in tracked_files():
        if path.suffix in {".lock", ".toml", ".json", ".npmrc", ".cfg", ".yaml", ".yml"} or path.name == ".npmrc":
            text = path.read_text(encoding="utf-8", errors="replace")
            guilty += [f"{path.relative_to(ROOT)}: {found[0]}" for found in [address.search(text)] if found]
    assert guilty == []


def test_npm_is_told_to_keep_addresses_out_of_its_lock() -> None:
    # a developer's own settings may say so too, so the lock alone would not show a missing line
    lines = (ROOT / "web" / ".npmrc").read_text(encoding="utf-8").splitlines()
    assert "omit-lockfile-registry-resolved=true" in lines


def test_locks_answer_the_project() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "check_locks.py")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_no_page_or_code_names_this_machine() -> None:
    here = str(ROOT) + os.sep
    guilty = [
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if path.suffix in {".py", ".md", ".toml", ".ts", ".tsx", ".json", ".yml", ".yaml", ".sh", ""}
        and here in path.read_text(encoding="utf-8", errors="replace")
    ]
    assert guilty == []


# ---- purity beyond what import contracts see ---------------------------------------------------------------------

CLOCKS = {"now", "utcnow", "today"}
FILE_CALLS = {
    "read_file",
    "read_csv",
    "read_excel",
    "read_parquet",
    "read_sql",
    "to_csv",
    "to_excel",
    "to_parquet",
    "to_file",
}
GLOBAL_RANDOM = {"rand", "randn", "randint", "random", "choice", "shuffle", "permutation", "seed", "uniform", "normal"}


def impure_calls(tree: ast.AST) -> list[str]:
    """Name calls that read the clock, files or numpy's global random state.

    Inside a compiled kernel ``np.random`` is a state of its own, seeded there; such functions are left out.
    """
    kernels = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and any("jit" in ast.unparse(mark) for mark in node.decorator_list)
        for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or id(node) in kernels:
            continue
        name = ast.unparse(node.func)
        last = name.rsplit(".", 1)[-1]
        clock = last in CLOCKS and re.match(r"(datetime|date|pd\.Timestamp|time)\b", name)
        random = re.fullmatch(r"(np|numpy)\.random\.\w+", name) and last in GLOBAL_RANDOM
        if name == "open" or clock or random or last in FILE_CALLS:
            found.append(f"line {node.lineno}: {name}")
    return found


@pytest.mark.parametrize("path", python_files(*PURE_TIERS), ids=lambda path: str(path.relative_to(ROOT)))
def test_pure_tier_calls_no_clock_file_or_global_random(path: Path) -> None:
    assert impure_calls(ast.parse(path.read_text(encoding="utf-8"))) == []


def test_impure_calls_are_found() -> None:
    text = "open('x')\ndatetime.now()\nnp.random.shuffle(a)\nframe.to_csv('x')\nrng.shuffle(a)\n"
    text += "@njit\ndef f():\n np.random.seed(1)"
    assert [line.split(": ")[1] for line in impure_calls(ast.parse(text))] == [
        "open", "datetime.now", "np.random.shuffle", "frame.to_csv",
    ]  # fmt: skip


# ---- places, not people ---------------------------------------------------------------------------------------

PERSONAL = re.compile(
    r"(^|_)(id_card|identity_no|passport|national_id|ssn|birth|birthday|birth_date|age|gender|sex|ethnic\w*|religion|party"
    r"|nationality|face|face_id|fingerprint|plate|plate_no|plate_number|vehicle_no|imei|imsi|mac_address|wechat|salary"
    r"|marital\w*|health\w*|trajectory|track)(_|$)"
)
# tables that may name a person: staff in office, accounts, the erasable contact of a reporter
NAMING_PEOPLE = {"staff", "account", "incident_contact"}
CONTACT = re.compile(
    r"(^|_)(phone|mobile|email|mail|person|resident|householder|first_name|last_name|surname|full_name)(_|$)"
)


def test_no_table_holds_people() -> None:
    from store.database import models  # noqa: F401  # fills the metadata
    from store.database.models.base import Base

    columns = [(table.name, column.name) for table in Base.metadata.tables.values() for column in table.columns]
    assert columns
    guilty = [f"{table}.{name}" for table, name in columns if PERSONAL.search(name)]
    guilty += [f"{table}.{name}" for table, name in columns if CONTACT.search(name) and table not in NAMING_PEOPLE]
    assert guilty == []


def test_dwellings_are_counts_at_addresses() -> None:
    from store.database.models.base import Base

    allowed = {
        "id",
        "fid",
        "territory_id",
        "door_code",
        "address",
        "households",
        "estimated",
        "building_id",
        "point",
        "geom",
    }
    columns = set(Base.metadata.tables["dwelling"].columns.keys())
    assert not {name for name in columns if re.search(r"name|owner|tenant|member", name)}, columns - allowed


# ---- documentation --------------------------------------------------------------------------------------------


def test_page_of_settings_is_true(reference_pages: ModuleType) -> None:
    assert reference_pages.SETTINGS_PAGE.read_text(encoding="utf-8") == reference_pages.settings_page(), (
        "run: make bless"
    )


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_gridward_command_in_a_page_exists(page: Path, reference_pages: ModuleType) -> None:
    commands = set(reference_pages.gridward_commands())
    for line in re.findall(r"^(?:\.venv/bin/)?gridward [a-z].*", page.read_text(encoding="utf-8"), re.MULTILINE):
        words = line.replace(".venv/bin/", "").split()
        assert commands & {" ".join(words[:length]) for length in (2, 3, 4)}, line


def test_every_setting_and_its_group_is_described() -> None:
    from services.settings import GROUPS

    bare = [
        f"{group.__name__}.{name}"
        for group in GROUPS
        for name, field in group.model_fields.items()
        if not field.description
    ]
    assert bare == []


def test_every_decision_is_listed() -> None:
    index = (ROOT / "docs" / "adr" / "index.md").read_text(encoding="utf-8")
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for record in (ROOT / "docs" / "adr").glob("0*.md"):
        assert f"({record.name})" in index
        assert f"adr/{record.name}" in menu


def test_every_page_is_in_the_menu() -> None:
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        assert str(page.relative_to(ROOT / "docs")) in menu


def test_changelog_fragments_have_a_known_kind() -> None:
    kinds = {"added", "changed", "fixed", "removed"}
    for fragment in (ROOT / "changelog.d").glob("*.md"):
        if fragment.name != "README.md":
            assert fragment.name.split(".")[-2] in kinds
            assert fragment.read_text(encoding="utf-8").strip()


# ---- the wheel ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = out.glob("*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_wheel_holds_the_packages_and_no_tests(wheel_names: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel_names}
    assert tops == {*PACKAGES, f"gridward-{version('gridward')}.dist-info"}
    assert not [name for name in wheel_names if name.endswith((".ts", ".tsx", ".pyc", ".map"))]


def test_wheel_holds_the_page_and_what_the_command_needs(wheel_names: list[str]) -> None:
    if not (ROOT / "api" / "static" / "index.html").is_file():
        pytest.skip("the web page is not built; run: make setup")
    assert "api/static/index.html" in wheel_names
    assert [name for name in wheel_names if name.startswith("api/static/") and name.endswith(".js")]
    assert "layers/assets/leaflet/leaflet.js" in wheel_names  # the report inlines it
    assert [name for name in wheel_names if re.match(r"migrations/versions/\w+\.py", name)]
    assert f"gridward-{version('gridward')}.dist-info/licenses/LICENSE" in wheel_names


@pytest.mark.parametrize("package", PACKAGES[:-1])
def test_package_is_typed(package: str, wheel_names: list[str]) -> None:
    assert f"{package}/py.typed" in wheel_names
