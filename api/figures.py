"""Figures for Prometheus: one registry per application, so that several can live in one process.

Several server processes (`gridward serve --workers N`) write theirs into files of one folder, and whichever is asked
answers for all: Prometheus would otherwise see a different one each time.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
    multiprocess,
)

# prometheus_client reads this name when it is imported; `gridward serve` sets it for its workers
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_SUMMED: dict[str, Any] = {"multiprocess_mode": "livesum"}
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Figures:
    """Counters and gauges of one application.

    Attributes
    ----------
    registry : CollectorRegistry
    requests : Counter
        By method, route template and status.
    request_seconds : Histogram
        By route template.
    listeners : Gauge
        Open event streams.
    connections : Gauge
        Database connections in use.
    events : Counter
        Events read from the outbox.
    dropped_listeners : Counter
        Streams closed because their reader was too slow.
    """

    def __init__(self) -> None:
        self._shared = os.environ.get(SHARED_FOLDER)
        self.registry = CollectorRegistry(auto_describe=True)
        if self._shared is None:
            ProcessCollector(registry=self.registry)
            PlatformCollector(registry=self.registry)
        self.requests = Counter(
            "gridward_http_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.request_seconds = Histogram(
            "gridward_http_request_seconds", "Time to answer.", ("route",), buckets=_SECONDS, registry=self.registry
        )
        self.listeners = Gauge("gridward_event_listeners", "Open event streams.", registry=self.registry, **_SUMMED)
        self.connections = Gauge(
            "gridward_database_connections", "Database connections in use.", registry=self.registry, **_SUMMED
        )
        self.events = Counter("gridward_events_read", "Events read from the outbox.", registry=self.registry)
        self.dropped_listeners = Counter(
            "gridward_event_listeners_dropped", "Streams closed for being too slow.", registry=self.registry
        )

    def exposition(self) -> bytes:
        """Write all figures in Prometheus' text form; those of all processes where several serve."""
        if self._shared is None:
            return generate_latest(self.registry)
        _forget_the_dead(Path(self._shared))
        together = CollectorRegistry()
        multiprocess.MultiProcessCollector(together, path=self._shared)  # type: ignore[no-untyped-call]
        return generate_latest(together)


def _forget_the_dead(folder: Path) -> None:
    """Drop the gauges of processes that were killed: nobody is on their streams any more; their counts stay."""
    for file in folder.glob("gauge_live*_*.db"):
        number = int(file.stem.rpartition("_")[2])
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            with suppress(FileNotFoundError):
                multiprocess.mark_process_dead(number, str(folder))  # type: ignore[no-untyped-call]
        except PermissionError:
            continue
