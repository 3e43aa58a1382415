"""Edit a draft: every change of a border goes through one road.

Read the touched grids without a lock, compute in the metric CRS, prove, lock only the touched rows in id order, look
whether they are still what was read (else start over), write, log. Two planners in different places never meet.
"""

from services.plan_edits.answer import EditAnswer, EditedGrid, Totals
from services.plan_edits.atoms import AtomsView, plan_atoms
from services.plan_edits.borders import move_border, move_vertex
from services.plan_edits.draft import make_draft
from services.plan_edits.draw import draw_grid
from services.plan_edits.history import EditRow, edit_log, redo, replay, undo
from services.plan_edits.improve import improve, improvement_job, run_improvement, takes_long
from services.plan_edits.marks import lock_grid, recode_grid, rename_grid
from services.plan_edits.merge import merge_grids
from services.plan_edits.places import placed
from services.plan_edits.reassign import reassign
from services.plan_edits.run import Wish
from services.plan_edits.split import split_grid

__all__ = [
    "AtomsView",
    "EditAnswer",
    "EditRow",
    "EditedGrid",
    "Totals",
    "Wish",
    "draw_grid",
    "edit_log",
    "improve",
    "improvement_job",
    "lock_grid",
    "make_draft",
    "merge_grids",
    "move_border",
    "move_vertex",
    "placed",
    "plan_atoms",
    "reassign",
    "recode_grid",
    "redo",
    "rename_grid",
    "replay",
    "run_improvement",
    "split_grid",
    "takes_long",
    "undo",
]
