"""A filter after it was checked: every name is known, every comparison is of like with like.

What turns it into SQL (`store.database.feature_filters`) can trust it and has nothing left to refuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

import shapely

from gis.errors import InvalidInputError
from layers.fields import Field

CompareOp = Literal["=", "<>", "<", "<=", ">", ">="]
SpatialOp = Literal["intersects", "disjoint", "equals", "touches", "crosses", "within", "contains", "overlaps"]
TemporalOp = Literal[
    "after", "before", "contains", "disjoint", "during", "equals", "finishedby", "finishes", "intersects", "meets",
    "metby", "overlappedby", "overlaps", "startedby", "starts",
]  # fmt: skip
Kind = Literal["string", "number", "boolean", "timestamp"]
"""What may be compared with each other; whole and broken numbers are one."""


class InvalidFilterError(InvalidInputError):
    """A filter can't be read, names what is not there, or compares what can't be compared."""

    code = "invalid-filter"


@dataclass(frozen=True, slots=True)
class Property:
    """An attribute of the feature."""

    field: Field

    @property
    def kind(self) -> Kind:
        """What it may be compared with."""
        return "number" if self.field.kind in ("integer", "number") else self.field.kind  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Value:
    """A constant; numbers are finite, moments have a time zone."""

    value: str | float | int | bool | datetime
    kind: Kind


@dataclass(frozen=True, slots=True)
class Folded:
    """Text without regard to case (``casei``) or to accents (``accenti``)."""

    by: Literal["casei", "accenti"]
    of: Scalar

    @property
    def kind(self) -> Kind:
        """Text always."""
        return "string"


Scalar: TypeAlias = Property | Value | Folded


@dataclass(frozen=True, slots=True)
class Compare:
    """Two scalars of one kind."""

    op: CompareOp
    left: Scalar
    right: Scalar


@dataclass(frozen=True, slots=True)
class Like:
    """Text against a pattern with ``%`` and ``_``; a backslash takes their meaning away."""

    of: Scalar
    pattern: Scalar


@dataclass(frozen=True, slots=True)
class Between:
    """A number between two others, both included."""

    of: Scalar
    low: Scalar
    high: Scalar


@dataclass(frozen=True, slots=True)
class Among:
    """A scalar that equals one of a list."""

    of: Scalar
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class IsNull:
    """An attribute that is not there; None stands for the geometry."""

    of: Property | None


@dataclass(frozen=True, slots=True)
class Spatial:
    """Two geometries in EPSG:4326, longitude first; None stands for the geometry of the feature."""

    op: SpatialOp
    left: shapely.Geometry | None
    right: shapely.Geometry | None


@dataclass(frozen=True, slots=True)
class Span:
    """A time from `start` to `end`; None is open. A moment is a span that ends where it starts."""

    start: Property | Value | None
    end: Property | Value | None


@dataclass(frozen=True, slots=True)
class Temporal:
    """Two times."""

    op: TemporalOp
    left: Span
    right: Span


@dataclass(frozen=True, slots=True)
class Flag:
    """An attribute or constant that is true or false by itself."""

    of: Property | Value


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    of: Filter


@dataclass(frozen=True, slots=True)
class Join:
    """All of several filters, or any of them."""

    op: Literal["and", "or"]
    of: tuple[Filter, ...]


Filter: TypeAlias = Compare | Like | Between | Among | IsNull | Spatial | Temporal | Flag | Not | Join
