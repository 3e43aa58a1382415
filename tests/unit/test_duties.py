"""Duties out of roles and areas: nothing reaches further than it was given, and nothing is lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.access.duties import WHOLE, duties_of, duty_named

ROLES = ("planner", "dispatcher", "analyst", "export")
PATHS = (None, "1", "1.1", "1.2", "1.1.1", "2", "11")
scopes = st.lists(st.tuples(st.sampled_from(ROLES), st.sampled_from(PATHS)), max_size=8)


def below(path, place):
    return path is None or place == path or place.startswith(path + ".")


@settings(max_examples=60)
@given(scopes)
def test_a_role_is_held_where_it_was_given_and_nowhere_else(given_roles):
    duties = duties_of(given_roles)
    for duty in duties:
        for place in duty.paths or ("2", "11", "1.2"):
            held = {role for role, path in given_roles if below(path, place)}
            assert duty.roles <= held if duty.paths is None else duty.roles == held
    for place in ("1", "1.1", "1.1.1", "1.2", "2", "11"):
        business = {role for role, path in given_roles if below(path, place)} - {"export"}
        at_hand = set().union(
            *(duty.roles for duty in duties if duty.paths is None or any(below(path, place) for path in duty.paths))
        )
        assert business <= at_hand


@settings(max_examples=60)
@given(scopes, st.randoms(use_true_random=False))
def test_duties_do_not_hang_on_the_order_and_are_named_once(given_roles, random):
    duties = duties_of(given_roles)
    mixed = [*given_roles, *given_roles]
    random.shuffle(mixed)
    assert duties_of(mixed) == duties
    names = [name for duty in duties for name in (duty.paths or (WHOLE,))]
    assert len(names) == len(set(names))
    assert [duty_named(duties, duty.key) for duty in duties] == list(duties)
    assert duty_named(duties, None) == (duties[0] if duties else None)
    assert [duty for duty in duties[1:] if duty.paths is None] == []


def test_rights_alone_are_no_duty_and_go_along_with_one_below():
    assert duties_of([("export", None)]) == ()
    (duty,) = duties_of([("export", None), ("planner", "1.2")])
    assert (duty.key, duty.roles) == ("1.2", {"planner", "export"})
