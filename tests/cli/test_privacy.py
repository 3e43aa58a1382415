"""`gridward privacy` on a real database."""

from __future__ import annotations

import sqlalchemy as sa

from store.database.actor import Actor
from store.database.models import Account, Staff
from tests.api.town import build_town


def test_the_name_of_an_account_goes_and_its_history_stays(gridward, database):
    assert gridward("account", "create", "wang.fang", "--role", "planner", "--display", "王芳")[0] == 0
    with database.work(Actor.system()) as work:
        number = work.session.scalar(sa.select(Account.id).where(Account.name == "wang.fang"))
    code, out, _ = gridward("privacy", "erase", "account", "wang.fang")
    assert code == 0
    assert f"erased-{number.hex[:12]}" in out
    with database.work(Actor.system()) as work:
        account = work.session.get(Account, number)
        assert (account.display, account.password_hash) == (account.name, None)
        assert account.disabled_at is not None
    assert gridward("privacy", "erase", "account", "wang.fang")[0] == 2


def test_the_name_of_staff_goes_when_they_answer_for_nothing(gridward, database):
    build_town(database)
    with database.work(Actor.system()) as work:
        busy = work.session.scalar(
            sa.text("select s.work_no from staff s join assignment a on a.staff_id = s.id limit 1")
        )
        idle = work.session.scalar(
            sa.text("select work_no from staff s where not exists (select from assignment a where a.staff_id = s.id)")
        )
        if idle is None:
            work.session.execute(sa.text("update assignment set valid = tstzrange('2020-01-01', '2020-02-01')"))
            idle = busy
    if idle != busy:
        assert gridward("privacy", "erase", "staff", busy)[0] == 2
    assert gridward("privacy", "erase", "staff", idle)[0] == 0
    with database.work(Actor.system()) as work:
        member = work.session.scalar(sa.select(Staff).where(Staff.work_no == idle))
        assert (member.name, member.active, member.duty_point) == (idle, False, None)
    assert gridward("privacy", "erase", "staff", "nobody")[0] == 2
