/** Ways out of a conflict that leave the plan to the other hand: a copy that has mine, and a word to who changed it. */
import { planGrids } from '../../../api/data'
import { t } from '../../../i18n'
import { store } from '../../../map/store'
import { toast } from '../../../ui/toast'
import { commentOn } from '../life/commenting'
import { drawnOf, gridsOf } from './commands'
import type { LonLat } from './plane'
import { copyPlan, dropKept, keepDrawing, keepForLater, sendEdit } from './send'
import { gridById, meeting, type Meeting } from './state'

/** Of a plan, in letters, with room for the words beside it. */
const LONGEST_NAME = 60

/** Saves mine in a new draft, made of the plan as it was before theirs; the plan keeps theirs. */
export async function saveAsCopy(): Promise<void> {
  const open = meeting.peek()
  const from = planGrids.data.peek()?.plan
  if (!open || !from) return
  const made = await copyPlan(from.id, { name: t('conflict.copyName', { name: from.name.slice(0, LONGEST_NAME) }), as_seen: open.since })
  meeting.value = null
  // in the list until the server has it: a refusal or a lost line leaves it there
  const id = keepDrawing(open.command)
  if (!(await sendEdit(open.command))) return
  dropKept(id)
  toast(t('conflict.copied', { name: made.name }))
}

/** A point of the border in dispute: the middle of what was drawn, else of the grid. */
export function placeOf(open: Meeting): LonLat | null {
  const line = drawnOf(open.command)
  const first = gridsOf(open.command)[0] ?? ''
  return line[Math.floor(line.length / 2)] ?? (gridById.peek().get(first)?.centre as LonLat | undefined) ?? null
}

/** Keeps mine for later, and begins a comment to the other planner, pinned to the place. */
export async function commentTo(who: string): Promise<void> {
  const open = meeting.peek()
  const plan = planGrids.data.peek()?.plan.id
  if (!open || !plan) return
  const at = placeOf(open)
  const grid = gridById.peek().get(gridsOf(open.command)[0] ?? '')
  await keepForLater()
  if (grid) store.grid.value = grid.code
  if (at) store.place.value = { lon: at[0], lat: at[1], accuracy_m: null }
  commentOn(plan, t('conflict.toWho', { who }))
}
