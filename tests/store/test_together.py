"""Several reads in one round trip: answers in order, the eyes of the transaction, and failures as single reads fail."""

from __future__ import annotations

from time import monotonic

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, ProgrammingError

from store.database.actor import Actor
from store.database.deadline import Deadline, TookTooLongError, deadline
from store.database.engine import Database
from store.database.together import PLANNED_ONCE, read_together

ONE = sa.text("select :n as n, 7 % 4 as rest")
ROLE = sa.text("select current_user::text as name, current_setting('plan_cache_mode') as planning")
MANY = sa.text("select n from generate_series(1, :to) n")


def test_answers_come_in_the_order_of_their_questions(database: Database) -> None:
    with database.work(Actor.system()) as work:
        one, _, many, none = read_together(
            work.session, [(ONE, {"n": "x"}), PLANNED_ONCE, (MANY, {"to": 3}), (MANY, {"to": 0})]
        )
    assert (one[0].n, one[0].rest) == ("x", 3)
    assert [row.n for row in many] == [1, 2, 3]
    assert none == []


def test_they_are_asked_with_the_eyes_of_their_transaction(database: Database) -> None:
    limited = Actor(None, "mei", frozenset({"dispatcher"}), "1", ((5, 9),), (1,))
    seen = []
    for actor in (Actor.system(), limited):
        with database.work(actor) as work:
            _, (row,) = read_together(work.session, [PLANNED_ONCE, (ROLE, {})])
            seen.append(row)
    assert {row.planning for row in seen} == {"force_generic_plan"}
    assert seen[0].name != seen[1].name
    with database.work(limited) as work:
        # what one transaction sets is gone with it
        assert read_together(work.session, [(ROLE, {})])[0][0].planning != "force_generic_plan"


def test_a_failure_is_told_as_that_of_a_single_read(database: Database) -> None:
    nonsense = sa.text("select nothing from nowhere")
    with pytest.raises(ProgrammingError) as told, database.work(Actor.system()) as work:
        read_together(work.session, [(ONE, {"n": "x"}), (nonsense, {}), (ONE, {"n": "x"})])
    assert getattr(told.value.orig, "sqlstate", None) == "42P01"
    with pytest.raises(OperationalError), database.work(Actor.system(), patience_s=0.05) as work:
        read_together(work.session, [(sa.text("select pg_sleep(5)"), {})])
    with database.work(Actor.system()) as work:
        assert read_together(work.session, [(ONE, {"n": "y"})])[0][0].n == "y"


def test_nothing_is_asked_after_the_time_of_a_request(database: Database) -> None:
    token = deadline.set(Deadline(monotonic() - 1))
    try:
        with pytest.raises(TookTooLongError), database.work(Actor.system()) as work:
            read_together(work.session, [(ONE, {"n": "x"})])
    finally:
        deadline.reset(token)
