"""`gridward privacy` on a real database."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from store.database.actor import Actor
from store.database.models import Account, Staff
from tests.api.town import build_town


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


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


def test_nothing_that_is_kept_leads_from_an_erased_account_to_a_person(gridward, database, town):
    for name in ("li.na", "left.behind"):
        assert gridward("account", "create", name, "--role", "planner", "--display", f"Display of {name}")[0] == 0
    told = {"case": {"by": {"name": "Display of li.na"}, "author": "li.na", "roles": ["li.na"]}, "name": "Display of x"}
    with database.owner_work(Actor.system()) as work:
        ids = dict(work.session.execute(sa.text("select name, id from account where name like 'l%'")).all())
        work.session.execute(
            sa.text(
                "update account set staff_id = (select id from staff limit 1), unit_id = (select id from unit limit 1)"
            )
        )
        keep = sa.text(
            "insert into idempotency_key (account_id, key, route, body_sha256, status, answer)"
            " values (:who, 'k', 'POST /x', '', 201, :answer)"
        ).bindparams(sa.bindparam("answer", type_=pg.JSONB))
        work.session.execute(keep, [{"who": each, "answer": told} for each in ids.values()])
    assert gridward("privacy", "erase", "account", "li.na")[0] == 0
    with database.owner_work(Actor.system()) as work:
        gone, other = (work.session.get(Account, ids[name]) for name in ("li.na", "left.behind"))
        assert (gone.staff_id, gone.unit_id) == (None, None)
        assert other.staff_id is not None
        kept = work.session.execute(sa.text("select account_id, answer from idempotency_key where key = 'k'")).all()
    # its own requests can't come again; a repeat of somebody else's is answered as before, but for the name
    case = {"by": {"name": gone.name}, "author": gone.name, "roles": ["li.na"]}
    assert kept == [(ids["left.behind"], {"case": case, "name": "Display of x"})]


def test_the_name_of_staff_goes_when_they_answer_for_nothing(gridward, database, town):
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
