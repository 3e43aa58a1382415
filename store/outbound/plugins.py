"""Other ways to tell, such as SMS: functions that installed packages offer under the entry point group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any, Final

from store.outbound.webhooks import OutboundError

GROUP: Final = "gridward.notices"
"""Entry point group: each name is a channel, each object a function of (target, text, facts)."""
Sender = Callable[[str, str, Mapping[str, Any]], None]


def channels() -> list[str]:
    """Return the names of the channels that installed packages offer."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def send(channel: str, target: str, text: str, facts: Mapping[str, Any]) -> None:
    """Send by a plug-in.

    Raises
    ------
    OutboundError
        There is no such channel any more, or the plug-in failed.
    """
    for point in entry_points(group=GROUP):
        if point.name == channel:
            try:
                sender: Sender = point.load()
                sender(target, text, facts)
            except Exception as error:  # a stranger's code: whatever it raises is a failed try
                raise OutboundError(f"{channel}: {type(error).__name__}: {error}") from error
            return
    raise OutboundError(f"No installed package offers the channel {channel}.")
