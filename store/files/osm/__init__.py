"""Read any OpenStreetMap extract into plain arrays."""

from store.files.osm.model import (
    ATTRIBUTION,
    Addresses,
    Boundaries,
    Buildings,
    Cameras,
    LandCover,
    Lines,
    Names,
    OsmExtract,
    Places,
)
from store.files.osm.read import read_osm

__all__ = [
    "ATTRIBUTION",
    "Addresses",
    "Boundaries",
    "Buildings",
    "Cameras",
    "LandCover",
    "Lines",
    "Names",
    "OsmExtract",
    "Places",
    "read_osm",
]
