"""Figures for Prometheus: one registry per application, so that several can live in one process."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector

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
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Counter(
            "gridward_http_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.request_seconds = Histogram(
            "gridward_http_request_seconds", "Time to answer.", ("route",), buckets=_SECONDS, registry=self.registry
        )
        self.listeners = Gauge("gridward_event_listeners", "Open event streams.", registry=self.registry)
        self.connections = Gauge(
            "gridward_database_connections", "Database connections in use by this process.", registry=self.registry
        )
        self.events = Counter("gridward_events_read", "Events read from the outbox.", registry=self.registry)
        self.dropped_listeners = Counter(
            "gridward_event_listeners_dropped", "Streams closed for being too slow.", registry=self.registry
        )
