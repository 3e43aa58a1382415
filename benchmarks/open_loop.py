"""Ask a server by the clock: requests start when they are due, whether or not earlier ones were answered.

A client that waits for each answer asks less while the server is slow, and so measures less than people feel. Here
the time of an answer counts from when its request was due.
"""

from __future__ import annotations

import http.client
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: `body` is JSON, and None asks by GET."""

    path: str
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one request: seconds from when it was due, status (0 without an answer) and the answer."""

    ask: Ask
    took: float
    status: int
    content: bytes


def run(port: int, token: str, asks: Sequence[Ask], *, per_s: float, seed: int = 0, clients: int = 24) -> list[Told]:
    """Send requests at random moments, `per_s` of them a second on average; return what became of each.

    Parameters
    ----------
    port : int
        Of the server on this machine.
    token : str
    asks : sequence of Ask
        In the order of sending.
    per_s : float
    seed : int
        Of the moments: the gaps are exponential, as those of callers who don't know of each other.
    clients : int
        Connections; so many requests can be under way at once.
    """
    due = np.cumsum(np.random.default_rng(seed).exponential(1 / per_s, len(asks)))
    told: list[Told | None] = [None] * len(asks)
    waiting: queue.Queue[tuple[int, float] | None] = queue.Queue()
    callers = [threading.Thread(target=_call, args=(port, token, asks, waiting, told)) for _ in range(clients)]
    for caller in callers:
        caller.start()
    begun = time.perf_counter() + 0.2
    for k, moment in enumerate(due):
        time.sleep(max(0.0, begun + moment - time.perf_counter()))
        waiting.put((k, begun + moment))
    for _ in callers:
        waiting.put(None)
    for caller in callers:
        caller.join()
    return [each for each in told if each is not None]


def _call(
    port: int,
    token: str,
    asks: Sequence[Ask],
    waiting: queue.Queue[tuple[int, float] | None],
    told: list[Told | None],
) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    while (next_one := waiting.get()) is not None:
        k, due = next_one
        ask = asks[k]
        kind = {} if ask.body is None else {"Content-Type": "application/json"}
        for left in (1, 0):
            try:
                connection.request("GET" if ask.body is None else "POST", ask.path, ask.body, headers | kind)
                answer = connection.getresponse()
                status, content = answer.status, answer.read()
                break
            except (OSError, http.client.HTTPException) as error:
                # a connection that rested for long was closed by the server: once more, on the same clock
                connection.close()
                status, content = 0, repr(error).encode()
                if not left:
                    break
        told[k] = Told(ask, time.perf_counter() - due, status, content)
    connection.close()


def p50_p95(told: Sequence[Told]) -> tuple[float, float]:
    """Return the median and the 95th percentile of the answers' times, in milliseconds."""
    middle, late = np.percentile([each.took * 1000 for each in told], (50, 95))
    return float(middle), float(late)
