"""The life of a case, driven by the table in ``state_machine.json``: what is not in the table is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from casework.case import ActionRefused, Actor, Case, Transition
from casework.chain import step_digest
from casework.effects import after
from casework.guards import first_unmet, kept_apart
from casework.machine import Action, machine

__all__ = ["ActionRefused", "Actor", "Case", "Transition", "apply", "digest_alike", "machine", "step_content"]


def apply(
    case: Case,
    action: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Transition:
    """Take one step, or refuse it.

    Parameters
    ----------
    case : Case
        As it stands.
    action : str
        Name of the action, such as ``"accept"``.
    actor : Actor
        Who acts.
    now : datetime
        When, with a time zone.
    reason : str or None
        Key of the reason, where the action needs one; not free text.
    facts : Mapping or None
        What the action needs (``photo_after``, ``unit``, …) and what guards ask that the case itself doesn't know
        (``own_task``, ``filing_condition_met``, …), as JSON values.

    Returns
    -------
    Transition

    Raises
    ------
    ActionRefused
        With the code ``unknown-action``, ``wrong-state``, ``wrong-role``, ``missing`` or ``guard``.

    Examples
    --------
    >>> from datetime import UTC
    >>> desk = Actor(None, frozenset({"intake_officer"}))
    >>> step = apply(Case(), "register", actor=desk, now=datetime(2026, 1, 1, tzinfo=UTC), facts={"intake_key": "k"})
    >>> step.to_state, step.seq
    ('REPORTED', 1)
    """
    row = machine().actions.get(action)
    if row is None:
        raise ActionRefused("unknown-action", f"There is no action '{action}'.", action=action)
    known = dict(facts or {})
    _check(case, row, actor, reason, known)
    unmet = first_unmet(row.guards, case, actor, now, known) or kept_apart(action, case, actor)
    if unmet is not None:
        raise ActionRefused("guard", f"'{action}' needs: {unmet}.", action=action, state=case.state, what=unmet)
    return _step(case, row, actor, now, reason, known)


def _check(case: Case, row: Action, actor: Actor, reason: str | None, facts: Mapping[str, Any]) -> None:
    fits = case.state in row.sources if row.sources else case.state is None
    if not fits:
        raise ActionRefused(
            "wrong-state",
            f"'{row.name}' is not possible in the state {case.state or 'new'}.",
            action=row.name,
            state=case.state,
        )
    if not actor.roles & row.roles:
        wanted = " or ".join(sorted(row.roles))
        raise ActionRefused("wrong-role", f"'{row.name}' needs the role {wanted}.", action=row.name, state=case.state)
    for need in row.needs:
        present = reason if need == "reason" else facts.get(need.replace(" ", "_"))
        if present is None or present == "":
            raise ActionRefused("missing", f"'{row.name}' needs: {need}.", action=row.name, state=case.state, what=need)


def _step(
    case: Case, row: Action, actor: Actor, now: datetime, reason: str | None, facts: Mapping[str, Any]
) -> Transition:
    target = row.target or case.state
    assert target is not None  # noqa: S101 - only `register` starts without a state, and it has a target
    seq = case.seq + 1
    content = step_content(
        seq, row.name, from_state=case.state, to_state=target, actor_id=actor.id, at=now, facts=facts
    )
    digest = step_digest(case.prev, content)
    changed = after(row.name, case, actor, facts)
    moved = target != case.state
    moved_case = replace(case, **changed, state=target, since=now if moved else case.since, seq=seq, prev=digest)
    return Transition(seq, row.name, case.state, target, actor.id, now, reason, facts, case.prev, digest, moved_case)


def digest_alike(step: Transition, *, at: datetime, facts: Mapping[str, Any]) -> str:
    """Return the digest of a step that is as legal as `step` was, at another time and with other facts.

    For many steps at once, whose legality is the same: the machine is asked once, not for each.

    Parameters
    ----------
    step : Transition
        Taken by `apply`, of a case that had the same steps before.
    at : datetime
    facts : Mapping
        The same names as the facts of `step`.

    Examples
    --------
    >>> from datetime import UTC
    >>> facts = {"intake_key": "k"}
    >>> desk, now = Actor(None, frozenset({"intake_officer"})), datetime(2026, 1, 1, tzinfo=UTC)
    >>> step = apply(Case(), "register", actor=desk, now=now, facts=facts)
    >>> digest_alike(step, at=now, facts=facts) == step.digest
    True
    """
    content = step_content(
        step.seq, step.action, from_state=step.from_state, to_state=step.to_state, actor_id=step.actor_id, at=at,
        facts=facts,
    )  # fmt: skip
    return step_digest(step.prev, content)


def step_content(
    seq: int,
    action: str,
    *,
    from_state: str | None,
    to_state: str,
    actor_id: UUID | None,
    at: datetime,
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what the digest of one step covers."""
    return {
        "seq": seq,
        "action": action,
        "from": from_state,
        "to": to_state,
        "actor": str(actor_id) if actor_id else None,
        "at": at.isoformat(),
        "facts": dict(facts),
    }
