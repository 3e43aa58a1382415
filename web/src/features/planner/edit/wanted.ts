/** Which grids the tools need the ground of: those on screen, about the selection and under the hand. Pure. */
import type { Box, Grid } from '../../../api/types'
import type { ModeState } from './modes'
import type { LonLat, Plane, XY } from './plane'
import { boxOf } from './plane'

/** A plan of so many grids is loaded whole. */
const WHOLE = 80
/** More grids on screen than this are too small to be drawn on: those under the hand come when it rests there. */
const ON_SCREEN = 80
/** Grids that are kept; beyond, those that nothing asks for are let go. */
export const KEPT = 240

export interface Sight {
  /** What the map shows; null without a map. */
  view: Box | null
  /** Grids that are selected, under the hand or in it. */
  near: readonly (Grid | undefined)[]
  /** What is drawn so far. */
  work: Box | null
}

export const meets = (a: readonly number[], b: readonly number[]): boolean =>
  (a[0] as number) <= (b[2] as number) && (b[0] as number) <= (a[2] as number) && (a[1] as number) <= (b[3] as number) && (b[1] as number) <= (a[3] as number)

/** Grids whose boxes meet a box. */
export const gridsIn = (grids: readonly Grid[], box: Box): Grid[] => grids.filter((grid) => meets(grid.bbox, box))

/** Ids of the grids that are needed, most needed first. */
export function wantedGrids(grids: readonly Grid[], { view, near, work }: Sight): string[] {
  const found = new Set<string>()
  const add = (list: readonly Grid[]): void => list.forEach(({ id }) => found.add(id))
  for (const grid of near) if (grid) found.add(grid.id)
  for (const grid of near) if (grid) add(gridsIn(grids, grid.bbox as Box))
  if (work) add(gridsIn(grids, work))
  if (grids.length <= WHOLE) add(grids)
  else if (view) {
    const seen = gridsIn(grids, view)
    if (seen.length <= ON_SCREEN) add(seen)
  }
  return [...found]
}

/** The box of what a tool has drawn so far; null for nothing. */
export function workBox(state: ModeState, plane: Plane): Box | null {
  const points: readonly XY[] = 'points' in state ? [...state.points, ...(state.hover && state.points.length ? [state.hover] : [])] : 'trail' in state ? state.trail : []
  return points.length ? (boxOf(points.map(plane.from) as LonLat[]) as Box) : null
}

/** Grids that a tool has in hand. */
export function gridsOfMode(state: ModeState): string[] {
  if (state.tool === 'merge' || state.tool === 'improve') return state.grids
  return 'to' in state && state.to ? [state.to] : []
}
