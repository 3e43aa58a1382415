/** The villages (or whatever areas a plan divides) of a plan, each with its grids. Pure. */
import type { Box, Grid, PlanGrids } from '../../../api/types'

export interface Village {
  code: string
  name: string
  /** In the order of their codes. */
  grids: Grid[]
  bbox: Box
}

/** The box that holds so many boxes. */
export function boxAround(boxes: readonly Box[]): Box {
  return [
    Math.min(...boxes.map((box) => box[0])),
    Math.min(...boxes.map((box) => box[1])),
    Math.max(...boxes.map((box) => box[2])),
    Math.max(...boxes.map((box) => box[3])),
  ]
}

const inOrder = <T extends { code: string }>(all: readonly T[]): T[] => [...all].sort((one, other) => (one.code < other.code ? -1 : 1))

/** The villages of grids, in the order of their codes. */
export function villagesOf(grids: readonly Grid[]): Village[] {
  const found = new Map<string, Village>()
  for (const grid of inOrder(grids)) {
    const village = found.get(grid.area_code) ?? { code: grid.area_code, name: grid.area_name || grid.area_code, grids: [], bbox: grid.bbox }
    village.grids.push(grid)
    village.bbox = boxAround([village.bbox, grid.bbox])
    found.set(grid.area_code, village)
  }
  return inOrder([...found.values()])
}

/** Grids outside the band, which publishing allows and a planner mends: each is measured against the mean of its village. */
export function outOfBand(data: Pick<PlanGrids, 'grids' | 'tolerance'>): { grid: Grid; off: number; edge: number }[] {
  const means = new Map(villagesOf(data.grids).map((one) => [one.code, one.grids.reduce((all, grid) => all + grid.households, 0) / one.grids.length]))
  return data.grids
    .filter((grid) => Math.abs(grid.deviation ?? 0) > data.tolerance)
    .map((grid) => {
      const edge = (means.get(grid.area_code) ?? 0) * (1 + Math.sign(grid.deviation ?? 0) * data.tolerance)
      return { grid, edge, off: Math.max(1, Math.ceil(Math.abs(grid.households - edge) - 1e-9)) }
    })
}
