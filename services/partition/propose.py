"""One door for proposing a plan of any kind."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Protocol
from uuid import UUID

from services.partition.dedicated import propose_dedicated
from services.partition.household import propose_household
from services.partition.kinds import propose_kind
from services.partition.nets import propose_net
from services.partition.spec import PlanSpec, Progress, ProposedPlan
from services.partition.water import propose_water
from store.database.work import UnitOfWork


class Proposer(Protocol):
    """What proposes a plan of one kind."""

    def __call__(  # noqa: D102 - the class says it
        self,
        work: UnitOfWork,
        spec: PlanSpec,
        *,
        territory: str | UUID | None = None,
        name: str | None = None,
        executor: Executor | None = None,
        progress: Progress | None = None,
    ) -> ProposedPlan: ...


# one line for each kind: what proposes it
PROPOSERS: dict[str, Proposer] = {
    "household": propose_household,
    "natural_village": propose_kind,
    "micro": propose_kind,
    "ten_household": propose_kind,
    "cell": propose_kind,
    "police": propose_net,
    "safety": propose_net,
    "dedicated": propose_dedicated,
    "water": propose_water,
}


def propose_plan(
    work: UnitOfWork,
    spec: PlanSpec,
    *,
    territory: str | UUID | None = None,
    name: str | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> ProposedPlan:
    """Divide a territory (or one of its areas) into grids of a kind and save them as a draft.

    Equal inputs return the plan that is already there.

    Raises
    ------
    InvalidInputError
        The spec can't be meant, or the territory has no dwellings to balance.
    BrokenTilingError
        The result failed its own proof; nothing is saved.
    CancelledError
        `progress` raised it; nothing is saved.
    """
    work.actor.require("planner")
    spec.check()
    return PROPOSERS[spec.kind](work, spec, territory=territory, name=name, executor=executor, progress=progress)
