"""The life of a case after its report: every action of the state machine, its tasks, links and proof."""

from services.cases.act import Acted, act
from services.cases.asked import Asked
from services.cases.bulk import Result, act_on_many
from services.cases.links import hand_over
from services.cases.tasks import act_on_task
from services.cases.verify import Proof, verify
from services.cases.view import CaseView, case_view, read_case

__all__ = [
    "Acted", "Asked", "CaseView", "Proof", "Result", "act", "act_on_many", "act_on_task", "case_view", "hand_over",
    "read_case", "verify",
]  # fmt: skip
