"""Private PostGIS cluster: binaries, start, stop, status, templates for tests.

Nothing but the standard library is imported here, so a bare Python of any account can run it.

``ensure(home)`` is all that most callers need: it returns the URLs of a running, complete cluster.
"""

from __future__ import annotations

from pathlib import Path

from store.cluster.private import ClusterStatus, ClusterUrls, PrivateCluster

__all__ = ["ClusterStatus", "ClusterUrls", "PrivateCluster", "ensure", "status", "stop"]


def ensure(home: Path, *, bin_folder: Path | None = None) -> ClusterUrls:
    """Create, start and complete the cluster under `home` as far as needed, and return its URLs."""
    return PrivateCluster(home, bin_folder=bin_folder).ensure()


def stop(home: Path, *, force: bool = False) -> bool:
    """Stop the cluster under `home` unless others use it; False when it was not running."""
    return PrivateCluster(home).stop(force=force)


def status(home: Path, *, bin_folder: Path | None = None) -> ClusterStatus:
    """Look at the cluster under `home` without starting anything."""
    return PrivateCluster(home, bin_folder=bin_folder).status()
