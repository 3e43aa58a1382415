"""Which abstract tests of the OGC's standards our tests carry out, by conformance class."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

SPEC = "http://www.opengis.net/spec"
CARRIED_OUT: dict[str, list[str]] = {}
"""Conformance class → names of its abstract tests."""
Test = TypeVar("Test", bound=Callable[..., object])


def carries_out(conformance_class: str, *names: str) -> Callable[[Test], Test]:
    """Mark a test as one that carries out abstract tests of a class such as ``ogcapi-features-1/1.0/conf/core``."""

    def keep(test: Test) -> Test:
        CARRIED_OUT.setdefault(f"{SPEC}/{conformance_class}", []).extend(names)
        return test

    return keep
