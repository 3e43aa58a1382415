/** Edits of a plan: each is one request; the answer's figures go straight on screen. */
import { signal } from '@preact/signals'
import { ask, Problem } from '../../api/client'
import { planGrids } from '../../api/data'
import type { Grid } from '../../api/types'

export interface Conflict {
  before: Grid
  theirs: Grid
  mine: Partial<Grid>
}

export const savedAt = signal<Date | null>(null)
export const edits = signal(0)
export const conflict = signal<Conflict | null>(null)

/** Puts a grid that the server answered in the place of the one on screen. */
function take(grid: Partial<Grid> & { id: string }): void {
  const data = planGrids.data.peek()
  if (!data) return
  planGrids.data.value = { ...data, grids: data.grids.map((one) => (one.id === grid.id ? { ...one, ...grid } : one)) }
}

function currentOf(body: Problem['body'], id: string): Grid | null {
  const { current } = body
  const list: unknown[] = Array.isArray(current) ? current : [current]
  for (const one of list) {
    if (!one || typeof one !== 'object') continue
    const grid = 'grid' in one ? (one as { grid: Grid }).grid : (one as Grid)
    if (!grid.id || grid.id === id) return grid
    const keyed = (one as unknown as Record<string, Grid>)[id]
    if (keyed) return keyed
  }
  return null
}

/** Changes name or lock of a grid; a newer version of somebody else raises the conflict screen. */
export async function change(before: Grid, mine: { name?: string; locked?: boolean }): Promise<boolean> {
  try {
    const body = { ...mine, expected: { [before.id]: before.revision } }
    const answer = await ask<{ grid: Partial<Grid> & { id: string } }>(`/api/v1/grids/${before.id}`, { method: 'PATCH', body })
    take({ ...mine, ...answer.grid, id: before.id })
    savedAt.value = new Date()
    edits.value += 1
    return true
  } catch (cause) {
    if (!(cause instanceof Problem) || cause.status !== 412) throw cause
    const theirs = currentOf(cause.body, before.id)
    if (!theirs) throw cause
    conflict.value = { before, theirs: { ...before, ...theirs }, mine }
    return false
  }
}

/** Keeps what the other person saved. */
export function useTheirs(): void {
  const open = conflict.value
  if (!open) return
  take(open.theirs)
  conflict.value = null
}

/** Saves mine over theirs, now knowing their version. */
export async function useMine(): Promise<void> {
  const open = conflict.value
  if (!open) return
  conflict.value = null
  await change(open.theirs, open.mine as { name?: string; locked?: boolean })
}
