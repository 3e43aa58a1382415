"""Colours of the map, light and dark, and the classes behind them.

MapLibre's style, the folium report and the legend all read these tables, so that one figure has one colour
wherever it is drawn.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final, Literal

Theme = Literal["light", "dark"]
THEMES: Final[tuple[Theme, ...]] = ("light", "dark")

DEVIATION_CLASSES: Final = 7


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme, as ``#RRGGBB``."""

    outside: str
    land: str
    green: str
    water: str
    water_over_fill_opacity: float
    building: str
    building_over_fill: str
    building_over_fill_opacity: float
    street: str
    street_case: str
    foot_path: str
    rail: str
    border: str
    halo: str
    surface: str
    text: str
    text_muted: str
    accent: str
    ok: str
    warning: str
    late: str
    paused: str
    gap: str
    hatch: str
    hatch_opacity: float
    fill_opacity: float
    deviation: tuple[str, ...]
    coverage: tuple[str, str, str]


PALETTES: Final[dict[Theme, Palette]] = {
    "light": Palette(
        outside="#E4E5E4",
        land="#F1F0EC",
        green="#DDE9D4",
        water="#C3DAE6",
        water_over_fill_opacity=0.85,
        building="#DCD9D3",
        building_over_fill="#2B2A33",
        building_over_fill_opacity=0.12,
        street="#FFFFFF",
        street_case="#DDDAD3",
        foot_path="#C9C5BC",
        rail="#B9B6B0",
        border="#3C4350",
        halo="#FFFFFF",
        surface="#FFFFFF",
        text="#191E26",
        text_muted="#5F6977",
        accent="#1558C4",
        ok="#2C9A5B",
        warning="#C67A05",
        late="#D0342A",
        paused="#56606D",
        gap="#A8125F",
        hatch="#FFFFFF",
        hatch_opacity=0.85,
        fill_opacity=0.62,
        deviation=("#6A4FA3", "#A79CCB", "#D6D3E6", "#F4F2EE", "#FBDDB0", "#F0A953", "#C2650C"),
        coverage=("#BFE0E2", "#6DB3BC", "#237F8D"),
    ),
    "dark": Palette(
        outside="#15181D",
        land="#20252B",
        green="#232E27",
        water="#132733",
        water_over_fill_opacity=0.85,
        building="#2D333B",
        building_over_fill="#E8ECF4",
        building_over_fill_opacity=0.13,
        street="#3A414B",
        street_case="#14181D",
        foot_path="#4A525D",
        rail="#555D68",
        border="#C9D0D9",
        halo="#171B21",
        surface="#171B21",
        text="#E7EAEE",
        text_muted="#96A0AD",
        accent="#7DB0FF",
        ok="#49B97A",
        warning="#E6A132",
        late="#F0665B",
        paused="#A5AEBA",
        gap="#FF7DB9",
        hatch="#14181D",
        hatch_opacity=0.75,
        fill_opacity=0.72,
        deviation=("#B3A1DC", "#6C6296", "#464258", "#30353C", "#4B4032", "#86622F", "#E39A45"),
        coverage=("#1F4A50", "#2F7C86", "#67BDC8"),
    ),
}


def deviation_breaks(tolerance: float = 0.10) -> tuple[float, ...]:
    """Return the six breaks between the seven deviation classes.

    Parameters
    ----------
    tolerance : float
        The plan's tolerance as a fraction of the mean; the two outer breaks stand there.

    Returns
    -------
    tuple of float
        Fractions of the mean, ascending.

    Examples
    --------
    >>> deviation_breaks(0.10)
    (-0.1, -0.05, -0.02, 0.02, 0.05, 0.1)
    >>> deviation_breaks(0.04)
    (-0.04, -0.02, -0.008, 0.008, 0.02, 0.04)
    """
    half, fifth = round(tolerance / 2, 6), round(tolerance / 5, 6)
    return (-tolerance, -half, -fifth, fifth, half, tolerance)


def deviation_class(deviation: float, tolerance: float = 0.10) -> int:
    """Return the class (0 to 6) of a signed deviation; 3 is on the mean.

    A grid that stands exactly on the tolerance is in band.

    Parameters
    ----------
    deviation : float
        Signed fraction of the mean.
    tolerance : float
        The plan's tolerance as a fraction of the mean.

    Examples
    --------
    >>> [deviation_class(d) for d in (-0.2, -0.1, 0.0, 0.1, 0.2)]
    [0, 1, 3, 5, 6]
    """
    if abs(deviation) <= tolerance:
        return bisect_right(deviation_breaks(tolerance)[1:5], deviation) + 1
    return 0 if deviation < 0 else DEVIATION_CLASSES - 1


def deviation_colour(deviation: float, theme: Theme = "light", tolerance: float = 0.10) -> str:
    """Return the fill colour of a signed deviation.

    Parameters
    ----------
    deviation : float
        Signed fraction of the mean.
    theme : {"light", "dark"}
        Which palette to read.
    tolerance : float
        The plan's tolerance as a fraction of the mean.

    Examples
    --------
    >>> deviation_colour(0.03)
    '#FBDDB0'
    """
    return PALETTES[theme].deviation[deviation_class(deviation, tolerance)]


def coverage_colour(seen_by: int, theme: Theme = "light") -> str:
    """Return the colour of a place seen by one, two, or three and more cameras.

    Parameters
    ----------
    seen_by : int
        How many cameras see it; at least 1.
    theme : {"light", "dark"}
        Which palette to read.

    Examples
    --------
    >>> coverage_colour(5)
    '#237F8D'
    """
    return PALETTES[theme].coverage[min(max(seen_by, 1), 3) - 1]


def stacked(colour: str, ground: str, opacity: float, times: int) -> str:
    """Return what ``times`` sheets of a translucent colour look like on a ground.

    Parameters
    ----------
    colour, ground : str
        ``#RRGGBB``.
    opacity : float
        Of one sheet, 0 to 1.
    times : int
        How many sheets overlap.

    Examples
    --------
    >>> stacked("#000000", "#FFFFFF", 0.5, 2)
    '#404040'
    """
    through = (1.0 - opacity) ** times
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(ground[1:]), strict=True)
    mixed = bytes(round(top + through * (below - top)) for top, below in pairs)
    return f"#{mixed.hex().upper()}"


def reach_colours(palette: Palette) -> dict[str, str]:
    """Return the colours of reaches that fit the length asked for, are over it and under it.

    Parameters
    ----------
    palette : Palette

    Examples
    --------
    >>> sorted(reach_colours(PALETTES["light"]))
    ['fits', 'over', 'under']
    """
    return {"fits": palette.coverage[2], "over": palette.deviation[-1], "under": palette.deviation[0]}
