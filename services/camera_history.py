"""The history of one camera's state: periods that messages, early or late, are folded into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class State:
    """What a message says, or a period holds; None is not said."""

    online: bool | None = None
    networked: bool | None = None
    serviceable: bool | None = None

    def over(self, before: State) -> State:
        """Return this state with what it doesn't say taken from `before`.

        Examples
        --------
        >>> State(online=False).over(State(online=True, networked=True))
        State(online=False, networked=True, serviceable=None)
        """
        return State(
            before.online if self.online is None else self.online,
            before.networked if self.networked is None else self.networked,
            before.serviceable if self.serviceable is None else self.serviceable,
        )


@dataclass(frozen=True, slots=True)
class Period:
    """A state that held from `low` until `high`; None: until now."""

    low: datetime
    high: datetime | None
    state: State


@dataclass(frozen=True, slots=True)
class History:
    """The periods of a camera in order, and when it was last heard of."""

    periods: tuple[Period, ...]
    heard: datetime | None

    @property
    def present(self) -> State | None:
        """The state that holds now; None when nobody ever told."""
        return self.periods[-1].state if self.periods and self.periods[-1].high is None else None


def fold(history: History, messages: Sequence[tuple[datetime, State]], *, before: State) -> tuple[History, int]:
    """Fold messages into a history.

    A message that is not older than the last one makes the present. A late one makes a stretch of the past: until the
    next change known, or, in the period that still runs, until the camera was last heard of, since that message
    confirmed the state it found. So the present never changes by what is old.

    Parameters
    ----------
    history : History
        Periods that reach beyond the oldest message, at least.
    messages : sequence of (datetime, State)
    before : State
        What holds where nothing is known.

    Returns
    -------
    History
        Neighbouring periods of equal state are one.
    int
        How many messages came late.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> day = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2, 3)]
    >>> on, off = State(online=True), State(online=False)
    >>> found, late = fold(History((), None), [(day[0], on), (day[2], on)], before=on)
    >>> found, late = fold(found, [(day[1], off)], before=on)
    >>> [(period.low.day, period.state.online) for period in found.periods], late
    ([(1, True), (2, False), (3, True)], 1)
    """
    periods, heard, late = list(history.periods), history.heard, 0
    for at, said in sorted(messages, key=lambda message: message[0]):
        if heard is None or at >= heard:
            _go_on(periods, at, said, before)
            heard = at
        else:
            late += 1
            _insert(periods, at, said, before, heard)
    return History(_joined(periods), heard), late


def _go_on(periods: list[Period], at: datetime, said: State, before: State) -> None:
    """Let a message make the present."""
    running = periods[-1] if periods and periods[-1].high is None else None
    state = said.over(running.state if running else before)
    if running is not None:
        if state == running.state:
            return
        periods.pop()
        if running.low < at:
            periods.append(replace(running, high=at))
    periods.append(Period(at, None, state))


def _insert(periods: list[Period], at: datetime, said: State, before: State, heard: datetime) -> None:
    """Let a late message make a stretch of the past."""
    place = next((k for k, period in enumerate(periods) if period.high is None or period.high > at), len(periods))
    found = periods[place] if place < len(periods) else None
    if found is None or found.low > at:
        end = found.low if found is not None else heard
        periods.insert(place, Period(at, end, said.over(before)))
        return
    state = said.over(found.state)
    if state == found.state:
        return
    end = heard if found.high is None else found.high
    pieces = [Period(found.low, at, found.state), Period(at, end, state)]
    if found.high is None:
        pieces.append(Period(end, None, found.state))
    periods[place : place + 1] = [piece for piece in pieces if piece.high is None or piece.low < piece.high]


def _joined(periods: Sequence[Period]) -> tuple[Period, ...]:
    """Make neighbours of equal state one."""
    out: list[Period] = []
    for period in periods:
        if out and out[-1].high == period.low and out[-1].state == period.state:
            out[-1] = replace(out[-1], high=period.high)
        else:
            out.append(period)
    return tuple(out)
