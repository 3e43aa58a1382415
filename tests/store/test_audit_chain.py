"""The audit trail as a chain: sealed after the commit, provable, cut off only where it is old."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from gis.errors import InvalidInputError, NotAllowedError
from services import access, audit
from services.audit import Asked
from store.database import audit as sql
from store.database.actor import Actor
from store.database.engine import Database
from store.database.trail import Doing
from store.database.urls import connect


@pytest.fixture
def fresh(fresh_database_urls):
    opened = Database(fresh_database_urls.app, fresh_database_urls.owner)
    yield opened
    opened.dispose()


def write(database: Database, *actions: str) -> None:
    for action in actions:
        with database.work(Actor.system()) as work:
            access.record(work, action, "thing")


def seal(database: Database) -> int:
    with database.work(Actor.system()) as work:
        return audit.seal(work)


def verify(database: Database, known=None):
    with database.work(Actor.system()) as work:
        return audit.verify(work, known=known)


def as_owner(database: Database, *statements: str) -> None:
    """What somebody with the owner's credential could do, triggers switched off."""
    with database.owner_work(Actor.system()) as work:
        work.session.execute(sa.text("alter table audit disable trigger user"))
        for statement in statements:
            work.session.execute(sa.text(statement))
        work.session.execute(sa.text("alter table audit enable trigger user"))


def test_lines_are_sealed_in_order_and_verified(fresh):
    write(fresh, "one", "two", "three")
    chain, sound = verify(fresh)
    assert sound
    assert (chain.lines, chain.unsealed, chain.head) == (3, 3, None)
    assert seal(fresh) == 3
    assert seal(fresh) == 0
    chain, sound = verify(fresh)
    assert sound
    assert (chain.unsealed, chain.head.seq, chain.broken) == (0, 3, None)
    write(fresh, "four")
    seal(fresh)
    later, sound = verify(fresh, known=chain.head)
    assert sound
    assert later.head.seq == 4
    assert later.head.digest != chain.head.digest


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("update audit set target = 'other' where seq = 2", 2),
        ("update audit set at = at - interval '1 second' where seq = 3", 3),
        ("delete from audit where seq = 2", 3),
        ("delete from audit where seq = 1", 2),
        ("update audit set details = '{\"x\": 1}' where seq = 4", 4),
    ],
)
def test_a_sealed_line_that_was_changed_is_found(fresh, statement, broken):
    write(fresh, "one", "two", "three", "four")
    seal(fresh)
    as_owner(fresh, statement)
    chain, sound = verify(fresh)
    assert not sound
    assert chain.broken == broken


def test_a_cut_off_end_is_found_by_who_wrote_the_head_down(fresh):
    write(fresh, "one", "two", "three")
    seal(fresh)
    head = verify(fresh)[0].head
    as_owner(fresh, "delete from audit where seq = 3")
    assert verify(fresh)[1]
    assert not verify(fresh, known=head)[1]


@pytest.mark.parametrize(
    "statement",
    [
        "update audit set action = 'x'",
        "update audit set seq = 9, digest = 'x'",
        "delete from audit",
        "truncate audit",
        "insert into audit_retired (through_seq, digest, rows, before) values (1, 'x', 1, now())",
    ],
)
def test_the_application_changes_nothing_of_it(fresh, statement):
    write(fresh, "one")
    seal(fresh)
    with pytest.raises(DBAPIError) as refused, fresh.work(Actor.system()) as work:
        work.session.execute(sa.text(statement))
    assert refused.value.orig.sqlstate == "42501"


@pytest.mark.parametrize("statement", ["update audit set action = 'x'", "delete from audit", "truncate audit"])
def test_nor_does_the_owner_by_accident(fresh, statement):
    write(fresh, "one")
    seal(fresh)
    with pytest.raises(DBAPIError) as refused, fresh.owner_work(Actor.system()) as work:
        work.session.execute(sa.text("select set_config('gridward.retire', 'on', true)"))
        work.session.execute(sa.text(statement))
    assert refused.value.orig.sqlstate == "42501"


MADE_UP = (
    "insert into audit (action, details, seq, digest) values ('x', '{}', 9, 'x')",
    "insert into audit (action, details, seq) values ('x', '{}', 9)",
    "insert into audit (action, details, digest) values ('x', '{}', 'x')",
)


@pytest.mark.parametrize(
    "statement",
    [
        *MADE_UP,
        "insert into audit (action, details, at) values ('x', '{}', now() - interval '2 years')",
        "insert into audit (id, action, details) overriding system value values (1000000, 'x', '{}')",
    ],
)
@pytest.mark.parametrize("actor", [Actor.system(), Actor(None, "x", frozenset({"planner"}), areas=())])
def test_no_line_is_put_in_with_a_number_digest_or_time_made_up(fresh, statement, actor):
    write(fresh, "one")
    seal(fresh)
    with pytest.raises(DBAPIError) as refused, fresh.work(actor) as work:
        work.session.execute(sa.text(statement))
    assert refused.value.orig.sqlstate == "42501"
    write(fresh, "two")
    seal(fresh)
    chain, sound = verify(fresh)
    assert sound
    assert (chain.lines, chain.head.seq) == (2, 2)


@pytest.mark.parametrize("statement", MADE_UP)
def test_nor_by_the_owner(fresh, statement):
    with pytest.raises(DBAPIError) as refused, fresh.owner_work(Actor.system()) as work:
        work.session.execute(sa.text(statement))
    assert refused.value.orig.sqlstate == "42501"


def test_the_login_itself_puts_no_number_in(fresh, fresh_database_urls):
    with connect(fresh_database_urls.app) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(MADE_UP[0])


def test_writers_do_not_wait_for_each_other(fresh):
    with fresh.work(Actor.system()) as slow:
        access.record(slow, "slow")
        slow.session.flush()
        write(fresh, "quick")
        assert seal(fresh) == 1  # what is not committed is sealed later, whatever its number
    assert seal(fresh) == 1
    chain, sound = verify(fresh)
    assert sound
    assert chain.head.seq == 2


def test_sealers_at_once_make_one_chain(fresh):
    write(fresh, *(f"a{number}" for number in range(30)))
    with ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(lambda _number: seal(fresh), range(4)))
    assert done + seal(fresh) == 30
    assert verify(fresh)[1]


def test_what_is_old_is_cut_off_and_the_chain_goes_on(fresh):
    now = datetime.now(UTC)
    write(fresh, "one", "two", "three")
    as_owner(fresh, "update audit set at = now() - interval '14 months' where action in ('one', 'two')")
    seal(fresh)
    with pytest.raises(InvalidInputError):
        audit.retire(fresh, months=5, now=now)
    last = audit.retire(fresh, months=12, now=now)
    assert last.seq == 2
    assert audit.retire(fresh, months=12, now=now) is None
    seal(fresh)
    chain, sound = verify(fresh)
    assert sound
    assert chain.start == last
    assert chain.lines == 2
    assert chain.head.seq == 4
    assert verify(fresh, known=last)[1]
    with pytest.raises(NotAllowedError), fresh.owner_work(Actor.system()) as work:
        sql.retire(work.session, now + timedelta(days=1))


def test_lines_tell_who_did_what_and_count_what_changed(fresh):
    with fresh.work(Actor.system(), Doing("command load", "file.csv")) as work:
        work.session.execute(
            sa.text("insert into role (code, name_en, name_zh) values ('a', 'a', 'a'), ('b', 'b', 'b')")
        )
        work.session.execute(sa.text("update role set name_en = 'c' where code = 'b'"))
    with fresh.work(Actor.system(), Doing("look", asks=True)) as work:
        work.session.execute(sa.text("select count(*) from role"))
    with fresh.work(Actor.system()) as work:
        page = audit.read_page(work, Asked(action="command"))
        everything = audit.read_page(work, Asked())
    assert [(line.action, line.target, line.details) for line in page.lines] == [
        ("command load", "file.csv", {"changed": {"role": {"insert": 2, "update": 1}}})
    ]
    assert len(everything.lines) == 1


def test_a_change_that_says_nothing_leaves_a_line_all_the_same(fresh):
    with fresh.work(Actor.system()) as work:
        work.session.execute(sa.text("insert into role (code, name_en, name_zh) values ('a', 'a', 'a')"))
    with fresh.work(Actor.system()) as work:
        assert [line.action for line in audit.read_page(work, Asked()).lines] == ["change"]


def test_what_was_rolled_back_leaves_no_line(fresh):
    with pytest.raises(ZeroDivisionError), fresh.work(Actor.system(), Doing("x")) as work:
        work.session.execute(sa.text("insert into role (code, name_en, name_zh) values ('a', 'a', 'a')"))
        raise ZeroDivisionError
    with fresh.work(Actor.system()) as work:
        assert audit.read_page(work, Asked()).lines == []


def test_only_the_audit_administrator_reads(fresh):
    write(fresh, "one")
    for role in ("planner", "system_administrator", "security_administrator"):
        with pytest.raises(NotAllowedError), fresh.work(Actor(None, "x", frozenset({role}))) as work:
            audit.read_page(work, Asked())
    administrator = Actor(None, "x", frozenset({"audit_administrator"}), areas=())
    with fresh.work(administrator) as work:
        assert [line.action for line in audit.read_page(work, Asked()).lines] == ["one"]
        with pytest.raises(DBAPIError), work.session.begin_nested():
            work.session.execute(sa.text("select * from audit"))


def test_pages_follow_each_other_and_filters_narrow(fresh):
    write(fresh, *(f"a{number}" for number in range(7)), "b")
    with fresh.work(Actor.system()) as work:
        first = audit.read_page(work, Asked(action="a"), limit=5)
        second = audit.read_page(work, Asked(action="a"), before=first.next, limit=5)
        assert [line.action for line in (*first.lines, *second.lines)] == ["a6", "a5", "a4", "a3", "a2", "a1", "a0"]
        assert second.next is None
        assert audit.read_page(work, Asked(who="nobody")).lines == []
        assert len(audit.read_page(work, Asked(who="system", target="thin")).lines) == 8
        with pytest.raises(InvalidInputError):
            now = datetime.now(UTC)
            audit.read_page(work, Asked(since=now, until=now))


def test_csv_has_a_mark_and_no_formulas(fresh):
    write(fresh, "=cmd()", "two")
    with fresh.work(Actor.system()) as work:
        audit.seal(work)
    text = b"".join(audit.write_csv(fresh, Actor.system(), Asked())).decode("utf-8-sig").splitlines()
    assert text[0].startswith("id,at,account,action")
    assert "'=cmd()" in text[1]
    assert len(text) == 4
    assert "audit.export" in text[3]
