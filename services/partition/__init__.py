"""Propose a plan: atoms from the ground, balanced grids from the atoms, a draft in the database.

The proposal is one transaction: a plan that does not tile its areas exactly, or that loses a household, is never saved.
"""

from services.partition.area_rules import AreaRule, built_in_rules, parse_rules, read_rules
from services.partition.drawing import BrokenTilingError, explain
from services.partition.propose import propose_plan
from services.partition.spec import EVEN, TARGETS, PlanSpec, ProposedPlan, read_band, usual_target

__all__ = [
    "EVEN",
    "TARGETS",
    "AreaRule",
    "BrokenTilingError",
    "PlanSpec",
    "ProposedPlan",
    "built_in_rules",
    "explain",
    "parse_rules",
    "propose_plan",
    "read_band",
    "read_rules",
    "usual_target",
]
