/** Figures on screen: the server's, with those of the hand over them while it moves. */
import { computed } from '@preact/signals'
import { planGrids } from '../../../api/data'
import type { PlanGrids } from '../../../api/types'
import { changes } from './Cards'
import { gridById, mode, preview } from './state'

/** The plan's grids as the table shows them now. */
export const liveGrids = computed<PlanGrids | null>(() => {
  const data = planGrids.data.value
  const now = preview.value
  const state = mode.value
  if (!data || !now || now.fresh || state.tool === 'merge' || (state.tool === 'border' && !changes(state))) return data
  const sides = new Map(now.sides.map((side) => [side.id, side]))
  const grids = data.grids.map((grid) => {
    const side = sides.get(grid.id)
    return side ? { ...grid, households: side.households, deviation: side.deviation, area_m2: side.area_m2, compactness: side.compactness } : grid
  })
  return { ...data, grids }
})

/** Codes of the grids in hand: their rows stand at the top. */
export const pinned = computed<Set<string>>(() => {
  const codes = (preview.value?.sides ?? []).map((side) => gridById.value.get(side.id)?.code)
  return new Set(preview.value?.fresh ? [] : codes.filter((code) => code !== undefined))
})

/** Households that a grid gains or loses under the hand; 0 when it keeps them. */
export function change(id: string, households: number): number {
  return households - (gridById.value.get(id)?.households ?? households)
}
