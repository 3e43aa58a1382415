"""Sweeps after a gap: whatever passed while nobody swept, a case takes the steps that it would have taken in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.calendars import china
from services import calendars, clock_sweep, clocks
from services.incidents import Report, register
from services.locate import Place
from services.nearest_staff import StreetGraphs
from store.database.actor import Actor
from tests.api.town import build_town, lonlat

SYSTEM = Actor.system()
FRIDAY = datetime.fromisoformat("2025-09-26T16:00+08:00")
DAYS = 30
"""After so many days every clock of the case has passed its last share."""
_numbers = count()


@pytest.fixture(scope="module")
def town(database):
    built = build_town(database)
    with database.work(SYSTEM) as work:
        calendars.save(work, china(), now=FRIDAY, territory=built.territory)
    return built


def new_case(database, state: str, severity: str):
    """Register a case and put it into a state, as its steps would have."""
    with database.work(SYSTEM) as work:
        report = Report(Place(*lonlat(100, 100)), "x")
        key = f"gap-{next(_numbers)}"
        made = register(work, StreetGraphs(), report, key=key, now=FRIDAY).incident
        case = SimpleNamespace(month=made.month, id=made.id, no=made.no)
        if state != "REPORTED":
            work.session.execute(
                sa.text("update incident set state = :state, severity = :severity where id = :id"),
                {"state": state, "severity": severity, "id": case.id},
            )
            clocks.follow(work, SimpleNamespace(state="ACCEPTED"), case, "open", FRIDAY)
    return case


def steps_after(database, case, moments: list[datetime]) -> tuple[list[tuple[str, str]], str, list[tuple]]:
    """Sweep at some moments; return the steps, the level, and what became of each share."""
    for moment in moments:
        clock_sweep.sweep(database, now=moment)
        clock_sweep.see_to(database, now=moment)
    with database.work(SYSTEM) as work:

        def told(statement: str) -> list[tuple]:
            return [tuple(row) for row in work.session.execute(sa.text(statement), {"id": case.id})]

        steps = told(
            "select t.action, x.reason from transition t left join transition_text x using (month, incident_id, seq)"
            " where incident_id = :id order by seq"
        )
        ((level,),) = told("select handling_level from incident where id = :id")
        shares = told(
            "select c.kind, c.seq, e.percent, e.outcome from clock_event e join clock c on c.id = e.clock_id"
            " where c.incident_id = :id order by 1, 2, 3"
        )
    return steps, level, shares


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_gap_gives_the_steps_of_sweeps_in_time(database, town, data):
    state = data.draw(st.sampled_from(["REPORTED", "OPENED", "IN_PROGRESS"]))
    severity = data.draw(st.sampled_from(["minor", "critical"]))
    hours = data.draw(st.lists(st.integers(1, DAYS * 24), max_size=4, unique=True))
    gappy = [*(FRIDAY + timedelta(hours=each) for each in sorted(hours)), FRIDAY + timedelta(days=DAYS)]
    case = new_case(database, state, severity)
    with database.work(SYSTEM) as work:
        shares = work.session.scalars(
            sa.text("select unnest(array[soon_at, due_at, far_at]) from clock where incident_id = :id"), {"id": case.id}
        ).all()
    swept = steps_after(database, case, [*sorted(set(shares)), FRIDAY + timedelta(days=DAYS)])
    assert any(outcome == "escalate" for *_, outcome in swept[2]), "the case went up"
    assert steps_after(database, new_case(database, state, severity), gappy) == swept
