"""Propose a plan: atoms from the ground, balanced grids from the atoms, a draft in the database.

The proposal is one transaction: a plan that does not tile its areas exactly, or that loses a household, is never saved.
"""

from services.partition.drawing import BrokenTilingError
from services.partition.propose import propose_plan
from services.partition.spec import TARGETS, PlanSpec, ProposedPlan

__all__ = ["TARGETS", "BrokenTilingError", "PlanSpec", "ProposedPlan", "propose_plan"]
