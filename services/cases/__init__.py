"""The life of a case after its report: every action of the state machine, its tasks, links and proof."""

from services.cases.act import Acted, act
from services.cases.asked import Asked
from services.cases.tasks import act_on_task
from services.cases.view import CaseView, read_case

__all__ = ["Acted", "Asked", "CaseView", "act", "act_on_task", "read_case"]
