"""Grids outside the tolerance are told with their reasons: in the plan's quality, to jobs, and on the command line."""

from __future__ import annotations

from uuid import UUID

import pytest
from loaded_helsinki import SYSTEM, load_helsinki

from cli.partition import _misfits
from services.partition import PlanSpec, explain, propose_plan
from services.tasks import propose_plan as job
from store.database.engine import Database


@pytest.fixture(scope="module")
def helsinki(database: Database) -> UUID:
    return load_helsinki(database)


def test_what_the_search_left_is_in_the_answer(database: Database, helsinki: UUID) -> None:
    spec = {"target": 120, "tolerance": 0.0005}
    with database.work(SYSTEM) as work:
        made = propose_plan(work, PlanSpec(**spec))  # type: ignore[arg-type]
        told = job(work, {"kind": "household", **spec}, lambda _done, _note: None)
    assert made.quality["share_within"] < 1.0
    misfits = made.quality["misfits"]
    outside = round((1.0 - made.quality["share_within"]) * made.quality["grids"])
    assert sum(row["grids"] for row in misfits if row["kind"] != "count") >= outside
    assert all(len(row["households"]) == row["grids"] and row["area"] for row in misfits)
    lines = explain(made.infeasible, made.quality)
    assert told["explained"] == lines
    assert all(any(row["text"] in line for line in lines) for row in misfits)
    shown = "\n".join(_misfits({"explained": lines, "quality": made.quality}))
    assert "Why grids are outside" in shown
    assert lines[0] in shown


def test_a_number_that_does_not_fit_is_told_once(database: Database, helsinki: UUID) -> None:
    with database.work(SYSTEM) as work:
        made = propose_plan(work, PlanSpec(target=300, band=(299.99, 300.01)))
    assert made.infeasible
    lines = explain(made.infeasible, made.quality)
    assert sum("k=" in line for line in lines) == len({row["area"] for row in made.infeasible})
