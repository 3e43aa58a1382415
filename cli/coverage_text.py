"""What `gridward coverage` says of figures, gaps, proposals and areas on a terminal."""

from __future__ import annotations

import math
from typing import Any, Final

from gis.wording import counted
from services.coverage_spec import rate_text

RATES: Final = ("networked", "online", "serviceable")


def summary_text(facts: dict[str, Any], *, level: str | None = None) -> str:
    """Say what a run found at a level of detail, with both ends of each figure and both ways to count."""
    streets = facts["streets_m"] or 1.0
    return "\n".join(
        [
            (
                f"Streets seen      {facts['seen_m'] / streets:.1%} of {facts['streets_m'] / 1000:.1f} km "
                f"(at most {facts['seen_m_upper'] / streets:.1%} if every unknown heading looked right)"
            ),
            *(
                f"  by {folds} or more     {facts[f'k{folds}_m'] / streets:.1%} "
                f"(at most {facts[f'k{folds}_m_upper'] / streets:.1%})"
                for folds in (2, 3)
                if f"k{folds}_m_upper" in facts
            ),
            _detail_line(level, facts.get("cameras_unknown_sensor", 0)),
            (
                f"Key places seen   {facts['key_places_seen']:.4g} of {facts['key_places']} "
                f"(at most {facts['key_places_seen_upper']:.4g})"
            ),
            (
                f"Cameras           {facts['cameras_online']:.6g} of {facts['cameras']} online, "
                f"{facts['cameras_unknown_heading']} of unknown heading"
            ),
            *(
                [f"Indoors           {facts['cameras_indoor']} more, which see no street and are in no figure"]
                if facts.get("cameras_indoor")
                else []
            ),
            *rate_lines(facts.get("rates", {})),
            *[
                f"With a camera     {unit['with_camera']} of {unit['units']} units ({unit['unit']}; official count)"
                for unit in facts["official"]
            ],
            *availability_lines(facts.get("availability")),
            f"Gaps              {facts['gaps']}",
            *[facts["definitions"][name] for name in ("official_en", "geometric_en") if "definitions" in facts],
        ]
    )


def availability_lines(found: dict[str, Any] | None) -> list[str]:
    """Say how available cameras were over a month, and which were below the target, the worst first."""
    if not found or found["mean"] is None:
        return []
    worst = found["below_target"]
    # rounded down: a month with an outage doesn't read as one without
    lines = [f"Availability      {math.floor(found['mean'] * 1e4) / 1e4:.2%} on average, {found['below']} below 98%"]
    lines += [f"  {math.floor(each['availability'] * 1e3) / 1e3:6.1%}  {each['ref']}" for each in worst]
    more = found["below"] - len(worst)
    return [*lines, f"  … and {more} more"] if more > 0 else lines


def _detail_line(level: str | None, unknown: int) -> str:
    """Say what views were cut at, and what became of cameras whose sensor nobody knows."""
    if level is None:
        return "Detail            discern; a camera of unknown sensor reaches as far as the register says"
    who = counted(unknown, "camera of unknown sensor counts", "cameras of unknown sensor count")
    note = f"; {who} in 'at most' only (--assumed-px)" if unknown else ""
    return f"Detail            {level}{note}"


def rate_lines(rates: dict[str, dict[str, Any]]) -> list[str]:
    """Say which part of the cameras is networked, online and serviceable, and what is aimed at."""
    return [
        f"{name.capitalize():18}{rate_text(row['rate'], row['target'])} of {counted(row['of'], 'camera')} "
        f"(target {row['target']:.0%}: {'met' if row['met'] else 'missed'})"
        for name, row in rates.items()
        if row["rate"] is not None
    ]


def area_text(found: dict[str, Any]) -> str:
    """Say the figures of villages, towns and the county, and what their cameras cost."""
    lines = [
        f"{'area':38}{'streets seen':>18}{'places':>12}{'cameras':>9}{'networked':>11}{'online':>8}{'service.':>10}"
    ]
    for row in found["areas"]:
        of = row["street_m"] or 1.0
        seen = f"{row['seen_m'] / of:.1%}-{row['seen_m_upper'] / of:.1%}"
        places = f"{row['places_seen']:g}-{row['places_seen_upper']:g}/{row['places']}"
        rates = [row["rates"][name]["rate"] for name in RATES]
        shown = [
            "–" if rate is None else rate_text(rate, found["targets"][name])
            for name, rate in zip(RATES, rates, strict=True)
        ]
        name = f"{'  ' * row['depth']}{row['code']} {row['name']}"
        lines.append(
            f"{name[:37]:38}{seen:>18}{places:>12}{row['cameras']:>9}{shown[0]:>11}{shown[1]:>8}{shown[2]:>10}"
        )
    targets = ", ".join(f"{name} {value:.0%}" for name, value in found["targets"].items())
    lines.append(f"Targets: {targets}")
    lines += [
        f"{row['kind']:12}{row['cameras']:6} {'camera' if row['cameras'] == 1 else 'cameras'}"
        + (f"  {row['total']:,.2f} {row['currency']}" if row["total"] is not None else "  no price is known")
        for row in found["costs"]
    ]
    return "\n".join(lines)


def gap_text(rows: list[dict[str, Any]]) -> str:
    """Say a line for each gap."""
    if not rows:
        return "No gap. Run `gridward coverage run` first if there is no run yet."
    return "\n".join(
        f"{row['score']:8.2f}  {row['grid']}  {row['kind']:9}  {row['what']}{_gap_reason(row['reason'])}  "
        f"{row['lon']:.5f}, {row['lat']:.5f}"
        for row in rows
    )


def _gap_reason(reason: dict[str, Any]) -> str:
    """Say how much is missed and which need is not met; what older versions kept may lack parts of it."""
    need = reason.get("k", 1)
    said = [
        f"{reason['metres']:,.0f} m" if "metres" in reason else reason.get("place_kind", ""),
        "not seen" if need == 1 else f"seen by fewer than {counted(need, 'camera')}",
        f"for {reason['unseen_share']:.1%} of the time" if reason.get("unseen_share", 1) < 1 else "",
        "unless an unknown heading looks there" if reason.get("maybe") else "",
    ]
    told = " ".join(part for part in said if part)
    count = reason.get("incidents")
    year = f"; {counted(count, 'incident')} a year in this grid" if count else ""
    return f" ({told}{year})"


def redundant_text(found: dict[str, Any]) -> str:
    """Say which cameras could go or be turned."""
    lines = [f"{counted(found['count'], 'camera')} could go together with no loss"]
    lines += [f"  {row['ref']}  {row['kind']}  sees {row['sees_m']:,.0f} m" for row in found["removable"]]
    lines += [
        f"  {row['ref']}  turned to {row['new_azimuth']:.0f} degrees: +{row['gain_m']:,.0f} m, "
        f"+{counted(row['gain_places'], 'key place')}"
        for row in found["turnable"]
    ]
    return "\n".join([*lines, found["note_en"]])


def facility_text(found: dict[str, Any]) -> str:
    """Say who has a facility or post, and who can walk to one."""
    if not found["kinds"]:
        return "There is none."
    lines = [f"{'kind':24}{'count':>7}{'villages with one':>20}{'households within':>20} {found['minutes']:g} min"]
    for row in found["kinds"]:
        share = f"{row['share']:.1%}" if row["share"] is not None else "–"
        lines.append(
            f"{row['kind'][:23]:24}{row['count']:7}{row['units_with']:>12} of {row['units']:4}"
            f"{row['households_within']:>12,.0f}{share:>8}"
        )
    return "\n".join(lines)


def comparison_text(found: dict[str, Any], limit: int) -> str:
    """Say what changed between two runs."""
    lines = [
        f"{row['figure']:24}{row['a']:14,.1f}{row['b']:14,.1f}{row['change']:+14,.1f}"
        for row in found["summary"]
        if row["change"] is not None
    ]
    lines += [
        f"{row['code']}  {row['seen_share_a']:.1%} to {row['seen_share_b']:.1%} ({100 * row['change']:+.1f} points)"
        for row in found["grids"][:limit]
        if row["change"]
    ]
    lines += [f"{row['kind']} {row['name']}: seen {row['was']}, then {row['is']}" for row in found["places"][:limit]]
    return "\n".join(lines)


def _cover_lines(told: dict[str, Any]) -> list[str]:
    """Say how much of what could be seen is seen, where that was asked for."""
    if told.get("cover") is None:
        return []
    short = "" if told["reached"] else "; more is out of reach within the budget and the places"
    least = told["least_cost"]
    of_whom = "cameras" if told["unit"] == "cameras" else told["currency"] or ""
    proof = (
        []
        if least is None
        else [f"No fewer than     {least:,.0f} {of_whom} could do (proven); {told['cost']:,.0f} here"]
    )
    return [f"Covers            {told['cover']:.1%} of what new cameras could add{short}", *proof]


def placement_text(facts: dict[str, Any]) -> str:
    """Say what a proposal would bring, camera by camera."""
    told = facts["summary"]
    before, refused = told["seen_m_before"], told["refused"]
    metres = told["seen_m_after"] - before
    lines = [
        f"Proposal {facts['id']}: {counted(told['cameras'], 'camera')} of {counted(told['candidates'], 'view')} tried",
        (
            f"Streets seen      {before / 1000:.2f} to {(before + metres) / 1000:.2f} km (+{metres:,.0f} m; "
            f"at most {told['seen_m_upper_after'] / 1000:.2f} km if every unknown heading looked right)"
        ),
        (
            f"Key places seen   {told['places_seen_before']:.0f} to {told['places_seen_after']:.0f} "
            f"(at most {told['places_seen_upper_after']:.0f})"
        ),
        (
            f"Not allowed       {refused['privacy']} into privacy zones or near homes, "
            f"{refused['prohibited']} at prohibited places"
        ),
        *([f"At most {told['gap']:.2%} below the best possible"] if told["gap"] is not None else []),
        *_cover_lines(told),
        *(f"Minimum           {row['name']}: {row['placed']} of {row['least']}" for row in told["minima"]),
    ]
    lines += [
        f"{camera['rank']:4}  {camera['lon']:.6f}, {camera['lat']:.6f}  {camera['azimuth']:5.1f} degrees  "
        f"{camera['mount']:8}  +{camera['gain']:.2f}"
        for camera in facts["cameras"]
    ]
    return "\n".join(lines)
