"""What is loaded beside the start so that nobody waits for it, and what nobody waits for at the end either."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


def start_beside(step: Callable[[], object], *, name: str, failure: str) -> threading.Thread:
    """Run `step` in a thread that a process which is told to stop leaves behind.

    Compiling takes half a minute where nothing was compiled before and can't be broken off; a pool's thread would be
    waited for at the end of the process.

    Parameters
    ----------
    step : callable
    name : str
        Of the thread.
    failure : str
        What the log says when `step` fails: what it warms comes later then.

    Examples
    --------
    >>> done = []
    >>> start_beside(lambda: done.append(1), name="doctest", failure="no").join()
    >>> done
    [1]
    """

    def run() -> None:
        try:
            step()
        except Exception:  # noqa: BLE001 - the edge of a thread: whoever needs it meets the failure again
            _log.exception(failure)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread
