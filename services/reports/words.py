"""What reports say, in both languages."""

from __future__ import annotations

from layers.spec import Lang, Text
from store.database.access import area_names
from store.database.work import UnitOfWork

WORDS = {
    "title": Text("Camera coverage", "摄像机覆盖分析"),
    "cameras_title": Text("Cameras", "摄像机台账"),
    "facilities_title": Text("Facilities", "公共服务设施"),
    "as_of": Text("as of", "数据时间"),
    "streets": Text("Streets seen", "街道可见率"),
    "upper": Text("at most {value} if every unknown heading looked right", "若方位未知者均可见，至多 {value}"),
    "places": Text("Key places seen", "可见重点部位"),
    "places_upper": Text("at most {value}", "至多 {value}"),
    "cameras": Text("Cameras online", "在线摄像机"),
    "unknown": Text("{value} of unknown heading", "{value} 台方位未知"),
    "gaps": Text("Gaps", "盲区"),
    "gaps_note": Text("stretches of street of 10 m and more, and key places", "10 米及以上的街段和重点部位"),
    "grid": Text("Grid", "网格"),
    "why": Text("Why", "原因"),
    "unseen": Text("Unseen, m", "不可见，米"),
    "seen": Text("Streets seen, %", "街道可见，%"),
    "seen_upper": Text("At most, %", "至多，%"),
    "key_places": Text("Key places", "重点部位"),
    "online": Text("Cameras online", "在线/总数"),
    "score": Text("Gap score", "盲区评分"),
    "grids": Text("Grids by share of streets seen", "网格（按街道可见率）"),
    "grids_table": Text("Grids", "网格"),
    "grid_borders": Text("Grids", "网格"),
    "ground": Text("Water, green, buildings", "水域、绿地、建筑"),
    "sheds": Text("Seen by a camera", "摄像机可见范围"),
    "sheds_unknown": Text("Heading unknown: may be seen", "方位未知：可能可见"),
    "sheds_out": Text("Not counted: sees nothing", "未计入：不可见"),
    "street_gaps": Text("Streets not seen", "不可见街段"),
    "place_seen": Text("Key place seen", "重点部位可见"),
    "place_gap": Text("Key place not seen", "重点部位不可见"),
    "place_maybe": Text("Key place maybe seen", "重点部位可能可见"),
    "camera": Text("Camera", "摄像机"),
    "kind": Text("Kind", "类型"),
    "kind_fixed": Text("fixed", "固定"),
    "kind_ptz": Text("PTZ", "云台"),
    "kind_dome": Text("dome", "全景"),
    "kind_unknown": Text("heading unknown", "方位未知"),
    "owner": Text("Owner", "权属"),
    "heading": Text("Heading, °", "方位角，°"),
    "lens": Text("Field of view, °", "视场角，°"),
    "range": Text("Range, m", "作用距离，米"),
    "state": Text("State", "状态"),
    "heard": Text("Last heard of", "最近上报"),
    "sees": Text("Sees, m²", "可见面积，平方米"),
    "is_online": Text("online", "在线"),
    "is_offline": Text("offline", "离线"),
    "is_apart": Text("not networked", "未联网"),
    "is_faulty": Text("not serviceable", "不完好"),
    "networked_rate": Text("Networked", "联网率"),
    "online_rate": Text("Online", "在线率"),
    "serviceable_rate": Text("Serviceable", "完好率"),
    "target": Text("{count} of {all}; target {target}", "{all} 台中 {count} 台；目标 {target}"),
    "unknown_heading": Text("Heading unknown", "方位未知"),
    "unknown_note": Text("write it down: the cheapest way to better figures", "补录方位是改善指标最省的办法"),
    "facility": Text("Facility", "设施"),
    "facilities": Text("Facilities", "设施"),
    "of_kinds": Text("{value} kinds", "{value} 类"),
    "grids_with": Text("Grids with one", "有设施的网格"),
    "villages_with": Text("Villages with one", "有设施的村（社区）"),
    "within": Text("Households within a {minutes:g}-minute walk", "步行 {minutes:g} 分钟内可达户数"),
    "households": Text("Households", "户数"),
    "share": Text("Share, %", "占比，%"),
    "median": Text("Median walk, min", "步行中位数，分钟"),
    "kinds": Text("By kind", "分类型"),
    "unreached": Text("Grids farthest from any", "最难到达的网格"),
    "of": Text("of {value}", "共 {value}"),
    "area": Text("Area", "区域"),
    "count": Text("Count", "数量"),
    "villages": Text("Villages and communities", "村（社区）"),
    "own_areas": Text("Of these areas only: {areas}.", "仅含以下区域：{areas}。"),
    "definition": Text(
        "Geometric coverage: what the view sheds of {status} cameras reach past buildings. The official count of units "
        "with at least one camera is another figure: {with_camera} of {all_grids} grids have one.",
        "几何覆盖：{status}摄像机视域（计入建筑遮挡）所及范围。官方口径“至少有一台摄像机的单元”是另一指标："
        "{all_grids} 个网格中 {with_camera} 个有摄像机。",
    ),
    "status_all": Text("all known", "全部"),
    "status_networked": Text("networked", "已联网"),
    "status_online": Text("online", "在线"),
    "status_serviceable": Text("serviceable", "完好"),
    "states": Text(
        "Online: networked and online. Serviceable: those of them in working order that see ground at all.",
        "在线：已联网且在线。完好：在线、设备正常且确有可见范围。",
    ),
    "day": Text("Figures as of the end of {value}.", "数据截至 {value} 日终。"),
    "month": Text("Figures are averages over {value}.", "数据为 {value} 月内平均值。"),
    "needed": Text(
        "Needed: {value} cameras at each stretch of street and key place.",
        "需求：每段街道和每处重点部位至少 {value} 台。"
    ),
    "level": Text(
        "Seen means seen in this detail: {name}, {value:g} pixels a metre.",
        "可见指达到该细节等级：{name}，每米 {value:g} 像素。"
    ),
    "level_usual": Text(
        "Seen means seen in this detail: Discern, {value:g} pixels a metre; where the sensor is unknown, up to the "
        "range of the register.",
        "可见指达到“辨别”级别：每米 {value:g} 像素；传感器未知者按台账距离计。",
    ),
    "ptz_now": Text("Turning cameras count as they stand now.", "云台摄像机按当前姿态计。"),
    "assumed_px": Text("Sensors that are unknown are taken to have {value} pixels.", "未知传感器按 {value} 像素计。"),
    "named": Text("Only {value} named key places were measured: {reason}", "仅测算 {value} 处指定重点部位：{reason}"),
    "availability": Text(
        "Availability over the month: {mean} on average; cameras below {target}: {below}.",
        "当月可用率平均 {mean}；低于 {target} 的摄像机：{below} 台。",
    ),
    "streets_by": Text("Streets seen by {k} or more", "至少 {k} 台可见的道路"),
    "sheds_now": Text(
        "The map shows what cameras see as they are registered today; the figures rest on what was known then.",
        "地图上的可见范围按当前台账绘制；各项数据以当时台账为准。",
    ),
    "spare": Text("Cameras that could go or be turned with no loss", "可撤除或调整朝向而无损失的摄像机"),
    "spare_note": Text(
        "{go} cameras could all go with no loss, {turn} of them see something new when turned. ",
        "{go} 台摄像机可一并撤除而无损失，其中 {turn} 台调整朝向后可见新增内容。",
    ),
    "advice": Text("Could", "建议"),
    "advice_remove": Text("go", "可撤除"),
    "advice_turn": Text("be turned", "可调整朝向"),
    "sees_street": Text("Street in view, m", "可见街道，米"),
    "gains": Text("Gains, m + key places", "新增可见，米 + 重点部位"),
    "estimated": Text("Households are estimates where the source holds no counts.", "来源无户数时，户数为估算值。"),
    "demo": Text("Demo: roster and incidents are made up.", "演示数据：人员名册与事件均为虚构。"),
}  # fmt: skip


def words(lang: Lang) -> dict[str, str]:
    """Return every word in a language."""
    return {key: getattr(text, lang) for key, text in WORDS.items()}


def own_areas(work: UnitOfWork, say: dict[str, str]) -> list[str]:
    """Return the note on a report that is of some areas, for whose account sees no more than those."""
    if not work.actor.is_limited:
        return []
    paths = (work.actor.area_path or "").split(",")
    names = area_names(work.session, paths)
    return [say["own_areas"].format(areas=", ".join(names.get(path, path) for path in paths))]


def grouped_code(code: str) -> str:
    """Return a code in groups as people read it.

    Examples
    --------
    >>> grouped_code("990001001001016")
    '990001 001 001 016'
    """
    return " ".join([code[:6], *(code[start : start + 3] for start in range(6, len(code), 3))])
