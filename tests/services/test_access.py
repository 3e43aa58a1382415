"""Accounts, secrets, sessions and the actor behind each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import DBAPIError

from gis.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError, NotSignedInError
from services import access, housekeeping
from services.access import TooManyAttemptsError
from store.database.actor import Actor
from store.database.models import Account, ApiToken, Audit, Scope, Session, SignInLink

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"


@pytest.fixture
def work(database):
    from sqlalchemy.orm import Session as DatabaseSession

    from store.database.work import UnitOfWork

    with DatabaseSession(database.app, expire_on_commit=False) as session:
        yield UnitOfWork(session, Actor.system())
        session.rollback()


def create(work, name="mei", **options):
    return access.create_account(work, name, **{"roles": ["planner"], **options})


def test_password_is_kept_as_argon2id_only(work):
    account = create(work, password=PASSWORD)
    assert account.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert PASSWORD not in account.password_hash


@pytest.mark.parametrize("password", ["short", "x" * 257, "my name is Mei ok"])
def test_poor_passwords_are_refused(work, password):
    with pytest.raises(InvalidInputError):
        create(work, password=password)


@pytest.mark.parametrize(
    "options",
    [
        {"name": "a"},
        {"name": "has space"},
        {"name": "x" * 65},
        {"name": ""},
        {"roles": []},
        {"roles": ["king"]},
        {"language": "fr"},
    ],
)
def test_accounts_that_make_no_sense_are_refused(work, options):
    with pytest.raises(InvalidInputError):
        create(work, **options)


def test_chinese_names_are_fine_and_unique(work):
    create(work, "王小梅")
    with pytest.raises(ConflictError):
        create(work, "王小梅")


def test_only_system_administrators_make_accounts(work):
    work.actor = Actor(None, "planner", frozenset({"planner"}))
    for refused in (
        lambda: create(work),
        lambda: access.issue_token(work, "mei", label="x", now=NOW),
        lambda: access.issue_link(work, "mei", now=NOW),
        lambda: access.disable_account(work, "mei", now=NOW),
        lambda: access.set_password(work, "mei", PASSWORD, now=NOW),
    ):
        with pytest.raises(NotAllowedError):
            refused()


def test_secrets_are_stored_as_digests(work):
    create(work)
    token = access.issue_token(work, "mei", label="gis desk", now=NOW)
    code = access.issue_link(work, "mei", now=NOW)
    opened = access.sign_in_with_code(work, code, now=NOW, hours=12)
    stored = [
        *work.session.scalars(sa.select(ApiToken.token_sha256)),
        *work.session.scalars(sa.select(SignInLink.code_sha256)),
        *work.session.scalars(sa.select(Session.token_sha256)),
    ]
    assert token.startswith("gw_")
    assert len(token) > 40
    for secret in (token, code, opened.secret):
        assert secret not in str(stored)
        assert access.digest_of(secret) in stored


def test_tokens_end(work):
    create(work)
    token = access.issue_token(work, "mei", label="x", now=NOW, days=10)
    assert access.signed_in_by_token(work, token, now=NOW + timedelta(days=9)).actor.name == "mei"
    assert access.signed_in_by_token(work, token, now=NOW + timedelta(days=10)) is None
    assert access.signed_in_by_token(work, token.removeprefix("gw_"), now=NOW) is None
    assert access.signed_in_by_token(work, "gw_" + "x" * 43, now=NOW) is None
    for days in (0, -1, 367):
        with pytest.raises(InvalidInputError):
            access.issue_token(work, "mei", label="x", now=NOW, days=days)
    with pytest.raises(NotFoundError):
        access.issue_token(work, "nobody", label="x", now=NOW)


def test_session_ends_by_idleness_and_by_age(work):
    create(work)
    secret = access.sign_in_with_code(work, access.issue_link(work, "mei", now=NOW), now=NOW, hours=12).secret

    def who(hours, **options):
        return access.signed_in_by_cookie(work, secret, now=NOW + timedelta(hours=hours), **options)

    assert who(7.9) is not None
    assert who(11.9) is not None  # the use at 7.9 counted
    assert who(12) is None


def test_only_looking_does_not_keep_a_session_alive(work):
    create(work)
    secret = access.sign_in_with_code(work, access.issue_link(work, "mei", now=NOW), now=NOW, hours=12).secret
    assert access.signed_in_by_cookie(work, secret, now=NOW + timedelta(hours=7), used=False) is not None
    assert access.signed_in_by_cookie(work, secret, now=NOW + timedelta(hours=8)) is None


def test_codes_work_once_and_not_for_long(work):
    create(work)
    code = access.issue_link(work, "mei", now=NOW, minutes=5)
    late = access.issue_link(work, "mei", now=NOW, minutes=5)
    assert access.sign_in_with_code(work, code, now=NOW, hours=1) is not None
    assert access.sign_in_with_code(work, code, now=NOW, hours=1) is None
    assert access.sign_in_with_code(work, late, now=NOW + timedelta(minutes=5), hours=1) is None
    assert access.sign_in_with_code(work, "made up", now=NOW, hours=1) is None


def test_disabling_ends_everything_at_once(work):
    create(work, password=PASSWORD)
    token = access.issue_token(work, "mei", label="x", now=NOW)
    secret = access.sign_in_with_password(work, "mei", PASSWORD, now=NOW, hours=12).secret
    code = access.issue_link(work, "mei", now=NOW)
    access.disable_account(work, "mei", now=NOW)
    assert access.signed_in_by_token(work, token, now=NOW) is None
    assert access.signed_in_by_cookie(work, secret, now=NOW) is None
    assert access.sign_in_with_code(work, code, now=NOW, hours=1) is None
    assert access.sign_in_with_password(work, "mei", PASSWORD, now=NOW, hours=1) is None


def test_new_password_ends_sessions_and_tokens(work):
    create(work, password=PASSWORD)
    token = access.issue_token(work, "mei", label="x", now=NOW)
    secret = access.sign_in_with_password(work, "mei", PASSWORD, now=NOW, hours=12).secret
    access.set_password(work, "mei", "another long password", now=NOW, keep_tokens=True)
    assert access.signed_in_by_cookie(work, secret, now=NOW) is None
    assert access.signed_in_by_token(work, token, now=NOW) is not None
    access.set_password(work, "mei", "another long password", now=NOW)
    assert access.signed_in_by_token(work, token, now=NOW) is None
    assert access.sign_in_with_password(work, "mei", PASSWORD, now=NOW, hours=1) is None
    assert access.sign_in_with_password(work, "mei", "another long password", now=NOW, hours=1) is not None


def refuse(work, name, client, count):
    work.session.execute(
        sa.insert(Audit),
        [{"action": "sign-in.refused", "target": name, "details": {"client": client}}] * count,
    )


def test_refusals_lock_a_name_and_a_client_for_a_while(work):
    create(work, password=PASSWORD)
    create(work, "hua", password=PASSWORD)
    refuse(work, "mei", "10.0.0.1", access.REFUSALS_PER_NAME)
    refused = work.session.scalar(sa.select(sa.func.now()))  # the table alone says when a line was written

    def sign_in(name, client, minutes):
        at = refused + timedelta(minutes=minutes)
        return access.sign_in_with_password(work, name, PASSWORD, now=at, hours=1, client=client)

    with pytest.raises(TooManyAttemptsError) as locked:
        sign_in("mei", "10.0.0.2", 4)
    assert locked.value.fields["retry_after_s"] == 360
    assert sign_in("hua", "10.0.0.1", 4) is not None
    assert sign_in("mei", "10.0.0.2", 10) is not None
    refuse(work, "someone", "10.0.0.9", access.REFUSALS_PER_CLIENT)
    with pytest.raises(TooManyAttemptsError):
        sign_in("hua", "10.0.0.9", 1)


def test_actor_holds_the_roles_of_now_in_one_place(work):
    account = create(work, roles=["planner", "analyst"], area_path="0001.0002")
    before = Range(NOW - timedelta(days=9), NOW - timedelta(days=1))
    work.session.add(Scope(account_id=account.id, role="dispatcher", area_path="0001.0002", valid=before))
    work.session.add(Scope(account_id=account.id, role="reviewer", area_path="0001.0003"))
    work.session.flush()
    actor = access.actor_of_account(work, account.id, now=NOW)
    assert (actor.roles, actor.area_path) == (frozenset({"planner", "analyst"}), "0001.0002")
    work.session.add(Scope(account_id=account.id, role="inspector", area_path=None))
    work.session.flush()
    # a role for the whole territory lifts the actor out of its area, but takes no other role along
    actor = access.actor_of_account(work, account.id, now=NOW)
    assert (actor.roles, actor.area_path) == (frozenset({"inspector"}), None)


def test_account_without_a_scope_now_may_do_nothing(work):
    account = create(work)
    work.session.execute(sa.delete(Scope).where(Scope.account_id == account.id))
    actor = access.actor_of_account(work, account.id, now=NOW)
    with pytest.raises(NotAllowedError):
        actor.require("planner")
    assert access.actor_of_account(work, None, now=NOW) == Actor.system()


def test_disabled_account_has_no_actor(work):
    account = create(work)
    access.disable_account(work, "mei", now=NOW)
    with pytest.raises(NotSignedInError):
        access.actor_of_account(work, account.id, now=NOW)


def test_audit_says_who_did_what_and_is_append_only(work):
    create(work)
    access.issue_token(work, "mei", label="x", now=NOW)
    rows = work.session.execute(sa.select(Audit.action, Audit.target).order_by(Audit.id)).all()
    assert [tuple(row) for row in rows][-2:] == [("account.create", "mei"), ("token.issue", "mei")]
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
        work.session.execute(sa.delete(Audit))


def test_ended_sessions_and_links_are_cleared_away(database):
    with database.work(Actor.system()) as work:
        create(work, "tidy")
        for minutes in (1, 600):
            access.issue_link(work, "tidy", now=NOW, minutes=minutes)
        for hours in (1, 12):
            code = access.issue_link(work, "tidy", now=NOW)
            access.sign_in_with_code(work, code, now=NOW, hours=hours)
    gone = housekeeping.clear_away(database, now=NOW + timedelta(hours=2))
    assert gone | {"shapes": 0, "in_force": 0} == gone
    assert (gone["events"], gone["keys"], gone["sessions"], gone["jobs"]) == (0, 0, 1 + 3, 0)
    with database.work(Actor.system()) as work:
        assert work.session.scalar(sa.select(sa.func.count()).select_from(Session)) == 1
        assert work.session.scalar(sa.select(Account.name)) == "tidy"
