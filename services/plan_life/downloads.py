"""A plan's grids as a file to take away, and uploaded files to read: each in a folder that goes afterwards."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

from gis.errors import GridwardError, InvalidInputError
from services import plan_files, tile_export
from services.plan_life.upload_errors import UploadTooLargeError
from store.database.work import UnitOfWork

#: Format → ending and media type.
FORMATS: Final = {
    "gpkg": (".gpkg", "application/geopackage+sqlite3"),
    "geojson": (".geojson", "application/geo+json"),
    "shp": (".zip", "application/zip"),
    "csv": (".csv", "text/csv; charset=utf-8"),
    "pmtiles": (".pmtiles", "application/vnd.pmtiles"),
}
UPLOAD_MB: Final = 50
_ENDINGS = (".geojson", ".json", ".gpkg", ".zip", ".csv")
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def export_bytes(work: UnitOfWork, plan_id: UUID, wanted: str) -> bytes:
    """Return a plan's grids in a format; a Shapefile is a zip of its parts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / f"grids.{wanted}"
        if wanted == "pmtiles":
            tile_export.export_plan(work, plan_id, file, most=tile_export.MOST_AT_ONCE)
            return file.read_bytes()
        plan_files.export(work, plan_id, file)
        if wanted != "shp":
            return file.read_bytes()
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
            for part in sorted(folder.glob("grids.*")):
                book.write(part, part.name)
        return buffer.getvalue()


@contextmanager
def uploaded(name: str | None, content: bytes) -> Iterator[Path]:
    """Put an uploaded file where readers find it; a zip must hold one Shapefile.

    Raises
    ------
    UploadTooLargeError
        More than `UPLOAD_MB`, packed or unpacked.
    InvalidInputError
        Another kind of file.
    """
    _refuse_large(len(content))
    ending = Path(name or "").suffix.lower()
    if ending not in _ENDINGS:
        raise InvalidInputError(
            "Upload GeoJSON (.geojson), GeoPackage (.gpkg), a Shapefile in a .zip, or a table (.csv).",
            field="file",
            file=name,
        )
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(name or "upload").stem or "upload"
        if ending == ".zip":
            unpacked = _unpacked(content, Path(folder), plain)
            with _told_by_name(unpacked):
                yield unpacked
        else:
            file = Path(folder) / f"{_safe(plain)}{ending}"
            file.write_bytes(content)
            with _told_by_name(file):
                yield file


@contextmanager
def opened(file: Path) -> Iterator[Path]:
    """Return a file as readers want it: a Shapefile that came in a zip is taken out of it, as from an upload."""
    if file.suffix.lower() == ".zip" and file.is_file():
        with uploaded(file.name, file.read_bytes()) as unpacked:
            yield unpacked
    else:
        yield file


@contextmanager
def _told_by_name(file: Path) -> Iterator[None]:
    """Tell what is wrong with an uploaded file under its own name, not under the folder that it lies in for now."""
    try:
        yield
    except GridwardError as error:
        error.message = error.message.replace(str(file), file.name)
        error.args = (error.message,)
        for key, value in error.fields.items():
            if isinstance(value, str):
                error.fields[key] = value.replace(str(file), file.name)
        raise


def _refuse_large(size: int) -> None:
    if size > UPLOAD_MB * 2**20:
        raise UploadTooLargeError(f"The file has more than {UPLOAD_MB} MB. Simplify or split it.", most_mb=UPLOAD_MB)


def _unpacked(content: bytes, folder: Path, plain: str) -> Path:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            parts = {
                Path(entry.filename).suffix.lower(): entry
                for entry in book.infolist()
                if Path(entry.filename).suffix.lower() in _PARTS
            }
            _refuse_large(sum(entry.file_size for entry in parts.values()))
            for ending, entry in parts.items():
                # names inside the archive are never used as paths
                (folder / f"{_safe(plain)}{ending}").write_bytes(book.read(entry))
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise InvalidInputError("The .zip can't be opened.", field="file") from error
    if ".shp" not in parts:
        raise InvalidInputError("The .zip holds no Shapefile (.shp with .shx and .dbf).", field="file")
    return folder / f"{_safe(plain)}.shp"


def _safe(name: str) -> str:
    kept = "".join(letter for letter in name if letter.isalnum() or letter in "-_ ")
    return kept[:80].strip() or "upload"
