"""What an OpenStreetMap extract holds, as arrays: everything in EPSG:4326, x = longitude."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import Box
from store.files.report import IngestReport

ATTRIBUTION = "© OpenStreetMap contributors"

Geometries = npt.NDArray[Any]
Texts = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Names:
    """Names of n things; empty text where there is none.

    Parameters
    ----------
    name, en, zh : (n,) arrays of str
        Local, English and Chinese name.
    other : (n,) array of dict
        Every further name by its kind, English and Chinese ones too.
    """

    name: Texts
    en: Texts
    zh: Texts
    other: Texts


@dataclass(frozen=True, slots=True)
class Lines:
    """Streets, railways, waterways or barriers, clipped to the box, one LineString a row.

    Parameters
    ----------
    geom : (n,) array of LineString
    osm_id : (n,) int array
        Way id; a way cut in two gives two rows.
    kind : (n,) array of str
        Value of the leading tag (``residential``, ``rail``, ``river``, ``wall``).
    names : Names
    walkable, motor : (n,) bool arrays
        Streets only; True elsewhere.
    level : (n,) int array
        OSM ``layer``: lines of different level do not meet.
    """

    geom: Geometries
    osm_id: Ints
    kind: Texts
    names: Names
    walkable: Bools
    motor: Bools
    level: Ints

    def __len__(self) -> int:
        return len(self.geom)


@dataclass(frozen=True, slots=True)
class LandCover:
    """Water, green and bare land, clipped to the box.

    Parameters
    ----------
    geom : (n,) array of Polygon or MultiPolygon
    osm_id : (n,) int array
        Way id, or minus the relation id; 0 for sea built from coastlines.
    kind : (n,) array of str
        ``water``, ``green`` or ``land``.
    detail : (n,) array of str
        Value of the leading tag.
    names : Names
    """

    geom: Geometries
    osm_id: Ints
    kind: Texts
    detail: Texts
    names: Names

    def __len__(self) -> int:
        return len(self.geom)


@dataclass(frozen=True, slots=True)
class Buildings:
    """Building footprints, whole where the file holds them whole.

    Parameters
    ----------
    geom : (n,) array of Polygon or MultiPolygon
    osm_id : (n,) int array
        Way id, or minus the relation id.
    kind : (n,) array of str
        Value of ``building``.
    use : (n,) array of str
        Leading other use tag (``amenity=school`` -> ``school``), empty if none.
    name : (n,) array of str
    height_m, levels, flats : (n,) float arrays
        nan where untagged.
    footprint_m2 : (n,) float array
    cut : (n,) bool array
        The ring left the extract and was closed along its edge.
    addresses : (n,) int array
        Distinct addresses that belong to it.
    address : (n,) array of str
        The first of them in alphabetical order, empty if none.
    """

    geom: Geometries
    osm_id: Ints
    kind: Texts
    use: Texts
    name: Texts
    height_m: Floats
    levels: Floats
    flats: Floats
    footprint_m2: Floats
    cut: Bools
    addresses: Ints
    address: Texts

    def __len__(self) -> int:
        return len(self.geom)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Distinct addresses, duplicates merged.

    Parameters
    ----------
    point : (n,) array of Point
    osm_id : (n,) int array
    street, number, city, postcode : (n,) arrays of str
    text : (n,) array of str
        Street (or place) and number, as people write it.
    copies : (n,) int array
        How many objects of the file carried it.
    units : (n,) int array
        Distinct ``addr:unit``/``addr:flats``/``addr:door`` values; 0 if untagged.
    building : (n,) int array
        Row of `Buildings`, -1 for none within reach.
    """

    point: Geometries
    osm_id: Ints
    street: Texts
    number: Texts
    city: Texts
    postcode: Texts
    text: Texts
    copies: Ints
    units: Ints
    building: Ints

    def __len__(self) -> int:
        return len(self.point)


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Administrative areas that close inside the file (not clipped).

    Parameters
    ----------
    geom : (n,) array of Polygon or MultiPolygon
    osm_id : (n,) int array
        Way id, or minus the relation id.
    admin_level : (n,) int array
    ref : (n,) array of str
        Official code if tagged, else empty.
    names : Names
    """

    geom: Geometries
    osm_id: Ints
    admin_level: Ints
    ref: Texts
    names: Names

    def __len__(self) -> int:
        return len(self.geom)


@dataclass(frozen=True, slots=True)
class Cameras:
    """Surveillance cameras, one row a lens direction.

    Parameters
    ----------
    point : (n,) array of Point
    osm_id : (n,) int array
    ref : (n,) array of str
        ``node/123``, with ``#2`` for a second direction of the same object.
    kind : (n,) array of str
        ``fixed``, ``ptz``, ``dome`` or ``unknown``.
    azimuth, hfov, height_m, tilt : (n,) float arrays
        Degrees clockwise from north, degrees, metres, degrees below the horizon; nan where untagged.
    mount, operator, purpose : (n,) arrays of str
    indoor : (n,) bool array
    """

    point: Geometries
    osm_id: Ints
    ref: Texts
    kind: Texts
    azimuth: Floats
    hfov: Floats
    height_m: Floats
    tilt: Floats
    mount: Texts
    operator: Texts
    purpose: Texts
    indoor: Bools

    def __len__(self) -> int:
        return len(self.point)


@dataclass(frozen=True, slots=True)
class Places:
    """Key places or facilities.

    Parameters
    ----------
    point : (n,) array of Point
    osm_id : (n,) int array
        0 for computed junctions.
    kind : (n,) array of str
    name : (n,) array of str
    weight : (n,) float array
        1 = ordinary; more where more people pass.
    other_names : (n,) array of dict
        Every further name by its kind.
    """

    point: Geometries
    osm_id: Ints
    kind: Texts
    name: Texts
    weight: Floats
    other_names: Texts

    def __len__(self) -> int:
        return len(self.point)


@dataclass(frozen=True, slots=True)
class OsmExtract:
    """Everything read from one extract.

    Parameters
    ----------
    path : Path
    box : (west, south, east, north)
        From the file's header, else around its nodes.
    box_source : str
        ``header`` or ``data``.
    metric_srid : int
        The metric CRS that was used for measures (a suggestion for the territory).
    report : IngestReport
        Counts of everything kept, mended and left out.
    """

    path: Path
    box: Box
    box_source: str
    metric_srid: int
    streets: Lines
    rails: Lines
    waterways: Lines
    barriers: Lines
    land_cover: LandCover
    compounds: LandCover
    buildings: Buildings
    addresses: Addresses
    boundaries: Boundaries
    facilities: Places
    cameras: Cameras
    key_places: Places
    report: IngestReport

    @property
    def outline(self) -> shapely.Polygon:
        """The box as a polygon."""
        return shapely.box(*self.box)
