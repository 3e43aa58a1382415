"""A progress bar on a terminal, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from cli.context import on_terminal


class Report(Protocol):
    """Takes the share done (0 to 1) and a short note."""

    def __call__(self, done: float, note: str = "", /) -> None:
        """Take one report."""


@contextmanager
def progress_bar(title: str, *, hidden: bool = False) -> Iterator[Report]:
    """Show how far a long step is.

    Parameters
    ----------
    title : str
        What is being done, shown until the first note.
    hidden : bool
        Never show it (``--json``).

    Yields
    ------
    callable
        Takes the share done (0 to 1) and a short note.
    """
    if hidden or not on_terminal():
        yield _say_nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(
        *columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True, redirect_stdout=False
    ) as bars:
        task = bars.add_task(title, total=1.0)

        def report(done: float, note: str = "") -> None:
            bars.update(task, completed=min(max(done, 0.0), 1.0), description=note or title)

        yield report


def _say_nothing(done: float, note: str = "") -> None:
    """Take a report where nobody watches."""
