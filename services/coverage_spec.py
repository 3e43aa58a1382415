"""What a coverage run is asked: which cameras count, at which detail, for which moment or month."""

from __future__ import annotations

import calendar
import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from gis.errors import InvalidInputError

STATUSES: Final = ("all", "networked", "online", "serviceable")
CEILING: Final = 80.0
"""Pixels per metre that public ground is looked at with at most: *Discern*."""
TARGETS: Final = {"networked": 1.0, "online": 1.0, "serviceable": 0.98}
"""Shares of cameras that offices are held to (发改高技〔2015〕996号)."""
_MOST_DIGITS: Final = 6
LEAST_REASON: Final = 10
"""Letters that a written reason has at least."""


@dataclass(frozen=True, slots=True)
class Period:
    """The time that a run describes; equal ends are a moment."""

    begins_at: datetime
    ends_at: datetime

    @property
    def is_moment(self) -> bool:
        """Whether nothing has to be averaged."""
        return self.begins_at == self.ends_at


@dataclass(frozen=True, slots=True)
class CoverageSpec:
    """What is asked.

    Attributes
    ----------
    k : int
        How many cameras ought to see each stretch of street and each key place (1 to 3).
    status : str
        Which cameras count: ``all`` known ones, ``networked``, ``online`` (networked and online), ``serviceable``
        (those of them in good order that see ground at all).
    level : str or None
        Detail that the picture must have, by its name in either edition of IEC 62676-4. None is *Discern*, with the
        ranges of cameras whose sensor is unknown as the register has them; where a level is named, such cameras
        count in upper bounds only.
    on : str or None
        Local day (YYYY-MM-DD) whose last moment counts; today counts as it is now.
    month : str or None
        Local month (YYYY-MM) to average over; a month in progress counts its finished days.
    ptz : str
        Turning cameras: ``reachable`` counts all round what they can be turned to, ``now`` the present pose.
    assumed_hfov : float
        Field of view, degrees, of a camera whose heading is known but whose lens is not.
    assumed_px : int or None
        Pixels across the picture where unknown.
    named : tuple of str
        Ids of the key places that detail above *Discern* is wanted for; only they are measured then.
    reason : str or None
        Why that detail is wanted.
    time_zone : str
        Where days and months begin.
    """

    k: int = 1
    status: str = "online"
    level: str | None = None
    on: str | None = None
    month: str | None = None
    ptz: str = "reachable"
    assumed_hfov: float = 60.0
    assumed_px: int | None = None
    named: tuple[str, ...] = ()
    reason: str | None = None
    time_zone: str = "UTC"

    @property
    def present(self) -> bool:
        """Whether it is the standing question: what maps, reports and live figures answer unless asked another one.

        One analyst who asks for two cameras everywhere must not change the figures of everybody else.
        """
        return self == CoverageSpec(time_zone=self.time_zone)

    @property
    def density(self) -> float | None:
        """Pixels per metre that are asked for."""
        return None if self.level is None else densities()[self.level]

    def check(self) -> None:
        """Raise InvalidInputError when the spec can't be meant or asks for more detail than public places allow."""
        if self.k not in (1, 2, 3):
            raise InvalidInputError("k is 1, 2 or 3 cameras.", field="k")
        if self.status not in STATUSES:
            raise InvalidInputError(f"status is one of {', '.join(STATUSES)}.", field="status")
        if self.ptz not in ("reachable", "now"):
            raise InvalidInputError("ptz is reachable or now.", field="ptz")
        if self.level is not None and self.level not in densities():
            raise InvalidInputError(f"level is one of {', '.join(densities())}.", field="level", given=self.level[:40])
        if not (math.isfinite(self.assumed_hfov) and 0 < self.assumed_hfov <= 360):
            raise InvalidInputError("A field of view is above 0 and at most 360 degrees.", field="assumed_hfov")
        if self.assumed_px is not None and not 0 < self.assumed_px <= 100_000:
            raise InvalidInputError("A sensor has from 1 to 100,000 pixels across.", field="assumed_px")
        if self.on is not None and self.month is not None:
            raise InvalidInputError("Give a day or a month, not both.", field="month")
        self._check_privacy()

    def _check_privacy(self) -> None:
        for name in self.named:
            try:
                UUID(name)
            except ValueError:
                raise InvalidInputError("'named' holds ids of key places.", field="named", given=name[:40]) from None
        if (self.density or 0.0) <= CEILING:
            return
        if not self.named:
            raise InvalidInputError(
                f"More detail than 'discern' ({CEILING:.0f} pixels a metre) is for named key places only; "
                "name them and give a written reason.",
                field="named",
            )
        if len((self.reason or "").strip()) < LEAST_REASON:
            raise InvalidInputError("More detail than 'discern' needs a written reason (a sentence).", field="reason")

    def period(self, now: datetime) -> Period | None:
        """Return the time that is asked for, or None for how things stand now (today, too).

        Parameters
        ----------
        now : datetime
            With a time zone.

        Raises
        ------
        InvalidInputError
            The day or month is no date, or has not come yet.

        Examples
        --------
        >>> from datetime import UTC, datetime
        >>> CoverageSpec(month="2025-11", time_zone="Asia/Shanghai").period(datetime(2026, 1, 1, tzinfo=UTC)).begins_at
        datetime.datetime(2025, 11, 1, 0, 0, tzinfo=zoneinfo.ZoneInfo(key='Asia/Shanghai'))
        """
        zone = ZoneInfo(self.time_zone)
        today = now.astimezone(zone).date()
        if self.month is not None:
            return _month(self.month, today, zone)
        if self.on is None:
            return None
        day = _day(self.on)
        if day > today:
            raise InvalidInputError(f"{day} has not come yet.", field="on")
        if day == today:
            return None
        last = _midnight(day + timedelta(days=1), zone) - timedelta(microseconds=1)
        return Period(last, last)


def rate_text(rate: float, target: float) -> str:
    """Write a rate with as many digits as it takes not to read as a target that it misses.

    Examples
    --------
    >>> rate_text(0.99984, 1.0), rate_text(0.97996, 0.98), rate_text(0.9804, 0.98), rate_text(0.5, 1.0)
    ('99.98 %', '97.996 %', '98.0 %', '50.0 %')
    """
    for digits in range(1, _MOST_DIGITS):
        text = f"{100 * rate:.{digits}f}"
        if rate >= target - 1e-9 or float(text) < 100 * target:
            break
    return f"{text} %"


def densities() -> dict[str, float]:
    """Return the pixels per metre of every level by its name; no name is in both editions of the standard."""
    from grid_coverage.density import DORI, OODPCVS  # noqa: PLC0415 - brings in compiled kernels

    return {**OODPCVS, **DORI}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if len(text) == len("2025-11-03") else _no_day(text)
    except ValueError:
        return _no_day(text)


def _no_day(text: str) -> date:
    raise InvalidInputError("A day is written like 2025-11-03.", field="on", given=text[:40])


def _month(text: str, today: date, zone: ZoneInfo) -> Period:
    parts = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text, flags=re.ASCII)
    if parts is None or int(parts[1]) < 1:
        raise InvalidInputError("A month is written like 2025-11.", field="month", given=text[:40])
    first = date(int(parts[1]), int(parts[2]), 1)
    after = first + timedelta(days=calendar.monthrange(first.year, first.month)[1])
    # days that are not over can't be averaged, and would give another answer every minute
    end = min(after, today)
    if end <= first:
        raise InvalidInputError(f"No day of {text} is over yet.", field="month")
    return Period(_midnight(first, zone), _midnight(end, zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)
