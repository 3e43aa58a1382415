"""Check that the lock files still answer pyproject.toml: no network, so it holds on an intranet too.

Every requirement is pinned to a version it admits, every pin carries hashes, the smaller locks agree with the
one for development, and no lock names the place it was downloaded from.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")
# lock file -> the extras of pyproject.toml it answers; None: only compared with the development lock
LOCKS: dict[str, tuple[str, ...] | None] = {
    "requirements.lock": (),
    "requirements-dev.lock": ("dev",),
    "requirements-bench.lock": ("dev", "bench"),
    "requirements-setup.lock": None,
}


def read_pins(text: str) -> dict[str, set[Version]]:
    """Read name and versions of each pinned package; a universal lock may hold one for each Python."""
    pins: dict[str, set[Version]] = {}
    for line in text.splitlines():
        if found := PIN.match(line):
            pins.setdefault(canonicalize_name(found["name"]), set()).add(Version(found["version"]))
    return pins


def requirements(extras: tuple[str, ...]) -> list[Requirement]:
    """Read the requirements of the project with some of its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


def faults_of_text(name: str, text: str) -> list[str]:
    """Name pins without a hash and lines that hold an address."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    bare = [block for block in blocks if PIN.match(block) and "--hash=sha256:" not in block]
    addressed = [number for number, line in enumerate(text.splitlines(), 1) if "://" in line]
    return [f"{name}: {block.splitlines()[0]} has no hash" for block in bare] + [
        f"{name}:{number}: holds an address" for number in addressed
    ]


def faults_of_lock(name: str, text: str, dev_pins: dict[str, set[Version]]) -> list[str]:
    """Name requirements a lock doesn't answer and pins on which it differs from the development lock."""
    pins = read_pins(text)
    extras = LOCKS[name]
    faults = []
    for wanted in requirements(extras) if extras is not None else []:
        versions = pins.get(canonicalize_name(wanted.name), set())
        if not any(wanted.specifier.contains(version, prereleases=True) for version in versions):
            faults.append(f"{name}: nothing answers {wanted}")
    for package, versions in pins.items():
        if package in dev_pins and versions != dev_pins[package]:
            faults.append(f"{name}: {package} differs from requirements-dev.lock")
    return faults


def main() -> int:
    """Print each fault and how to mend it; return 1 when there is one."""
    dev_pins = read_pins((ROOT / "requirements-dev.lock").read_text(encoding="utf-8"))
    faults: list[str] = []
    for name in LOCKS:
        path = ROOT / name
        if not path.exists():
            faults.append(f"{name}: is missing")
            continue
        text = path.read_text(encoding="utf-8")
        faults += faults_of_text(name, text) + faults_of_lock(name, text, dev_pins)
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        print("after a change of dependencies run scripts/lock", file=sys.stderr)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
