/** The history of a grid through the plans. Pure. */
import type { components } from '../../../api/schema'

export type Lineage = components['schemas']['LineageOut']

export interface Passage {
  /** When the plan took effect. */
  at: string
  /** `null` where the grid is the same one before and after. */
  from: Lineage[]
  to: Lineage[]
}

/**
 * What became of a grid, newest passage first: out of which grids it came, and into which it went, through every
 * grid that it came out of before. `rows` are those of all passages, in any order.
 */
export function passages(rows: readonly Lineage[], gridId: string): Passage[] {
  const times = [...new Set(rows.map((row) => row.effective_at))].sort().reverse()
  let wanted = new Set([gridId])
  const found: Passage[] = []
  for (const at of times) {
    const here = rows.filter((row) => row.effective_at === at)
    const from = here.filter((row) => wanted.has(row.to_id))
    const to = here.filter((row) => row.from_id === gridId && row.to_id !== gridId)
    if (from.length === 0 && to.length === 0) continue
    found.push({ at, from, to })
    // further back, what counts is where the ground came from
    if (from.length > 0) wanted = new Set(from.map((row) => row.from_id))
  }
  return found
}

/** Whether nothing but its validity changed. */
export const isSame = (passage: Passage, gridId: string): boolean =>
  passage.to.length === 0 && passage.from.length === 1 && passage.from[0]?.from_id === gridId && passage.from[0]?.kind === 'keep'
