"""Which tables and indexes of the database are ours to compare: not PostGIS', the queue's, or monthly partitions."""

from __future__ import annotations

from typing import Any

_FOREIGN_PREFIXES = ("procrastinate_", "incident_p", "spatial_ref_sys", "topology", "layer_")
_OURS = {"layer_revision"}


def belongs_to_us(obj: Any, name: str | None, kind: str, reflected: bool, _compare_to: object) -> bool:  # noqa: ANN401 - Alembic's signature
    """Tell Alembic whether to compare `obj`; partitions and the queue's tables have no model."""
    if not reflected:
        return True
    if kind == "foreign_key_constraint":
        target = str(obj.elements[0].target_fullname)
        return not target.startswith(_FOREIGN_PREFIXES) or target.partition(".")[0] in _OURS
    table = name if kind == "table" else getattr(getattr(obj, "table", None), "name", name)
    return table in _OURS or not str(table).startswith(_FOREIGN_PREFIXES)
