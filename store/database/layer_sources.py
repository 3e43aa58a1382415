"""Where each map layer comes from: tables, columns, and what decides whether a tile of it is stale.

The texts are constants of this file; every value reaches SQL as a bind parameter. A filter on place is always the
literal ``geom && box``, which row security can turn into an index condition.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Follows = Literal["territory", "plan", "run", "water", "cell"]


@dataclass(frozen=True, slots=True)
class LayerSource:
    """SQL of one layer.

    Parameters
    ----------
    tables : str
        From clause.
    fid : str
        Integer feature id.
    columns : dict of str to str
        Attribute → SQL expression.
    geom : str
        Geometry in EPSG:4326, for items.
    tile_geom : str
        Stored geometry in EPSG:3857 that the box is compared with; empty for collections without tiles.
    scope : str
        Condition on ``:scope``, an array of the ids that `follows` names.
    follows : {"territory", "plan", "run", "water", "cell"}
        What the rows hang on.
    tile_found : str or None
        Geometry in EPSG:4326 that the box is compared with, where `tile_geom` is not stored.
    tile_shape : str or None
        Geometry in EPSG:3857 that is drawn, when it is not `tile_geom`.
    tile_tables : str or None
        From clause of tiles, when `tables` joins more than a tile shows.
    tile_columns : dict of str to str
        What takes the place of `columns` in tiles.
    masked : dict of str to str
        What takes the place of `columns` for accounts without the right to see data of the camera network.
    thinned : tuple of (int, str)
        Conditions for zooms below a bound: what would be lost in the crowd is left out.
    moment : str or None
        Timestamp that the ``datetime`` parameter filters by.
    dated : str or None
        Condition that takes the place of `scope` when ``datetime`` asks for what was valid between ``:since`` and
        ``:until``, in the territories ``:places``.
    simple_tables : str
        What joins the shapes of ``:level`` to `tables`, for zooms that have simpler ones.
    simple_shape : str or None
        Geometry in EPSG:3857 that is drawn at those zooms.
    also : tuple of str
        Further layers whose changes make a tile of this one stale.
    more : dict of str to str
        Attributes that features have and tiles don't; `layers.fields` says what each is.
    changed : str or None
        Revision of one feature, where it can be edited by itself.
    """

    tables: str
    fid: str
    columns: dict[str, str]
    geom: str
    tile_geom: str
    scope: str
    follows: Follows = "territory"
    tile_found: str | None = None
    tile_shape: str | None = None
    tile_tables: str | None = None
    tile_columns: dict[str, str] = field(default_factory=dict)
    masked: dict[str, str] = field(default_factory=dict)
    thinned: tuple[tuple[int, str], ...] = ()
    moment: str | None = None
    dated: str | None = None
    simple_tables: str = ""
    simple_shape: str | None = None
    also: tuple[str, ...] = field(default=())
    more: dict[str, str] = field(default_factory=dict)
    changed: str | None = None

    @property
    def attributes(self) -> dict[str, str]:
        """Attribute → SQL expression of a feature."""
        return {**self.columns, **self.more}


_NUMBER = "ltrim(right(g.code, 3), '0')"
_VERSION_NUMBER = "ltrim(right(v.code, 3), '0')"
_CAMERA_NAME = "coalesce(c.gb28181_id, c.source_ref, c.id::text)"
_CAMERA_KIND = (
    "case when c.ptz then 'ptz' when c.dome or c.hfov >= 360 then 'dome' "
    "when c.azimuth is null then 'unknown' else 'fixed' end"
)
_CAMERA_FACTS = (
    "owner", "purpose", "hfov", "max_range", "height_m", "ptz", "dome", "indoor", "networked", "serviceable",
)  # fmt: skip
_MAIN = "'motorway','motorway_link','trunk','trunk_link','primary','primary_link','secondary','secondary_link'"
_BACK = "'footway','path','steps','service','track','cycleway','corridor','platform','bridleway'"

_GRIDS_DATED = (
    "v.valid && tstzrange(cast(:since as timestamptz), cast(:until as timestamptz), '[]') "
    "and g.territory_id = any(:places) and g.kind = 'household'"
)
_AREAS_DATED = (
    "a.territory_id = any(:places) and a.valid && daterange(cast(:since as date), cast(:until as date), '[]')"
)

SOURCES: Final[dict[str, LayerSource]] = {
    "areas": LayerSource(
        "area a",
        "a.fid",
        {"code": "a.code", "kind": "a.kind", "name": "a.name"},
        "a.geom",
        "a.geom_3857",
        "a.territory_id = any(:scope) and a.valid @> current_date",
        dated=_AREAS_DATED,
        simple_tables=" left join area_shape q on q.area_id = a.id and q.max_zoom = :level",
        simple_shape="coalesce(q.geom_3857, a.geom_3857)",
    ),
    "landcover": LayerSource(
        "landcover l",
        "l.fid",
        {"kind": "l.kind"},
        "l.geom",
        "l.geom_3857",
        "l.territory_id = any(:scope)",
        thinned=(
            (11, "st_area(l.geom_3857) > 300000"),
            (12, "st_area(l.geom_3857) > 40000"),
            (14, "st_area(l.geom_3857) > 1500"),
        ),
    ),
    "waterways": LayerSource(
        "waterway w",
        "w.fid",
        {"kind": "w.kind", "name": "nullif(w.name, '')"},
        "w.geom",
        "w.geom_3857",
        "w.territory_id = any(:scope)",
        thinned=((12, "w.kind in ('river', 'canal')"), (14, "w.kind not in ('ditch', 'drain')")),
    ),
    "buildings": LayerSource(
        "building b",
        "b.fid",
        {"kind": "b.kind"},
        "b.geom",
        "b.geom_3857",
        "b.territory_id = any(:scope)",
    ),
    "streets": LayerSource(
        "street s",
        "s.fid",
        {"class": "s.kind", "name": "nullif(s.name, '')"},
        "s.geom",
        "s.geom_3857",
        "s.territory_id = any(:scope)",
        thinned=(
            (12, f"s.kind in ({_MAIN})"),
            (13, f"s.kind in ({_MAIN}, 'tertiary', 'tertiary_link')"),
            (14, f"s.kind not in ({_BACK})"),
        ),
    ),
    "atoms": LayerSource(
        "atom t",
        "t.fid",
        {"demand": "t.demand"},
        "t.geom",
        "st_transform(t.geom, 3857)",
        "t.plan_id = any(:scope)",
        follows="plan",
        tile_found="t.geom",
    ),
    "grids": LayerSource(
        "grid_version v join grid g on g.id = v.grid_id "
        "left join assignment h on h.grid_id = v.grid_id and h.is_head and h.valid @> now() "
        "left join staff f on f.id = h.staff_id",
        "v.fid",
        {
            "code": "g.code",
            "number": _NUMBER,
            "name": "nullif(v.name, '')",
            "households": "v.households",
            "deviation": "round(v.deviation::numeric, 4)::float8",
            "exclave": "v.exclave",
            "head": "f.name",
        },
        "v.geom",
        "v.geom_3857",
        "v.plan_id = any(:scope)",
        follows="plan",
        dated=_GRIDS_DATED,
        tile_tables="grid_version v "
        "left join assignment h on h.grid_id = v.grid_id and h.is_head and h.valid @> now() "
        "left join staff f on f.id = h.staff_id",
        tile_columns={"code": "v.code", "number": _VERSION_NUMBER},
        # either all grids of a plan have simpler shapes or none has: mixing them would tear the tiling
        simple_tables=" left join grid_shape q on q.plan_id = v.plan_id and q.grid_id = v.grid_id "
        "and q.max_zoom = :level",
        simple_shape="coalesce(q.geom_3857, v.geom_3857)",
        also=("staff",),
        more={
            "area_m2": "v.area_m2",
            "locked": "v.locked",
            "uuid": "v.grid_id::text",
            "plan": "v.plan_id::text",
            "revision": "v.revision",
        },
        changed="v.revision",
    ),
    "grid_labels": LayerSource(
        "grid_version v join grid g on g.id = v.grid_id "
        "left join coverage_grid k on k.grid_id = v.grid_id and k.run_id = any(:runs)",
        "v.fid",
        {
            "code": "g.code",
            "number": _NUMBER,
            "name": "nullif(v.name, '')",
            "households": "v.households",
            "deviation": "round(v.deviation::numeric, 4)::float8",
            "seen_share": "round((k.seen_m / nullif(k.street_m, 0))::numeric, 4)::float8",
        },
        "v.label_point",
        "v.geom_3857",
        "v.plan_id = any(:scope)",
        follows="plan",
        dated=_GRIDS_DATED,
        tile_tables="grid_version v left join coverage_grid k on k.grid_id = v.grid_id and k.run_id = any(:runs)",
        tile_columns={"code": "v.code", "number": _VERSION_NUMBER},
        # the box is compared with the stored grid, whose index is there; the few points are transformed on the way
        tile_shape="st_transform(v.label_point, 3857)",
        also=("grids", "gaps"),
        more={"seen_share_upper": "round((k.seen_m_upper / nullif(k.street_m, 0))::numeric, 4)::float8"},
    ),
    "cells": LayerSource(
        # the code beside each shape: looking up a thousand grids costs a quarter of a page of them
        "grid_version v",
        "v.fid",
        {"code": "v.code", "number": _VERSION_NUMBER, "name": "nullif(v.name, '')", "households": "v.households"},
        "v.geom",
        "v.geom_3857",
        "v.plan_id = any(:scope)",
        follows="cell",
        also=("grids",),
    ),
    "river_reaches": LayerSource(
        "river_reach w left join assignment h on h.grid_id = w.grid_id and h.is_head and h.valid @> now() "
        "left join staff f on f.id = h.staff_id",
        "w.fid",
        {
            "code": "w.code",
            "number": "ltrim(right(w.code, 3), '0')",
            "name": "nullif(w.river, '')",
            "length_m": "round(w.length_m::numeric, 1)::float8",
            "deviation": "round(w.deviation::numeric, 4)::float8",
            "status": "case when w.fits then 'fits' when w.deviation > 0 then 'over' else 'under' end",
            "head": "f.name",
        },
        "w.geom",
        "w.geom_3857",
        "w.plan_id = any(:scope)",
        follows="water",
        also=("grids", "staff"),
    ),
    "dwellings": LayerSource(
        "dwelling d",
        "d.fid",
        {"households": "d.households", "estimated": "d.estimated"},
        "d.point",
        "d.geom_3857",
        "d.territory_id = any(:scope)",
    ),
    "view_sheds": LayerSource(
        "view_shed s join camera c on c.id = s.camera_id",
        "s.fid",
        {"camera": _CAMERA_NAME, "unknown": "s.assumed", "online": "c.online"},
        "s.geom",
        "s.geom_3857",
        "s.territory_id = any(:scope)",
        also=("cameras",),
        masked={"camera": "c.id::text"},
    ),
    "gaps": LayerSource(
        "gap p",
        "p.fid",
        {"kind": "p.kind", "score": "round(p.score::numeric, 4)::float8"},
        "p.geom",
        "p.geom_3857",
        "p.run_id = any(:scope)",
        follows="run",
        more={"maybe": "(p.reason->>'maybe')::boolean"},
    ),
    "key_places": LayerSource(
        "key_place p left join key_place_coverage k on k.key_place_id = p.id and k.run_id = any(:runs)",
        "p.fid",
        {"kind": "p.kind", "name": "nullif(p.name, '')", "seen": "k.seen"},
        "p.point",
        "p.geom_3857",
        "p.territory_id = any(:scope)",
        also=("gaps",),
        more={"weight": "p.weight", "uuid": "p.id::text", "revision": "p.revision"},
        changed="p.revision",
    ),
    "cameras": LayerSource(
        "camera c",
        "c.fid",
        {
            "gb28181_id": "c.gb28181_id",
            "ref": "c.source_ref",
            "kind": _CAMERA_KIND,
            "azimuth": "c.azimuth",
            "online": "c.online",
        },
        "c.point",
        "c.geom_3857",
        "c.territory_id = any(:scope)",
        masked={"gb28181_id": "null::text", "ref": "c.id::text"},
        more={
            **{name: f"c.{name}" for name in _CAMERA_FACTS},
            "uuid": "c.id::text",
            "revision": "c.revision",
        },
        changed="c.revision",
    ),
    "incidents": LayerSource(
        "incident i",
        "i.id",
        {"no": "i.no", "item": "i.item", "state": "i.state", "severity": "i.severity"},
        "i.point",
        "i.geom_3857",
        "i.territory_id = any(:scope)",
        # seconds: pins take the colours of clocks, which run on after a tile is cut
        tile_columns={
            "due": "extract(epoch from i.due_at)::bigint",
            "soon": "extract(epoch from i.soon_at)::bigint",
        },
        moment="i.reported_at",
        more={"reported_at": "i.reported_at"},
    ),
    "facilities": LayerSource(
        "facility f",
        "f.fid",
        {"kind": "f.kind", "name": "nullif(f.name, '')"},
        "f.point",
        "",
        "f.territory_id = any(:scope)",
        more={"uuid": "f.id::text", "revision": "f.revision"},
        changed="f.revision",
    ),
    "privacy_zones": LayerSource(
        "privacy_zone z",
        "z.fid",
        {"kind": "z.kind", "reason": "z.reason"},
        "z.geom",
        "",
        "z.territory_id = any(:scope)",
        more={"created_at": "z.created_at", "uuid": "z.id::text", "revision": "z.revision"},
        changed="z.revision",
    ),
}
"""Every collection, by its id in the catalogue of layers."""
