"""What each collection tells of its features: typed attributes with their names, for queryables, schemas and edits.

A tile carries the few attributes that its style needs (`layers.spec.LayerSpec.fields`); a feature carries all of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from layers.spec import LayerSpec, Text

FieldKind = Literal["string", "integer", "number", "boolean", "timestamp"]

PLACE: Final = "geometry"
"""Name by which filters speak of a feature's geometry."""
ZONE_KINDS: Final = ("dwelling", "yard", "school", "dormitory", "hospital", "bath", "hotel", "worship", "other")


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute of a feature.

    Parameters
    ----------
    name : str
        Key in ``properties``, and name of the query parameter.
    kind : {"string", "integer", "number", "boolean", "timestamp"}
        Its type; everything may be null.
    title : Text
        What it is.
    values : tuple of str
        All values that it can have, where they are few.
    editable : bool
        Whether a client may write it.
    required : bool
        Whether a new feature must bring it.
    network : bool
        Whether it tells how to reach a camera on its network, which is a right of its own.
    """

    name: str
    kind: FieldKind
    title: Text
    values: tuple[str, ...] = ()
    editable: bool = False
    required: bool = False
    network: bool = False

    def schema(self) -> dict[str, Any]:
        """Return the field as JSON Schema.

        Examples
        --------
        >>> Field("households", "integer", Text("households", "户数")).schema()
        {'title': 'households', 'type': 'integer'}
        """
        described: dict[str, Any] = {"title": self.title.en, "type": self.kind}
        if self.kind == "timestamp":
            described |= {"type": "string", "format": "date-time"}
        if self.values:
            described["enum"] = list(self.values)
        return described


def _text(name: str, en: str, zh: str, *values: str, **more: bool) -> Field:
    return Field(name, "string", Text(en, zh), values, **more)


def _whole(name: str, en: str, zh: str) -> Field:
    return Field(name, "integer", Text(en, zh))


def _number(name: str, en: str, zh: str, *, editable: bool = False) -> Field:
    return Field(name, "number", Text(en, zh), editable=editable)


def _flag(name: str, en: str, zh: str, *, editable: bool = False, network: bool = False) -> Field:
    return Field(name, "boolean", Text(en, zh), editable=editable, network=network)


def _moment(name: str, en: str, zh: str) -> Field:
    return Field(name, "timestamp", Text(en, zh))


_CODE = _text("code", "code", "编码")
_NUMBER = _text("number", "number on the map", "图上编号")
_NAME = _text("name", "name", "名称")
_KIND = _text("kind", "kind", "类型")
_HOUSEHOLDS = _whole("households", "households", "户数")
_DEVIATION = _number("deviation", "deviation from the mean of the parent, as a fraction", "与均值的偏差")
_HEAD = _text("head", "name of the head", "负责人")
_REVISION = _whole("revision", "revision; it goes into If-Match", "版本号")
_UUID = _text("uuid", "identifier in /api/v1", "唯一标识")

FIELDS: Final[dict[str, tuple[Field, ...]]] = {
    "areas": (_CODE, _KIND, _NAME),
    "landcover": (_KIND,),
    "waterways": (_KIND, _NAME),
    "buildings": (_KIND,),
    "streets": (_text("class", "class of the street", "道路等级"), _NAME),
    "atoms": (_whole("demand", "households on the plot", "地块户数"),),
    "grids": (
        _text("code", "code", "编码", editable=True),
        _NUMBER,
        _text("name", "name", "名称", editable=True),
        _HOUSEHOLDS,
        _DEVIATION,
        _flag("exclave", "whether it has a piece apart", "是否有飞地"),
        _HEAD,
        _number("area_m2", "area, m²", "面积（平方米）"),
        _flag("locked", "whether its border is locked", "边界是否锁定"),
        _UUID,
        _text("plan", "plan that it belongs to", "所属方案"),
        _REVISION,
    ),
    "grid_labels": (
        _CODE,
        _NUMBER,
        _NAME,
        _HOUSEHOLDS,
        _DEVIATION,
        _number("seen_share", "share of its streets that cameras are known to see", "街道可见比例"),
        _number("seen_share_upper", "that share if unknown headings look everywhere", "街道可见比例上限"),
    ),
    "cells": (_CODE, _NUMBER, _NAME, _HOUSEHOLDS),
    "river_reaches": (
        _CODE,
        _NUMBER,
        _NAME,
        _number("length_m", "length, m", "长度（米）"),
        _DEVIATION,
        _text("status", "whether its length fits", "长度是否达标", "fits", "over", "under"),
        _HEAD,
    ),
    "dwellings": (_HOUSEHOLDS, _flag("estimated", "whether households are estimated", "户数是否估算")),
    "view_sheds": (
        _text("camera", "camera", "摄像机", network=True),
        _flag("unknown", "whether the heading is unknown", "方位是否未知"),
        _flag("online", "whether the camera is online", "摄像机是否在线"),
    ),
    "gaps": (
        _text("kind", "what is not seen", "盲区类型", "street", "key_place"),
        _number("score", "how much it matters, 0 to 1", "重要程度"),
        _flag("maybe", "whether a camera of unknown heading may see it", "方位未知的摄像机是否可能可见"),
    ),
    "key_places": (
        _text("kind", "kind of place", "部位类型", editable=True, required=True),
        _text("name", "name", "名称", editable=True),
        _number("weight", "how much it counts", "权重", editable=True),
        _text("seen", "whether a camera sees it", "是否可见", "yes", "maybe", "no"),
        _UUID,
        _REVISION,
    ),
    "cameras": (
        _text("gb28181_id", "20-digit code", "国标编码", editable=True, network=True),
        _text("ref", "reference in the source", "来源编号", editable=True, network=True),
        _text("kind", "how it looks", "类型", "fixed", "ptz", "dome", "unknown"),
        _number("azimuth", "heading, degrees clockwise from north", "方位角", editable=True),
        _flag("online", "whether it is online", "是否在线", editable=True),
        _text("owner", "who owns it", "权属单位", editable=True),
        _text("purpose", "what it is for", "用途", editable=True),
        _number("hfov", "horizontal field of view, degrees", "水平视场角", editable=True),
        _number("max_range", "range, m", "可视距离（米）", editable=True),
        _number("height_m", "height above ground, m", "安装高度（米）", editable=True),
        _flag("ptz", "whether it turns", "是否云台", editable=True),
        _flag("dome", "whether it sees all around", "是否全景", editable=True),
        _flag("indoor", "whether it stands indoors", "是否室内", editable=True),
        _flag("networked", "whether it is on the network", "是否联网", editable=True, network=True),
        _flag("serviceable", "whether it works", "是否完好", editable=True),
        _UUID,
        _REVISION,
    ),
    "incidents": (
        _text("no", "number", "编号"),
        _text("item", "what was reported", "事项"),
        _text("state", "state", "状态"),
        _text("severity", "severity", "紧急程度", "minor", "major", "critical"),
        _moment("reported_at", "when it was reported", "上报时间"),
    ),
    "facilities": (
        _text("kind", "kind of facility", "设施类型", editable=True, required=True),
        _text("name", "name", "名称", editable=True),
        _UUID,
        _REVISION,
    ),
    "privacy_zones": (
        _text("kind", "kind of ground", "区域类型", *ZONE_KINDS, editable=True, required=True),
        _text("reason", "why nobody may look there", "理由", editable=True, required=True),
        _moment("created_at", "when it was set up", "设立时间"),
        _UUID,
        _REVISION,
    ),
}
"""Attributes of every collection, in the order in which features carry them."""


Fields = tuple[Field, ...]


def fields_of(collection: str, *, network: bool = True) -> Fields:
    """Return the fields of a collection, without those about the network of cameras where they are not to be told.

    Examples
    --------
    >>> [field.name for field in fields_of("view_sheds", network=False)]
    ['unknown', 'online']
    """
    return tuple(each for each in FIELDS[collection] if network or not each.network)


def field_of(fields: Fields, name: str) -> Field | None:
    """Return one of some fields by its name, or None.

    Examples
    --------
    >>> field_of(FIELDS["grids"], "households").kind
    'integer'
    """
    return next((each for each in fields if each.name == name), None)


def schema_of(spec: LayerSpec, fields: Fields, address: str, *, queryables: bool) -> dict[str, Any]:
    """Describe the features of a collection as JSON Schema, as OGC API Features Parts 3 and 5 want it.

    Parameters
    ----------
    spec : LayerSpec
    fields : tuple of Field
        Those of its fields that are told.
    address : str
        Where the schema is served: its ``$id``.
    queryables : bool
        What may be asked by, or what a feature holds.

    Examples
    --------
    >>> from layers.catalogue import layer
    >>> told = schema_of(layer("buildings"), FIELDS["buildings"], "http://x/queryables", queryables=True)
    >>> told["properties"]["geometry"]["format"]
    'geometry-polygon'
    """
    shape = {"point": "geometry-point", "line": "geometry-linestring", "polygon": "geometry-polygon"}[spec.geometry]
    if spec.id == "gaps":  # streets and places alike
        shape = "geometry-any"
    told = {each.name: each.schema() for each in fields}
    if not queryables:
        for each in fields:
            if not each.editable:
                told[each.name]["readOnly"] = True
    place = {"title": "geometry", "x-ogc-role": "primary-geometry", "format": shape}
    described: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "type": "object",
        "title": spec.title.en,
        "properties": {**told, PLACE: place},
    }
    if queryables:
        return {**described, "additionalProperties": False}
    required = [each.name for each in fields if each.required]
    return {**described, "required": required} if required else described


_SHAPES: Final = {
    "point": ("Point",),
    "line": ("LineString", "MultiLineString"),
    "polygon": ("Polygon", "MultiPolygon"),
}


def feature_schema_of(spec: LayerSpec, fields: Fields, address: str) -> dict[str, Any]:
    """Describe a feature of a collection as it is written in GeoJSON; GDAL takes the types of its columns from this.

    What is unknown is null, but GDAL takes an attribute of the types ``["number", "null"]`` for a text. So attributes
    refer to ``#/$defs/…``: for JSON Schema that is in their own part of the document, which has a ``$id`` and thus is
    the base of its references, and allows null. GDAL knows no bases: it finds the single types at the top.

    Parameters
    ----------
    spec : LayerSpec
    fields : tuple of Field
        Those of its fields that are told.
    address : str
        Where the schema is served: its ``$id``.

    Examples
    --------
    >>> from layers.catalogue import layer
    >>> told = feature_schema_of(layer("dwellings"), FIELDS["dwellings"], "http://x/schemas/feature")
    >>> told["$defs"]["households"]["type"], told["properties"]["properties"]["$defs"]["households"]["type"]
    ('integer', ['integer', 'null'])
    """
    shapes = (
        sorted({kind for kinds in _SHAPES.values() for kind in kinds}) if spec.id == "gaps" else _SHAPES[spec.geometry]
    )
    place = {
        "title": "geometry",
        "type": ["object", "null"],  # null where it was not asked for
        "properties": {"type": {"type": "string", "enum": list(shapes)}},
    }
    single = {each.name: each.schema() for each in fields}
    attributes = {
        "$id": f"{address}/properties",
        "type": "object",
        "properties": {name: {"$ref": f"#/$defs/{name}"} for name in single},
        "$defs": {name: _or_null(told) for name, told in single.items()},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "title": spec.title.en,
        "description": "A feature in GeoJSON; an attribute that is unknown is null.",
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "integer"},
            "geometry": place,
            "properties": attributes,
        },
        "$defs": single,
    }


def _or_null(told: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a value that may be unknown."""
    values = {"enum": [*told["enum"], None]} if "enum" in told else {}
    return {**told, "type": [told["type"], "null"], **values}
