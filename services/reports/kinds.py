"""Words of the kinds that data brings along: what a report prints of facilities and key places."""

from __future__ import annotations

from layers.spec import Lang, Text

KINDS = {
    "bus_station": Text("bus station", "公交场站"),
    "childcare": Text("childcare", "托育机构"),
    "clinic": Text("clinic", "诊所"),
    "college": Text("college", "学院"),
    "community_centre": Text("community centre", "社区中心"),
    "courthouse": Text("court", "法院"),
    "dam": Text("dam", "水坝"),
    "doctors": Text("doctors", "门诊"),
    "fire_station": Text("fire station", "消防站"),
    "hospital": Text("hospital", "医院"),
    "junction": Text("junction", "路口"),
    "kindergarten": Text("kindergarten", "幼儿园"),
    "library": Text("library", "图书馆"),
    "lock_gate": Text("lock gate", "船闸"),
    "market": Text("market", "市场"),
    "marketplace": Text("market", "集市"),
    "nursing_home": Text("nursing home", "养老院"),
    "pharmacy": Text("pharmacy", "药店"),
    "place_of_worship": Text("place of worship", "宗教场所"),
    "police": Text("police", "派出所"),
    "post_office": Text("post office", "邮局"),
    "school": Text("school", "学校"),
    "shelter": Text("shelter", "避难所"),
    "sluice_gate": Text("sluice gate", "水闸"),
    "social_facility": Text("social facility", "社会服务机构"),
    "square": Text("square", "广场"),
    "station": Text("station", "车站"),
    "toilets": Text("toilets", "公共厕所"),
    "townhall": Text("town hall", "政务大厅"),
    "university": Text("university", "大学"),
    "weir": Text("weir", "堰"),
}


def kind_word(kind: str, lang: Lang) -> str:
    """Return the word of a kind; one that is not known is readable as it is, without underscores.

    Examples
    --------
    >>> kind_word("fire_station", "zh"), kind_word("bicycle_parking", "en")
    ('消防站', 'bicycle parking')
    """
    word = KINDS.get(kind)
    return kind.replace("_", " ") if word is None else str(getattr(word, lang))
