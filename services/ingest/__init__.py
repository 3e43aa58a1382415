"""Loaders: a file is read, checked, and saved in one transaction; each returns a report."""

from services.ingest.areas import load_areas
from services.ingest.camera_status import load_camera_status
from services.ingest.catalogue import load_area_classes, load_catalogue, load_lead_units
from services.ingest.gazetteer import load_places
from services.ingest.ground import load_cameras, load_components, load_dwellings
from services.ingest.incidents import load_incidents
from services.ingest.organisation import load_assignments, load_post_counts, load_shifts
from services.ingest.osm import load_osm
from services.ingest.report import LoadReport
from services.ingest.rows import LoadOptions, RejectedRowsError
from services.ingest.staff import load_staff, load_units

__all__ = [
    "LoadOptions",
    "LoadReport",
    "RejectedRowsError",
    "load_area_classes",
    "load_areas",
    "load_assignments",
    "load_camera_status",
    "load_cameras",
    "load_catalogue",
    "load_components",
    "load_dwellings",
    "load_incidents",
    "load_lead_units",
    "load_osm",
    "load_places",
    "load_post_counts",
    "load_shifts",
    "load_staff",
    "load_units",
]
