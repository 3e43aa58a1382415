"""Loaders: a file is read, checked, and saved in one transaction; each returns a report."""

from services.ingest.osm import load_osm
from services.ingest.report import LoadReport

__all__ = ["LoadReport", "load_osm"]
