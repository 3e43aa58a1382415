"""What an answer to *locate* tells of grids, their people and cameras."""

from __future__ import annotations

from typing import Any, Final

from services.cameras import kind_of

ON_BORDER_M: Final = 0.02
"""A point nearer to a border than this is on it: positions are kept on a grid of a centimetre."""
_CAMERA_TEXT: Final = {
    "sees": "sees it",
    "heading-unknown": "heading unknown: may see it",
    "offline": "offline",
    "out-of-range": "out of range",
    "looks-away": "looks another way",
    "blocked": "blocked by a building",
    "not-computed": "its view is not computed yet",
}


def placement_of(grids: list[dict[str, Any]], radius: float) -> str:
    """Return whether an error circle lies inside one grid, on a border or outside all of them."""
    containing = [grid for grid in grids if grid["contains"]]
    touched = [grid for grid in grids if grid["contains"] or grid["distance_m"] <= radius]
    if not touched:
        return "outside"
    if len(touched) > 1 or not containing:
        return "ambiguous"
    # one grid only: an error circle that reaches over the edge of the territory is still that grid or none
    return "inside" if containing[0]["distance_m"] > radius or radius <= ON_BORDER_M else "ambiguous"


def head_of(grid: dict[str, Any], *, lost: bool) -> dict[str, Any] | None:
    """Return who answers for a grid: its head, or while that one is away the first deputy who is there."""
    head = next((person for person in grid["people"] if person["is_head"]), None)
    if head is None or lost:
        return None
    if not head["away"]:
        return _person(head, "head of the grid")
    deputies = (person for person in grid["people"] if person["role"] == "deputy" and not person["away"])
    deputy = next(deputies, None)
    if deputy is None:
        return _person(head, "head of the grid, away")
    return _person(deputy, "stands in for the head, who is away")


def deputies_of(grid: dict[str, Any]) -> list[dict[str, Any]]:
    """Return who works in a grid beside its head, each once: one assistant holds up to nine roles."""
    roles: dict[Any, list[str]] = {}
    for person in grid["people"]:
        roles.setdefault(person["id"], []).append(person["role"])
    heads = {person["id"] for person in grid["people"] if person["is_head"]}
    people = {person["id"]: person for person in grid["people"] if person["id"] not in heads}
    told = {key: ", ".join(sorted(roles[key], key=lambda role: (role != "deputy", role))) for key in people}
    return [_person(person, told[key]) for key, person in people.items()]


def _person(person: dict[str, Any], reason: str) -> dict[str, Any]:
    return {"id": person["id"], "staff": person["staff"], "work_no": person["work_no"], "reason": reason}


def grid_told(grid: dict[str, Any], head: dict[str, Any] | None) -> dict[str, Any]:
    """Return what an answer tells of a grid."""
    return {
        "id": grid["id"],
        "code": grid["code"],
        "kind": grid["kind"],
        "version": grid["version"],
        "name": grid["name"],
        "fid": grid["fid"],
        "area": grid["area"],
        "floors": None if grid["floor_low"] is None else [grid["floor_low"], grid["floor_high"]],
        "zone": grid["zone"],
        "contains": grid["contains"],
        "distance_m": round(grid["distance_m"], 2),
        "head": head,
    }


def camera_told(camera: dict[str, Any]) -> dict[str, Any]:
    """Return what an answer tells of a camera, with the reason why it sees the place or does not."""
    reason = _camera_reason(camera)
    return {
        "id": camera["id"],
        "gb28181_id": camera["gb28181_id"],
        "ref": camera["ref"],
        "kind": kind_of(ptz=camera["ptz"], dome=camera["dome"], hfov=camera["hfov"], azimuth=camera["azimuth"]),
        "distance_m": round(camera["distance_m"], 1),
        "reason": reason,
        "text": _CAMERA_TEXT[reason],
        "lon": camera["lon"],
        "lat": camera["lat"],
    }


def _camera_reason(camera: dict[str, Any]) -> str:
    all_round = camera["ptz"] or camera["dome"] or (camera["hfov"] or 0) >= 360
    aims = camera["azimuth"] is not None and not all_round
    reason = "blocked"
    if not camera["online"]:
        reason = "offline"
    elif camera["covers"]:
        reason = "heading-unknown" if camera["assumed"] else "sees"
    elif camera["distance_m"] > camera["max_range"]:
        reason = "out-of-range"
    elif not camera["shed"]:
        reason = "not-computed"
    elif aims and camera["bearing"] is not None:
        off = abs((camera["bearing"] - camera["azimuth"] + 180) % 360 - 180)
        reason = "looks-away" if off > (camera["hfov"] or 60.0) / 2 else "blocked"
    return reason
