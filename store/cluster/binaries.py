"""Find PostgreSQL's programs and the PostGIS files beside them."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from gis.errors import UnavailableError

# Debian keeps the server's programs out of PATH; Red Hat and Homebrew have their own places.
SEARCH_PATTERNS = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/opt/homebrew/opt", "postgresql@*/bin"),
    ("/usr/local/opt", "postgresql@*/bin"),
)
NEEDED = ("initdb", "pg_ctl", "pg_isready", "postgres", "psql")
INSTALL_REMEDY = "Install them: sudo apt-get install -y postgresql postgresql-contrib postgis postgresql-postgis"


@dataclass(frozen=True, slots=True)
class Binaries:
    """One PostgreSQL installation.

    Parameters
    ----------
    folder : Path
        Where ``initdb``, ``postgres`` and the others lie.
    major : int
        Major version of the server.
    """

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """Return the full path of one program.

        Raises
        ------
        UnavailableError
            The installation lacks it (a client package that was not installed).
        """
        path = self.folder / name
        if not path.exists():
            raise UnavailableError(
                f"PostgreSQL {self.major} in {self.folder} has no program {name}.",
                program=name,
                remedy=f"Install it: sudo apt-get install -y postgresql-client-{self.major}",
            )
        return str(path)

    def shared_folder(self) -> Path:
        """Return the folder that holds ``extension/*.control``."""
        pg_config = self.folder / "pg_config"
        if pg_config.exists():
            answer = subprocess.run(  # noqa: S603 - a program found by us, fixed arguments
                [str(pg_config), "--sharedir"], capture_output=True, text=True, check=False, timeout=30
            )
            if answer.returncode == 0 and answer.stdout.strip():
                return Path(answer.stdout.strip())
        return Path(f"/usr/share/postgresql/{self.major}")

    def require_extensions(self) -> None:
        """Refuse an installation without PostGIS and btree_gist, before anything is created.

        Raises
        ------
        UnavailableError
            Names the missing extension and the package that brings it.
        """
        packages = {"postgis": f"postgresql-{self.major}-postgis-3", "btree_gist": "postgresql-contrib"}
        for extension, package in packages.items():
            control = self.shared_folder() / "extension" / f"{extension}.control"
            if not control.exists():
                raise UnavailableError(
                    f"PostgreSQL {self.major} is here but its extension {extension} is not: {control} is missing.",
                    extension=extension,
                    remedy=f"Install it: sudo apt-get install -y {package}",
                )


def _version_of(folder: Path) -> int | None:
    if not all((folder / name).exists() for name in NEEDED):
        return None
    try:
        answer = subprocess.run(  # noqa: S603 - a program found by us, fixed arguments
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=False, timeout=30
        )
    except OSError:
        return None
    found = re.search(r"\b(\d+)(?:\.\d+|\w*)", answer.stdout)
    return int(found.group(1)) if found else None


def _candidate_folders() -> list[Path]:
    folders = [path for root, pattern in SEARCH_PATTERNS for path in Path(root).glob(pattern)]
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    return folders


def find_binaries(folder: Path | None = None, *, major: int | None = None) -> Binaries:
    """Find an installation: the newest, or the one of a given major version.

    Parameters
    ----------
    folder : Path, optional
        Look only here (setting ``GRIDWARD_PG_BIN``).
    major : int, optional
        The version that an existing data folder needs.

    Returns
    -------
    Binaries
        The newest suitable installation.

    Raises
    ------
    UnavailableError
        No PostgreSQL at all, or none of the wanted version; the message has the remedy.
    """
    folders = [folder] if folder is not None else _candidate_folders()
    found = [Binaries(path, version) for path in folders if (version := _version_of(path)) is not None]
    if not found:
        where = str(folder) if folder is not None else "/usr/lib/postgresql/*/bin, PATH"
        raise UnavailableError(
            f"No PostgreSQL server programs were found (looked in {where}).",
            remedy=f"{INSTALL_REMEDY}; or point GRIDWARD_PG_BIN at their folder; "
            "or set GRIDWARD_DATABASE_URL to a PostGIS database of your own.",
        )
    newest = max(found, key=lambda one: one.major)
    if major is None:
        return newest
    for one in found:
        if one.major == major:
            return one
    raise UnavailableError(
        f"The data folder was made by PostgreSQL {major}, but this machine has PostgreSQL {newest.major}.",
        data_version=major,
        installed_version=newest.major,
        remedy=f"Install postgresql-{major} postgresql-{major}-postgis-3 beside it and Gridward goes on as before. "
        f"To move to {newest.major}: with {major} installed run `gridward db backup FILE` (pg_dump), "
        "`gridward db stop`, move the data folder away and `gridward db restore FILE`.",
    )
